"""`Template`: a compiled template of an engine, rendered with variables and a request."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self, cast

from fastjango.templates.environment import AsyncRenderContext, CompiledTemplate, RenderContext
from fastjango.templates.origin import UNKNOWN_SOURCE, Origin
from fastjango.values.safestring import SafeString

if TYPE_CHECKING:
    from fastjango.templates.backends.jinja2 import Jinja2

__all__ = ["Template"]


class Template:
    """A compiled template.

    Args:
        template_string: Its source.
        origin: Where the source comes from, if anybody asks.
        name: Its name, for messages and signals.
        engine: The engine, by default the first Jinja2 engine of `TEMPLATES`.

    Raises:
        TemplateSyntaxError: The source cannot be compiled.

    Attributes:
        backend: The engine, also as `engine`.
        template: Jinja2's template.
        fragment: The block or partial that it stands for, `None` for all of it.
    """

    __slots__ = ("_async", "backend", "fragment", "name", "origin", "template")

    def __init__(
        self,
        template_string: Any,
        origin: Origin | None = None,
        name: str | None = None,
        engine: Any = None,
    ) -> None:
        if engine is None:
            from fastjango.templates.engine import Engine

            engine = Engine.get_default()
        self.backend: Jinja2 = engine
        self.template: CompiledTemplate = engine.compile(str(template_string))
        self.template.name = self.name = name
        self.origin = Origin(UNKNOWN_SOURCE) if origin is None else origin
        self.fragment: str | None = None
        self._async: Any = None

    @classmethod
    def wrap(
        cls, template: CompiledTemplate, engine: Any = None, fragment: str | None = None
    ) -> Self:
        """Return the template of an engine for one of Jinja2.

        Args:
            template: Jinja2's template, of an environment of ours.
            engine: The engine, by default that of the environment.
            fragment: The block or partial that it shall stand for.
        """
        wrapped = cls.__new__(cls)
        wrapped.backend = engine or cast("Any", template.environment).engine
        wrapped.template = template
        wrapped.name = template.name
        wrapped.origin = Origin(template.filename or UNKNOWN_SOURCE, template.name)
        wrapped.fragment = fragment
        wrapped._async = None
        return wrapped

    def __repr__(self) -> str:
        part = f"#{self.fragment}" if self.fragment else ""
        return f"<{type(self).__name__} {self.name or self.origin.name}{part}>"

    @property
    def engine(self) -> Jinja2:
        """The engine."""
        return self.backend

    @property
    def source(self) -> str | None:
        """The source, if it is not in a file."""
        return self.template.source

    def render(self, context: Any = None, request: Any = None) -> SafeString:
        """Render the template.

        Args:
            context: The variables: a mapping or a `Context`.
            request: The request; context processors add their variables then.

        Raises:
            AwaitableInTemplateError: Something that it calls is asynchronous.
        """
        backend = self.backend
        variables, waiting = backend.variables(context, request)
        if waiting:
            backend.refuse_waiting(waiting)
        template = self.template
        names = RenderContext(backend.env, variables, template.name, template.blocks)
        if self.fragment is not None:
            names.fragment = self.fragment
        try:
            return SafeString("".join(template.root_render_func(names)))
        except Exception:
            backend.fail()

    async def arender(self, context: Any = None, request: Any = None) -> SafeString:
        """Render the template; calls are awaited where they have to be, loops may be asynchronous.

        The arguments are those of `render()`.
        """
        backend = self.backend
        variables, waiting = backend.variables(context, request)
        if waiting:
            variables = await self._completed(variables, waiting, context)
        template = self._async_template()
        names = AsyncRenderContext(backend.async_env, variables, template.name, template.blocks)
        if self.fragment is not None:
            names.fragment = self.fragment
        try:
            pieces: Any = template.root_render_func(names)
            return SafeString("".join([piece async for piece in pieces]))
        except Exception:
            backend.fail()

    @staticmethod
    async def _completed(
        variables: dict[str, Any], waiting: list[Any], context: Any
    ) -> dict[str, Any]:
        """Add what asynchronous context processors give, below the view's own variables."""
        own: Any = context.flatten() if hasattr(context, "flatten") else context or {}
        for added in waiting:
            if not inspect.isawaitable(added):
                raise TypeError(
                    "A context processor returned "
                    f"{added.__class__.__name__}; it has to return a dict."
                )
            given = cast("dict[str, Any]", await added)
            variables.update({name: given[name] for name in given if name not in own})
        return variables

    def _async_template(self) -> Any:
        if self.template.source is not None:
            if self._async is None:
                self._async = self.backend.compile(self.template.source, is_async=True)
                self._async.name = self.name
            return self._async
        return self.backend.load(cast("str", self.template.name), is_async=True)

    def block(self, name: str) -> Self:
        """Return the template that renders one block or partial of this one.

        Args:
            name: The block, of this template or one that it extends.
        """
        part = self.wrap(self.template, self.backend, name)
        part.name, part.origin = self.name, self.origin
        return part

    def render_block(self, name: str, context: Any = None, request: Any = None) -> SafeString:
        """Render one block or partial; the other arguments are those of `render()`.

        Raises:
            TemplateDoesNotExist: There is no such block.
        """
        return self.block(name).render(context, request)

    async def arender_block(
        self, name: str, context: Any = None, request: Any = None
    ) -> SafeString:
        """Do what `render_block()` does, as `arender()` does it."""
        return await self.block(name).arender(context, request)
