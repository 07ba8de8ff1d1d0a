"""The private names of FastAPI and Starlette that the compiled path mirrors, in one place.

`pristine` fingerprints every function whose behaviour is repeated here, so that a version which
changed one of them switches compilation off instead of answering differently.
"""
# The point of this module is to name private parts of two pinned libraries.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import Any

from fastapi._compat import ModelField, Undefined
from fastapi._compat.shared import field_annotation_is_sequence
from fastapi._compat.v2 import _regenerate_error_with_loc as relocate_errors
from fastapi._compat.v2 import get_missing_field_error
from fastapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
)
from fastapi.dependencies.utils import (
    _get_form_models,
    _get_param_aliases,
    _get_param_model,
    _is_json_field,
    _should_embed_body_fields,
    _solve_generator,
    _validate_value_with_model_field,
    request_body_to_args,
    request_params_to_args,
)
from fastapi.routing import (
    _EffectiveRouteContext as EffectiveRouteContext,
)
from fastapi.routing import (
    _extract_endpoint_context as extract_endpoint_context,
)
from fastapi.routing import (
    _IncludedRouter as IncludedRouter,
)
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette._utils import get_route_path
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY

__all__ = [
    "MAX_BODY_SIZE_SCOPE_KEY",
    "UNDEFINED",
    "Dependant",
    "EffectiveRouteContext",
    "IncludedRouter",
    "ModelField",
    "cache_key",
    "extract_endpoint_context",
    "field_annotation_is_sequence",
    "get_missing_field_error",
    "get_route_path",
    "is_async_gen_callable",
    "is_coroutine_callable",
    "is_form_field",
    "is_gen_callable",
    "is_json_field",
    "oauth_scopes",
    "param_aliases",
    "param_model",
    "relocate_errors",
    "request_body_to_args",
    "request_params_to_args",
    "should_embed_body_fields",
    "solve_generator",
    "validate_value",
    "wrap_app_handling_exceptions",
]

UNDEFINED: Any = Undefined
cache_key = _get_cache_key
oauth_scopes = _get_oauth_scopes
is_async_gen_callable = _is_async_gen_callable
is_coroutine_callable = _is_coroutine_callable
is_gen_callable = _is_gen_callable
is_form_field = _get_form_models
is_json_field = _is_json_field
param_aliases = _get_param_aliases
param_model = _get_param_model
should_embed_body_fields = _should_embed_body_fields
solve_generator = _solve_generator
validate_value = _validate_value_with_model_field
