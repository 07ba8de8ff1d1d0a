"""`Request`: what views of an API get, around the request of the web layer."""

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from fastjango.core import settings
from fastjango.core.exceptions import SuspiciousOperation
from fastjango.http.exceptions import MultiPartParserError, RawPostDataException
from fastjango.http.querydict import QueryDict
from fastjango.http.request import HttpRequest
from fastjango.rest._calls import hook
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.exceptions import APIException, ParseError, UnsupportedMediaType
from fastjango.rest.mediatypes import is_form_media_type
from fastjango.rest.settings import api_settings
from fastjango.values.datastructures import MultiValueDict

__all__ = ["ForcedAuthentication", "Request", "clone_request", "override_method"]

_MISSING: Any = object()


class WrappedAttributeError(Exception):
    """An `AttributeError` inside of a property, kept apart from "there is no such attribute"."""


@contextmanager
def _attribute_errors_shown() -> Generator[None]:
    # __getattr__ would take the error for a missing attribute, and hide where it came from.
    try:
        yield
    except AttributeError as error:
        raise WrappedAttributeError(str(error)) from error


class ForcedAuthentication:
    """The authenticator of a request whose user a test has set.

    Args:
        force_user: The user.
        force_token: What `request.auth` is.
    """

    def __init__(self, force_user: Any, force_token: Any) -> None:
        self.force_user: Any = force_user
        self.force_token: Any = force_token

    def authenticate(self, request: Any) -> tuple[Any, Any]:
        """Return the user and the token."""
        return self.force_user, self.force_token

    async def aauthenticate(self, request: Any) -> tuple[Any, Any]:
        """Return the user and the token."""
        return self.force_user, self.force_token

    def authenticate_header(self, request: Any) -> str | None:
        """Return nothing: there is no scheme."""
        return None


