"""The smallest backend there is: Python's own `string.Template`, as in Django."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.csrf import get_token
from fastjango.templates.backends.base import BaseEngine
from fastjango.templates.backends.jinja2 import csrf_input
from fastjango.templates.exceptions import TemplateDoesNotExist
from fastjango.templates.origin import Origin
from fastjango.values.html import conditional_escape

__all__ = ["Template", "TemplateStrings"]


class TemplateStrings(BaseEngine):
    """Fills in `$name`; values are escaped.

    Args:
        params: An entry of `TEMPLATES` without `BACKEND`; it takes no options.

    Raises:
        ImproperlyConfigured: There are options.
    """

    app_dirnames: ClassVar[tuple[str, ...]] = ("template_strings",)

    def __init__(self, params: Mapping[str, Any]) -> None:
        given = dict(params)
        if options := given.pop("OPTIONS", {}):
            raise ImproperlyConfigured(f"Unknown options: {', '.join(options)}")
        super().__init__(given)

    def from_string(self, template_code: str) -> Template:
        """Return the template of a source."""
        return Template(template_code)

    def get_template(self, template_name: str) -> Template:
        """Return the template of a name.

        Raises:
            TemplateDoesNotExist: There is none.
        """
        tried: list[tuple[Origin, str]] = []
        for filename in self.iter_template_filenames(template_name):
            try:
                return Template(Path(filename).read_text(encoding="utf-8"))
            except FileNotFoundError:
                tried.append((Origin(filename, template_name), "Source does not exist"))
        raise TemplateDoesNotExist(template_name, tried=tried, backend=self)


class Template(string.Template):
    """A text with names to fill in."""

    def render(self, context: Mapping[str, Any] | None = None, request: Any = None) -> str:
        """Fill in the variables, and `csrf_input` and `csrf_token` if there is a request."""
        values = {name: conditional_escape(value) for name, value in (context or {}).items()}
        if request is not None:
            values["csrf_input"] = csrf_input(request)
            values["csrf_token"] = get_token(request)
        return self.safe_substitute(values)
