"""The answers to errors, in the shape of REST framework or as problems (RFC 9457)."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Details are of any type.

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from fastjango.core.exceptions import BadRequest, SuspiciousOperation
from fastjango.core.exceptions import PermissionDenied as CorePermissionDenied
from fastjango.http.exceptions import Http404, MultiPartParserError
from fastjango.rest import _refusals, exceptions
from fastjango.rest.response import Response
from fastjango.rest.settings import api_settings
from starlette.exceptions import HTTPException

__all__ = ["exception_handler", "problem_exception_handler"]


def _as_api_exception(error: Exception) -> Exception:
    """Return the API's error for one of the web layer; others as they are."""
    if isinstance(error, Http404):
        return exceptions.NotFound(*error.args[:1])
    if isinstance(error, CorePermissionDenied):
        return exceptions.PermissionDenied(*error.args[:1])
    if isinstance(error, (BadRequest, SuspiciousOperation, MultiPartParserError)):
        return exceptions.ParseError(str(error) or None)
    return error


def _error_headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]  # pyright: ignore
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(error.wait)  # type: ignore[attr-defined]  # pyright: ignore
    return headers


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer the errors of APIs, and those of the web layer that have a status.

    Args:
        exc: The error.
        context: The view, its arguments and the request.

    Returns:
        `{"detail": text}`, or the details of failed validation as they are; `None` for errors
        that are faults of the site, which then becomes a 500.
    """
    if isinstance(exc, RequestValidationError):
        details = [{k: v for k, v in found.items() if k != "url"} for found in exc.errors()]
        from fastjango.http.errors.answers import safe_json

        return Response({"detail": safe_json(details)}, status=422)
    if isinstance(exc, HTTPException):
        return Response({"detail": exc.detail}, status=exc.status_code, headers=exc.headers)
    exc = _as_api_exception(exc)
    if not isinstance(exc, exceptions.APIException):
        return None
    data: Any = exc.detail if isinstance(exc.detail, (list, dict)) else {"detail": exc.detail}
    return Response(data, status=exc.status_code, headers=_error_headers(exc))


def problem_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer errors as `application/problem+json` (RFC 9457).

    Failed validation is listed under `errors`, each with its field path as a JSON pointer, its
    text and its stable code. For `REST_FRAMEWORK["EXCEPTION_HANDLER"]`.
    """
    answer = exception_handler(exc, context)
    if answer is None:
        return None
    api_error = _as_api_exception(exc)
    data: dict[str, Any] = {
        "type": "about:blank",
        "title": answer.status_text,
        "status": answer.status_code,
    }
    if isinstance(api_error, exceptions.APIException) and not isinstance(
        api_error.detail, (list, dict)
    ):
        data["detail"] = api_error.detail
        data["code"] = api_error.detail.code
    elif isinstance(api_error, exceptions.APIException):
        data["errors"] = list(_pointers(api_error.detail, ""))
    else:
        plain = answer.data["detail"]
        data["detail" if isinstance(plain, str) else "errors"] = plain
    answer.data = data
    answer.content_type = "application/problem+json"
    return answer


def _pointers(detail: Any, pointer: str) -> Any:
    if isinstance(detail, dict):
        for key, value in detail.items():  # pyright: ignore[reportUnknownVariableType]
            step = str(key).replace("~", "~0").replace("/", "~1")  # pyright: ignore[reportUnknownArgumentType]
            own = "" if key == api_settings.NON_FIELD_ERRORS_KEY else f"/{step}"
            yield from _pointers(value, pointer + own)
    elif isinstance(detail, list):
        nested = any(isinstance(item, (dict, list)) for item in detail)  # pyright: ignore[reportUnknownVariableType]
        for index, item in enumerate(detail):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from _pointers(item, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": detail, "code": detail.code}


# What the handlers answer, by status, for OpenAPI and for comparing answers with it.
exception_handler.error_models = {  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    400: _refusals.ValidationErrorOut,
    422: _refusals.ParameterErrorOut,
    _refusals.DEFAULT: _refusals.RefusalOut,
}
problem_exception_handler.error_models = {  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    _refusals.DEFAULT: _refusals.ProblemOut
}
problem_exception_handler.error_media_type = "application/problem+json"  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
