"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from fastjango.core import AppConfig

__all__ = ["CacheConfig"]


class CacheConfig(AppConfig):
    """Caches with Django's interface, and what is built on them: pages, fragments, functions."""

    name = "fastjango.cache"
    label = "cache"
    verbose_name = "Cache"
    settings_class = "fastjango.cache.conf.CacheSettings"

    def ready(self) -> None:
        """Answer the hooks of pages and template fragments."""
        from fastjango.cache.pages import page_decorator
        from fastjango.http.hooks import page_cache

        page_cache.register(page_decorator)
        if self.apps.is_installed("fastjango.templates"):
            # By name: only a module named after the templates may know them.
            import_module("fastjango.cache.templates").register()

    def commands(self) -> Mapping[str, Any]:
        """Return `createcachetable`."""
        return {"createcachetable": "fastjango.cache.orm.command.Command"}

    def checks(self) -> Iterable[Any]:
        """Return the checks of `CACHES`."""
        from fastjango.cache import checks

        return checks.ALL

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncGenerator[None]:
        """Close the connections of caches when the site stops."""
        yield
        from fastjango.cache.handler import caches

        await caches.aclose_all()
