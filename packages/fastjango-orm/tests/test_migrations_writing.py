"""Values and migrations as Python source, which makes them again."""

from __future__ import annotations

import datetime
import decimal
import enum
import functools
import importlib
import math
import os
import pathlib
import re
import sys
import uuid
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.core.functional import SimpleLazyObject, lazystr
from fastjango.orm import migrations, models
from fastjango.orm.migrations.migration import Migration
from fastjango.orm.migrations.serializer import BaseSerializer, serialize
from fastjango.orm.migrations.writer import MigrationWriter, OperationWriter

UTC = datetime.UTC


class Colour(enum.Enum):
    RED = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Level(models.IntegerChoices):
    LOW = 1


class Named(models.Manager[Any]):
    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name_ = name

    @classmethod
    def make(cls) -> str:
        return "made"


class Rows(models.QuerySet[Any]):
    pass


class Place(os.PathLike[str]):
    def __fspath__(self) -> str:
        return "/place"


def function() -> None:
    """Be importable."""


def again(value: Any) -> Any:
    """The value that the source of a value makes."""
    source, imports = serialize(value)
    namespace: dict[str, Any] = {}
    for line in imports:
        if __name__ in line:  # tests are no package
            namespace[__name__.partition(".")[0]] = sys.modules[__name__.partition(".")[0]]
        else:
            exec(line, namespace)
    return eval(source, namespace)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        1.5,
        1j,
        "it's",
        b"\xff",
        range(3),
        True,
        [1, "a"],
        (1,),
        (1, 2),
        (),
        {1, 2},
        set(),
        frozenset({1}),
        {"a": [1]},
        decimal.Decimal("1.50"),
        datetime.datetime(2020, 1, 2, 3),
        datetime.datetime(2020, 1, 2, 3, tzinfo=UTC),
        datetime.date(2020, 1, 2),
        datetime.time(3),
        datetime.timedelta(days=1),
        zoneinfo.ZoneInfo("Europe/Paris"),
        uuid.UUID(int=7),
        re.compile("a", re.IGNORECASE),
        re.compile(b"a"),
        pathlib.PurePosixPath("/a"),
        pathlib.PureWindowsPath("C:\\a"),
        type(None),
        int,
        len,
        math.sqrt,
        datetime.datetime.now,
        models.CharField,
    ],
    ids=lambda value: re.sub(r"0x\w+", "", repr(value)),
)
def test_what_is_written_is_made_again(value: Any) -> None:
    assert again(value) == value


def test_values_that_become_others() -> None:
    zone = zoneinfo.ZoneInfo("Europe/Paris")
    local = datetime.datetime(2020, 1, 2, 3, tzinfo=zone)
    assert again(local) == local
    assert serialize(local)[0].endswith("tzinfo=datetime.timezone.utc)")
    assert math.isnan(again(math.nan))
    assert again(-math.inf) == -math.inf
    assert again(Level.LOW) == 1
    assert again(lazystr("text")) == "text"
    assert again(SimpleLazyObject(lambda: 3)) == 3
    assert again(Place()) == "/place"
    assert again(iter([1, 2])) == (1, 2)
    assert again(functools.partial(int, "11", base=2))() == 3
    field = again(models.CharField("label", max_length=3, default="a"))
    assert (field.max_length, field.verbose_name, field.default) == (3, "label", "a")
    assert serialize(Colour.RED)[0].endswith("Colour['RED']")
    assert serialize(Rights.READ | Rights.WRITE)[0].count("Rights[") == 2
    assert serialize(Rights(0))[0].endswith("Rights(0)")
    assert serialize(Named("a"))[0].endswith("Named('a')") or serialize(Named("a"))[0].endswith(
        "Named()"
    )
    assert serialize(Rows.as_manager())[0].endswith("Rows.as_manager()")
    assert serialize(Named.make)[0].endswith("Named.make")
    assert serialize(function)[0].endswith(".function")
    operation = migrations.RemoveField("Tag", "name")
    assert again(operation).deconstruct() == operation.deconstruct()


