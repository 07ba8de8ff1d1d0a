"""The routes of an API's views: one that answers every method, and operations for OpenAPI."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import solve_dependencies as fastapi_solve
from fastapi.exceptions import RequestValidationError
from fastjango.core import settings
from fastjango.http.urls.chains import Chain
from fastjango.http.urls.djangoroute import DjangoRoute
from fastjango.http.urls.operations import OperationRoute, fastapi_path
from fastjango.rest import _comparing, _refusals, openapi
from fastjango.rest.exceptions import PermissionDenied
from starlette.types import Receive, Scope, Send

__all__ = ["RestRoute", "build", "compare_with_schema", "declares_parameters",
           "solve_dependencies"]  # fmt: skip

BODY_NAME = "rest_request_body"
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_STACKS = ("fastapi_function_astack", "fastapi_inner_astack")


class RestRoute(DjangoRoute):
    """The route of a view: it takes every method, so that the view itself refuses some.

    Attributes:
        operations: The documented operations by method; their dependencies hold.
        injected: Methods whose handlers, or routers around them, declare parameters.
    """

    def __init__(self, chain: Chain, view: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(chain, view, name)
        self.operations: dict[str, OperationRoute] = {}
        self.injected: dict[str, Dependant] = {}

    def add(self, method: str, operation: OperationRoute) -> None:
        """Take over an operation."""
        self.operations[method] = operation
        dependant = operation.dependant
        documented = [field for field in dependant.body_params if field.name != BODY_NAME]
        runtime = dataclasses.replace(dependant, body_params=documented)
        if (
            runtime.dependencies or runtime.path_params or runtime.query_params
            or runtime.header_params or runtime.cookie_params or runtime.body_params
            or runtime.background_tasks_param_name or runtime.response_param_name
        ):  # fmt: skip
            self.injected[method] = runtime
            self.delivers_response = False

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the view and send its response, with room for dependencies that use `yield`."""
        if not self.injected:
            await super().serve(scope, receive, send)
            return
        async with AsyncExitStack() as stack:
            scope["fastapi_inner_astack"] = stack
            await super().serve(scope, receive, send)

    async def get_response(self, request: Any) -> Any:
        """Return the view's response, or the error page for a known exception."""
        if not self.injected:
            return await super().get_response(request)
        async with AsyncExitStack() as stack:
            request.scope["fastapi_function_astack"] = stack
            return await super().get_response(request)


def build(parent: Any, chain: Chain, view: Any, name: str | None) -> list[Any]:
    """Return the routes of a view under a pattern.

    Args:
        parent: The router they are for.
        chain: The patterns.
        view: The view, decorated or not.
        name: The pattern's name.
    """
    route = RestRoute(chain, view, name)
    documented: list[Any] = []
    listed = not any(getattr(entry, "rest_format_suffix", False) for entry in chain.entries)
    for method, operation in openapi.operations_of(view, chain):
        options = dict(operation.options)
        extra = openapi.take_parameters(options)
        endpoint = _endpoint(operation, BODY_NAME)
        parent.add_api_route(
            fastapi_path(chain),
            endpoint,
            methods=[method],
            route_class_override=OperationRoute,
            openapi_extra=extra,
            include_in_schema=listed,
            **({"name": name} if name else {}),
            **options,
        )
        made: Any = parent.routes.pop()
        made.chain, made.view, made.url_name = chain, view, name
        made.sibling_methods = frozenset(made.methods or ())
        made.rest_answers = operation.answers
        made.rest_is_declared = operation.is_declared
        made.rest_refusals = _refusals.models_of(operation.refusals)
        _refusals.document(made, operation.refusals)
        route.add(method, made)
        documented.append(made)
    return [route, *documented]


def injected_parameters(handler: Any) -> list[inspect.Parameter]:
    """Return the parameters of a handler that FastAPI provides: those with one of its markers."""
    function = inspect.unwrap(getattr(handler, "__func__", handler))
    try:
        signature = inspect.signature(function, eval_str=True)
    except (TypeError, ValueError, NameError):
        return []
    found: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        metadata = getattr(parameter.annotation, "__metadata__", ())
        for marker in (parameter.default, *metadata):
            if isinstance(marker, (params.Depends, params.Param, params.Body)):
                found.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
                break
    return found


