"""The Jinja2 environment: always escaping, with Django's tags, cheap contexts and good errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from types import CoroutineType
from typing import Any, cast

import jinja2
import jinja2.parser
from fastjango.signals import template_rendered
from fastjango.templates.exceptions import AutoescapeError, AwaitableInTemplateError
from fastjango.templates.translating import mark_literals
from fastjango.templates.undefined import suggest
from jinja2 import nodes
from jinja2.runtime import Context as JinjaContext
from jinja2.utils import internalcode, missing

__all__ = ["AsyncRenderContext", "CompiledTemplate", "Environment", "Parser", "RenderContext"]

_LANGUAGE_INFO = (
    "There is no table of the languages' own names; {% get_available_languages as languages %} "
    "gives codes and translated names"
)
_TAG_HINTS = {
    "get_language_info": _LANGUAGE_INFO,
    "get_language_info_list": _LANGUAGE_INFO,
    "localize": "Use the filters localize and unlocalize",
    "ifequal": "Write {% if a == b %}",
}
_STATEMENTS = (
    *("autoescape", "block", "call", "elif", "else", "empty", "extends", "filter", "for", "from"),
    *("if", "import", "include", "macro", "print", "set", "with", "endautoescape", "endblock"),
    *("endcall", "endfilter", "endfor", "endif", "endmacro", "endset", "endwith"),
)


class RenderContext(JinjaContext):
    """The variables of one rendering; names that are not there are looked up in the globals.

    Attributes:
        fragment: The block to render in place of the whole template, `None` for all of it.
        render_state: What tags with a memory, such as `{% cycle %}`, remember.
    """

    fragment: str | None = None
    _state: dict[Any, Any] | None = None

    @property
    def render_state(self) -> dict[Any, Any]:
        """The memory of this rendering."""
        if self._state is None:
            self._state = {}
        return self._state

    def resolve_or_missing(self, key: str) -> Any:
        """Look a name up in the template's own variables, the context and the globals."""
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return self.environment.globals.get(key, missing)

    def derived(self, locals: dict[str, Any] | None = None) -> RenderContext:
        """Return a context with more variables, which shares the memory of this one."""
        context = cast("RenderContext", super().derived(locals))
        context._state = self.render_state
        return context

    @internalcode
    def call(__self, __obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # Jinja2's
        """Call something for a template; what would have to be awaited is refused."""
        result = super().call(__obj, *args, **kwargs)
        if result.__class__ is CoroutineType:
            cast("Any", result).close()
            name = getattr(__obj, "__qualname__", repr(__obj))
            raise AwaitableInTemplateError(
                f"The template calls {name!r}, which is asynchronous, and is rendered "
                "synchronously. Render it with `await arender(...)`, `arender_to_string()` or "
                "`template.arender()`, or turn the engine's option 'enable_async' on."
            )
        return result


class AsyncRenderContext(RenderContext):
    """The variables of one asynchronous rendering, in which calls are awaited."""

    call = JinjaContext.call


class CompiledTemplate(jinja2.Template):
    """A compiled template that tells when it is rendered, and can render one block alone."""

    source: str | None = None

    @classmethod
    def _from_namespace(
        cls,
        environment: jinja2.Environment,
        namespace: MutableMapping[str, Any],
        globals: MutableMapping[str, Any],
    ) -> CompiledTemplate:
        template = cast(
            "CompiledTemplate", super()._from_namespace(environment, namespace, globals)
        )
        plain = cast("Callable[..., Iterator[str]]", template.root_render_func)
        extends = "parent_template" in cast("Any", plain).__code__.co_varnames

        @internalcode
        def root(context: RenderContext, *args: Any) -> Any:
            if template_rendered.receivers:
                announce(template, context)
            if context.fragment is None or extends:
                return plain(context, *args)
            return one_block(template, context)

        template.root_render_func = root  # type: ignore[assignment]  # pyright: ignore
        return template


def one_block(template: CompiledTemplate, context: RenderContext) -> Any:
    """Return the pieces of one block; every template of the inheritance has been seen by now."""
    name = context.fragment or ""
    try:
        block = context.blocks[name][0]
    except KeyError:
        from fastjango.templates.exceptions import TemplateDoesNotExist

        places = f"{context.name or 'The template'} has no block or partial of this name"
        error = TemplateDoesNotExist(name, choices=context.blocks)
        error.add_note(f"{places}. It has: {', '.join(sorted(context.blocks)) or 'none'}.")
        raise error from None
    context.fragment = None
    return block(context)


def announce(template: CompiledTemplate, context: RenderContext) -> None:
    """Tell those who listen that a template is rendered."""
    from fastjango.templates.context import Context
    from fastjango.templates.template import Template

    shown = Context({**context.parent, **context.vars})
    shown.template_name = template.name
    shown.request = context.parent.get("request")
    sent = Template.wrap(template)
    template_rendered.send(sender=sent, template=sent, context=shown)


class Parser(jinja2.parser.Parser):
    """Jinja2's parser; it knows Django's `on` and `off`, and says more about unknown tags."""

    def parse_autoescape(self) -> nodes.Scope:
        """Parse `{% autoescape on %}` as well as `{% autoescape true %}`."""
        scope = super().parse_autoescape()
        option = cast("Any", scope.body[0]).options[0]
        if isinstance(option.value, nodes.Name) and option.value.name in ("on", "off"):
            option.value = nodes.Const(option.value.name == "on", lineno=option.value.lineno)
        return scope

    def parse_for(self) -> nodes.For:
        """Parse a loop, whose `{% else %}` may be written `{% empty %}` as in Django."""
        lineno = self.stream.expect("name:for").lineno
        target = self.parse_assign_target(extra_end_rules=("name:in",))
        self.stream.expect("name:in")
        iterated = self.parse_tuple(with_condexpr=False, extra_end_rules=("name:recursive",))
        test = self.parse_expression() if self.stream.skip_if("name:if") else None
        recursive = self.stream.skip_if("name:recursive")
        body = self.parse_statements(("name:endfor", "name:else", "name:empty"))
        otherwise: list[nodes.Node] = []
        if next(self.stream).value != "endfor":
            otherwise = self.parse_statements(("name:endfor",), drop_needle=True)
        return nodes.For(target, iterated, body, otherwise, test, recursive, lineno=lineno)

    def fail_unknown_tag(self, name: str, lineno: int | None = None) -> Any:
        """Raise the error for a tag that does not exist, with the nearest one that does."""
        hint = _TAG_HINTS.get(name)
        if hint is None:
            known = [*_STATEMENTS, *self.extensions]
            near = suggest(name, [tag for tag in known if tag != name])
            if not near or name in known:
                super().fail_unknown_tag(name, lineno)
            hint = near.strip().removesuffix("?") + "?"
            self.fail(f"Encountered unknown tag {name!r}. {hint}", lineno)
        self.fail(f"Encountered unknown tag {name!r}. {hint}.", lineno)


class Environment(jinja2.Environment):
    """Jinja2's environment, which always escapes.

    `autoescape` cannot be switched off, neither by an option nor by an extension; a template can
    mark a part of itself by `{% autoescape false %}`.

    Attributes:
        tag_functions: The functions behind tags, by the tag's name.
        engine: The engine that uses it.
    """

    context_class = RenderContext
    template_class = CompiledTemplate
    tag_functions: dict[str, Callable[..., Any]]
    engine: Any = None

    @property
    def autoescape(self) -> bool:  # pyright: ignore  # an attribute there
        """`True`."""
        return True

    @autoescape.setter
    def autoescape(self, value: Any) -> None:
        if value is not True:
            raise AutoescapeError(
                f"An option or extension sets autoescape to {value!r}, which would let values get "
                "into pages without escaping. Leave it on, and put what shall not be escaped into "
                "{% autoescape false %} ... {% endautoescape %} or mark it as safe."
            )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return Parser(self, source, name, filename).parse()

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        # Not while parsing: what extracts messages reads the parsed template.
        mark_literals(source)
        return super()._generate(source, name, filename, defer_init)
