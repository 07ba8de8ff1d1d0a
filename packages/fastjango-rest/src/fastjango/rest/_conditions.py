"""Conditional requests, and writes that collide with others."""

from __future__ import annotations

import functools
import hashlib
from datetime import datetime
from typing import Any

from fastjango.http.cache_control import get_conditional_response
from fastjango.orm.exceptions import DataError, IntegrityError
from fastjango.rest import exceptions, status
from fastjango.rest._calls import hook
from fastjango.rest._refusals import has_conditions
from fastjango.rest._steps import Steps
from fastjango.rest.compile import encoded
from fastjango.rest.response import Response
from fastjango.values.http import http_date, quote_etag

__all__ = ["content_tag_steps", "raise_conflict", "read_steps", "tag_list", "write_steps",
           "written_steps"]  # fmt: skip

_CONDITIONS = ("If-Match", "If-None-Match", "If-Unmodified-Since")


def raise_conflict(error: Exception, subject: Any) -> None:
    """Raise 409 for a write that the database refused because of another one; else return.

    Validators have looked for duplicates before: what comes here is a race, or an object that
    others still refer to.

    Raises:
        Conflict: It did.
        ValidationError: A column cannot hold a value.
    """
    if isinstance(error, (IntegrityError, DataError)):
        from fastjango.rest.validators import conflict_of

        model: Any = getattr(getattr(subject, "Meta", None), "model", None) or type(subject)  # pyright: ignore[reportUnknownVariableType]  # of any type
        known = conflict_of(error, model)
        raise (exceptions.Conflict() if known is None else known) from error


def etag_of(content: bytes) -> str:
    """Return the entity tag of some content."""
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def content_tag_steps(view: Any, instance: Any) -> Steps:
    """Return the entity tag of an object as `retrieve` shows it."""
    action = getattr(view, "action", None)
    if action is not None:
        # A view set may show an object in another way after a change; tags are those of reading.
        view.action = "retrieve"
    try:
        serializer = view.get_serializer(instance)
    finally:
        if action is not None:
            view.action = action

    async def twin() -> Any:
        return await serializer.adata

    data = yield (lambda: serializer.data), twin, ()
    return etag_of(encoded(data))


def validators_of(view: Any, instance: Any) -> Steps:
    """Return the entity tag of an object and when it changed, in seconds; `None` if not known."""
    tag = yield hook(view, "etag_for", instance)
    changed = yield hook(view, "last_modified_for", instance)
    return tag and quote_etag(tag), None if changed is None else _seconds(changed)


def _seconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise TypeError(
            f"last_modified_for() returned {moment!r}, which has no time zone. "
            "Return an aware datetime."
        )
    return int(moment.timestamp())


def headers_of(tag: str | None, changed: int | None) -> dict[str, str]:
    """Return the headers that tell a client what to compare later."""
    headers: dict[str, str] = {}
    if tag:
        headers["ETag"] = tag
    if changed is not None:
        headers["Last-Modified"] = http_date(changed)
    return headers


def read_steps(view: Any, request: Any, instance: Any) -> Steps:
    """Return the headers of an answer with an object, and the 304 if the client has it already.

    Pages for people hold more than the object, and are always sent.

    Raises:
        PreconditionFailed: `If-Match` or `If-Unmodified-Since` does not hold.
    """
    if not has_conditions(view):
        return {}, None
    tag, changed = yield from validators_of(view, instance)
    if _is_for_people(request):
        return {}, None
    headers = headers_of(tag, changed)
    answer = get_conditional_response(request, tag, changed)
    if answer is None:
        return headers, None
    if answer.status_code == status.HTTP_304_NOT_MODIFIED:
        return headers, Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    raise exceptions.PreconditionFailed()


def write_steps(view: Any, request: Any, instance: Any) -> Steps:
    """Refuse a change if the object is not what the client has read.

    Looks at `If-Match`, `If-None-Match` and `If-Unmodified-Since`, of views that know entity tags
    or times of change; `require_if_match = True` on the view makes the first one mandatory.

    Raises:
        PreconditionFailed: The object has changed.
        PreconditionRequired: `If-Match` is missing and mandatory.
    """
    if not has_conditions(view):
        return
    if view.require_if_match and request.headers.get("If-Match") is None:
        raise exceptions.PreconditionRequired()
    if not any(request.headers.get(name) for name in _CONDITIONS):
        return
    tag, changed = yield from validators_of(view, instance)
    if get_conditional_response(request, tag, changed) is not None:
        raise exceptions.PreconditionFailed()


def _is_for_people(request: Any) -> bool:
    return getattr(request.accepted_renderer, "format", None) == "api"


def written_steps(view: Any, instance: Any) -> Steps:
    """Return the headers of the answer to a change."""
    if not has_conditions(view) or instance is None:
        return {}
    tag, changed = yield from validators_of(view, instance)
    return headers_of(tag, changed)


def tag_list(view: Any, request: Any, response: Response) -> Response:
    """Give a list the entity tag of its content, once that is written; 304 if the client has it."""
    if (
        getattr(view, "etags", False)
        and getattr(request.accepted_renderer, "format", None) != "api"
    ):
        response.add_post_render_callback(functools.partial(_tagged, request))
    return response


def _tagged(request: Any, response: Any) -> Any:
    response["ETag"] = tag = etag_of(response.content)
    return get_conditional_response(request, tag, None, response)
