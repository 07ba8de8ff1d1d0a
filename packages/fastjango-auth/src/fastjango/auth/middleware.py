"""Middleware: `request.user`, logins demanded everywhere, and users that the server names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from weakref import ref

from fastjango.auth._edges import Step, Steps, arun, call, run
from fastjango.auth.authentication import aauthenticate, authenticate, load_backend
from fastjango.auth.backends import RemoteUserBackend
from fastjango.auth.logins import (
    BACKEND_SESSION_KEY,
    REDIRECT_FIELD_NAME,
    aget_user,
    alogin,
    alogout,
    login,
    logout,
)
from fastjango.auth.logins import get_user as user_of_session
from fastjango.auth.redirects import login_redirect
from fastjango.core import settings
from fastjango.core.aio import guard_sync
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import SimpleLazyObject
from fastjango.http.middleware.exchange import Exchange
from fastjango.http.middleware.layer import Layer
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.values.decorators import iscoroutinefunction, markcoroutinefunction
from starlette.responses import JSONResponse

__all__ = [
    "AuthenticationLayer",
    "AuthenticationMiddleware",
    "LoginRequiredLayer",
    "LoginRequiredMiddleware",
    "PersistentRemoteUserMiddleware",
    "RemoteUserMiddleware",
    "auser",
    "get_user",
]

_NO_SESSION = (
    "The FastJango authentication middleware requires session middleware to be installed. Edit "
    "your MIDDLEWARE setting to insert 'fastjango.sessions.middleware.SessionMiddleware' before "
    "'fastjango.auth.middleware.AuthenticationMiddleware'."
)
_BLOCKS = (
    "request.user would block the event loop, because the session and the user have to be read "
    "from the database. Use `await request.auser()` first; after it request.user is there."
)


def get_user(request: Any) -> Any:
    """Return the user of a request, found once.

    Raises:
        SynchronousOnlyOperation: An event loop is running in this thread and nobody has awaited
            `request.auser()` before.
    """
    if not hasattr(request, "_cached_user"):
        guard_sync(_BLOCKS)
        request._cached_user = user_of_session(request)
    return request._cached_user


async def auser(request: Any) -> Any:
    """Do what `get_user` does."""
    if not hasattr(request, "_cached_user"):
        request._cached_user = await aget_user(request)
    return request._cached_user


class _SessionHolder:
    """The part of a request that finding its user needs."""

    def __init__(self, session: Any) -> None:
        self.session = session


def _give_user(scope: Any, holder: Callable[[], Any]) -> None:
    """Put the user into a scope, lazily, and the function that waits for them.

    Args:
        scope: The scope.
        holder: Gives the object that has the session, and keeps the user once found.
    """
    scope["user"] = SimpleLazyObject(lambda: get_user(holder()))
    scope["auser"] = lambda: auser(holder())


class AuthenticationLayer(Layer):
    """The middleware as a layer of the chain, for HTTP and WebSockets.

    A WebSocket has its user by `await websocket.scope["auser"]()`.
    """

    def process_request(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if "session" not in scope:
            raise ImproperlyConfigured(_NO_SESSION)
        session = scope["session"]
        # The scope must not hold the exchange, which holds it: cycles are left to the garbage
        # collector, and that is dear. Who asks when the request is over is told by its session.
        weak = ref(exchange)

        def holder() -> Any:
            alive = weak()
            return _SessionHolder(session) if alive is None else alive.request

        _give_user(scope, holder)

    def websocket(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if "session" not in scope:
            raise ImproperlyConfigured(_NO_SESSION)
        kept = _SessionHolder(scope["session"])
        _give_user(scope, lambda: kept)


class AuthenticationMiddleware(MiddlewareMixin):
    """Gives requests a user: `request.user`, and `await request.auser()` on an event loop.

    The user is read when somebody asks, by one query besides that of the session; a request that
    does not ask costs nothing.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.contrib.auth.middleware
    """

    blocking = False
    layer: ClassVar[type[Layer]] = AuthenticationLayer

    def process_request(self, request: Any) -> None:
        """Give the request a user.

        Raises:
            ImproperlyConfigured: It has no session.
        """
        if not hasattr(request, "session"):
            raise ImproperlyConfigured(_NO_SESSION)
        request.user = SimpleLazyObject(lambda: get_user(request))
        request.auser = partial(auser, request)


class _LoginRequired:
    """What both forms of the middleware do."""

    redirect_field_name: str = REDIRECT_FIELD_NAME

    def get_login_url(self, view_func: Any) -> str:
        """Return the login page of a view.

        Raises:
            ImproperlyConfigured: Neither the view nor the settings name one.
        """
        login_url = getattr(view_func, "login_url", None) or settings.LOGIN_URL
        if not login_url:
            raise ImproperlyConfigured(
                "No login URL to redirect to. Define settings.LOGIN_URL or provide a login_url "
                "via the 'fastjango.auth.decorators.login_required' decorator."
            )
        return str(login_url)

    def get_redirect_field_name(self, view_func: Any) -> str:
        """Return the query parameter that tells the login page where to lead back to."""
        name: str = getattr(view_func, "redirect_field_name", self.redirect_field_name)
        return name

    def handle_no_permission(self, request: Any, view_func: Any) -> Any:
        """Return the response for somebody who has not logged in."""
        return login_redirect(
            request, self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        )


class LoginRequiredLayer(_LoginRequired, Layer):
    """The middleware as a layer of the chain.

    Path operations of an API are answered with a 401 and take every registered scheme of
    authentication; all other views take the session, and lead to the login page.
    """

    async def process_view(
        self, exchange: Exchange, view: Any, path_params: Mapping[str, Any]
    ) -> Any:
        if not getattr(view, "login_required", True):
            return None
        request = exchange.request
        if (await request.auser()).is_authenticated:
            return None
        from fastapi.routing import APIRoute

        if not isinstance(exchange.scope.get("route"), APIRoute):
            return self.handle_no_permission(request, view)
        from fastjango.auth.schemes import authenticate_request, challenge

        if (await authenticate_request(request)) is not None:
            return None
        return JSONResponse(
            {"detail": "Not authenticated"}, status_code=401, headers=challenge(request)
        )

    async def websocket(self, exchange: Exchange) -> int | None:
        user = await exchange.scope["auser"]()
        return None if user.is_authenticated else 403


class LoginRequiredMiddleware(_LoginRequired, MiddlewareMixin):
    """Sends whoever has not logged in to the login page, from every view.

    Views that `login_not_required` marks are left alone.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#django.contrib.auth.middleware.LoginRequiredMiddleware
    """

    blocking = False
    layer: ClassVar[type[Layer]] = LoginRequiredLayer

    def process_view(self, request: Any, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        """Return a redirect for somebody who has not logged in, else `None`."""
        if not getattr(view_func, "login_required", True):
            return None
        if request.user.is_authenticated:
            return None
        return self.handle_no_permission(request, view_func)


def _is_present(request: Any, name: str, middleware: str) -> None:
    if not hasattr(request, name):
        raise ImproperlyConfigured(
            "The FastJango remote user auth middleware requires the authentication middleware to "
            "be installed. Edit your MIDDLEWARE setting to insert "
            "'fastjango.auth.middleware.AuthenticationMiddleware' before the "
            f"{middleware} class."
        )


class RemoteUserMiddleware:
    """Logs in whom the server in front names, by `RemoteUserBackend`.

    The server has to remove the header from what clients send: whoever can set it is that user.

    Attributes:
        header: Key of `request.META` with the name. Served by ASGI there is no such variable, and
            the default is looked for as the request header `Remote-User`.
        force_logout_if_no_header: Log out users of `RemoteUserBackend` when the name is missing.
    """

    sync_capable = True
    async_capable = True
    header: str = "REMOTE_USER"
    force_logout_if_no_header: bool = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        if get_response is None:  # pyright: ignore[reportUnnecessaryComparison]  # callers may be untyped
            raise ValueError("get_response must be provided.")
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
        super().__init__()

    def __call__(self, request: Any) -> Any:
        if self.is_async:
            return self.__acall__(request)
        self.process_request(request)
        return self.get_response(request)

    async def __acall__(self, request: Any) -> Any:
        await self.aprocess_request(request)
        return await self.get_response(request)

    def _request_steps(self, request: Any) -> Steps[None]:
        user = yield Step(lambda: request.user, lambda: request.auser())  # noqa: PLW0108 - looked up late
        try:
            username = self.get_username(request)
        except KeyError:
            if self.force_logout_if_no_header and user.is_authenticated:
                yield call(self, "_remove_invalid_user", request)
            return
        if user.is_authenticated:
            if user.get_username() == (yield call(self, "clean_username", username, request)):
                return
            # The session is of somebody else than the server says.
            yield call(self, "_remove_invalid_user", request)
        user = yield Step(
            lambda: authenticate(request, remote_user=username),
            lambda: aauthenticate(request, remote_user=username),
        )
        if user:
            yield Step(lambda: login(request, user), lambda: alogin(request, user))

    def process_request(self, request: Any) -> None:
        """Log in the user whom the server names.

        Raises:
            ImproperlyConfigured: The authentication middleware has not run before.
        """
        _is_present(request, "user", type(self).__name__)
        run(self._request_steps(request))

    async def aprocess_request(self, request: Any) -> None:
        """Do what `process_request` does."""
        _is_present(request, "auser", type(self).__name__)
        await arun(self._request_steps(request))

    def _clean_steps(self, username: str, request: Any) -> Steps[str]:
        path = yield call(request.session, "get", BACKEND_SESSION_KEY, "")
        clean = getattr(load_backend(path), "clean_username", None)
        return username if clean is None else clean(username)

    def clean_username(self, username: str, request: Any) -> str:
        """Return the name as the backend of the session cleans it."""
        return run(self._clean_steps(username, request))

    async def aclean_username(self, username: str, request: Any) -> str:
        """Do what `clean_username` does."""
        return await arun(self._clean_steps(username, request))

    def get_username(self, request: Any) -> str:
        """Return the name that the server gives.

        Raises:
            KeyError: It gives none.
        """
        meta: Mapping[str, str] = request.META
        if self.header == RemoteUserMiddleware.header and self.header not in meta:
            return meta[f"HTTP_{self.header}"]
        return meta[self.header]

    def _remove_steps(self, request: Any) -> Steps[None]:
        path = yield call(request.session, "get", BACKEND_SESSION_KEY, "")
        try:
            is_remote = isinstance(load_backend(path), RemoteUserBackend)
        except ImportError:
            is_remote = True  # nobody knows the user any more
        if is_remote:
            yield Step(lambda: logout(request), lambda: alogout(request))

    def _remove_invalid_user(self, request: Any) -> None:
        run(self._remove_steps(request))

    async def _aremove_invalid_user(self, request: Any) -> None:
        await arun(self._remove_steps(request))

    # The twin's name, as steps build it.
    a_remove_invalid_user = _aremove_invalid_user


class PersistentRemoteUserMiddleware(RemoteUserMiddleware):
    """A `RemoteUserMiddleware` for a server that names the user on the login page only."""

    force_logout_if_no_header = False
