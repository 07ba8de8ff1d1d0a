"""Values that are computed late: cached properties, lazy texts and lazy objects."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import chain
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

__all__ = [
    "LazyObject", "Promise", "SimpleLazyObject", "cached_property", "classproperty", "empty",
    "force_promise", "json_default", "keep_lazy", "keep_lazy_text", "lazy", "lazystr",
    "new_method_proxy", "partition", "unpickle_lazyobject",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class cached_property(Generic[T]):  # noqa: N801 - Django's name
    """A property whose first value is kept in the instance's `__dict__`; delete it to recompute."""

    name: str | None = None

    def __init__(self, func: Callable[[Any], T]) -> None:
        self.func = func
        self.__doc__ = func.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name is None:
            self.name = name
        elif name != self.name:
            raise TypeError(
                "Cannot assign the same cached_property to two different names "
                f"({self.name!r} and {name!r})."
            )

    @overload
    def __get__(self, instance: None, cls: type | None = None) -> cached_property[T]: ...
    @overload
    def __get__(self, instance: object, cls: type | None = None) -> T: ...
    def __get__(self, instance: object | None, cls: type | None = None) -> cached_property[T] | T:
        if instance is None:
            return self
        if self.name is None:
            raise TypeError(
                "Cannot use cached_property instance without calling __set_name__() on it."
            )
        value = instance.__dict__[self.name] = self.func(instance)
        return value


class classproperty(Generic[T]):  # noqa: N801 - Django's name
    """A read-only property of the class, computed on each access."""

    def __init__(self, method: Callable[[Any], T] | None = None) -> None:
        self.fget = method

    def __get__(self, instance: object | None, cls: type | None = None) -> T:
        return cast("Callable[[Any], T]", self.fget)(cls)

    def getter(self, method: Callable[[Any], T]) -> classproperty[T]:
        """Replace the function that computes the value."""
        self.fget = method
        return self


class Promise:
    """Base of every lazy value made by `lazy`; use it with `isinstance` to recognize one.

    As the annotation of a pydantic field it takes a text or a lazy text and stores the text.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Callable[[Any], Any]) -> Any:
        to_text = {"type": "no-info", "function": force_promise}
        as_text = {"type": "to-string", "when_used": "always"}  # for defaults, never validated
        schema = {"type": "function-before", "function": to_text, "schema": handler(str)}
        return {**schema, "serialization": as_text}


def force_promise(value: Any) -> Any:
    """Return the text behind a lazy value, and any other value as it is."""
    return str(value) if isinstance(value, Promise) else value


def json_default(value: object) -> str:
    """Serve as `default=` of `json.dumps`: write lazy values as text.

    Raises:
        TypeError: `value` is not a lazy value.
    """
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_BINARY = ["add", "mod", "mul", "eq", "ne", "lt", "le", "gt", "ge"]


def _binary(name: str) -> Callable[[Any, Any], Any]:
    """Return the method of a lazy value for an operator with another value, lazy or not."""
    function = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        return function(self._cast(), other._cast() if isinstance(other, Promise) else other)  # type: ignore[attr-defined]  # every Promise is a proxy

    return method


def _forwarded(name: str) -> Callable[..., Any]:
    """Return the method of a lazy value that calls the one of the value."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._cast(), name)(*args, **kwargs)

    return method


def _proxy_class(func: Callable[..., Any], resultclasses: tuple[type, ...]) -> type:
    """Build the class whose instances stand for one call of `func` each."""

    class __proxy__(Promise):  # noqa: N801 - its name is visible, as in Django
        def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._args, self._kw = args, kwargs

        def __reduce__(self) -> tuple[Any, ...]:
            return _unpickle_lazy, (func, self._args, self._kw, *resultclasses)

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            memo[id(self)] = self
            return self

        def _cast(self) -> Any:
            return func(*self._args, **self._kw)

        def __radd__(self, other: Any) -> Any:
            return other + self._cast()

        def __repr__(self) -> str:
            return repr(self._cast())

        def __str__(self) -> str:
            return str(self._cast())

        def __hash__(self) -> int:
            return hash(self._cast())

        def __format__(self, spec: str) -> str:
            return format(self._cast(), spec)

    for name in _BINARY:
        setattr(__proxy__, f"__{name}__", _binary(name))
    for cls in chain.from_iterable(resultclass.mro() for resultclass in resultclasses):
        for name in vars(cls):
            if not hasattr(__proxy__, name):
                setattr(__proxy__, name, _forwarded(name))
    return __proxy__


def lazy(func: Callable[P, T], *resultclasses: type) -> Callable[P, T]:
    """Make calls of `func` late: each returns a proxy that runs `func` on every use.

    Args:
        resultclasses: The types that `func` may return; the proxy offers their methods. At least
            one is needed.

    Returns:
        A function of the same parameters. Its result is typed as the function's result, and is
        in truth a `Promise`: hashable, picklable if `func` is, and fit for f-strings.
    """
    proxy = _proxy_class(func, resultclasses)

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return proxy(args, kwargs)  # type: ignore[no-any-return]  # the proxy stands for a T

    return wrapper


def _unpickle_lazy(
    func: Callable[..., Any], args: Any, kwargs: Any, *resultclasses: type
) -> object:
    return lazy(func, *resultclasses)(*args, **kwargs)


