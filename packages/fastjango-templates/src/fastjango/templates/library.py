"""`Library`: an app's own filters and tags, registered as in `django.template`.

The modules of an app's `templatetags` package each have one, called `register`. What they register
is there in every template, without `{% load %}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn

import jinja2
from fastjango.core import apps
from fastjango.core.imports import module_has_submodule
from fastjango.templates.exceptions import TemplatesError
from fastjango.values.safestring import mark_safe

__all__ = ["InvalidTemplateLibrary", "Library", "find_libraries"]


class InvalidTemplateLibrary(TemplatesError):
    """A module of template tags cannot be used."""


class Library:
    """Filters and tags of an app.

    Attributes:
        filters: Filters by name.
        functions: Simple tags by name: functions in templates, and tags.
        block_tags: Names of the tags that have content.
    """

    def __init__(self) -> None:
        self.filters: dict[str, Callable[..., Any]] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.block_tags: set[str] = set()

    def filter(
        self, name: Any = None, filter_func: Callable[..., Any] | None = None, **flags: Any
    ) -> Any:
        """Register a filter, as a call or as a decorator: `@register.filter(is_safe=True)`.

        Args:
            name: Its name in templates, that of the function by default.
            filter_func: The function.
            flags: `is_safe`, `needs_autoescape` and `expects_localtime`.

        Raises:
            ValueError: The arguments fit none of the ways to call it.
        """
        if name is None and filter_func is None:
            return partial(self.filter_function, **flags)
        if filter_func is None:
            if callable(name):
                return self.filter_function(name, **flags)
            return partial(self.filter, name, **flags)
        if name is None:
            raise ValueError(
                f"Unsupported arguments to Library.filter: ({name!r}, {filter_func!r})"
            )
        for flag in ("expects_localtime", "is_safe", "needs_autoescape"):
            if flag in flags:
                setattr(filter_func, flag, flags[flag])
                original: Any = getattr(filter_func, "__wrapped__", None)
                if original is not None:
                    setattr(original, flag, flags[flag])
        self.filters[name] = filter_func
        return filter_func

    def filter_function(self, func: Callable[..., Any], **flags: Any) -> Callable[..., Any]:
        """Register a filter under the name of its function."""
        self.filter(func.__name__, func, **flags)
        return func

    def simple_tag(
        self,
        func: Callable[..., Any] | None = None,
        takes_context: bool = False,
        name: str | None = None,
    ) -> Any:
        """Register a function whose result a tag prints.

        Args:
            func: The function.
            takes_context: Whether its first parameter is the template's context.
            name: The tag's name, that of the function by default.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            called = _with_context(function) if takes_context else function
            self.functions[name or function.__name__] = called
            return function

        return register if func is None else register(func)

    def simple_block_tag(
        self,
        func: Callable[..., Any] | None = None,
        takes_context: bool = False,
        name: str | None = None,
        end_name: str | None = None,
    ) -> Any:
        """Register a function that gets the content between a tag and its `end` tag as text.

        Raises:
            ValueError: The end tag shall have another name than `end` and the tag's.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            tag = name or function.__name__
            if end_name not in (None, f"end{tag}"):
                raise ValueError(f"The tag {tag!r} ends with 'end{tag}', not with {end_name!r}.")
            self.functions[tag] = _block_function(function, takes_context)
            self.block_tags.add(tag)
            return function

        return register if func is None else register(func)

    def inclusion_tag(
        self,
        filename: Any,
        func: Callable[..., Any] | None = None,
        takes_context: bool = False,
        name: str | None = None,
    ) -> Any:
        """Register a function whose result is the context of another template.

        Args:
            filename: The name of that template.
            func: The function, which returns a dictionary.
            takes_context: Whether its first parameter is the template's context.
            name: The tag's name, that of the function by default.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            @jinja2.pass_context
            def included(context: Any, *args: Any, **kwargs: Any) -> Any:
                given = (context, *args) if takes_context else args
                values = dict(function(*given, **kwargs))
                if "csrf_token" in context:
                    values.setdefault("csrf_token", context["csrf_token"])
                    values.setdefault("csrf_input", context.get("csrf_input", ""))
                environment = context.environment
                template = environment.get_template(filename)
                if environment.is_async:
                    return _safe(template.render_async(values))
                return mark_safe(template.render(values))

            self.functions[name or function.__name__] = included
            return function

        return register if func is None else register(func)

    def tag(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: nodes of Django's template language mean nothing to Jinja2.

        Raises:
            InvalidTemplateLibrary: Always.
        """
        raise InvalidTemplateLibrary(
            "Library.tag() takes a function that compiles nodes of Django's template language, "
            "which FastJango does not have. Use simple_tag(), simple_block_tag() or "
            "inclusion_tag(), or write a Jinja2 extension and name it in the engine's option "
            "'extensions'."
        )


async def _safe(rendering: Any) -> Any:
    return mark_safe(await rendering)


def _with_context(function: Callable[..., Any]) -> Callable[..., Any]:
    @jinja2.pass_context
    def called(context: Any, *args: Any, **kwargs: Any) -> Any:
        return function(context, *args, **kwargs)

    return called


def _block_function(function: Callable[..., Any], takes_context: bool) -> Callable[..., Any]:
    @jinja2.pass_context
    def called(context: Any, *args: Any, caller: Any, **kwargs: Any) -> Any:
        before = (context,) if takes_context else ()
        content = caller()
        if context.environment.is_async:
            return _acalled(function, context, before, content, args, kwargs)
        return _shown(context, function(*before, mark_safe(content), *args, **kwargs))

    return called


async def _acalled(
    function: Callable[..., Any], context: Any, before: Any, content: Any, args: Any, kwargs: Any
) -> Any:
    return _shown(context, function(*before, mark_safe(await content), *args, **kwargs))


def _shown(context: Any, value: Any) -> Any:
    """Escape what a block tag returns, as Jinja2 does not; the content it got is safe."""
    from fastjango.values.html import conditional_escape

    return conditional_escape(value) if context.eval_ctx.autoescape else str(value)


def find_libraries() -> Iterator[tuple[str, Library]]:
    """Yield the libraries of the installed apps with the dotted path of their modules.

    Raises:
        InvalidTemplateLibrary: A module has a `register` that is something else.
    """
    if not apps.apps_ready:
        return
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "templatetags"):
            continue
        package = import_module(f"{config.name}.templatetags")
        for found in iter_modules(getattr(package, "__path__", [])):
            path = f"{package.__name__}.{found.name}"
            register = getattr(import_module(path), "register", None)
            if register is None:
                continue
            if not isinstance(register, Library):
                raise InvalidTemplateLibrary(
                    f"{path}.register is a {type(register).__name__}, not a Library. Make it by "
                    "`from fastjango.templates import Library` and `register = Library()`."
                )
            yield path, register
