"""Shortcuts for views: rendering, redirecting, and looking things up or answering 404."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.core.functional import Promise
from fastjango.core.translation import gettext as _
from fastjango.http.exceptions import Http404, NoReverseMatch
from fastjango.http.rendering import TemplateNames, require_renderer
from fastjango.http.response import (
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from fastjango.http.urls import reverse
from fastjango.values.http import MAX_URL_REDIRECT_LENGTH

__all__ = [
    "aget_list_or_404",
    "aget_object_or_404",
    "arender",
    "get_list_or_404",
    "get_object_or_404",
    "redirect",
    "render",
    "resolve_url",
]


def render(
    request: Any,
    template_name: TemplateNames,
    context: Mapping[str, Any] | None = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> HttpResponse:
    """Answer with a rendered template.

    Args:
        request: The request, for context processors.
        template_name: The template, or several to choose from.
        context: Its variables.
        content_type: The content type of the response.
        status: The status code.
        using: The name of the template engine.

    Raises:
        RenderingUnavailable: No template engine is registered.
    """
    renderer = require_renderer("render()")
    content = renderer.render_to_string(template_name, context, request, using=using)
    return HttpResponse(content, content_type, status)


async def arender(
    request: Any,
    template_name: TemplateNames,
    context: Mapping[str, Any] | None = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> HttpResponse:
    """Do what `render()` does; what the template calls is awaited, on the event loop."""
    renderer = require_renderer("arender()")
    content = await renderer.arender_to_string(template_name, context, request, using=using)
    return HttpResponse(content, content_type, status)


def redirect(
    to: Any,
    *args: Any,
    permanent: bool = False,
    preserve_request: bool = False,
    max_length: int | None = MAX_URL_REDIRECT_LENGTH,
    **kwargs: Any,
) -> HttpResponseRedirect | HttpResponsePermanentRedirect:
    """Answer with a redirect.

    Args:
        to: An object with `get_absolute_url()`, a view or its name, or a URL.
        args: Arguments of the view.
        permanent: Whether to answer 301 (308) instead of 302 (307).
        preserve_request: Whether the client shall repeat method and body.
        max_length: Characters the target may have.
        kwargs: Keyword arguments of the view.

    Raises:
        NoReverseMatch: It looks like a view's name and is none.
        DisallowedRedirect: The target's scheme is not allowed, or it is too long.
    """
    redirect_class = HttpResponsePermanentRedirect if permanent else HttpResponseRedirect
    return redirect_class(
        resolve_url(to, *args, **kwargs),
        preserve_request=preserve_request,
        max_length=max_length,
    )


def resolve_url(to: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the URL that `redirect()` would go to; its arguments are the same.

    Raises:
        NoReverseMatch: It looks like a view's name and is none.
    """
    if hasattr(to, "get_absolute_url"):
        return to.get_absolute_url()
    if isinstance(to, Promise):
        # Lazy texts trouble the functions that take URLs apart.
        to = str(to)
    if isinstance(to, str) and to.startswith(("./", "../")):
        return to
    try:
        return reverse(to, args=args, kwargs=kwargs)
    except NoReverseMatch:
        # A callable cannot be a URL, and neither can a text without slash and dot.
        if callable(to) or ("/" not in to and "." not in to):
            raise
    return to


def _get_queryset(klass: Any) -> Any:
    """Return what can be queried; a model's default manager stands for the model."""
    if hasattr(klass, "_default_manager"):
        return klass._default_manager.all()
    return klass


def _require(klass: Any, queryset: Any, method: str, caller: str) -> None:
    if hasattr(queryset, method):
        return
    name = klass.__name__ if isinstance(klass, type) else klass.__class__.__name__
    raise ValueError(
        f"First argument to {caller}() must be a Model, Manager, or QuerySet, not '{name}'."
    )


def _not_found(queryset: Any) -> Http404:
    return Http404(_("No %s matches the given query.") % queryset.model._meta.object_name)


def get_object_or_404(klass: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the one object that a query finds.

    Args:
        klass: A model, a manager or a queryset (anything with `get()`).
        args: Conditions.
        kwargs: Lookups.

    Raises:
        Http404: There is none.
        MultipleObjectsReturned: There are several.
        ValueError: The first argument cannot be queried.
    """
    queryset = _get_queryset(klass)
    _require(klass, queryset, "get", "get_object_or_404")
    try:
        return queryset.get(*args, **kwargs)
    except queryset.model.DoesNotExist:
        raise _not_found(queryset) from None


async def aget_object_or_404(klass: Any, *args: Any, **kwargs: Any) -> Any:
    """Do what `get_object_or_404()` does, asynchronously."""
    queryset = _get_queryset(klass)
    _require(klass, queryset, "aget", "aget_object_or_404")
    try:
        return await queryset.aget(*args, **kwargs)
    except queryset.model.DoesNotExist:
        raise _not_found(queryset) from None


def get_list_or_404(klass: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Return the objects that a query finds, as a list.

    Args:
        klass: A model, a manager or a queryset (anything with `filter()`).
        args: Conditions.
        kwargs: Lookups.

    Raises:
        Http404: There is none.
        ValueError: The first argument cannot be queried.
    """
    queryset = _get_queryset(klass)
    _require(klass, queryset, "filter", "get_list_or_404")
    found = list(queryset.filter(*args, **kwargs))
    if not found:
        raise _not_found(queryset)
    return found


async def aget_list_or_404(klass: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Do what `get_list_or_404()` does, asynchronously."""
    queryset = _get_queryset(klass)
    _require(klass, queryset, "filter", "aget_list_or_404")
    found = [item async for item in queryset.filter(*args, **kwargs)]
    if not found:
        raise _not_found(queryset)
    return found
