"""The error views a URLconf falls back to (`django.conf.urls`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.http.urls.conf import include
from fastjango.http.views import defaults

__all__ = ["handler400", "handler403", "handler404", "handler500", "include"]

handler400: Callable[..., Any] = defaults.bad_request
handler403: Callable[..., Any] = defaults.permission_denied
handler404: Callable[..., Any] = defaults.page_not_found
handler500: Callable[..., Any] = defaults.server_error
