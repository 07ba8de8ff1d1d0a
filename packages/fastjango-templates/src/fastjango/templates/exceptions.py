"""Every error of this distribution, under one root class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured

__all__ = [
    "AutoescapeError",
    "AwaitableInTemplateError",
    "ContentNotRenderedError",
    "InvalidTemplateEngineError",
    "TemplateDoesNotExist",
    "TemplateSyntaxError",
    "TemplatesError",
    "TextTooLongError",
]


class TemplatesError(Exception):
    """The root of every error that fastjango.templates raises."""


class InvalidTemplateEngineError(TemplatesError, ImproperlyConfigured):
    """No engine of `TEMPLATES` has the name that was asked for."""


class AutoescapeError(TemplatesError, ImproperlyConfigured):
    """An option, an extension or an environment would switch escaping off."""


class TemplateDoesNotExist(TemplatesError):
    """No template, block or partial of this name could be found.

    Its notes, which tracebacks and error pages show, list the places that were looked at.

    Args:
        msg: The name.
        tried: Pairs of a place (an `Origin`) and why the template is not there.
        backend: The engine that looked.
        chain: The errors of several engines or names.
        choices: Names that exist, the nearest of which is suggested.
    """

    def __init__(
        self,
        msg: str,
        tried: Sequence[tuple[Any, str]] | None = None,
        backend: Any = None,
        chain: Sequence[TemplateDoesNotExist] | None = None,
        choices: Iterable[str] = (),
    ) -> None:
        super().__init__(msg)
        self.backend = backend
        self.tried: list[tuple[Any, str]] = list(tried or ())
        self.chain: list[TemplateDoesNotExist] = list(chain or ())
        near = get_close_matches(msg, list(choices), n=1)
        if near:
            self.add_note(f"Did you mean {near[0]!r}?")
        if self.tried:
            places = "\n".join(f"  - {origin} ({why})" for origin, why in self.tried)
            self.add_note(f"Looked for {msg!r} in:\n{places}")
        for error in self.chain:
            for note in getattr(error, "__notes__", ()):
                self.add_note(note)


class TemplateSyntaxError(TemplatesError):
    """A template cannot be compiled, or a tag got what it cannot use.

    Attributes:
        template_debug: Where: `name`, `line`, `source_lines` and more, as error pages show it.
    """

    template_debug: dict[str, Any] | None = None


class ContentNotRenderedError(TemplatesError):
    """The content of a template response was used before the response was rendered."""


class AwaitableInTemplateError(TemplatesError):
    """A template called something asynchronous, and was rendered synchronously."""


class TextTooLongError(TemplatesError):
    """A text filter got more text, or a wider field, than it may work on."""

    def __init__(self, name: str, size: int, limit: int) -> None:
        self.name, self.size, self.limit = name, size, limit
        super().__init__(
            f"The filter {name!r} got {size:,} characters to work on; its limit is {limit:,}. "
            "Cut the text before it gets to the template, or leave the filter out."
        )
