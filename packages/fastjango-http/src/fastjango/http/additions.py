"""What middleware adds to a request: its session, and who sends it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

__all__ = ["AddedByMiddleware"]


class AddedByMiddleware(Request):
    """The part of `HttpRequest` that tells what middleware has put into the scope.

    The names are Starlette's as well; here a missing middleware is an `AttributeError`, so that
    `hasattr()` and `getattr()` with a default work as in Django.
    """

    @property
    def session(self) -> Any:
        """The session, once a session middleware has run.

        Raises:
            AttributeError: No session middleware is installed.
        """
        return self._added("session", "a session middleware")

    @session.setter
    def session(self, value: Any) -> None:
        self.scope["session"] = value

    @session.deleter
    def session(self) -> None:
        self._drop("session")

    @property
    def user(self) -> Any:
        """The user, once an authentication middleware has run.

        Raises:
            AttributeError: No authentication middleware is installed.
        """
        return self._added("user", "an authentication middleware")

    @user.setter
    def user(self, value: Any) -> None:
        self.scope["user"] = value

    @user.deleter
    def user(self) -> None:
        self._drop("user")

    @property
    def auser(self) -> Any:
        """The function that finds the user on an event loop: `await request.auser()`.

        Raises:
            AttributeError: No authentication middleware is installed.
        """
        return self._added("auser", "an authentication middleware")

    @auser.setter
    def auser(self, value: Any) -> None:
        self.scope["auser"] = value

    @auser.deleter
    def auser(self) -> None:
        self._drop("auser")

    @property
    def auth(self) -> Any:
        """What the authentication middleware says about the client's credentials.

        Raises:
            AttributeError: No authentication middleware is installed.
        """
        return self._added("auth", "an authentication middleware")

    @auth.setter
    def auth(self, value: Any) -> None:
        self.scope["auth"] = value

    def _added(self, key: str, source: str) -> Any:
        try:
            return self.scope[key]
        except KeyError:
            raise AttributeError(
                f"{self.__class__.__name__!r} object has no attribute {key!r}. It is there after "
                f"{source}; is one listed in MIDDLEWARE?"
            ) from None

    def _drop(self, key: str) -> None:
        if key not in self.scope:
            raise AttributeError(key)
        del self.scope[key]
