"""System checks of models and of their `Meta`: Django's ids, messages and hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastjango.core import checks
from fastjango.core.conf import override_settings
from fastjango.orm import connection, models, signals
from fastjango.orm.checks import check_all_models, check_lazy_references, lazy_reference_errors
from fastjango.orm.models.functions import Lower

CASCADE = models.CASCADE
Define = Callable[..., Any]


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Take features from the database."""

    def take(*features: str) -> None:
        for feature in features:
            monkeypatch.setattr(type(connection.features), feature, False)

    return take


def found(model: Any) -> list[tuple[str, str, str | None]]:
    """Id, message and hint of each finding."""
    errors = model.check(databases=["default"])
    return [(error.id, error.msg, error.hint) for error in errors]


def messages(model: Any) -> dict[str, str]:
    return {id: text for id, text, _hint in found(model)}


def test_a_swapped_model_must_name_one_that_is_there(define: Define) -> None:
    with override_settings(ORM_THING="nonsense"):
        model = define("Thing", meta={"swappable": "ORM_THING"})
        assert found(model) == [
            ("models.E001", "'ORM_THING' is not of the form 'app_label.app_name'.", None)
        ]
    with override_settings(ORM_THING="orm.Nowhere"):
        model = define("Other", meta={"swappable": "ORM_THING"})
        text = "'ORM_THING' references 'orm.Nowhere', which has not been installed, or is abstract."
        assert found(model) == [("models.E002", text, None)]
    with override_settings(ORM_THING="orm.Own"):
        assert found(define("Own", meta={"swappable": "ORM_THING"})) == []


def test_names_of_models_and_fields(define: Define) -> None:
    start = "The model name '{}' cannot start or end with an underscore as it collides with the"
    for name in ("_Thing", "Thing_"):
        assert messages(define(name))["models.E023"].startswith(start.format(name))
    assert messages(define("Thing__s")) == {
        "models.E024": (
            "The model name 'Thing__s' cannot contain double underscores as it collides with the "
            "query lookup syntax."
        )
    }
    other = define("Other")
    clash = define("Clash", link=models.ForeignKey(other, CASCADE))
    clash.link_id = property(lambda _: 1)
    assert messages(clash) == {
        "models.E025": "The property 'link_id' clashes with a related field accessor."
    }


def test_fields_must_not_hide_each_other(define: Define) -> None:
    first = define("First", a=models.IntegerField())
    second = define("Second", a=models.IntegerField(), id2=models.AutoField(primary_key=True))
    both = define("Both", (first, second))
    assert messages(both)["models.E005"] == (
        "The field 'a' from parent model 'orm.first' clashes with the field 'a' from parent model "
        "'orm.second'."
    )
    taken = define("Taken", f=models.ForeignKey(first, CASCADE), f_id=models.IntegerField())
    assert messages(taken) == {
        "models.E006": "The field 'f_id' clashes with the field 'f' from model 'orm.taken'."
    }
    reverse = define("Reverse", (first,), both=models.IntegerField())
    assert messages(reverse)["models.E006"].startswith("The field 'both' clashes with the field")
    link = define(
        "Link",
        (first,),
        one=models.OneToOneField(first, CASCADE, parent_link=True, related_name="link"),
        link=models.IntegerField(),
    )
    assert messages(link)["models.E006"].startswith(
        "The field 'link' clashes with the field 'link'"
    )


def test_columns_and_keys_are_unique(define: Define) -> None:
    model = define("Columns", a=models.IntegerField(), b=models.IntegerField(db_column="a"))
    assert found(model) == [
        (
            "models.E007",
            "Field 'b' has column name 'a' that is used by another field.",
            "Specify a 'db_column' for the field.",
        )
    ]
    keys = define(
        "Keys", a=models.IntegerField(primary_key=True), b=models.IntegerField(primary_key=True)
    )
    assert messages(keys) == {
        "models.E026": "The model cannot have more than one field with 'primary_key=True'."
    }
    plain = define("PlainId", id=models.IntegerField())
    assert messages(plain)["models.E004"] == (
        "'id' can only be used as a field name if the field also sets 'primary_key=True'."
    )


