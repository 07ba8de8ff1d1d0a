"""`render_block()`: one block or partial of a template as a response, for pages that ask for it."""

from __future__ import annotations

from typing import Any

from fastjango.http.response import HttpResponse
from fastjango.templates.loader import get_template

__all__ = [
    "arender_block",
    "arender_block_to_string",
    "render_block",
    "render_block_to_string",
]


def render_block_to_string(
    template_name: str,
    block_name: str,
    context: Any = None,
    request: Any = None,
    using: str | None = None,
) -> str:
    """Render one block or partial of a template.

    Args:
        template_name: The template.
        block_name: The block, of the template or one that it extends; or a partial.
        context: The variables.
        request: The request, which context processors add to.
        using: The alias of an engine.

    Raises:
        TemplateDoesNotExist: There is no such template or block.
    """
    rendered: str = get_template(template_name, using).render_block(block_name, context, request)
    return rendered


async def arender_block_to_string(
    template_name: str,
    block_name: str,
    context: Any = None,
    request: Any = None,
    using: str | None = None,
) -> str:
    """Do what `render_block_to_string()` does; calls in the template are awaited."""
    template = get_template(template_name, using)
    rendered: str = await template.arender_block(block_name, context, request)
    return rendered


def render_block(
    request: Any,
    template_name: str,
    block_name: str,
    context: Any = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> HttpResponse:
    """Answer with one block or partial of a template, as a page's script asks for it.

    Args:
        request: The request.
        template_name: The template.
        block_name: The block, of the template or one that it extends; or a partial.
        context: The variables.
        content_type: The Content-Type header.
        status: The status code.
        using: The alias of an engine.

    Raises:
        TemplateDoesNotExist: There is no such template or block.
    """
    content = render_block_to_string(template_name, block_name, context, request, using)
    return HttpResponse(content, content_type, status)


async def arender_block(
    request: Any,
    template_name: str,
    block_name: str,
    context: Any = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> HttpResponse:
    """Do what `render_block()` does; calls in the template are awaited."""
    content = await arender_block_to_string(template_name, block_name, context, request, using)
    return HttpResponse(content, content_type, status)