def test_what_cannot_be_written() -> None:
    def inner() -> None: ...

    homeless = eval("lambda: 1")
    homeless.__name__, homeless.__module__ = "homeless", None
    for value, message in (
        (lambda: 1, "Cannot serialize function: lambda"),
        (inner, "Could not find function inner in "),
        (homeless, "No module"),
        (object(), "There are some values FastJango cannot write into a\nmigration file"),
    ):
        with pytest.raises(ValueError, match=re.escape(message.replace("\n", " "))):
            serialize(value)


def test_a_serializer_of_ones_own() -> None:
    class Own:
        pass

    class OwnSerializer(BaseSerializer):
        def serialize(self) -> tuple[str, set[str]]:
            return "own()", {"import own"}

    with pytest.raises(ValueError, match="'Own' must inherit from 'BaseSerializer'"):
        MigrationWriter.register_serializer(Own, Own)  # type: ignore[arg-type]
    MigrationWriter.register_serializer(Own, OwnSerializer)
    try:
        assert MigrationWriter.serialize([Own()]) == ("[own()]", {"import own"})
    finally:
        MigrationWriter.unregister_serializer(Own)
    with pytest.raises(ValueError, match="Cannot serialize"):
        serialize(Own())


class Custom(migrations.RunSQL):
    serialization_expand_args = ["hints", "state_operations"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


def test_operations_of_ones_own_and_expanded_arguments() -> None:
    custom = Custom("a", hints={"k": 1}, state_operations=[migrations.DeleteModel("Tag")])
    source, imports = OperationWriter(custom, indentation=0).serialize()
    assert source.splitlines()[0].endswith("Custom(")
    assert f"import {__name__}" in imports
    assert "    hints={\n        'k': 1,\n    }," in source
    assert "migrations.DeleteModel(\n            name='Tag',\n        )," in source


def test_a_whole_migration() -> None:
    migration = Migration("0002_more", "orm")
    migration.initial = True
    migration.dependencies = [
        migrations.swappable_dependency("AUTH_USER_MODEL"),
        ("orm", "0001_initial"),
    ]
    migration.run_before = [("other", "0001_initial")]
    migration.replaces = [("orm", "0002_a"), ("orm", "0002_b")]
    foreign = eval("lambda apps, editor: None")
    foreign.__name__ = foreign.__qualname__ = "fill"
    foreign.__module__ = "shop.migrations.0001_initial"
    migration.operations = [migrations.RunPython(foreign)]
    writer = MigrationWriter(migration, include_header=False)
    source = writer.as_string()
    assert writer.filename == "0002_more.py"
    assert writer.needs_manual_porting
    assert (
        "# RunPython operations to refer to the local versions:\n# shop.migrations.0001_in"
        in source
    )
    for part in (
        "initial = True",
        "replaces = [",
        "run_before = [",
        "migrations.swappable_dependency(settings.AUTH_USER_MODEL)",
        "from fastjango.core import settings",
    ):
        assert part in source


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that can be imported."""
    folder = tmp_path / "written_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.startswith("written_package")]:
        del sys.modules[name]


def test_where_a_migration_is_written(package: Path) -> None:
    migration = Migration("0001_initial", apps.get_app_config("orm").label)
    writer = MigrationWriter(migration)
    for module, message in (
        (None, "migrations have been disabled via the MIGRATION_MODULES setting"),
        ("nowhere.at_all", "Could not locate an appropriate location"),
    ):
        with (
            override_settings(MIGRATION_MODULES={"orm": module}),
            pytest.raises(ValueError, match=message),
        ):
            writer.write()
    with override_settings(MIGRATION_MODULES={"orm": "written_package.deep.steps"}):
        path = Path(writer.write())
        assert path == package / "deep/steps/0001_initial.py"
        assert (path.parent / "__init__.py").exists()
        assert list(path.parent.glob("*.partial")) == []
