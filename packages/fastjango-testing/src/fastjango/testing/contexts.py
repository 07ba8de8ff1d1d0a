"""Changes that last for a test: as decorators of functions and classes, and context managers."""

import gc
import logging
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from inspect import iscoroutinefunction
from io import StringIO
from itertools import chain
from typing import Any, ClassVar, Final, TypeVar
from unittest import TestCase, skipIf, skipUnless

from fastjango.core.conf import override_settings as override_settings
from fastjango.testing.setting_lists import modify_settings as modify_settings

__all__ = [
    "TZ_SUPPORT",
    "Approximate",
    "ContextList",
    "LoggingCaptureMixin",
    "TestContextDecorator",
    "captured_output",
    "captured_stderr",
    "captured_stdin",
    "captured_stdout",
    "extend_sys_path",
    "freeze_time",
    "garbage_collect",
    "ignore_warnings",
    "isolate_apps",
    "isolate_lru_cache",
    "modify_settings",
    "override_script_prefix",
    "override_settings",
    "override_system_checks",
    "require_jinja2",
    "requires_tz_support",
    "tag",
]

T = TypeVar("T")

TZ_SUPPORT: Final = hasattr(time, "tzset")
"""Whether the platform can change the time zone of a running process."""

requires_tz_support: Final = skipUnless(
    TZ_SUPPORT,
    "This test relies on the ability to run a program in an arbitrary time zone, but your "
    "operating system isn't able to do that.",
)
"""Decorator: skip the test where the time zone of the process cannot be changed."""


class Approximate:
    """A number that equals those which differ from it beyond some decimal places only."""

    def __init__(self, val: Any, places: int = 7) -> None:
        self.val = val
        self.places = places

    def __repr__(self) -> str:
        return repr(self.val)

    def __eq__(self, other: object) -> bool:
        difference: Any = self.val - other
        return bool(self.val == other or round(abs(difference), self.places) == 0)

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # near numbers have no common hash


class ContextList(list[Any]):
    """The contexts of the templates of a response; a text key is looked up in all of them."""

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for context in self:
            if key in context:
                return context[key]
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of a key, `default` when no context has it."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return any(key in context for context in self)

    def keys(self) -> set[str]:
        """Return the keys of all contexts."""
        return set(chain.from_iterable(data for context in self for data in context))


class TestContextDecorator:
    """Base of changes that work as a context manager and as a decorator.

    Args:
        attr_name: On a class: the attribute of the test that gets what `enable` returned.
        kwarg_name: On a function: the keyword argument that gets it.
    """

    __test__ = False

    def __init__(self, attr_name: str | None = None, kwarg_name: str | None = None) -> None:
        self.attr_name = attr_name
        self.kwarg_name = kwarg_name

    def enable(self) -> Any:
        """Make the change."""
        raise NotImplementedError

    def disable(self) -> None:
        """Undo the change."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self.enable()

    def __exit__(self, *exc_info: object) -> None:
        self.disable()

    def decorate_class(self, cls: Any) -> Any:
        """Make the change before each test of a `unittest.TestCase` class.

        Raises:
            TypeError: The class is another one.
        """
        if not issubclass(cls, TestCase):
            raise TypeError("Can only decorate subclasses of unittest.TestCase")
        plain: Callable[..., None] = cls.setUp

        def set_up(test: TestCase) -> None:
            context = self.enable()
            test.addCleanup(self.disable)
            if self.attr_name:
                setattr(test, self.attr_name, context)
            plain(test)

        target: Any = cls
        target.setUp = set_up
        return target

    def decorate_callable(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Make the change round each call of a function, sync or async."""

        def named(context: Any) -> dict[str, Any]:
            return {self.kwarg_name: context} if self.kwarg_name else {}

        if iscoroutinefunction(func):

            @wraps(func)
            async def inner_async(*args: Any, **kwargs: Any) -> Any:
                with self as context:
                    return await func(*args, **kwargs, **named(context))

            return inner_async

        @wraps(func)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self as context:
                return func(*args, **kwargs, **named(context))

        return inner

    def __call__(self, decorated: Any) -> Any:
        if isinstance(decorated, type):
            return self.decorate_class(decorated)
        if callable(decorated):
            return self.decorate_callable(decorated)
        raise TypeError(f"Cannot decorate object of type {type(decorated)}")


class override_system_checks(TestContextDecorator):  # noqa: N801  # Django's name
    """Replace the registered system checks.

    Args:
        new_checks: The checks to run instead.
        deployment_checks: The deployment checks to run instead; None keeps them.
    """

    def __init__(
        self,
        new_checks: Iterable[Callable[..., Any]],
        deployment_checks: Iterable[Callable[..., Any]] | None = None,
    ) -> None:
        super().__init__()
        self.new_checks = new_checks
        self.deployment_checks = deployment_checks

    def enable(self) -> None:
        """Put the given checks in force."""
        from fastjango.core.checks import registry  # not all tests need it

        self.registry: Any = registry
        self.saved: tuple[Any, Any] = registry.registered_checks, registry.deployment_checks
        registry.registered_checks = type(self.saved[0])()
        for check in self.new_checks:
            self.registry.register(check, *getattr(check, "tags", ()))
        if self.deployment_checks is not None:
            registry.deployment_checks = type(self.saved[1])()
            for check in self.deployment_checks:
                self.registry.register(check, *getattr(check, "tags", ()), deploy=True)

    def disable(self) -> None:
        """Put the checks back."""
        self.registry.registered_checks, self.registry.deployment_checks = self.saved


