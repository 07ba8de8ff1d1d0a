"""Fields: conversion, validation, deconstruction, checks, column types and round trips."""

from __future__ import annotations

import copy
import datetime
import decimal
import pickle
import uuid
import warnings
from typing import Any

import pytest
from fastjango.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from fastjango.orm import NotSupportedError, connection, fields, models
from fastjango.orm.fields.columns import FieldType, connection_for_dialect
from fastjango.orm.hooks import form_field
from fastjango.orm.schema import create_model_sql
from hypothesis import given
from hypothesis import strategies as st

UTC = datetime.UTC


class FieldMenu(models.TextChoices):
    SOUP = "s", "Soup"
    FISH = "f"
    __empty__ = "nothing"


class FieldEverything(models.Model):
    big = models.BigIntegerField(default=2**62)
    binary = models.BinaryField(default=b"\x00\xff")
    flag = models.BooleanField(default=True)
    maybe = models.BooleanField(null=True)
    char = models.CharField(max_length=10, default="é")
    day = models.DateField(default=datetime.date(2020, 2, 29))
    moment = models.DateTimeField(default=datetime.datetime(2020, 1, 1, 12, tzinfo=UTC))
    number = models.DecimalField(max_digits=8, decimal_places=3, default=decimal.Decimal("1.5"))
    span = models.DurationField(default=datetime.timedelta(days=-1, microseconds=1))
    email = models.EmailField(default="a@example.com")
    ratio = models.FloatField(default=0.1)
    address = models.GenericIPAddressField(default="::1")
    small = models.SmallIntegerField(default=-5)
    positive = models.PositiveIntegerField(default=5)
    data = models.JSONField(default=dict)
    slug = models.SlugField(default="a-b")
    text = models.TextField(default="long")
    hour = models.TimeField(default=datetime.time(1, 2, 3, 4))
    url = models.URLField(default="https://example.com/")
    uid = models.UUIDField(default=uuid.UUID(int=1))
    menu = models.CharField(max_length=1, choices=FieldMenu, default=FieldMenu.SOUP)
    doubled = models.GeneratedField(
        expression=models.F("positive") * 2,
        output_field=models.IntegerField(),
        db_persist=True,
    )
    server = models.IntegerField(db_default=42)
    added = models.DateTimeField(auto_now_add=True)
    file = models.FileField(upload_to="x", blank=True)

    class Meta:
        app_label = "orm"


class FieldPair(models.Model):
    pk = models.CompositePrimaryKey("a", "b")
    a = models.IntegerField()
    b = models.CharField(max_length=3)
    text = models.CharField(max_length=3, default="")

    class Meta:
        app_label = "orm"


MODELS = (FieldEverything, FieldPair)


def test_every_type_comes_back_as_it_went_in(tables):
    made = FieldEverything.objects.create(data={"a": [1, None, "é"]})
    found = FieldEverything.objects.get()
    for field in FieldEverything._meta.concrete_fields:
        before, after = getattr(made, field.attname), getattr(found, field.attname)
        if isinstance(after, memoryview):
            after = bytes(after)
        assert before == after, field.name
    assert found.doubled == 10
    assert found.server == 42
    assert found.get_menu_display() == "Soup"
    assert found.number.as_tuple().exponent == -3


def test_sqlite_keeps_the_texts_that_django_writes(tables):
    FieldEverything.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT moment, day, hour, uid, span, flag, number, data FROM orm_fieldeverything"
        )
        row = cursor.fetchone()
    assert row == (
        "2020-01-01 12:00:00",
        "2020-02-29",
        "01:02:03.000004",
        "00000000000000000000000000000001",
        -86399999999,
        1,
        1.5,
        "{}",
    )


