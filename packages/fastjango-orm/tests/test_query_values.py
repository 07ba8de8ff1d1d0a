"""Constants, references, defaults and lookups as objects: what they are and what they refuse."""

from __future__ import annotations

import asyncio
import datetime
import pickle
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError, ValidationError
from fastjango.orm import models
from fastjango.orm.exceptions import DatabaseError, NotSupportedError
from fastjango.orm.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from fastjango.orm.models import functions as fn
from fastjango.orm.query.expressions import (
    BaseExpression,
    Col,
    ColPairs,
    CombinedExpression,
    ExpressionList,
    JSONNull,
    OrderBy,
    RawSQL,
    Ref,
    Star,
    register_combinable_fields,
)
from fastjango.orm.query.lookups import Lookup, Transform
from fastjango.orm.query.lookups.builtin import Exact, GreaterThan, In, YearLookup
from fastjango.orm.query.plans import clear_plans
from fastjango.orm.query.sql import Query
from fastjango.orm.query.sql.where import WhereNode

UTC = datetime.UTC


class WThing(models.Model):
    name = models.CharField(max_length=20)
    low = models.IntegerField(default=0)
    high = models.IntegerField(default=10)
    born = models.DateField(null=True)
    data = models.JSONField(null=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    key = models.UUIDField(null=True)

    class Meta:
        app_label = "orm"
        constraints = (
            models.CheckConstraint(condition=Q(low__lte=F("high")), name="orm_wthing_range"),
            models.CheckConstraint(
                condition=Q(born=None) | Q(born__year__gte=1900) & ~Q(name__startswith="_"),
                name="orm_wthing_born",
            ),
            models.UniqueConstraint(
                fn.Lower("name"), F("born__year"), name="orm_wthing_name", condition=Q(low__gt=0)
            ),
        )


class WPart(WThing):
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


class WDefaults(models.Model):
    plain = models.IntegerField(db_default=5)
    made = models.CharField(max_length=10, db_default=fn.Concat(Value("a"), Value("b")))
    chosen = models.IntegerField(
        db_default=Case(When(Exact(Value(1), Value(1)), then=Value(3)), default=Value(4))
    )
    total = models.IntegerField(db_default=Value(2) + Value(3))

    class Meta:
        app_label = "orm"


MODELS = (WThing, WPart, WDefaults)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()


# -- conditions about an instance's own values -----------------------------------------------


def test_constraints_are_asked_about_values_that_are_not_stored_yet() -> None:
    WThing.objects.create(name="Cup", low=1, born=datetime.date(2000, 1, 2))
    WThing(name="x", born=datetime.date(1950, 1, 1)).validate_constraints()
    WThing(name="_x").validate_constraints()
    WThing(name="cup", low=1, born=datetime.date(2001, 1, 2)).validate_constraints()
    WThing(name="cup", low=0, born=datetime.date(2000, 5, 5)).validate_constraints()
    for thing, text in (
        (WThing(name="x", low=11), "orm_wthing_range"),
        (WThing(name="x", born=datetime.date(1800, 1, 1)), "orm_wthing_born"),
        (WThing(name="_x", born=datetime.date(1950, 1, 1)), "orm_wthing_born"),
        (WThing(name="CUP", low=2, born=datetime.date(2000, 7, 7)), "orm_wthing_name"),
    ):
        with pytest.raises(ValidationError, match=text):
            thing.validate_constraints()
        with pytest.raises(ValidationError, match=text):
            asyncio.run(thing.avalidate_constraints())


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        (Q(a=1), {"a": 1}, True),
        (Q(a__gt=1) | Q(b="x"), {"a": 1, "b": Value("x")}, True),
        (~Q(a__in=[1, 2]), {"a": 2}, False),
        (Q(a__isnull=True), {"a": Value(None, models.IntegerField())}, True),
        (Q(a__isnull=False), {"a": Value(None, models.IntegerField())}, False),
        (Q(a__isnull=True), {"a": Value("")}, False),
        (Q(a=None), {"a": Value(None, models.IntegerField())}, True),
        (Q(a=F("b")), {"a": 3, "b": 3}, True),
        (Q(a__lower="x"), {"a": fn.Upper(Value("x"))}, True),
        (Exact(F("a"), F("b")), {"a": 1, "b": 2}, False),
    ],
)
def test_conditions_are_checked_against_values(condition: Any, values: Any, holds: bool) -> None:
    question = condition if isinstance(condition, Q) else Q(condition)
    if any("lower" in str(child) for child in question.children):
        models.CharField.register_lookup(fn.Lower)
    try:
        assert question.check(values) is holds
        assert asyncio.run(question.acheck(values)) is holds
    finally:
        if any("lower" in str(child) for child in question.children):
            models.CharField._unregister_lookup(fn.Lower)


