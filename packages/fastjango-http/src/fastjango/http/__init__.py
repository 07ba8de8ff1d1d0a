"""The web layer: a FastAPI that reads like Django."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .application import FastJango
    from .asgi import get_asgi_application
    from .cookies import SimpleCookie, parse_cookie
    from .exceptions import (
        BadHeaderError,
        Http404,
        NoReverseMatch,
        RawPostDataException,
        Resolver404,
        UnreadablePostError,
    )
    from .headers import HttpHeaders
    from .querydict import QueryDict
    from .request import HttpRequest
    from .response import (
        HttpResponse,
        HttpResponseBadRequest,
        HttpResponseBase,
        HttpResponseForbidden,
        HttpResponseGone,
        HttpResponseNotAllowed,
        HttpResponseNotFound,
        HttpResponseNotModified,
        HttpResponsePermanentRedirect,
        HttpResponseRedirect,
        HttpResponseServerError,
        JsonResponse,
    )
    from .router import Router
    from .streaming import FileResponse, StreamingHttpResponse
    from .urls import include, path, re_path, register_converter, resolve, reverse, reverse_lazy
    from .views import View

# Public name -> module that defines it; loaded when first asked for, so that importing this
# package costs nothing and a part with heavier dependencies never delays the others.
_HOMES = {
    "BadHeaderError": "exceptions",
    "FastJango": "application",
    "FileResponse": "streaming",
    "Http404": "exceptions",
    "HttpHeaders": "headers",
    "HttpRequest": "request",
    "HttpResponse": "response",
    "HttpResponseBadRequest": "response",
    "HttpResponseBase": "response",
    "HttpResponseForbidden": "response",
    "HttpResponseGone": "response",
    "HttpResponseNotAllowed": "response",
    "HttpResponseNotFound": "response",
    "HttpResponseNotModified": "response",
    "HttpResponsePermanentRedirect": "response",
    "HttpResponseRedirect": "response",
    "HttpResponseServerError": "response",
    "JsonResponse": "response",
    "NoReverseMatch": "exceptions",
    "QueryDict": "querydict",
    "RawPostDataException": "exceptions",
    "Resolver404": "exceptions",
    "Router": "router",
    "SimpleCookie": "cookies",
    "StreamingHttpResponse": "streaming",
    "UnreadablePostError": "exceptions",
    "View": "views",
    "get_asgi_application": "asgi",
    "include": "urls",
    "parse_cookie": "cookies",
    "path": "urls",
    "re_path": "urls",
    "register_converter": "urls",
    "resolve": "urls",
    "reverse": "urls",
    "reverse_lazy": "urls",
}

__all__ = [
    "BadHeaderError",
    "FastJango",
    "FileResponse",
    "Http404",
    "HttpHeaders",
    "HttpRequest",
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseBase",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseServerError",
    "JsonResponse",
    "NoReverseMatch",
    "QueryDict",
    "RawPostDataException",
    "Resolver404",
    "Router",
    "SimpleCookie",
    "StreamingHttpResponse",
    "UnreadablePostError",
    "View",
    "get_asgi_application",
    "include",
    "parse_cookie",
    "path",
    "re_path",
    "register_converter",
    "resolve",
    "reverse",
    "reverse_lazy",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
