"""Every error of this distribution, under one root class; those that answer a request included."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.translation import ngettext
from fastjango.rest import status

__all__ = [
    "APIException",
    "AuthenticationFailed",
    "Conflict",
    "ErrorDetail",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotAuthenticated",
    "NotFound",
    "ParseError",
    "PermissionDenied",
    "PreconditionFailed",
    "PreconditionRequired",
    "ResponseContradictsSchema",
    "RestConfigurationError",
    "RestError",
    "Throttled",
    "UnsupportedMediaType",
    "ValidationError",
    "bad_request",
    "server_error",
]


class RestError(Exception):
    """The root of every error that fastjango.rest raises."""


class RestConfigurationError(RestError, ImproperlyConfigured):
    """A view, serializer or setting is put together in a way that cannot work."""


class ResponseContradictsSchema(RestError):
    """A view answered something that its declared schema does not allow (tests and DEBUG only).

    Args:
        view: The dotted name of the view.
        status_code: The status of the answer.
        reasons: What the schema says against it, one text for each place.
    """

    def __init__(self, view: str, status_code: int, reasons: Iterable[str]) -> None:
        self.view: str = view
        self.status_code: int = status_code
        self.reasons: list[str] = list(reasons)
        super().__init__(
            f"{view} answered {status_code} with what its schema does not allow: "
            f"{'; '.join(self.reasons)}. Change the answer or the declared schema; "
            "REST_FRAMEWORK['VALIDATE_RESPONSES'] = False switches the comparison off."
        )


class ErrorDetail(str):
    """The text of an error that also has a stable code.

    Equal to a text of the same characters, and to another detail of the same text and code.

    Args:
        string: The text.
        code: The code; `None` if there is none.
    """

    code: str | None

    def __new__(cls, string: object, code: str | None = None) -> ErrorDetail:
        self = super().__new__(cls, string)
        self.code = code
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str) or not str.__eq__(self, other):
            return False
        return not isinstance(other, ErrorDetail) or self.code == other.code

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __repr__(self) -> str:
        return f"ErrorDetail(string={str(self)!r}, code={self.code!r})"


def get_error_details(data: Any, default_code: str | None = None) -> Any:
    """Return nested errors with every text as an `ErrorDetail`; existing codes stay.

    Args:
        data: A text, or lists and dicts of texts, lazily translated ones too.
        default_code: The code for texts that have none.
    """
    details: Any
    if isinstance(data, (list, tuple)):
        details = [get_error_details(item, default_code) for item in data]  # pyright: ignore[reportUnknownVariableType]
    elif isinstance(data, Mapping):
        details = {key: get_error_details(data[key], default_code) for key in data}  # pyright: ignore[reportUnknownVariableType]
    else:
        return ErrorDetail(str(data), getattr(data, "code", None) or default_code)
    if hasattr(data, "serializer"):  # pyright: ignore[reportUnknownArgumentType]
        # What a serializer returned keeps pointing at it, for the forms of the browsable API.
        return type(data)(details, serializer=data.serializer)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportAttributeAccessIssue, reportCallIssue, reportUnknownArgumentType]  # checked above
    return details


def _map_details(detail: Any, leaf: Callable[[Any], Any]) -> Any:
    if isinstance(detail, list):
        return [_map_details(item, leaf) for item in detail]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(detail, dict):
        return {key: _map_details(value, leaf) for key, value in detail.items()}  # pyright: ignore[reportUnknownVariableType]
    return leaf(detail)


class APIException(RestError):
    """Base of the errors that become answers; subclasses state the status, text and code.

    Args:
        detail: A text, or lists and dicts of texts; `default_detail` if `None`.
        code: The code of every text that has none; `default_code` if `None`.
    """

    status_code: ClassVar[int] = status.HTTP_500_INTERNAL_SERVER_ERROR
    default_detail: ClassVar[Any] = _("A server error occurred.")
    default_code: ClassVar[str] = "error"
    detail: Any
    # Set by views for NotAuthenticated and AuthenticationFailed; read by the exception handler.
    auth_header: str | None = None

    def __init__(self, detail: Any = None, code: str | None = None) -> None:
        super().__init__()
        self.detail = get_error_details(
            self.default_detail if detail is None else detail,
            self.default_code if code is None else code,
        )

    def __str__(self) -> str:
        return str(self.detail)

    def get_codes(self) -> Any:
        """Return the codes, in the shape of the details."""
        return _map_details(self.detail, lambda detail: detail.code)

    def get_full_details(self) -> Any:
        """Return `{"message": ..., "code": ...}` for each text, in the shape of the details."""
        return _map_details(self.detail, lambda d: {"message": d, "code": d.code})


class ValidationError(APIException):
    """What the client sent is not valid; the details are always a list or a dict."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail: ClassVar[Any] = _("Invalid input.")
    default_code = "invalid"

    def __init__(self, detail: Any = None, code: str | None = None) -> None:
        if detail is None:
            detail = self.default_detail
        if isinstance(detail, tuple):
            detail = list(detail)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        elif not isinstance(detail, (dict, list)):
            detail = [detail]
        super().__init__(detail, code)


