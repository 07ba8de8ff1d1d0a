"""Views: the class they build on, decorators, generic ones and the error pages."""

from __future__ import annotations

from fastjango.http.views.base import View

__all__ = ["View"]
