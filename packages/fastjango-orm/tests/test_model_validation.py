"""`full_clean` and its parts, with unique fields and constraints, on both edges."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest
from fastjango.core.exceptions import NON_FIELD_ERRORS, ValidationError
from fastjango.orm import connection, models
from fastjango.orm.models.functions import Lower


class ValidBase(models.Model):
    code = models.IntegerField(unique=True)

    class Meta:
        app_label = "orm"
        constraints = (models.CheckConstraint(condition=models.Q(code__gt=0), name="valid_code"),)


class ValidPost(ValidBase):
    title = models.CharField(max_length=9, blank=True, unique_for_date="day")
    slug = models.CharField(max_length=9, blank=True, unique_for_month="day")
    name = models.CharField(max_length=9, blank=True, unique_for_year="day")
    day = models.DateField(null=True, blank=True)
    stamp = models.IntegerField(db_default=4)
    double = models.GeneratedField(
        expression=models.F("stamp") * 2, output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        app_label = "orm"
        unique_together = (("title", "slug", "name"),)

    def clean(self) -> None:
        if self.title == "wrong":
            raise ValidationError("The post as a whole is wrong.", code="whole")


class ValidProxy(ValidPost):
    calls: list[Any]

    class Meta:
        app_label = "orm"
        proxy = True

    def clean_fields(self, exclude: Any = None) -> None:
        self.calls.append(("clean_fields", exclude))
        super().clean_fields(exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        self.calls.append(("validate_constraints", exclude))


class ValidPair(models.Model):
    pk = models.CompositePrimaryKey("x", "y")
    x = models.IntegerField()
    y = models.IntegerField()

    class Meta:
        app_label = "orm"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(x__gt=0), name="coded", violation_error_code="unique"
            ),
        )


class ValidRule(models.Model):
    a = models.IntegerField(null=True)
    b = models.IntegerField(null=True)
    text = models.CharField(max_length=9, null=True)
    half = models.GeneratedField(
        expression=models.F("a") + models.F("b"),
        output_field=models.IntegerField(null=True),
        db_persist=True,
    )

    class Meta:
        app_label = "orm"


MODELS = (ValidBase, ValidPost, ValidPair, ValidRule)
DAY = datetime.date(2020, 2, 3)


Clean = Any


@pytest.fixture(params=["sync", "async"])
def clean(request: pytest.FixtureRequest) -> Clean:
    """A function that calls a part of the validation on either edge and gives its errors."""

    def call(obj: Any, part: str = "full_clean", *args: Any, **options: Any) -> Any:
        try:
            if request.param == "sync":
                getattr(obj, part)(*args, **options)
            else:
                asyncio.run(getattr(obj, f"a{part}")(*args, **options))
        except ValidationError as error:
            return error.message_dict if hasattr(error, "error_dict") else error.messages
        return {}

    return call


def test_fields_are_converted_and_checked(clean: Clean) -> None:
    post = ValidPost(code="7", day="2020-02-03")
    assert clean(post, "clean_fields") == {}
    assert (post.code, post.day) == (7, DAY)
    wrong = ValidPost(code="x", title="far too long")
    assert clean(wrong, "clean_fields") == {
        "code": ["“x” value must be an integer."],
        "title": ["Ensure this value has at most 9 characters (it has 12)."],
    }
    assert list(clean(wrong, "clean_fields", exclude={"title"})) == ["code"]


def test_the_whole_is_checked_by_clean(tables: None, clean: Clean) -> None:
    post = ValidPost(code=1, title="wrong")
    assert clean(post) == {NON_FIELD_ERRORS: ["The post as a whole is wrong."]}
    assert clean(post, exclude=["title"]) == {NON_FIELD_ERRORS: ["The post as a whole is wrong."]}


def test_unique_values_of_parents_and_groups(tables: None, clean: Clean) -> None:
    first = ValidPost.objects.create(code=1, title="t", slug="s", name="n")
    same = ValidPost(code=1, title="t", slug="s", name="n")
    assert clean(same) == {
        "code": ["Valid base with this Code already exists."],
        NON_FIELD_ERRORS: ["Valid post with this Title, Slug and Name already exists."],
    }
    assert clean(same, validate_unique=False) == {}
    assert clean(same, "validate_unique", exclude={"code", "slug"}) == {}
    assert clean(first) == {}
    first.code = ValidBase.objects.create(code=2).code
    assert clean(first) == {"code": ["Valid base with this Code already exists."]}


def test_unique_within_a_day_a_month_and_a_year(tables: None, clean: Clean) -> None:
    first = ValidPost.objects.create(code=1, title="t", slug="s", name="n", day=DAY)

    def errors(day: datetime.date | None, **options: Any) -> Any:
        post = ValidPost(code=2, title="t", slug="s", name="n", day=day)
        return clean(post, "validate_unique", exclude={"title_", *options.get("exclude", ())})

    group = {NON_FIELD_ERRORS: ["Valid post with this Title, Slug and Name already exists."]}
    year = {"name": ["Name must be unique for Day year."]}
    month = {"slug": ["Slug must be unique for Day month."]}
    date = {"title": ["Title must be unique for Day date."]}
    assert errors(DAY) == {**group, **date, **month, **year}
    assert errors(DAY.replace(day=4)) == {**group, **month, **year}
    assert errors(DAY.replace(month=5)) == {**group, **year}
    assert errors(DAY.replace(year=2021)) == {**group, **month}
    assert errors(None) == group
    assert errors(DAY, exclude=["day"]) == group
    assert clean(first) == {}


def test_constraints_of_parents_count(tables: None, clean: Clean) -> None:
    text = "Constraint “valid_code” is violated."
    post = ValidPost(code=-1)
    assert clean(post) == {NON_FIELD_ERRORS: [text]}
    assert clean(post, "validate_constraints") == {NON_FIELD_ERRORS: [text]}
    assert clean(post, validate_constraints=False) == {}
    assert clean(post, exclude={"code"}) == {}
    wrong = ValidPost(code="x")
    assert list(clean(wrong)) == ["code"], "what is no number is not compared"


def test_parts_that_a_model_overrides_are_called_on_both_edges(tables: None, clean: Clean) -> None:
    post = ValidProxy(code=-1)
    post.calls = []
    assert clean(post, exclude={"title"}) == {}
    assert post.calls == [("clean_fields", {"title"}), ("validate_constraints", {"title"})]


def test_an_asynchronous_clean_is_preferred_on_its_edge(tables: None) -> None:
    class ValidAsync(ValidPost):
        class Meta:
            app_label = "orm"
            proxy = True

        def clean(self) -> None:
            raise AssertionError("not here")

        async def aclean(self) -> None:
            raise ValidationError("asked asynchronously")

    with pytest.raises(ValidationError, match="asked asynchronously"):
        asyncio.run(ValidAsync(code=1).afull_clean())


def test_checks_can_be_asked_for_by_themselves(tables: None) -> None:
    ValidPost.objects.create(code=1, title="t", slug="s", name="n", day=DAY)
    same = ValidPost(code=1, title="t", slug="s", name="n", day=DAY)
    unique, dates = same._get_unique_checks(include_meta_constraints=True)
    assert unique == [
        (ValidPost, ("title", "slug", "name")),
        (ValidPost, ("validbase_ptr",)),
        (ValidBase, ("id",)),
        (ValidBase, ("code",)),
    ]
    assert dates == [
        (ValidPost, "date", "title", "day"),
        (ValidPost, "month", "slug", "day"),
        (ValidPost, "year", "name", "day"),
    ]
    assert set(same._perform_unique_checks(unique)) == {NON_FIELD_ERRORS, "code"}
    errors = same._perform_date_checks(dates[:1])
    assert errors["title"][0].code == "unique_for_date"
    assert errors["title"][0].params["date_field_label"] == "Day"


def test_composite_keys_are_unique(tables: None, clean: Clean) -> None:
    ValidPair.objects.create(x=1, y=2)
    text = "Valid pair with this X and Y already exists."
    assert clean(ValidPair(x=1, y=2)) == {NON_FIELD_ERRORS: [text]}
    assert clean(ValidPair(x=1, y=3)) == {}
    assert clean(ValidPair(x=1, y=2), exclude={"x"}) == {}
    assert clean(ValidPair.objects.get()) == {}


# Constraints by themselves


@pytest.fixture(params=["sync", "async"])
def violates(request: pytest.FixtureRequest) -> Any:
    """A function that tells whether an instance violates a constraint, by code or message."""

    def ask(constraint: Any, obj: Any, exclude: Any = None) -> Any:
        try:
            if request.param == "sync":
                constraint.validate(type(obj), obj, exclude=exclude)
            else:
                asyncio.run(constraint.avalidate(type(obj), obj, exclude=exclude))
        except ValidationError as error:
            return error.code or error.message
        return None

    return ask


def test_conditions(tables: None, violates: Any) -> None:
    Check, Q, F = models.CheckConstraint, models.Q, models.F
    check = Check(condition=Q(a__gt=F("b")), name="c", violation_error_code="order")
    assert violates(check, ValidRule(a=1, b=2)) == "order"
    assert violates(check, ValidRule(a=3, b=2)) is None
    assert violates(check, ValidRule(a=None, b=2)) is None, "neither true nor false passes"
    assert violates(check, ValidRule(a=1, b=2), {"b"}) is None
    made = Check(condition=Q(half__lt=5), name="half")
    assert violates(made, ValidRule(a=2, b=3)) == "Constraint “half” is violated."
    assert violates(made, ValidRule(a=2, b=2)) is None
    assert violates(made, ValidRule(a=2, b=3), {"a"}) is None, "the sum is not known"
    keyed = Check(condition=Q(pk__gt=5), name="key", violation_error_message="%(name)s low")
    assert violates(keyed, ValidRule(pk=3)) == "key low"
    assert violates(keyed, ValidRule(pk=3), {"id"}) is None


def test_conditions_where_the_database_compares_no_truth_values(
    tables: None, violates: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "supports_comparing_boolean_expr", False)
    check = models.CheckConstraint(condition=models.Q(a__gt=1), name="c")
    assert violates(check, ValidRule(a=1)) == "Constraint “c” is violated."
    assert violates(check, ValidRule(a=2)) is None


def test_unique_fields(tables: None, violates: Any) -> None:
    ValidRule.objects.create(a=1, b=None)
    ValidRule.objects.create(a=2, b=2, text="x")
    plain = models.UniqueConstraint(fields=["a", "b"], name="u")
    assert violates(plain, ValidRule(a=2, b=2)) == "unique_together"
    assert violates(plain, ValidRule(a=1, b=None)) is None
    assert violates(plain, ValidRule(a=2, b=2), {"a"}) is None
    assert violates(plain, ValidRule.objects.get(a=2)) is None
    nulls = models.UniqueConstraint(fields=["a", "b"], name="u", nulls_distinct=False)
    assert violates(nulls, ValidRule(a=1, b=None)) == "unique_together"
    own = models.UniqueConstraint(
        fields=["a"], name="u", violation_error_message="%(name)s taken", violation_error_code="k"
    )
    assert violates(own, ValidRule(a=1)) == "k"
    alone = models.UniqueConstraint(fields=["text"], name="u")
    assert violates(alone, ValidRule(text="x")) == "unique"


def test_unique_generated_fields(tables: None, violates: Any) -> None:
    ValidRule.objects.create(a=1, b=2)
    ValidRule.objects.create(a=None, b=2)
    sums = models.UniqueConstraint(fields=["half"], name="u")
    assert violates(sums, ValidRule(a=2, b=1)) == "unique"
    assert violates(sums, ValidRule(a=2, b=2)) is None
    assert violates(sums, ValidRule(a=None, b=7)) is None
    assert violates(sums, ValidRule(a=2, b=1), {"a"}) is None
    nulls = models.UniqueConstraint(fields=["half"], name="u", nulls_distinct=False)
    assert violates(nulls, ValidRule(a=None, b=7)) == "unique"
    assert violates(nulls, ValidRule(a=2, b=1)) == "unique"
    assert violates(nulls, ValidRule(a=2, b=2)) is None


def test_unique_within_a_condition(tables: None, violates: Any) -> None:
    ValidRule.objects.create(a=1, b=5)
    ValidRule.objects.create(a=2, b=50)
    low = models.UniqueConstraint(fields=["a"], name="low", condition=models.Q(b__lt=9))
    assert violates(low, ValidRule(a=1, b=6)) == "Constraint “low” is violated."
    assert violates(low, ValidRule(a=1, b=60)) is None
    assert violates(low, ValidRule(a=2, b=6)) is None
    assert violates(low, ValidRule(a=1, b=6), {"b"}) is None


def test_unique_expressions(tables: None, violates: Any) -> None:
    ValidRule.objects.create(text="x", a=1)
    ValidRule.objects.create(text=None, a=3)
    lower = models.UniqueConstraint(Lower("text"), name="lower")
    assert violates(lower, ValidRule(text="X")) == "Constraint “lower” is violated."
    assert violates(lower, ValidRule(text="y")) is None
    assert violates(lower, ValidRule(text=None)) is None
    assert violates(lower, ValidRule(text="X"), {"text"}) is None
    nulls = models.UniqueConstraint(Lower("text"), name="lower", nulls_distinct=False)
    assert violates(nulls, ValidRule(text=None)) == "Constraint “lower” is violated."
    ordered = models.UniqueConstraint(models.F("a").desc(), "text", name="ordered")
    assert violates(ordered, ValidRule(a=1, text="x")) == "Constraint “ordered” is violated."
    assert violates(ordered, ValidRule(a=1, text="X")) is None


def test_constraints_of_a_project(tables: None, violates: Any) -> None:
    class Never(models.BaseConstraint):
        def validate(
            self, model: Any, instance: Any, exclude: Any = None, using: str = "default"
        ) -> None:
            raise ValidationError(self.get_violation_error_message(), code=using)

    never = Never(name="never")
    assert violates(never, ValidRule()) == "default"
    assert never.check(ValidRule, connection) == []
    assert not never.contains_expressions
    assert never == never.clone()
    assert never.deconstruct() == (f"{__name__}.Never", (), {"name": "never"})
    base = models.BaseConstraint(name="x")
    assert base.deconstruct()[0] == "fastjango.orm.models.BaseConstraint"
    assert base != models.BaseConstraint(name="x"), "what they do is not known"
    for call in (base.constraint_sql, base.create_sql, base.remove_sql, base.validate):
        with pytest.raises(NotImplementedError, match="must be implemented by a subclass"):
            call(ValidRule, None)


def test_a_check_may_have_the_code_of_unique_values(tables: None, clean: Clean) -> None:
    text = "Constraint “coded” is violated."
    assert clean(ValidPair(x=-1, y=1), "validate_constraints") == {NON_FIELD_ERRORS: [text]}
