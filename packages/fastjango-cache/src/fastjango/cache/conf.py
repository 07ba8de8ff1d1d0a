"""Settings of caches; the README documents each."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings


class CacheSettings(PluginSettings):
    """The caches of a site, and how pages are kept."""

    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "fastjango.cache.backends.locmem.LocMemCache"}
    }
    CACHE_MIDDLEWARE_KEY_PREFIX: str = ""
    CACHE_MIDDLEWARE_ALIAS: str = "default"
