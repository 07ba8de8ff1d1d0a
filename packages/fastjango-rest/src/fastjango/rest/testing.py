"""Tests of APIs: a request factory, clients that log in by force, test cases."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from fastjango.http.request import HttpRequest
from fastjango.rest.settings import api_settings
from fastjango.testing import AsyncClient as DjangoAsyncClient
from fastjango.testing import Client as DjangoClient
from fastjango.testing import (
    LiveServerTestCase,
    RequestFactory,
    SimpleTestCase,
    override_settings,
)
from fastjango.testing.handlers import AsyncClientHandler, ClientHandler
from fastjango.testing.orm import TestCase, TransactionTestCase

__all__ = ["APIAsyncClient", "APIClient", "APILiveServerTestCase", "APIRequestFactory",
           "APISimpleTestCase", "APITestCase", "APITransactionTestCase",
           "URLPatternsTestCase", "force_authenticate"]  # fmt: skip


def force_authenticate(request: Any, user: Any = None, token: Any = None) -> None:
    """Let a request of the factory count as authenticated.

    Args:
        request: The request.
        user: What `request.user` is to be.
        token: What `request.auth` is to be.
    """
    request._force_auth_user = user
    request._force_auth_token = token


class _Encoding:
    """Bodies in the formats of `TEST_REQUEST_RENDERER_CLASSES`."""

    renderer_classes_list: Any = None
    default_format: str | None = None

    def _encode_body(
        self, data: Any, format: str | None = None, content_type: str | None = None
    ) -> tuple[bytes, str]:
        """Return body and content type.

        Raises:
            ValueError: Both a format and a content type are given, or the format is unknown.
        """
        if data is None:
            return b"", content_type or ""
        if format is not None and content_type is not None:
            raise ValueError("You may not set both `format` and `content_type`.")
        if content_type is not None:
            return data.encode() if isinstance(data, str) else bytes(data), content_type
        wanted = format or self.default_format or api_settings.TEST_REQUEST_DEFAULT_FORMAT
        classes = self.renderer_classes_list or api_settings.TEST_REQUEST_RENDERER_CLASSES
        known = {renderer.format: renderer for renderer in classes}
        if wanted not in known:
            raise ValueError(
                f"Invalid format {wanted!r}. Available formats are "
                f"{', '.join(repr(name) for name in sorted(known))}. Set "
                "TEST_REQUEST_RENDERER_CLASSES to enable extra request formats."
            )
        renderer = known[wanted]()
        content = renderer.render(data)
        kind = renderer.media_type
        if renderer.charset:
            kind = f"{kind}; charset={renderer.charset}"
        return content.encode(renderer.charset) if isinstance(content, str) else content, kind


class APIRequestFactory(_Encoding, RequestFactory):
    """Makes requests for views; `format="json"` sends JSON, forms are the default.

    Args:
        enforce_csrf_checks: Whether session authentication checks for forgery.
        defaults: What `RequestFactory` takes.
    """

    def __init__(self, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        self.enforce_csrf_checks = enforce_csrf_checks
        super().__init__(**defaults)

    def request(self, **kwargs: Any) -> Any:
        """Return a request."""
        made = super().request(**kwargs)
        if isinstance(made, HttpRequest):
            made._dont_enforce_csrf_checks = not self.enforce_csrf_checks  # type: ignore[attr-defined]  # pyright: ignore
        return made

    def _send(self, method: str, path: str, data: Any, fmt: Any, kind: Any, extra: Any) -> Any:
        body, content_type = self._encode_body(data, fmt, kind)
        return self.generic(method, path, body, content_type or "application/octet-stream", **extra)

    def post(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Return a POST request."""
        return self._send("POST", path, data, format, content_type, extra)

    def put(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Return a PUT request."""
        return self._send("PUT", path, data, format, content_type, extra)

    def patch(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Return a PATCH request."""
        return self._send("PATCH", path, data, format, content_type, extra)

    def delete(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Return a DELETE request."""
        return self._send("DELETE", path, data, format, content_type, extra)

    def options(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Return an OPTIONS request."""
        return self._send("OPTIONS", path, data, format, content_type, extra)


def _force(handler: Any, user: Any, token: Any) -> None:
    handler.force_user, handler.force_token = user, token


class _ForcedMixin:
    """Marks every request with the user and token of `force_authenticate()`."""

    force_user: Any = None
    force_token: Any = None

    async def respond(self, request: Any, body: Any) -> Any:
        """Return the response to a request."""
        force_authenticate(request, self.force_user, self.force_token)
        return await super().respond(request, body)  # type: ignore[misc]  # pyright: ignore


class _ForcedHandler(_ForcedMixin, ClientHandler):
    """Calls the application from sync code, authenticated by force if wanted."""


class _AsyncForcedHandler(_ForcedMixin, AsyncClientHandler):
    """Calls the application from async code, authenticated by force if wanted."""


class _ClientMixin(_Encoding):
    """What both clients add to those of the web layer."""

    handler: Any
    defaults: dict[str, Any]
    _credentials: dict[str, Any]

    def credentials(self, **kwargs: Any) -> None:
        """Set headers of every request: `credentials(HTTP_AUTHORIZATION="Token ...")`."""
        self._credentials = kwargs

    def force_authenticate(self, user: Any = None, token: Any = None) -> None:
        """Let every request count as authenticated; without arguments, not any more."""
        _force(self.handler, user, token)
        if user is None and token is None:
            self.logout()  # type: ignore[attr-defined]  # pyright: ignore

    def _encode_data(self, data: Any, content_type: str) -> Any:
        """Return a body, which is encoded already."""
        return data

    def _arguments(self, data: Any, fmt: Any, kind: Any, extra: Any) -> dict[str, Any]:
        body, content_type = self._encode_body(data, fmt, kind)
        content_type = content_type or "application/octet-stream"
        return {"data": body, "content_type": content_type, **extra}


class APIClient(_ClientMixin, DjangoClient):
    """A client for APIs: `client.post("/users/", {"name": "Ada"}, format="json")`.

    Args:
        enforce_csrf_checks: Whether session authentication checks for forgery.
        defaults: What the web layer's client takes.
    """

    def __init__(self, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        app = defaults.get("app")
        super().__init__(enforce_csrf_checks=enforce_csrf_checks, **defaults)
        self.handler: ClientHandler = _ForcedHandler(enforce_csrf_checks, app)
        self._credentials = {}

    def request(self, **request: Any) -> Any:
        """Send a request made of entries of a WSGI environment, and return the response."""
        return super().request(**{**self._credentials, **request})

    def post(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a POST request and return the response."""
        return super().post(path, **self._arguments(data, format, content_type, extra))

    def put(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a PUT request and return the response."""
        return super().put(path, **self._arguments(data, format, content_type, extra))

    def patch(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a PATCH request and return the response."""
        return super().patch(path, **self._arguments(data, format, content_type, extra))

    def delete(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a DELETE request and return the response."""
        return super().delete(path, **self._arguments(data, format, content_type, extra))

    def options(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send an OPTIONS request and return the response."""
        return super().options(path, **self._arguments(data, format, content_type, extra))

    def logout(self) -> None:
        """Forget credentials and whoever was logged in."""
        self._credentials = {}
        _force(self.handler, None, None)
        if self.cookies:
            super().logout()


class APIAsyncClient(_ClientMixin, DjangoAsyncClient):
    """The same for asynchronous tests: `await client.post(...)`.

    Args:
        enforce_csrf_checks: Whether session authentication checks for forgery.
        defaults: What the web layer's client takes.
    """

    def __init__(self, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        app = defaults.get("app")
        super().__init__(enforce_csrf_checks=enforce_csrf_checks, **defaults)
        self.handler: AsyncClientHandler = _AsyncForcedHandler(enforce_csrf_checks, app)
        self._credentials = {}

    def generic(self, method: str, path: Any, *args: Any, **extra: Any) -> Any:
        """Make a request with any method."""
        return super().generic(method, path, *args, **{**_headers(self._credentials), **extra})

    async def post(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a POST request and return the response."""
        return await super().post(path, **self._arguments(data, format, content_type, extra))

    async def put(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a PUT request and return the response."""
        return await super().put(path, **self._arguments(data, format, content_type, extra))

    async def patch(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a PATCH request and return the response."""
        return await super().patch(path, **self._arguments(data, format, content_type, extra))

    async def delete(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send a DELETE request and return the response."""
        return await super().delete(path, **self._arguments(data, format, content_type, extra))

    async def options(  # type: ignore[override]  # formats
        self, path: str, data: Any = None, format: str | None = None,
        content_type: str | None = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send an OPTIONS request and return the response."""
        return await super().options(path, **self._arguments(data, format, content_type, extra))

    def force_authenticate(self, user: Any = None, token: Any = None) -> None:
        """Let every request count as authenticated; without arguments, not any more."""
        _force(self.handler, user, token)


def _headers(credentials: dict[str, Any]) -> dict[str, Any]:
    """Return entries of a WSGI environment as the asynchronous client takes headers."""
    return {name.removeprefix("HTTP_"): value for name, value in credentials.items()}


class APITransactionTestCase(TransactionTestCase):
    """A transaction test case whose client is an `APIClient`."""

    client_class: Any = APIClient
    async_client_class: Any = APIAsyncClient


class APITestCase(TestCase):
    """A test case whose client is an `APIClient`."""

    client_class: Any = APIClient
    async_client_class: Any = APIAsyncClient


class APISimpleTestCase(SimpleTestCase):
    """A test case without a database whose client is an `APIClient`."""

    client_class: Any = APIClient
    async_client_class: Any = APIAsyncClient


class APILiveServerTestCase(LiveServerTestCase):
    """A test case with a server whose client is an `APIClient`."""

    client_class: Any = APIClient
    async_client_class: Any = APIAsyncClient


class URLPatternsTestCase(SimpleTestCase):
    """Serves the `urlpatterns` of the test class itself; comes before the other base."""

    urlpatterns: list[Any]
    _module: ClassVar[Any]
    _missing: ClassVar[Any]
    _kept: ClassVar[Any]
    _override: ClassVar[Any]

    @classmethod
    def setUpClass(cls) -> None:
        """Make the patterns those of the site."""
        module: Any = import_module(cls.__module__)
        cls._module = module
        cls._missing = object()
        cls._kept = getattr(module, "urlpatterns", cls._missing)
        module.urlpatterns = cls.urlpatterns
        cls._override = override_settings(ROOT_URLCONF=cls.__module__)
        cls._override.enable()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        """Put the patterns back."""
        super().tearDownClass()
        cls._override.disable()
        if cls._kept is cls._missing:
            del cls._module.urlpatterns
        else:
            cls._module.urlpatterns = cls._kept
