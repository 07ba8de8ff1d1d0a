"""Operations, states, the graph, the detector and the writer (see `test_django_answers.py`)."""

from __future__ import annotations

import datetime
import decimal
import enum
import functools
import pathlib
import re
import uuid
import zoneinfo
from typing import Any

from side import (  # type: ignore
    MigrationAutodetector,
    MigrationGraph,
    MigrationOptimizer,
    MigrationQuestioner,
    ModelState,
    OperationWriter,
    ProjectState,
    connection,
    migrations,
    models,
    serializer_factory,
)

M, Q = migrations, models.Q
COLOUR = enum.Enum("COLOUR", ["RED"])


class Level(models.IntegerChoices):
    LOW = 1
    HIGH = 2


class Flags(enum.Flag):
    A = 1
    B = 2


class Plain:
    class Inner:
        def method(self) -> None: ...


def function() -> None: ...


def clean(text: str) -> str:
    """Make the text of either framework the same."""
    for ours, theirs in (
        ("fastjango.orm.models", "models"),
        ("django.db.models", "models"),
        ("fastjango.orm", "db"),
        ("django.db", "db"),
    ):
        text = text.replace(ours, theirs)
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def rebuilt(value: Any) -> Any:
    """Return what the written value gives when it is read back."""
    source, imports = serializer_factory(value).serialize()
    names: dict[str, Any] = {}
    for line in imports:
        exec(line, names)
    found = eval(source, names)
    if hasattr(found, "deconstruct"):
        return sorted(map(str, found.deconstruct()[-1]))
    return clean(repr(found))


def case_serializer(show: Any) -> None:
    for value in (
        1,
        1.5,
        float("nan"),
        float("inf"),
        -float("inf"),
        None,
        True,
        "x'\"é\n",
        b"\x00",
        decimal.Decimal("1.5"),
        datetime.date(2020, 1, 1),
        datetime.time(1, 2),
        datetime.datetime(2020, 1, 1),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
        datetime.timedelta(days=1, seconds=2),
        uuid.UUID(int=5),
        re.compile("a", re.I),
        re.compile("a"),
        [],
        [1, "x"],
        (),
        (1,),
        (1, 2),
        {1},
        set(),
        frozenset(),
        frozenset([1]),
        {},
        {"a": [1, {"b": None}]},
        range(3),
        pathlib.PurePosixPath("/a"),
        pathlib.PurePosixPath("b"),
        Flags.A,
        Flags.A | Flags.B,
        Level.LOW,
        COLOUR.RED,
        int,
        str,
        Plain,
        Plain.Inner,
        type(None),
        function,
        functools.partial(function, 1, x=[2]),
        models.CASCADE,
        models.SET_NULL,
        models.SET(5),
        models.Q(a=1) | ~models.Q(b__gt=2),
        models.F("x"),
        models.Value(5),
        models.IntegerField(null=True),
        models.ForeignKey("page.X", models.CASCADE, related_name="y"),
        models.Manager(),
        models.CharField(max_length=5, choices=Level.choices),
        iter([1]),
        (x for x in [1]),
        models.Index(fields=["a"], name="x"),
        models.Func("x", function="Y"),
        models.CheckConstraint(condition=Q(a=1), name="c"),
        re.RegexFlag.DEBUG,
    ):
        show.of(lambda v=value: rebuilt(v))
    show.of(
        lambda: serializer_factory(lambda: 1).serialize(),
        lambda: serializer_factory(object()).serialize(),
        lambda: serializer_factory(Plain.Inner().method).serialize(),
        lambda: serializer_factory(models).serialize(),
    )


def shape(operation: Any) -> Any:
    """Return what an operation says of fields and options."""
    assert OperationWriter(operation, indentation=1).serialize()[0]
    fields = getattr(operation, "fields", None)
    field = getattr(operation, "field", None)
    return (
        [name for name, _ in fields] if isinstance(fields, list) else None,
        field and (type(field).__name__, sorted(field.deconstruct()[3])),
        sorted(
            name for name, value in (getattr(operation, "options", None) or {}).items() if value
        ),
    )


