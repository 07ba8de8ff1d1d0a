"""`get_asgi_application()`: the configured site as one ASGI application."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from fastjango.core import AppConfig, apps, settings, setup
from fastjango.core.exceptions import ImproperlyConfigured

from .application import FastJango
from .responder import default_exception_handlers

__all__ = ["get_asgi_application", "load_urlpatterns"]


def get_asgi_application() -> FastJango:
    """Boot the project and build the site that its settings describe.

    Reads `ROOT_URLCONF`, `MIDDLEWARE` and `DEBUG`, and takes the `routes()`, `middleware()` and
    `lifespan(app)` that the installed plugins contribute: routes after the project's own,
    middleware where its constraints say, lifespans in the order of the apps. Without `DEBUG` there
    are no API docs; their title is the name of the project's package. Side effects: runs every
    phase of `fastjango.core.setup()`.

    Returns:
        The application to hand to an ASGI server; mounting it elsewhere works too.
    """
    setup()
    return build_site(list(apps.get_app_configs()))


def build_site(configs: Iterable[AppConfig]) -> FastJango:
    """Build the site from the settings and the given apps."""
    configs = list(configs)
    debug = bool(settings.DEBUG)
    # A plugin may bring pages for the documents that need no files from elsewhere.
    own_docs = any(getattr(config, "serves_api_docs", False) for config in configs)
    app = FastJango(
        title=_project_name(),
        debug=debug,
        openapi_url="/openapi.json" if debug else None,
        docs_url=None if own_docs else "/docs",
        redoc_url=None if own_docs else "/redoc",
        django_middleware=settings.MIDDLEWARE,
        redirect_slashes=False,
    )
    for error, handler in default_exception_handlers().items():
        app.add_exception_handler(error, handler)
    if find_spec("fastjango.http.errors") is not None:
        import_module("fastjango.http.errors").install(app)
    if settings.ROOT_URLCONF:
        app.add_urlpatterns(load_urlpatterns(settings.ROOT_URLCONF))
    for config in configs:
        app.add_urlpatterns(config.routes())
        app.contributed_middleware.extend(config.middleware())
    app.add_lifespans([c.lifespan for c in configs if type(c).lifespan is not AppConfig.lifespan])
    return app


def _project_name() -> str:
    """Return what the API's documents are called: the package that holds the settings."""
    package, dot, _ = (settings.SETTINGS_MODULE or "").partition(".")
    return package if dot else "FastJango"


def load_urlpatterns(urlconf: object) -> Iterable[object]:
    """Return the patterns of a URL configuration: a dotted module path, a module or a list.

    Raises:
        ImproperlyConfigured: There is no list of patterns in it.
    """
    module = import_module(urlconf) if isinstance(urlconf, str) else urlconf
    patterns: object = getattr(module, "urlpatterns", module)
    if not isinstance(patterns, Iterable) or isinstance(patterns, str):
        raise ImproperlyConfigured(
            f"The included URLconf {urlconf!r} does not appear to have any patterns in it. If you "
            "see the 'urlpatterns' variable with valid patterns in the file then the issue is "
            "probably caused by a circular import."
        )
    return cast("Iterable[object]", patterns)