class ParseError(APIException):
    """The body cannot be read as what it claims to be."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail: ClassVar[Any] = _("Malformed request.")
    default_code = "parse_error"


class AuthenticationFailed(APIException):
    """Credentials came and are wrong."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail: ClassVar[Any] = _("Incorrect authentication credentials.")
    default_code = "authentication_failed"


class NotAuthenticated(APIException):
    """Credentials are needed and none came."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail: ClassVar[Any] = _("Authentication credentials were not provided.")
    default_code = "not_authenticated"


class PermissionDenied(APIException):
    """Who asks may not do this."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail: ClassVar[Any] = _("You do not have permission to perform this action.")
    default_code = "permission_denied"


class NotFound(APIException):
    """There is no such thing."""

    status_code = status.HTTP_404_NOT_FOUND
    default_detail: ClassVar[Any] = _("Not found.")
    default_code = "not_found"


class MethodNotAllowed(APIException):
    """The resource does not answer this method.

    Args:
        method: The method.
        detail: Another text.
        code: Another code.
    """

    status_code = status.HTTP_405_METHOD_NOT_ALLOWED
    default_detail: ClassVar[Any] = _('Method "{method}" not allowed.')
    default_code = "method_not_allowed"

    def __init__(self, method: str, detail: Any = None, code: str | None = None) -> None:
        if detail is None:
            detail = str(self.default_detail).format(method=method)
        super().__init__(detail, code)


class NotAcceptable(APIException):
    """No renderer makes what the client accepts.

    Args:
        detail: Another text.
        code: Another code.
        available_renderers: The renderers there are.
    """

    status_code = status.HTTP_406_NOT_ACCEPTABLE
    default_detail: ClassVar[Any] = _("Could not satisfy the request Accept header.")
    default_code = "not_acceptable"

    def __init__(
        self, detail: Any = None, code: str | None = None, available_renderers: Any = None
    ) -> None:
        self.available_renderers = available_renderers
        super().__init__(detail, code)


class Conflict(APIException):
    """The change collides with what is stored: a unique value another request took first."""

    status_code = status.HTTP_409_CONFLICT
    default_detail: ClassVar[Any] = _(
        "The request conflicts with the current state of the resource."
    )
    default_code = "conflict"


class PreconditionFailed(APIException):
    """`If-Match` or `If-Unmodified-Since` does not hold."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail: ClassVar[Any] = _("The resource has changed since it was read.")
    default_code = "precondition_failed"


class UnsupportedMediaType(APIException):
    """No parser reads a body of this type.

    Args:
        media_type: The type.
        detail: Another text.
        code: Another code.
    """

    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_detail: ClassVar[Any] = _('Unsupported media type "{media_type}" in request.')
    default_code = "unsupported_media_type"

    def __init__(self, media_type: str, detail: Any = None, code: str | None = None) -> None:
        if detail is None:
            detail = str(self.default_detail).format(media_type=media_type)
        super().__init__(detail, code)


class PreconditionRequired(APIException):
    """The view wants `If-Match`, so that no change of somebody else is lost (RFC 6585)."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail: ClassVar[Any] = _("Send the If-Match header with the entity tag you read.")
    default_code = "precondition_required"


class Throttled(APIException):
    """Too many requests came.

    Args:
        wait: Seconds until the next one is welcome, rounded up; `None` if not known.
        detail: Another text, before the sentence with the seconds.
        code: Another code.
    """

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_detail: ClassVar[Any] = _("Request was throttled.")
    extra_detail_singular: ClassVar[Any] = _("Expected available in {wait} second.")
    extra_detail_plural: ClassVar[Any] = _("Expected available in {wait} seconds.")
    default_code = "throttled"

    def __init__(
        self, wait: float | None = None, detail: Any = None, code: str | None = None
    ) -> None:
        self.wait: int | None = None
        if detail is None:
            detail = str(self.default_detail)
        if wait is not None:
            self.wait = seconds = math.ceil(wait)
            extra = ngettext(
                str(self.extra_detail_singular), str(self.extra_detail_plural), seconds
            )
            detail = f"{detail} {extra.format(wait=seconds)}"
        super().__init__(detail, code)


def server_error(request: Any, *args: Any, **kwargs: Any) -> Any:
    """Answer 500 as JSON; for `handler500` of a URLconf."""
    from fastjango.http.response import JsonResponse

    return JsonResponse(
        {"error": "Server Error (500)"}, status=status.HTTP_500_INTERNAL_SERVER_ERROR
    )


def bad_request(request: Any, exception: Exception, *args: Any, **kwargs: Any) -> Any:
    """Answer 400 as JSON; for `handler400` of a URLconf."""
    from fastjango.http.response import JsonResponse

    return JsonResponse({"error": "Bad Request (400)"}, status=status.HTTP_400_BAD_REQUEST)
