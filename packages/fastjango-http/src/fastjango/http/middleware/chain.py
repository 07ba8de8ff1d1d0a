"""Compiles `MIDDLEWARE` into one ASGI chain around the core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from fastjango.core.exceptions import MiddlewareNotUsed
from fastjango.http.dispatch.core import FusedExceptions
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from .django import DjangoGroup, log_not_used
from .entries import Kind, entry_path, kind_of, load_entry, order_entries
from .group import LayerGroup
from .hooks import ChainHooks
from .layer import Layer

__all__ = ["compile_chain", "wrap_app"]


def compile_chain(
    core: FusedExceptions, entries: Iterable[Any], contributed: Iterable[Any] = ()
) -> ASGIApp:
    """Build the chain around the core of an application.

    Neighbours of one kind share one application; layers right around the core become part of it.

    Args:
        core: The exception middleware with the router inside.
        entries: Dotted paths, classes, factories or layers, outermost first.
        contributed: What plugins add, placed by its constraints.

    Returns:
        The outermost application of the chain, the core itself if there is nothing around it.

    Raises:
        ImproperlyConfigured: An entry cannot be imported or used, or the order is contradictory.
    """
    app: ASGIApp = core
    used: list[Any] = []
    for kind, group in reversed(_groups(order_entries(entries, contributed))):
        if kind is Kind.LAYER:
            layers = list(_layers(group))
            if not layers:
                continue
            used[:0] = layers
            if app is core and core.layers is None:
                core.fuse(layers)
            else:
                app = LayerGroup(app, layers, core.answer_error)
        elif kind is Kind.DJANGO:
            django = DjangoGroup(app, group)
            if django.instances:
                used[:0] = django.instances
                app = django
        else:
            for one in reversed(group):
                app = _asgi(app, one)
    hooks = ChainHooks(used)
    core.hooks = hooks or None
    return app


def wrap_app(app: ASGIApp, entries: Iterable[Any]) -> ASGIApp:
    """Put middleware of any kind around one application: a route, an include, a mount.

    View, exception and template hooks belong to the whole chain; here only what runs before and
    after counts.

    Args:
        app: What to wrap.
        entries: Dotted paths, classes, factories or layers, outermost first.

    Raises:
        ImproperlyConfigured: An entry cannot be imported or used.
    """
    for kind, group in reversed(_groups(list(entries))):
        if kind is Kind.LAYER:
            layers = list(_layers(group))
            app = LayerGroup(app, layers) if layers else app
        elif kind is Kind.DJANGO:
            app = DjangoGroup(app, group)
        else:
            for one in reversed(group):
                app = _asgi(app, one)
    return app


def _groups(entries: Sequence[Any]) -> list[tuple[Kind, list[Any]]]:
    loaded = [load_entry(entry) for entry in entries]
    return [(kind, list(group)) for kind, group in groupby(loaded, kind_of)]


def _layers(group: Sequence[Any]) -> Iterator[Layer]:
    for one in group:
        if isinstance(one, Layer):
            yield one
            continue
        try:
            yield one()
        except MiddlewareNotUsed as reason:
            log_not_used(entry_path(one), reason)


def _asgi(app: ASGIApp, one: Any) -> ASGIApp:
    try:
        if isinstance(one, Middleware):
            cls, args, options = one
            wrapped: ASGIApp = cls(app, *args, **options)
        else:
            wrapped = one(app)
    except MiddlewareNotUsed as reason:
        log_not_used(entry_path(one), reason)
        return app
    return wrapped
