"""The Jinja2 backend: an engine is one environment, made when a template is first asked for."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, cast

import jinja2
from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property, lazy
from fastjango.core.imports import import_string
from fastjango.http.csrf import get_token
from fastjango.templates import installation
from fastjango.templates.backends.base import BaseEngine
from fastjango.templates.context import Context
from fastjango.templates.debugging import explain, syntax_error_info, syntax_error_text
from fastjango.templates.environment import AsyncRenderContext, Environment
from fastjango.templates.exceptions import (
    AutoescapeError,
    AwaitableInTemplateError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
)
from fastjango.templates.loaders import (
    AppDirectoriesLoader,
    ChainLoader,
    FilesystemLoader,
    TemplateMissing,
    make_loaders,
)
from fastjango.templates.origin import Origin as Origin
from fastjango.templates.template import Template
from fastjango.templates.undefined import LenientUndefined, StrictUndefined, suggest
from fastjango.values.html import format_html
from fastjango.values.safestring import SafeString

__all__ = ["Jinja2", "Origin", "Template", "csrf_input"]

_OWN_OPTIONS = frozenset(
    {
        "builtins",
        "context_processors",
        "debug",
        "enable_async",
        "environment",
        "file_charset",
        "filters",
        "globals",
        "libraries",
        "loaders",
        "string_if_invalid",
        "tests",
    }
)


def csrf_input(request: Any) -> SafeString:
    """Return the hidden field with the token against forged requests."""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


_lazy_input = lazy(csrf_input, SafeString, str)
_lazy_token = lazy(get_token, str)


class Jinja2(BaseEngine):
    """An engine that renders Jinja2 templates.

    Args:
        params: An entry of `TEMPLATES` without `BACKEND`. `OPTIONS` takes everything that
            `jinja2.Environment` takes but `autoescape=False`, and `context_processors`, `loaders`,
            `environment`, `filters`, `globals`, `tests`, `file_charset`, `enable_async`, `debug`.

    Raises:
        ImproperlyConfigured: An option is not known.
        AutoescapeError: Escaping is to be switched off.
    """

    app_dirnames: ClassVar[tuple[str, ...]] = ("jinja2", "templates")

    def __init__(self, params: Mapping[str, Any]) -> None:
        params = dict(params)
        options: dict[str, Any] = dict(params.pop("OPTIONS", {}))
        super().__init__(params)
        self._check_options(options)
        self.context_processors: Sequence[Any] = options.pop("context_processors", ())
        self.enable_async: bool = bool(options.pop("enable_async", False))
        self.file_charset: str = options.pop("file_charset", "utf-8")
        self.debug: bool = bool(options.pop("debug", settings.DEBUG))
        self._loader_entries: Sequence[Any] | None = options.pop("loaders", None)
        self._extra: dict[str, dict[str, Any]] = {
            name: dict(options.pop(name, {})) for name in ("filters", "globals", "tests")
        }
        options.pop("string_if_invalid", None)
        for unused in ("libraries", "builtins"):
            options.pop(unused, None)
        self.options = options
        self._lock = threading.Lock()
        self._kept: dict[str, Template] = {}

    def _check_options(self, options: Mapping[str, Any]) -> None:
        if options.get("autoescape", True) is not True:
            raise AutoescapeError(
                f"OPTIONS of the template engine {self.name!r} set autoescape to "
                f"{options['autoescape']!r}. Templates always escape: leave the option out, and "
                "put what shall not be escaped into {% autoescape false %} ... "
                "{% endautoescape %}."
            )
        if options.get("string_if_invalid"):
            raise ImproperlyConfigured(
                "'string_if_invalid' has no meaning in Jinja2. Missing variables are errors while "
                "DEBUG is on; 'undefined' takes a class that does something else."
            )
        if self.app_dirs and options.get("loaders") is not None:
            raise ImproperlyConfigured("app_dirs must not be set when loaders is defined.")
        known = {*inspect.signature(jinja2.Environment).parameters, *_OWN_OPTIONS}
        for name in options:
            if name not in known and "environment" not in options:
                raise ImproperlyConfigured(
                    f"OPTIONS of the template engine {self.name!r} have the unknown option "
                    f"{name!r}.{suggest(name, known)}"
                )

    # --- the environment ----------------------------------------------------------------

    @cached_property
    def template_loaders(self) -> list[Any]:
        """The loaders, in the order in which they are asked."""
        if self._loader_entries is not None:
            return make_loaders(self, self._loader_entries)
        found: list[Any] = [FilesystemLoader(self)]
        if self.app_dirs:
            found.append(AppDirectoriesLoader(self))
        return found

    @property
    def env(self) -> jinja2.Environment:
        """The environment; it is made when this is first looked at."""
        made = self.__dict__.get("_env")
        if made is None:
            with self._lock:
                made = self.__dict__.get("_env")
                if made is None:
                    made = self.__dict__["_env"] = self._make_environment()
        return cast("jinja2.Environment", made)

    def _make_environment(self) -> jinja2.Environment:
        options = dict(self.options)
        factory = options.pop("environment", Environment)
        if isinstance(factory, str):
            factory = Environment if factory == "jinja2.Environment" else import_string(factory)
        options["autoescape"] = True
        options.setdefault("auto_reload", self.debug)
        options.setdefault("undefined", StrictUndefined if self.debug else LenientUndefined)
        options.setdefault("cache_size", -1)
        extensions = list(options.pop("extensions", ()))
        if "loader" not in options:
            options["loader"] = ChainLoader(self.template_loaders, watched=options["auto_reload"])
        environment: Any = factory(**options)
        installation.install(environment, self, extensions, self._extra)
        if environment.autoescape is not True:
            raise AutoescapeError(
                f"The environment of the template engine {self.name!r} sets autoescape to "
                f"{environment.autoescape!r}. Templates always escape: pass the options that the "
                "factory gets on to jinja2.Environment."
            )
        return cast("jinja2.Environment", environment)

    @cached_property
    def async_env(self) -> jinja2.Environment:
        """The environment whose templates await what they call."""
        environment = self.env.overlay(enable_async=True)
        environment.context_class = AsyncRenderContext
        return environment

    # --- templates ----------------------------------------------------------------------

    def from_string(self, template_code: str) -> Template:
        """Return the template of a source.

        Raises:
            TemplateSyntaxError: It cannot be compiled.
        """
        return Template(template_code, Origin("<template>"), engine=self)

    def compile(self, source: str, *, is_async: bool = False) -> Any:
        """Compile a source; see `from_string()`."""
        environment = self.async_env if is_async else self.env
        try:
            compiled: Any = environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            self._syntax_error(error)
        compiled.source = source
        return compiled

    def get_template(self, template_name: Any) -> Template:
        """Return the template of a name; `page.html#name` is a block or partial of it.

        Raises:
            TemplateDoesNotExist: There is none.
            TemplateSyntaxError: It cannot be compiled.
        """
        kept = self._kept.get(template_name)
        if kept is not None:
            return kept
        full_name = str(template_name)
        name, _, fragment = full_name.partition("#")
        compiled = self.load(name)
        template = Template.wrap(compiled, self, fragment or None)
        # Fragments that are not there may be a client's, and without end.
        if not self.env.auto_reload and (not fragment or fragment in compiled.blocks):
            self._kept[full_name] = template
        return template

    def select_template(self, template_name_list: Sequence[str]) -> Template:
        """Return the first of several templates that exists.

        Raises:
            TemplateDoesNotExist: There is none.
        """
        missing: list[TemplateDoesNotExist] = []
        for name in template_name_list:
            try:
                return self.get_template(name)
            except TemplateDoesNotExist as error:
                missing.append(error)
        names = ", ".join(template_name_list) or "No template names provided"
        raise TemplateDoesNotExist(names, chain=missing, backend=self)

    def load(self, name: str, *, is_async: bool = False) -> Any:
        """Return the compiled template of a name; see `get_template()`."""
        environment = self.async_env if is_async else self.env
        try:
            return environment.get_template(name)
        except jinja2.TemplateNotFound as error:
            raise self.missing(error) from error
        except jinja2.TemplateSyntaxError as error:
            self._syntax_error(error)

    def missing(self, error: jinja2.TemplateNotFound) -> TemplateDoesNotExist:
        """Return our error for Jinja2's, with the places and the nearest name."""
        tried = error.tried if isinstance(error, TemplateMissing) else ()
        name = str(error.name or error.message)
        choices: Sequence[str] = ()
        if self.debug and self.env.loader is not None:
            try:
                choices = self.env.list_templates()
            except TypeError:  # a loader that cannot list
                choices = ()
        found = TemplateDoesNotExist(name, tried=tried, backend=self, choices=choices)
        if not tried:
            found.add_note(
                f"The template engine {self.name!r} has no place to look for {name!r}. Set DIRS or "
                "APP_DIRS of its entry in TEMPLATES."
            )
        return found

    def _syntax_error(self, error: jinja2.TemplateSyntaxError) -> NoReturn:
        place = f" (line {error.lineno} of {error.name or 'the template'})"
        found = TemplateSyntaxError(syntax_error_text(error, self.env) + place)
        found.template_debug = syntax_error_info(error)
        raise found from error

    # --- rendering ----------------------------------------------------------------------

    @cached_property
    def template_context_processors(self) -> tuple[Callable[[Any], Any], ...]:
        """The context processors: those that installed apps contribute, then the option's."""
        return installation.context_processors(self.context_processors)

    def variables(self, context: Any, request: Any) -> tuple[dict[str, Any], list[Any]]:
        """Return a template's variables, and what context processors want awaited.

        The view's variables stand over those of processors.

        Raises:
            TypeError: The context is no mapping.
        """
        if isinstance(context, Context):
            request = context.request if request is None else request
            context = context.template_variables()
        elif context is not None and not isinstance(context, Mapping):
            raise TypeError(f"context must be a dict rather than {context.__class__.__name__}.")
        if request is None:
            return cast("dict[str, Any]", context if context is not None else {}), []
        base: dict[str, Any] = {
            "request": request,
            "csrf_input": _lazy_input(request),
            "csrf_token": _lazy_token(request),
        }
        waiting: list[Any] = []
        for processor in self.template_context_processors:
            added = processor(request)
            if isinstance(added, dict):
                base.update(cast("dict[str, Any]", added))
            else:
                waiting.append(added)
        if context:
            base.update(cast("Mapping[str, Any]", context))
        return base, waiting

    def refuse_waiting(self, waiting: Sequence[Any]) -> None:
        """Refuse asynchronous context processors in a synchronous rendering.

        Raises:
            AwaitableInTemplateError: There are some.
        """
        for added in waiting:
            if not inspect.isawaitable(added):
                raise TypeError(
                    "A context processor returned "
                    f"{added.__class__.__name__}; it has to return a dict."
                )
            close = getattr(added, "close", None)
            if close is not None:
                close()
        if waiting:
            raise AwaitableInTemplateError(
                "A context processor is asynchronous, and the template is rendered synchronously. "
                "Render it with `await arender(...)` or turn the engine's option 'enable_async' on."
            )

    def fail(self) -> NoReturn:
        """Raise the error of a rendering again: ours for Jinja2's, with the template's line."""
        error = cast("BaseException", sys.exc_info()[1])
        explain(error, self.env)
        if isinstance(error, jinja2.TemplateSyntaxError):
            self._syntax_error(error)
        if isinstance(error, jinja2.TemplateNotFound):
            found = self.missing(error)
            found.template_debug = getattr(error, "template_debug", None)  # type: ignore[attr-defined]  # pyright: ignore
            raise found from error
        self.env.handle_exception()
