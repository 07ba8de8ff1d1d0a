"""The generic views and mixins that everything else builds on: contexts, templates, redirects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.twins import calls_twin
from fastjango.http.log import log_response
from fastjango.http.rendering import require_renderer
from fastjango.http.response import (
    HttpResponseGone,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from fastjango.http.urls import reverse
from fastjango.http.views.base import View

__all__ = [
    "ContextMixin",
    "RedirectView",
    "TemplateResponseMixin",
    "TemplateView",
    "View",
]


class ContextMixin:
    """Makes the template context from keyword arguments and `extra_context`."""

    extra_context: dict[str, Any] | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context: the arguments, the view as `view`, and `extra_context`."""
        kwargs.setdefault("view", self)
        if self.extra_context is not None:
            kwargs.update(self.extra_context)
        return kwargs

    @calls_twin
    async def aget_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what `get_context_data()` returns; override it to await something for it."""
        return self.get_context_data(**kwargs)


class TemplateResponseMixin:
    """Answers with a rendered template.

    Attributes:
        template_name: The template.
        template_engine: The name of the engine; any if `None`.
        response_class: The class of the response; that of the registered renderer if `None`.
        content_type: The content type; that of the response class if `None`.
    """

    template_name: str | None = None
    template_engine: str | None = None
    response_class: Any = None
    content_type: str | None = None
    request: Any

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Return the response for a context.

        Args:
            context: Variables of the template.
            response_kwargs: What the response class takes besides.

        Raises:
            RenderingUnavailable: No template engine is registered.
        """
        response_kwargs.setdefault("content_type", self.content_type)
        response_class = self.response_class
        if response_class is None:
            response_class = require_renderer(self.__class__.__name__).response_class
        return response_class(
            request=self.request,
            template=self.get_template_names(),
            context=context,
            using=self.template_engine,
            **response_kwargs,
        )

    def get_template_names(self) -> Sequence[str]:
        """Return the templates to choose from.

        Raises:
            ImproperlyConfigured: There is no `template_name`.
        """
        if self.template_name is None:
            raise ImproperlyConfigured(
                "TemplateResponseMixin requires either a definition of 'template_name' or an "
                "implementation of 'get_template_names()'"
            )
        return [self.template_name]


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    """Renders a template; the arguments of the URL are in its context."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with the rendered template."""
        if self.view_is_async:
            return self.aget(request, *args, **kwargs)
        return self.render_to_response(self.get_context_data(**kwargs))

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does, with `aget_context_data()`."""
        return self.render_to_response(await self.aget_context_data(**kwargs))


class RedirectView(View):
    """Redirects every request.

    Attributes:
        permanent: Whether to answer 301 instead of 302.
        url: The target, with `%(name)s` for arguments of the URL.
        pattern_name: The name of a pattern to reverse with the same arguments, if `url` is empty.
        query_string: Whether to pass the query string on.
        preserve_request: Whether the client shall repeat method and body (308 or 307).
    """

    permanent: bool = False
    url: str | None = None
    pattern_name: str | None = None
    query_string: bool = False
    preserve_request: bool = False

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
        """Return the target; `None` means the page is gone."""
        if self.url:
            url = str(self.url) % kwargs
        elif self.pattern_name:
            url = reverse(self.pattern_name, args=args, kwargs=kwargs)
        else:
            return None
        query: str = self.request.META.get("QUERY_STRING", "")
        if query and self.query_string:
            url += ("&" if urlsplit(url).query else "?") + query
        return url

    @calls_twin
    async def aget_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
        """Return what `get_redirect_url()` returns; override it to await something for it."""
        return self.get_redirect_url(*args, **kwargs)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect, or answer 410."""
        if self.view_is_async:
            return self.aget(request, *args, **kwargs)
        return self._answer(request, self.get_redirect_url(*args, **kwargs))

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does, with `aget_redirect_url()`."""
        return self._answer(request, await self.aget_redirect_url(*args, **kwargs))

    def _answer(self, request: Any, url: str | None) -> Any:
        if not url:
            response = HttpResponseGone()
            log_response("Gone: %s", request.path, response=response, request=request)
            return response
        response_class = HttpResponsePermanentRedirect if self.permanent else HttpResponseRedirect
        return response_class(url, preserve_request=self.preserve_request)

    def head(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)

    def put(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)

    def patch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return self.get(request, *args, **kwargs)
