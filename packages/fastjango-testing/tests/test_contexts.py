"""Changes that last for a test."""

import gc
import logging
import sys
import time
import unittest
import warnings
import weakref
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core import AppConfig, apps
from fastjango.core.conf import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.testing import contexts
from fastjango.testing.apps import TestingConfig


class Recording(contexts.TestContextDecorator):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.log: list[str] = []

    def enable(self) -> str:
        self.log.append("on")
        return "context"

    def disable(self) -> None:
        self.log.append("off")


class TestDecorators:
    def test_context_manager(self) -> None:
        change = Recording()
        with change as value:
            assert (value, change.log) == ("context", ["on"])
        assert change.log == ["on", "off"]

    async def test_functions(self) -> None:
        change = Recording(kwarg_name="given")

        @change
        def sync(given: str) -> str:
            return given

        @change
        async def asynchronous(given: str) -> str:
            return given

        assert sync() == "context"
        assert await asynchronous() == "context"
        assert change.log == ["on", "off"] * 2

    def test_classes(self) -> None:
        change = Recording(attr_name="given")

        @change
        class Tests(unittest.TestCase):
            def setUp(self) -> None:
                assert self.given == "context"  # type: ignore[attr-defined]

            def test_it(self) -> None: ...

        result = unittest.TestResult()
        Tests("test_it").run(result)
        assert result.wasSuccessful(), result.errors
        assert change.log == ["on", "off"]

    def test_refusals(self) -> None:
        with pytest.raises(TypeError, match=r"Can only decorate subclasses of unittest\.TestCase"):
            Recording()(object)
        with pytest.raises(TypeError, match="Cannot decorate object of type <class 'int'>"):
            Recording()(5)
        base = contexts.TestContextDecorator()
        for step in (base.enable, base.disable):
            with pytest.raises(NotImplementedError):
                step()


def test_approximate() -> None:
    assert contexts.Approximate(1.0) == 1.00000001
    assert contexts.Approximate(1.0, places=1) != 1.2
    assert repr(contexts.Approximate(1)) == "1"


def test_context_list() -> None:
    found = contexts.ContextList([{"a": 1}, {"b": 2}])
    assert found["b"] == 2
    assert found[0] == {"a": 1}
    assert "a" in found
    assert "c" not in found
    assert found.get("c", 3) == 3
    assert found.get("a") == 1
    assert found.keys() == {"a", "b"}
    with pytest.raises(KeyError):
        found["c"]


def test_override_system_checks() -> None:
    from fastjango.core.checks import registry

    def check(**kwargs: Any) -> list[Any]:
        return []

    def deploy(**kwargs: Any) -> list[Any]:
        return []

    before = registry.registered_checks, registry.deployment_checks
    with contexts.override_system_checks([check], [deploy]):
        assert list(registry.registered_checks) == [check]
        assert list(registry.deployment_checks) == [deploy]
    with contexts.override_system_checks([check]):
        assert registry.deployment_checks is before[1]
    assert (registry.registered_checks, registry.deployment_checks) == before


def test_override_script_prefix() -> None:
    from fastjango.http.urls import get_script_prefix

    before = get_script_prefix()
    with contexts.override_script_prefix("/below/"):
        assert get_script_prefix() == "/below/"
    assert get_script_prefix() == before


def test_ignore_warnings() -> None:
    with contexts.ignore_warnings(category=UserWarning):
        warnings.warn("ignored", stacklevel=1)
    with contexts.ignore_warnings(message="only this"):
        warnings.warn("only this", stacklevel=1)
        with pytest.raises(UserWarning, match="other"):
            warnings.warn("other", stacklevel=1)


def test_extend_sys_path() -> None:
    with contexts.extend_sys_path("/somewhere", "/else"):
        assert sys.path[-2:] == ["/somewhere", "/else"]
    assert "/somewhere" not in sys.path


def test_isolate_lru_cache() -> None:
    @lru_cache
    def cached() -> object:
        return object()

    first = cached()
    with contexts.isolate_lru_cache(cached):
        second = cached()
    assert len({first, second, cached()}) == 3


def test_captured_streams() -> None:
    with contexts.captured_stdout() as out, contexts.captured_stderr() as err:
        print("out")
        print("err", file=sys.stderr)
    assert (out.getvalue(), err.getvalue()) == ("out\n", "err\n")
    with contexts.captured_stdin() as stdin:
        stdin.write("typed\n")
        stdin.seek(0)
        assert input() == "typed"


def test_freeze_time() -> None:
    with contexts.freeze_time(5):
        assert time.time() == 5
    assert time.time() > 5


def test_require_jinja2() -> None:
    pytest.importorskip("jinja2")

    @contexts.require_jinja2
    def engines() -> Any:
        return [engine["BACKEND"].rpartition(".")[2] for engine in settings.TEMPLATES]

    assert engines() == ["DjangoTemplates", "Jinja2"]


def test_logging_capture() -> None:
    class Base:
        def setUp(self) -> None: ...

    class Tests(contexts.LoggingCaptureMixin, Base): ...

    logger = logging.getLogger("fastjango")
    handler = logging.StreamHandler()
    logger.addHandler(handler)
    logger.handlers.insert(0, logger.handlers.pop())
    stream = handler.stream
    try:
        tests = Tests()
        tests.setUp()
        logger.error("caught")
        tests.tearDown()
        assert tests.logger_output.getvalue() == "caught\n"
        assert handler.stream is stream
    finally:
        logger.removeHandler(handler)


def test_tags() -> None:
    @contexts.tag("slow")
    @contexts.tag("core", "slow")
    class Tests: ...

    tagged: Any = Tests
    assert tagged.tags == {"slow", "core"}


def test_garbage_collect(monkeypatch: pytest.MonkeyPatch) -> None:
    class Node: ...

    node = Node()
    node.me = node  # type: ignore[attr-defined]
    gone = weakref.ref(node)
    del node
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="pypy"))
    contexts.garbage_collect()
    assert gone() is None
    assert gc.isenabled()


def test_isolate_apps() -> None:
    options = pytest.importorskip("fastjango.orm.options").Options
    before = options.default_apps
    with contexts.isolate_apps() as registry:
        assert options.default_apps is registry
        assert registry is not before
    assert options.default_apps is before


def test_isolate_apps_means_the_installed_app_where_a_plugin_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastjango.orm.options")
    (tmp_path / "signals").mkdir()
    (tmp_path / "signals" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="'signals' in INSTALLED_APPS is the plugin"):
        contexts.isolate_apps("signals").enable()
    monkeypatch.setitem(apps.app_configs, "signals", AppConfig.create("signals"))
    with contexts.isolate_apps("signals") as registry:
        (config,) = registry.get_app_configs()
        assert (config.name, config.plugin) == ("signals", None)
    monkeypatch.delitem(sys.modules, "signals")


def test_app() -> None:
    assert TestingConfig.label == "testing"
