"""Changing the query string of an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastjango.values.encoding import iri_to_uri

__all__ = ["remove_query_param", "replace_query_param"]


def _changed(url: str, name: str, value: Any) -> str:
    parts = urlsplit(iri_to_uri(url) or "")
    pairs = [(key, val) for key, val in parse_qsl(parts.query, keep_blank_values=True)
             if key != name]  # fmt: skip
    if value is not None:
        pairs.append((name, str(value)))
    return urlunsplit(parts._replace(query=urlencode(sorted(pairs, key=lambda pair: pair[0]))))


def replace_query_param(url: str, key: str, val: Any) -> str:
    """Return an address with a parameter set; parameters are sorted by name."""
    return _changed(url, key, val)


def remove_query_param(url: str, key: str) -> str:
    """Return an address without a parameter."""
    return _changed(url, key, None)
