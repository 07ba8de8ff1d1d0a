"""Django's tags that give a value, as functions of every template: `{{ url("name") }}`.

Each is a tag of the same name as well: `{% url "name" %}`, with `as` to keep the result.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pprint import pformat
from typing import Any, Final, NamedTuple, cast
from urllib.parse import quote, urljoin

import jinja2
import jinja2.filters
from fastjango.core import settings
from fastjango.core import timezone as zones
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import get_language, get_language_bidi
from fastjango.core.translation import gettext as _gettext
from fastjango.http.exceptions import NoReverseMatch
from fastjango.http.middleware.csp import get_nonce
from fastjango.http.querydict import QueryDict
from fastjango.http.urls import get_script_prefix, reverse
from fastjango.templates.defaultfilters import date
from fastjango.templates.exceptions import TemplateSyntaxError
from fastjango.templates.hooks import static_url
from fastjango.templates.translating import translate_text
from fastjango.values import lorem_ipsum
from fastjango.values.encoding import iri_to_uri
from fastjango.values.html import format_html
from fastjango.values.safestring import mark_safe
from jinja2.runtime import Context

__all__ = [
    "FUNCTIONS",
    "MAX_LOREM",
    "GroupedResult",
    "csp_nonce_attr",
    "csrf_token",
    "debug",
    "firstof",
    "get_available_languages",
    "get_current_language",
    "get_current_language_bidi",
    "get_current_timezone",
    "get_media_prefix",
    "get_static_prefix",
    "lorem",
    "now",
    "querystring",
    "regroup",
    "static",
    "templatetag",
    "translate",
    "url",
    "widthratio",
]

MAX_LOREM: Final = 10_000
"""Words or paragraphs that `lorem` makes at most."""


class GroupedResult(NamedTuple):
    """One group that `regroup` made: what its items share, and the items."""

    grouper: Any
    list: Sequence[Any]


_TEMPLATE_SIGNS = {
    "openblock": "{%",
    "closeblock": "%}",
    "openvariable": "{{",
    "closevariable": "}}",
    "openbrace": "{",
    "closebrace": "}",
    "opencomment": "{#",
    "closecomment": "#}",
}


def _current_app(context: Context) -> str | None:
    request: Any = context.get("request")
    if request is None:
        return None
    own = getattr(request, "current_app", None)
    if own is not None:
        return str(own)
    match: Any = getattr(request, "resolver_match", None)
    return None if match is None else match.namespace


@jinja2.pass_context
def url(context: Context, viewname: Any, *args: Any, **kwargs: Any) -> str:
    """Return the URL of a view.

    Args:
        context: The template's variables; its request says in which instance of an app it is.
        viewname: The view's name, with its namespaces.
        args: Positional arguments of the URL.
        kwargs: Named arguments of the URL.

    Raises:
        NoReverseMatch: There is no such URL.
    """
    return reverse(viewname, args=args, kwargs=kwargs, current_app=_current_app(context))


@jinja2.pass_context
def url_or_nothing(context: Context, viewname: Any, *args: Any, **kwargs: Any) -> str:
    """Return the URL of a view, `""` if there is none; it stands behind `{% url ... as x %}`."""
    try:
        return reverse(viewname, args=args, kwargs=kwargs, current_app=_current_app(context))
    except NoReverseMatch:
        return ""


def _prefix(name: str) -> str:
    value = getattr(settings, name)
    if value is None:
        raise ImproperlyConfigured(
            f"A template asks for a URL below {name}, which is not set. Set it, for example "
            f'{name} = "{name.partition("_")[0].lower()}/".'
        )
    value = str(value)
    if not value.startswith(("http://", "https://", "/")):
        value = get_script_prefix() + value
    return str(iri_to_uri(value))


def get_static_prefix() -> str:
    """Return `STATIC_URL`, below the path where the site is mounted."""
    return _prefix("STATIC_URL")


def get_media_prefix() -> str:
    """Return `MEDIA_URL`, below the path where the site is mounted."""
    return _prefix("MEDIA_URL")


def static(path: Any) -> str:
    """Return the URL of a static file.

    Args:
        path: The file's path below the folders of static files.

    Raises:
        ImproperlyConfigured: `STATIC_URL` is not set.
    """
    if len(static_url):
        return static_url.call(str(path))[0]
    return urljoin(get_static_prefix(), quote(str(path)))


def now(format_string: str = "DATETIME_FORMAT") -> str:
    """Return the present date and time in a format, in the current time zone."""
    zone = zones.get_current_timezone() if settings.USE_TZ else None
    return date(datetime.datetime.now(zone), format_string)


@jinja2.pass_context
def querystring(context: Context, *args: Any, **kwargs: Any) -> str:
    """Return a query string with its `?`.

    Args:
        context: The template's variables.
        args: Mappings to begin with; the request's own query if there is none.
        kwargs: What to set over them; `None` takes a name out, a list sets several values.

    Raises:
        TemplateSyntaxError: An argument is no mapping, or a key no text.
    """
    if not args:
        request: Any = context.get("request")
        if request is None:
            raise TemplateSyntaxError(
                "querystring needs the request, which is not among the template's variables. "
                "Render the template with a request, or give querystring a mapping."
            )
        args = (request.GET,)
    params = QueryDict(mutable=True)
    for mapping in (*args, kwargs):
        if not isinstance(mapping, Mapping):
            raise TemplateSyntaxError(
                f"querystring requires mappings for positional arguments (got {mapping!r} instead)."
            )
        _set_parameters(params, mapping)  # pyright: ignore[reportUnknownArgumentType]
    return f"?{params.urlencode() if params else ''}"


def _set_parameters(params: QueryDict, mapping: Mapping[Any, Any]) -> None:
    lists = getattr(mapping, "lists", None)
    for key, value in lists() if lists else mapping.items():
        if not isinstance(key, str):
            raise TemplateSyntaxError(
                f"querystring requires strings for mapping keys (got {key!r} instead)."
            )
        if value is None:
            params.pop(key, None)
        elif isinstance(value, Iterable) and not isinstance(value, str):
            items = cast("Iterable[Any]", value)  # type: ignore[redundant-cast]  # pyright cannot tell
            params.setlist(key, [item for item in items if item is not None])
        else:
            params[key] = value


def firstof(*values: Any) -> Any:
    """Return the first value that is true, `""` if none is; missing variables count as false."""
    for value in values:
        if not isinstance(value, jinja2.Undefined) and value:
            return value
    return ""


def lorem(count: Any = 1, method: str = "b", common: Any = True) -> str:
    """Return random Latin.

    Args:
        count: How many words or paragraphs.
        method: `"w"` for words, `"p"` for HTML paragraphs, `"b"` for plain ones.
        common: Whether to begin with the well-known passage; `"random"` for not.

    Raises:
        TemplateSyntaxError: More than 10,000 are asked for.
    """
    try:
        number = int(count)
    except (ValueError, TypeError):
        number = 1
    if number > MAX_LOREM:
        raise TemplateSyntaxError(f"lorem makes at most {MAX_LOREM:,} (got {number:,}).")
    begins_common = common is not False and common != "random"
    if method == "w":
        return lorem_ipsum.words(number, common=begins_common)
    texts = lorem_ipsum.paragraphs(number, common=begins_common)
    if method == "p":
        # The words are those of the library: nothing in them needs escaping.
        return mark_safe("\n\n".join(f"<p>{text}</p>" for text in texts))  # type: ignore[no-any-return]
    return "\n\n".join(texts)


def widthratio(value: Any, max_value: Any, max_width: Any) -> str:
    """Return how long a bar is: the part that a value is of its maximum, of some width.

    Raises:
        TemplateSyntaxError: The width is no number.
    """
    try:
        width = int(max_width)
    except (ValueError, TypeError):
        raise TemplateSyntaxError("widthratio final argument must be a number") from None
    try:
        return str(round(float(value) / float(max_value) * width))
    except ZeroDivisionError:
        return "0"
    except (ValueError, TypeError, OverflowError):
        return ""


def templatetag(name: str) -> str:
    """Return signs of the template language: `openblock`, `closevariable` and the like.

    Raises:
        TemplateSyntaxError: There is no sign of that name.
    """
    try:
        return _TEMPLATE_SIGNS[name]
    except KeyError:
        raise TemplateSyntaxError(
            f"Invalid templatetag argument: '{name}'. Must be one of: {list(_TEMPLATE_SIGNS)}"
        ) from None


@jinja2.pass_context
def debug(context: Context) -> str:
    """Return the template's variables as text while `DEBUG` is on, else nothing."""
    return pformat(dict(context.get_all())) if settings.DEBUG else ""