OPERATIONS = [
    M.CreateModel(
        "Pony", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField())]
    ),
    M.CreateModel(
        "Rider",
        [
            ("id", models.AutoField(primary_key=True)),
            ("pony", models.ForeignKey("page.Pony", models.CASCADE)),
        ],
        options={"unique_together": {("id", "pony")}},
    ),
    M.AddField("Pony", "w", models.IntegerField(default=5)),
    M.AlterField("Pony", "w", models.CharField(max_length=9, default="x")),
    M.RenameField("Pony", "w", "weight"),
    M.AddIndex("Pony", models.Index(fields=["n"], name="pony_n")),
    M.RenameIndex("Pony", new_name="pony_m", old_name="pony_n"),
    M.AddConstraint("Pony", models.CheckConstraint(condition=Q(n__gt=0), name="n_pos")),
    M.AlterUniqueTogether("Pony", {("n", "weight")}),
    M.AlterModelOptions("Pony", {"ordering": ["n"], "verbose_name": "p"}),
    M.AlterModelTable("Pony", "stallion"),
    M.AlterModelTableComment("Pony", "c"),
    M.AlterOrderWithRespectTo("Rider", "pony"),
    M.AlterModelManagers("Pony", [("things", models.Manager())]),
    M.AddField("Rider", "friends", models.ManyToManyField("page.Pony", related_name="r")),
    M.RenameModel("Rider", "Jockey"),
    M.RunSQL("SELECT 1", "SELECT 2", hints={"a": 1}, elidable=True),
    M.RunPython(function, function, atomic=False),
    M.SeparateDatabaseAndState([M.RunSQL("SELECT 1")], [M.RemoveField("Jockey", "friends")]),
    M.RemoveConstraint("Pony", "n_pos"),
    M.RemoveIndex("Pony", "pony_m"),
    M.AlterUniqueTogether("Pony", set()),
    M.RemoveField("Pony", "n"),
    M.DeleteModel("Jockey"),
]


def case_operations(show: Any) -> None:
    for operation in OPERATIONS:
        show.of(
            lambda o=operation: o.describe(),
            lambda o=operation: o.formatted_description(),
            lambda o=operation: o.migration_name_fragment,
            lambda o=operation: sorted({*o.deconstruct()[2]} - {"elidable"}),
            lambda o=operation: o.deconstruct()[0],
            lambda o=operation: (o.reduces_to_sql, o.reversible, o.atomic, o.elidable),
            lambda o=operation: o.references_model("Pony", "page"),
            lambda o=operation: o.references_field("Pony", "n", "other"),
        )
    show.of(
        lambda: M.CreateModel("A", [("x", models.IntegerField()), ("x", models.IntegerField())]),
        lambda: M.CreateModel("A", [], bases=("page.a", "page.A")),
        lambda: M.CreateModel("A", [], managers=[("a", models.Manager()), ("a", models.Manager())]),
        lambda: M.AddIndex("A", models.Index(fields=["x"])),
        lambda: M.RenameIndex("A", new_name="x"),
        lambda: M.RenameIndex("A", new_name="x", old_name="y", old_fields=("z",)),
        lambda: M.RenameIndex("A", new_name="x", old_fields=("a", "b")).describe(),
        lambda: M.RenameIndex("A", new_name="x", old_fields=("a", "b")).migration_name_fragment,
        lambda: sorted(M.RenameIndex("A", new_name="x", old_fields=("a", "b")).deconstruct()[2]),
        lambda: M.RunPython(5),
        lambda: M.RunPython(function, 5),
        lambda: M.RunPython(function).reversible,
        lambda: M.RunSQL("x").reversible,
        lambda: M.RunSQL(M.RunSQL.noop).reversible,
        lambda: M.AlterUniqueTogether("A", []).describe(),
    )


