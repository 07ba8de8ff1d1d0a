"""`MiddlewareMixin`: the base of middleware that is written as `process_*` methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from fastjango.http.aio import run_in_thread
from fastjango.values.decorators import iscoroutinefunction, markcoroutinefunction

__all__ = ["MiddlewareMixin"]


class MiddlewareMixin:
    """Turns `process_request` and `process_response` into middleware for both kinds of views.

    Args:
        get_response: The next middleware, or the view.

    Attributes:
        blocking: Whether the hooks may wait, and so run in a thread around asynchronous views.

    Raises:
        ValueError: `get_response` is `None`.

    Source: https://docs.djangoproject.com/en/6.1/topics/http/middleware/#upgrading-pre-django-1-10-style-middleware
    """

    sync_capable = True
    async_capable = True
    blocking: ClassVar[bool] = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        if get_response is None:  # pyright: ignore[reportUnnecessaryComparison]  # callers may be untyped
            raise ValueError("get_response must be provided.")
        self.get_response = get_response
        self.async_mode: bool = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)
        super().__init__()

    def __repr__(self) -> str:
        inner = getattr(self.get_response, "__qualname__", type(self.get_response).__name__)
        return f"<{type(self).__qualname__} get_response={inner}>"

    def __call__(self, request: Any) -> Any:
        if self.async_mode:
            return self.__acall__(request)
        before, after = self._hooks()
        response = None if before is None else before(request)
        response = response or self.get_response(request)
        return response if after is None else after(request, response)

    def _hooks(self) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
        """The hooks that the subclass has."""
        return getattr(self, "process_request", None), getattr(self, "process_response", None)

    async def __acall__(self, request: Any) -> Any:
        """The call around an asynchronous `get_response`."""
        before, after = self._hooks()
        response: Any = None if before is None else await self._hook(before, request)
        response = response or await self.get_response(request)
        return response if after is None else await self._hook(after, request, response)

    async def _hook(self, hook: Callable[..., Any], *args: Any) -> Any:
        return await run_in_thread(hook, *args) if self.blocking else hook(*args)
