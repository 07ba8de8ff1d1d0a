"""Finding templates in all engines, and rendering them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.templates.exceptions import TemplateDoesNotExist
from fastjango.templates.handler import engines

__all__ = ["arender_to_string", "get_template", "render_to_string", "select_template"]


def _engine_list(using: str | None) -> list[Any]:
    return engines.all() if using is None else [engines[using]]


def get_template(template_name: Any, using: str | None = None) -> Any:
    """Return the template of a name; `page.html#name` is a block or partial of it.

    Args:
        template_name: The name.
        using: The alias of an engine; all are asked if `None`.

    Raises:
        TemplateDoesNotExist: There is none.
        TemplateSyntaxError: It cannot be compiled.
    """
    chain: list[TemplateDoesNotExist] = []
    for engine in _engine_list(using):
        try:
            return engine.get_template(template_name)
        except TemplateDoesNotExist as error:
            chain.append(error)
    raise TemplateDoesNotExist(template_name, chain=chain)


def select_template(template_name_list: Iterable[Any], using: str | None = None) -> Any:
    """Return the first of several templates that exists.

    Args:
        template_name_list: The names.
        using: The alias of an engine; all are asked if `None`.

    Raises:
        TemplateDoesNotExist: There is none of them.
        TypeError: The names are a single text.
    """
    if isinstance(template_name_list, str):
        raise TypeError(
            "select_template() takes an iterable of template names but got a string: "
            f"{template_name_list!r}. Use get_template() if you want to load a single template by "
            "name."
        )
    names = list(template_name_list)
    chain: list[TemplateDoesNotExist] = []
    found = _engine_list(using)
    for name in names:
        for engine in found:
            try:
                return engine.get_template(name)
            except TemplateDoesNotExist as error:
                chain.append(error)
    shown = ", ".join(str(name) for name in names) or "No template names provided"
    raise TemplateDoesNotExist(shown, chain=chain)


def _find(template_name: Any, using: str | None) -> Any:
    if isinstance(template_name, (list, tuple)):
        return select_template(template_name, using)  # pyright: ignore[reportUnknownArgumentType]
    return get_template(template_name, using)


def render_to_string(
    template_name: Any, context: Any = None, request: Any = None, using: str | None = None
) -> str:
    """Render a template.

    Args:
        template_name: The name, or several to choose from.
        context: The variables.
        request: The request, which context processors add to.
        using: The alias of an engine; all are asked if `None`.

    Raises:
        TemplateDoesNotExist: There is no such template.
    """
    rendered: str = _find(template_name, using).render(context, request)
    return rendered


async def arender_to_string(
    template_name: Any, context: Any = None, request: Any = None, using: str | None = None
) -> str:
    """Do what `render_to_string()` does; calls in the template are awaited.

    Backends without `arender()` render on the event loop.
    """
    template = _find(template_name, using)
    if hasattr(template, "arender"):
        rendered: str = await template.arender(context, request)
        return rendered
    plain: str = template.render(context, request)
    return plain
