"""Values of fields on their way to columns, forms and serializers; validators and column types."""

from __future__ import annotations

import datetime
import decimal
import json
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import lazystr
from fastjango.orm import connection, connections, fields, models
from fastjango.orm.hooks import form_field
from fastjango.orm.models import Value
from fastjango.orm.models.functions import Lower
from fastjango.values.validators import MaxValueValidator, MinValueValidator

Define = Callable[..., Any]
D = decimal.Decimal


def named(field: Any, name: str = "thing") -> Any:
    field.set_attributes_from_name(name)
    return field


# Defaults and empty values


def test_what_a_new_instance_holds() -> None:
    assert models.CharField().get_default() == ""
    assert models.CharField(null=True).get_default() is None
    assert models.IntegerField().get_default() is None
    assert models.IntegerField(default=lambda: 4).get_default() == 4
    assert models.BinaryField().get_default() == b""
    assert models.BinaryField(default=b"x").get_default() == b"x"
    assert models.BinaryField(default=lambda: b"y").get_default() == b"y"
    assert models.BinaryField(null=True).get_default() is None
    by_database = models.IntegerField(db_default=4).get_default()
    assert by_database.expression.value == 4
    expression = models.IntegerField(db_default=Lower(Value("X")))
    assert isinstance(expression.get_default().expression, Lower)
    assert models.IntegerField(primary_key=True).get_pk_value_on_save(None) is None
    assert models.UUIDField(default=uuid.UUID(int=1)).get_pk_value_on_save(None).int == 1


def test_a_composite_key_is_completed_by_defaults(define: Define) -> None:
    model = define(
        "Pair",
        pk=models.CompositePrimaryKey("a", "b"),
        a=models.IntegerField(default=4),
        b=models.CharField(max_length=3),
    )
    key = model._meta.pk
    assert key.get_pk_value_on_save(model(a=None, b="x")) == (4, "x")
    assert key.columns == ("a", "b")
    assert key.to_python([1, "x"]) == [1, "x"]
    assert [c.target.name for c in key.get_col("other").get_cols()] == ["a", "b"]
    assert key.get_col("orm_pair") is key.cached_col
    assert model.pk.field is key
    wrong = define("Wrong", key=models.CompositePrimaryKey("a", "b"), a=models.IntegerField())
    messages = {error.id: error.msg for error in wrong.check()}
    assert messages["fields.E013"] == "'CompositePrimaryKey' must be named 'pk'."


