"""Clients that talk to the site without a server."""

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from typing import Any
from urllib.parse import SplitResult

from fastjango.core.twins import Step, afollow, follow
from fastjango.testing._logins import Logins
from fastjango.testing._redirects import RedirectCycleError
from fastjango.testing._verbs import Verbs
from fastjango.testing.factories import (
    CONTENT_TYPE_RE,
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


class Client(Logins, Verbs[Any]):
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
        self.handler: ClientHandler = ClientHandler(enforce_csrf_checks, app)
        self.raise_request_exception = raise_request_exception

    def request(self, **request: Any) -> Any:
        """Send a request made of entries of a WSGI environment, and return the response."""
        data: dict[str, Any] = {}
        with self._watching(data):
            response, error = self.handler(self._base_environ(**request))
        return self._finish(response, error, request, data)

    def _drive(self, plan: Generator[Step, Any, Any]) -> Any:
        return follow(plan)


# Clients can follow redirects, and factories cannot: the verbs of the two differ in that.
class AsyncClient(  # pyright: ignore[reportIncompatibleMethodOverride]
    Logins, Verbs[Coroutine[Any, Any, Any]], AsyncRequestFactory
):
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
        self.handler: AsyncClientHandler = AsyncClientHandler(enforce_csrf_checks, app)
        self.raise_request_exception = raise_request_exception

    async def request(self, **request: Any) -> Any:
        """Send a request made of entries of an ASGI scope, and return the response."""
        data: dict[str, Any] = {}
        with self._watching(data):
            response, error = await self.handler(self._base_scope(**request))
        request.setdefault("PATH_INFO", request.get("path", "/"))
        return self._finish(response, error, request, data)

    def _target(self, url: SplitResult) -> dict[str, Any]:
        """Return the headers for the host of a redirect, and how to send it."""
        host = {"HTTP_HOST": url.netloc} if url.hostname else {}
        return {**host, "secure": url.scheme == "https"}

    def _drive(self, plan: Generator[Step, Any, Any]) -> Coroutine[Any, Any, Any]:
        return afollow(plan)


def _awaited(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a verb of the async client as what it is: a coroutine function."""
    verb: Callable[..., Coroutine[Any, Any, Any]] = getattr(Verbs[Coroutine[Any, Any, Any]], name)

    @wraps(verb)
    async def run(self: AsyncClient, *args: Any, **kwargs: Any) -> Any:
        return await verb(self, *args, **kwargs)

    return run


for _name in ("get", "head", "post", "put", "patch", "delete", "options", "trace"):
    setattr(AsyncClient, _name, _awaited(_name))
