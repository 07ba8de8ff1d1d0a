"""Clients that talk to the site without a server."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from functools import partial
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from fastjango.core import apps
from fastjango.core.conf import settings
from fastjango.core.functional import SimpleLazyObject
from fastjango.http.querydict import QueryDict
from fastjango.signals import got_request_exception
from fastjango.testing import hooks
from fastjango.testing.contexts import ContextList
from fastjango.testing.factories import (
    CONTENT_TYPE_RE,
    JSON_CONTENT_TYPE_RE,
    OCTET_STREAM,
    AsyncRequestFactory,
    Headers,
    Query,
    RequestFactory,
)
from fastjango.testing.handlers import (
    AsyncClientHandler,
    ClientHandler,
    conditional_content_removal,
)
from fastjango.testing.multipart import (
    BOUNDARY,
    MULTIPART_CONTENT,
    encode_file,
    encode_multipart,
)
from fastjango.testing.payload import FakePayload
from fastjango.testing.signals import template_rendered

__all__ = [
    "BOUNDARY",
    "CONTENT_TYPE_RE",
    "MULTIPART_CONTENT",
    "AsyncClient",
    "AsyncClientHandler",
    "AsyncRequestFactory",
    "Client",
    "ClientHandler",
    "FakePayload",
    "RedirectCycleError",
    "RequestFactory",
    "conditional_content_removal",
    "encode_file",
    "encode_multipart",
]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
KEEPING_METHOD: Final = frozenset({307, 308})
MAX_REDIRECTS: Final = 20


class RedirectCycleError(Exception):
    """Following redirects came back to a page, or went on for too long."""

    def __init__(self, message: str, last_response: Any) -> None:
        super().__init__(message)
        self.last_response = last_response
        self.redirect_chain = last_response.redirect_chain


class _ClientBase(RequestFactory):
    """What both clients do with a response."""

    raise_request_exception: bool
    extra: dict[str, Any] | None = None
    headers: Headers = None
    exc_info: Any = None

    def store_exc_info(self, **kwargs: Any) -> None:
        """Keep the exception that is being handled."""
        exc_info = sys.exc_info()
        if exc_info[1] is not None:
            self.exc_info = exc_info

    @contextmanager
    def _watching(self, data: dict[str, Any]) -> Generator[None]:
        """Keep rendered templates and exceptions while a request runs."""

        def on_template_render(template: Any, context: Any, **kwargs: Any) -> None:
            data.setdefault("templates", []).append(template)
            data.setdefault("context", ContextList()).append(copy(context))

        template_rendered.connect(on_template_render, weak=False, dispatch_uid=id(data))
        got_request_exception.connect(
            self.store_exc_info, weak=False, dispatch_uid=id(data), inline=True
        )
        try:
            yield
        finally:
            template_rendered.disconnect(dispatch_uid=id(data))
            got_request_exception.disconnect(dispatch_uid=id(data))

    def _finish(
        self, response: Any, error: Exception | None, request: dict[str, Any], data: dict[str, Any]
    ) -> Any:
        """Raise what the view raised, else put what the client knows on the response."""
        if error is not None and self.exc_info is None:
            self.exc_info = (type(error), error, error.__traceback__)
        if response is None:
            exc_info, self.exc_info = self.exc_info, None
            raise exc_info[1] if exc_info else RuntimeError("The application sent no response.")
        self.check_exception(response)
        response.client = self
        response.request = request
        response.templates = data.get("templates", [])
        context = data.get("context")
        response.context = context[0] if context and len(context) == 1 else context
        response.json = partial(self._parse_json, response)
        made_for = getattr(response, "wsgi_request", None) or response.asgi_request
        response.resolver_match = SimpleLazyObject(partial(self._resolve, made_for))
        if response.cookies:
            self.cookies.update(response.cookies)
        return response

    @staticmethod
    def _resolve(request: Any) -> Any:
        if request.resolver_match is not None:
            return request.resolver_match
        from fastjango.http.urls import resolve  # only when asked for

        return resolve(request.path_info, urlconf=getattr(request, "urlconf", None))

    def check_exception(self, response: Any) -> None:
        """Put the exception of a request on its response, and raise it if the client raises."""
        response.exc_info = self.exc_info
        if self.exc_info:
            _, error, _ = self.exc_info
            self.exc_info = None
            if self.raise_request_exception:
                raise error

    def _parse_json(self, response: Any, **extra: Any) -> Any:
        if not hasattr(response, "_json"):
            content_type = response.get("Content-Type")
            if not JSON_CONTENT_TYPE_RE.match(content_type):
                raise ValueError(f'Content-Type header is "{content_type}", not "application/json"')
            response._json = json.loads(response.text, **extra)
        return response._json

    # --- redirects ----------------------------------------------------------------------

    def _redirect(
        self, response: Any, options: dict[str, Any], extra: dict[str, Any]
    ) -> tuple[str, str, dict[str, Any]]:
        """Return method, path and arguments of the request that a redirect asks for."""
        response.redirect_chain.append((response.url, response.status_code))
        url = urlsplit(response.url)
        extra = {**extra, **self._target(url)}
        path = "/" if url.netloc and not url.path else url.path
        made_for = getattr(response, "wsgi_request", None) or response.asgi_request
        if not path.startswith("/"):
            path = urljoin(made_for.path_info, path)
        method = str(made_for.method).lower()
        if response.status_code in KEEPING_METHOD:
            if method not in ("get", "head"):
                extra["QUERY_STRING"] = url.query
                return method, path, {**options, **extra}
            options = {**options, "data": QueryDict(url.query), "query_params": None}
            return method, path, {**options, **extra}
        options = {**options, "data": QueryDict(url.query), "query_params": None}
        options.pop("content_type", None)
        return "get", path, {**options, **extra}

    def _target(self, url: SplitResult) -> dict[str, Any]:
        """Return the environment entries for the host of a redirect."""
        target: dict[str, Any] = {}
        if url.scheme:
            target["wsgi.url_scheme"] = url.scheme
        if url.hostname:
            target["SERVER_NAME"] = target["HTTP_HOST"] = url.hostname
        if url.port:
            target["SERVER_PORT"] = str(url.port)
        return target

    @staticmethod
    def _refuse_cycles(response: Any) -> None:
        chain = response.redirect_chain
        if chain[-1] in chain[:-1]:
            raise RedirectCycleError("Redirect loop detected.", last_response=response)
        if len(chain) > MAX_REDIRECTS:
            raise RedirectCycleError("Too many redirects.", last_response=response)

    # --- sessions and users -------------------------------------------------------------

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


class Client(_ClientBase):
    """A browser without a screen, for sync tests; it keeps cookies and sessions.

    The site runs in this process; sync views run in the thread of the test. Responses carry
    `client`, `request`, `templates`, `context`, `json()`, `resolver_match` and `exc_info`.

    Args:
        enforce_csrf_checks: Check CSRF tokens, which is off for tests by default.
        raise_request_exception: Raise what a view raises instead of returning the 500 page.
        app: The ASGI application; by default the site that the settings describe.
        headers: Headers of every request.
        query_params: Query parameters of every request that has none of its own.
        defaults: Entries of every request's environment.
    """

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        *,
        app: Any = None,
        headers: Headers = None,
        query_params: Query = None,
        **defaults: Any,
    ) -> None:
        super().__init__(headers=headers, query_params=query_params, **defaults)
        self.handler = ClientHandler(enforce_csrf_checks, app)
        self.raise_request_exception = raise_request_exception

    def request(self, **request: Any) -> Any:
        """Send a request made of entries of a WSGI environment, and return the response."""
        data: dict[str, Any] = {}
        with self._watching(data):
            response, error = self.handler(self._base_environ(**request))
        return self._finish(response, error, request, data)

    def _call(
        self,
        method: Callable[..., Any],
        path: Any,
        follow: bool,
        extra: dict[str, Any],
        **options: Any,
    ) -> Any:
        self.extra, self.headers = extra, options["headers"]
        response = method(path, **options, **extra)
        if not follow:
            return response
        response.redirect_chain = []
        options.pop("secure", None)
        while response.status_code in REDIRECTS:
            chain = response.redirect_chain
            name, target, arguments = self._redirect(response, options, extra)
            response = getattr(self, name)(target, **arguments)
            response.redirect_chain = chain
            self._refuse_cycles(response)
        return response

    def get(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a GET request and return the response; with `follow`, the last one.

        See `RequestFactory.get` for the other arguments.
        """
        return self._call(
            super().get,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def head(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a HEAD request and return the response; with `follow`, the last one.

        See `RequestFactory.head` for the other arguments.
        """
        return self._call(
            super().head,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def post(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a POST request and return the response; with `follow`, the last one.

        See `RequestFactory.post` for the other arguments.
        """
        return self._call(
            super().post,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def options(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a OPTIONS request and return the response; with `follow`, the last one.

        See `RequestFactory.options` for the other arguments.
        """
        return self._call(
            super().options,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def put(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a PUT request and return the response; with `follow`, the last one.

        See `RequestFactory.put` for the other arguments.
        """
        return self._call(
            super().put,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def patch(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a PATCH request and return the response; with `follow`, the last one.

        See `RequestFactory.patch` for the other arguments.
        """
        return self._call(
            super().patch,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def delete(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a DELETE request and return the response; with `follow`, the last one.

        See `RequestFactory.delete` for the other arguments.
        """
        return self._call(
            super().delete,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    def trace(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a TRACE request and return the response; with `follow`, the last one.

        See `RequestFactory.trace` for the other arguments.
        """
        return self._call(
            super().trace,
            path,
            follow,
            extra,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )


class AsyncClient(_ClientBase, AsyncRequestFactory):
    """A browser without a screen, for async tests: every method is awaited.

    The site runs on the running event loop. Extra arguments of the methods are headers. For the
    arguments of the class see `Client`.
    """

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        *,
        app: Any = None,
        headers: Headers = None,
        query_params: Query = None,
        **defaults: Any,
    ) -> None:
        super().__init__(headers=headers, query_params=query_params, **defaults)
        self.handler = AsyncClientHandler(enforce_csrf_checks, app)
        self.raise_request_exception = raise_request_exception

    async def request(self, **request: Any) -> Any:
        """Send a request made of entries of an ASGI scope, and return the response."""
        data: dict[str, Any] = {}
        with self._watching(data):
            response, error = await self.handler(self._base_scope(**request))
        request.setdefault("PATH_INFO", request.get("path", "/"))
        return self._finish(response, error, request, data)

    def _target(self, url: SplitResult) -> dict[str, Any]:
        """Return the headers for the host of a redirect."""
        return {"HTTP_HOST": url.netloc} if url.hostname else {}

    async def _acall(
        self,
        method: Callable[..., Any],
        path: Any,
        follow: bool,
        extra: dict[str, Any],
        **options: Any,
    ) -> Any:
        self.extra, self.headers = extra, options["headers"]
        response = await method(path, **options, **extra)
        if not follow:
            return response
        response.redirect_chain = []
        options.pop("secure", None)
        while response.status_code in REDIRECTS:
            chain = response.redirect_chain
            name, target, arguments = self._redirect(response, options, extra)
            secure = urlsplit(chain[-1][0]).scheme == "https"
            response = await getattr(self, name)(target, secure=secure, **arguments)
            response.redirect_chain = chain
            self._refuse_cycles(response)
        return response

    async def get(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a GET request and return the response; with `follow`, the last one.

        See `RequestFactory.get` for the other arguments.
        """
        return await self._acall(
            super().get,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def head(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a HEAD request and return the response; with `follow`, the last one.

        See `RequestFactory.head` for the other arguments.
        """
        return await self._acall(
            super().head,
            path,
            follow,
            extra,
            data=data,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def post(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a POST request and return the response; with `follow`, the last one.

        See `RequestFactory.post` for the other arguments.
        """
        return await self._acall(
            super().post,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def options(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a OPTIONS request and return the response; with `follow`, the last one.

        See `RequestFactory.options` for the other arguments.
        """
        return await self._acall(
            super().options,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def put(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a PUT request and return the response; with `follow`, the last one.

        See `RequestFactory.put` for the other arguments.
        """
        return await self._acall(
            super().put,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def patch(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a PATCH request and return the response; with `follow`, the last one.

        See `RequestFactory.patch` for the other arguments.
        """
        return await self._acall(
            super().patch,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def delete(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a DELETE request and return the response; with `follow`, the last one.

        See `RequestFactory.delete` for the other arguments.
        """
        return await self._acall(
            super().delete,
            path,
            follow,
            extra,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )

    async def trace(  # type: ignore[override]  # clients can follow redirects
        self,
        path: Any,
        data: Any = "",
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Send a TRACE request and return the response; with `follow`, the last one.

        See `RequestFactory.trace` for the other arguments.
        """
        return await self._acall(
            super().trace,
            path,
            follow,
            extra,
            secure=secure,
            headers=headers,
            query_params=query_params,
        )