# Towards the database


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (models.BooleanField(), "t", True),
        (models.BooleanField(null=True), None, None),
        (models.CharField(), 5, "5"),
        (models.CharField(), lazystr("lazy"), "lazy"),
        (models.DecimalField(max_digits=5, decimal_places=2), "1.5", "1.5"),
        (models.DurationField(), datetime.timedelta(seconds=1), 1_000_000),
        (models.FilePathField(), 7, "7"),
        (models.FilePathField(), None, None),
        (models.GenericIPAddressField(), "2001:0::1", "2001::1"),
        (models.GenericIPAddressField(), "not:an:address", "not:an:address"),
        (models.GenericIPAddressField(), None, None),
        (models.GenericIPAddressField(unpack_ipv4=True), "::ffff:1.2.3.4", "1.2.3.4"),
        (models.JSONField(), {"a": 1}, '{"a": 1}'),
        (models.UUIDField(), "1" * 32, "1" * 32),
        (models.UUIDField(), None, None),
        (models.DateField(), "2020-01-02", "2020-01-02"),
        (models.TimeField(), "01:02", "01:02:00"),
        (models.AutoField(), "7", 7),
        (fields.IPAddressField(), 7, "7"),
        (fields.IPAddressField(), None, None),
        (models.FileField(), None, None),
        (models.FileField(), 7, "7"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_for_the_driver(field: Any, value: Any, stored: Any) -> None:
    assert named(field).get_db_prep_value(value, connection) == stored
    assert field.get_db_prep_save(value, connection) == stored


def test_expressions_pass_through() -> None:
    expression = models.F("x") + 1
    for field in (
        models.AutoField(),
        models.BinaryField(),
        models.CharField(),
        models.UUIDField(),
        models.DecimalField(max_digits=3, decimal_places=1),
    ):
        assert field.get_db_prep_save(expression, connection) is expression


def test_binary_values_are_marked_where_the_database_wants_it() -> None:
    field = named(models.BinaryField())
    assert bytes(field.get_db_prep_value(b"x", connection)) == b"x"
    assert field.get_db_prep_value(None, connection) is None
    assert field.get_placeholder_sql(
        b"x", None, connection
    ) == connection.ops.binary_placeholder_sql(b"x", None)


def test_json_null_and_sql_null_differ() -> None:
    field = named(models.JSONField())
    assert field.get_db_prep_save(None, connection) is None
    assert field.get_db_prep_save(Value(None, models.JSONField()), connection) == "null"
    assert field.from_db_value(None, None, connection) is None
    assert field.from_db_value("[1]", None, connection) == [1]
    assert field.from_db_value(5, None, connection) == 5
    assert field.from_db_value("not json", None, connection) == "not json"
    with pytest.raises(ValueError, match="The encoder parameter must be a callable object"):
        models.JSONField(encoder="x")
    with pytest.raises(ValueError, match="The decoder parameter must be a callable object"):
        models.JSONField(decoder="x")

    class Decoder(json.JSONDecoder):
        def decode(self, text: str) -> Any:  # type: ignore[override]
            return super().decode(text.upper())

    decoding = models.JSONField(encoder=json.JSONEncoder, decoder=Decoder)
    assert decoding.from_db_value('["a"]', None, connection) == ["A"]
    assert decoding.deconstruct()[3] == {"encoder": json.JSONEncoder, "decoder": Decoder}
    assert field.get_transform("key").key_name == "key"


def test_durations_are_durations() -> None:
    field = named(models.DurationField(), "span")
    assert field.to_python("3 days") == datetime.timedelta(3)
    with pytest.raises(TypeError, match=r"Field 'span' expected a datetime.timedelta but got 'x'"):
        field.get_db_prep_value("x", connection)
    with pytest.raises(ValidationError, match="invalid format"):
        field.to_python("P9999999999999D")
    assert field.value_to_string(type("Obj", (), {"span": None})()) == ""


def test_decimals_of_floats_are_rounded_to_the_digits() -> None:
    field = models.DecimalField(max_digits=4, decimal_places=2)
    assert field.to_python(1 / 3) == D("0.3333")
    assert field.context.prec == 4
    with pytest.raises(ValidationError, match="must be a decimal number"):
        field.to_python([])


def test_dates_are_of_the_default_time_zone() -> None:
    ahead = datetime.timezone(datetime.timedelta(hours=14))
    early = datetime.datetime(2020, 1, 1, 2, tzinfo=ahead)
    assert models.DateField().to_python(early) == datetime.date(2019, 12, 31)
    assert models.DateTimeField().to_python(early) is early


def test_auto_now_writes_the_moment(define: Define) -> None:
    model = define(
        "Stamped",
        day=models.DateField(auto_now=True),
        hour=models.TimeField(auto_now_add=True),
        moment=models.DateTimeField(auto_now_add=True),
    )
    opts, obj = model._meta, model()
    day = opts.get_field("day").pre_save(obj, add=False)
    assert obj.day is day
    assert type(day) is datetime.date
    assert opts.get_field("hour").pre_save(obj, add=False) is None
    assert type(opts.get_field("hour").pre_save(obj, add=True)) is datetime.time
    assert opts.get_field("moment").pre_save(obj, add=True).tzinfo is not None
    plain = models.Field()
    assert fields.temporal._MomentField.check is not plain.check
    with pytest.raises(NotImplementedError):
        fields.temporal._MomentField()._now()


def test_fixed_moments_of_long_ago_are_fine(define: Define) -> None:
    long_ago = datetime.datetime(2001, 1, 1, 4, tzinfo=datetime.UTC)
    model = define(
        "Old",
        a=models.DateField(default=long_ago),
        b=models.DateField(default=datetime.date(2001, 1, 1)),
        c=models.DateTimeField(default=long_ago),
        d=models.TimeField(default=long_ago),
        e=models.DateField(default=lambda: 1),
        f=models.DateTimeField(default="x"),
        g=models.TimeField(default="x"),
    )
    assert model.check() == []


# Validation


def test_validators_of_integers_are_their_range() -> None:
    def limits(field: Any) -> dict[type, Any]:
        return {type(one): one.limit_value for one in field.validators}

    low, high = connection.ops.integer_field_range("SmallIntegerField")
    small = models.SmallIntegerField()
    assert limits(small) == {MinValueValidator: low, MaxValueValidator: high}
    narrow = models.SmallIntegerField(
        validators=[MinValueValidator(0), MaxValueValidator(lambda: 10)]
    )
    assert len(narrow.validators) == 2
    wide = models.PositiveIntegerField(validators=[MinValueValidator(-5)])
    assert len(wide.validators) == 3
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        wide.clean(-1, None)


def test_errors_take_the_words_of_the_field() -> None:
    field = models.CharField(max_length=2, error_messages={"max_length": "too long"})
    with pytest.raises(ValidationError) as caught:
        field.clean("abc", None)
    assert caught.value.messages == ["too long"]
    field.run_validators("")


def test_choices_may_be_grouped() -> None:
    field = models.IntegerField(choices=[("low", [(1, "one")]), (5, "five")])
    for value in (1, 5):
        assert field.clean(value, None) == value
    with pytest.raises(ValidationError, match="Value 2 is not a valid choice"):
        field.clean(2, None)


# Forms


def test_fields_suggest_form_fields() -> None:
    asked: list[Any] = []

    def make(field: Any, form_class: Any, options: dict[str, Any]) -> str:
        asked.append((form_class, options))
        return "made"

    yes = [(True, "yes")]
    with form_field.implemented(make):
        for field in (
            models.CharField(max_length=3, null=True),
            models.TextField(max_length=3),
            models.TextField(choices=[("a", "A")]),
            models.BooleanField(),
            models.BooleanField(null=True),
            models.BooleanField(choices=yes, default=True),
            models.BigIntegerField(),
            models.PositiveIntegerField(),
            models.FilePathField(path="/x", match="m", recursive=True),
            models.GenericIPAddressField(protocol="IPv4"),
            models.SlugField(allow_unicode=True),
        ):
            assert field.formfield() == "made"
        assert models.AutoField().formfield() is None
    high = 2**63 - 1
    assert asked == [
        (None, {"max_length": 3, "empty_value": None}),
        (None, {"max_length": 3, "widget": "Textarea"}),
        (None, {"max_length": None}),
        ("BooleanField", {"required": False}),
        ("NullBooleanField", {"required": False}),
        (None, {"choices": yes}),
        ("IntegerField", {"min_value": -high - 1, "max_value": high}),
        ("IntegerField", {"min_value": 0}),
        (
            "FilePathField",
            {
                "path": "/x",
                "match": "m",
                "recursive": True,
                "allow_files": True,
                "allow_folders": False,
            },
        ),
        ("GenericIPAddressField", {"protocol": "IPv4"}),
        ("SlugField", {"max_length": 50, "allow_unicode": True}),
    ]


def test_form_data_goes_to_the_attribute() -> None:
    class Obj:
        thing = 1

    obj = Obj()
    field = named(models.IntegerField())
    field.save_form_data(obj, 4)
    assert field.value_from_object(obj) == 4
    assert field.value_to_string(obj) == "4"


# Columns


def test_types_of_columns(define: Define) -> None:
    for field in (models.CharField(), models.TextField(), models.SlugField()):
        assert "collation" in field.db_parameters(connection)
    assert models.Field().db_type(connection) is None
    assert models.Field().db_check(connection) is None
    assert models.BooleanField().db_check(named(models.BooleanField()) and connection) is None
    assert models.IntegerField().cast_db_type(connection) == "integer"
    assert models.CharField(max_length=5).cast_db_type(connection) == "varchar(5)"
    assert models.AutoField().db_type_suffix(connection) == "AUTOINCREMENT"
    for auto, plain in (
        (models.AutoField(), models.IntegerField()),
        (models.BigAutoField(), models.BigIntegerField()),
        (models.SmallAutoField(), models.SmallIntegerField()),
    ):
        assert auto.rel_db_type(connection) == plain.db_type(connection)
        assert auto.validate(None, None) is None
        assert isinstance(auto, models.AutoField)
    assert models.AutoField().select_format(None, "x", ()) == ("x", ())
    with pytest.raises(ValueError, match="can't have more than one auto-generated field"):
        define("Twice", a=models.AutoField(primary_key=True), b=models.AutoField())


def test_keys_to_positive_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    positive = named(models.PositiveIntegerField())
    monkeypatch.setattr(type(connection.features), "related_fields_match_type", True)
    assert positive.rel_db_type(connection) == "integer unsigned"
    monkeypatch.setattr(type(connection.features), "related_fields_match_type", False)
    assert positive.rel_db_type(connection) == "integer"


def test_generated_columns_are_of_their_output_field(define: Define) -> None:
    made = models.GeneratedField(
        expression=models.Q(a__gt=1), output_field=models.BooleanField(), db_persist=False
    )
    model = define("Made", a=models.IntegerField(), made=made)
    field = model._meta.get_field("made")
    assert field.generated_sql(connection)[0] == '"a" > %s'
    assert field.get_internal_type() == "BooleanField"
    assert field.db_parameters(connection) == field.output_field.db_parameters(connection)
    assert field.db_type_parameters(connection)["null"] is False
    assert field.get_col("other").output_field is field.output_field
    assert field.cached_col.output_field is field.output_field


def test_a_truth_value_is_a_case_where_the_database_has_none(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = type(connection.features)
    monkeypatch.setattr(features, "supports_boolean_expr_in_select_clause", False)
    made = models.GeneratedField(
        expression=models.Q(a=1), output_field=models.BooleanField(), db_persist=False
    )
    model = define("Made", a=models.IntegerField(), made=made)
    sql, _params = model._meta.get_field("made").generated_sql(connection)
    assert sql.startswith("CASE WHEN ")
    assert sql.endswith(" THEN 1 ELSE 0 END")


def test_generated_columns_the_database_lacks(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ids(label: str, meta: Any = None) -> list[str]:
        body = {
            name: models.GeneratedField(
                expression=models.F("a"), output_field=models.IntegerField(), db_persist=stored
            )
            for name, stored in (("stored", True), ("virtual", False))
        }
        model = define(label, meta=meta, a=models.IntegerField(), **body)
        return [error.id for error in model.check(databases=["default"])]

    features = type(connection.features)
    assert ids("Both") == []
    monkeypatch.setattr(features, "supports_virtual_generated_columns", False)
    assert ids("Stored") == ["fields.E221"]
    monkeypatch.setattr(features, "supports_stored_generated_columns", False)
    assert ids("Neither") == ["fields.E220", "fields.E222", "fields.E220", "fields.E221"]
    assert ids("Elsewhere", {"required_db_vendor": "postgresql"}) == []


def test_features_of_columns_the_database_lacks(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = type(connection.features)
    for feature in (
        "supports_collation_on_charfield",
        "supports_collation_on_textfield",
        "supports_json_field",
        "supports_unlimited_charfield",
        "supports_no_precision_decimalfield",
        "supports_expression_defaults",
    ):
        monkeypatch.setattr(features, feature, False)

    def model(label: str, **meta: Any) -> Any:
        return define(
            label,
            meta=meta,
            a=models.CharField(max_length=3, db_collation="x"),
            b=models.TextField(db_collation="x"),
            c=models.JSONField(default=dict),
            d=models.CharField(),
            e=models.DecimalField(),
            f=models.IntegerField(db_default=Lower(Value("x"))),
        )

    errors = [(e.id, e.msg) for e in model("Poor").check(databases=["default"])]
    lacks = "SQLite does not support"
    assert errors == [
        ("fields.E190", f"{lacks} a database collation on CharFields."),
        ("fields.E190", f"{lacks} a database collation on TextFields."),
        ("fields.E180", f"{lacks} JSONFields."),
        ("fields.E120", "CharFields must define a 'max_length' attribute."),
        ("fields.E130", "DecimalFields must define a 'decimal_places' attribute."),
        ("fields.E132", "DecimalFields must define a 'max_digits' attribute."),
        ("fields.E011", f"{lacks} default database values with expressions (db_default)."),
    ]
    elsewhere = model("Elsewhere", required_db_vendor="postgresql")
    assert "fields.E180" not in {e.id for e in elsewhere.check(databases=["default"])}
    required = [name for name in dir(connection.features) if name.startswith("supports_")]
    assert model("Demanding", required_db_features=required).check(databases=["default"]) == []


def test_a_database_may_have_checks_of_its_own(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Validation:
        def check_field(self, field: Any, **kwargs: Any) -> list[Any]:
            return [f"{field.name} seen"]

    kind = type(connections["default"])
    monkeypatch.setattr(kind, "validation", Validation(), raising=False)
    model = define("Seen", a=models.IntegerField())
    field = model._meta.get_field("a")
    assert field._check_backend_specific_checks(databases=["default"]) == ["a seen"]
    assert field._check_backend_specific_checks() == []


def test_details_of_deprecation_have_defaults(define: Define) -> None:
    class Old(models.IntegerField):
        system_check_deprecated_details = {"id": "fields.W901"}

    class Gone(models.IntegerField):
        system_check_removed_details = {"hint": "Use another."}

    model = define("Dated", old=Old(), gone=Gone(), e=models.CharField(choices=[("a", [1])]))
    assert [(e.id, e.msg, e.hint) for e in model.check()][:2] == [
        ("fields.W901", "Old has been deprecated.", None),
        (
            "fields.EXXX",
            "Gone has been removed except for support in historical migrations.",
            "Use another.",
        ),
    ]


# Identity


def test_loose_fields_come_before_those_of_models(define: Define) -> None:
    a = models.IntegerField()
    first = define("First", a=a)._meta.get_field("a")
    again = pickle.loads(pickle.dumps(models.IntegerField(default=3)))
    assert again.get_default() == 3
    copied = again.clone()
    copied.creation_counter = first.creation_counter
    assert copied < first
    assert not first < copied
    assert copied != first
    second = define("Second", a=first.clone())._meta.get_field("a")
    second.creation_counter = first.creation_counter
    assert first < second
    assert first.__eq__(1) is NotImplemented
    assert str(models.IntegerField()).startswith("<fastjango.orm.fields.numbers.IntegerField")
    assert first.get_filter_kwargs_for_object(first.model(a=4)) == {"a": 4}
    assert models.CharField().description == "String (unlimited)"
    assert models.BigAutoField().description == models.BigIntegerField().description
    assert models.AutoField().description == models.IntegerField().description
    assert "up to" in models.CharField(max_length=3).description


def test_converters_are_chained(define: Define) -> None:
    class Doubled(models.DecimalField):
        def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
            return None if value is None else value * 2

    model = define("Doubling", a=Doubled(max_digits=5, decimal_places=1))
    convert = model._meta.get_field("a").get_row_converter(connection)
    assert convert(1.5) == D("3.0")
    assert convert(None) is None


def test_fields_of_old_migrations_are_written_and_read() -> None:
    for field, internal in (
        (fields.NullBooleanField(), "BooleanField"),
        (fields.IPAddressField(), "IPAddressField"),
        (fields.CommaSeparatedIntegerField(max_length=5), "CharField"),
    ):
        _name, path, args, keywords = field.deconstruct()
        assert path == f"fastjango.orm.models.{type(field).__name__}"
        assert (args, set(keywords)) == ([], {"max_length"} if internal == "CharField" else set())
        assert field.get_internal_type() == internal
        assert type(field.clone()) is type(field)
    assert fields.NullBooleanField().clean("", None) is None
    with pytest.raises(ValidationError, match="must be either None, True or False"):
        fields.NullBooleanField().clean("x", None)


def test_limits_of_bytes_and_addresses() -> None:
    raw = models.BinaryField(max_length=2, editable=True)
    assert raw.clean(b"ab", None) == b"ab"
    with pytest.raises(ValidationError, match="at most 2 characters"):
        raw.clean(b"abc", None)
    assert raw.deconstruct()[3] == {"max_length": 2, "editable": True}
    assert models.BinaryField().deconstruct()[3] == {}
    assert raw.to_python(b"x") == b"x"
    address = models.GenericIPAddressField(protocol="IPv6", unpack_ipv4=False)
    assert address.deconstruct()[3] == {"protocol": "IPv6"}
    both = models.GenericIPAddressField(unpack_ipv4=True)
    assert both.deconstruct()[3] == {"unpack_ipv4": True}
    assert both.clean(" ::ffff:192.0.2.1 ", None) == "192.0.2.1"
    assert both.to_python("192.0.2.1") == "192.0.2.1"
    with pytest.raises(ValidationError, match="Enter a valid IPv6 address"):
        address.clean("192.0.2.1", None)
    assert models.BooleanField().to_python("False") is False
    with form_field.implemented(lambda field, form_class: form_class):
        assert models.UUIDField().formfield() == "UUIDField"
        assert models.JSONField().formfield() == "JSONField"


def test_options_of_texts_are_written_down_where_they_differ() -> None:
    assert models.SlugField().deconstruct()[3] == {}
    slug = models.SlugField(max_length=60, db_index=False, allow_unicode=True)
    assert slug.deconstruct()[3] == {"max_length": 60, "db_index": False, "allow_unicode": True}
    assert models.URLField().deconstruct()[3] == {}
    assert models.FilePathField().deconstruct()[3] == {}
    path = models.FilePathField(path="/x", max_length=200)
    assert path.deconstruct()[3] == {"path": "/x", "max_length": 200}
    assert models.TextField().to_python(5) == "5"
    assert models.FileField(max_length=50, storage="s").deconstruct()[3] == {
        "max_length": 50,
        "upload_to": "",
        "storage": "s",
    }
    assert models.ImageField().deconstruct()[3] == {"upload_to": ""}