def test_conditions_that_the_database_cannot_evaluate_hold(caplog: Any) -> None:
    odd = Q(Exact(Func(Value(1), function="NO_SUCH", output_field=models.IntegerField()), 1))
    assert odd.check({}) is True
    assert "Got a database error calling check() on" in caplog.text
    with pytest.raises(FieldError, match="Cannot resolve keyword 'b'"):
        Q(b=1).check({"a": 1})


def test_references_are_replaced_with_their_transforms() -> None:
    born = {F("born"): Value(datetime.date(2020, 3, 4))}
    year = F("born__year").replace_expressions(born)
    assert isinstance(year, fn.ExtractYear)
    for kept in (F("name"), F("name__year"), F("born__nothing")):
        assert kept.replace_expressions(born) is kept
    untyped = {F("born"): Value(None)}
    assert F("born__year").replace_expressions(untyped) == F("born__year")
    assert F("born").replace_expressions(untyped) == Value(None)
    condition = Q(born__year=2020) & ~Q(name="x") & Q(Exact(F("born"), F("name")))
    assert condition.replace_expressions({}) is condition
    replaced = condition.replace_expressions(born)
    assert isinstance(replaced.children[0], Lookup)
    assert replaced.children[1] == ~Q(name="x")
    gone = Q(born=None).replace_expressions(born)
    assert gone.children[0].lookup_name == "isnull"
    by_transform = Q(born__year=None).replace_expressions(born)
    assert by_transform.children[0].lookup_name == "isnull"
    assert Q(born__nothing=1).replace_expressions(born) == Q(born__nothing=1)


def test_conditions_know_the_fields_that_they_mention() -> None:
    condition = Q(low__gt=F("high")) & ~Q(fn.Lower("name__x")) & Q(a=fn.Concat("b", Q(c=1)))
    assert condition.referenced_base_fields == {"low", "high", "name", "a", "b", "c"}
    assert (Q(a=1) == "a") is False
    assert {type(part).__name__ for part in (Q(a=F("b")) & Q(c=1)).flatten()} == {"Q", "F", "int"}
    assert len({Q(a=[1]), Q(a=[1]), Q(a=2)}) == 2


# -- defaults of the database ----------------------------------------------------------------


def test_the_database_computes_what_is_not_given() -> None:
    made = WDefaults.objects.create()
    wanted = (5, "ab", 3, 5)
    assert (made.plain, made.made, made.chosen, made.total) == wanted
    rows = WDefaults.objects.bulk_create([WDefaults(plain=1), WDefaults(made="z"), WDefaults()])
    assert [(row.plain, row.made, row.chosen, row.total) for row in rows] == [
        (1, "ab", 3, 5),
        (5, "z", 3, 5),
        wanted,
    ]
    again = asyncio.run(WDefaults.objects.acreate(total=9))
    assert (again.plain, again.total) == (5, 9)


