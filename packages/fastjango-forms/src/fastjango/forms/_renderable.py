"""What can be rendered by a template."""

from __future__ import annotations

from typing import Any

from fastjango.values.safestring import SafeString, mark_safe

__all__ = ["RenderableMixin"]


class RenderableMixin:
    """Something that a renderer turns into markup; subclasses give the template's context."""

    renderer: Any
    template_name: Any

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the template."""
        raise NotImplementedError(
            "Subclasses of RenderableMixin must provide a get_context() method."
        )

    def render(
        self, template_name: str | None = None, context: Any = None, renderer: Any = None
    ) -> SafeString:
        """Render the object.

        Args:
            template_name: The template, its own one if `None`.
            context: The variables, those of `get_context` if empty.
            renderer: What renders, its own renderer if `None`.
        """
        renderer = renderer or self.renderer
        template = template_name or self.template_name
        context = context or self.get_context()
        markup: SafeString = mark_safe(renderer.render(template, context))
        return markup

    def __str__(self) -> str:
        return self.render()

    def __html__(self) -> str:
        return self.render()