def free_case_states_and_tables(show: Any) -> None:
    state = ProjectState()
    with connection.constraint_checks_disabled():
        for number, operation in enumerate(OPERATIONS):
            after = state.clone()
            operation.state_forwards("page", after)
            show([[*key, list(after.models[key].fields)] for key in sorted(after.models)])
            show([sorted(after.models[key].options) for key in sorted(after.models)])
            with connection.schema_editor(atomic=False) as editor:
                if not isinstance(operation, M.RunPython):
                    operation.database_forwards("page", editor, state, after)
            tables = sorted(connection.introspection.table_names())
            show([t for t in tables if t.startswith(("page_", "stallion"))])
            if number == 9:
                Pony = after.apps.get_model("page", "Pony")
                Pony.objects.create(n=1, weight="7")
                show(list(Pony.objects.values("n", "weight")), Pony._meta.ordering)
            state = after
    show.of(
        lambda: state.rename_field("page", "pony", "nope", "x"),
        lambda: state.alter_field("page", "pony", "nope", models.IntegerField(), False),
        lambda: state.remove_model("page", "nope"),
        lambda: state.models["page", "nope"],
        lambda: state == state.clone(),
        lambda: state.models["page", "pony"] == state.clone().models["page", "pony"],
        lambda: state.models["page", "pony"].get_field("id").name,
        lambda: state.models["page", "pony"].get_field("nope"),
        lambda: state.models["page", "pony"].get_index_by_name("x"),
        lambda: state.models["page", "pony"].get_constraint_by_name("x"),
        lambda: state.apps.get_model("page", "Pony").__name__,
        lambda: state.apps.get_model("page", "Nope"),
        lambda: ModelState("page", "A", [("x", models.IntegerField()), ("x", models.CharField())]),
        lambda: ModelState("page", "A", {"x": models.ForeignKey(Used, models.CASCADE)}),
        lambda: ModelState("page", "A", [], {"indexes": [models.Index(fields=["x"])]}),
        lambda: ModelState.from_model(Used).options,
        lambda: sorted(ModelState.from_model(Used).fields),
        lambda: ModelState.from_model(Used, exclude_rels=True).name_lower,
        lambda: repr(ModelState.from_model(Used)),
        lambda: ProjectState(real_apps={"x"}).real_apps,
    )


class Used(models.Model):
    a = models.IntegerField()
    me = models.ForeignKey("self", models.CASCADE, null=True)

    class Meta:
        indexes = [models.Index(fields=["a"], name="used_a")]


def case_optimizer(show: Any) -> None:
    integer, char = models.IntegerField(), models.CharField(max_length=3)
    create = M.CreateModel("A", [("id", models.AutoField(primary_key=True)), ("x", integer)])
    index = models.Index(fields=["x"], name="ix")
    check = models.CheckConstraint(condition=Q(x=1), name="ck")
    for operations in (
        [create, M.DeleteModel("A")],
        [create, M.AddField("A", "y", integer)],
        [create, M.AlterField("A", "x", char)],
        [create, M.RemoveField("A", "x")],
        [create, M.RenameField("A", "x", "y")],
        [create, M.RenameModel("A", "B")],
        [create, M.AlterModelOptions("A", {"ordering": ["x"]})],
        [create, M.AlterUniqueTogether("A", {("id", "x")})],
        [create, M.AlterUniqueTogether("A", {("id", "x")}), M.RemoveField("A", "x")],
        [create, M.AlterUniqueTogether("A", {("id", "x")}), M.RenameField("A", "x", "z")],
        [create, M.AlterOrderWithRespectTo("A", "x")],
        [create, M.AlterOrderWithRespectTo("A", "x"), M.RenameField("A", "x", "z")],
        [create, M.AlterOrderWithRespectTo("A", "x"), M.RemoveField("A", "x")],
        [create, M.AlterModelManagers("A", [])],
        [create, M.AlterModelTable("A", "t")],
        [create, M.AlterModelTableComment("A", "t")],
        [create, M.AddIndex("A", index)],
        [create, M.AddIndex("A", index), M.RemoveIndex("A", "ix")],
        [create, M.AddConstraint("A", check)],
        [create, M.AddConstraint("A", check), M.RemoveConstraint("A", "ck")],
        [
            create,
            M.CreateModel("C", [("a", models.ForeignKey("page.A", models.CASCADE))]),
            M.AddField("A", "y", integer),
        ],
        [
            create,
            M.CreateModel("C", [("a", models.ForeignKey("page.A", models.CASCADE))]),
            M.RenameModel("A", "B"),
        ],
        [create, M.RunPython(function), M.AddField("A", "y", integer)],
        [create, M.RunPython(function, elidable=True), M.AddField("A", "y", integer)],
        [M.AddField("A", "y", integer), M.AlterField("A", "y", char)],
        [M.AddField("A", "y", integer), M.RemoveField("A", "y")],
        [M.AddField("A", "y", integer), M.RenameField("A", "y", "z")],
        [M.AddField("A", "y", integer), M.AddField("A", "z", integer), M.RemoveField("A", "y")],
        [M.AlterField("A", "y", integer), M.AlterField("A", "y", char)],
        [M.AlterField("A", "y", integer), M.RemoveField("A", "y")],
        [M.AlterField("A", "y", integer), M.RenameField("A", "y", "z")],
        [M.RenameField("A", "x", "y"), M.RenameField("A", "y", "z")],
        [M.RenameField("A", "x", "y"), M.AlterField("A", "y", char)],
        [M.RenameModel("A", "B"), M.RenameModel("B", "C")],
        [M.RenameModel("A", "B"), M.DeleteModel("B")],
        [M.AddIndex("A", index), M.RemoveIndex("A", "ix")],
        [M.AddIndex("A", index), M.RenameIndex("A", new_name="iy", old_name="ix")],
        [
            M.RenameIndex("A", new_name="b", old_name="a"),
            M.RenameIndex("A", new_name="c", old_name="b"),
        ],
        [M.AddConstraint("A", check), M.RemoveConstraint("A", "ck")],
        [M.AlterUniqueTogether("A", {("x", "y")}), M.AlterUniqueTogether("A", set())],
        [M.AlterModelTable("A", "x"), M.AlterModelTable("A", "y")],
        [M.AlterModelOptions("A", {"ordering": ["x"]}), M.AlterModelOptions("A", {})],
        [M.AlterModelTable("A", "x"), M.DeleteModel("A")],
        [M.RunSQL("x", elidable=True), M.RunSQL("y")],
        [create, M.CreateModel("B", [("b", models.ManyToManyField("page.A"))]), M.DeleteModel("A")],
        [create, M.CreateModel("B", [], bases=("page.A",)), M.AddField("A", "q", integer)],
    ):
        reduced = MigrationOptimizer().optimize(operations, "page")
        show([(o.describe().lower(), shape(o)) for o in reduced])
    show.of(lambda: MigrationOptimizer().optimize([create], None))


