"""How decorators wrap views of every style, sync and async.

A view in Django style receives the request as its first argument. One in FastAPI style receives
what it declares, so its wrapper declares a request and a response of its own in addition: FastAPI
provides them, and merges the response's headers into the answer.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from fastapi import Request as FastAPIRequest
from fastapi import Response as FastAPIResponse
from fastjango.http.request import HttpRequest
from fastjango.values.decorators import iscoroutinefunction, markcoroutinefunction
from starlette.responses import Response

__all__ = ["MARKS_KEY", "mark_response", "mark_view", "wrap_view"]

F = TypeVar("F", bound=Callable[..., Any])
Before = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
After = Callable[[Any, Any], None]

REQUEST_PARAMETER = "fastjango_request"
RESPONSE_PARAMETER = "fastjango_response"
MARKS_KEY = "fastjango.response_marks"
"""Key of the ASGI scope under which decorators leave remarks for middleware."""


def wrap_view(view: F, *, before: Before | None = None, after: After | None = None) -> F:
    """Return the view with something done before and after it.

    Args:
        view: A view of any style, sync or async.
        before: Gets request, positional and keyword arguments; a result replaces the view's.
        after: Gets request and response, which it may change.
    """
    injected = _needs_injection(view)
    plan = _Plan(view, injected, before, after)
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
            call = plan.begin(args, kwargs)
            if call.answer is None:
                call.answer = await view(*call.args, **call.kwargs)
            return plan.end(call)

        wrapper: Any = async_wrapper
    else:

        @functools.wraps(view)
        def sync_wrapper(*args: Any, **kwargs: Any) -> Any:
            call = plan.begin(args, kwargs)
            if call.answer is None:
                call.answer = view(*call.args, **call.kwargs)
            return plan.end(call)

        wrapper = sync_wrapper
    if injected is not None:
        # Read by inspect, and so by FastAPI.
        wrapper.__signature__ = injected
    return cast("F", wrapper)


def mark_view(view: F, **marks: Any) -> F:
    """Return a copy of the view that carries attributes, the view itself unchanged."""
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
            return await view(*args, **kwargs)

        wrapper: Any = async_wrapper
    else:

        @functools.wraps(view)
        def sync_wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        wrapper = sync_wrapper
    for name, value in marks.items():
        setattr(wrapper, name, value)
    return cast("F", wrapper)


def mark_response(request: Any, response: Any, name: str, value: Any) -> None:
    """Leave a remark for middleware: on the response, and in the scope of the request.

    Args:
        request: The request, if it is known.
        response: The response.
        name: The attribute's name.
        value: Its value.
    """
    setattr(response, name, value)
    scope = getattr(request, "scope", None)
    if scope is not None:
        scope.setdefault(MARKS_KEY, {})[name] = value


class _Call:
    """One call of a wrapped view."""

    __slots__ = ("answer", "args", "kwargs", "request", "response")

    def __init__(
        self, request: Any, response: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.request, self.response = request, response
        self.args, self.kwargs = args, kwargs
        self.answer: Any = None


class _Plan:
    """What happens around one view."""

    def __init__(
        self,
        view: Callable[..., Any],
        injected: inspect.Signature | None,
        before: Before | None,
        after: After | None,
    ) -> None:
        self.injected = injected
        self.before, self.after = before, after
        # An inner decorator's wrapper wants the same two parameters.
        self.passes_on = (
            injected is not None and REQUEST_PARAMETER in inspect.signature(view).parameters
        )

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        if self.injected is None or REQUEST_PARAMETER not in kwargs:
            call = _Call(args[0] if args else None, None, args, kwargs)
            rest = args[1:]
        else:
            call = self._begin_injected(args, kwargs)
            rest = args
        if self.before is not None:
            arguments = {
                key: value
                for key, value in call.kwargs.items()
                if key not in (REQUEST_PARAMETER, RESPONSE_PARAMETER)
            }
            call.answer = self.before(call.request, rest, arguments)
        return call

    def _begin_injected(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        request, response = kwargs[REQUEST_PARAMETER], kwargs[RESPONSE_PARAMETER]
        if not self.passes_on:
            kwargs = {
                key: value
                for key, value in kwargs.items()
                if key not in (REQUEST_PARAMETER, RESPONSE_PARAMETER)
            }
        if not isinstance(request, HttpRequest):
            request = HttpRequest.from_scope(request.scope, request.receive, request._send)
        return _Call(request, response, args, kwargs)

    def end(self, call: _Call) -> Any:
        if self.after is not None:
            is_response = isinstance(call.answer, Response) or call.response is None
            self.after(call.request, call.answer if is_response else call.response)
        return call.answer


def _needs_injection(view: Callable[..., Any]) -> inspect.Signature | None:
    """Return the signature with the two parameters added, `None` for a view in Django style."""
    from fastjango.http.urls.styles import ViewStyle, style_of

    try:
        signature = inspect.signature(view)
    except (TypeError, ValueError):
        return None
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        return None
    if style_of(view, ()) is not ViewStyle.FASTAPI:
        return None
    if REQUEST_PARAMETER in signature.parameters:
        return signature
    added = [
        inspect.Parameter(
            REQUEST_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=FastAPIRequest
        ),
        inspect.Parameter(
            RESPONSE_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=FastAPIResponse
        ),
    ]
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
        parameters[-1:-1] = added
    else:
        parameters.extend(added)
    return signature.replace(parameters=parameters)


class ViewDecorator(Protocol):
    """Decorates a view, and gives it back as what it was."""

    def __call__(self, view: F, /) -> F:
        """Return the view, decorated."""
        ...


def late_middleware_decorator(module: str, name: str) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator made from a middleware class that is imported on the first call.

    Args:
        module: The module of the class.
        name: The class.
    """
    from importlib import import_module

    from fastjango.values.decorators import decorator_from_middleware

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        built: list[Callable[..., Any]] = []

        def resolve() -> Callable[..., Any]:
            if not built:
                middleware = getattr(import_module(module), name)
                built.append(decorator_from_middleware(middleware)(view))
            return built[0]

        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return resolve()(*args, **kwargs)

        return markcoroutinefunction(wrapper) if iscoroutinefunction(view) else wrapper

    return decorator