class override_script_prefix(TestContextDecorator):  # noqa: N801  # Django's name
    """Change the path below which the site is mounted, as `reverse` sees it."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def enable(self) -> None:
        """Put the prefix in force."""
        from fastjango.http.urls import get_script_prefix, set_script_prefix

        self.old_prefix: str = get_script_prefix()
        set_script_prefix(self.prefix)

    def disable(self) -> None:
        """Put the old prefix back."""
        from fastjango.http.urls import set_script_prefix

        set_script_prefix(self.old_prefix)


class ignore_warnings(TestContextDecorator):  # noqa: N801  # Django's name
    """Ignore warnings; the arguments are those of `warnings.filterwarnings` or `simplefilter`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.ignore_kwargs = kwargs
        by_text = "message" in kwargs or "module" in kwargs
        self.filter_func: Callable[..., None] = (
            warnings.filterwarnings if by_text else warnings.simplefilter
        )

    def enable(self) -> None:
        """Ignore the warnings from now on."""
        self.catch_warnings: warnings.catch_warnings[None] = warnings.catch_warnings()
        self.catch_warnings.__enter__()
        self.filter_func("ignore", **self.ignore_kwargs)

    def disable(self) -> None:
        """Put the filters back."""
        self.catch_warnings.__exit__(*sys.exc_info())


class isolate_apps(TestContextDecorator):  # noqa: N801  # Django's name
    """Register the models defined meanwhile in a registry of their own.

    Args:
        installed_apps: The apps that the registry knows.
        kwargs: `attr_name` and `kwarg_name`, where decorated classes and functions get it.
    """

    def __init__(self, *installed_apps: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.installed_apps = installed_apps

    def enable(self) -> Any:
        """Put a fresh registry in force and return it."""
        from importlib import import_module

        from fastjango.core.config import AppConfig
        from fastjango.core.registry import Registry, apps

        # The registry of a model is chosen by its options; the ORM is there when models are.
        self.options: Any = import_module("fastjango.orm.options").Options
        self.old_apps: Any = self.options.default_apps
        # An installed app is meant by its path, even where a plugin has the same name.
        paths = {config.name for config in apps.app_configs.values()}
        registry = Registry(
            [AppConfig.create(name) if name in paths else name for name in self.installed_apps]
        )
        self.options.default_apps = registry
        return registry

    def disable(self) -> None:
        """Put the usual registry back."""
        self.options.default_apps = self.old_apps


@contextmanager
def extend_sys_path(*paths: str) -> Generator[None]:
    """Add folders to the import path."""
    saved = sys.path[:]
    sys.path.extend(paths)
    try:
        yield
    finally:
        sys.path = saved


@contextmanager
def isolate_lru_cache(lru_cache_object: Any) -> Generator[None]:
    """Clear an `lru_cache` before and after."""
    lru_cache_object.cache_clear()
    try:
        yield
    finally:
        lru_cache_object.cache_clear()


@contextmanager
def captured_output(stream_name: str) -> Generator[StringIO]:
    """Replace a stream of `sys` by one in memory and give that."""
    saved = getattr(sys, stream_name)
    stream = StringIO()
    setattr(sys, stream_name, stream)
    try:
        yield stream
    finally:
        setattr(sys, stream_name, saved)


def captured_stdout() -> Any:
    """Capture what is printed: a context manager that gives the text stream."""
    return captured_output("stdout")


def captured_stderr() -> Any:
    """Capture what is written to the error stream: a context manager that gives the stream."""
    return captured_output("stderr")


def captured_stdin() -> Any:
    """Replace the input: a context manager that gives the stream to write into and rewind."""
    return captured_output("stdin")


@contextmanager
def freeze_time(t: float) -> Generator[None]:
    """Make `time.time()` return one moment, in seconds since 1970.

    Modules that imported the function itself are not affected.
    """
    real = time.time
    time.time = lambda: t
    try:
        yield
    finally:
        time.time = real


def require_jinja2(test_func: T) -> T:
    """Add a Jinja engine to the settings for a test; skip the test where Jinja is missing."""
    skipping: Any = skipIf(find_spec("jinja2") is None, "this test requires jinja2")
    changed: T = override_settings(
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
            },
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "APP_DIRS": True,
                "OPTIONS": {"keep_trailing_newline": True},
            },
        ]
    )(skipping(test_func))
    return changed


class LoggingCaptureMixin:
    """Keep what the framework's logger writes in `logger_output`."""

    def setUp(self) -> None:  # unittest's name
        """Put a stream in memory under the logger's first handler."""
        self.logger: logging.Logger = logging.getLogger("fastjango")
        handler: Any = self.logger.handlers[0]
        self.old_stream: Any = handler.stream
        self.logger_output: StringIO = StringIO()
        handler.stream = self.logger_output

    def tearDown(self) -> None:  # unittest's name
        """Put the stream back."""
        handler: Any = self.logger.handlers[0]
        handler.stream = self.old_stream


def tag(*tags: str) -> Callable[[T], T]:
    """Give a test or a class of tests tags, by which runs can select them.

    With pytest each tag is a marker as well: `pytest -m slow`.
    """

    def decorator(obj: T) -> T:
        target: Any = obj
        target.tags = {*getattr(target, "tags", ()), *tags}
        return obj

    return decorator


def garbage_collect() -> None:
    """Collect what nobody refers to, weak references included."""
    gc.collect()
    if sys.implementation.name == "pypy":
        gc.collect()
