"""The session and the user of a client."""

from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any

from fastjango.core import apps
from fastjango.core.conf import settings
from fastjango.testing import hooks

__all__ = ["Logins"]


class Logins:
    """Keeps a session, and logs users in and out."""

    cookies: SimpleCookie

    def _session_store(self) -> tuple[Any, bool]:
        """Return the session of the client's cookie, and whether it has to be made."""
        engine = import_module(settings.SESSION_ENGINE)
        cookie = self.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie:
            return engine.SessionStore(cookie.value), False
        return engine.SessionStore(), True

    @property
    def session(self) -> Any:
        """The client's session, made if it has none; save it after changing it."""
        session, new = self._session_store()
        if new:
            session.save()
            self.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return session

    async def asession(self) -> Any:
        """Return the client's session, made if it has none; `asave` it after changing it."""
        session, new = self._session_store()
        if new:
            await session.asave()
            self.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return session

    @staticmethod
    def _authentication() -> hooks.ClientAuthentication:
        offered = hooks.client_authentication.call()
        if not offered and apps.apps_ready and apps.is_installed("fastjango.auth"):
            # Loaded by name: it is optional.
            integration = import_module("fastjango.testing.auth")
            offered = [integration.ClientLogin()]
        if not offered:
            raise RuntimeError(
                "Test clients can log users in when an app that knows users is installed. Add "
                "'fastjango.auth' to INSTALLED_APPS."
            )
        return offered[0]

    def login(self, **credentials: Any) -> bool:
        """Log in as a user would; return whether the credentials are right."""
        return self._authentication().login(self, **credentials)

    async def alogin(self, **credentials: Any) -> bool:
        """Do what `login` does."""
        return await self._authentication().alogin(self, **credentials)

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Log a user in without credentials."""
        self._authentication().force_login(self, user, backend)

    async def aforce_login(self, user: Any, backend: str | None = None) -> None:
        """Do what `force_login` does."""
        await self._authentication().aforce_login(self, user, backend)

    def logout(self) -> None:
        """Log out and forget all cookies."""
        self._authentication().logout(self)
        self.cookies = SimpleCookie()

    async def alogout(self) -> None:
        """Do what `logout` does."""
        await self._authentication().alogout(self)
        self.cookies = SimpleCookie()