def test_composite_keys(tables):
    made = FieldPair.objects.create(a=1, b="x")
    assert made.pk == (1, "x")
    assert FieldPair.objects.get(pk=(1, "x")) == made
    made.text = "t"
    made.save()
    assert FieldPair.objects.get().text == "t"
    made.pk = (2, "y")
    assert (made.a, made.b) == (2, "y")
    with pytest.raises(ValueError, match="must have 2 elements"):
        made.pk = (1,)
    with pytest.raises(ValueError, match="must be a list or a tuple"):
        made.pk = 1
    made.pk = None
    assert not made._is_pk_set()
    assert FieldPair._meta.is_composite_pk
    assert [f.name for f in FieldPair._meta.pk_fields] == ["a", "b"]
    key = FieldPair._meta.pk
    assert len(key) == 2
    assert list(key) == [FieldPair._meta.get_field("a"), FieldPair._meta.get_field("b")]
    assert key.value_to_string(FieldPair(a=1, b="é")) == '["1", "é"]'
    assert key.to_python('["1", "é"]') == [1, "é"]
    assert key.deconstruct()[2] == ("a", "b")
    for args, kwargs, message in (
        ((), {}, "unique strings"),
        (("a",), {}, "at least two"),
        (("a", "b"), {"default": 1}, "cannot have a default"),
        (("a", "b"), {"db_default": 1}, "cannot have a database default"),
        (("a", "b"), {"db_column": "x"}, "cannot have a db_column"),
        (("a", "b"), {"editable": True}, "cannot be editable"),
        (("a", "b"), {"primary_key": False}, "must be a primary key"),
        (("a", "b"), {"blank": False}, "must be blank"),
    ):
        with pytest.raises(ValueError, match=message):
            models.CompositePrimaryKey(*args, **kwargs)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (models.BooleanField(), "t", True),
        (models.BooleanField(), 0, False),
        (models.BooleanField(null=True), "", None),
        (models.CharField(max_length=3), 5, "5"),
        (models.DateField(), "2020-01-02", datetime.date(2020, 1, 2)),
        (models.DateField(), datetime.datetime(2020, 1, 2, 3), datetime.date(2020, 1, 2)),
        (models.DateTimeField(), "2020-01-02", datetime.datetime(2020, 1, 2)),
        (models.DateTimeField(), "2020-01-02T03:04", datetime.datetime(2020, 1, 2, 3, 4)),
        (models.TimeField(), "01:02", datetime.time(1, 2)),
        (models.TimeField(), datetime.datetime(2020, 1, 1, 5), datetime.time(5)),
        (models.DecimalField(max_digits=3, decimal_places=1), 0.1, decimal.Decimal("0.1")),
        (models.DurationField(), "1 02:03:04", datetime.timedelta(1, 7384)),
        (models.FloatField(), "1.5", 1.5),
        (models.IntegerField(), "7", 7),
        (models.GenericIPAddressField(), " 2001:0::0:01 ", "2001::1"),
        (models.UUIDField(), 1, uuid.UUID(int=1)),
        (models.UUIDField(), "0" * 32, uuid.UUID(int=0)),
        (models.JSONField(), {"a": 1}, {"a": 1}),
        (models.BinaryField(), "AA==", memoryview(b"\x00")),
    ],
)
def test_to_python(field, value, expected):
    assert field.to_python(value) == expected
    if not isinstance(field, models.BooleanField):
        assert field.to_python(None) is None


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (models.BooleanField(), "x", "must be either True or False"),
        (models.BooleanField(null=True), "x", "True, False, or None"),
        (models.DateField(), "2020-13-01", "correct format.*invalid date"),
        (models.DateField(), "x", "invalid date format"),
        (models.DateTimeField(), "2020-13-01 01:01", "invalid date/time"),
        (models.DateTimeField(), "2020-13-01", "invalid date"),
        (models.DateTimeField(), "x", "invalid format"),
        (models.TimeField(), "25:00", "invalid time"),
        (models.TimeField(), "x", "invalid format"),
        (models.DecimalField(max_digits=3, decimal_places=1), "x", "decimal number"),
        (models.DecimalField(max_digits=3, decimal_places=1), "NaN", "decimal number"),
        (models.DurationField(), "x", "invalid format"),
        (models.FloatField(), "x", "must be a float"),
        (models.IntegerField(), "x", "must be an integer"),
        (models.UUIDField(), "x", "not a valid UUID"),
        (models.BinaryField(), "é", "not a valid binary value"),
        (models.GenericIPAddressField(), ":::", "valid"),
    ],
)
def test_to_python_refuses(field, value, message):
    with pytest.raises(ValidationError, match=message):
        field.to_python(value)


