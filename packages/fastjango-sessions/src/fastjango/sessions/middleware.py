"""`SessionMiddleware`: `request.session`, and the cookie that names it."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.aio import run_in_thread
from fastjango.http.cache_control import patch_vary_headers
from fastjango.http.cookies import parse_cookie
from fastjango.http.middleware.exchange import Exchange
from fastjango.http.middleware.layer import Layer
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.http.responder import response_for_exception
from fastjango.http.response import HttpResponse
from fastjango.sessions.backends.base import SessionBase, UpdateError
from fastjango.sessions.exceptions import SessionInterrupted
from fastjango.values.http import http_date

__all__ = ["SessionLayer", "SessionMiddleware"]

_COOKIE_KEY = "fastjango.session_cookie"


def _interrupted() -> SessionInterrupted:
    return SessionInterrupted(
        "The request's session was deleted before the request completed. The user may have "
        "logged out in a concurrent request, for example."
    )


def _store_class() -> type[SessionBase]:
    engine: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return engine


def _is_saved(session: SessionBase, status: int) -> bool:
    if not (session.modified or settings.SESSION_SAVE_EVERY_REQUEST) or session.is_empty():
        return False
    # A page that failed may have left half of its changes in the session.
    return status < 500


def _set_cookie(response: Any, key: str, max_age: int | None) -> None:
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        key,
        max_age=max_age,
        expires=None if max_age is None else http_date(time.time() + max_age),
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE or False,
        httponly=settings.SESSION_COOKIE_HTTPONLY or False,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


def _delete_cookie(response: Any) -> None:
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


def _save(session: SessionBase) -> int | None:
    """Save a session; return the cookie's age in seconds, `None` for until the browser closes."""
    age = None if session.get_expire_at_browser_close() else session.get_expiry_age()
    try:
        session.save()
    except UpdateError as error:
        raise _interrupted() from error
    return age


async def _asave(session: SessionBase) -> int | None:
    """Asynchronous twin of `_save`."""
    closes = await session.aget_expire_at_browser_close()
    age = None if closes else await session.aget_expiry_age()
    try:
        await session.asave()
    except UpdateError as error:
        raise _interrupted() from error
    return age


def _finish(
    request: Any, response: Any, session: SessionBase, accessed: bool, saved: bool, age: int | None
) -> Any:
    """Set or delete the cookie of a response, and say what it depends on."""
    dropped = session.is_empty() and settings.SESSION_COOKIE_NAME in request.COOKIES
    if dropped:
        _delete_cookie(response)
    elif saved:
        _set_cookie(response, str(session.session_key), age)
    if dropped or saved or accessed:
        patch_vary_headers(response, ("Cookie",))
    return response


class SessionLayer(Layer):
    """The middleware as a layer of the chain, for HTTP and WebSockets.

    A WebSocket can read the session; what it changes it saves itself, by `await
    websocket.session.asave()`, as there is no response to set a cookie with.
    """

    def __init__(self) -> None:
        self.SessionStore = _store_class()

    def _begin(self, exchange: Exchange) -> SessionBase:
        header = exchange.header(b"cookie")
        name: str = settings.SESSION_COOKIE_NAME
        key = None
        if header is not None and name in header:
            text = header.encode("latin-1", "replace").decode(errors="replace")
            key = parse_cookie(text).get(name)
            if key is not None:
                exchange.scope[_COOKIE_KEY] = True
        session = exchange.scope["session"] = self.SessionStore(key)
        return session

    async def process_request(self, exchange: Exchange) -> None:
        session = self._begin(exchange)
        if settings.CSRF_USE_SESSIONS and session.session_key is not None:
            # The check of the token is synchronous and must find the secret in memory.
            await session.apreload()

    def websocket(self, exchange: Exchange) -> None:
        self._begin(exchange)

    async def process_response(self, exchange: Exchange) -> None:
        scope = exchange.scope
        session = scope.get("session")
        if not isinstance(session, SessionBase):
            return  # somebody put something else in its place
        carrier = None
        if _COOKIE_KEY in scope and session.is_empty():
            carrier = HttpResponse()
            _delete_cookie(carrier)
        elif _is_saved(session, exchange.status):
            try:
                age = await _asave(session)
            except SessionInterrupted as error:
                await self._refuse(exchange, error)
                return
            carrier = HttpResponse()
            _set_cookie(carrier, str(session.session_key), age)
        if carrier is not None:
            for name, value in carrier.raw_headers:
                if name.lower() == b"set-cookie":
                    exchange.add_header(b"set-cookie", value)
        if carrier is not None or session.accessed:
            exchange.add_vary("Cookie")

    @staticmethod
    async def _refuse(exchange: Exchange, error: SessionInterrupted) -> None:
        """Put the page of a 400 in place of the response."""
        page = await response_for_exception(exchange.request, error)
        body = bytes(page.content if hasattr(page, "content") else page.body)
        exchange.status = page.status_code
        exchange.headers[:] = [
            (name.lower(), value)
            for name, value in page.raw_headers
            if name.lower() != b"content-length"
        ]
        exchange.add_header(b"content-length", b"%d" % len(body))
        exchange.add_vary("Cookie")
        if exchange.body is not None:
            exchange.body = body
            return
        rest = [body]
        exchange.stream = lambda chunk, last: rest.pop() if rest else b""


class SessionMiddleware(MiddlewareMixin):
    """Gives requests a session, and saves it if it was changed.

    The session is loaded when it is touched first; a request that does not touch it costs neither
    a query nor a header.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.contrib.sessions.middleware
    """

    layer: ClassVar[type[Layer]] = SessionLayer

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.SessionStore = _store_class()

    def process_request(self, request: Any) -> None:
        """Give the request a session."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = self.SessionStore(key)

    def process_response(self, request: Any, response: Any) -> Any:
        """Save the session if it was changed, and set or delete the cookie.

        Raises:
            SessionInterrupted: The session was deleted while the request was answered.
        """
        session = getattr(request, "session", None)
        if not isinstance(session, SessionBase):
            return response  # somebody took it away, or put something else in its place
        accessed = session.accessed
        saved = _is_saved(session, response.status_code)
        age = _save(session) if saved else None
        return _finish(request, response, session, accessed, saved, age)

    async def aprocess_response(self, request: Any, response: Any) -> Any:
        """Asynchronous twin of `process_response`."""
        session = getattr(request, "session", None)
        if not isinstance(session, SessionBase):
            return response
        accessed = session.accessed
        saved = _is_saved(session, response.status_code)
        age = await _asave(session) if saved else None
        return _finish(request, response, session, accessed, saved, age)

    async def __acall__(self, request: Any) -> Any:
        self.process_request(request)
        response = await self.get_response(request)
        if type(self).process_response is not SessionMiddleware.process_response:
            # A subclass knows the synchronous hook only.
            return await run_in_thread(self.process_response, request, response)
        return await self.aprocess_response(request, response)
