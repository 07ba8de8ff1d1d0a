"""Random models, random edits of them: every way from one to the other ends where it should."""

from __future__ import annotations

import datetime
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.orm import models
from fastjango.orm.migrations.questioner import Renames
from fastjango.orm.migrations.state import ModelState, ProjectState
from fastjango.orm.migrations.writer import MigrationWriter
from helper_modules import module_beside
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

support = module_beside(__file__, "migrations_support")
sqlite, postgres, mariadb = support.sqlite, support.postgres, support.mariadb
changes, apply, drop_all = support.changes, support.apply, support.drop_all
describe, clean = support.describe, support.clean

KINDS: dict[str, Any] = {
    "char": lambda **kw: models.CharField(max_length=50, default="a", **kw),
    "char_long": lambda **kw: models.CharField(max_length=120, default='it\'s 100% "b"', **kw),
    "text": lambda **kw: models.TextField(blank=True, **kw),
    "slug": lambda **kw: models.SlugField(default="s", **kw),
    "int": lambda **kw: models.IntegerField(default=1, **kw),
    "bigint": lambda **kw: models.BigIntegerField(default=2**40, **kw),
    "small": lambda **kw: models.SmallIntegerField(default=3, **kw),
    "positive": lambda **kw: models.PositiveIntegerField(default=4, **kw),
    "bool": lambda **kw: models.BooleanField(default=True, **kw),
    "decimal": lambda **kw: models.DecimalField(
        max_digits=8, decimal_places=2, default="1.50", **kw
    ),
    "float": lambda **kw: models.FloatField(default=0.5, **kw),
    "date": lambda **kw: models.DateField(default=datetime.date(2020, 2, 29), **kw),
    "datetime": lambda **kw: models.DateTimeField(
        null=True, **{k: v for k, v in kw.items() if k != "null"}
    ),
    "duration": lambda **kw: models.DurationField(
        null=True, **{k: v for k, v in kw.items() if k != "null"}
    ),
    "uuid": lambda **kw: models.UUIDField(
        null=True, **{k: v for k, v in kw.items() if k != "null"}
    ),
    "json": lambda **kw: models.JSONField(
        default=dict, **{k: v for k, v in kw.items() if k not in ("unique", "db_index")}
    ),
    "ip": lambda **kw: models.GenericIPAddressField(
        null=True, **{k: v for k, v in kw.items() if k != "null"}
    ),
    "db_default": lambda **kw: models.IntegerField(db_default=7, **kw),
    "binary": lambda **kw: models.BinaryField(
        default=b"\x00\xff", **{k: v for k, v in kw.items() if k not in ("unique", "db_index")}
    ),
}
# Text may become longer or shorter text, numbers other numbers; nothing else keeps its meaning.
FAMILIES = [
    ["char", "char_long", "text", "slug"],
    ["int", "bigint", "small", "positive", "db_default"],
    ["float", "decimal"],
]
NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
MODELS = ["One", "Two", "Three"]


Project = dict[str, dict[str, tuple[str, dict[str, Any]]]]


