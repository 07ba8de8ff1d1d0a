"""How functions become template filters: what they declare, and what they are spared."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from inspect import unwrap
from typing import Any, Final, TypeVar

import jinja2
from fastjango.core.timezone import template_localtime
from fastjango.templates.exceptions import TextTooLongError
from fastjango.values.safestring import SafeData, SafeString, mark_safe
from jinja2.nodes import EvalContext
from jinja2.runtime import Context

__all__ = [
    "MAX_TEXT",
    "MAX_WIDTH",
    "adapt",
    "filter_options",
    "limited",
    "stringfilter",
    "use_tz",
]

F = TypeVar("F", bound=Callable[..., Any])

MAX_TEXT: Final = 1_000_000
"""Characters that a filter works on which does more than copy them."""

MAX_WIDTH: Final = 10_000
"""Characters to which a filter fills a text up."""

use_tz: ContextVar[bool | None] = ContextVar("use_tz", default=None)
"""Whether `{% localtime %}` switches the conversion to local time on or off; `None` outside."""


def stringfilter(func: Callable[..., Any]) -> Callable[..., Any]:
    """Give a filter its first argument as text.

    A safe text stays known as safe, and the result of a filter with `is_safe` is safe then.
    """
    original: Any = unwrap(func)

    @wraps(func)
    def wrapper(first: Any, *args: Any, **kwargs: Any) -> Any:
        text = first if isinstance(first, str) else str(first)
        if isinstance(text, SafeData) or not hasattr(first, "__html__"):
            is_safe = isinstance(text, SafeData)
        else:
            # Markup of markupsafe: its methods escape their arguments, ours shall not.
            text, is_safe = SafeString(text), True
        result = func(text, *args, **kwargs)
        return mark_safe(result) if is_safe and getattr(original, "is_safe", False) else result

    wrapper.is_stringfilter = True  # type: ignore[attr-defined]
    return wrapper


def filter_options(
    *,
    is_safe: bool = False,
    needs_autoescape: bool = False,
    expects_localtime: bool = False,
    varies: bool = False,
) -> Callable[[F], F]:
    """Declare what a filter wants.

    Args:
        is_safe: Safe input gives safe output.
        needs_autoescape: It takes `autoescape`, which says whether it has to escape.
        expects_localtime: Aware datetimes are converted to the current time zone first.
        varies: Its result depends on more than its arguments (time, language, chance), so that
            Jinja2 must not compute it in advance for constants.
    """

    def decorator(function: F) -> F:
        target: Any = function
        target.is_safe = is_safe
        target.needs_autoescape = needs_autoescape
        target.expects_localtime = expects_localtime
        target.varies = varies
        original: Any = unwrap(function)
        original.is_safe = is_safe
        return function

    return decorator


def limited(name: str, text: str, limit: int = MAX_TEXT) -> None:
    """Refuse a text that is longer than a filter may work on.

    Raises:
        TextTooLongError: It is.
    """
    if len(text) > limit:
        raise TextTooLongError(name, len(text), limit)


def adapt(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the form of a filter that Jinja2 calls; a plain function comes back as it is."""
    options: dict[str, Any] = {**vars(unwrap(function)), **vars(function)}
    marks_safe = bool(options.get("is_safe")) and not options.get("is_stringfilter")
    escapes, local = options.get("needs_autoescape"), options.get("expects_localtime")
    varies = options.get("varies")
    if not (marks_safe or escapes or local or varies):
        return function

    if not (marks_safe or escapes or local):

        @jinja2.pass_context
        def varying(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
            return function(value, *args, **kwargs)

        return varying

    def prepared(value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if local:
            value = template_localtime(value, use_tz.get())
        result = function(value, *args, **kwargs)
        if marks_safe and isinstance(value, str) and hasattr(value, "__html__"):
            return mark_safe(result)
        return result

    if escapes:

        @jinja2.pass_eval_context
        def escaping(eval_ctx: EvalContext, value: Any, *args: Any, **kwargs: Any) -> Any:
            kwargs.setdefault("autoescape", bool(eval_ctx.autoescape))
            return prepared(value, args, kwargs)

        return escaping

    if local or varies:

        @jinja2.pass_context
        def late(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
            return prepared(value, args, kwargs)

        return late

    def plain(value: Any, *args: Any, **kwargs: Any) -> Any:
        return prepared(value, args, kwargs)

    return plain