def test_prepared_values_name_the_field():
    field = models.IntegerField(name="age")
    with pytest.raises(ValueError, match="Field 'age' expected a number but got 'x'"):
        field.get_prep_value("x")
    with pytest.raises(TypeError, match=r"Field 'age' expected a number but got \[\]"):
        field.get_prep_value([])
    with pytest.warns(RuntimeWarning, match=r"\(unbound\) received a naive datetime"):
        models.DateTimeField().get_prep_value(datetime.datetime(2020, 1, 1))
    with pytest.warns(RuntimeWarning, match="naive datetime"):
        models.DateTimeField().to_python(datetime.date(2020, 1, 1))


def test_clean_checks_choices_null_blank_and_validators():
    choice = models.CharField(max_length=3, choices=[("a", "A"), ("group", [("b", "B")])])
    assert choice.clean("b", None) == "b"
    with pytest.raises(ValidationError, match="'c' is not a valid choice"):
        choice.clean("c", None)
    with pytest.raises(ValidationError, match="cannot be null"):
        models.IntegerField().clean(None, None)
    with pytest.raises(ValidationError, match="cannot be blank"):
        models.CharField(max_length=3).clean("", None)
    with pytest.raises(ValidationError, match="at most 3 characters"):
        models.CharField(max_length=3).clean("abcd", None)
    with pytest.raises(ValidationError, match="own words"):
        models.SmallIntegerField(error_messages={"max_value": "own words"}).clean(2**70, None)
    assert models.IntegerField(editable=False).clean(3, None) == 3
    with pytest.raises(ValidationError, match="valid JSON"):
        models.JSONField().clean(object(), None)


CLONED = [
    models.AutoField(primary_key=True),
    models.BigAutoField(primary_key=True),
    models.SmallAutoField(primary_key=True),
    models.BinaryField(editable=True),
    models.BooleanField(default=True),
    models.CharField(max_length=5, db_collation="NOCASE", verbose_name="x"),
    models.DateField(auto_now=True),
    models.DateTimeField(auto_now_add=True),
    models.DecimalField(max_digits=5, decimal_places=2),
    models.DurationField(),
    models.EmailField(),
    models.FileField(upload_to="x"),
    models.FilePathField(path="/tmp", match="x", recursive=True, allow_folders=True),
    models.FloatField(unique=True),
    models.GenericIPAddressField(protocol="IPv4", unpack_ipv4=False),
    models.ImageField(width_field="w", height_field="h"),
    models.IntegerField(db_index=True, help_text="x", choices=[(1, "a")]),
    models.JSONField(encoder=dict, decoder=dict),
    models.PositiveBigIntegerField(),
    models.PositiveSmallIntegerField(),
    models.SlugField(allow_unicode=True, db_index=False),
    models.TextField(db_comment="c", db_column="d"),
    models.TimeField(auto_now=True),
    models.URLField(max_length=300),
    models.UUIDField(db_default=uuid.UUID(int=2)),
    models.ForeignKey(
        "orm.X", models.SET_NULL, null=True, to_field="y", related_name="+", db_index=False
    ),
    models.OneToOneField("orm.X", models.CASCADE, db_constraint=False, limit_choices_to={"a": 1}),
    models.ManyToManyField("orm.X", db_table="t", related_query_name="q"),
    models.GeneratedField(
        expression=models.F("a"), output_field=models.IntegerField(), db_persist=False
    ),
]


