"""A stored password as people may see it."""

from __future__ import annotations

from fastjango.auth.hashers import UNUSABLE_PASSWORD_PREFIX, identify_hasher
from fastjango.core.translation import gettext
from fastjango.values.html import format_html, format_html_join
from fastjango.values.safestring import SafeString

__all__ = ["render_password_as_hash"]


def render_password_as_hash(value: str | None) -> SafeString:
    """Return algorithm, cost and the beginning of salt and hash, as HTML."""
    if not value or value.startswith(UNUSABLE_PASSWORD_PREFIX):
        return format_html("<p><strong>{}</strong></p>", gettext("No password set."))
    try:
        summary = identify_hasher(value).safe_summary(value)
    except ValueError:
        return format_html(
            "<p><strong>{}</strong></p>",
            gettext("Invalid password format or unknown hashing algorithm."),
        )
    items = [(gettext(name), part) for name, part in summary.items()]
    return format_html(
        "<p>{}</p>", format_html_join(" ", "<strong>{}</strong>: <bdi>{}</bdi>", items)
    )
