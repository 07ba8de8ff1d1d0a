"""Errors as the document wants them: `{"errors": {field: [text]}}`, each with its own status.

Two hooks of the framework: `REST_FRAMEWORK["EXCEPTION_HANDLER"]` for what views raise, and a
negotiation class, because the document knows JSON alone. What is refused before a view is asked
goes through `conduit.middleware`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastjango.rest import exceptions
from fastjango.rest.negotiation import DefaultContentNegotiation
from fastjango.rest.response import Response
from fastjango.rest.views import exception_handler as rest_exception_handler

TAKEN = "has already been taken"
_TEXTS = {
    "required": "can't be blank",
    "null": "can't be blank",
    "blank": "can't be blank",
    "empty": "can't be blank",
    "unique": TAKEN,
}


class AlwaysJSON(DefaultContentNegotiation):
    """Answers in JSON whatever the client accepts."""

    def select_renderer(
        self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the only renderer there is."""
        return renderers[0], renderers[0].media_type


class Missing(exceptions.NotFound):
    """There is no such article, comment or profile.

    Args:
        what: The kind of thing, which the answer names.
    """

    def __init__(self, what: str) -> None:
        super().__init__({what: ["not found"]})


class Forbidden(exceptions.PermissionDenied):
    """It belongs to somebody else.

    Args:
        what: The kind of thing, which the answer names.
    """

    def __init__(self, what: str) -> None:
        super().__init__({what: ["forbidden"]})


class Taken(exceptions.Conflict):
    """The names belong to somebody else.

    Args:
        fields: The fields they were given in.
    """

    def __init__(self, *fields: str) -> None:
        super().__init__({field: [TAKEN] for field in fields})


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what a view raised."""
    answer = rest_exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error, context, answer)
    if isinstance(error, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        if not isinstance(error.detail, dict):
            missing = isinstance(error, exceptions.NotAuthenticated)
            answer.data = {"token": ["is missing" if missing else "is invalid"]}
        answer.status_code = 401
    elif answer.status_code in (400, 415):
        # The document knows one status for a body that nobody can read.
        answer.data, answer.status_code = {"body": [_text(answer.data)]}, 422
    elif not isinstance(getattr(error, "detail", None), dict):
        answer.data = {"request": [_text(answer.data)]}
    answer.data = {"errors": answer.data}
    return answer


def _text(data: Any) -> str:
    return str(data.get("detail", data)) if isinstance(data, dict) else str(data)


def _invalid(
    error: exceptions.ValidationError, context: dict[str, Any], answer: Response
) -> Response:
    """Answer failed validation: 409 for names that are taken, where the document allows it."""
    errors: dict[str, list[str]] = {}
    codes: set[str | None] = set()
    for field, detail in _leaves(error.detail, "body"):
        codes.add(detail.code)
        text = _TEXTS.get(detail.code or "", str(detail))
        if text not in errors.setdefault(field, []):
            errors[field].append(text)
    creates = context["request"].method == "POST"
    answer.status_code = 409 if creates and codes == {"unique"} else 422
    answer.data = {"errors": errors}
    return answer


def _leaves(detail: Any, field: str) -> Iterator[tuple[str, Any]]:
    """Yield every text with the name of the field it is about."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            named = isinstance(key, str) and key != "non_field_errors"
            yield from _leaves(value, key if named else field)
    elif isinstance(detail, list):
        for value in detail:
            yield from _leaves(value, field)
    else:
        yield field, detail
