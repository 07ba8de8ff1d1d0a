"""What the tags `translate` and `blocktranslate`, `_()` and `gettext()` do in a rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

import jinja2
import markupsafe
from fastjango.core import translation
from fastjango.core.functional import Promise
from fastjango.templates.exceptions import TemplateSyntaxError
from fastjango.values.safestring import SafeString
from jinja2 import nodes
from jinja2.nodes import EvalContext
from jinja2.runtime import Context

__all__ = [
    "TRANSLATORS",
    "BlockText",
    "blocktranslate",
    "gettext",
    "mark_literals",
    "ngettext",
    "npgettext",
    "pgettext",
    "translate_shown",
    "translate_text",
    "underscore",
]


class BlockText(NamedTuple):
    """What a `{% blocktranslate %}` says, as it stands in the source.

    Attributes:
        tag: The name under which the tag was written.
        singular: The text, with `%(name)s` for its variables and `%%` for its percent signs.
        plural: The text for several; `None` without `count`.
        counter: The variable that holds the number; `None` without `count`.
        names: The variables that the texts use.
    """

    tag: str
    singular: str
    plural: str | None
    counter: str | None
    names: tuple[str, ...]


def translate_text(message: Any, context: Any = None, noop: bool = False) -> Any:
    """Return the translation of a text; percent signs are doubled, as they are in catalogs.

    Args:
        message: The text; the translation of a safe one is safe. A missing variable comes back.
        context: Which of its meanings.
        noop: Return the text as it is.

    Raises:
        TemplateSyntaxError: It is no text.
    """
    if noop or isinstance(message, jinja2.Undefined):
        return message
    if not isinstance(message, (str, Promise)):
        raise TemplateSyntaxError(
            f"'translate' takes a text, not {message!r}; show a value of another kind by "
            "{{ }}, or in a text by {% blocktranslate with name=value %}."
        )
    text = str(message).replace("%", "%%")
    found = translation.pgettext(str(context), text) if context else translation.gettext(text)
    return SafeString(found) if hasattr(message, "__html__") else found


@jinja2.pass_eval_context
def translate_shown(eval_context: EvalContext, value: Any) -> str:
    """Return what `{% translate %}` prints: escaped, and with single percent signs again."""
    shown = markupsafe.escape(value) if eval_context.autoescape else value
    text = str.replace(str(shown), "%%", "%")
    return SafeString(text) if hasattr(shown, "__html__") else text


@jinja2.pass_eval_context
def blocktranslate(
    eval_context: EvalContext,
    parts: tuple[Any, ...],
    context: Any,
    values: Mapping[str, Any],
    count: Any = None,
) -> SafeString:
    """Return the translation of a block, filled in with its variables.

    Args:
        eval_context: Whether values are escaped.
        parts: The fields of a `BlockText`.
        context: Which of its meanings.
        values: The variables.
        count: The number that decides between singular and plural.

    Raises:
        TemplateSyntaxError: The number is none, or the text cannot be filled in.
    """
    text = BlockText(*parts)
    if text.counter is not None:
        if not isinstance(count, (Decimal, float, int)):
            missing = isinstance(count, jinja2.Undefined)
            found = "it is not defined" if missing else f"it is {count!r}"
            raise TemplateSyntaxError(
                f"{text.counter!r} argument to {text.tag!r} tag must be a number; {found}."
            )
        values = {**values, text.counter: count}
    show = markupsafe.escape if eval_context.autoescape else str
    shown = {name: str(show(values[name])) for name in text.names}
    try:
        return SafeString(_translated(text, context, count) % shown)
    except (KeyError, TypeError, ValueError):
        # A translator has misspelled a placeholder: the page shows the text of the source.
        with translation.override(None):
            source = _translated(text, context, count)
    try:
        return SafeString(source % shown)
    except (KeyError, TypeError, ValueError):
        raise TemplateSyntaxError(
            f"{text.tag!r} is unable to format string returned by gettext: {source!r} "
            f"using {shown!r}"
        ) from None


def _translated(text: BlockText, context: Any, count: Any) -> str:
    if text.plural is None:
        if context:
            return translation.pgettext(str(context), text.singular)
        return translation.gettext(text.singular)
    if context:
        return translation.npgettext(str(context), text.singular, text.plural, count)
    return translation.ngettext(text.singular, text.plural, count)


def _said(context: Context, texts: tuple[Any, ...], found: str) -> str:
    """Return a translation, safe if the texts are: those in the source of a template, say."""
    is_safe = context.eval_ctx.autoescape and all(hasattr(text, "__html__") for text in texts)
    return markupsafe.Markup(found) if is_safe else found


@jinja2.pass_context
def underscore(context: Context, message: Any, /, **variables: Any) -> str:
    """Return the translation of a text, as `_("...")` in a template.

    Args:
        context: The context of the rendering.
        message: The text; one that the template's source holds is not escaped.
        variables: What to fill in for `%(name)s`, escaped; without any, the text is no format and
            a percent sign stands for itself.
    """
    text = _said(context, (message,), translation.gettext(str(message)))
    return text % variables if variables else text


@jinja2.pass_context
def gettext(context: Context, message: Any, /, **variables: Any) -> str:
    """Return the translation of a text, which is always a format; see `underscore()`."""
    return _said(context, (message,), translation.gettext(str(message))) % variables


@jinja2.pass_context
def ngettext(context: Context, singular: Any, plural: Any, num: Any, /, **variables: Any) -> str:
    """Return the translation for a number, which the format may hold as `%(num)s`."""
    found = translation.ngettext(str(singular), str(plural), num)
    return _said(context, (singular, plural), found) % {"num": num, **variables}


@jinja2.pass_context
def pgettext(context: Context, meaning: Any, message: Any, /, **variables: Any) -> str:
    """Return the translation of one meaning of a text, which may hold it as `%(context)s`."""
    found = translation.pgettext(str(meaning), str(message))
    return _said(context, (message,), found) % {"context": meaning, **variables}


@jinja2.pass_context
def npgettext(
    context: Context, meaning: Any, singular: Any, plural: Any, num: Any, /, **variables: Any
) -> str:
    """Return the translation of one meaning for a number."""
    found = translation.npgettext(str(meaning), str(singular), str(plural), num)
    filling = {"context": meaning, "num": num, **variables}
    return _said(context, (singular, plural), found) % filling


TRANSLATORS: Final[dict[str, Callable[..., str]]] = {
    "_": cast("Callable[..., str]", underscore),
    "gettext": cast("Callable[..., str]", gettext),
    "ngettext": cast("Callable[..., str]", ngettext),
    "npgettext": cast("Callable[..., str]", npgettext),
    "pgettext": cast("Callable[..., str]", pgettext),
}
"""The functions that translate, by the names that templates use."""


def mark_literals(source: nodes.Template) -> None:
    """Mark the texts as safe that a template's own source gives to functions that translate."""
    for call in source.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATORS:
            call.args = [_marked(argument) for argument in call.args]


def _marked(argument: nodes.Expr) -> nodes.Expr:
    if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
        return nodes.MarkSafe(argument, lineno=argument.lineno)
    if isinstance(argument, nodes.CondExpr):
        argument.expr1 = _marked(argument.expr1)
        argument.expr2 = None if argument.expr2 is None else _marked(argument.expr2)
    return argument
