"""System checks."""

from types import SimpleNamespace

import pytest
from fastjango.core import AppConfig, Registry, checks
from fastjango.core.checks import (
    CheckMessage,
    CheckRegistry,
    Critical,
    Debug,
    Error,
    Info,
    Tags,
    Warning,
    check_async_unsafe,
    check_debug,
    check_secrets,
)

LEVELS = {Debug: 10, Info: 20, Warning: 30, Error: 40, Critical: 50}


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr("fastjango.core.registry.apps", Registry())
    return CheckRegistry()


@pytest.mark.parametrize(("cls", "level"), LEVELS.items())
def test_messages(cls, level):
    message = cls("bad", hint="mend", obj="x", id="a.E1")
    assert (message.level, message.is_serious()) == (level, level >= 40)
    assert message.is_serious(level)
    assert not message.is_serious(level + 1)
    assert str(message) == "x: (a.E1) bad\n\tHINT: mend"
    assert message == cls("bad", "mend", "x", "a.E1")
    assert message != cls("bad")
    assert message != "bad"
    assert repr(message) == (
        f"<{cls.__name__}: level={level}, msg='bad', hint='mend', obj='x', id='a.E1'>"
    )


def test_message_texts_without_parts():
    assert str(CheckMessage(40, "bad")) == "?: bad"
    model = type("Book", (), {"_meta": SimpleNamespace(label="shelf.Book")})
    assert str(Error("bad", obj=model)) == "shelf.Book: bad"
    with pytest.raises(TypeError, match="The first argument should be level"):
        CheckMessage("ERROR", "bad")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Error("x"))


def test_silenced(configured):
    configured(SILENCED_SYSTEM_CHECKS=["a.E1"])
    assert Error("x", id="a.E1").is_silenced()
    assert not Error("x", id="a.E2").is_silenced()


def test_registering(configured, registry):
    @registry.register("one", "two")
    def tagged(app_configs, **kwargs):
        return [Error("tagged", obj=(app_configs, kwargs))]

    @registry.register(deploy=True)
    def deploy(**kwargs):
        return [Info("deploy")]

    def plain(**kwargs):
        return (Warning("plain"),)

    assert registry.register(plain, "three") is plain
    assert registry.register()(plain) is plain
    assert tagged.tags == ("two", "one")
    assert registry.tag_exists("one")
    assert not registry.tag_exists("four")
    assert [m.msg for m in registry.run_checks()] == ["tagged", "plain"]
    assert [m.msg for m in registry.run_checks(include_deployment_checks=True)][2:] == ["deploy"]
    assert [m.msg for m in registry.run_checks(tags=["two"])] == ["tagged"]
    assert registry.run_checks(["app"], tags=["two"], databases=["other"])[0].obj == (
        ["app"],
        {"databases": ["other"]},
    )


def test_functions_must_take_keywords_and_return_lists(configured, registry):
    with pytest.raises(TypeError, match=r"must accept keyword arguments \(\*\*kwargs\)"):
        registry.register(lambda app_configs: [])
    registry.register(lambda **kwargs: None)
    with pytest.raises(TypeError, match="did not return a list"):
        registry.run_checks()


def test_database_checks_need_an_alias(configured, registry):
    configured(DATABASES={"a": {}, "b": {}})

    @registry.register(Tags.database)
    def database(databases, **kwargs):
        return [Info(",".join(databases))]

    assert registry.run_checks() == []
    assert [m.msg for m in registry.run_checks(tags=["database"])] == ["a,b"]
    assert [m.msg for m in registry.run_checks(databases=["b"])] == ["b"]


def test_checks_of_apps_come_and_go_with_them(configured, registry, package):
    package({"shelf/__init__.py": ""})

    class Shelf(AppConfig):
        name = "shelf"

        def checks(self):
            return [self.look]

        def look(self, **kwargs):
            return [Error("from the app")]

    apps = Registry([Shelf.build("shelf")])
    assert [m.msg for m in registry.run_checks(registry=apps)] == ["from the app"]
    assert registry.run_checks(registry=Registry()) == []
    assert registry.run_checks(registry=Registry(None)) == []


def test_secrets(configured):
    assert check_secrets() == []
    configured(
        SECRET_KEY="x" * 60, SECRET_KEY_FALLBACKS=[b"fastjango-insecure-" + b"abcdefgh" * 9, "k"]
    )
    found = check_secrets()
    assert [m.id for m in found] == ["security.W009", "security.W025", "security.W025"]
    assert "SECRET_KEY_FALLBACKS[1] has less than 50 characters" in found[2].msg
    configured(SECRET_KEY="")
    assert [m.id for m in check_secrets()] == ["security.W009"]


def test_async_unsafe(monkeypatch):
    monkeypatch.delenv("FASTJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    assert check_async_unsafe() == []
    monkeypatch.setenv("FASTJANGO_ALLOW_ASYNC_UNSAFE", "1")
    assert check_async_unsafe() == [
        Error(
            "You should not set the FASTJANGO_ALLOW_ASYNC_UNSAFE environment variable in "
            "deployment. This disables async safety protection.",
            id="async.E001",
        )
    ]


def test_debug(configured):
    assert check_debug() == []
    configured(DEBUG=True)
    assert [m.id for m in check_debug()] == ["security.W018"]
    assert {check_debug, check_secrets} <= set(checks.registry.deployment_checks)