@pytest.mark.parametrize("field", CLONED, ids=lambda f: type(f).__name__)
def test_deconstruction_makes_the_same_field_again(field):
    name, path, args, kwargs = field.deconstruct()
    assert name is None
    assert path == f"fastjango.orm.models.{type(field).__name__}"
    again = getattr(models, path.rpartition(".")[2])(*args, **kwargs)
    assert again.deconstruct()[1:] == (path, args, kwargs)
    assert field.clone().deconstruct() == field.deconstruct()
    assert copy.deepcopy(field).deconstruct() == field.deconstruct()
    assert "auto_created" not in kwargs


def test_fields_are_ordered_by_creation_and_pickled_by_name():
    a, b = models.IntegerField(), models.IntegerField()
    assert a < b
    assert a != b
    assert a != 1
    assert hash(a) != hash(b)
    with pytest.raises(TypeError):
        _ = a < 1
    field = FieldEverything._meta.get_field("char")
    assert pickle.loads(pickle.dumps(field)) is field
    loose = pickle.loads(pickle.dumps(models.CharField(max_length=3)))
    assert loose.max_length == 3
    assert str(field) == "orm.FieldEverything.char"
    assert repr(field) == "<fastjango.orm.fields.text.CharField: char>"
    assert repr(a) == "<fastjango.orm.fields.numbers.IntegerField>"
    assert "Field of type" in str(models.Field().description)


def ids(field: Any) -> list[str]:
    return [error.id for error in field.check(databases=["default"])]


class FieldChecked(models.Model):
    class Meta:
        app_label = "orm"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (models.IntegerField(name="x_"), ["fields.E001"]),
        (models.IntegerField(name="x__y"), ["fields.E002"]),
        (models.IntegerField(name="pk"), ["fields.E003"]),
        (models.CharField(max_length=3, choices="ab"), ["fields.E004"]),
        (models.CharField(max_length=3, choices={1, 2}), ["fields.E004"]),
        (models.CharField(max_length=3, choices=[(1, 2, 3)]), ["fields.E005"]),
        (models.CharField(max_length=1, choices=[("ab", "x")]), ["fields.E009"]),
        (models.IntegerField(db_index="x"), ["fields.E006"]),
        (models.IntegerField(primary_key=True, null=True), ["fields.E007"]),
        (models.IntegerField(validators=[1]), ["fields.E008"]),
        (models.CharField(max_length=0), ["fields.E121"]),
        (models.CharField(max_length=True), ["fields.E121"]),
        (models.AutoField(), ["fields.E100"]),
        (models.IntegerField(max_length=3), ["fields.W122"]),
        (models.DecimalField(max_digits=-1, decimal_places=-1), ["fields.E131", "fields.E133"]),
        (models.DecimalField(max_digits="x", decimal_places="x"), ["fields.E131", "fields.E133"]),
        (models.DecimalField(max_digits=1, decimal_places=2), ["fields.E134"]),
        (models.DecimalField(max_digits=1), ["fields.E135"]),
        (models.FilePathField(allow_files=False), ["fields.E140"]),
        (models.GenericIPAddressField(blank=True), ["fields.E150"]),
        (models.DateField(auto_now=True, auto_now_add=True), ["fields.E160"]),
        (models.BinaryField(default="x"), ["fields.E170"]),
        (models.JSONField(default={}), ["fields.E010"]),
        (models.FileField(primary_key=True), ["fields.E201"]),
        (models.FileField(upload_to="/x"), ["fields.E202"]),
        (fields.NullBooleanField(), ["fields.E903"]),
        (fields.IPAddressField(), ["fields.E900"]),
        (fields.CommaSeparatedIntegerField(max_length=3), ["fields.E901"]),
        (models.IntegerField(db_default=models.F("x")), ["fields.E012"]),
        (models.IntegerField(db_comment="c"), ["fields.W163"]),
        (
            models.GeneratedField(
                expression=models.F("a"),
                output_field=models.CharField(max_length=0),
                db_persist=True,
            ),
            ["fields.E223"],
        ),
        (
            models.GeneratedField(
                expression=models.F("a"),
                output_field=models.IntegerField(max_length=3),
                db_persist=True,
            ),
            ["fields.W224"],
        ),
        (models.IntegerField(), []),
    ],
)
def test_checks(field, expected):
    field.set_attributes_from_name(field.name or "thing")
    field.model = FieldChecked
    assert ids(field) == expected


