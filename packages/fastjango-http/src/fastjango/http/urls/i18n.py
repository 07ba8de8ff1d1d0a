"""Patterns behind a language prefix (`django.conf.urls.i18n`)."""

from __future__ import annotations

import functools
from typing import Any

from fastjango.core import settings
from fastjango.http.urls.conf import path
from fastjango.http.urls.patterns import LocalePrefixPattern
from fastjango.http.urls.resolvers import URLResolver, get_resolver

__all__ = ["i18n_patterns", "is_language_prefix_patterns_used", "urlpatterns"]


def i18n_patterns(*urls: Any, prefix_default_language: bool = True) -> list[Any]:
    """Put the active language's code in front of patterns; for the root URLconf only.

    Args:
        urls: The patterns.
        prefix_default_language: Whether the default language has a prefix too.

    Returns:
        What to add to `urlpatterns`; the patterns themselves while `USE_I18N` is off.
    """
    if not settings.USE_I18N:
        return list(urls)
    pattern = LocalePrefixPattern(prefix_default_language=prefix_default_language)
    return [URLResolver(pattern, list(urls))]


@functools.cache
def is_language_prefix_patterns_used(urlconf: Any) -> tuple[bool, bool]:
    """Tell whether a URLconf has language prefixes, and whether the default language has one.

    Args:
        urlconf: A URLconf that can be hashed.
    """
    for entry in get_resolver(urlconf).url_patterns:
        pattern = getattr(entry, "pattern", None)
        if isinstance(pattern, LocalePrefixPattern):
            return True, pattern.prefix_default_language
    return False, False


def _set_language(request: Any) -> Any:
    """Keep the language that a form chose, see `fastjango.http.views.i18n.set_language`."""
    # Views need URLs themselves.
    from fastjango.http.views.i18n import set_language

    return set_language(request)


urlpatterns: list[Any] = [path("setlang/", _set_language, name="set_language")]
