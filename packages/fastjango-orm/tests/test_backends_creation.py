"""Test databases of each kind: contents kept as text, old ones replaced, failures told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.orm import IntegrityError, OperationalError, connection, connections, models
from fastjango.orm.backends.base.creation import BaseDatabaseCreation
from fastjango.orm.engine.wrapper import NO_DB_ALIAS

MEMORY = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}


class MadeParent(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class MadeChild(models.Model):
    parent = models.ForeignKey(MadeParent, models.CASCADE)

    class Meta:
        app_label = "orm"


class MadeUnmanaged(models.Model):
    """A model of other databases: it has no table here, and no rows."""

    class Meta:
        app_label = "orm"
        required_db_vendor = "none of them"


@pytest.fixture
def creation(empty_database: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The creation of a database whose only models are these."""
    connections.reconfigure({"default": empty_database})
    shown = SimpleNamespace(get_models=lambda: [MadeChild, MadeParent, MadeUnmanaged])
    monkeypatch.setattr(apps, "get_app_configs", lambda: [shown])
    made = connection.creation
    monkeypatch.setattr(made, "prepare_schema", lambda verbosity: make_tables())
    yield made
    connections.reconfigure(MEMORY)


def make_tables() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(MadeParent)
        editor.create_model(MadeChild)
    parent = MadeParent.objects.create(name="p")
    MadeChild.objects.create(parent=parent)


@pytest.fixture(name="name")
def a_name(creation: Any, tmp_path: Path) -> Iterator[str]:
    """The name of the test database, which is dropped in the end."""
    entry = connection.settings_dict
    old = str(entry["NAME"])
    is_server = connection.vendor != "sqlite"
    wanted = f"test_{old}" if is_server else str(tmp_path / "test.sqlite3")
    entry["TEST"]["NAME"] = wanted
    yield wanted
    connection.close()
    entry["NAME"] = old
    if is_server:
        with connection._nodb_cursor() as cursor:
            for found in (wanted, f"{wanted}_1"):
                quoted = connection.ops.quote_name(found)
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
    entry["TEST"]["NAME"] = None


def rows() -> list[Any]:
    return list(MadeChild.objects.values_list("parent__name", flat=True))


def test_contents_come_back_from_text(creation: Any, name: str) -> None:
    creation.create_test_db(verbosity=0, autoclobber=True, serialize=True)
    text = connection._test_serialized_contents  # type: ignore[attr-defined]
    found = json.loads(text)
    assert {entry["model"] for entry in found} == {"orm.madeparent", "orm.madechild"}
    assert len(found) == 2
    MadeParent.objects.all().delete()
    assert rows() == []
    # The child comes first, and its parent after it.
    creation.deserialize_db_from_string(text)
    assert rows() == ["p"]
    MadeParent.objects.all().delete()
    alone = json.dumps([entry for entry in found if entry["model"] == "orm.madechild"])
    if connection.vendor != "mysql":  # whose constraints are looked at when they are switched on
        with pytest.raises(IntegrityError):
            creation.deserialize_db_from_string(alone)
        assert rows() == []


