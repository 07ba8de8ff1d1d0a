"""Who asks: sessions, HTTP basic, tokens of the database, JSON web tokens, the server's user."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from importlib import import_module
from typing import Any

from fastjango.auth import aauthenticate, authenticate, get_user_model
from fastjango.auth.hooks import afactors_of, factors_of
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.middleware.csrf import CsrfViewMiddleware
from fastjango.rest import exceptions
from fastjango.rest._steps import Steps, arun_steps, run_steps

__all__ = ["BaseAuthentication", "BasicAuthentication", "CSRFCheck", "JWTAuthentication",
           "RemoteUserAuthentication", "SessionAuthentication", "TokenAuthentication",
           "get_authorization_header"]  # fmt: skip


def get_authorization_header(request: Any) -> bytes:
    """Return the `Authorization` header as bytes; empty if there is none."""
    value: str = request.headers.get("Authorization", "")
    return value.encode("latin-1", "replace")


def _no_response(request: Any) -> Any:
    return None


class CSRFCheck(CsrfViewMiddleware):
    """The check against forged requests, which tells its reason instead of answering."""

    def __init__(self, get_response: Callable[[Any], Any] = _no_response) -> None:
        super().__init__(get_response)

    def _reject(self, request: Any, reason: str) -> Any:
        return reason


class BaseAuthentication:
    """Base of authenticators.

    Override `authenticate()`, or its twin `aauthenticate()`; a synchronous one that reads the
    database runs in a thread under asynchronous views.
    """

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and credential; `None` if there are no credentials of this kind.

        Raises:
            AuthenticationFailed: There are, and they are wrong.
        """
        raise NotImplementedError(f"{type(self).__name__} must define authenticate().")

    def authenticate_header(self, request: Any) -> str | None:
        """Return the challenge of 401 answers; `None` makes them 403."""
        return None


class _StepAuthentication(BaseAuthentication):
    """Both edges of an authenticator whose thinking stands in `_found`."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and credential; `None` if there are no credentials of this kind."""
        found: tuple[Any, Any] | None = run_steps(self._found(request))
        return found

    async def aauthenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and credential; `None` if there are no credentials of this kind."""
        found: tuple[Any, Any] | None = await arun_steps(self._found(request))
        return found

    def _found(self, request: Any) -> Steps:
        raise NotImplementedError


def _check_active(user: Any) -> None:
    if not user.is_active:
        raise exceptions.AuthenticationFailed(_("User inactive or deleted."))


class BasicAuthentication(_StepAuthentication):
    """HTTP basic authentication (RFC 7617) by name and password; only sensible over HTTPS.

    Attributes:
        www_authenticate_realm: The realm of the challenge.
    """

    www_authenticate_realm = "api"

    def _found(self, request: Any) -> Steps:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"basic":
            return None
        if len(parts) == 1:
            raise exceptions.AuthenticationFailed(
                _("Invalid basic header. No credentials provided.")
            )
        if len(parts) > 2:
            raise exceptions.AuthenticationFailed(
                _("Invalid basic header. Credentials string should not contain spaces.")
            )
        name, password = _decoded(parts[1])
        return (
            yield (
                self.authenticate_credentials,
                self.aauthenticate_credentials,
                (name, password, request),
            )
        )

    def authenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> tuple[Any, Any]:
        """Return the user with this name and password.

        Raises:
            AuthenticationFailed: There is none, the account is disabled, or it needs a second step.
        """
        credentials = {get_user_model().USERNAME_FIELD: userid, "password": password}
        user = authenticate(request=request, **credentials)
        return self._judged(user, user and factors_of(request, user))

    async def aauthenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> tuple[Any, Any]:
        """Return the user with this name and password."""
        credentials = {get_user_model().USERNAME_FIELD: userid, "password": password}
        user = await aauthenticate(request=request, **credentials)
        return self._judged(user, user and await afactors_of(request, user))

    def _judged(self, user: Any, factors: Any) -> tuple[Any, Any]:
        if user is None:
            raise exceptions.AuthenticationFailed(_("Invalid username/password."))
        _check_active(user)
        if factors:
            text = _("This account needs a second step; a password is not enough.")
            raise exceptions.AuthenticationFailed(text)
        return user, None

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge."""
        return f'Basic realm="{self.www_authenticate_realm}"'


def _decoded(credentials: bytes) -> tuple[str, str]:
    try:
        raw = base64.b64decode(credentials)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        name, separator, password = text.partition(":")
    except (ValueError, binascii.Error):
        separator = name = password = ""
    if not separator:
        raise exceptions.AuthenticationFailed(
            _("Invalid basic header. Credentials not correctly base64 encoded.")
        )
    return name, password