@jinja2.pass_context
def csrf_token(context: Context) -> Any:
    """Return the hidden field with the token against forged requests, for a form that posts.

    Without a request among the variables there is none.
    """
    return context.get("csrf_input", "")


@jinja2.pass_context
def csp_nonce_attr(context: Context, media: Any = None) -> Any:
    """Return `nonce="..."` for a script or style, nothing without the CSP middleware.

    Args:
        context: The template's variables.
        media: A form's media, which is rendered with the nonce.
    """
    nonce = context.get("csp_nonce")
    if nonce is None and (request := context.get("request")) is not None:
        nonce = get_nonce(request)
    if media:
        return media.render(attrs={"nonce": nonce} if nonce is not None else None)
    return "" if nonce is None else format_html('nonce="{}"', nonce)


@jinja2.pass_environment
def regroup(environment: jinja2.Environment, target: Iterable[Any], by: str) -> list[Any]:
    """Return the groups of neighbours that share an attribute.

    Args:
        environment: How attributes are looked up.
        target: The items, sorted by the attribute.
        by: The attribute or key, or a dotted path; methods are called.
    """
    if isinstance(target, jinja2.Undefined) or target is None:  # pyright: ignore[reportUnnecessaryComparison]
        return []
    getter = jinja2.filters.make_attrgetter(environment, by)

    def grouper(item: Any) -> Any:
        found = getter(item)
        return found() if callable(found) and not isinstance(found, type) else found

    return [GroupedResult(key, [*items]) for key, items in groupby(target, grouper)]


