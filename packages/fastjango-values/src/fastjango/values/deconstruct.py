"""Classes whose instances can be written down, as in `django.utils.deconstruct`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, overload

__all__ = ["deconstructible"]

C = TypeVar("C", bound=type[Any])


@overload
def deconstructible(klass: C, /) -> C: ...
@overload
def deconstructible(*, path: str | None = None) -> Callable[[C], C]: ...
def deconstructible(*args: Any, path: str | None = None) -> Any:
    """Give a class a `deconstruct()` that migrations can write down.

    The decorated class remembers the arguments of each instance; `deconstruct()` returns the import
    path, the positional and the keyword arguments. Use it plain or with arguments.

    Args:
        path: The import path to report when it is not where the class is defined. Subclasses
            report their own path.

    Raises:
        ValueError: Raised by `deconstruct()` when the class is not importable by that path.
    """

    def decorate(klass: C) -> C:
        def new(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
            owner: type[Any] = klass
            instance: Any = super(owner, cls).__new__(cls)
            instance._constructor_args = (args, kwargs)
            return instance

        def deconstruct(obj: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
            """Return the import path, positional and keyword arguments that rebuild the object."""
            module_name, name = obj.__module__, type(obj).__name__
            reported = f"{module_name}.{name}"
            if path and type(obj) is klass:
                reported = path
                module_name, _, name = path.rpartition(".")
            if not hasattr(import_module(module_name), name):
                raise ValueError(
                    f"Could not find object {name} in {module_name}.\n"
                    "Please note that you cannot serialize things like inner classes. Please move "
                    "the object into the main module body to use migrations."
                )
            positional, keyword = obj._constructor_args
            return reported, positional, keyword

        target: Any = klass
        target.__new__ = staticmethod(new)
        target.deconstruct = deconstruct
        return klass

    return decorate(args[0]) if args else decorate