class SessionAuthentication(_StepAuthentication):
    """The session's user; requests that change something are checked against forgery."""

    def _found(self, request: Any) -> Steps:
        http_request = request._request
        auser = getattr(http_request, "auser", None)
        if auser is None:
            # Without an authentication middleware there may still be a user a test has set.
            user = getattr(http_request, "user", None)
        else:
            user = yield (lambda: http_request.user), auser, ()
        if not user or not user.is_active:
            return None
        self.enforce_csrf(request)
        return user, None

    def enforce_csrf(self, request: Any) -> None:
        """Refuse a request that another site may have forged.

        Raises:
            PermissionDenied: Origin or token do not fit.
        """
        check = CSRFCheck()
        http_request = request._request
        # An exempt view was let through before, and that is not what decides here.
        http_request.csrf_processing_done = False
        check.process_request(http_request)
        reason = check.process_view(http_request, None, (), {})
        if reason:
            raise exceptions.PermissionDenied(f"CSRF Failed: {reason}")


class TokenAuthentication(_StepAuthentication):
    """`Authorization: Token <key>`, the keys being rows of `fastjango.auth.authtoken`.

    Attributes:
        keyword: The scheme.
        model: A model with `key` and `user`; that of `fastjango.auth.authtoken` if `None`.
    """

    keyword = "Token"
    model: Any = None

    def get_model(self) -> Any:
        """Return the model of the tokens."""
        if self.model is not None:
            return self.model
        return import_module("fastjango.auth.authtoken.models").Token

    def get_key(self, request: Any) -> str | None:
        """Return the key in the header, or `None`.

        Raises:
            AuthenticationFailed: The header is malformed.
        """
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword.lower().encode():
            return None
        if len(parts) == 1:
            raise exceptions.AuthenticationFailed(
                _("Invalid token header. No credentials provided.")
            )
        if len(parts) > 2:
            raise exceptions.AuthenticationFailed(
                _("Invalid token header. Token string should not contain spaces.")
            )
        key = parts[1].decode(errors="replace")
        # PostgreSQL fails at the question for a NUL.
        if "\ufffd" in key or "\x00" in key:
            raise exceptions.AuthenticationFailed(
                _("Invalid token header. Token string should not contain invalid characters.")
            )
        return key

    def _found(self, request: Any) -> Steps:
        key = self.get_key(request)
        if key is None:
            return None
        return (yield self.authenticate_credentials, self.aauthenticate_credentials, (key,))

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return the user of a key.

        Raises:
            AuthenticationFailed: There is no such key, or the account is disabled.
        """
        found: tuple[Any, Any] = run_steps(self._by_key(key))
        return found

    async def aauthenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return the user of a key."""
        found: tuple[Any, Any] = await arun_steps(self._by_key(key))
        return found

    def _by_key(self, key: str) -> Steps:
        model = self.get_model()
        tokens = model.objects.select_related("user").filter(key=key)
        token = yield tokens.first, tokens.afirst, ()
        if token is None:
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        _check_active(token.user)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge."""
        return self.keyword


class JWTAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`, an access token of `fastjango.auth.jwt`.

    `request.auth` is the `AccessToken`.
    """

    keyword = "Bearer"

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return the user of an access token, and the token.

        Raises:
            AuthenticationFailed: It is not valid, expired or revoked, or the account is disabled.
        """
        tokens = import_module("fastjango.auth.jwt")
        try:
            found: tuple[Any, Any] = tokens.verify(key)
        except tokens.InvalidTokenError as error:
            raise exceptions.AuthenticationFailed(str(error), "token_not_valid") from error
        return found

    async def aauthenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return the user of an access token, and the token."""
        tokens = import_module("fastjango.auth.jwt")
        try:
            found: tuple[Any, Any] = await tokens.averify(key)
        except tokens.InvalidTokenError as error:
            raise exceptions.AuthenticationFailed(str(error), "token_not_valid") from error
        return found

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge."""
        return f'{self.keyword} realm="api"'


class RemoteUserAuthentication(_StepAuthentication):
    """The user the web server has authenticated; needs `RemoteUserBackend`.

    Attributes:
        header: The key in `request.META`. One that begins with `HTTP_` is a header, which the
            web server has to strip from what clients send.
    """

    header = "REMOTE_USER"

    def _found(self, request: Any) -> Steps:
        name = request.META.get(self.header)
        if not name:
            return None

        def sync() -> Any:
            return authenticate(request=request, remote_user=name)

        async def twin() -> Any:
            return await aauthenticate(request=request, remote_user=name)

        user = yield sync, twin, ()
        return (user, None) if user and user.is_active else None
