"""`get_asgi_application()`: the configured site as one ASGI application."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from fastjango.core import apps, settings, setup

from .application import FastJango

__all__ = ["get_asgi_application"]


def get_asgi_application() -> FastJango:
    """Boot the project and build the site that its settings describe.

    Reads `ROOT_URLCONF`, `MIDDLEWARE` and `DEBUG`, and takes the `routes()`, `middleware()` and
    `lifespan(app)` that the installed plugins contribute. Side effects: runs every phase of
    `fastjango.core.setup()`.

    Returns:
        The application to hand to an ASGI server; mounting it elsewhere works too.
    """
    setup()
    debug = bool(settings.DEBUG)
    app = FastJango(debug=debug, openapi_url="/openapi.json" if debug else None)
    for config in apps.get_app_configs():
        app.add_urlpatterns(config.routes())
    app.add_urlpatterns(load_urlpatterns(settings.ROOT_URLCONF))
    return app


def load_urlpatterns(urlconf: object) -> Iterable[object]:
    """Return the patterns of a URL configuration: a dotted module path, a module or a list."""
    module = import_module(urlconf) if isinstance(urlconf, str) else urlconf
    patterns: object = getattr(module, "urlpatterns", module)
    if not isinstance(patterns, Iterable):
        raise TypeError(f"{urlconf!r} holds no list named 'urlpatterns'.")
    return patterns
