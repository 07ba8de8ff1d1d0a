"""How test clients log users of `fastjango.auth` in and out."""

from typing import Any

from fastjango.auth import (
    aauthenticate,
    aget_user,
    alogin,
    alogout,
    authenticate,
    get_user,
    load_backend,
    login,
    logout,
)
from fastjango.core.conf import settings
from fastjango.http.request import HttpRequest

__all__ = ["ClientLogin"]


def _request(client: Any) -> Any:
    """Return a request with the client's session."""
    request = HttpRequest()
    request.session, _new = client._session_store()
    return request


def _set_cookie(client: Any, key: str) -> None:
    name: str = settings.SESSION_COOKIE_NAME
    client.cookies[name] = key
    client.cookies[name].update(
        {
            "max-age": None,
            "path": "/",
            "domain": settings.SESSION_COOKIE_DOMAIN,
            "secure": settings.SESSION_COOKIE_SECURE or None,
            "expires": None,
        }
    )


def _backend() -> str | None:
    """Return the path of the first backend that knows users by id."""
    paths: list[str] = settings.AUTHENTICATION_BACKENDS
    return next((path for path in paths if hasattr(load_backend(path), "get_user")), None)


class ClientLogin:
    """Implements what `fastjango.testing.hooks.client_authentication` asks for."""

    def login(self, client: Any, **credentials: Any) -> bool:
        """Log in with credentials; tell whether they are right."""
        user = authenticate(**credentials)
        if not user:
            return False
        self._login(client, user)
        return True

    async def alogin(self, client: Any, **credentials: Any) -> bool:
        """Do what `login` does."""
        user = await aauthenticate(**credentials)
        if not user:
            return False
        await self._alogin(client, user)
        return True

    def force_login(self, client: Any, user: Any, backend: str | None) -> None:
        """Log a user in without credentials."""
        user.backend = backend or _backend()
        self._login(client, user, user.backend)

    async def aforce_login(self, client: Any, user: Any, backend: str | None) -> None:
        """Do what `force_login` does."""
        user.backend = backend or _backend()
        await self._alogin(client, user, user.backend)

    def _login(self, client: Any, user: Any, backend: str | None = None) -> None:
        request = _request(client)
        login(request, user, backend)
        request.session.save()
        _set_cookie(client, request.session.session_key)

    async def _alogin(self, client: Any, user: Any, backend: str | None = None) -> None:
        request = _request(client)
        await alogin(request, user, backend)
        await request.session.asave()
        _set_cookie(client, request.session.session_key)

    def logout(self, client: Any) -> None:
        """Log out."""
        request = _request(client)
        request.user = get_user(request)
        logout(request)

    async def alogout(self, client: Any) -> None:
        """Do what `logout` does."""
        request = _request(client)
        user = await aget_user(request)

        async def auser() -> Any:
            return user

        request.user, request.auser = user, auser
        await alogout(request)
