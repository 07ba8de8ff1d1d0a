"""The seam to the templates: whoever renders them registers here.

`fastjango.http` has no template language. `render()`, `TemplateView` and the error pages ask the
registered renderer; without one they say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fastjango.http.exceptions import RenderingUnavailable
from fastjango.signals import template_rendered

__all__ = [
    "Renderer",
    "TemplateNames",
    "get_renderer",
    "install_renderer",
    "require_renderer",
    "tell_plain_page",
]

TemplateNames = str | Sequence[str]


class Renderer(Protocol):
    """What a template distribution provides.

    Attributes:
        not_found: The exception raised for a template that does not exist.
    """

    not_found: type[Exception]

    @property
    def response_class(self) -> Any:
        """The response that is rendered late.

        It takes `request`, `template`, `context`, `using` and the arguments of `HttpResponse`.
        """
        ...

    def render_to_string(
        self,
        template_name: TemplateNames,
        context: Mapping[str, Any] | None = None,
        request: Any = None,
        using: str | None = None,
    ) -> str:
        """Render the first of the templates that exists.

        Args:
            template_name: One name, or several to choose from.
            context: Variables of the template.
            request: The request, which context processors add to.
            using: The name of the template engine; any if `None`.

        Raises:
            Exception: `not_found`, if none of the templates exists.
        """
        ...

    async def arender_to_string(
        self,
        template_name: TemplateNames,
        context: Mapping[str, Any] | None = None,
        request: Any = None,
        using: str | None = None,
    ) -> str:
        """Do what `render_to_string()` does, awaiting what the template calls."""
        ...


_installed: list[Renderer] = []


def install_renderer(renderer: Renderer | None) -> Renderer | None:
    """Register what renders templates from now on.

    Args:
        renderer: The renderer, or `None` for none.

    Returns:
        The one that was registered before.
    """
    previous = get_renderer()
    _installed[:] = [] if renderer is None else [renderer]
    return previous


def get_renderer() -> Renderer | None:
    """Return the registered renderer, or `None`."""
    return _installed[-1] if _installed else None


def require_renderer(purpose: str) -> Renderer:
    """Return the registered renderer.

    Args:
        purpose: What it is needed for, the beginning of the error message.

    Raises:
        RenderingUnavailable: There is none.
    """
    renderer = get_renderer()
    if renderer is None:
        raise RenderingUnavailable(
            f"{purpose} needs a template engine, and none is registered. Install "
            "fastjango-templates and list 'fastjango.templates' in INSTALLED_APPS."
        )
    return renderer


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page that no template made, as those who listen to `template_rendered` see it."""

    name: str | None = None


def tell_plain_page(context: Mapping[str, Any] | None) -> None:
    """Tell those who listen to `template_rendered` about a page of ours that no template made.

    Tests look at the variables of such a page, whether the project has a template for it or not.
    """
    if template_rendered.receivers:
        page = PlainPage()
        template_rendered.send(sender=page, template=page, context=dict(context or {}))
