"""Where a redirect leads a client."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from fastjango.http.querydict import QueryDict

__all__ = ["REDIRECTS", "RedirectCycleError", "Redirects"]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
KEEPING_METHOD: Final = frozenset({307, 308})
MAX_REDIRECTS: Final = 20


class RedirectCycleError(Exception):
    """Following redirects came back to a page, or went on for too long."""

    def __init__(self, message: str, last_response: Any) -> None:
        super().__init__(message)
        self.last_response: Any = last_response
        self.redirect_chain: list[tuple[str, int]] = last_response.redirect_chain


class Redirects:
    """Reads the next request from a redirect."""

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
            if not options.get("data"):
                # What the caller gave is sent again, as Django's client does.
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
