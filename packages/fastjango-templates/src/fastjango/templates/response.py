"""Responses that are rendered late, so that middleware can still change template and context."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, cast

from fastjango.http.response import HttpResponse
from fastjango.templates.exceptions import ContentNotRenderedError
from fastjango.templates.loader import get_template, select_template

__all__ = ["ContentNotRenderedError", "SimpleTemplateResponse", "TemplateResponse"]


class SimpleTemplateResponse(HttpResponse):
    """A response with a template and its context, without a request.

    Args:
        template: A template, its name, or several names to choose from.
        context: The variables.
        content_type: The Content-Type header.
        status: The status code.
        charset: The character set.
        using: The alias of an engine.
        headers: Further headers.
    """

    rendering_attrs: ClassVar[list[str]] = [
        "template_name",
        "context_data",
        "_post_render_callbacks",
    ]

    def __init__(
        self,
        template: Any,
        context: Any = None,
        content_type: str | None = None,
        status: int | None = None,
        charset: str | None = None,
        using: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        # `template` and `context` would be overwritten by test clients.
        self.template_name = template
        self.context_data = context
        self.using = using
        self._post_render_callbacks: list[Callable[[Any], Any]] = []
        self._request: Any = None
        self._is_rendered = False
        super().__init__("", content_type, status, charset=charset, headers=headers)
        # The empty content of the line before does not count.
        self._is_rendered = False

    def __getstate__(self) -> dict[str, Any]:
        if not self._is_rendered:
            raise ContentNotRenderedError(
                "The response content must be rendered before it can be pickled."
            )
        parent: Any = getattr(super(), "__getstate__", None)
        state: Any = parent() if parent is not None else self.__dict__
        return {name: value for name, value in state.items() if name not in self.rendering_attrs}

    def resolve_template(self, template: Any) -> Any:
        """Return the template for a name, several names, or itself."""
        if isinstance(template, (list, tuple)):
            return select_template(cast("Any", template), using=self.using)
        if isinstance(template, str):
            return get_template(template, using=self.using)
        return template

    def resolve_context(self, context: Any) -> Any:
        """Return the variables for the context that was given."""
        return context

    @property
    def rendered_content(self) -> str:
        """The template, freshly rendered; the response does not get it."""
        template = self.resolve_template(self.template_name)
        context = self.resolve_context(self.context_data)
        rendered: str = template.render(context, self._request)
        return rendered

    async def arendered_content(self) -> str:
        """Return the template, freshly rendered, with what it calls awaited."""
        template = self.resolve_template(self.template_name)
        context = self.resolve_context(self.context_data)
        rendered: str = await template.arender(context, self._request)
        return rendered

    def add_post_render_callback(self, callback: Callable[[Any], Any]) -> None:
        """Call a function with the response when it has been rendered, at once if it has.

        What it returns, if anything, takes the response's place.
        """
        if self._is_rendered:
            callback(self)
        else:
            self._post_render_callbacks.append(callback)

    def render(self) -> Any:  # type: ignore[override]  # another thing in Starlette
        """Render the content unless that is done, and return the finished response."""
        if self._is_rendered:
            return self
        self.content = self.rendered_content
        return self._finished()

    async def arender(self) -> Any:
        """Do what `render()` does; what the template calls is awaited."""
        if self._is_rendered:
            return self
        self.content = await self.arendered_content()
        return self._finished()

    def _finished(self) -> Any:
        response: Any = self
        for callback in self._post_render_callbacks:
            other = callback(response)
            if other is not None:
                response = other
        return response

    @property
    def is_rendered(self) -> bool:
        """Whether there is content."""
        return self._is_rendered

    @property
    def wants_async(self) -> bool:
        """Whether the engine's option `enable_async` asks for `arender()`."""
        if self._is_rendered:
            return False
        template = self.resolve_template(self.template_name)
        return bool(getattr(getattr(template, "backend", None), "enable_async", False))

    def __iter__(self) -> Iterator[bytes]:
        if not self._is_rendered:
            raise ContentNotRenderedError(
                "The response content must be rendered before it can be iterated over."
            )
        return super().__iter__()

    @property
    def content(self) -> bytes:
        """The content; assigning some counts as rendering."""
        if not self._is_rendered:
            raise ContentNotRenderedError(
                "The response content must be rendered before it can be accessed."
            )
        return b"".join(self._container)

    @content.setter
    def content(self, value: Any) -> None:
        self._set_content(value)
        self._is_rendered = True


class TemplateResponse(SimpleTemplateResponse):
    """A response with a template, its context and the request.

    Args:
        request: The request, for context processors.
        template: A template, its name, or several names to choose from.
        context: The variables.
        content_type: The Content-Type header.
        status: The status code.
        charset: The character set.
        using: The alias of an engine.
        headers: Further headers.
    """

    rendering_attrs: ClassVar[list[str]] = [*SimpleTemplateResponse.rendering_attrs, "_request"]

    def __init__(
        self,
        request: Any,
        template: Any,
        context: Any = None,
        content_type: str | None = None,
        status: int | None = None,
        charset: str | None = None,
        using: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(template, context, content_type, status, charset, using, headers)
        self._request = request
