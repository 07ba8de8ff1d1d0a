"""Telling the kinds of views apart: Django style, FastAPI style, classes, WebSockets, ASGI."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Callable, Collection
from typing import Any

from fastapi import params
from fastjango.http.urls.mounts import is_asgi_app
from starlette.requests import Request
from starlette.websockets import WebSocket

__all__ = ["ViewStyle", "style_of"]

OPERATION_MARK = "fastjango_operation"


class ViewStyle(enum.Enum):
    """How a view is called."""

    DJANGO = "request first, response back"
    FASTAPI = "typed parameters, documented in OpenAPI"
    WEBSOCKET = "a WebSocket"
    ASGI = "an ASGI application"


def style_of(view: Callable[..., Any], url_parameters: Collection[str]) -> ViewStyle:
    """Return how a view wants to be called.

    A view is in Django style if its first parameter is called `request` (or `_request`), is typed
    as an `HttpRequest`, or is a bare name that the URL does not provide. One whose first parameter
    is typed as Starlette's `Request`, or that has parameters with types or defaults only, is in
    FastAPI style. Class-based views are in Django style unless they are `ApiView`s.

    Args:
        view: The view.
        url_parameters: Names of the arguments the URL provides.
    """
    if is_asgi_app(view):
        return ViewStyle.ASGI
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        is_api = getattr(view_class, "is_api_view", False)
        return ViewStyle.FASTAPI if is_api else ViewStyle.DJANGO
    if hasattr(view, OPERATION_MARK):
        return ViewStyle.FASTAPI
    try:
        signature = inspect.signature(view)
    except (TypeError, ValueError):
        return ViewStyle.DJANGO
    parameters = list(signature.parameters.values())
    if not parameters:
        return ViewStyle.FASTAPI
    return _by_first_parameter(view, parameters[0], url_parameters)


def _by_first_parameter(
    view: Callable[..., Any], first: inspect.Parameter, url_parameters: Collection[str]
) -> ViewStyle:
    if first.kind is first.VAR_POSITIONAL:
        return ViewStyle.DJANGO
    annotation = _annotation(view, first)
    if inspect.isclass(annotation):
        if issubclass(annotation, WebSocket):
            return ViewStyle.WEBSOCKET
        if issubclass(annotation, Request):
            # Starlette's own class is what FastAPI views ask for.
            return ViewStyle.FASTAPI if annotation is Request else ViewStyle.DJANGO
    if first.name == "websocket" and annotation is first.empty:
        return ViewStyle.WEBSOCKET
    if first.name in ("request", "_request"):
        return ViewStyle.DJANGO
    positional = first.kind in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD)
    bare = annotation is first.empty and first.default is first.empty
    if positional and bare and first.name not in url_parameters:
        return ViewStyle.DJANGO
    return ViewStyle.FASTAPI


def _annotation(view: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Return a parameter's annotation, evaluated if it is a text."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        target = inspect.unwrap(view)
        try:
            hints = typing.get_type_hints(target, include_extras=False)
        except Exception:
            return {"HttpRequest": _django_request(), "WebSocket": WebSocket}.get(
                annotation.rpartition(".")[2], annotation
            )
        annotation = hints.get(parameter.name, annotation)
    return annotation


def _django_request() -> type[Request]:
    from fastjango.http.request import HttpRequest

    return HttpRequest


def wants_request_class(endpoint: Callable[..., Any]) -> bool:
    """Whether an endpoint, or a dependency of it, asks for an `HttpRequest`."""
    try:
        signature = inspect.signature(endpoint, eval_str=True)
    except (TypeError, ValueError, NameError):
        return False
    request_class = _django_request()
    for parameter in signature.parameters.values():
        annotation = parameter.annotation
        metadata = getattr(annotation, "__metadata__", ())
        annotation = getattr(annotation, "__origin__", annotation) if metadata else annotation
        if inspect.isclass(annotation) and issubclass(annotation, request_class):
            return True
        for marker in (parameter.default, *metadata):
            dependency = marker.dependency if isinstance(marker, params.Depends) else None
            if dependency is not None and wants_request_class(dependency):
                return True
    return False


def wants_injection(view: Callable[..., Any]) -> bool:
    """Whether a view in Django style also declares FastAPI parameters, such as `Depends()`."""
    if getattr(view, "view_class", None) is not None:
        return False
    try:
        signature = inspect.signature(view, eval_str=True)
    except (TypeError, ValueError, NameError):
        return False
    for parameter in list(signature.parameters.values())[1:]:
        metadata = getattr(parameter.annotation, "__metadata__", ())
        for marker in (parameter.default, *metadata):
            if isinstance(marker, (params.Depends, params.Param, params.Body)):
                return True
    return False
