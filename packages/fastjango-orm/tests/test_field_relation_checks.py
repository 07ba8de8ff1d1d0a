"""System checks of relations: Django's ids, messages and hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.orm import connection, models

CASCADE = models.CASCADE
Define = Callable[..., Any]


def found(model: Any, name: str = "f") -> list[tuple[str, str, str | None]]:
    """Id, message and hint of what the checks say of a model's field."""
    field = model._meta.get_field(name)
    options: dict[str, Any] = {"from_model": model} if field.many_to_many else {}
    errors = field.check(databases=["default"], **options)
    return [(error.id, error.msg, error.hint) for error in errors]


def test_names_on_the_other_side_can_be_used(define: Define) -> None:
    other = define("Other")
    for number, name in enumerate(("a b", "class", "1a", "a-b")):
        model = define(f"Named{number}", f=models.ForeignKey(other, CASCADE, related_name=name))
        assert found(model) == [
            (
                "fields.E306",
                f"The name '{name}' is invalid related_name for field Named{number}.f",
                "Related name must be a valid Python identifier or end with a '+'",
            )
        ]
    rename = "Add or change a related_name or related_query_name argument for this field."
    model = define(
        "Query", f=models.ForeignKey(other, CASCADE, related_query_name="a__b_", related_name="x")
    )
    assert found(model) == [
        ("fields.E308", "Reverse query name 'a__b_' must not end with an underscore.", rename),
        ("fields.E309", "Reverse query name 'a__b_' must not contain '__'.", rename),
    ]
    hidden = define("Hidden_", f=models.ForeignKey(other, CASCADE, related_name="+"))
    assert found(hidden) == []


def test_the_other_model_must_be_there(define: Define) -> None:
    missing = (
        "Field defines a relation with model '{}', which is either not installed, or is abstract."
    )
    lost = define("Lost", f=models.ForeignKey("orm.Nowhere", CASCADE))
    assert found(lost) == [("fields.E300", missing.format("orm.Nowhere"), None)]
    abstract = define("Abstract", meta={"abstract": True})
    model = define("ToAbstract", f=models.ForeignKey(abstract, CASCADE))
    assert ("fields.E300", missing.format("Abstract"), None) in found(model)
    many = define("Many", f=models.ManyToManyField("orm.Nowhere"))
    assert ("fields.E300", missing.format("orm.Nowhere"), None) in found(many)


def test_a_relation_to_a_swapped_model_names_the_setting(define: Define) -> None:
    define("Own")
    with override_settings(ORM_OTHER="orm.Own"):
        swapped = define("Swapped", meta={"swappable": "ORM_OTHER"})
        model = define("Model", f=models.ForeignKey(swapped, CASCADE))
        assert found(model) == [
            (
                "fields.E301",
                "Field defines a relation with the model 'orm.Swapped', which has been swapped "
                "out.",
                "Update the relation to point at 'settings.ORM_OTHER'.",
            )
        ]


def test_names_on_the_other_side_are_free(define: Define) -> None:
    other = define("Other", name=models.CharField(max_length=3), people=models.Manager())
    one = define("One", f=models.ForeignKey(other, CASCADE, related_name="name"))
    rename = (
        "Rename field 'orm.Other.name', or add/change a related_name argument to the definition "
        "for field 'orm.One.f'."
    )
    assert found(one) == [
        (
            "fields.E302",
            "Reverse accessor 'Other.name' for 'orm.One.f' clashes with field name "
            "'orm.Other.name'.",
            rename,
        ),
        (
            "fields.E303",
            "Reverse query name for 'orm.One.f' clashes with field name 'orm.Other.name'.",
            rename,
        ),
    ]
    two = define(
        "Two",
        f=models.ForeignKey(other, CASCADE, related_name="twice"),
        g=models.ForeignKey(other, CASCADE, related_name="twice"),
    )
    hint = "Add or change a related_name argument to the definition for 'orm.Two.f' or 'orm.Two.g'."
    assert found(two) == [
        (
            "fields.E304",
            "Reverse accessor 'Other.twice' for 'orm.Two.f' clashes with reverse accessor for "
            "'orm.Two.g'.",
            hint,
        ),
        (
            "fields.E305",
            "Reverse query name for 'orm.Two.f' clashes with reverse query name for 'orm.Two.g'.",
            hint,
        ),
    ]
    three = define("Three", f=models.ForeignKey(other, CASCADE, related_name="people"))
    assert found(three) == [
        (
            "fields.E348",
            "Related name 'people' for 'orm.Three.f' clashes with the name of a model manager.",
            "Rename the model manager or change the related_name argument in the definition for "
            "field 'orm.Three.f'.",
        )
    ]