class Request:
    """A request with `data`, `query_params`, `user` and `auth`, each worked out when touched.

    Everything else is the underlying `HttpRequest`'s. Its body has been read when an
    asynchronous view starts, so `data` needs no awaiting; `await request.auser()` is the twin of
    `user` for places that run before the view's own authentication.

    Args:
        request: The underlying request.
        parsers: Parsers for the body.
        authenticators: Authenticators, asked in order.
        negotiator: Chooses the parser; the default class's if `None`.
        parser_context: What parsers are told; the view and its arguments.

    Raises:
        TypeError: The request is no `HttpRequest`.
    """

    accepted_renderer: Any
    accepted_media_type: Any
    version: Any = None
    versioning_scheme: Any = None
    _authenticator: Any

    def __init__(
        self,
        request: HttpRequest,
        parsers: Sequence[Any] | None = None,
        authenticators: Sequence[Any] | None = None,
        negotiator: Any = None,
        parser_context: dict[str, Any] | None = None,
    ) -> None:
        if not isinstance(request, HttpRequest):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                "The `request` argument must be an instance of `fastjango.http.HttpRequest`, not "
                f"`{type(request).__module__}.{type(request).__name__}`."
            )
        self._request = request
        self.parsers: Any = parsers or ()
        self.authenticators: Any = authenticators or ()
        self.negotiator: Any = negotiator or api_settings.DEFAULT_CONTENT_NEGOTIATION_CLASS()
        self.parser_context: dict[str, Any] = {} if parser_context is None else parser_context
        self.parser_context["request"] = self
        self._data: Any = _MISSING
        self._files: Any = _MISSING
        self._full_data: Any = _MISSING
        forced = request.__dict__
        user, token = forced.get("_force_auth_user"), forced.get("_force_auth_token")
        if user is not None or token is not None:
            self.authenticators = (ForcedAuthentication(user, token),)

    def __repr__(self) -> str:
        kind = type(self)
        return f"<{kind.__module__}.{kind.__name__}: {self.method} {self.get_full_path()!r}>"

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __getattr__(self, name: str) -> Any:
        if name == "_request":
            # Not there yet, as while unpickling.
            raise AttributeError(name)
        try:
            return getattr(self._request, name)
        except AttributeError:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            ) from None

    # --- headers and address ------------------------------------------------------------

    @property
    def content_type(self) -> str:
        """The `Content-Type` header, with its parameters."""
        own = self._request.__dict__.get("_overloaded_body")
        if own is not None:
            return str(own[0])
        return str(self._request.headers.get("Content-Type", ""))

    @property
    def query_params(self) -> QueryDict:
        """The parsed query string."""
        return self._request.GET

    # --- the body -----------------------------------------------------------------------

    @property
    def stream(self) -> Any:
        """The body as a file; `None` if there is none."""
        request = self._request
        own = request.__dict__.get("_overloaded_body")
        if own is not None:
            return io.BytesIO(own[1])
        try:
            length = int(request.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        if length <= 0 and "chunked" not in request.headers.get("Transfer-Encoding", ""):
            return None
        if not request._read_started:  # pyright: ignore[reportPrivateUsage]
            return request
        return io.BytesIO(bytes(request.body))

    @property
    def data(self) -> Any:
        """The parsed body: fields and files of a form, or what JSON holds.

        Raises:
            ParseError: It is malformed, or exceeds a limit.
            UnsupportedMediaType: No parser of the view reads it.
        """
        if self._full_data is _MISSING:
            with _attribute_errors_shown():
                self._load()
        return self._full_data

    @property
    def FILES(self) -> Any:  # noqa: N802 - Django's name
        """The files of the body by field."""
        if self._files is _MISSING:
            with _attribute_errors_shown():
                self._load()
        return self._files

    @property
    def POST(self) -> Any:  # noqa: N802 - Django's name
        """The fields of a form; empty for any other body."""
        if self._data is _MISSING:
            with _attribute_errors_shown():
                self._load()
        if is_form_media_type(self.content_type):
            return self._data
        return QueryDict("", encoding=self._request.encoding)

    def _load(self) -> None:
        if self._data is not _MISSING:
            return
        try:
            self._data, self._files = self._parse()
        except Exception:
            # The browsable API looks at the data of a broken request again.
            self._data = self._full_data = QueryDict("")
            self._files = MultiValueDict[str, Any]()
            raise
        self._full_data = self._data
        if self._files:
            self._full_data = self._data.copy()
            self._full_data.update(self._files)
        if is_form_media_type(self.content_type):
            # The underlying request closes uploaded files when it ends.
            self._request.POST, self._request.FILES = self._data, self._files

    def _parse(self) -> tuple[Any, Any]:
        """Return fields and files."""
        try:
            return self._parse_body()
        except (SuspiciousOperation, MultiPartParserError) as error:
            # Too large, too many fields, too many files: the limits of the web layer.
            raise ParseError(str(error), code="limit_exceeded") from error

    def _parse_body(self) -> tuple[Any, Any]:
        media_type = self.content_type
        if self._request.__dict__.get("_overloaded_form"):
            return self._request.POST, self._request.FILES
        try:
            stream = self.stream
        except RawPostDataException:
            # Middleware has read the form.
            if "_post" not in self._request.__dict__:
                raise
            if any(is_form_media_type(parser.media_type) for parser in self.parsers):
                return self._request.POST, self._request.FILES
            stream = None
        if stream is None or not media_type:
            empty: Any = QueryDict("") if is_form_media_type(media_type) else {}
            return empty, MultiValueDict[str, Any]()
        parser = self.negotiator.select_parser(self, self.parsers)
        if parser is None:
            raise UnsupportedMediaType(media_type)
        context = self.parser_context
        if "encoding" not in context:
            context["encoding"] = self._request.encoding or settings.DEFAULT_CHARSET
        bounded = ("application/json", "application/x-www-form-urlencoded")
        media = getattr(parser, "media_type", None)
        if media in bounded and "_overloaded_body" not in self._request.__dict__:
            # Bounded by DATA_UPLOAD_MAX_MEMORY_SIZE, and readable again.
            stream = io.BytesIO(bytes(self._request.body))
        parsed = parser.parse(stream, media_type, context)
        if hasattr(parsed, "files"):
            return parsed.data, parsed.files
        return parsed, MultiValueDict[str, Any]()

    # --- who asks -----------------------------------------------------------------------

    @property
    def user(self) -> Any:
        """Who asks; `AnonymousUser` if nobody is authenticated."""
        if "_user" not in self.__dict__:
            with _attribute_errors_shown():
                run_steps(self._authentication())
        return self._user

    @user.setter
    def user(self, value: Any) -> None:
        self._user = value
        # Middleware sees who it was, too.
        self._request.user = value

    async def auser(self) -> Any:
        """Return who asks."""
        if "_user" not in self.__dict__:
            with _attribute_errors_shown():
                await arun_steps(self._authentication())
        return self._user

    @property
    def auth(self) -> Any:
        """What the authenticator found besides the user: a token, its claims."""
        if "_auth" not in self.__dict__:
            with _attribute_errors_shown():
                run_steps(self._authentication())
        return self._auth

    @auth.setter
    def auth(self, value: Any) -> None:
        self._auth = value
        self._request.auth = value

    @property
    def successful_authenticator(self) -> Any:
        """The authenticator that knew who asks, or `None`."""
        if "_authenticator" not in self.__dict__:
            with _attribute_errors_shown():
                run_steps(self._authentication())
        return self._authenticator

    def _authentication(self) -> Steps:
        for authenticator in self.authenticators:
            try:
                found = yield hook(authenticator, "authenticate", self)
            except APIException:
                self._not_authenticated()
                raise
            if found is not None:
                self._authenticator = authenticator
                self.user, self.auth = found
                return
        self._not_authenticated()

    def _not_authenticated(self) -> None:
        self._authenticator = None
        anonymous, token = api_settings.UNAUTHENTICATED_USER, api_settings.UNAUTHENTICATED_TOKEN
        self.user = anonymous() if anonymous else None
        self.auth = token() if token else None


def clone_request(request: Request, method: str) -> Request:
    """Return a request as it would be with another method; for asking what would be allowed."""
    clone = Request(
        request._request,  # pyright: ignore[reportPrivateUsage]  # of this module's own class
        parsers=request.parsers,
        authenticators=request.authenticators,
        negotiator=request.negotiator,
        parser_context=dict(request.parser_context),
    )
    for name, value in request.__dict__.items():
        if name not in ("parser_context", "_request"):
            clone.__dict__[name] = value
    clone.__dict__["method"] = method
    return clone


@contextmanager
def override_method(view: Any, request: Request, method: str) -> Generator[Request]:
    """Let a view and its request look as if the method were another one, for a while.

    Args:
        view: The view.
        request: Its request.
        method: The other method, in upper case.
    """
    view_request, action = view.request, getattr(view, "action", None)
    view.request = clone_request(request, method)
    action_map = getattr(view, "action_map", None)
    if action_map is not None:
        view.action = action_map.get(method.lower())
    try:
        yield view.request
    finally:
        view.request = view_request
        if action_map is not None:
            view.action = action
