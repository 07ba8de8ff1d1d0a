"""Whether the FastAPI and Starlette in this process are the ones the compiled path mirrors.

Two questions. Are the mirrored functions, line by line, those of a release that was tested? And has
nothing replaced them in this process? Instrumentation does that, and its wrappers must run. A `no`
to either leaves the routes to FastAPI itself: slower, never different.
"""

from __future__ import annotations

import hashlib
import inspect
import linecache
import logging
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType
from typing import cast

import fastapi
import fastapi.applications
import fastapi.dependencies.utils
import fastapi.routing
import starlette
import starlette._exception_handler
import starlette.applications
import starlette.middleware
import starlette.middleware.errors
import starlette.middleware.exceptions
import starlette.requests
import starlette.responses
import starlette.routing
from fastapi._compat.v2 import ModelField
from fastapi.middleware import asyncexitstack

from ._fingerprints import KNOWN

__all__ = ["compilation_allowed", "fingerprints", "mirrored_functions", "untouched"]

logger: logging.Logger = logging.getLogger("fastjango.http.dispatch")


def mirrored_functions() -> dict[str, object]:
    """Return every library function whose behaviour the compiled path repeats, by dotted name."""
    routing, depends = fastapi.routing, fastapi.dependencies.utils
    named: dict[str, object] = {}
    for owner, names in (
        (
            routing,
            "request_response get_request_handler serialize_response run_endpoint_function"
            " _build_response_args _update_scope _apply_router_form_limits"
            " _extract_endpoint_context",
        ),
        (routing.APIRoute, "__init__ get_route_handler matches handle"),
        (routing.APIRouter, "app handle matches _get_routes_version include_router"),
        (
            getattr(routing, "_IncludedRouter"),  # noqa: B009 - private, and fingerprinted
            "_match matches handle _handle_selected effective_candidates _build_effective_context",
        ),
        (getattr(routing, "_EffectiveRouteContext"), "from_api_route matches"),  # noqa: B009
        (
            depends,
            "solve_dependencies _solve_generator _validate_value_with_model_field"
            " _get_multidict_value request_params_to_args request_body_to_args _get_param_aliases"
            " _should_embed_body_fields",
        ),
        (ModelField, "validate serialize serialize_json get_default"),
        (fastapi.applications.FastAPI, "__init__ __call__ build_middleware_stack"),
        (asyncexitstack.AsyncExitStackMiddleware, "__call__"),
        (starlette.applications.Starlette, "__call__"),
        (starlette.middleware.Middleware, "__init__ __iter__"),
        (starlette.middleware.errors.ServerErrorMiddleware, "__init__ __call__"),
        (starlette.middleware.exceptions.ExceptionMiddleware, "__init__ __call__"),
        (starlette._exception_handler, "wrap_app_handling_exceptions _lookup_exception_handler"),  # pyright: ignore[reportPrivateUsage]
        (starlette.routing.Router, "__init__ __call__ not_found"),
        (starlette.routing.Route, "matches handle"),
        (starlette.routing, "compile_path"),
        (starlette.responses.Response, "__init__ __call__ init_headers render"),
        (starlette.responses.JSONResponse, "__init__ render"),
        (starlette.requests.Request, "__init__ stream body json"),
    ):
        prefix = (
            f"{owner.__module__}.{owner.__qualname__}"
            if isinstance(owner, type)
            else owner.__name__
        )
        for name in names.split():
            named[f"{prefix}.{name}"] = vars(owner).get(name)
    return named


def compilation_allowed() -> bool:
    """Return whether routes may be compiled in this process; the first `no` logs one line."""
    return _allowed(_identity())


@cache
def _allowed(_identity: tuple[int, ...]) -> bool:
    unknown = sorted(
        name for name, digest in fingerprints().items() if digest not in KNOWN.get(name, ())
    )
    if unknown:
        logger.warning(
            "Compiled endpoints are off: FastAPI %s with Starlette %s differs from the tested"
            " releases in %s. Requests take FastAPI's own path.",
            fastapi.__version__,
            starlette.__version__,
            ", ".join(unknown),
        )
    return not unknown


def _identity() -> tuple[int, ...]:
    """Return what changes when somebody replaces a mirrored function."""
    return tuple(id(_code_of(function)) for function in mirrored_functions().values())


def fingerprints() -> dict[str, str]:
    """Return a short hash of the source of every mirrored function, by dotted name."""
    return {name: _digest(function) for name, function in mirrored_functions().items()}


def _digest(function: object) -> str:
    code = _code_of(function)
    if code is None:
        return "absent"
    lines = linecache.getlines(code.co_filename)
    first, last = code.co_firstlineno, max(_line_numbers(code))
    text = inspect.cleandoc("".join(lines[first - 1 : last]))
    return hashlib.sha256(f"{_library_path(code.co_filename)}\n{text}".encode()).hexdigest()[:16]


def _library_path(filename: str) -> str:
    """Return the path below the library's own folder, so that the place of installation is free."""
    parts = filename.replace("\\", "/").split("/")
    for library in ("fastapi", "starlette"):
        if library in parts:
            start = len(parts) - 1 - parts[::-1].index(library)
            return "/".join(parts[start:])
    return filename


def _code_of(function: object) -> CodeType | None:
    if isinstance(function, (classmethod, staticmethod)):
        function = cast("object", function.__func__)  # pyright: ignore[reportUnknownMemberType]
    return function.__code__ if isinstance(function, FunctionType) else None


def _line_numbers(code: CodeType) -> Iterator[int]:
    yield code.co_firstlineno
    for _, _, line in code.co_lines():
        if line is not None:
            yield line
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _line_numbers(constant)


def untouched(function: Callable[..., object], factory: Callable[..., object]) -> bool:
    """Return whether `function` is the inner function that `factory` itself makes.

    Args:
        function: A closure found on a route.
        factory: The library function that should have made it.
    """
    code, outer = _code_of(function), _code_of(factory)
    return code is not None and outer is not None and code in outer.co_consts