def test_an_old_database_is_asked_about(
    creation: Any, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = connection.settings_dict["NAME"]
    creation.create_test_db(verbosity=0, autoclobber=True)
    MadeParent.objects.create(name="from before")
    connection.close()
    connection.settings_dict["NAME"] = old
    asked: list[str] = []

    def answer(word: str) -> Any:
        return lambda prompt: asked.append(prompt) or word

    monkeypatch.setattr("builtins.input", answer("no"))
    with pytest.raises(SystemExit) as caught:
        creation.create_test_db(verbosity=0)
    assert caught.value.code == 1
    assert "Tests cancelled." in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", answer("yes"))
    creation.create_test_db(verbosity=1)
    assert "Destroying old test database for alias 'default'..." in capsys.readouterr().err
    assert MadeParent.objects.count() == 1
    assert [prompt.count(repr(name)) for prompt in asked] == [1, 1]


def test_a_kept_database_keeps_its_rows(
    creation: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = connection.settings_dict["NAME"]
    creation.create_test_db(verbosity=0, autoclobber=True)
    MadeParent.objects.create(name="kept")
    creation.destroy_test_db(old, verbosity=0, keepdb=True)
    monkeypatch.setattr(creation, "prepare_schema", lambda verbosity: None)
    assert creation.create_test_db(verbosity=0, keepdb=True) == name
    assert MadeParent.objects.filter(name="kept").exists()
    creation.clone_test_db("1", verbosity=0)
    creation.clone_test_db("1", verbosity=0, keepdb=True)
    other = creation.get_test_db_clone_settings("1")["NAME"]
    assert other == creation.worker_name(name, "1")
    creation.setup_worker_connection(1)
    assert MadeParent.objects.filter(name="kept").exists()
    connection.close()
    connection.settings_dict["NAME"] = name
    creation.destroy_test_db(suffix="1", verbosity=0)


def test_a_mirror_uses_the_others_database(creation: Any) -> None:
    creation.set_as_test_mirror({"NAME": "the other one"})
    assert connection.settings_dict["NAME"] == "the other one"


def test_what_the_server_refuses_ends_the_program(
    creation: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a file is not refused by a server")
    connection.settings_dict["TEST"]["CHARSET"] = "nothing_known"
    try:
        with pytest.raises(SystemExit) as caught:
            creation.create_test_db(verbosity=0, autoclobber=True)
    finally:
        connection.settings_dict["TEST"]["CHARSET"] = None
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("Got an error creating the test database: ")
    assert "nothing_known" in message


def refuse_drops(execute: Any, sql: str, *rest: Any) -> Any:
    """An execute wrapper: somebody else uses every database."""
    if sql.startswith("DROP DATABASE"):
        raise OperationalError("it is in use")
    return execute(sql, *rest)


def test_what_cannot_be_replaced_ends_the_program(
    creation: Any, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        Path(name).write_text("")

        def refuse(*args: Any, **kwargs: Any) -> None:
            raise OSError("it is in use")

        monkeypatch.setattr(Path, "unlink", refuse)
        with pytest.raises(SystemExit) as caught:
            creation.create_test_db(verbosity=0, autoclobber=True)
        assert caught.value.code == 2
        told = "Got an error deleting the old test database: it is in use"
        assert told in capsys.readouterr().err
        monkeypatch.undo()
        return
    creation.create_test_db(verbosity=0, autoclobber=True)
    creation.clone_test_db("1", verbosity=0)
    administration = connection.copy(NO_DB_ALIAS)
    with administration.execute_wrapper(refuse_drops):
        with pytest.raises(SystemExit) as caught:
            creation.clone_test_db("1", verbosity=0)
        assert caught.value.code == 2
        doing = "cloning" if connection.vendor == "postgresql" else "recreating"
        message = f"Got an error {doing} the test database: it is in use"
        assert message in capsys.readouterr().err
        connection.close()
        connection.settings_dict["NAME"] = old
        with pytest.raises(SystemExit) as caught:
            creation.create_test_db(verbosity=0, autoclobber=True)
        assert caught.value.code == 2
        message = "Got an error recreating the test database: it is in use"
        assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_copied_ends_the_program(
    creation: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("servers copy by themselves")
    creation.create_test_db(verbosity=0, autoclobber=True)
    Path(name).with_name("test_1.sqlite3").mkdir()
    with pytest.raises(SystemExit) as caught:
        creation.clone_test_db("1", verbosity=0)
    assert caught.value.code == 2
    assert "Got an error deleting the old test database: " in capsys.readouterr().err
    Path(name).with_name("test_1.sqlite3").rmdir()
    connection.close()
    connection.settings_dict["NAME"] = str(Path(name).parent / "missing" / "test.sqlite3")
    with pytest.raises(SystemExit) as caught:
        creation.clone_test_db("1", verbosity=0)
    assert caught.value.code == 2
    assert "Got an error cloning the test database: " in capsys.readouterr().err


def test_a_database_without_clones_says_so() -> None:
    with pytest.raises(NotImplementedError, match="doesn't support cloning databases"):
        BaseDatabaseCreation(connections["default"]).clone_test_db("1", verbosity=0)
