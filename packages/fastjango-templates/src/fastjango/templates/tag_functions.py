"""What the tags around content do with it; each has a synchronous and an asynchronous way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, cast

import jinja2
from fastjango.core import timezone as zones
from fastjango.core import translation
from fastjango.templates import functions, hooks, translating
from fastjango.templates.environment import RenderContext
from fastjango.templates.exceptions import TemplateSyntaxError
from fastjango.templates.filtering import use_tz
from fastjango.templates.undefined import suggest
from fastjango.values.html import strip_spaces_between_tags
from fastjango.values.safestring import SafeString, mark_safe

__all__ = ["TAG_FUNCTIONS"]

Caller = Callable[[], Any]


def _timeout(timeout: Any) -> int | None:
    if isinstance(timeout, jinja2.Undefined):
        raise TemplateSyntaxError(
            f'"cache" tag got an unknown variable: {timeout._undefined_name!r}'  # pyright: ignore[reportPrivateUsage]
        )
    if timeout is None:
        return None
    try:
        return int(timeout)
    except (ValueError, TypeError):
        raise TemplateSyntaxError(
            f'"cache" tag got a non-integer timeout value: {timeout!r}'
        ) from None


def _store(name: str, vary_on: list[Any], using: str | None) -> hooks.FragmentStore | None:
    try:
        found = hooks.fragment_cache.call(name, vary_on, using)
    except LookupError:
        raise TemplateSyntaxError(
            f"Invalid cache name specified for cache tag: {using!r}"
        ) from None
    return found[0] if found else None


@jinja2.pass_environment
def cache(
    environment: jinja2.Environment,
    timeout: Any,
    name: str,
    vary_on: list[Any],
    using: str | None,
    caller: Caller,
) -> Any:
    """Return the content from the cache; what is not there is rendered and kept."""
    seconds = _timeout(timeout)
    store = _store(name, vary_on, using)
    if store is None:
        return caller()
    if environment.is_async:
        return _acache(store, seconds, caller)
    kept = store.get()
    if kept is None:
        kept = str(caller())
        store.set(kept, seconds)
    return mark_safe(kept)


async def _acache(store: hooks.FragmentStore, seconds: int | None, caller: Caller) -> Any:
    kept = await store.aget()
    if kept is None:
        kept = str(await caller())
        await store.aset(kept, seconds)
    return mark_safe(kept)


@jinja2.pass_environment
def spaceless(environment: jinja2.Environment, caller: Caller) -> Any:
    """Return the content without the white space between its tags."""
    content = caller()
    if environment.is_async:
        return _aspaceless(content)
    return SafeString(strip_spaces_between_tags(str(content).strip()))


async def _aspaceless(content: Awaitable[Any]) -> Any:
    return SafeString(strip_spaces_between_tags(str(await content).strip()))


def _within(
    environment: jinja2.Environment, manager: AbstractContextManager[Any], caller: Caller
) -> Any:
    if environment.is_async:
        return _awithin(manager, caller)
    with manager:
        return caller()


async def _awithin(manager: AbstractContextManager[Any], caller: Caller) -> Any:
    with manager:
        return await caller()


@jinja2.pass_environment
def timezone(environment: jinja2.Environment, zone: Any, caller: Caller) -> Any:
    """Return the content, rendered in another time zone."""
    return _within(environment, zones.override(zone), caller)


@jinja2.pass_environment
def language(environment: jinja2.Environment, code: Any, caller: Caller) -> Any:
    """Return the content, rendered in another language."""
    return _within(environment, translation.override(code), caller)


@contextmanager
def _switched(on: bool) -> Any:
    token = use_tz.set(on)
    try:
        yield
    finally:
        use_tz.reset(token)


@jinja2.pass_environment
def localtime(environment: jinja2.Environment, on: bool, caller: Caller) -> Any:
    """Return the content, in which dates are converted to local time, or are not."""
    return _within(environment, _switched(on), caller)


@jinja2.pass_context
def cycle(context: RenderContext, key: str, values: list[Any]) -> Any:
    """Return the next of the values."""
    position = context.render_state.get(key, 0)
    context.render_state[key] = position + 1
    return values[position % len(values)]


@jinja2.pass_context
def resetcycle(context: RenderContext, key: str) -> None:
    """Begin a cycle anew."""
    context.render_state.pop(key, None)


@jinja2.pass_context
def ifchanged(context: RenderContext, key: str, loop: Any, values: list[Any]) -> bool:
    """Whether the values are others than the last time in this loop."""
    memory = context.render_state if loop is None else loop.__dict__
    changed = key not in memory or memory[key] != values
    memory[key] = values
    return changed


def partial(context: RenderContext, name: str) -> Any:
    """Return a rendered partial."""
    try:
        block = context.blocks[name][0]
    except KeyError:
        hint = suggest(name, context.blocks)
        raise TemplateSyntaxError(
            f"Partial '{name}' is not defined in the current template.{hint}"
        ) from None
    pieces: Any = block(context)
    if context.environment.is_async:
        return _apartial(pieces)
    return SafeString("".join(pieces))


async def _apartial(pieces: Any) -> Any:
    return SafeString("".join([piece async for piece in pieces]))


TAG_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **functions.FUNCTIONS,
    "blocktranslate": cast("Callable[..., Any]", translating.blocktranslate),
    "cache": cast("Callable[..., Any]", cache),
    "csrf_token": functions.csrf_token,
    "cycle": cycle,
    "ifchanged": ifchanged,
    "language": language,
    "localtime": localtime,
    "partial": partial,
    "resetcycle": resetcycle,
    "spaceless": spaceless,
    "timezone": timezone,
    "translate_shown": cast("Callable[..., Any]", translating.translate_shown),
    "translate_text": translating.translate_text,
    "url_or_nothing": functions.url_or_nothing,
}
"""The functions behind tags, by the tag's name."""
