"""Where a request came to: host, port, scheme and the URLs made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from fastjango.core import settings
from fastjango.core.exceptions import DisallowedHost, ImproperlyConfigured
from fastjango.http.attributes import lazy_attribute
from fastjango.http.hosts import split_domain_port, validate_host
from fastjango.values.encoding import escape_uri_path, iri_to_uri

__all__ = ["OriginMixin"]


class OriginMixin:
    """The part of `HttpRequest` that tells and checks its own address."""

    META: Any
    path: Any
    path_info: Any
    scope: Any

    def _get_raw_host(self) -> str:
        """Return the host as sent, unchecked."""
        meta = self.META
        if settings.USE_X_FORWARDED_HOST and "HTTP_X_FORWARDED_HOST" in meta:
            return str(meta["HTTP_X_FORWARDED_HOST"])
        if "HTTP_HOST" in meta:
            return str(meta["HTTP_HOST"])
        host = str(meta["SERVER_NAME"])
        port = self.get_port()
        return host if port == ("443" if self.is_secure() else "80") else f"{host}:{port}"

    def get_host(self) -> str:
        """Return the host, with its port if one was sent.

        Raises:
            DisallowedHost: The host is malformed or not covered by `ALLOWED_HOSTS`.
        """
        host = self._get_raw_host()
        allowed: Sequence[str] = settings.ALLOWED_HOSTS
        if settings.DEBUG and not allowed:
            allowed = (".localhost", "127.0.0.1", "[::1]")
        domain, _ = split_domain_port(host)
        if domain and validate_host(domain, allowed):
            return host
        message = f"Invalid HTTP_HOST header: {host!r}."
        if domain:
            message += f" You may need to add {domain!r} to ALLOWED_HOSTS."
        else:
            message += " The domain name provided is not valid according to RFC 1034/1035."
        raise DisallowedHost(message)

    def get_port(self) -> str:
        """Return the port as text, by `X-Forwarded-Port` if `USE_X_FORWARDED_PORT` is set."""
        if settings.USE_X_FORWARDED_PORT and "HTTP_X_FORWARDED_PORT" in self.META:
            return str(self.META["HTTP_X_FORWARDED_PORT"])
        return str(self.META["SERVER_PORT"])

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Return path and query string, quoted; with a slash appended to the path if asked."""
        return self._get_full_path(self.path, force_append_slash)

    def get_full_path_info(self, force_append_slash: bool = False) -> str:
        """Return the same as `get_full_path()` for the path below the script prefix."""
        return self._get_full_path(self.path_info, force_append_slash)

    def _get_full_path(self, path: str, force_append_slash: bool) -> str:
        slash = "/" if force_append_slash and not path.endswith("/") else ""
        query = str(self.META.get("QUERY_STRING", "") or "")
        # A query string has to be ASCII; whoever sent something else gets it encoded.
        query = f"?{iri_to_uri(query)}" if query else ""
        return f"{escape_uri_path(path)}{slash}{query}"

    def build_absolute_uri(self, location: Any = None) -> str:
        """Return an absolute URI.

        Args:
            location: A path, relative or absolute, or a URL; this request's full path by default.

        Raises:
            DisallowedHost: The request's host is needed and not allowed.
        """
        # With two slashes ahead, so that a path beginning with `//` is no host.
        target: str = f"//{self.get_full_path()}" if location is None else str(location)
        bits = urlsplit(target)
        if not (bits.scheme and bits.netloc):
            simple = (
                bits.path.startswith("/")
                and not bits.scheme
                and not bits.netloc
                and "/./" not in bits.path
                and "/../" not in bits.path
            )
            if simple:
                target = self._current_scheme_host + target.removeprefix("//")
            else:
                target = urljoin(self._current_scheme_host + self.path, target)
        return iri_to_uri(target)

    @lazy_attribute
    def _current_scheme_host(self) -> str:
        return f"{self.scheme}://{self.get_host()}"

    def _get_scheme(self) -> str:
        """Return the scheme of the transport."""
        return self.scope.get("scheme") or "http"

    @property
    def scheme(self) -> str:
        """`http` or `https`; the header of `SECURE_PROXY_SSL_HEADER` decides if it is set.

        Raises:
            ImproperlyConfigured: The setting is no pair.
        """
        expected = settings.SECURE_PROXY_SSL_HEADER
        if expected:
            try:
                header, secure_value = expected
            except ValueError:
                raise ImproperlyConfigured(
                    "The SECURE_PROXY_SSL_HEADER setting must be a tuple containing two values."
                ) from None
            value = self.META.get(header)
            if value is not None:
                return "https" if value.split(",", 1)[0].strip() == secure_value else "http"
        return self._get_scheme()

    def is_secure(self) -> bool:
        """Whether the request came over HTTPS."""
        return self.scheme == "https"