@pytest.mark.parametrize(
    ("default", "is_allowed"),
    [
        (Value(1), True),
        (Value(1) + Value(2), True),
        (fn.Now(), True),
        (fn.Coalesce(Value(None), Value(1)), True),
        (RawSQL("1", ()), True),
        (Case(When(Exact(Value(1), Value(2)), then=Value(1)), default=Value(2)), True),
        (ExpressionWrapper(Value(1), models.IntegerField()), True),
        (F("low"), False),
        (F("low") + 1, False),
        (fn.Lower("name"), False),
        (Case(When(GreaterThan(F("low"), Value(2)), then=Value(1))), False),
        (Case(When(Exact(Value(1), Value(2)), then=F("low"))), False),
        (Case(default=F("low")), False),
        (fn.Collate(Value("a"), "nocase"), False),
        (ExpressionWrapper(F("low"), models.IntegerField()), False),
    ],
)
def test_defaults_read_no_columns(default: Any, is_allowed: bool) -> None:
    assert default.allowed_default is is_allowed


# -- raw SQL, constants and stars ------------------------------------------------------------


def test_raw_sql_joins_the_parents_that_it_mentions() -> None:
    WPart.objects.create(name="a", low=1, high=7, size=2)
    WPart.objects.create(name="b", low=3, high=8, size=4)
    sums = WPart.objects.annotate(s=RawSQL("high + size", ())).order_by("size")
    assert [part.s for part in sums] == [9, 12]
    plain = WPart.objects.only("size").annotate(s=RawSQL("size * %s", (2,))).values_list("s")
    assert sorted(plain) == [(4,), (8,)]
    groups = WThing.objects.values(odd=RawSQL("low %% 2", ())).annotate(n=Count("pk"))
    assert list(groups) == [{"odd": 1, "n": 2}]
    assert repr(RawSQL("a = %s", (1,))) == "RawSQL(a = %s, (1,))"
    assert sorted(WThing.objects.filter(low__in=RawSQL("SELECT 3", ())).values_list("low")) == [
        (3,)
    ]


def test_constants_say_what_they_are() -> None:
    assert repr(JSONNull()) == "JSONNull()"
    assert repr(Star()) == "'*'"
    assert JSONNull() == JSONNull()
    thing = WThing.objects.create(name="n", data=JSONNull())
    assert WThing.objects.filter(data=JSONNull()).get() == thing
    assert WThing.objects.filter(data=None).get() == thing
    assert WThing.objects.filter(data__isnull=True).exists() is False
    for value in (1, 1.5, Decimal("1.5"), True, "x", b"x", datetime.date(2020, 1, 1)):
        assert pickle.loads(pickle.dumps(Value(value))) == Value(value)
    with pytest.raises(FieldError, match="unknown output_field"):
        _ = Value(object()).output_field


def test_conditions_are_grouped_by_as_what_they_wrap() -> None:
    for low in (1, 2, 3):
        WThing.objects.create(name=f"n{low}", low=low)
    big = ExpressionWrapper(Q(low__gt=1), output_field=models.BooleanField())
    groups = WThing.objects.values(big=big).annotate(n=Count("pk")).order_by("n")
    assert list(groups) == [{"big": False, "n": 1}, {"big": True, "n": 2}]
    known = ExpressionWrapper(fn.Length("name"), output_field=models.IntegerField())
    lengths = WThing.objects.values(known=known).annotate(n=Count("pk"))
    assert list(lengths) == [{"known": 2, "n": 3}]
    named = WThing.objects.values(x=~Exists(WPart.objects.filter(pk=OuterRef("pk"))))
    assert list(named.annotate(n=Count("pk"))) == [{"x": True, "n": 3}]
    inverse = ~ExpressionWrapper(Q(low=1), output_field=models.BooleanField())
    assert WThing.objects.filter(inverse).count() == 2
    assert WThing.objects.filter(~inverse).count() == 1
    with pytest.raises(TypeError, match="Cannot negate non-conditional expressions"):
        list(WThing.objects.annotate(x=~F("low")))


# -- expressions as objects ------------------------------------------------------------------


