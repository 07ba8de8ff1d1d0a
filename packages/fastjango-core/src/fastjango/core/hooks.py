"""Hooks: questions that one plugin asks and others answer."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from inspect import Parameter, isawaitable, iscoroutinefunction, signature
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast

from .exceptions import HookError

P = ParamSpec("P")
R = TypeVar("R")
Impl = TypeVar("Impl", bound=Callable[..., Any])
Order = Literal["first", "last"] | None
_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


class Hook(Generic[P, R]):
    """A question with a fixed signature that any number of functions answer.

    The function given at construction is the specification: its signature is what implementations
    get, as keyword arguments, and its docstring the description. It is never called itself.

    Args:
        spec: A function with named parameters only.
        late: Whether implementations may still be added after the boot.
    """

    _all: weakref.WeakSet[Hook[..., Any]] = weakref.WeakSet()

    def __init__(self, spec: Callable[P, R], *, late: bool = False) -> None:
        self.spec, self.late, self.frozen = spec, late, False
        self.name = f"{spec.__module__}.{spec.__qualname__}"
        self.__doc__ = spec.__doc__
        self._parameters = signature(spec).parameters
        self._implementations: list[tuple[int, Callable[..., Any], frozenset[str]]] = []
        if odd := [n for n, p in self._parameters.items() if p.kind not in _NAMED]:
            raise HookError(
                f"Hook {self.name!r} has the parameter {odd[0]!r}, which cannot be passed by name. "
                "Give the specification named parameters only."
            )
        Hook._all.add(self)

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
    def implemented(self, impl: Callable[..., Any], *, order: Order = None) -> Iterator[None]:
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
        if waiting := [impl for impl in self if iscoroutinefunction(impl)]:
            raise HookError(
                f"Hook {self.name!r} has the async implementation {waiting[0].__qualname__}. "
                "Ask it with `await hook.acall(...)`."
            )
        given = signature(self.spec).bind(*args, **kwargs)
        given.apply_defaults()
        return [impl(**_only(given.arguments, takes)) for _, impl, takes in self._implementations]

    async def acall(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Call every implementation, one after the other, awaiting the async ones."""
        given = signature(self.spec).bind(*args, **kwargs)
        given.apply_defaults()
        answers: list[R] = []
        for _, impl, takes in self._implementations:
            answer: R | Awaitable[R] = impl(**_only(given.arguments, takes))
            answers.append(await answer if isawaitable(answer) else cast("R", answer))
        return answers

    def _check(self, impl: Callable[..., Any], where: str) -> frozenset[str]:
        parameters = signature(impl).parameters.values()
        if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
            return frozenset(self._parameters)
        wanted = [p for p in parameters if p.kind is not Parameter.VAR_POSITIONAL]
        for p in wanted:
            known = p.name in self._parameters and p.kind in _NAMED
            if not known and p.default is Parameter.empty:
                raise HookError(
                    f"{where} takes the argument {p.name!r}, which hook {self.name!r} does not "
                    f"give. Its arguments: {', '.join(self._parameters) or 'none'}."
                )
        return frozenset(p.name for p in wanted) & frozenset(self._parameters)

    @classmethod
    def freeze_all(cls, frozen: bool = True) -> None:
        """Close (or open) every hook of the process for registration; the boot calls this."""
        for hook in cls._all:
            hook.frozen = frozen


def _only(arguments: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in names}
