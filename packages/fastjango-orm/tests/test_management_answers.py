"""What the ORM answers to the hooks of the kernel's commands."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.hooks import Hook
from fastjango.core.management import BaseCommand, call_command
from fastjango.core.management.base import (
    check_migrations,
    command_finished,
    shell_imports,
    wrap_in_transaction,
)
from fastjango.orm.engine import handler
from fastjango.orm.management import answers


@pytest.fixture(autouse=True)
def registered() -> Any:
    hooks: list[Hook[..., Any]] = [
        command_finished,
        check_migrations,
        wrap_in_transaction,
        shell_imports,
    ]
    before = [(hook, hook.frozen, list(hook)) for hook in hooks]
    for hook in hooks:
        hook.frozen = False
    answers.register()
    yield
    for hook, frozen, implementations in before:
        for implementation in list(hook):
            if implementation not in implementations:
                hook.unregister(implementation)
        hook.frozen = frozen


class Sql(BaseCommand):
    requires_system_checks = ()
    output_transaction = True
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> str:
        return "SELECT 1;"


def test_sql_is_wrapped_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "fastjango.orm.migrations.executor.MigrationExecutor", lambda connection: executor([])
    )
    out = io.StringIO()
    call_command(Sql(), stdout=out)
    assert out.getvalue() == "BEGIN;\nSELECT 1;\nCOMMIT;\n"


def executor(plan: list[Any]) -> Any:
    graph = SimpleNamespace(leaf_nodes=lambda: [("shop", "0002")])
    return SimpleNamespace(
        loader=SimpleNamespace(graph=graph),
        migration_plan=lambda targets: plan if targets == [("shop", "0002")] else None,
    )


def test_unapplied_migrations_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = [(SimpleNamespace(app_label=label), False) for label in ("shop", "blog", "shop")]
    monkeypatch.setattr(
        "fastjango.orm.migrations.executor.MigrationExecutor", lambda connection: executor(plan)
    )
    out = io.StringIO()
    call_command(Sql(), stdout=out, no_color=True)
    assert (
        "You have 3 unapplied migration(s). Your project may not work properly until you apply the "
        "migrations for app(s): blog, shop.\nRun 'python manage.py migrate' to apply them.\n"
    ) in out.getvalue()


def test_a_database_that_cannot_be_asked_stops_no_command(tmp_path: Path) -> None:
    nowhere = {"ENGINE": "sqlite3", "NAME": str(tmp_path / "nowhere" / "db.sqlite3")}
    handler.connections.reconfigure({"default": nowhere})
    out = io.StringIO()
    try:
        call_command(Sql(), stdout=out, no_color=True)
    finally:
        handler.connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
    assert out.getvalue() == (
        "\nWhether all migrations are applied is not known, as the database cannot be asked: "
        "unable to open database file\nBEGIN;\nSELECT 1;\nCOMMIT;\n"
    )


@pytest.mark.parametrize("was_open", [True, False])
def test_a_connection_opened_to_ask_is_closed(tmp_path: Path, was_open: bool) -> None:
    file = {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    handler.connections.reconfigure({"default": file})
    try:
        connection = handler.connections["default"]
        if was_open:
            connection.ensure_connection()
        check_migrations.call(command=Sql(stdout=io.StringIO()))
        assert (connection.connection is not None) is was_open
    finally:
        handler.connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})


def test_connections_are_closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(
        handler, "connections", SimpleNamespace(close_all=lambda: closed.append(True))
    )
    command_finished.call()
    assert closed == [True]
    monkeypatch.delitem(sys.modules, "fastjango.orm.engine.handler")
    command_finished.call()
    assert closed == [True]


def test_the_shell_gets_the_daily_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.core import apps
    from fastjango.core.management.commands import shell

    # Models of other test modules cannot be imported by name.
    monkeypatch.setattr(apps, "get_models", lambda *args, **kwargs: [])

    out = io.StringIO()
    namespace = shell.Command(stdout=out, stderr=out).get_namespace(verbosity=0)
    assert {"connection", "reset_queries", "models", "functions"} <= set(namespace)
    assert out.getvalue() == ""
