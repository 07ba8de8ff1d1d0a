"""What a route's own handler would do, read from that handler; or why it is not compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

import fastapi.routing
from fastapi import params
from fastapi.datastructures import DefaultPlaceholder
from fastjango.http.invocation import wrap_view
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from .mirror import (
    Dependant,
    ModelField,
    is_async_gen_callable,
    is_gen_callable,
)
from .pristine import untouched

__all__ = ["Plan", "Unsupported", "read_plan"]


class Unsupported(Exception):
    """The route takes FastAPI's own path; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one FastAPI request handler, as the handler itself holds them."""

    dependant: Dependant
    call: Callable[..., Any]
    is_coroutine: bool
    body_field: ModelField | None
    status_code: int | None
    response_class: type[Response]
    is_default_class: bool
    response_field: ModelField | None
    dump: dict[str, Any]
    overrides_provider: Any
    embed_body_fields: bool
    strict_content_type: bool

    @property
    def dumps_json(self) -> bool:
        """Whether the validated answer is dumped straight to JSON bytes."""
        return self.response_field is not None and self.is_default_class

    @property
    def encodes_json(self) -> bool:
        """Whether an answer without a model becomes a plain `JSONResponse`."""
        return (
            self.response_field is None
            and self.is_default_class
            and self.response_class is JSONResponse
        )

    @property
    def usual_status(self) -> bool:
        """Whether the status allows a body and a content length."""
        status = 200 if self.status_code is None else self.status_code
        return type(status) is int and status >= 200 and status not in (204, 205, 304)


def read_plan(app: ASGIApp) -> Plan:
    """Read the handler behind a route's ASGI application.

    Args:
        app: `route.app`, or the `app` of FastAPI's merged view of an included route.

    Raises:
        Unsupported: Something about the route is not what the compiler mirrors.
    """
    handler = _cell(app, fastapi.routing.request_response, "f")
    if not callable(handler):
        raise Unsupported("the route's application is not FastAPI's own")
    values = _cells(handler, fastapi.routing.get_request_handler)
    dependant = cast("Dependant", values["dependant"])
    _make_atomic(dependant)
    _check(dependant, values)
    response_class: Any = values["response_class"]
    placeholder = isinstance(response_class, DefaultPlaceholder)
    assert dependant.call is not None
    return Plan(
        dependant=dependant,
        call=dependant.call,
        is_coroutine=bool(values["is_coroutine"]),
        body_field=values["body_field"],
        status_code=values["status_code"],
        response_class=values["actual_response_class"],
        is_default_class=placeholder,
        response_field=values["response_field"],
        dump={
            "include": values["response_model_include"],
            "exclude": values["response_model_exclude"],
            "by_alias": values["response_model_by_alias"],
            "exclude_unset": values["response_model_exclude_unset"],
            "exclude_defaults": values["response_model_exclude_defaults"],
            "exclude_none": values["response_model_exclude_none"],
        },
        overrides_provider=values["dependency_overrides_provider"],
        embed_body_fields=bool(values["embed_body_fields"]),
        strict_content_type=bool(values["actual_strict_content_type"]),
    )


def _make_atomic(dependant: Dependant) -> None:
    """Let `ATOMIC_REQUESTS` reach the endpoint, also where FastAPI's own handler calls it."""
    call = dependant.call
    if call is None or is_gen_callable(call) or is_async_gen_callable(call):
        return
    wrapped = wrap_view(call)
    if wrapped is not call:
        dependant.call = wrapped


def _check(dependant: Dependant, values: dict[str, Any]) -> None:
    call = dependant.call
    if is_gen_callable(call) or is_async_gen_callable(call):
        raise Unsupported("the endpoint is a generator")
    if values["is_sse_stream"] or values["is_json_stream"] or values["stream_item_field"]:
        raise Unsupported("the endpoint streams")
    field: ModelField | None = values["body_field"]
    if field is not None and isinstance(field.field_info, params.Form):
        raise Unsupported("the endpoint takes a form")
    for node in _walk(dependant):
        if node.websocket_param_name:
            raise Unsupported("a parameter is a WebSocket")
        if node.concurrency is not None:
            raise Unsupported("a dependency limits its concurrency")
        for one in (
            *node.path_params,
            *node.query_params,
            *node.header_params,
            *node.cookie_params,
            *node.body_params,
        ):
            if not one._type_adapter.pydantic_complete:  # pyright: ignore[reportPrivateUsage]
                raise Unsupported("a parameter's type is not defined yet")
            if isinstance(one.field_info, params.Form):
                raise Unsupported("the endpoint takes a form")
    answer: ModelField | None = values["response_field"]
    if answer is not None and not answer._type_adapter.pydantic_complete:  # pyright: ignore[reportPrivateUsage]
        raise Unsupported("the response model is not defined yet")


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for child in dependant.dependencies:
        yield from _walk(child)


def _cells(function: object, factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the variables that a closure made by `factory` holds."""
    if not isinstance(function, FunctionType) or not untouched(function, factory):
        raise Unsupported("the route's handler is not FastAPI's own")
    cells = function.__closure__ or ()
    held: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        try:
            held[name] = cell.cell_contents
        except ValueError:
            continue
    return held


def _cell(function: object, factory: Callable[..., Any], name: str) -> object:
    return _cells(function, factory).get(name)
