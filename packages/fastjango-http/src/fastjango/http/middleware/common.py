"""`CommonMiddleware`: slashes, `www.`, unwanted user agents, and the length of bodies."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.core.exceptions import PermissionDenied
from fastjango.http.response import HttpResponsePermanentRedirect
from fastjango.http.urls import is_valid_path
from fastjango.values.http import escape_leading_slashes
from starlette.responses import Response

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["CommonLayer", "CommonMiddleware"]


class _Slashes:
    """What redirects decide on, for both forms of the middleware."""

    response_redirect_class: Any = HttpResponsePermanentRedirect

    def refuse_user_agent(self, agent: str | None) -> None:
        """Refuse a user agent of `DISALLOWED_USER_AGENTS`.

        Raises:
            PermissionDenied: It is one of them.
        """
        if agent is None:
            return
        for pattern in settings.DISALLOWED_USER_AGENTS:
            if pattern.search(agent):
                raise PermissionDenied("Forbidden user agent")

    def should_redirect_with_slash(self, request: Any) -> bool:
        """Whether the path leads nowhere, and somewhere with a slash at its end."""
        if settings.APPEND_SLASH and not request.path_info.endswith("/"):
            urlconf = getattr(request, "urlconf", None)
            if not is_valid_path(request.path_info, urlconf):
                match: Any = is_valid_path(f"{request.path_info}/", urlconf)
                if match:
                    return bool(getattr(match.func, "should_append_slash", True))
        return False

    def get_full_path_with_slash(self, request: Any) -> str:
        """The full path with a slash before the query.

        Raises:
            RuntimeError: `DEBUG` is on and the request has a body, which the redirect would lose.
        """
        # Two slashes at the beginning would make it another host.
        new_path = escape_leading_slashes(request.get_full_path(force_append_slash=True))
        if settings.DEBUG and request.method in ("DELETE", "POST", "PUT", "PATCH"):
            raise RuntimeError(
                f"You called this URL via {request.method}, but the URL doesn't end in a slash and"
                " you have APPEND_SLASH set. FastJango can't redirect to the slash URL while"
                f" maintaining {request.method} data. Change your form to point to"
                f" {request.get_host() + new_path} (note the trailing slash), or set"
                " APPEND_SLASH=False in your settings."
            )
        return new_path

    def redirect_for(self, request: Any) -> Any:
        """The redirect that comes before the view: to `www.`, and to the slash on the way."""
        host = request.get_host()
        if not settings.PREPEND_WWW or not host or host.startswith("www."):
            return None
        if self.should_redirect_with_slash(request):
            path = self.get_full_path_with_slash(request)
        else:
            path = request.get_full_path()
        return self.response_redirect_class(f"{request.scheme}://www.{host}{path}")


class CommonLayer(_Slashes, Layer):
    """The middleware as a layer of the chain."""

    def process_request(self, exchange: Exchange) -> Response | None:
        if settings.DISALLOWED_USER_AGENTS:
            self.refuse_user_agent(exchange.header(b"user-agent"))
        if settings.PREPEND_WWW:
            response: Response | None = self.redirect_for(exchange.request)
            return response
        return None

    def process_response(self, exchange: Exchange) -> None:
        if exchange.status == 404 and settings.APPEND_SLASH:
            self._append_slash(exchange)
        if exchange.body is not None and exchange.get_header(b"content-length") is None:
            exchange.add_header(b"content-length", b"%d" % len(exchange.body))

    def _append_slash(self, exchange: Exchange) -> None:
        path: str = exchange.scope["path"]
        if path.endswith("/") or exchange.body is None:
            return
        request = exchange.request
        if not self.should_redirect_with_slash(request):
            return
        response = self.response_redirect_class(self.get_full_path_with_slash(request))
        exchange.status = response.status_code
        exchange.headers[:] = list(response.raw_headers)
        exchange.body = response.content


class CommonMiddleware(_Slashes, MiddlewareMixin):
    """Adds slashes and `www.`, refuses unwanted user agents, sets `Content-Length`.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.common
    """

    blocking = False
    layer: ClassVar[type[Layer]] = CommonLayer

    def process_request(self, request: Any) -> Any:
        """Refuse unwanted user agents, redirect to `www.`."""
        self.refuse_user_agent(request.META.get("HTTP_USER_AGENT"))
        return self.redirect_for(request)

    def process_response(self, request: Any, response: Any) -> Any:
        """Redirect a 404 to the path with a slash, if there is something."""
        if response.status_code == 404 and self.should_redirect_with_slash(request):
            response = self.response_redirect_class(self.get_full_path_with_slash(request))
        if not response.streaming and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response