@pytest.mark.parametrize("option", ["unique_together", "indexes", "constraints"])
def test_names_in_options_must_be_columns_of_the_table(define: Define, option: str) -> None:
    parent = define("Parent", far=models.IntegerField())
    other = define("Other", a=models.IntegerField(), b=models.IntegerField())

    def check(name: str, bases: Any = (models.Model,), **body: Any) -> dict[str, str]:
        values = {
            "unique_together": (name,),
            "indexes": models.Index(fields=[name], name="i"),
            "constraints": models.UniqueConstraint(fields=[name], name="u"),
        }
        return messages(define(f"Of{name}", bases, {option: [values[option]]}, **body))

    assert check("nope") == {"models.E012": f"'{option}' refers to the nonexistent field 'nope'."}
    assert check("many", many=models.ManyToManyField(other, related_name="+")) == {
        "models.E013": (
            f"'{option}' refers to a ManyToManyField 'many', but ManyToManyFields are not "
            f"permitted in '{option}'."
        )
    }
    assert check("far", (parent,)) == {
        "models.E016": f"'{option}' refers to field 'far' which is not local to model 'Offar'."
    }
    parts = {"x": models.IntegerField(), "y": models.IntegerField()}
    assert check("pk", pk=models.CompositePrimaryKey("x", "y"), **parts) == {
        "models.E048": (
            f"'{option}' refers to a CompositePrimaryKey 'pk', but CompositePrimaryKeys are not "
            f"permitted in '{option}'."
        )
    }
    pair = models.ForeignObject(other, CASCADE, ["x", "y"], ["a", "b"], related_name="+")
    parts = {"x": models.IntegerField(), "y": models.IntegerField()}
    assert check("pair", pair=pair, **parts)["models.E049"] == (
        f"'{option}' refers to a ForeignObject 'pair' with multiple 'from_fields', which is not "
        "supported for that option."
    )


def test_together_takes_lists(define: Define) -> None:
    assert messages(define("Number", meta={"unique_together": 5})) == {
        "models.E010": "'unique_together' must be a list or tuple."
    }
    mixed = define("Mixed", meta={"unique_together": [("a",), 5]}, a=models.IntegerField())
    assert messages(mixed) == {
        "models.E011": "All 'unique_together' elements must be lists or tuples."
    }


def test_ordering_names_what_is_there(define: Define) -> None:
    text = define("Text", meta={"ordering": "a"}, a=models.IntegerField())
    assert messages(text) == {
        "models.E014": (
            "'ordering' must be a tuple or list (even if you want to order by only one field)."
        )
    }
    parent = define("Parent", name=models.CharField(max_length=3))
    child = define(
        "Child",
        meta={
            "ordering": [
                "pk",
                "-parent__name",
                "parent__pk__gt",
                "parent_id",
                "name__lower",
                "parent__nope",
                "nope",
                "parent__name__nope",
                Lower("name"),
                "?",
            ]
        },
        parent=models.ForeignKey(parent, CASCADE, related_name="children"),
        name=models.CharField(max_length=3),
    )
    wrong = [text for id, text, _ in found(child) if id == "models.E015"]
    start = "'ordering' refers to the nonexistent field, related field, or lookup"
    assert wrong == [
        f"{start} '{name}'."
        for name in ("name__lower", "parent__nope", "parent__name__nope", "nope")
    ]
    reverse = define("Reverse", meta={"ordering": ["reversed", "child"]})
    define("Child2", up=models.ForeignKey(reverse, CASCADE, related_query_name="reversed"))
    assert [text for id, text, _ in found(reverse) if id == "models.E015"] == [f"{start} 'child'."]
    both = define(
        "Both",
        meta={"ordering": ["a"], "order_with_respect_to": "a"},
        a=models.ForeignKey(parent, CASCADE),
    )
    assert messages(both) == {
        "models.E021": "'ordering' and 'order_with_respect_to' cannot be used together."
    }


def test_proxies_have_no_fields(define: Define) -> None:
    real = define("Real")
    proxy = define("Proxy", (real,), {"proxy": True}, x=models.IntegerField())
    assert messages(proxy)["models.E017"] == "Proxy model 'Proxy' contains model fields."


def test_a_model_has_one_relation_through_a_model(define: Define) -> None:
    person = define("Person")
    define(
        "Membership",
        person=models.ForeignKey(person, CASCADE),
        group=models.ForeignKey("orm.Group", CASCADE),
    )
    group = define(
        "Group",
        members=models.ManyToManyField(person, through="orm.Membership", related_name="a"),
        others=models.ManyToManyField(person, through="orm.Membership", related_name="b"),
    )
    assert messages(group)["models.E003"] == (
        "The model has two identical many-to-many relations through the intermediate model "
        "'orm.Membership'."
    )
    lost = define("Lost", to=models.ManyToManyField("orm.Nowhere"))
    assert "models.E003" not in messages(lost)