_declares: dict[Any, bool] = {}


def declares_parameters(handler: Any) -> bool:
    """Whether a handler declares parameters that FastAPI provides."""
    function = getattr(handler, "__func__", handler)
    known = _declares.get(function)
    if known is None:
        known = _declares[function] = bool(injected_parameters(handler))
    return known


def _endpoint(operation: openapi.Operation, body_name: str) -> Callable[..., Any]:
    """Return a function with the parameters FastAPI documents and, but for the body, provides."""

    def endpoint(**kwargs: Any) -> None:
        """Stand for the handler; never called."""

    made: Any = endpoint
    parameters = injected_parameters(operation.handler)
    if operation.body is not None:
        annotation: Any = operation.body
        parameters.append(
            inspect.Parameter(
                body_name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=params.Body(media_type=operation.media_type),
            )
        )
    made.__signature__ = inspect.Signature(parameters)
    made.__name__ = made.__qualname__ = operation.name
    made.__doc__ = operation.description
    result: Callable[..., Any] = made
    return result


async def solve_dependencies(view: Any, handler: Any, request: Any) -> dict[str, Any]:
    """Return the values of the parameters a handler declares with FastAPI's markers.

    Called after authentication and permissions; dependencies of routers around the view are
    called as well.

    Raises:
        RequestValidationError: Parameters are missing or wrong.
        TypeError: The view was called without an application, which knows the dependencies.
    """
    http_request = request._request
    scope = http_request.scope
    route = scope.get("route")
    if not isinstance(route, RestRoute):
        if declares_parameters(handler):
            raise TypeError(
                f"{type(view).__name__}.{getattr(handler, '__name__', handler)} declares "
                "dependencies, which the application provides. Send the request through a client."
            )
        return {}
    method = http_request.method
    dependant = route.injected.get("GET" if method == "HEAD" else method)
    if dependant is None:
        return {}
    operation = route.operations["GET" if method == "HEAD" else method]
    if dependant.dependencies:
        _check_forgery(request)
    solved = await fastapi_solve(
        request=http_request,
        dependant=dependant,
        body=request.data if dependant.body_params else None,
        dependency_overrides_provider=operation.dependency_overrides_provider,
        async_exit_stack=scope["fastapi_inner_astack"],
        embed_body_fields=len(dependant.body_params) > 1,
    )
    if solved.errors:
        raise RequestValidationError(solved.errors)
    return solved.values


def _check_forgery(request: Any) -> None:
    """Refuse what another site may have sent, where a dependency might trust the session.

    Views are exempt from the middleware's check: `SessionAuthentication` makes it for those who
    use that. A dependency that knows users by their session has nobody else.

    Raises:
        PermissionDenied: Another site made the request.
    """
    http_request = request._request
    if (
        http_request.method in _SAFE
        or request.successful_authenticator is not None
        or settings.SESSION_COOKIE_NAME not in http_request.COOKIES
        # No form or image of another site brings this header along.
        or request.headers.get("Authorization") is not None
    ):
        return
    if getattr(http_request, "_dont_enforce_csrf_checks", False):
        return
    from fastjango.rest.authentication import CSRFCheck

    # As for path operations of FastAPI's: what the browser says, and no token.
    meta = http_request.META
    reason = CSRFCheck().refusal(
        meta.get("HTTP_SEC_FETCH_SITE"), meta.get("HTTP_ORIGIN"), meta.get("HTTP_HOST")
    )
    if reason is not None:
        raise PermissionDenied(f"CSRF Failed: {reason}")


async def close_dependencies(request: Any) -> None:
    """Tell dependencies with `yield` about the exception that is being handled."""
    for key in _STACKS:
        stack = request._request.scope.get(key)
        if stack is not None:
            await stack.__aexit__(*sys.exc_info())


def compare_with_schema(view: Any, response: Any) -> None:
    """Raise if a response is not what its operation declares, where that is looked at."""
    _comparing.compare(view, response)
