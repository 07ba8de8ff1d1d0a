"""The command `testserver`."""

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.management import call_command
from fastjango.testing.management.commands import testserver


def test_it_serves_a_test_database(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def create(**options: Any) -> str:
        calls.append(("create", options["autoclobber"]))
        return "test_db"

    creation = SimpleNamespace(create_test_db=create)
    orm: Any = SimpleNamespace(connection=SimpleNamespace(creation=creation))
    asgi: Any = SimpleNamespace(get_asgi_application=lambda: "app")
    monkeypatch.setitem(sys.modules, "fastjango.orm", orm)
    monkeypatch.setitem(sys.modules, "fastjango.http.asgi", asgi)
    monkeypatch.setattr(testserver, "call_command", lambda *args, **options: calls.append(args))
    monkeypatch.setattr(
        testserver.uvicorn,
        "run",
        lambda app, host, port, **options: calls.append((app, host, port)),
    )
    out = io.StringIO()
    command = testserver.Command(stdout=out)
    call_command(
        command, "one.json", interactive=False, addrport="127.0.0.1:7000", skip_checks=True
    )
    assert calls == [("create", True), ("loaddata", "one.json"), ("app", "127.0.0.1", 7000)]
    assert "http://127.0.0.1:7000/ on the database 'test_db'" in out.getvalue()