def test_automatic_column_names_fit_the_database(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.ops), "max_name_length", lambda self: 12)
    other = define("Other")
    model = define(
        "Long",
        a_very_long_name=models.IntegerField(),
        another_long_name=models.IntegerField(db_column="named_by_hand_and_long"),
        many=models.ManyToManyField(other, related_name="+"),
        lost=models.ManyToManyField(other, through="orm.Nowhere", related_name="+"),
        anotherlongmodelname=models.ManyToManyField("orm.AnotherLongModel", related_name="+"),
    )
    define("AnotherLongModel")
    text = 'Autogenerated column name too long for {} "{}". Maximum length is "12" for database'
    names = [(id, msg, hint) for id, msg, hint in found(model) if id < "models.E020"]
    assert [(id, msg) for id, msg, _ in names if id.startswith("models")] == [
        ("models.E018", text.format("field", "a_very_long_name") + ' "default".'),
        ("models.E019", text.format("M2M field", "anotherlongmodel_id") + ' "default".'),
    ]
    hints = {id: hint for id, _, hint in names}
    assert hints["models.E018"] == "Set the column name manually using 'db_column'."
    assert hints["models.E019"] == (
        "Use 'through' to create a separate model for M2M and then set column_name using "
        "'db_column'."
    )
    monkeypatch.setattr(type(connection.features), "truncates_names", True)
    assert not {"models.E018", "models.E019"} & messages(model).keys()


def test_rules_of_deletion_are_of_one_kind(define: Define) -> None:
    a, b = define("A"), define("B")
    mixed = define(
        "Mixed",
        first=models.ForeignKey(a, models.DB_CASCADE),
        second=models.ForeignKey(b, CASCADE),
    )
    assert messages(mixed) == {
        "models.E050": (
            "The model cannot have related fields with both database-level and Python-level "
            "on_delete variants."
        )
    }
    quiet = define(
        "Quiet",
        first=models.ForeignKey(a, models.DB_CASCADE, related_name="+"),
        second=models.ForeignKey(b, models.DO_NOTHING, related_name="+"),
    )
    assert found(quiet) == []


def test_comments_and_other_features_that_the_database_lacks(
    define: Define, lacking: Callable[..., None]
) -> None:
    lacking(
        "supports_comments",
        "supports_partial_indexes",
        "supports_covering_indexes",
        "supports_expression_indexes",
        "supports_deferrable_unique_constraints",
        "supports_nulls_distinct_unique_constraints",
        "supports_table_check_constraints",
    )
    even = models.Q(a=2)
    meta = {
        "db_table_comment": "words",
        "indexes": [
            models.Index(fields=["a"], name="part", condition=even),
            models.Index(fields=["a"], name="cover", include=["b"]),
            models.Index(Lower("b"), name="expr"),
        ],
        "constraints": [
            models.CheckConstraint(condition=even, name="check"),
            models.UniqueConstraint(fields=["a"], name="u_part", condition=even),
            models.UniqueConstraint(
                fields=["a"], name="u_late", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["a"], name="u_cover", include=["b"]),
            models.UniqueConstraint(Lower("b"), name="u_expr"),
            models.UniqueConstraint(fields=["a"], name="u_nulls", nulls_distinct=True),
        ],
    }
    body = {"a": models.IntegerField(), "b": models.CharField(max_length=3)}
    silence = "Silence this warning if you don't care about it."
    lost = f"A constraint won't be created. {silence}"
    assert found(define("Poor", meta=meta, **body)) == [
        (f"models.{id}", f"SQLite does not support {words}.", hint)
        for id, words, hint in (
            ("W037", "indexes with conditions", f"Conditions will be ignored. {silence}"),
            ("W040", "indexes with non-key columns", f"Non-key columns will be ignored. {silence}"),
            ("W043", "indexes on expressions", f"An index won't be created. {silence}"),
            ("W027", "check constraints", lost),
            ("W036", "unique constraints with conditions", lost),
            ("W038", "deferrable unique constraints", lost),
            ("W039", "unique constraints with non-key columns", lost),
            ("W044", "unique constraints on expressions", lost),
            ("W047", "UniqueConstraint.nulls_distinct", lost),
            ("W046", "comments on tables (db_table_comment)", None),
        )
    ]
    required = (
        "supports_comments",
        "supports_partial_indexes",
        "supports_covering_indexes",
        "supports_expression_indexes",
        "supports_deferrable_unique_constraints",
        "supports_nulls_distinct_unique_constraints",
        "supports_table_check_constraints",
    )
    body = {"a": models.IntegerField(), "b": models.CharField(max_length=3)}
    assert found(define("Demanding", meta={**meta, "required_db_features": required}, **body)) == []


