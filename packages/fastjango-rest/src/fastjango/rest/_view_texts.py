"""What a view is called and says about itself, for people."""

from __future__ import annotations

import inspect
import re
from typing import Any


def get_view_name(view: Any) -> str:
    """Return the name of a view for people: its `name`, else one made of the class's name."""
    name = getattr(view, "name", None)
    if name is not None:
        return str(name)
    text = type(view).__name__
    for ending in ("View", "ViewSet"):
        if text != ending:
            text = text.removesuffix(ending)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    suffix = getattr(view, "suffix", None)
    return f"{text} {suffix}" if suffix else text


def get_view_description(view: Any, html: bool = False) -> str:
    """Return the description of a view: its `description`, else the docstring of the class.

    Args:
        view: The view.
        html: Whether to return HTML; the text is escaped, paragraphs and addresses are marked up.
    """
    description = getattr(view, "description", None)
    if description is None:
        description = type(view).__dict__.get("__doc__") or ""
    description = inspect.cleandoc(str(description))
    if not html:
        return description
    from fastjango.values.html import linebreaks, urlize

    return str(linebreaks(urlize(description, nofollow=True, autoescape=True)))
