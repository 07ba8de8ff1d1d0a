"""The keyword arguments of `FastAPI()`, as one typed record for `FastJango()` to pass on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, TypedDict

from fastapi import Request, Response
from fastapi._form_limits import _FormLimits as FormLimits  # pyright: ignore[reportPrivateUsage]  # the type of a public option
from fastapi.params import Depends
from fastapi.routing import APIRoute, APIRouter
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import Lifespan

__all__ = ["FastAPIOptions", "IncludeOptions"]


class FastAPIOptions(TypedDict, total=False):
    """Every keyword that FastAPI's application class takes, by its name and type.

    A test compares the names with FastAPI's own signature, so a new one cannot be missed.
    """

    telemetry: TelemetryConfig | None
    debug: bool
    routes: list[BaseRoute] | None
    title: str
    summary: str | None
    description: str
    version: str
    openapi_url: str | None
    openapi_tags: list[dict[str, Any]] | None
    servers: list[dict[str, str | Any]] | None
    dependencies: Sequence[Depends] | None
    default_response_class: type[Response]
    redirect_slashes: bool
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    middleware: Sequence[Middleware] | None
    exception_handlers: (
        dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] | None
    )
    on_startup: Sequence[Callable[[], Any]] | None
    on_shutdown: Sequence[Callable[[], Any]] | None
    lifespan: Lifespan[Any] | None
    terms_of_service: str | None
    contact: dict[str, str | Any] | None
    license_info: dict[str, str | Any] | None
    root_path: str
    root_path_in_servers: bool
    responses: dict[int | str, dict[str, Any]] | None
    callbacks: list[BaseRoute] | None
    webhooks: APIRouter | None
    deprecated: bool | None
    include_in_schema: bool
    swagger_ui_parameters: dict[str, Any] | None
    generate_unique_id_function: Callable[[APIRoute], str]
    separate_input_output_schemas: bool
    openapi_external_docs: dict[str, Any] | None
    strict_content_type: bool
    max_body_size: int | None
    form_limits: FormLimits | None


class IncludeOptions(TypedDict, total=False):
    """Every keyword that FastAPI's `include_router()` takes beside the router."""

    prefix: str
    tags: list[str | Enum] | None
    dependencies: Sequence[Depends] | None
    default_response_class: type[Response]
    responses: dict[int | str, dict[str, Any]] | None
    callbacks: list[BaseRoute] | None
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Callable[[APIRoute], str]
    max_body_size: int | None
    form_limits: FormLimits | None