def test_names_of_indexes(define: Define) -> None:
    body = {"a": models.IntegerField()}
    wrong = define(
        "Wrong",
        meta={
            "indexes": [
                models.Index(fields=["a"], name="_a"),
                models.Index(fields=["a"], name="1a"),
                models.Index(fields=["a"], name="a" * 31),
                models.Index(Lower("nope"), name="nope"),
            ]
        },
        **body,
    )
    start = "cannot start with an underscore or a number."
    assert found(wrong) == [
        ("models.E033", f"The index name '_a' {start}", None),
        ("models.E033", f"The index name '1a' {start}", None),
        ("models.E034", f"The index name '{'a' * 31}' cannot be longer than 30 characters.", None),
        ("models.E012", "'indexes' refers to the nonexistent field 'nope'.", None),
    ]


def test_constraints_stay_within_the_table(define: Define) -> None:
    other = define("Other", name=models.CharField(max_length=3))
    Check, Unique, Q = models.CheckConstraint, models.UniqueConstraint, models.Q
    joined = define(
        "Joined",
        meta={
            "constraints": [
                Check(condition=Q(other__name="x"), name="c1"),
                Check(condition=Q(other__gt=5, pk__lt=9, other__isnull=False), name="c2"),
                Check(condition=Q(size__gt=models.F("nope")), name="c3"),
                Unique(fields=["size"], condition=Q(other__name="x"), name="u1"),
                Unique(Lower("other__name"), name="u2"),
                Check(condition=Q(many__name="x"), name="c4"),
                Check(condition=models.lookups.GreaterThan(models.F("size"), 1), name="c5"),
            ]
        },
        other=models.ForeignKey(other, CASCADE, related_name="+"),
        many=models.ManyToManyField(other, related_name="+"),
        size=models.IntegerField(),
    )
    refers = "'constraints' refers to the"
    assert sorted((id, text) for id, text, _ in found(joined)) == [
        ("models.E012", f"{refers} nonexistent field 'nope'."),
        (
            "models.E013",
            "'constraints' refers to a ManyToManyField 'many', but ManyToManyFields are not "
            "permitted in 'constraints'.",
        ),
        ("models.E041", f"{refers} joined field 'other__name'."),
        ("models.E041", f"{refers} joined field 'other__name'."),
        ("models.E041", f"{refers} joined field 'other__name'."),
    ]
    raw = define(
        "Raw",
        meta={
            "constraints": [
                Check(condition=Q(models.expressions.RawSQL("size > 0", ())), name="raw")
            ]
        },
        size=models.IntegerField(),
    )
    assert found(raw) == [
        (
            "models.W045",
            "Check constraint 'raw' contains RawSQL() expression and won't be validated during the "
            "model full_clean().",
            "Silence this warning if you don't care about it.",
        )
    ]


def test_parts_of_a_composite_key(define: Define) -> None:
    other = define("Other")
    parent = define("Parent", far=models.IntegerField())

    def hints(label: str, *names: str, bases: Any = (models.Model,), **body: Any) -> list[Any]:
        key = models.CompositePrimaryKey(*names)
        model = define(label, bases, None, pk=key, **body)
        return [(text, hint) for id, text, hint in found(model) if id == "models.E042"]

    def problem(name: str, why: str) -> list[Any]:
        return [(f"'{name}' cannot be included in the composite primary key.", why)]

    a = {"a": models.IntegerField()}
    assert hints("None1", "a", "b", **a) == problem("b", "'b' is not a valid field.")
    a = {"a": models.IntegerField()}
    many = models.ManyToManyField(other, related_name="+")
    assert hints("Many", "a", "m", m=many, **a) == problem("m", "'m' field has no column.")
    a = {"a": models.IntegerField()}
    null = models.IntegerField(null=True)
    assert hints("Null", "a", "n", n=null, **a) == problem(
        "n", "'n' field may not set 'null=True'."
    )
    a = {"a": models.IntegerField()}
    made = models.GeneratedField(
        expression=models.F("a"), output_field=models.IntegerField(), db_persist=True
    )
    assert hints("Made", "a", "g", g=made, **a) == problem("g", "'g' field is a generated field.")
    a = {"a": models.IntegerField()}
    assert hints("Child", "a", "far", bases=(parent,), **a) == problem(
        "far", "'far' field is not a local field."
    )
    a = {"a": models.ForeignKey(other, CASCADE, related_name="+")}
    assert hints("Same", "a", "a_id", **a) == problem("a_id", "'a_id' and 'a' are the same fields.")


