"""Hooks: questions that one plugin asks and others answer."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, cast

from .exceptions import HookError
from .functional import cached_property

if TYPE_CHECKING:
    from inspect import Signature

__all__ = ["Hook"]

P = ParamSpec("P")
R = TypeVar("R")
Impl = TypeVar("Impl", bound=Callable[..., Any])
Order = Literal["first", "last"] | None


class Hook(Generic[P, R]):
    """A question with a fixed signature that any number of functions answer.

    The function given at construction is the specification: its signature is what implementations
    get, as keyword arguments, and its docstring the description. It is never called itself.

    Args:
        spec: A function with named parameters only.
        late: Whether implementations may still be added after the boot.
    """

    spec: Callable[P, R]
    late: bool
    frozen: bool
    name: str
    _all: weakref.WeakSet[Hook[..., Any]] = weakref.WeakSet()

    def __init__(self, spec: Callable[P, R], *, late: bool = False) -> None:
        self.spec, self.late, self.frozen = spec, late, False
        self.name = f"{spec.__module__}.{spec.__qualname__}"
        self.__doc__ = spec.__doc__
        self._implementations: list[tuple[int, Callable[..., Any], frozenset[str]]] = []
        Hook._all.add(self)

    @cached_property
    def signature(self) -> Signature:
        """What implementations may take; a `HookError` if it has unnamed parameters."""
        from inspect import signature  # loading it costs a fifth of the kernel's import

        found = signature(self.spec)
        if odd := [p.name for p in found.parameters.values() if not _is_named(p)]:
            raise HookError(
                f"Hook {self.name!r} has the parameter {odd[0]!r}, which cannot be passed by name. "
                "Give the specification named parameters only."
            )
        return found

    def __repr__(self) -> str:
        return f"<Hook {self.name} ({len(self)} implementations)>"

    def __len__(self) -> int:
        return len(self._implementations)

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        return iter([impl for _, impl, _ in self._implementations])

    def register(self, impl: Impl, *, order: Order = None) -> Impl:
        """Add an implementation, sync or async; usable as a decorator. Adding twice adds once.

        Args:
            impl: A function that takes any of the hook's parameters, and no others.
            order: `"first"` or `"last"`; within a group the order of registration is kept.

        Raises:
            HookError: `impl` asks for an argument the hook does not give, or the boot is over.
        """
        where = f"{getattr(impl, '__module__', '?')}.{getattr(impl, '__qualname__', impl)}"
        if self.frozen and not self.late:
            raise HookError(
                f"{where} is too late for hook {self.name!r}: the application has started. "
                "Register it in AppConfig.ready()."
            )
        takes = self._check(impl, where)
        if all(impl != other for other in self):
            rank = {"first": 0, None: 1, "last": 2}[order]
            self._implementations.append((rank, impl, takes))
            self._implementations.sort(key=lambda entry: entry[0])
        return impl

    def unregister(self, impl: Callable[..., Any]) -> bool:
        """Remove an implementation; tell whether it was there."""
        before = len(self)
        self._implementations = [entry for entry in self._implementations if entry[1] != impl]
        return len(self) < before

    @contextmanager
    def implemented(self, impl: Callable[..., Any], *, order: Order = None) -> Generator[None]:
        """Add an implementation for a block, for tests; works after the boot too."""
        frozen, self.frozen = self.frozen, False
        try:
            self.register(impl, order=order)
            yield
        finally:
            self.frozen = frozen
            self.unregister(impl)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Call every implementation and return the answers in order.

        Raises:
            HookError: An implementation is async; nothing was called then.
        """
        from inspect import iscoroutinefunction

        if waiting := [impl for impl in self if iscoroutinefunction(impl)]:
            raise HookError(
                f"Hook {self.name!r} has the async implementation {waiting[0].__qualname__}. "
                "Ask it with `await hook.acall(...)`."
            )
        given = self._bind(*args, **kwargs)
        return [impl(**_only(given, takes)) for _, impl, takes in self._implementations]

    async def acall(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Call every implementation, one after the other, awaiting the async ones."""
        given = self._bind(*args, **kwargs)
        answers: list[R] = []
        for _, impl, takes in self._implementations:
            answer: Any = impl(**_only(given, takes))
            if isinstance(answer, Awaitable):
                answer = cast("Any", await answer)
            answers.append(answer)
        return answers

    def _bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        given = self.signature.bind(*args, **kwargs)
        given.apply_defaults()
        return given.arguments

    def _check(self, impl: Callable[..., Any], where: str) -> frozenset[str]:
        from inspect import Parameter, signature

        names, wanted = self.signature.parameters, list(signature(impl).parameters.values())
        for p in wanted:
            optional = p.default is not Parameter.empty or "VAR" in p.kind.name
            if not optional and not (p.name in names and _is_named(p)):
                raise HookError(
                    f"{where} takes the argument {p.name!r}, which hook {self.name!r} does not "
                    f"give. Its arguments: {', '.join(names) or 'none'}."
                )
        takes_all = any(p.kind is Parameter.VAR_KEYWORD for p in wanted)
        return frozenset(
            names if takes_all else {p.name for p in wanted if _is_named(p)} & set(names)
        )

    @classmethod
    def freeze_all(cls, frozen: bool = True) -> None:
        """Close (or open) every hook of the process for registration; the boot calls this."""
        for hook in cls._all:
            hook.frozen = frozen


def _only(arguments: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in names}


def _is_named(parameter: Any) -> bool:
    return parameter.kind.name in {"POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY"}
