"""What an operation answers when it refuses: which statuses, and the shape the handler gives them.

Nobody has to write these down. Statuses follow from the policies, the body and the lookups of a
view; the shape is what its exception handler says of itself (`error_models`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, RootModel, TypeAdapter

__all__ = ["ErrorOut", "ParameterErrorOut", "ProblemOut", "Refusal", "RefusalOut",
           "ValidationErrorOut", "document", "models_of", "refusals_of"]  # fmt: skip

DEFAULT = "default"
"""The key for every status that is not named, here and in OpenAPI."""


class ErrorTexts(RootModel["str | list[ErrorTexts] | dict[str, ErrorTexts]"]):
    """A text, or texts by what they are about."""


class ErrorOut(BaseModel):
    """The answer to a request that was refused."""

    detail: str


class ValidationErrorOut(RootModel[dict[str, ErrorTexts] | list[ErrorTexts]]):
    """What is wrong, by field; texts of the whole under `non_field_errors`."""


class RefusalOut(RootModel[ErrorOut | ValidationErrorOut]):
    """A refusal with one text, or with texts by what they are about."""


class ParameterError(BaseModel):
    """What is wrong with one parameter."""

    loc: list[str | int]
    msg: str
    type: str


class ParameterErrorOut(BaseModel):
    """What is wrong with parameters that a handler declares in the manner of FastAPI."""

    detail: list[ParameterError] | str


class ProblemOut(BaseModel):
    """A problem (RFC 9457), with the fields that failed under `errors`."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    errors: list[dict[str, Any]] | None = None


class Refusal:
    """One status that an operation refuses with.

    Args:
        description: When it does.
        model: The model of the answer; `None` if the exception handler does not say.
        media_type: The media type of the answer.
    """

    __slots__ = ("description", "media_type", "model")

    def __init__(self, description: str, model: Any, media_type: str) -> None:
        self.description, self.model, self.media_type = description, model, media_type


def refusals_of(view: Any, method: str, kind: str, operation: Any) -> dict[Any, Refusal]:
    """Return what an operation may refuse with, by status, and for every other status.

    Args:
        view: A view without a request.
        method: The HTTP method in lower case.
        kind: Whether it lists, creates, and so on.
        operation: The operation, with its body and handler known.
    """
    handler = view.get_exception_handler()
    models: Mapping[Any, Any] = getattr(handler, "error_models", {})
    media_type = getattr(handler, "error_media_type", "application/json")
    reasons: dict[Any, str] = dict(_reasons(view, method, kind, operation))
    reasons[DEFAULT] = "Any other refusal"
    found = {
        status: Refusal(text, models.get(status, models.get(DEFAULT)), media_type)
        for status, text in reasons.items()
    }
    if method == "get" and has_conditions(view) and (kind != "list" or view.etags):
        found[304] = Refusal("What the client has already", None, media_type)
    return found


def _reasons(view: Any, method: str, kind: str, operation: Any) -> Iterator[tuple[int, str]]:
    """Yield statuses with the reason for each."""
    writes = method in ("post", "put", "patch", "delete")
    is_generic = _is_generic(view)
    is_listed = kind == "list" and is_generic
    filtered = is_listed and bool(view.filter_backends)
    paged = is_listed and view.paginator is not None
    if operation.body is not None or filtered:
        yield 400, "Invalid input"
    yield from _access(view, writes)
    if operation.has_path_parameters or paged:
        yield 404, "Not found"
    yield 406, "No representation that the client accepts"
    if writes and is_generic:
        yield 409, "In conflict with what is stored"
    if kind != "list" and method != "post" and has_conditions(view):
        yield 412, "Changed since it was read"
        if writes and view.require_if_match:
            yield 428, "If-Match is missing"
    if operation.body is not None:
        yield 415, "A media type that is not understood"
    if operation.has_parameters:
        yield 422, "Invalid parameters"
    if view.throttle_classes:
        yield 429, "Too many requests"


def has_conditions(view: Any) -> bool:
    """Whether a view is generic and knows entity tags or times of change of its objects."""
    if not _is_generic(view):
        return False
    if view.etags:
        return True
    from fastjango.rest.generics import GenericAPIView

    kind: Any = type(view)  # pyright: ignore[reportUnknownVariableType]  # of any type
    return any(
        getattr(kind, name) is not getattr(GenericAPIView, name)
        for name in ("etag_for", "aetag_for", "last_modified_for")
    )


def _is_generic(view: Any) -> bool:
    from fastjango.rest.generics import GenericAPIView

    return isinstance(view, GenericAPIView)


def _access(view: Any, writes: bool) -> Iterator[tuple[int, str]]:
    from fastjango.rest.authentication import SessionAuthentication
    from fastjango.rest.permissions import AllowAny

    authenticators: list[Any] = list(view.authentication_classes)
    guarded = any(permission is not AllowAny for permission in view.permission_classes)
    sessions = any(_is(kind, SessionAuthentication) for kind in authenticators)
    challenged = bool(authenticators) and not (
        # Without a challenge nobody is told to log in: it is 403 for everybody.
        _is(authenticators[0], SessionAuthentication)
    )
    others = any(not _is(kind, SessionAuthentication) for kind in authenticators)
    if challenged and (guarded or others):
        yield 401, "Credentials are missing or wrong"
    if guarded or (sessions and writes) or (others and not challenged):
        yield 403, "Not allowed"


def _is(kind: Any, cls: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, cls)


def models_of(refusals: Mapping[Any, Refusal]) -> dict[Any, Any]:
    """Return the models of refusals by status."""
    return {status: refusal.model for status, refusal in refusals.items()}


def document(route: APIRoute, refusals: Mapping[Any, Refusal]) -> None:
    """Add refusals to what an operation documents; what the project declares stays.

    The fields are shared by all operations: making one takes a millisecond, and an operation has
    eight.
    """
    fields: dict[Any, Any] = route.response_fields
    for status, refusal in refusals.items():
        if status in route.responses:
            continue
        answer: dict[str, Any] = {"description": refusal.description}
        if refusal.model is not None and refusal.media_type == "application/json":
            fields[status] = _shared_field(refusal.model)
        elif refusal.model is not None:
            answer["content"] = {refusal.media_type: {"schema": _inline_schema(refusal.model)}}
        route.responses[status] = answer


@functools.lru_cache(maxsize=256)
def _shared_field(model: Any) -> Any:
    def endpoint() -> None:
        """Stand for an endpoint; never called."""

    # A route is what makes a field in public.
    return APIRoute("/", endpoint, responses={400: {"model": model}}).response_fields[400]


@functools.lru_cache(maxsize=256)
def _inline_schema(model: Any) -> dict[str, Any]:
    return TypeAdapter(model).json_schema()