def test_names_and_tables_that_models_share(define: Define) -> None:
    body = {"a": models.IntegerField()}

    class Config:
        def __init__(self, *models: Any) -> None:
            self.models = models

        def get_models(self) -> tuple[Any, ...]:
            return self.models

    def index() -> models.Index:
        return models.Index(fields=["a"], name="i")

    def rule() -> models.CheckConstraint:
        return models.CheckConstraint(condition=models.Q(a=1), name="c")

    one = define(
        "One",
        meta={"db_table": "t", "indexes": [index(), index()], "constraints": [rule(), rule()]},
        a=models.IntegerField(),
    )
    texts = [(e.id, e.msg) for e in check_all_models([Config(one)])]
    assert texts == [
        ("models.E029", "index name 'i' is not unique for model orm.One."),
        ("models.E031", "constraint name 'c' is not unique for model orm.One."),
    ]
    two = define(
        "Two", meta={"db_table": "t", "indexes": [index()], "constraints": [rule()]}, **body
    )
    texts = [(e.id, e.msg, e.hint) for e in check_all_models([Config(one), Config(two)])]
    shared = "db_table 't' is used by multiple models: orm.One, orm.Two."
    assert texts == [
        ("models.E028", shared, None),
        ("models.E030", "index name 'i' is not unique among models: orm.One, orm.Two.", None),
        ("models.E032", "constraint name 'c' is not unique among models: orm.One, orm.Two.", None),
    ]
    with override_settings(DATABASE_ROUTERS=[object()]):
        warning = check_all_models([Config(one, two)])[0]
    assert isinstance(warning, checks.Warning)
    assert (warning.id, warning.msg) == ("models.W035", shared)
    assert warning.hint == (
        "You have configured settings.DATABASE_ROUTERS. Verify that orm.One, orm.Two are correctly "
        "routed to separate databases."
    )
    proxy = define("Proxy", (two,), {"proxy": True})
    unmanaged = define("Unmanaged", meta={"db_table": "t", "managed": False})
    assert check_all_models([Config(two, proxy, unmanaged)]) == []


def test_check_must_stay_a_class_method(define: Define) -> None:
    model = define("Hiding", check=models.IntegerField())
    config = type("Config", (), {"get_models": lambda self: [model]})()
    (error,) = check_all_models([config])
    assert error.id == "models.E020"
    assert error.msg.startswith("The 'Hiding.check()' class method is currently overridden by ")


def test_checks_of_all_models_are_run_by_the_framework() -> None:
    assert check_all_models in checks.registry.get_checks()
    assert check_lazy_references in checks.registry.get_checks()


def test_references_to_models_that_do_not_exist(define: Define) -> None:
    registry = define.registry  # type: ignore[attr-defined]  # see the fixture
    lost = define("Lost", to=models.ForeignKey("orm.Nowhere", CASCADE))
    field = lost._meta.get_field("to")

    def receive(**kwargs: Any) -> None: ...

    class Receiver:
        def method(self, **kwargs: Any) -> None: ...
        def __call__(self, **kwargs: Any) -> None: ...

    receiver = Receiver()
    for one in (receive, receiver, receiver.method):
        signals.post_init.connect(one, sender="missing.Model", apps=registry)

    def waits(model: Any) -> None: ...

    registry.lazy_model_operation(waits, ("orm", "later"))
    absent = "app 'missing' isn't installed."
    by = "was connected to the 'post_init' signal with a lazy reference to the sender"
    assert [(e.id, e.msg) for e in lazy_reference_errors(registry)] == sorted(
        [
            (
                "models.E022",
                f"{waits} contains a lazy reference to orm.later, but app 'orm' doesn't provide "
                "model 'later'.",
            ),
            ("signals.E001", f"An instance of class 'Receiver' {by} 'missing.model', but {absent}"),
            ("signals.E001", f"Bound method 'Receiver.method' {by} 'missing.model', but {absent}"),
            (
                "fields.E307",
                f"The field {field} was declared with a lazy reference to 'orm.nowhere', but app "
                "'orm' doesn't provide model 'nowhere'.",
            ),
            ("signals.E001", f"The function 'receive' {by} 'missing.model', but {absent}"),
        ],
        key=lambda pair: pair[1],
    )
    ignored = {("orm", "nowhere"), ("orm", "later"), ("missing", "model")}
    assert lazy_reference_errors(registry, ignored) == []


def test_a_signal_of_a_project_has_no_name(define: Define) -> None:
    registry = define.registry  # type: ignore[attr-defined]  # see the fixture
    signal = signals.ModelSignal()

    def receive(**kwargs: Any) -> None: ...

    signal.connect(receive, sender="missing.Model", apps=registry)
    (error,) = lazy_reference_errors(registry)
    assert "was connected to the 'unknown' signal" in error.msg
