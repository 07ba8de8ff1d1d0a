"""Answers against what their operations declare, in tests and with `DEBUG`."""

# pyright: reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# What `responses` names is the project's, of any type.

from __future__ import annotations

import functools
import sys
from typing import Any

from fastjango.core import settings
from fastjango.rest import _refusals
from fastjango.rest.exceptions import ResponseContradictsSchema
from fastjango.rest.settings import api_settings
from pydantic import TypeAdapter, ValidationError

__all__ = ["compare", "is_compared"]


def is_compared() -> bool:
    """Whether responses are compared with their schema: the setting, else in tests and DEBUG."""
    wanted: bool | None = api_settings.VALIDATE_RESPONSES
    if wanted is not None:
        return wanted
    return bool(settings.DEBUG) or "fastjango.testing" in sys.modules


@functools.lru_cache(maxsize=4096)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def compare(view: Any, response: Any) -> None:
    """Compare an answer with what its operation declares.

    Raises:
        ResponseContradictsSchema: It is not what is declared.
    """
    if not is_compared():
        return
    route = getattr(view.request._request, "scope", {}).get("route")
    operations = getattr(route, "operations", None)
    if not operations:
        return
    operation = operations.get(view.request.method)
    if operation is None or not hasattr(response, "accepted_renderer"):
        return
    answers: dict[int, Any] = getattr(operation, "rest_answers", {})
    models: dict[Any, Any] = {**getattr(operation, "rest_refusals", {}), **answers}
    name = f"{type(view).__module__}.{type(view).__name__}"
    code = response.status_code
    if code not in answers and not response.exception and response.data_is_none:
        # A handler that refuses without a word, as many do, takes nothing back.
        return
    if code not in models and response.exception:
        model = models.get(_refusals.DEFAULT)
    elif code in models:
        model = models[code]
    elif getattr(operation, "rest_is_declared", False) and 200 <= code < 300:
        raise ResponseContradictsSchema(name, code, [f"only {sorted(answers)} are declared"])
    else:
        return
    if model is None or model is Any:
        return
    _compare_body(name, response, model)


def _compare_body(name: str, response: Any, model: Any) -> None:
    """Compare the content of an answer with its model."""
    if getattr(response.accepted_renderer, "format", "") not in ("json", "api"):
        return
    from fastjango.rest.renderers import JSONRenderer

    # A compiled list is written already; reading its data would ask the database again.
    written = response.written_json
    if written is None:
        written = JSONRenderer().render(response.data)
    try:
        _adapter(model).validate_json(written or b"null")
    except ValidationError as error:
        reasons = [
            f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
            for found in error.errors()[:10]
        ]
        raise ResponseContradictsSchema(name, response.status_code, reasons) from error