def test_columns_and_references_say_what_they_are() -> None:
    field = WThing._meta.get_field("low")
    column = Col("t", field)
    assert repr(column) == "Col(t, orm.WThing.low)"
    assert repr(Col(None, field)) == "Col(orm.WThing.low)"
    assert repr(column.relabeled_clone({"t": "u"})) == "Col(u, orm.WThing.low)"
    unnamed = Col(None, field)
    assert unnamed.relabeled_clone({"t": "u"}) is unnamed
    reference = Ref("x", column)
    assert repr(reference) == "Ref(x, Col(t, orm.WThing.low))"
    assert reference.resolve_expression() is reference
    assert reference.relabeled_clone({"t": "u"}).source.alias == "u"
    assert reference.get_group_by_cols() == [reference]
    pairs = ColPairs("t", [field], [field], field)
    assert repr(pairs).startswith("ColPairs('t', [")
    assert [col.alias for col in pairs] == ["t"]
    assert pairs.relabeled_clone({"t": "u"}).alias == "u"
    pairs.set_source_expressions([column])
    assert pairs.targets == [field]
    assert OuterRef("a").relabeled_clone({}) == OuterRef("a")
    assert repr(ExpressionList(F("a"), F("b"))) == "ExpressionList(F(a), F(b))"
    assert str(ExpressionList(F("a"), F("b"))) == "F(a), F(b)"


def test_expressions_that_do_nothing_say_so() -> None:
    with pytest.raises(NotImplementedError, match="Subclasses must implement as_sql"):
        BaseExpression().as_sql(None, None)
    plain = BaseExpression(models.IntegerField())
    assert plain.reverse_ordering() is plain
    assert plain.get_source_expressions() == []
    assert plain.get_expression_for_validation() is plain
    assert list(plain.flatten()) == [plain]
    assert plain.asc() == OrderBy(plain)
    assert plain.desc(nulls_last=True).descending is True
    order = OrderBy(F("a"))
    assert order.get_expression_for_validation() == F("a")
    order.desc()
    assert order.descending is True
    order.asc()
    assert order.descending is False
    with pytest.raises(ValueError, match="must have only one source expression"):
        both = Func("a", "b", function="X")
        both.constraint_validation_compatible = False
        both.get_expression_for_validation()
    with pytest.raises(ValueError, match="nulls_first and nulls_last values must be True or None"):
        OrderBy(F("a"), nulls_first=False)
    with pytest.raises(ValueError, match="expression must be an expression type"):
        OrderBy("a")


def test_arithmetic_learns_types() -> None:
    class Weight(models.IntegerField):
        pass

    class Heavy(models.FloatField):
        pass

    left, right = Value(1, Weight()), Value("x", models.CharField())
    with pytest.raises(FieldError, match=r"Cannot infer type of '\+' expression involving"):
        _ = (left + right).output_field
    register_combinable_fields(Weight, "+", models.CharField, Heavy)
    assert isinstance((left + right).output_field, Heavy)
    assert repr(CombinedExpression(F("a"), "+", Value(1))) == (
        "<CombinedExpression: F(a) + Value(1)>"
    )
    with pytest.raises(DatabaseError, match="Invalid arguments for operator"):
        list(
            WThing.objects.annotate(
                x=ExpressionWrapper(
                    Value(datetime.timedelta(1)) * Value(datetime.date(2020, 1, 1)),
                    output_field=models.DurationField(),
                )
            )
        )


# -- lookups and transforms ------------------------------------------------------------------