def case_graph(show: Any) -> None:
    graph = MigrationGraph()
    for key in (("a", "1"), ("a", "2"), ("a", "3"), ("b", "1"), ("b", "2"), ("a", "x")):
        graph.add_node(key, None)
    graph.add_dependency("a.2", ("a", "2"), ("a", "1"))
    graph.add_dependency("a.3", ("a", "3"), ("a", "2"))
    graph.add_dependency("a.x", ("a", "x"), ("a", "2"))
    graph.add_dependency("b.1", ("b", "1"), ("a", "1"))
    graph.add_dependency("b.2", ("b", "2"), ("b", "1"))
    graph.add_dependency("a.3", ("a", "3"), ("b", "2"))
    show(
        sorted(graph.forwards_plan(("a", "3"))),
        sorted(graph.backwards_plan(("a", "1"))),
        graph.leaf_nodes(),
    )
    show(graph.leaf_nodes("b"), graph.root_nodes(), graph.root_nodes("a"), str(graph))
    graph.ensure_not_cyclic()
    graph.add_node(("a", "sq"), None)
    graph.remove_replaced_nodes(("a", "sq"), [("a", "1"), ("a", "2")])
    show(sorted(graph.nodes), graph.forwards_plan(("a", "3")))
    graph.add_node(("c", "1"), None)
    graph.add_node(("c", "s"), None)
    graph.add_dependency("c.s", ("c", "s"), ("c", "1"))
    graph.remove_replacement_node(("c", "s"), [("c", "1")])
    show(sorted(graph.nodes))
    show.of(
        lambda: graph.forwards_plan(("z", "1")),
        lambda: graph.backwards_plan(("z", "1")),
        lambda: graph.add_dependency("q", ("q", "1"), ("a", "3")),
        lambda: graph.add_dependency("q", ("a", "3"), ("q", "1")),
        lambda: graph.remove_replaced_nodes(("z", "1"), []),
        lambda: graph.remove_replacement_node(("z", "1"), []),
        lambda: graph.add_dependency("q", ("b", "1"), ("a", "3")),
        lambda: graph.ensure_not_cyclic(),
    )
    dummy = MigrationGraph()
    dummy.add_dependency("m", ("a", "1"), ("a", "0"), skip_validation=True)
    show.of(lambda: dummy.validate_consistency())


