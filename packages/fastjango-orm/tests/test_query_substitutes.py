# ruff: noqa: E501  # expressions are single lines
"""Where a database lacks a feature, other SQL gives the same answers, or the call is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.orm import connection, models
from fastjango.orm.models import functions
from fastjango.orm.query.plans import clear_plans
from fastjango.orm.query.sql.compilers.insert import clear_texts
from helper_modules import module_beside

oracle = module_beside(__file__, "oracle_models")
CLASSES = oracle.define(models, "orm", __name__)
MODELS = tuple(CLASSES.values())
NAMES = oracle.namespace(models, functions, CLASSES)


@pytest.fixture(scope="module", autouse=True)
def rows(kept_tables: None) -> None:
    oracle.fill(CLASSES)


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """No plan knows of the features that a test changes."""
    clear_plans()
    clear_texts()
    yield
    clear_plans()
    clear_texts()


CONDITIONS = [
    "OBook.objects.annotate(x=Q(pk__gt=2)).order_by('pk').values_list('pk', 'x')",
    "OBook.objects.annotate(x=ExpressionWrapper(Q(pk__gt=2), output_field=BooleanField())).order_by('pk').values_list('x')",
    "OBook.objects.annotate(x=Exists(OTag.objects.filter(books=OuterRef('pk')))).order_by('pk').values_list('pk', 'x')",
    "OBook.objects.annotate(x=~Exists(OTag.objects.filter(books=OuterRef('pk')))).order_by('pk').values_list('pk', 'x')",
    "OBook.objects.annotate(x=~Exists(OTag.objects.none())).order_by('pk').values_list('pk', 'x')",
    "OBook.objects.annotate(x=~Q(pk__gt=2) | Q(title='bob')).order_by('x', 'pk').values_list('x', 'pk')",
]
ORDERS = [
    f"OBook.objects.order_by({order}, 'pk').values_list('pk', flat=True)"
    for order in (
        "F('pages').asc(nulls_last=True)",
        "F('pages').asc(nulls_first=True)",
        "F('pages').desc(nulls_last=True)",
        "F('pages').desc(nulls_first=True)",
        "(F('pages') + 1).desc(nulls_first=True)",
        "'pages'",
        "F('editor__age').asc(nulls_last=True), '-pages'",
    )
] + [
    "OBook.objects.annotate(d=F('pages') * 2).order_by(F('d').asc(nulls_last=True), 'pk').values_list('d', 'pk')",
]
AGGREGATES = [
    "OBook.objects.aggregate(a=Count('pk', filter=Q(pages__gt=2)), b=Sum('price', filter=Q(author__age=1)), c=Max('title', filter=Q(pk__in=[])))",
    "OBook.objects.aggregate(a=Count('title', filter=Q(pages__gt=1), distinct=True), b=Avg(F('pages') * 2, filter=~Q(title='bob')))",
    "OAuthor.objects.annotate(n=Count('books', filter=Q(books__pages__gt=1))).order_by('pk').values_list('pk', 'n')",
    "OAuthor.objects.annotate(n=Count('books', filter=~Q(pk__in=[]))).order_by('pk').values_list('pk', 'n')",
]
SUBQUERIES = [
    "OBook.objects.filter(author__in=OAuthor.objects.order_by('-name')).count()",
    "OBook.objects.filter(author__in=OAuthor.objects.order_by('-name', 'pk')[:2]).order_by('pk')",
    "OBook.objects.annotate(t=Subquery(OTag.objects.filter(books=OuterRef('pk')).order_by('name', 'pk').values('name')[:1])).order_by('pk').values_list('t')",
    "OBook.objects.filter(Exists(OTag.objects.filter(books=OuterRef('pk')).order_by('name'))).count()",
    "OBook.objects.filter(pk__in=OBook.objects.order_by('title').filter(pk=1).union(OBook.objects.filter(pk=2)).values('pk')).count()",
]
LISTS = [
    "OBook.objects.filter(pk__in=[5, 3, 1, 9, 12]).order_by('pk')",
    "OBook.objects.exclude(pk__in=[5, 3, 1, 9, 12]).order_by('pk')",
    "OBook.objects.filter(author__in=[5, 3, 1, 9, 12], title__in=['bob', 'Ann', 'Cid', 'x']).order_by('pk')",
    "OBook.objects.filter(pages__in=[1, 2, 3, None]).order_by('pk')",
    "OBook.objects.exclude(pages__in=[1, 2, 4, None]).order_by('pk')",
    "OBook.objects.filter(pages__in=[1, 2, 3, 2**70]).order_by('pk')",
    "OBook.objects.exclude(pages__in=[None, None, None])",
]
GROUPS = [
    "OAuthor.objects.annotate(n=Count('books')).order_by('pk').values_list('pk', 'name', 'n')",
    "OAuthor.objects.annotate(n=Count('books'), low=Lower('name')).filter(n__gt=1).order_by('low', 'pk').values_list('low', 'n')",
    "OBook.objects.values('author__name').annotate(n=Count('pk'), m=Max('pages')).order_by('author__name')",
    "OBook.objects.select_related('author').annotate(n=Count('tags')).order_by('pk')",
]
SETS = [
    "OBook.objects.order_by().filter(pk__lt=5).union(OBook.objects.order_by().filter(pk__gt=9)).order_by('-title', 'pk')",
    "OBook.objects.order_by().filter(pk__lt=5).union(OBook.objects.order_by().filter(pk__gt=9)).order_by('pk')[1:4]",
    "OBook.objects.order_by().filter(pk__lt=5).values_list('title').union(OBook.objects.order_by().values_list('title')).order_by('title')",
]


@pytest.mark.parametrize(
    ("feature", "value", "expressions"),
    [
        ("supports_boolean_expr_in_select_clause", False, CONDITIONS),
        ("supports_order_by_nulls_modifier", False, ORDERS),
        ("supports_aggregate_filter_clause", False, AGGREGATES),
        ("ignores_unnecessary_order_by_in_subqueries", False, SUBQUERIES),
        ("allows_group_by_selected_pks", True, GROUPS),
        ("allows_group_by_select_index", False, GROUPS),
        ("requires_compound_order_by_subquery", True, SETS),
        ("bare_select_suffix", " FROM (SELECT 1)", SUBQUERIES),
        ("interprets_empty_strings_as_nulls", True, CONDITIONS),
    ],
)
def test_other_sql_gives_the_same(
    feature: str, value: Any, expressions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    native = {text: oracle.answer(text, NAMES) for text in expressions}
    assert not [text for text, answer in native.items() if answer.startswith("raises")]
    monkeypatch.setattr(type(connection.features), feature, value)
    for _ in range(3):  # the last time from a plan
        assert {text: oracle.answer(text, NAMES) for text in expressions} == native


def test_long_lists_are_cut_where_a_database_limits_them(monkeypatch: pytest.MonkeyPatch) -> None:
    native = {text: oracle.answer(text, NAMES) for text in LISTS}
    monkeypatch.setattr(connection.ops, "max_in_list_size", lambda: 2)
    clear_plans()
    assert {text: oracle.answer(text, NAMES) for text in LISTS} == native
    assert str(eval(LISTS[0], NAMES).query).count(" IN (") == 3


@pytest.mark.parametrize(
    ("feature", "value", "expression", "error"),
    [
        (
            "supports_over_clause",
            False,
            "annotate(x=Window(RowNumber(), order_by='pk'))",
            "NotSupportedError",
        ),
        (
            "supports_frame_exclusion",
            False,
            "annotate(x=Window(Sum('pages'), order_by='pk', frame=RowRange(-1, 1, WindowFrameExclusion.TIES)))",
            "NotSupportedError",
        ),
        ("supports_select_union", False, "union(OBook.objects.order_by())", "NotSupportedError"),
        (
            "supports_select_intersection",
            False,
            "intersection(OBook.objects.order_by())",
            "NotSupportedError",
        ),
        (
            "supports_select_difference",
            False,
            "difference(OBook.objects.order_by())",
            "NotSupportedError",
        ),
        (
            "supports_aggregate_order_by_clause",
            False,
            "aggregate(x=StringAgg('title', Value(','), order_by='pk'))",
            "NotSupportedError",
        ),
        ("supports_any_value", False, "aggregate(x=AnyValue('title'))", "NotSupportedError"),
        ("supports_bit_aggregations", False, "aggregate(x=BitAnd('pages'))", "NotSupportedError"),
        (
            "supports_default_in_bit_aggregations",
            False,
            "aggregate(x=BitOr('pages', default=0))",
            "NotSupportedError",
        ),
        ("has_json_object_function", False, "annotate(x=JSONObject(a='pk'))", "NotSupportedError"),
        ("supports_json_field", False, "annotate(x=JSONArray('pk'))", "NotSupportedError"),
        ("supports_uuid4_function", False, "annotate(x=UUID4())", "NotSupportedError"),
        ("pk", None, "distinct('title')", "NotSupportedError"),
    ],
)
def test_what_has_no_other_sql_is_refused(
    feature: str, value: Any, expression: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), feature, value, raising=False)
    text = f"OBook.objects.order_by().{expression}"
    assert oracle.answer(text, NAMES) == f"raises {error}"


def test_texts_are_joined_in_their_order() -> None:
    texts = "OBook.objects.filter(pk__lt=4)"
    joined = f"{texts}.order_by('pk').aggregate(x=StringAgg('title', Value('+')))"
    assert sorted(eval(joined, NAMES)["x"].split("+")) == sorted(
        eval(f"{texts}.values_list('title', flat=True)", NAMES)
    )
    ordered = "aggregate(x=StringAgg('title', Value('+'), order_by=['-title', 'pk']))"
    if connection.features.supports_aggregate_order_by_clause:
        titles = eval(f"{texts}.order_by('-title').values_list('title', flat=True)", NAMES)
        assert eval(f"{texts}.{ordered}", NAMES)["x"] == "+".join(titles)
    distinct = "OBook.objects.aggregate(x=StringAgg('title', Value(','), distinct=True))"
    assert sorted(eval(distinct, NAMES)["x"].split(",")) == ["%_x", "Ann", "Cid", "bob", "dora"]
    refused = "OBook.objects.aggregate(x=StringAgg('title', Value('+'), distinct=True))"
    assert oracle.answer(refused, NAMES).startswith("raises ")
    shown = repr(eval("StringAgg('title', Value('+'), order_by='pk', filter=Q(pk=1))", NAMES))
    assert "order_by=" in shown
    assert "filter=" in shown


def test_any_value_is_one_of_them() -> None:
    titles = set(eval("OBook.objects.values_list('title', flat=True)", NAMES))
    assert eval("OBook.objects.aggregate(x=AnyValue('title'))", NAMES)["x"] in titles
    with pytest.raises(ValueError, match="isn't compatible with OVER clauses"):
        eval("Window(AnyValue('title'))", NAMES)