def test_lookups_are_registered_on_classes_and_on_single_fields() -> None:
    class Odd(Transform):
        lookup_name = "odd"
        output_field = models.IntegerField()
        template = "(%(expressions)s %% 2)"

    class Above(Lookup):
        lookup_name = "above"

        def as_sql(self, compiler: Any, connection: Any) -> Any:
            left, left_params = self.process_lhs(compiler, connection)
            right, right_params = self.process_rhs(compiler, connection)
            return f"{left} > {right}", (*left_params, *right_params)

    for low in (1, 2, 3):
        WThing.objects.create(name=f"n{low}", low=low)
    low_field = WThing._meta.get_field("low")
    low_field.register_instance_lookup(Odd)
    low_field.register_lookup(Above, "over")
    try:
        assert WThing.objects.filter(low__odd=1).count() == 2
        assert WThing.objects.filter(low__over=1, low__odd__gt=0).count() == 1
        assert low_field.get_instance_lookups()["odd"] is Odd
        assert low_field.get_lookups()["over"] is Above
        assert "odd" not in models.IntegerField.get_class_lookups()
        assert low_field.get_lookup("odd") is None
        assert low_field.get_transform("over") is None
        with pytest.raises(FieldError, match="Unsupported lookup 'odd'"):
            WThing.objects.filter(high__odd=1)
    finally:
        low_field._unregister_lookup(Odd)
        low_field._unregister_lookup(Above, "over")
    with pytest.raises(FieldError, match="Unsupported lookup 'odd'"):
        WThing.objects.filter(low__odd=1)


def test_two_sided_transforms_change_both_sides() -> None:
    class Small(Transform):
        lookup_name = "small"
        bilateral = True
        function = "LOWER"

    models.CharField.register_lookup(Small)
    try:
        for name in ("Ab", "cd", "a%"):
            WThing.objects.create(name=name)
        for kwargs, count in (
            ({"name__small": "AB"}, 1),
            ({"name__small__in": ["AB", "CD", None]}, 2),
            ({"name__small__contains": "B"}, 1),
            ({"name__small__startswith": "A%"}, 1),
            ({"name__small__gt": "AC"}, 1),
            ({"name__small__range": ["AA", "AZ"]}, 1),
            ({"name__small__small": "AB"}, 1),
        ):
            for _ in range(3):
                assert WThing.objects.filter(**kwargs).count() == count, kwargs
        with pytest.raises(NotImplementedError, match="Bilateral transformations on nested"):
            WThing.objects.filter(name__small__in=WThing.objects.values("name"))
    finally:
        models.CharField._unregister_lookup(Small)


def test_lookups_are_expressions_too() -> None:
    for low in (1, 2):
        WThing.objects.create(name=f"n{low}", low=low)
    above = GreaterThan(F("low"), 1)
    assert repr(above) == "GreaterThan(F(low), Value(1))"
    assert above == GreaterThan(F("low"), 1)
    assert above != GreaterThan(F("low"), 2)
    assert (above == 1) is False
    assert len({above, GreaterThan(F("low"), 1), In(F("low"), [1])}) == 2
    assert list(WThing.objects.filter(above).values_list("low", flat=True)) == [2]
    assert list(WThing.objects.filter(~Q(above)).values_list("low", flat=True)) == [1]
    found = WThing.objects.annotate(x=above).order_by("low").values_list("x", flat=True)
    assert list(found) == [False, True]
    assert WThing.objects.filter(Exact(above, True)).count() == 1
    assert WThing.objects.aggregate(n=Count("pk", filter=above))["n"] == 1
    assert WThing.objects.filter(Exact(1, F("low"))).count() == 1
    assert above.get_source_expressions() == [F("low"), Value(1)]
    assert Exact(F("low"), Value(2)).get_source_expressions() == [F("low"), Value(2)]
    with pytest.raises(NotImplementedError):
        YearLookup(fn.ExtractYear("born"), 2020).get_bound_params(None, None)


