"""Errors of the web layer that are not part of the kernel's vocabulary."""

from __future__ import annotations

__all__ = [
    "BadHeaderError",
    "Http404",
    "HttpError",
    "InputStreamExhausted",
    "MultiPartParserError",
    "NoReverseMatch",
    "RawPostDataException",
    "RenderingUnavailable",
    "Resolver404",
    "UnreadablePostError",
]

from fastjango.core.exceptions import ImproperlyConfigured


class HttpError(Exception):
    """Root of the errors that `fastjango.http` defines."""


class Http404(HttpError):
    """Answer the request with "not found"; a message may be given for the debug page."""


class Resolver404(Http404):
    """No pattern matched a path. The one argument is a dict with `path` and `tried`."""


class NoReverseMatch(HttpError):
    """A view name and its arguments lead to no URL."""

    # Django's template engine swallows exceptions marked like this; NoReverseMatch is not one.
    silent_variable_failure = False


class BadHeaderError(HttpError, ValueError):
    """A header name or value cannot be sent, for example because it holds a line break."""


class RawPostDataException(HttpError):
    """The raw body was asked for after the stream had been read in another way."""


class UnreadablePostError(HttpError, OSError):
    """The client went away, or the transport failed, while the body was being read."""


class MultiPartParserError(HttpError):
    """A multipart body does not follow RFC 7578; answered with 400."""


class InputStreamExhausted(HttpError):
    """No more reads are allowed from this stream."""


class RenderingUnavailable(HttpError, ImproperlyConfigured):
    """A template was asked for, and no template distribution has registered a renderer."""
