"""CSRF tokens in every form that posts, put in when a template is compiled.

The extension looks for the start tags of forms in the source of a template. What a tag says
without the template language is decided there; a tag with expressions in it is decided when it
is rendered. A form gets a token when it posts (`method="post"`, or one of htmx's attributes) to
this site, unless its source mentions CSRF already or says `data-csrf="off"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import jinja2
from fastjango.values.http import url_has_allowed_host_and_scheme
from fastjango.values.safestring import SafeString
from jinja2.ext import Extension

from ._form_tags import StartTag, find_start_tags

__all__ = ["AutoCsrf", "auto_csrf", "extensions"]

_UNSAFE_METHODS = frozenset({"post", "put", "patch", "delete"})
_URL_ATTRIBUTES = tuple(
    f"{prefix}hx-{method}" for prefix in ("", "data-") for method in sorted(_UNSAFE_METHODS)
)
_LINE_BREAKS = re.compile(r"[\t\r\n]")  # browsers drop them from URLs


def extensions() -> Iterable[type[Extension]]:
    """Return the extensions for the hook `fastjango.templates.hooks.jinja_extensions`."""
    return [AutoCsrf]


def _targets(tag: StartTag) -> Iterator[str]:
    """Yield the URLs that a form sends unsafe requests to."""
    if tag.attributes.get("method", "").strip().lower() == "post":
        yield tag.attributes.get("action", "")
    for name in _URL_ATTRIBUTES:
        if name in tag.attributes:
            yield tag.attributes[name]


def _has_host(url: str) -> bool:
    """Tell whether a URL names a host, so that only the request can tell whether it is ours."""
    try:
        return bool(urlsplit(_LINE_BREAKS.sub("", url.strip()).replace("\\", "/")).netloc)
    except ValueError:
        return False


def _is_local(url: str, request: Any) -> bool:
    """Tell whether a URL leads to this site; one with a host needs the request to compare."""
    url = _LINE_BREAKS.sub("", url.strip())
    if not url:
        return True
    has_host = _has_host(url)
    host = request.get_host() if has_host and request is not None else None
    secure = request is not None and request.is_secure()
    return url_has_allowed_host_and_scheme(url, host, require_https=secure and has_host)


def _wants_token(tag: StartTag, request: Any) -> bool:
    if tag.attributes.get("data-csrf", "").lower() == "off":
        return False
    targets = list(_targets(tag))
    return bool(targets) and all(_is_local(url, request) for url in targets)


@jinja2.pass_context
def auto_csrf(context: Any, markup: Any) -> SafeString:
    """Return the start tag of a form, with the CSRF input after it if the form posts to this site.

    Args:
        markup: The tag as it was rendered.
    """
    text = str(markup)
    tag = next(find_start_tags(text), None)
    if tag is None or not _wants_token(tag, context.get("request")):
        return SafeString(text)
    return SafeString(f"{text}{context.get('csrf_input', '') or ''}")


class AutoCsrf(Extension):
    """Puts the CSRF input into every form of a template that posts to this site."""

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        filters: dict[str, Any] = environment.filters
        filters["auto_csrf"] = auto_csrf

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source with tokens in its forms; line numbers stay as they are."""
        if "<form" not in source.lower():
            return source
        parts: list[str] = []
        done = 0
        for tag in find_start_tags(source, self._delimiters()):
            if tag.mentions_csrf:
                continue
            text = source[tag.start : tag.end]
            if tag.is_dynamic or any(_has_host(url) for url in _targets(tag)):
                text = self._block("filter auto_csrf") + text + self._block("endfilter")
            elif _wants_token(tag, None):
                text += self._variable("csrf_input|default('')")
            parts += [source[done : tag.start], text]
            done = tag.end
        return "".join([*parts, source[done:]])

    def _delimiters(self) -> tuple[tuple[str, str], ...]:
        env = self.environment
        return (
            (env.variable_start_string, env.variable_end_string),
            (env.block_start_string, env.block_end_string),
            (env.comment_start_string, env.comment_end_string),
        )

    def _block(self, inner: str) -> str:
        # The plus signs keep the white space around the tag, whatever the environment trims.
        env = self.environment
        return f"{env.block_start_string}+ {inner} +{env.block_end_string}"

    def _variable(self, inner: str) -> str:
        env = self.environment
        return f"{env.variable_start_string} {inner} {env.variable_end_string}"
