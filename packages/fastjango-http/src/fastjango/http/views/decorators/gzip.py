"""Compressing the responses of one view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.http.views.decorators.wrapping import late_middleware_decorator

__all__ = ["gzip_page"]

gzip_page: Callable[[Callable[..., Any]], Any] = late_middleware_decorator(
    "fastjango.http.middleware.gzip", "GZipMiddleware"
)
gzip_page.__name__ = "gzip_page"
gzip_page.__doc__ = """Compress a view's pages if the client takes gzip."""