def test_the_field_pointed_to_is_unique(define: Define) -> None:
    other = define(
        "Other",
        a=models.IntegerField(),
        b=models.IntegerField(),
        c=models.IntegerField(),
        meta={
            "unique_together": [("a", "b")],
            "constraints": [models.UniqueConstraint(fields=["c"], name="c")],
        },
    )
    nowhere = define("Nowhere", f=models.ForeignKey(other, CASCADE, to_field="nope"))
    assert found(nowhere) == [
        ("fields.E312", "The to_field 'nope' doesn't exist on the related model 'orm.Other'.", None)
    ]
    plain = define("Plain", f=models.ForeignKey(other, CASCADE, to_field="a"))
    assert found(plain) == [
        (
            "fields.E311",
            "'Other.a' must be unique because it is referenced by a foreign key.",
            "Add unique=True to this field or add a UniqueConstraint (without condition) in the "
            "model Meta.constraints.",
        )
    ]
    constrained = define("Constrained", f=models.ForeignKey(other, CASCADE, to_field="c"))
    assert found(constrained) == []

    def pair(label: str, *names: str) -> Any:
        body = {f"x_{name}": models.IntegerField() for name in names}
        link = models.ForeignObject(
            other, CASCADE, [f"x_{name}" for name in names], list(names), related_name="+"
        )
        return define(label, f=link, **body)

    assert found(pair("Together", "a", "b")) == []
    assert found(pair("Apart", "b", "id")) == []
    wrong = pair("Wrong", "b", "a")
    other._meta.unique_together = ()
    assert found(wrong) == [
        (
            "fields.E310",
            "No subset of the fields 'b', 'a' on model 'Other' is unique.",
            "Mark a single field as unique=True or add a set of fields to a unique constraint (via "
            "unique_together or a UniqueConstraint (without condition) in the model "
            "Meta.constraints).",
        )
    ]


def test_composite_keys_are_not_pointed_to(define: Define) -> None:
    keys = {"a": models.IntegerField(), "b": models.IntegerField()}
    pair = define("Pair", pk=models.CompositePrimaryKey("a", "b"), **keys)
    text = (
        "Field defines a relation involving model 'Pair' which has a CompositePrimaryKey and such "
        "relations are not supported."
    )
    error = ("fields.E347", text, None)
    assert error in found(define("One", f=models.ForeignKey(pair, CASCADE, related_name="+")))
    assert error in found(define("Many", f=models.ManyToManyField(pair, related_name="+")))
    keys = {"a": models.IntegerField(), "b": models.IntegerField()}
    other = define("Other")
    from_pair = define(
        "FromPair",
        pk=models.CompositePrimaryKey("a", "b"),
        f=models.ManyToManyField(other, related_name="+"),
        **keys,
    )
    assert error[0] in {id for id, _, _ in found(from_pair)}


def test_what_happens_on_deletion_is_possible(define: Define) -> None:
    other = define("Other")
    null = "Set null=True argument on the field, or change the on_delete rule."
    for number, rule in enumerate((models.SET_NULL, models.DB_SET_NULL)):
        model = define(f"Null{number}", f=models.ForeignKey(other, rule, related_name="+"))
        name = rule.__name__
        assert found(model) == [
            ("fields.E320", f"Field specifies on_delete={name}, but cannot be null.", null)
        ]
    model = define("Default", f=models.ForeignKey(other, models.SET_DEFAULT, related_name="+"))
    assert found(model) == [
        (
            "fields.E321",
            "Field specifies on_delete=SET_DEFAULT, but has no default value.",
            "Set a default value, or change the on_delete rule.",
        )
    ]
    model = define("DbDefault", f=models.ForeignKey(other, models.DB_SET_DEFAULT, related_name="+"))
    assert found(model) == [
        (
            "fields.E322",
            "Field specifies on_delete=DB_SET_DEFAULT, but has no db_default value.",
            "Set a db_default value, or change the on_delete rule.",
        )
    ]
    fine = models.ForeignKey(other, models.DB_SET_DEFAULT, db_default=1, related_name="+")
    assert found(define("Fine", f=fine)) == []