def draw_options(rng: random.Random, kind: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if rng.random() < 0.25:
        options["null"] = True
    if rng.random() < 0.2 and kind not in ("text", "binary", "json"):
        options["db_index"] = True
    return options


def draw_field(rng: random.Random, targets: list[str]) -> tuple[str, dict[str, Any]]:
    pick = rng.random()
    if pick < 0.15 and targets:
        return "fk", {"to": rng.choice(targets), "null": True}
    if pick < 0.25 and targets:
        return "m2m", {"to": rng.choice(targets)}
    kind = rng.choice(list(KINDS))
    return kind, draw_options(rng, kind)


def draw_project(rng: random.Random) -> Project:
    names = MODELS[: rng.randint(1, 3)]
    return {
        name: {field: draw_field(rng, names) for field in NAMES[: rng.randint(1, 4)]}
        for name in names
    }


def edit(rng: random.Random, project: Project) -> Project:
    """A project with a few of its models and fields added, removed or altered."""
    edited: Project = {name: dict(fields) for name, fields in project.items()}
    for _ in range(rng.randint(1, 4)):
        name = rng.choice(list(edited))
        fields = edited[name]
        action = rng.choice(["add", "remove", "alter", "alter", "model", "drop"])
        if action == "add":
            # A field that comes back as another kind would be altered, not added.
            free = [f for f in NAMES if f not in fields and f not in project.get(name, {})]
            if free:
                fields[rng.choice(free)] = draw_field(rng, list(edited))
        elif action == "remove" and len(fields) > 1:
            del fields[rng.choice(list(fields))]
        elif action == "alter":
            field = rng.choice(list(fields))
            kind, options = fields[field]
            family = next((group for group in FAMILIES if kind in group), None)
            if kind not in ("fk", "m2m"):
                new_kind = rng.choice(family) if family else kind
                fields[field] = (new_kind, draw_options(rng, new_kind))
        elif action == "model":
            free_models = [m for m in MODELS if m not in edited and m not in project]
            if free_models:
                edited[free_models[0]] = {"alpha": draw_field(rng, list(edited))}
        elif action == "drop" and len(edited) > 1:
            gone = rng.choice(list(edited))
            del edited[gone]
            for fields in edited.values():
                for field, (kind, options) in list(fields.items()):
                    if options.get("to") == gone:
                        del fields[field]
                        fields.setdefault("alpha", ("int", {}))
                        del kind
    return edited


def rename(rng: random.Random, first: Project, edited: Project) -> tuple[Project, Renames]:
    """Rename some of the models and fields that an edit left as they were."""
    given: list[str] = []
    models_now = {name: name for name in edited}
    for name, fields in edited.items():
        if first.get(name) == fields and rng.random() < 0.3:
            models_now[name] = f"New{name}"
            given.append(f"shop.{name}:New{name}")
    renamed: Project = {}
    for name, fields in edited.items():
        now = renamed[models_now[name]] = {}
        for field, (kind, options) in fields.items():
            new_name = field
            same = first.get(name, {}).get(field) == (kind, options)
            if same and models_now[name] == name and rng.random() < 0.3:
                new_name = f"new_{field}"
                given.append(f"shop.{name}.{field}:{new_name}")
            if "to" in options:
                options = {**options, "to": models_now[options["to"]]}
            now[new_name] = (kind, options)
    return renamed, Renames(given)


def build_state(project: Project) -> ProjectState:
    state = ProjectState()
    for name, fields in project.items():
        built: list[tuple[str, Any]] = [("id", models.BigAutoField(primary_key=True))]
        plain: list[str] = []
        for field, (kind, options) in fields.items():
            if kind == "fk":
                built.append(
                    (
                        field,
                        models.ForeignKey(
                            f"shop.{options['to']}",
                            models.CASCADE,
                            null=True,
                            related_name="+",
                        ),
                    )
                )
            elif kind == "m2m":
                built.append(
                    (field, models.ManyToManyField(f"shop.{options['to']}", related_name="+"))
                )
            else:
                built.append((field, KINDS[kind](**options)))
                if kind in ("int", "bigint", "small", "positive"):
                    plain.append(field)
        options: dict[str, Any] = {}
        if plain:
            first = plain[0]
            options["indexes"] = [
                models.Index(fields=[f"-{first}"], name=f"{name}_{first}_i".lower())
            ]
            options["constraints"] = [
                models.CheckConstraint(
                    condition=models.Q(**{f"{first}__gte": 0}), name=f"{name}_{first}_c".lower()
                )
            ]
        if len(plain) > 1:
            options["unique_together"] = {tuple(plain[:2])}
        state.add_model(ModelState("shop", name, built, options))
    return state


#: What was tried, by database; `pytest -s` shows it at the end.
COUNTED: defaultdict[str, Counter[str]] = defaultdict(Counter)


@pytest.fixture(scope="module", autouse=True)
def report() -> Iterator[None]:
    """Print the figures that the guide gives."""
    yield
    for vendor, figures in COUNTED.items():
        print(f"\n{vendor}: {dict(figures)}")


def round_trip(connection: Any, rng: random.Random) -> None:
    clean(connection)
    first = draw_project(rng)
    second, renames = rename(rng, first, edit(rng, first))
    before, after = build_state(first), build_state(second)
    up_one = changes(ProjectState(), before)
    state = apply(connection, up_one, ProjectState())
    # What was made is what the models say: nothing is left to do.
    assert changes(state, build_state(first)) == []
    created = describe(connection)
    path = changes(before, after, renames=renames)
    done = [type(operation).__name__ for migration in path for operation in migration.operations]
    renaming = done.count("RenameModel") + done.count("RenameField")
    assert renaming == len(renames.pairs), (first, second, done)
    COUNTED[connection.vendor].update(
        projects=1,
        models=len(first) + len(second),
        fields=sum(map(len, first.values())) + sum(map(len, second.values())),
        operations=len(done),
        renames=renaming,
    )
    states = [state.clone()]
    for migration in path:
        states.append(migration.mutate_state(states[-1]))
    state = apply(connection, path, state)
    assert changes(state, build_state(second)) == []
    altered = describe(connection)
    for migration, at in reversed(list(zip(path, states[:-1], strict=True))):
        with connection.schema_editor(atomic=migration.atomic) as editor:
            migration.unapply(at.clone(), editor)
    assert describe(connection) == created, (first, second)
    drop_all(connection, before)
    assert describe(connection) == {}
    apply(connection, changes(ProjectState(), after), ProjectState())
    assert describe(connection) == altered, (first, second)
    drop_all(connection, after)


MANY = int(os.environ.get("FASTJANGO_MIGRATION_EXAMPLES", "25"))
SLOW = settings(
    max_examples=MANY,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize="FASTJANGO_MIGRATION_EXAMPLES" not in os.environ,
)


@SLOW
@given(seed=st.integers(0, 2**32))
def test_sqlite_forwards_and_backwards(sqlite: Any, seed: int) -> None:
    round_trip(sqlite, random.Random(seed))


@settings(SLOW, max_examples=max(MANY // 3, 1))
@given(seed=st.integers(0, 2**32))
def test_postgresql_forwards_and_backwards(postgres: Any, seed: int) -> None:
    round_trip(postgres, random.Random(seed))


@settings(SLOW, max_examples=max(MANY // 3, 1))
@given(seed=st.integers(0, 2**32))
def test_mariadb_forwards_and_backwards(mariadb: Any, seed: int) -> None:
    round_trip(mariadb, random.Random(seed))


@SLOW
@given(seed=st.integers(0, 2**32))
def test_files_say_what_was_planned(seed: int) -> None:
    rng = random.Random(seed)
    first = draw_project(rng)
    second, renames = rename(rng, first, edit(rng, first))
    after = build_state(second)
    for before, target in ((ProjectState(), build_state(first)), (build_state(first), after)):
        state = before.clone()
        for migration in changes(before, target, renames=renames):
            source = MigrationWriter(migration).as_string()
            namespace: dict[str, Any] = {}
            exec(compile(source, "migration", "exec"), namespace)
            state = namespace["Migration"](migration.name, "shop").mutate_state(state)
            # The header names the minute of the writing; nothing else may differ.
            bodies = (
                MigrationWriter(migration, include_header=False).as_string() for _ in range(2)
            )
            assert all(source.endswith(body) for body in bodies)
        assert changes(state, target) == []


def test_a_rename_keeps_the_rows(sqlite: Any) -> None:
    before = build_state({"One": {"alpha": ("char", {}), "beta": ("int", {})}})
    after = build_state({"One": {"title": ("char", {}), "beta": ("int", {})}})
    state = apply(sqlite, changes(ProjectState(), before), ProjectState())
    with sqlite.cursor() as cursor:
        cursor.execute("INSERT INTO shop_one (alpha, beta) VALUES ('kept', 1)")
    path = changes(before, after, renames=Renames(["shop.One.alpha:title"]))
    assert [type(o).__name__ for m in path for o in m.operations] == ["RenameField"]
    apply(sqlite, path, state)
    with sqlite.cursor() as cursor:
        cursor.execute("SELECT title FROM shop_one")
        assert cursor.fetchall() == [("kept",)]
