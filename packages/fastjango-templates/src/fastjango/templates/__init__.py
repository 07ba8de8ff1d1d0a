"""Jinja2 templates with Django's settings, loaders, tags and filters."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastjango.templates.exceptions import (
    AutoescapeError,
    AwaitableInTemplateError,
    ContentNotRenderedError,
    InvalidTemplateEngineError,
    TemplateDoesNotExist,
    TemplatesError,
    TemplateSyntaxError,
    TextTooLongError,
)

if TYPE_CHECKING:
    from fastjango.templates.context import Context, ContextPopException, RequestContext
    from fastjango.templates.engine import Engine
    from fastjango.templates.handler import EngineHandler, engines
    from fastjango.templates.library import InvalidTemplateLibrary, Library
    from fastjango.templates.origin import Origin
    from fastjango.templates.shortcuts import (
        arender_block,
        arender_block_to_string,
        render_block,
        render_block_to_string,
    )
    from fastjango.templates.template import Template
    from fastjango.templates.undefined import UndefinedVariableError

_HOMES = {
    "Context": "context",
    "ContextPopException": "context",
    "Engine": "engine",
    "EngineHandler": "handler",
    "InvalidTemplateLibrary": "library",
    "Library": "library",
    "Origin": "origin",
    "RequestContext": "context",
    "Template": "template",
    "UndefinedVariableError": "undefined",
    "arender_block": "shortcuts",
    "arender_block_to_string": "shortcuts",
    "engines": "handler",
    "render_block": "shortcuts",
    "render_block_to_string": "shortcuts",
}

__all__ = [
    "AutoescapeError",
    "AwaitableInTemplateError",
    "ContentNotRenderedError",
    "Context",
    "ContextPopException",
    "Engine",
    "EngineHandler",
    "InvalidTemplateEngineError",
    "InvalidTemplateLibrary",
    "Library",
    "Origin",
    "RequestContext",
    "Template",
    "TemplateDoesNotExist",
    "TemplateSyntaxError",
    "TemplatesError",
    "TextTooLongError",
    "UndefinedVariableError",
    "arender_block",
    "arender_block_to_string",
    "engines",
    "render_block",
    "render_block_to_string",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for, so that the app's config stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