def lazystr(text: object) -> str:
    """Return a lazy `str(text)`."""
    return lazy(str, str)(text)


def keep_lazy(*resultclasses: type) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function so that a lazy argument makes its result lazy."""
    if not resultclasses:
        raise TypeError("You must pass at least one argument to keep_lazy().")

    def decorator(func: Callable[P, T]) -> Callable[P, T]:
        lazy_func = lazy(func, *resultclasses)

        @wraps(func)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            if any(isinstance(arg, Promise) for arg in chain(args, kwargs.values())):
                return lazy_func(*args, **kwargs)
            return func(*args, **kwargs)

        return wrapper

    return decorator


def keep_lazy_text(func: Callable[P, str]) -> Callable[P, str]:
    """Decorate a function of texts so that a lazy argument makes its result lazy."""
    return keep_lazy(str)(func)


empty: Any = object()


def new_method_proxy(func: Callable[..., T]) -> Callable[..., T]:
    """Make a method of a `LazyObject` that applies `func` to the wrapped object."""

    def inner(self: Any, *args: Any) -> T:
        if (wrapped := self._wrapped) is empty:
            self._setup()
            wrapped = self._wrapped
        return func(wrapped, *args)

    inner._mask_wrapped = False  # type: ignore[attr-defined]  # read by __getattribute__
    return inner


class LazyObject:
    """A stand-in that makes the wrapped object on first use; subclasses define `_setup`."""

    _wrapped: Any = None

    def __init__(self) -> None:
        self._wrapped = empty

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name != "_wrapped" and not getattr(value, "_mask_wrapped", True):
            raise AttributeError
        return value

    __getattr__: Callable[..., Any] = new_method_proxy(getattr)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_wrapped":
            self.__dict__["_wrapped"] = value
            return
        if self._wrapped is empty:
            self._setup()
        setattr(self._wrapped, name, value)

    def __delattr__(self, name: str) -> None:
        if name == "_wrapped":
            raise TypeError("can't delete _wrapped.")
        if self._wrapped is empty:
            self._setup()
        delattr(self._wrapped, name)

    def _setup(self) -> None:
        """Set `self._wrapped`."""
        raise NotImplementedError("subclasses of LazyObject must provide a _setup() method")

    def __reduce__(self) -> tuple[Any, ...]:
        if self._wrapped is empty:
            self._setup()
        return unpickle_lazyobject, (self._wrapped,)

    def _fresh(self) -> LazyObject:
        return type(self)()

    def __copy__(self) -> Any:
        return self._fresh() if self._wrapped is empty else copy.copy(self._wrapped)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._wrapped is empty:
            result = memo[id(self)] = self._fresh()
            return result
        return copy.deepcopy(self._wrapped, memo)

    __bytes__: Callable[..., bytes] = new_method_proxy(bytes)
    __str__: Callable[..., str] = new_method_proxy(str)
    __bool__: Callable[..., bool] = new_method_proxy(bool)
    __dir__: Callable[..., list[str]] = new_method_proxy(dir)
    __class__ = property(new_method_proxy(operator.attrgetter("__class__")))  # pyright: ignore
    __eq__: Callable[..., bool] = new_method_proxy(operator.eq)
    __lt__: Callable[..., bool] = new_method_proxy(operator.lt)
    __gt__: Callable[..., bool] = new_method_proxy(operator.gt)
    __ne__: Callable[..., bool] = new_method_proxy(operator.ne)
    __hash__: Callable[..., int] = new_method_proxy(hash)
    __getitem__: Callable[..., Any] = new_method_proxy(operator.getitem)
    __setitem__: Callable[..., None] = new_method_proxy(operator.setitem)
    __delitem__: Callable[..., None] = new_method_proxy(operator.delitem)
    __iter__: Callable[..., Any] = new_method_proxy(iter)
    __len__: Callable[..., int] = new_method_proxy(len)
    __contains__: Callable[..., bool] = new_method_proxy(operator.contains)


def unpickle_lazyobject(wrapped: T) -> T:
    """Return the argument: the form in which a pickled `LazyObject` comes back."""
    return wrapped


class SimpleLazyObject(LazyObject):
    """A `LazyObject` made by a function without arguments, which copies may call again."""

    def __init__(self, func: Callable[[], Any]) -> None:
        self.__dict__["_setupfunc"] = func
        super().__init__()

    def _setup(self) -> None:
        self._wrapped = self._setupfunc()

    def _fresh(self) -> LazyObject:
        return SimpleLazyObject(self._setupfunc)

    def __repr__(self) -> str:
        shown = self._setupfunc if self._wrapped is empty else self._wrapped
        if self._wrapped is empty and getattr(shown, "__self__", None) is self:
            shown = f"<bound method {shown.__name__}>"
        return f"<{type(self).__name__}: {shown!r}>"

    __add__: Callable[..., Any] = new_method_proxy(operator.add)

    @new_method_proxy
    def __radd__(wrapped: Any, other: Any) -> Any:  # noqa: N805 - what the proxy calls
        return other + wrapped


def partition(predicate: Callable[[T], Any], values: Iterable[T]) -> tuple[list[T], list[T]]:
    """Split `values` into those that fail and those that pass `predicate`."""
    results: tuple[list[T], list[T]] = ([], [])
    for item in values:
        results[bool(predicate(item))].append(item)
    return results
