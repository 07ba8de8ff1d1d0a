"""What the web layer renders with: its seam, filled by the engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.templates.exceptions import TemplateDoesNotExist

__all__ = ["TemplateRenderer"]


class TemplateRenderer:
    """Renders for `render()`, the generic views and the error pages; Jinja2 is loaded on use."""

    not_found: type[Exception] = TemplateDoesNotExist

    @property
    def response_class(self) -> Any:
        """The class of responses that are rendered late."""
        from fastjango.templates.response import TemplateResponse

        return TemplateResponse

    def render_to_string(
        self,
        template_name: Any,
        context: Mapping[str, Any] | None = None,
        request: Any = None,
        using: str | None = None,
    ) -> str:
        """Render the first of the templates that exists; see `loader.render_to_string()`."""
        from fastjango.templates.loader import render_to_string

        return render_to_string(template_name, context, request, using)

    async def arender_to_string(
        self,
        template_name: Any,
        context: Mapping[str, Any] | None = None,
        request: Any = None,
        using: str | None = None,
    ) -> str:
        """Do what `render_to_string()` does, awaiting what the template calls."""
        from fastjango.templates.loader import arender_to_string

        return await arender_to_string(template_name, context, request, using)
