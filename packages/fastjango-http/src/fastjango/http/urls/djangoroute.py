"""The route of a view in Django style: request in, response out, any method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.core.exceptions import RequestAborted
from fastjango.core.functional import cached_property
from fastjango.http.dispatch.core import DELIVER_KEY
from fastjango.http.invocation import HOOKS_KEY, call_view, is_async_view
from fastjango.http.log import log_error_answer
from fastjango.http.request import MATCH_KEY, HttpRequest
from fastjango.http.urls._chain_route import ChainRoute
from fastjango.http.urls.chains import Chain, ChainMatch
from fastjango.http.urls.match import ResolverMatch
from starlette._exception_handler import (
    _lookup_exception_handler,  # pyright: ignore[reportPrivateUsage]  # the rule itself
)
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["DjangoRoute"]

FOUND_KEY = "fastjango.found"
_BODILESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class DjangoRoute(ChainRoute, BaseRoute):
    """A pattern of a URLconf with a view in Django style.

    `literal_prefix` and `static_path` let an index skip it; `matches()` has the last word.

    Args:
        chain: The patterns down to the view.
        view: The view.
        name: The pattern's name.
    """

    include_in_schema = False
    methods: set[str] | None = None
    # What the core asks: the view's hooks are called here, and a response object may be taken.
    calls_view_hooks = True
    delivers_response: bool = True

    def __init__(self, chain: Chain, view: Callable[..., Any], name: str | None = None) -> None:
        self.chain = chain
        self.endpoint = view
        self.url_name = name
        self.is_async: bool = is_async_view(view)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.path!r} [name={self.name!r}]>"

    @cached_property
    def name(self) -> str:
        """The pattern's name with its namespaces, else the view's dotted path."""
        return ResolverMatch(
            self.endpoint, (), {}, self.url_name, namespaces=self.chain.namespaces
        ).view_name

    @property
    def path(self) -> str:
        """The path with `{parameter}` parts."""
        return self.chain.path_format

    @property
    def path_format(self) -> str:
        """The path with `{parameter}` parts."""
        return self.chain.path_format

    @property
    def path_regex(self) -> Any:
        """One expression for the path, for tools; groups are named `p0`, `p1`..."""
        return self.chain.regex

    @property
    def param_convertors(self) -> dict[str, Any]:
        """Converters by parameter."""
        return dict(self.chain.converters)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path, whatever the method."""
        if scope["type"] != "http":
            return Match.NONE, {}
        found = self.match_chain(scope)
        if found is None:
            return Match.NONE, {}
        return Match.FULL, self.child_scope(scope, found)

    def child_scope(self, scope: Scope, found: ChainMatch) -> dict[str, Any]:
        """Return what a match adds to the scope."""
        params = scope.get("path_params")
        return {
            "endpoint": self.endpoint,
            "path_params": {**params, **found.kwargs} if params else found.kwargs,
            "route": self,
            FOUND_KEY: found,
            MATCH_KEY: lambda: self.chain.resolver_match(self.endpoint, self.url_name, found),
        }

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path for `request.url_for()`; the name includes the namespaces.

        Raises:
            NoMatchFound: It is another route's name, or the parameters do not fit.
        """
        from fastjango.http.exceptions import NoReverseMatch
        from fastjango.http.urls.patterns import RegexPattern
        from fastjango.http.urls.resolvers import URLPattern, URLResolver

        if name not in (self.name, self.url_name) or not self.chain.entries:
            raise NoMatchFound(name, path_params)
        entry: Any = URLPattern(
            self.chain.patterns[-1], self.endpoint, self.chain.defaults[-1], "it"
        )
        for outer in reversed(self.chain.entries[:-1]):
            assert isinstance(outer, URLResolver)
            entry = URLResolver(outer.pattern, [entry], outer.default_kwargs)
        resolver = URLResolver(RegexPattern("^/"), [entry])
        try:
            return URLPath(path="/" + resolver.reverse("it", **path_params), protocol="http")
        except NoReverseMatch:
            raise NoMatchFound(name, path_params) from None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: through the route's own middleware, if it has any."""
        if "app" not in self.__dict__:
            await self.serve(scope, receive, send)
            return
        # Own middleware has to see the messages.
        scope.pop(DELIVER_KEY, None)
        await self.app(scope, receive, send)

    @property
    def app(self) -> ASGIApp:
        """What answers; assigning wraps it, in middleware for example."""
        wrapped: ASGIApp = self.__dict__.get("app", self.serve)
        return wrapped

    @app.setter
    def app(self, app: ASGIApp) -> None:
        self.__dict__["app"] = app
        self.delivers_response = False

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the view and send its response; known exceptions become error pages."""
        request = HttpRequest.from_scope(scope, receive, send)
        try:
            response = await self.get_response(request)
        except RequestAborted:
            # Nobody is there any more to answer.
            return
        delivery = scope.get(DELIVER_KEY)
        if delivery is not None:
            delivery.response = response
            return
        await response(scope, receive, send)
        request.close()

    async def get_response(self, request: HttpRequest) -> Any:
        """Return the view's response, or the error page for a known exception.

        Exceptions that the application has a handler for, and unknown ones, pass.
        """
        from fastjango.http.responder import is_known_error, response_for_exception

        scope = request.scope
        try:
            if _has_body(scope):
                await request.aload()
            else:
                request.mark_empty()
            found: ChainMatch = scope[FOUND_KEY]
            response = await call_view(
                request,
                self.endpoint,
                found.args,
                found.kwargs,
                is_async=self.is_async,
                hooks=scope.get(HOOKS_KEY),
            )
        except Exception as error:
            if _has_handler(scope, error) or not is_known_error(error):
                raise
            return await response_for_exception(request, error)
        if getattr(response, "status_code", 200) >= 400:
            log_error_answer(request, response)
        return response


def _has_body(scope: Scope) -> bool:
    """Whether a request may have a body: over HTTP/1.1 a header says so."""
    if scope["method"] not in _BODILESS_METHODS or scope.get("http_version", "1.1") > "1.1":
        return True
    for name, _ in scope.get("headers", ()):
        # A loop, not any(): this is asked for every request.
        if name == b"content-length" or name == b"transfer-encoding":
            return True
    return False


def _has_handler(scope: Scope, error: Exception) -> bool:
    handlers = scope.get("starlette.exception_handlers")
    if handlers is None:
        return False
    by_class, by_status = handlers
    if isinstance(error, HTTPException) and error.status_code in by_status:
        return True
    return _lookup_exception_handler(by_class, error) is not None