def test_uuids_are_searched_as_text() -> None:
    WThing.objects.create(name="k", key="12345678-1234-5678-1234-567812345678")
    for kwargs in (
        {"key__icontains": "8-1234-5678"},
        {"key__startswith": "12345678-12"},
        {"key__istartswith": F("key")},
        {"key__endswith": "5678-1234-567812345678"},
        {"key__iexact": "12345678123456781234567812345678"},
        {"key__contains": Value("3456-78")},
    ):
        for _ in range(2):
            assert WThing.objects.filter(**kwargs).count() == 1, kwargs
    assert WThing.objects.filter(key__contains="8888").count() == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("low", [1, 2, 3, True, 2**40, 2**63 - 1, 2**70, 1.5, Decimal("2.5")]),
        ("price", [Decimal("1.5"), Decimal(2), 3, 1.25, Decimal("9.99")]),
        (
            "born",
            [
                datetime.timedelta(days=2),
                datetime.timedelta(days=3),
                datetime.timedelta(days=4),
                datetime.timedelta(hours=5),
            ],
        ),
    ],
)
def test_plans_are_left_where_a_value_is_of_another_kind(name: str, values: list[Any]) -> None:
    born = datetime.date(2020, 1, 2)
    WThing.objects.create(name="n", low=4, price=Decimal("2.5"), born=born)

    def answer(value: Any) -> Any:
        try:
            return WThing.objects.annotate(x=F(name) + value).values_list("x", flat=True).get()
        except Exception as error:
            return type(error), str(error)

    wanted = []
    for value in values:
        clear_plans()
        wanted.append(answer(value))
    clear_plans()
    for _ in range(3):
        assert [answer(value) for value in values] == wanted
    assert [answer(value) for value in reversed(values)] == wanted[::-1]


def test_updates_leave_their_plan_too() -> None:
    WThing.objects.create(name="n", low=4, high=2**50)
    values: list[Any] = [1, 2, 3, True, 2**40, "5", 6]
    for _ in range(2):
        for value in values:
            assert WThing.objects.filter(name="n").update(low=value) == 1
            assert WThing.objects.values_list("low", flat=True).get() == int(value)
    for value in (Decimal("1.5"), "2.5", 3, None, Decimal("4.25")):
        assert WThing.objects.update(price=value) == 1
        wanted = None if value is None else Decimal(value)
        assert WThing.objects.values_list("price", flat=True).get() == wanted
    with pytest.raises(ValueError, match="expected a number but got 'x'"):
        WThing.objects.update(low="x")


# -- queries as objects ----------------------------------------------------------------------


def test_queries_show_their_statement() -> None:
    query = WThing.objects.filter(low=1).query
    assert str(query).endswith('"low" = 1')
    sql, params = query.sql_with_params()
    assert (sql.endswith("= %s"), params) == (True, (1,))
    with pytest.raises(ValueError, match="Need either using or connection"):
        query.get_compiler()
    compiler = query.get_compiler("default")
    assert repr(compiler).startswith("<SQLCompiler model=WThing connection=<")
    assert compiler.quote_name_unless_alias("a") == compiler("a") == '"a"'
    WThing.objects.create(name="n", low=1)
    assert len(compiler.execute_sql()) == 1
    assert query.copy() is not query
    assert Query(None).get_meta() is None
    assert Query(None).output_field is None
    assert WThing.objects.values("low").query.output_field is WThing._meta.get_field("low")
    assert WhereNode().get_refs() == set()


def test_subqueries_are_copied_and_changed() -> None:
    lows = Subquery(WThing.objects.filter(name=OuterRef("name")).values("low")[:1])
    WThing.objects.create(name="n", low=4)
    assert WThing.objects.annotate(x=lows).get().x == 4
    copied = lows.copy()
    copied.query = WThing.objects.values("high")[:1].query
    assert WThing.objects.annotate(x=copied).get().x == 10
    assert lows.get_source_expressions()[0].model is WThing
    doubled = Subquery(
        WThing.objects.values("low"), template="(SELECT 2 * low FROM (%(subquery)s) t)"
    )
    assert WThing.objects.annotate(x=doubled).get().x == 8
    typed = Subquery(WThing.objects.values("low")[:1], output_field=models.CharField())
    assert WThing.objects.annotate(x=typed).filter(x__startswith="4").count() == 1
    window = WThing.objects.annotate(w=Window(Sum("low")))
    with pytest.raises(NotSupportedError, match="Referencing outer query window expression"):
        window.filter(Exists(WPart.objects.filter(size=OuterRef("w"))))
