"""What resolving a path yields."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pickle import PicklingError
from typing import Any, NoReturn, cast

__all__ = ["ResolverMatch"]


class ResolverMatch:
    """The view a path leads to, with its arguments and names.

    Unpacks like Django's: `func, args, kwargs = resolve("/some/path/")`.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        url_name: str | None = None,
        app_names: Iterable[str | None] | None = None,
        namespaces: Iterable[str | None] | None = None,
        route: str | None = None,
        tried: list[list[Any]] | None = None,
        captured_kwargs: dict[str, Any] | None = None,
        extra_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.url_name = url_name
        self.route = route
        self.tried = tried
        self.captured_kwargs = captured_kwargs
        self.extra_kwargs = extra_kwargs
        # Resolvers without a namespace pass None.
        self.app_names: list[str] = [name for name in app_names or () if name]
        self.app_name: str = ":".join(self.app_names)
        self.namespaces: list[str] = [name for name in namespaces or () if name]
        self.namespace: str = ":".join(self.namespaces)
        self._func_path = _dotted_path(cast("Any", func))
        self.view_name: str = ":".join([*self.namespaces, url_name or self._func_path])

    def __getitem__(self, index: int) -> Any:
        return (self.func, self.args, self.kwargs)[index]

    def __repr__(self) -> str:
        func = self._func_path
        if isinstance(self.func, functools.partial):
            func = repr(self.func)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        text = (
            f"ResolverMatch(func={func}, args={self.args!r}, kwargs={self.kwargs!r}, "
            f"url_name={self.url_name!r}, app_names={self.app_names!r}, "
            f"namespaces={self.namespaces!r}, route={self.route!r}"
        )
        if self.captured_kwargs:
            text += f", captured_kwargs={self.captured_kwargs!r}"
        if self.extra_kwargs:
            text += f", extra_kwargs={self.extra_kwargs!r}"
        return text + ")"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise PicklingError(f"Cannot pickle {self.__class__.__qualname__}.")


def _dotted_path(func: Any) -> str:
    """Return module and name of a view; a class-based view is named by its class."""
    func = getattr(func, "view_class", func)
    if hasattr(func, "__name__"):
        return f"{func.__module__}.{func.__name__}"
    return f"{type(func).__module__}.{type(func).__name__}"