def test_defaults_frozen_at_startup_are_noticed():
    now = datetime.datetime.now(UTC)
    for field in (
        models.DateField(default=now.date()),
        models.DateField(default=now),
        models.DateTimeField(default=now),
        models.TimeField(default=now.time()),
        models.TimeField(default=now),
    ):
        field.set_attributes_from_name("thing")
        field.model = FieldChecked
        assert ids(field) == ["fields.W161"]


def test_generated_fields_refuse_contradictions():
    for options, message in (
        ({"editable": True}, "cannot be editable"),
        ({"blank": False}, "must be blank"),
        ({"default": 1}, "cannot have a default"),
        ({"db_default": 1}, "cannot have a database default"),
        ({"db_persist": None}, "must be True or False"),
    ):
        given_options = {"db_persist": True, **options}
        with pytest.raises(ValueError, match=message):
            models.GeneratedField(
                expression=models.F("a"), output_field=models.IntegerField(), **given_options
            )
    assert FieldEverything._meta.get_field("doubled").referenced_fields == {
        FieldEverything._meta.get_field("positive")
    }


def test_form_fields_come_through_the_hook():
    field = models.DateField(name="day")
    with pytest.raises(ImproperlyConfigured, match="makes a form field"):
        field.formfield()
    seen = []

    def make(field, form_class, options):
        seen.append((type(field).__name__, form_class, options))
        return "made"

    with form_field.implemented(make):
        for one in CLONED:
            if isinstance(one, fields.RelatedField | fields.AutoField | models.FilePathField):
                continue
            assert one.formfield() == "made"
        assert models.AutoField(primary_key=True).formfield() is None
        assert models.ForeignKey(FieldEverything, models.CASCADE).formfield() == "made"
        assert models.ManyToManyField(FieldEverything).formfield(initial=list) == "made"
        assert models.FilePathField(path=lambda: "/x").formfield() == "made"
        assert models.BooleanField(choices=[(True, "y")]).formfield() == "made"
        with pytest.raises(ValueError, match="has not been loaded yet"):
            models.ForeignKey("x.Y", models.CASCADE).formfield()
    assert ("DateField", "DateField", {}) in seen


def test_files_need_a_storage():
    obj = FieldEverything(file="a.txt")
    assert obj.file.name == "a.txt"
    assert str(obj.file) == "a.txt"
    assert obj.file == "a.txt"
    assert obj.file
    assert repr(obj.file) == "<FieldFile: a.txt>"
    assert hash(obj.file) == hash("a.txt")
    assert pickle.loads(pickle.dumps(obj)).file.name == "a.txt"
    with pytest.raises(ImproperlyConfigured, match="'url' needs a file storage"):
        _ = obj.file.url
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = obj.file.nope
    with pytest.raises(ValueError, match="has no file associated"):
        _ = FieldEverything().file.path
    field = FieldEverything._meta.get_field("file")
    assert field.generate_filename(obj, "b.txt") == "x/b.txt"
    assert models.FileField(upload_to=lambda i, n: f"up/{n}").generate_filename(obj, "b") == "up/b"
    field.save_form_data(obj, None)
    assert obj.file.name == "a.txt"
    field.save_form_data(obj, False)
    assert not obj.file

    class Upload:
        name = "u.txt"

        def read(self) -> bytes:
            return b""

    obj.file = Upload()
    with pytest.raises(ImproperlyConfigured, match="'save' needs a file storage"):
        field.pre_save(obj, True)


def test_values_for_serializers():
    obj = FieldEverything(data={"a": 1}, binary=b"\x00")
    texts = {
        f.name: f.value_to_string(obj)
        for f in FieldEverything._meta.concrete_fields
        if not f.generated
    }
    assert texts["binary"] == "AA=="
    assert texts["data"] == {"a": 1}
    assert texts["span"] == "-1 00:00:00.000001"
    assert texts["moment"] == "2020-01-01T12:00:00+00:00"
    assert texts["added"] == ""
    assert models.DurationField(name="x").clone().get_internal_type() == "DurationField"


