"""Which version of an API a request asks for: five schemes."""

from __future__ import annotations

import re
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.rest import exceptions
from fastjango.rest._addresses import replace_query_param
from fastjango.rest._calls import FromSettings
from fastjango.rest.mediatypes import MediaType
from fastjango.rest.reverse import plain_reverse

__all__ = ["AcceptHeaderVersioning", "BaseVersioning", "HostNameVersioning",
           "NamespaceVersioning", "QueryParameterVersioning", "URLPathVersioning"]  # fmt: skip


class BaseVersioning:
    """Base of the schemes.

    Attributes:
        default_version: The version of requests that name none.
        allowed_versions: The versions there are; any if empty.
        version_param: The name of the parameter.
    """

    default_version: Any = FromSettings[Any]("DEFAULT_VERSION")
    allowed_versions: Any = FromSettings[Any]("ALLOWED_VERSIONS")
    version_param: Any = FromSettings[str]("VERSION_PARAM")

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the version a request asks for."""
        raise NotImplementedError(f"{type(self).__name__} must define determine_version().")

    def reverse(
        self,
        viewname: str,
        args: Any = None,
        kwargs: Any = None,
        request: Any = None,
        format: str | None = None,
        **extra: Any,
    ) -> str:
        """Return an address that asks for the version of the request."""
        return plain_reverse(viewname, args, kwargs, request, format, **extra)

    def is_allowed_version(self, version: Any) -> bool:
        """Whether a version exists."""
        if not self.allowed_versions:
            return True
        return (version is not None and version == self.default_version) or (
            version in self.allowed_versions
        )


class AcceptHeaderVersioning(BaseVersioning):
    """`Accept: application/json; version=1.0`."""

    invalid_version_message: Any = _('Invalid version in "Accept" header.')

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the version in the accepted media type.

        Raises:
            NotAcceptable: It does not exist.
        """
        media_type = MediaType(request.accepted_media_type)
        version = media_type.params.get(self.version_param, self.default_version)
        if not self.is_allowed_version(version):
            raise exceptions.NotAcceptable(self.invalid_version_message)
        return version


class URLPathVersioning(BaseVersioning):
    """`/<version>/...`: an argument of the pattern."""

    invalid_version_message: Any = _("Invalid version in URL path.")

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the version in the address.

        Raises:
            NotFound: It does not exist.
        """
        version = kwargs.get(self.version_param, self.default_version)
        if version is None:
            version = self.default_version
        if not self.is_allowed_version(version):
            raise exceptions.NotFound(self.invalid_version_message)
        return version

    def reverse(
        self,
        viewname: str,
        args: Any = None,
        kwargs: Any = None,
        request: Any = None,
        format: str | None = None,
        **extra: Any,
    ) -> str:
        """Return an address with the version of the request in its path."""
        if request.version is not None:
            given: dict[str, Any] = kwargs or {}
            kwargs = {self.version_param: request.version, **given}
        return super().reverse(viewname, args, kwargs, request, format, **extra)


class NamespaceVersioning(BaseVersioning):
    """`include(..., namespace="v1")`: the namespace of the pattern."""

    invalid_version_message: Any = _(
        "Invalid version in URL path. Does not match any version namespace."
    )

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the first part of the namespace that is a version.

        Raises:
            NotFound: There is none.
        """
        match = getattr(request, "resolver_match", None)
        if match is None or not match.namespace:
            return self.default_version
        for version in match.namespace.split(":"):
            if self.is_allowed_version(version):
                return version
        raise exceptions.NotFound(self.invalid_version_message)

    def reverse(
        self,
        viewname: str,
        args: Any = None,
        kwargs: Any = None,
        request: Any = None,
        format: str | None = None,
        **extra: Any,
    ) -> str:
        """Return an address in the namespace of the request's version."""
        if request.version is not None:
            viewname = self.get_versioned_viewname(viewname, request)
        return super().reverse(viewname, args, kwargs, request, format, **extra)

    def get_versioned_viewname(self, viewname: str, request: Any) -> str:
        """Return a name in the namespace of the request's version."""
        return f"{request.version}:{viewname}"


class HostNameVersioning(BaseVersioning):
    """`v1.example.com`: the first part of the host name."""

    hostname_regex: re.Pattern[str] = re.compile(r"^([a-zA-Z0-9]+)\.[a-zA-Z0-9]+\.[a-zA-Z0-9]+$")
    invalid_version_message: Any = _("Invalid version in hostname.")

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the version in the host name.

        Raises:
            NotFound: It does not exist.
        """
        found = self.hostname_regex.match(request.get_host().partition(":")[0])
        if not found:
            return self.default_version
        if not self.is_allowed_version(found[1]):
            raise exceptions.NotFound(self.invalid_version_message)
        return found[1]


class QueryParameterVersioning(BaseVersioning):
    """`?version=0.1`."""

    invalid_version_message: Any = _("Invalid version in query parameter.")

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the version in the query string.

        Raises:
            NotFound: It does not exist.
        """
        version = request.query_params.get(self.version_param, self.default_version)
        if not self.is_allowed_version(version):
            raise exceptions.NotFound(self.invalid_version_message)
        return version

    def reverse(
        self,
        viewname: str,
        args: Any = None,
        kwargs: Any = None,
        request: Any = None,
        format: str | None = None,
        **extra: Any,
    ) -> str:
        """Return an address with the version of the request in its query string."""
        url = super().reverse(viewname, args, kwargs, request, format, **extra)
        if request.version is not None:
            return replace_query_param(url, self.version_param, request.version)
        return url
