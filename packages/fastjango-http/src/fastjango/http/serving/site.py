"""What each worker process loads: the application, with the shutdown made known to it."""

from __future__ import annotations

import os
from typing import Any

from fastjango.core.imports import import_string
from fastjango.http.serving.options import SITE
from fastjango.http.serving.shutdown import install

__all__ = [
    "APP_VARIABLE",
    "FACTORY_VARIABLE",
    "GRACE_VARIABLE",
    "PROXIES_VARIABLE",
    "application",
]

APP_VARIABLE = "FASTJANGO_SERVE_APP"
FACTORY_VARIABLE = "FASTJANGO_SERVE_FACTORY"
GRACE_VARIABLE = "FASTJANGO_SERVE_GRACE"
PROXIES_VARIABLE = "FASTJANGO_SERVE_PROXIES"
"""Proxies to believe, for a server that does not look at their headers itself."""


def application() -> Any:
    """Load the application named by the environment.

    Side effects: puts a handler before those of SIGTERM and SIGINT, which ends the process at
    the latest a few seconds after the grace time.
    """
    target: Any = import_string(os.environ.get(APP_VARIABLE, SITE).replace(":", "."))
    app = target() if os.environ.get(FACTORY_VARIABLE, "1") == "1" else target
    install(float(os.environ.get(GRACE_VARIABLE, "30")))
    if proxies := os.environ.get(PROXIES_VARIABLE):
        from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

        return ProxyHeadersMiddleware(app, proxies)
    return app
