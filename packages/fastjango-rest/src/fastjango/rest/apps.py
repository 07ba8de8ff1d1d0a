"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig

__all__ = ["RestConfig"]


class RestConfig(AppConfig):
    """REST APIs in the shape of Django REST framework, async and compiled."""

    name = "fastjango.rest"
    label = "rest"
    verbose_name = "REST"
    settings_class: Any = "fastjango.rest.conf.RestSettings"
    serves_api_docs = True

    def routes(self) -> Iterable[Any]:
        """Return the pages with the API's documentation: `/docs` and `/redoc`."""
        from fastjango.rest.docs import docs_patterns

        return docs_patterns()
