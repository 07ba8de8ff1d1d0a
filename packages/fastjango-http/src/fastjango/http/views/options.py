"""The keyword arguments of a path operation, as one typed record."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, TypedDict

from fastapi import Response
from fastapi.params import Depends

__all__ = ["OperationOptions"]


class OperationOptions(TypedDict, total=False):
    """What `operation()` takes; names and meaning are those of FastAPI's route decorators."""

    methods: Sequence[str]
    response_model: Any
    status_code: int
    tags: Sequence[str | Enum]
    dependencies: Sequence[Depends]
    summary: str
    description: str
    response_description: str
    responses: dict[int | str, dict[str, Any]]
    deprecated: bool
    operation_id: str
    response_model_include: Any
    response_model_exclude: Any
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    include_in_schema: bool
    response_class: type[Response]
    openapi_extra: dict[str, Any]
    max_body_size: int