def get_current_timezone() -> str:
    """Return the name of the current time zone."""
    return zones.get_current_timezone_name()


def get_current_language() -> str | None:
    """Return the code of the current language."""
    return get_language()


def get_current_language_bidi() -> bool:
    """Whether the current language is written from right to left."""
    return get_language_bidi()


def get_available_languages() -> list[tuple[str, str]]:
    """Return the codes and translated names of `LANGUAGES`."""
    languages: Any = getattr(settings, "LANGUAGES", ())
    return [(code, _gettext(name)) for code, name in languages]


def translate(message: str, context: str | None = None, noop: bool = False) -> str:
    """Return the translation of a text; that of a safe one is safe.

    Args:
        message: The text.
        context: Which of its meanings.
        noop: Only mark the text for translation.
    """
    found = translate_text(message, context, noop)
    if noop or isinstance(found, jinja2.Undefined):
        return cast("str", found)
    text = str.replace(found, "%%", "%")
    return mark_safe(text) if hasattr(found, "__html__") else text


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "csp_nonce_attr": csp_nonce_attr,
    "debug": debug,
    "firstof": firstof,
    "get_available_languages": get_available_languages,
    "get_current_language": get_current_language,
    "get_current_language_bidi": get_current_language_bidi,
    "get_current_timezone": get_current_timezone,
    "get_media_prefix": get_media_prefix,
    "get_static_prefix": get_static_prefix,
    "lorem": lorem,
    "now": now,
    "querystring": querystring,
    "regroup": regroup,
    "static": static,
    "templatetag": templatetag,
    "translate": translate,
    "url": url,
    "widthratio": widthratio,
}
"""The functions by the names that templates use."""