def test_choices_in_every_shape():
    assert models.IntegerField(choices={1: "a", 2: "b"}).flatchoices == [(1, "a"), (2, "b")]
    called = models.IntegerField(choices=lambda: [(1, "a")])
    assert list(called.choices) == [(1, "a")]
    assert callable(called.deconstruct()[3]["choices"])
    keys = [key for key, _ in models.CharField(choices=FieldMenu).get_choices()]
    assert keys == [None, "s", "f"]
    keys = [key for key, _ in models.IntegerField(choices={1: "a"}).get_choices()]
    assert keys == ["", 1]
    assert FieldMenu.choices == [(None, "nothing"), ("s", "Soup"), ("f", "Fish")]
    assert FieldMenu.labels == ["nothing", "Soup", "Fish"]
    assert FieldMenu.values == [None, "s", "f"]
    assert FieldMenu.names == ["__empty__", "SOUP", "FISH"]
    assert FieldMenu.SOUP.label == "Soup"
    assert str(FieldMenu.SOUP) == "s"
    assert repr(FieldMenu.SOUP) == "FieldMenu.SOUP"
    assert models.IntegerChoices("Numbers", "ONE TWO").values == [1, 2]


def test_column_types_and_text_parts():
    sql = "\n".join(create_model_sql(FieldEverything))
    for part in (
        "bigint",
        "bool",
        "varchar(10)",
        "datetime",
        "decimal",
        "char(32)",
        "integer unsigned",
        'CHECK ("positive" >= 0)',
        "GENERATED ALWAYS AS",
        "DEFAULT 42",
        "JSON_VALID",
    ):
        assert part in sql
    assert models.CharField().cast_db_type(connection) == "text"
    with pytest.raises(NotSupportedError, match="does not support slicing"):
        models.IntegerField().slice_expression(models.F("x"), 1, 2)
    assert models.TextField().slice_expression(models.F("x"), 1, 2) is not None
    with pytest.raises(FieldDoesNotExist, match="has no field named 'nope'"):
        FieldEverything._meta.get_field("nope")


def test_types_for_sqlalchemy():
    import sqlalchemy as sa
    from sqlalchemy.dialects import mysql, oracle, postgresql, sqlite

    kind = FieldEverything._meta.get_field("data").sa_type()
    assert isinstance(kind, FieldType)
    assert isinstance(kind.copy(), FieldType)
    assert kind.compile(sqlite.dialect()) == "text"
    assert kind.compile(postgresql.dialect()) == "JSONB"
    moment = FieldEverything._meta.get_field("moment").sa_type()
    assert moment.compile(postgresql.dialect()) == "timestamp with time zone"
    assert moment.compile(mysql.dialect()) == "datetime(6)"
    assert connection_for_dialect(sqlite.dialect()) is not None
    with pytest.raises(sa.exc.CompileError, match="dialect 'oracle'"):
        moment.compile(oracle.dialect())
    bound = moment.process_bind_param(datetime.datetime(2020, 1, 1, tzinfo=UTC), sqlite.dialect())
    assert bound == "2020-01-01 00:00:00"
    assert moment.process_result_value(bound, sqlite.dialect()).tzinfo is not None
    assert moment.process_bind_param(None, sqlite.dialect()) is None
    assert moment.process_result_value(None, sqlite.dialect()) is None


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(), st.uuids())
def test_values_survive_the_driver(moment, span, uid):
    for name, value in (("moment", moment), ("span", span), ("uid", uid)):
        field = FieldEverything._meta.get_field(name)
        if name == "span" and abs(value) > datetime.timedelta(days=10**8):
            continue
        stored = field.get_db_prep_save(value, connection)
        assert field.get_row_converter(connection)(stored) == value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert models.IntegerField().get_row_converter(connection) is None
