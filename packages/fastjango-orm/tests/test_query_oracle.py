# ruff: noqa: E501  # expressions are single lines
"""Random querysets give what Django gives on the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastjango.orm import models
from fastjango.orm.models import functions
from fastjango.orm.query.plans import clear_plans
from helper_modules import module_beside
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("django")

oracle = module_beside(__file__, "oracle_models")
CLASSES = oracle.define(models, "orm", __name__)
MODELS = tuple(CLASSES.values())
NAMES = oracle.namespace(models, functions, CLASSES)


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str], str]]:
    with oracle.asked() as question:
        yield question


@pytest.fixture(scope="module", autouse=True)
def rows(kept_tables: None) -> None:
    oracle.fill(CLASSES)


texts = st.sampled_from(["Ann", "bob", "CID", "o", "a", "%", "_", "zz"]).map(repr)
numbers = st.integers(-1, 6).map(str)
dates = st.sampled_from(["datetime.date(2019, 5, 5)", "datetime.date(2020, 2, 3)"])


def lookup(path: str, ops: list[str], values: st.SearchStrategy[str]) -> Any:
    return st.tuples(st.just(path), st.sampled_from(ops), values).map(
        lambda parts: f"{parts[0]}{parts[1]}={parts[2]}"
    )


TEXT_OPS = ["", "__exact", "__iexact", "__contains", "__icontains", "__startswith", "__iendswith"]
NUMBER_OPS = ["", "__gt", "__gte", "__lt", "__lte"]
conditions = st.one_of(
    *(
        lookup(path, TEXT_OPS, texts)
        for path in ("title", "author__name", "editor__name", "tags__name", "author__boss__name")
    ),
    *(
        lookup(path, NUMBER_OPS, numbers)
        for path in ("pages", "author__age", "editor__age", "author__staff__age", "pk", "price")
    ),
    *(
        lookup(path, ["__isnull"], st.sampled_from(["True", "False"]))
        for path in ("pages", "editor", "tags", "author__boss", "editor__boss", "author__staff")
    ),
    *(
        lookup(path, ["__in"], st.lists(numbers, max_size=4).map(lambda v: f"[{', '.join(v)}]"))
        for path in ("pages", "tags", "author", "editor__boss")
    ),
    lookup("pages", ["__range"], st.tuples(numbers, numbers).map(lambda v: f"({v[0]}, {v[1]})")),
    lookup("published", ["", "__gt", "__lte"], dates),
    lookup(
        "published", ["__year", "__year__gte", "__month"], st.sampled_from(["2019", "2020", "3"])
    ),
    st.sampled_from(
        [
            "pages=F('author__age')",
            "pages__gt=F('editor__age')",
            "editor=F('author')",
            "pages__lt=F('pages') + F('author__age')",
            "author__in=OAuthor.objects.filter(age__gt=1)",
            "tags__in=OTag.objects.filter(name__icontains='o').values('pk')",
            "pages=None",
            "editor=None",
        ]
    ),
)
leaves = conditions.map(lambda text: f"Q({text})") | st.sampled_from(
    [
        "Exists(OBook.objects.filter(editor=OuterRef('author'), pages__gt=2))",
        "Q(pk__in=[])",
    ]
).map(lambda text: f"Q({text})" if text.startswith("Exists") else text)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("&|^"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda text: f"~{text}"),
    ),
    max_leaves=4,
)
steps = st.one_of(
    filters.map(lambda text: f".filter({text})"),
    filters.map(lambda text: f".exclude({text})"),
    conditions.map(lambda text: f".filter({text})"),
    conditions.map(lambda text: f".exclude({text})"),
    st.sampled_from(
        [
            ".distinct()",
            ".order_by('author__name', '-pages', 'pk')",
            ".order_by(F('pages').desc(nulls_last=True), 'pk')",
            ".annotate(n=Count('tags'))",
            ".annotate(m=Count('tags', filter=Q(tags__name__contains='o'), distinct=True))",
            ".annotate(s=Sum('author__books__pages'))",
            ".annotate(k=Case(When(pages__gt=2, then=Value('big')), default=Lower('title')))",
            ".alias(z=Coalesce('pages', 'author__age', 0)).filter(z__gt=1)",
            ".annotate(sub=Subquery(OTag.objects.filter(books=OuterRef('pk')).order_by('-pk').values('pk')[:1]))",
            ".annotate(r=Window(RowNumber(), partition_by='author', order_by='pk')).filter(r__lte=2)",
            ".annotate(v=F('pages') + 2).filter(v__gt=3)",
            ".annotate(w=Case(When(Q(pages__gt=2) | Q(title='a'), then=F('pages')), default=Value(5)))",
            ".filter(Exists(OTag.objects.filter(books=OuterRef('pk'), name='a')))",
            ".filter(author__in=OAuthor.objects.filter(age__gt=1).order_by('pk')[:2])",
            ".annotate(e=Concat('title', Value('o'))).order_by('e', 'pk')",
            ".reverse()",
        ]
    ),
)
endings = st.sampled_from(
    [
        ".order_by('pk').values_list('pk', flat=True)",
        ".order_by('pk').values_list('pk', 'title', 'author__name', 'editor__age')",
        ".order_by('pk').select_related('author__boss', 'editor')",
        ".order_by('-pk')[2:7].values_list('pk')",
        ".count()",
        ".exists()",
        ".order_by('pk').first()",
        ".aggregate(a=Avg('pages'), b=Max('price'), c=Count('tags'), d=Sum('author__age', default=0))",
        ".order_by('pk').values('author__name').annotate(c=Count('pk')).order_by('author__name', 'c')",
        ".values_list('author').annotate(c=Max('pages')).order_by('author', 'c')",
        ".order_by('pk').in_bulk()",
        ".order_by('pk').only('title', 'author__name')",
    ]
)
querysets = st.tuples(st.lists(steps, max_size=4), endings).map(
    lambda parts: (
        f"OBook.objects{''.join(parts[0])}{parts[1]}"
        if parts[0]
        else f"OBook.objects.all(){parts[1]}"
    )
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(expression=querysets)
def test_equals_django(ask: Callable[[str], str], expression: str) -> None:
    """The same expression gives the same rows, or the same error."""
    assert oracle.answer(expression, NAMES) == ask(expression), expression


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(expression=querysets)
def test_planned_equals_uncached(expression: str) -> None:
    """A plan that was made before gives what a first run gives."""
    clear_plans()
    first = oracle.answer(expression, NAMES)
    for _ in range(6):  # each run may add one step of the chain to the plan
        assert oracle.answer(expression, NAMES) == first, expression


def varied(expression: str) -> str:
    """Return the expression with other values in the same places."""
    numbers = re.sub(r"(?<==)\d(?!\d)", lambda m: str((int(m[0]) + 1) % 7), expression)
    numbers = re.sub(r"(?<=\+ )\d", lambda m: str((int(m[0]) + 2) % 7), numbers)
    return re.sub(r"(?<==)'(o|a|Ann|bob)'", lambda m: "'bob'" if m[1] != "bob" else "'o'", numbers)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(expression=querysets)
def test_a_plan_serves_other_values(expression: str) -> None:
    """What was planned with some values is right with others."""
    other = varied(expression)
    clear_plans()
    wanted = oracle.answer(other, NAMES)
    clear_plans()
    for _ in range(6):
        oracle.answer(expression, NAMES)
    for _ in range(2):
        assert oracle.answer(other, NAMES) == wanted, (expression, other)