def test_what_the_database_does_on_deletion_must_be_supported(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = define("Other")
    rules = {
        models.DB_CASCADE: "supports_on_delete_db_cascade",
        models.DB_SET_NULL: "supports_on_delete_db_null",
        models.DB_SET_DEFAULT: "supports_on_delete_db_default",
    }
    for rule, feature in rules.items():
        monkeypatch.setattr(type(connection.features), feature, False)
        name = rule.__name__
        link = models.ForeignKey(other, rule, null=True, db_default=None, related_name="+")
        assert found(define(f"Poor{name}", f=link)) == [
            (
                "fields.E324",
                f"SQLite does not support a {name}.",
                f"Change the on_delete rule to {name.removeprefix('DB_')}.",
            )
        ]
        link = models.ForeignKey(other, rule, null=True, db_default=None, related_name="+")
        meta = {"required_db_features": {feature}}
        assert found(define(f"Demanding{name}", meta=meta, f=link)) == []


def test_rules_of_database_and_python_do_not_meet_in_a_chain(define: Define) -> None:
    top = define("Top")
    by_python = define("ByPython", up=models.ForeignKey(top, CASCADE, related_name="+"))
    by_database = define("ByDatabase", up=models.ForeignKey(top, models.DB_CASCADE))
    hint = "Use either database or Python on_delete variants uniformly in the references chain."
    text = "Field specifies {}-level on_delete variant, but referenced model uses {}-level variant."
    assert found(define("A", f=models.ForeignKey(by_python, models.DB_CASCADE))) == [
        ("fields.E323", text.format("database", "Python"), hint)
    ]
    assert found(define("B", f=models.ForeignKey(by_database, CASCADE))) == [
        ("fields.E323", text.format("Python", "database"), hint)
    ]
    assert found(define("C", f=models.ForeignKey(by_database, models.DO_NOTHING))) == []
    assert found(define("D", f=models.ForeignKey(by_python, CASCADE))) == []
    many = define("Many", f=models.ManyToManyField(by_database, related_name="+"))
    (error,) = found(many)
    assert error == (
        "fields.E323",
        "Field specifies database-level on_delete variant, but auto-created intermediary model "
        "uses Python-level variant.",
        "Use either one of the Python on_delete variants or create a through model for "
        f"{many._meta.get_field('f')}.",
    )


def test_a_unique_foreign_key_is_a_one_to_one_field(define: Define) -> None:
    other = define("Other")
    model = define("Once", f=models.ForeignKey(other, CASCADE, unique=True))
    assert found(model) == [
        (
            "fields.W342",
            "Setting unique=True on a ForeignKey has the same effect as using a OneToOneField.",
            "ForeignKey(unique=True) is usually better served by a OneToOneField.",
        )
    ]


def test_options_without_effect_on_many_to_many(define: Define) -> None:
    other = define("Other")
    model = define(
        "Odd",
        f=models.ManyToManyField(
            other, unique=True, null=False, validators=[print], db_comment="words"
        ),
        g=models.ManyToManyField("self", related_name="them"),
    )
    assert [entry[:2] for entry in found(model) if entry[0] != "fields.W163"] == [
        ("fields.E330", "ManyToManyFields cannot be unique."),
        ("fields.W340", "null has no effect on ManyToManyField."),
        ("fields.W341", "ManyToManyField does not support validators."),
        ("fields.W346", "db_comment has no effect on ManyToManyField."),
    ]
    assert found(model, "g") == [
        (
            "fields.W345",
            "related_name has no effect on ManyToManyField with a symmetrical relationship, e.g. "
            'to "self".',
            None,
        )
    ]


def test_the_model_in_between_has_one_link_to_each_side(define: Define) -> None:
    other = define("Other")
    define("Empty")
    define("ToHere", here=models.ForeignKey("orm.Left", CASCADE, related_name="+"))
    define(
        "Two",
        a=models.ForeignKey("orm.Left", CASCADE, related_name="+"),
        b=models.ForeignKey("orm.Left", CASCADE, related_name="+"),
        c=models.ForeignKey(other, CASCADE, related_name="+"),
        d=models.ForeignKey(other, CASCADE, related_name="+"),
    )
    names = ("nowhere", "empty", "tohere", "two")
    left = define(
        "Left",
        **{
            name: models.ManyToManyField(other, through=f"orm.{model}", related_name="+")
            for name, model in zip(names, ("Nowhere", "Empty", "ToHere", "Two"), strict=True)
        },
    )
    assert found(left, "nowhere") == [
        (
            "fields.E331",
            "Field specifies a many-to-many relation through model 'orm.Nowhere', which has not "
            "been installed.",
            None,
        )
    ]
    for name in ("empty", "tohere"):
        assert found(left, name) == [
            (
                "fields.E336",
                f"The model is used as an intermediate model by 'orm.Left.{name}', but it does not "
                "have a foreign key to 'Left' or 'Other'.",
                None,
            )
        ]
    used = "The model is used as an intermediate model by 'orm.Left.two', but it"
    which = (
        "which is ambiguous. You must specify which foreign key to use via the through_fields "
        "keyword argument."
    )
    hint = (
        "If you want to create a recursive relationship, use "
        'ManyToManyField("self", through="Two").'
    )
    assert found(left, "two") == [
        ("fields.E334", f"{used} has more than one foreign key from 'Left', {which}", hint),
        ("fields.E335", f"{used} has more than one foreign key to 'Other', {which}", hint),
    ]


def test_a_relation_to_itself_has_two_links(define: Define) -> None:
    define(
        "Three",
        **{
            name: models.ForeignKey("orm.Node", CASCADE, related_name="+")
            for name in ("a", "b", "c")
        },
    )
    node = define(
        "Node",
        f=models.ManyToManyField("self", through="orm.Three"),
        g=models.ManyToManyField("self", through="orm.Three", through_fields=("a", "c")),
    )
    assert found(node) == [
        (
            "fields.E333",
            "The model is used as an intermediate model by 'orm.Node.f', but it has more than two "
            "foreign keys to 'Node', which is ambiguous. You must specify which two foreign keys "
            "to use via the through_fields keyword argument.",
            "Use through_fields to specify which two foreign keys to use.",
        )
    ]
    assert found(node, "g") == []


def test_through_fields_name_the_links(define: Define) -> None:
    other = define("Other")
    define(
        "Between",
        here=models.ForeignKey("orm.Left", CASCADE, related_name="+"),
        there=models.ForeignKey(other, CASCADE, related_name="+"),
        also=models.ForeignKey(other, CASCADE, related_name="+"),
        size=models.IntegerField(),
    )

    def many(*names: Any, through: str = "orm.Between") -> models.ManyToManyField:
        return models.ManyToManyField(
            other, through=through, through_fields=names, related_name="+"
        )

    left = define(
        "Left",
        good=many("here", "also"),
        short=many("here"),
        blank=many("here", ""),
        wrong=many("nope", "size"),
        turned=many("there", "here"),
        lost=many("here", "there", through="orm.Nowhere"),
    )
    assert found(left, "good") == []
    for name in ("short", "blank"):
        assert found(left, name) == [
            (
                "fields.E337",
                "Field specifies 'through_fields' but does not provide the names of the two link "
                "fields that should be used for the relation through model 'orm.Between'.",
                "Make sure you specify 'through_fields' as through_fields=('field1', 'field2')",
            )
        ]
    mean = "Did you mean one of the following foreign keys to '{}': {}?"
    assert found(left, "wrong") == [
        (
            "fields.E338",
            "The intermediary model 'orm.Between' has no field 'nope'.",
            mean.format("Left", "here"),
        ),
        (
            "fields.E339",
            "'Between.size' is not a foreign key to 'Other'.",
            mean.format("Other", "there, also"),
        ),
    ]
    assert [entry[:2] for entry in found(left, "turned")] == [
        ("fields.E339", "'Between.there' is not a foreign key to 'Left'."),
        ("fields.E339", "'Between.here' is not a foreign key to 'Other'."),
    ]
    assert [id for id, _, _ in found(left, "lost")] == ["fields.E331"]


def test_tables_in_between_have_names_of_their_own(define: Define) -> None:
    other = define("Other")
    define("Table", meta={"db_table": "taken"})
    model = define(
        "Left",
        f=models.ManyToManyField(other, db_table="taken", related_name="+"),
        g=models.ManyToManyField(other, db_table="both", related_name="+"),
        h=models.ManyToManyField(other, db_table="both", related_name="+"),
    )
    text = "The field's intermediary table '{}' clashes with the table name of '{}'."
    assert found(model) == [("fields.E340", text.format("taken", "orm.Table"), None)]
    assert found(model, "g") == [("fields.E340", text.format("both", "orm.Left.h"), None)]
    with override_settings(DATABASE_ROUTERS=[object()]):
        ((id, message, hint),) = found(model)
    assert (id, message) == ("fields.W344", text.format("taken", "orm.Table"))
    assert hint == (
        "You have configured settings.DATABASE_ROUTERS. Verify that the table of 'orm.Table' is "
        "correctly routed to a separate database."
    )
    unmanaged = define("Unmanaged", meta={"db_table": "taken", "managed": False})
    link = {"a": models.ForeignKey(unmanaged, CASCADE, related_name="+")}
    define("Free", meta={"db_table": "taken2", "managed": False}, **link)
    free = define("Free2", f=models.ManyToManyField(other, through="orm.Free", related_name="+"))
    assert "fields.E340" not in {id for id, _, _ in found(free)}
