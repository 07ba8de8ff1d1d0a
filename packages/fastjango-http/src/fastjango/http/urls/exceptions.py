"""The two errors of URL resolution, under Django's module name."""

from __future__ import annotations

from fastjango.http.exceptions import NoReverseMatch, Resolver404

__all__ = ["NoReverseMatch", "Resolver404"]