def changes(before: Any, after: Any, **answers: Any) -> Any:
    one, two = ProjectState(), ProjectState()
    for state, found in ((one, before), (two, after)):
        for model in found:
            state.add_model(model.clone())
    asked = MigrationQuestioner(defaults=answers or None)
    made = MigrationAutodetector(one, two, asked)._detect_changes()
    return [
        [(o.describe().lower(), shape(o)) for m in ms for o in m.operations]
        for _, ms in sorted(made.items())
    ]


def model(
    name: str, *fields: Any, app: str = "page", options: Any = None, bases: Any = None
) -> Any:
    key = ("id", models.AutoField(primary_key=True))
    return ModelState(app, name, [key, *fields], options or {}, bases or (models.Model,))


def case_detector(show: Any) -> None:
    integer = ("x", models.IntegerField(null=True))
    a, ax = model("A"), model("A", integer)
    fk = ("a", models.ForeignKey("page.A", models.CASCADE))
    many = ("m", models.ManyToManyField("page.A"))
    index = models.Index(fields=["x"], name="ix")
    check = models.CheckConstraint(condition=Q(x=1), name="ck")
    for before, after in (
        ([], [a]),
        ([a], []),
        ([a], [ax]),
        ([ax], [a]),
        ([ax], [model("A", ("y", models.IntegerField(null=True)))]),
        ([ax], [model("A", ("x", models.CharField(max_length=3, null=True)))]),
        ([ax], [model("A", ("x", models.IntegerField(default=3)))]),
        ([a], [a, model("B", fk)]),
        ([a, model("B", fk)], [a]),
        ([a, model("B", fk)], []),
        ([a, model("B", fk)], [a, model("B", many)]),
        ([], [model("A", ("b", models.ForeignKey("page.B", models.CASCADE))), model("B", fk)]),
        (
            [],
            [
                model("A", ("b", models.ForeignKey("other.B", models.CASCADE))),
                model("B", fk, app="other"),
            ],
        ),
        ([a], [a, model("B", many)]),
        ([a, model("B", many)], [a, model("B")]),
        ([a], [model("Renamed")]),
        (
            [ax, model("B", fk)],
            [model("Z", integer), model("B", ("a", models.ForeignKey("page.Z", models.CASCADE)))],
        ),
        ([ax], [model("A", integer, options={"indexes": [index]})]),
        ([model("A", integer, options={"indexes": [index]})], [ax]),
        (
            [model("A", integer, options={"indexes": [index]})],
            [model("A", integer, options={"indexes": [models.Index(fields=["x"], name="iy")]})],
        ),
        ([ax], [model("A", integer, options={"constraints": [check]})]),
        ([model("A", integer, options={"constraints": [check]})], [ax]),
        ([ax], [model("A", integer, options={"unique_together": {("id", "x")}})]),
        ([model("A", integer, options={"unique_together": {("id", "x")}})], [ax]),
        ([a], [model("A", options={"ordering": ["id"], "verbose_name": "v"})]),
        ([a], [model("A", options={"db_table": "t"})]),
        ([a], [model("A", options={"db_table_comment": "t"})]),
        ([a], [model("A", options={"managed": False})]),
        ([model("A", options={"managed": False})], [a]),
        ([a], [model("A"), ModelState("page", "P", [], {"proxy": True}, ("page.A",))]),
        ([a, ModelState("page", "P", [], {"proxy": True}, ("page.A",))], [a]),
        ([a], [a, ModelState("page", "K", [("y", models.IntegerField())], {}, ("page.A",))]),
        ([a, model("B", fk)], [a, model("B", fk, options={"order_with_respect_to": "a"})]),
        ([a], [model("A", ("me", models.ForeignKey("self", models.CASCADE, null=True)))]),
        ([a], [model("A", ("t", models.CharField(max_length=3)))]),
        ([a], [model("A", ("d", models.DateTimeField(auto_now_add=True)))]),
        ([ax], [model("A", ("x", models.IntegerField(null=True, db_column="x2")))]),
        (
            [a],
            [
                model(
                    "A",
                    (
                        "g",
                        models.GeneratedField(
                            expression=models.F("id"),
                            output_field=models.IntegerField(),
                            db_persist=True,
                        ),
                    ),
                )
            ],
        ),
    ):
        for answers in ({}, {"ask_rename": True, "ask_rename_model": True, "ask_initial": True}):
            show.of(lambda b=before, c=after, k=answers: changes(b, c, **k))
