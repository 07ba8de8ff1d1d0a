# ruff: noqa: E501  # expressions are single lines
"""Expressions, one by one: they give what Django gives on the same rows, or the same error."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.orm import connection, models
from fastjango.orm.models import functions

pytest.importorskip("django")

HELPER = Path(__file__).with_name("oracle_models.py")


def load_helper() -> Any:
    """Load the helper once for all tests: an app has one model of a name."""
    if HELPER.stem in sys.modules:
        return sys.modules[HELPER.stem]
    spec = importlib.util.spec_from_file_location(HELPER.stem, HELPER)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[HELPER.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = load_helper()
CLASSES = oracle.define(models, "orm", __name__)
NAMES = oracle.namespace(models, functions, CLASSES)


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str], str]]:
    """Ask Django, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, str(HELPER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def question(expression: str) -> str:
            stdin.write(expression + "\n")
            stdin.flush()
            return stdout.readline().rstrip("\n")

        assert stdout.readline().strip() == "ready"
        yield question


@pytest.fixture(scope="module", autouse=True)
def rows() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for model in CLASSES.values():
            editor.create_model(model)
    oracle.fill(CLASSES)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(list(CLASSES.values())):
            editor.delete_model(model)
    connection.close()


def same(ask: Callable[[str], str], expressions: list[str]) -> None:
    """See that every expression gives what it gives with Django; `B` is all books by key."""
    different: dict[str, tuple[str, str]] = {}
    for short in expressions:
        text = short.replace("B.", "OBook.objects.order_by('pk').", 1)
        wanted = ask(text)
        for _ in range(3):  # the last time from a plan, if there is one
            found = oracle.answer(text, NAMES)
            if found != wanted:
                different[text] = found, wanted
    assert different == {}


def annotated(*expressions: str) -> list[str]:
    """Ask for each expression's value for every book."""
    return [f"B.annotate(x={text}).values_list('pk', 'x')" for text in expressions]


def filtered(*expressions: str) -> list[str]:
    """Ask which books an expression finds, and which not."""
    return [
        f"B.{call}({text}).values_list('pk', flat=True)"
        for text in expressions
        for call in ("filter", "exclude")
    ]


def test_cases(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *annotated(
                "Case(When(pages__gt=2, then='pages'), When(title='bob', then=Value(-1)), default=F('author__age'))",
                "Case(When(Q(pages=None) | Q(pages=1), author__age=1, then=1), default=0)",
                "Case(default=Value(3))",
                "Case(default='pages')",
                "Case(When(pk__in=[], then=Value(1)), default=Value(2))",
                "Case(When(pk__in=[], then=Value(1)), default=F('pages'))",
                "Case(When(~Q(pk__in=[]), then=Value(1)), default=Value(2))",
                "Case(When(pages=1, then=Value('a')), When(~Q(pk__in=[]), then=Value('b')), default=Value('c'))",
                "Case(When(pages=1, then=Value('a')), default=None)",
                "Case(When(Exists(OTag.objects.filter(books=OuterRef('pk'))), then=Value(1)), default=Value(0))",
                "Case(When(pages=1, then=Value(1)), default=Value('x'))",
                "Case(When(pages=1, then=Value(1)), default=Value('x'), output_field=CharField())",
                "Case(When(pages=1, then=Value(1)), When(nothing=1, then=2))",
                "Case(When(F('pages'), then=1))",
            ),
            "repr(Case(When(pages=1, then='title'), default=Value(2)))",
            "repr(When(pages=1, then=F('title')))",
            "Case(F('pages'))",
            "When(then=1)",
            "When(Q(), then=1)",
            "When(F('pages'), then=1)",
            "When(pages=1)",
            "When('pages', then=1)",
            "When(F('pages'), pages=1, then=1)",
            "When(Q(pages=1), _negated=True, then=1)",
            "OBook.objects.values('author').annotate(n=Sum(Case(When(pages__gt=2, then=1), default=0))).order_by('author')",
            "OBook.objects.values(k=Case(When(pages__gt=2, then=Value('b')), default=Value('s'))).annotate(n=Count('pk')).order_by('k')",
            "OBook.objects.values(k=Case(default=F('author__age'))).annotate(n=Count('pk')).order_by('k')",
            "B.order_by(Case(When(pages__gt=2, then=1), default=0).desc(), 'pk').values_list('pk')",
            "B.aggregate(x=Sum(Case(When(pages__gt=2, then='pages'))), y=Count(Case(When(pages=1, then=1))))",
        ],
    )


def test_functions_of_text(ask: Callable[[str], str]) -> None:
    text = "'title'"
    same(
        ask,
        annotated(
            *(
                f"{name}({text})"
                for name in [
                    "Length",
                    "Lower",
                    "LTrim",
                    "MD5",
                    "Ord",
                    "Reverse",
                    "RTrim",
                    "SHA1",
                    "SHA224",
                    "SHA256",
                    "SHA384",
                    "SHA512",
                    "Trim",
                    "Upper",
                ]
            ),
            "Chr(Value(66) + F('pk'))",
            "Concat('title', Value('/'), 'author__name', 'editor__name')",
            "Concat('title', 'pages')",
            "Concat('title', 'pages', output_field=CharField())",
            "Concat('title')",
            "Left('title', 2)",
            "Left('title', 'pages')",
            "Left('title', 0)",
            "Right('title', 2)",
            "Right('title', 'pk')",
            "LPad('title', 6, Value('*'))",
            "LPad('title', 6)",
            "LPad('title', -1)",
            "RPad('title', 'pk', Value('ab'))",
            "Repeat('title', 2)",
            "Repeat('title', -1)",
            "Repeat('title', 'pages')",
            "Replace('title', Value('o'), Value('0'))",
            "Replace('title', Value('o'))",
            "StrIndex('title', Value('b'))",
            "StrIndex('title', 'author__name')",
            "Substr('title', 2)",
            "Substr('title', 2, 1)",
            "Substr('title', 0)",
            "Substr('title', 'pk', 2)",
            "Lower(Upper('author__boss__name'))",
            "F('title')[1]",
            "F('title')[:2]",
            "F('author__name')[1:]",
            "F('title')[1:2]",
            "F('title')[2:2]",
            "F('title')[-1]",
            "F('title')[::2]",
            "F('title')[3:1]",
            "F('title')['a']",
            "F('title')[1:][1:]",
            "F('pages')[1]",
        ),
    )


def test_functions_of_numbers(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *annotated(
                *(
                    f"{name}('{field}')"
                    for name in [
                        "Abs",
                        "ATan",
                        "Ceil",
                        "Cos",
                        "Degrees",
                        "Exp",
                        "Floor",
                        "Radians",
                        "Sign",
                        "Sin",
                        "Tan",
                    ]
                    for field in ("pages", "price", "author__age")
                ),
                "ACos(F('pages') / 10.0)",
                "ASin(F('pages') / 10.0)",
                "ATan2('pages', 'price')",
                "ATan2('pages', Value(2))",
                "Cot('pk')",
                "Ln('pk')",
                "Log(Value(2), 'pk')",
                "Log('pk')",
                "Mod('pk', Value(3))",
                "Mod('price', Value(3))",
                "Power('pages', Value(2))",
                "Power('price', 'pages')",
                "Round('price')",
                "Round('price', 1)",
                "Round('price', precision=1)",
                "Round('price', -1)",
                "Round(F('pages') / 3.0, 2)",
                "Sqrt('pk')",
                "Pi()",
                "Pi(1)",
                "Greatest('pages', 'author__age', 'pk')",
                "Least('pages', 'author__age', 'pk')",
                "Greatest('pages')",
                "Least('pages')",
                "Coalesce('pages', 'author__age', 0)",
                "Coalesce('pages')",
                "Coalesce('price', Value(0))",
                "NullIf('pages', 'author__age')",
                "NullIf('pages')",
                "Cast('pages', CharField())",
                "Cast('title', IntegerField())",
                "Cast('pages', FloatField())",
                "Cast('pages', DecimalField(max_digits=8, decimal_places=2))",
                "Cast('published', DateTimeField())",
                "Cast('published', DateField())",
                "Cast('published', CharField())",
                "Cast(Value('12:30:15'), TimeField())",
                "Cast(Value('2020-02-03 12:30:15'), DateField())",
                "Collate('title', 'nocase')",
                "Collate('title', 'no case')",
                "Collate('title', '')",
                "JSONObject(a='title', b=F('pages'), c=Value(None))",
                "JSONObject()",
            ),
            "B.annotate(x=Random()).filter(x__gte=0, x__lt=1).count()",
            "B.filter(title__in=['Ann', 'bob']).order_by(Collate('title', 'nocase'), 'pk').values_list('pk')",
            "B.filter(pages__abs__gt=2)",
        ],
    )


def test_functions_of_dates(ask: Callable[[str], str]) -> None:
    kinds = "Year IsoYear Month Day Week WeekDay IsoWeekDay Quarter"
    same(
        ask,
        [
            *annotated(
                *(f"Extract{kind}('published')" for kind in kinds.split()),
                *(
                    f"Extract{kind}(Cast('published', DateTimeField()))"
                    for kind in ["Hour", "Minute", "Second"]
                ),
                *(
                    f"Trunc{kind}('published')"
                    for kind in ["Year", "Quarter", "Month", "Week", "Day", "Hour"]
                ),
                "Extract('published', 'month')",
                "Extract('published')",
                "Extract('published', 'hour')",
                "Extract('published', 'nothing')",
                "Extract('title', 'month')",
                "Extract('published', 'month', tzinfo=datetime.timezone.utc)",
                "Trunc('published', 'month')",
                "Trunc('published', 'month', output_field=DateField())",
                "Trunc('published', 'month', output_field=DateTimeField())",
                "Trunc('published', 'month', output_field=CharField())",
                "Trunc('published', 'month', tzinfo=datetime.timezone.utc)",
                "Trunc('title', 'month')",
                "Trunc('published', 'second')",
                "TruncDate(Cast('published', DateTimeField()))",
                "TruncTime(Cast('published', DateTimeField()))",
                "TruncYear(Cast('published', DateTimeField()))",
                "TruncMinute(Value(datetime.time(1, 2, 3)))",
                "TruncYear(Value(datetime.time(1, 2, 3)))",
                "TruncYear('published', output_field=TimeField())",
                "F('published') + datetime.timedelta(days=2)",
                "datetime.timedelta(days=2) + F('published')",
                "F('published') - datetime.timedelta(days=2)",
                "F('published') - datetime.date(2020, 1, 1)",
                "F('published') - Value(None, DateField())",
                "ExpressionWrapper(F('published') - F('published'), DurationField())",
                "ExpressionWrapper(Value(datetime.timedelta(hours=2)) * F('pages'), DurationField())",
                "ExpressionWrapper(Value(datetime.timedelta(hours=2)) / 2, DurationField())",
                "Value(datetime.timedelta(hours=2)) + Value(datetime.timedelta(hours=3))",
                "Value(datetime.timedelta(hours=2)) * Value(datetime.timedelta(hours=3))",
                "F('published') * 2",
                "Max('tags__books__published')",
            ),
            "B.annotate(x=Now()).filter(x__year__gte=2024).count()",
            "B.annotate(x=F('published__year'), y=F('author__books__published__month')).distinct().values_list('pk', 'x', 'y').order_by('pk', 'y')",
            *filtered(
                "published__year=2020",
                "published__year__in=[2019, 2021]",
                "published__year__gt=2019",
                "published__year__gte=2020",
                "published__year__lt=2021",
                "published__year__lte=2020",
                "published__iso_year=2020",
                "published__iso_year__gt=2019",
                "published__year=F('pages') + 2015",
                "published__month__in=[1, 2, 3]",
                "published__quarter=2",
                "published__week__gt=20",
                "published__week_day=2",
                "published__iso_week_day=1",
                "published__day__range=(2, 5)",
                "published__range=(datetime.date(2019, 1, 1), datetime.date(2020, 6, 1))",
                "published__gt=F('published') - datetime.timedelta(days=1)",
                "published__hour=1",
            ),
            "B.dates('published', 'month')",
            "B.dates('published', 'week', order='DESC')",
            "B.dates('author__books__published', 'year')",
            "B.dates('title', 'year')",
            "B.datetimes('published', 'year')",
        ],
    )


def test_arithmetic(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *annotated(
                "F('pages') + F('author__age')",
                "F('pages') - 1",
                "10 - F('pages')",
                "F('pages') * F('price')",
                "2 * F('pages')",
                "F('price') / 2",
                "2 / F('price')",
                "F('pages') / 2.0",
                "F('pages') % 3",
                "30 % F('pk')",
                "F('pages') ** 2",
                "2 ** F('pages')",
                "-F('pages')",
                "3 + F('price')",
                "F('price') + Value(1.5)",
                "F('pages') + Value('x')",
                "F('title') + F('title')",
                "ExpressionWrapper(F('price') + Value(1.5), output_field=FloatField())",
                "F('pages').bitand(3)",
                "F('pages').bitor(8)",
                "F('pages').bitxor(3)",
                "F('pages').bitleftshift(2)",
                "F('pages').bitrightshift(1)",
                "F('pages') & 1",
                "F('pages') | 1",
                "F('pages') ^ 1",
                "1 & F('pages')",
                "1 | F('pages')",
                "1 ^ F('pages')",
                "ExpressionWrapper(Q(pages__gt=2), output_field=BooleanField())",
                "ExpressionWrapper(Q(pk__in=[]), output_field=BooleanField())",
                "ExpressionWrapper(~Q(pk__in=[]), output_field=BooleanField())",
                "Q(pages__gt=2)",
                "~Q(pages__gt=2)",
                "~ExpressionWrapper(Q(pages__gt=2), output_field=BooleanField())",
                "Q(pages__gt=2) ^ Q(title='bob') ^ Q(pk=1)",
                "~Exists(OTag.objects.filter(books=OuterRef('pk')))",
                "~Exists(OTag.objects.none())",
                "Exists(OTag.objects.none())",
                "~~Exists(OTag.objects.none())",
                "~F('pages')",
                "Value(None)",
                "Value(Decimal('1.5'))",
                "Value([1])",
                "Value(1.5) + Value(1)",
                "Func(F('pages'), Value(2), function='MAX', output_field=IntegerField())",
                "Func('pages', function='ABS', template='%(function)s(%(expressions)s) + 1', output_field=IntegerField())",
                "Func('pages', 2, function='MIN', arg_joiner=', ')",
                "Func(Exists(OTag.objects.none()), function='ABS', output_field=IntegerField())",
                "F('nothing')",
                "F('author__nothing')",
                "F('title__nothing')",
                "F('title__lower')",
                "F('published__year')",
            ),
            "repr(F('pages') + 1)",
            "repr(Func('a', 1, function='X', b=2))",
            "repr(ExpressionWrapper(F('pages'), IntegerField()))",
            "repr(F('title')[1:3])",
            "repr(OuterRef('a'))",
            "repr(Value(1))",
            "str(F('pages') * 2)",
            "F('a') == F('a')",
            "F('a') == OuterRef('a')",
            "F('a')[1] == F('a')[1]",
            "len({F('a'), F('a'), F('b'), F('a')[1]})",
            "Value(1) == Value(1) and Value(1) != Value(1.5, FloatField())",
            "Lower('a') == Lower('a') and Lower('a') != Lower(Value('a'))",
            "Count('a', distinct=True) == Count('a')",
            "1 in F('a')",
            "OBook.objects.values(k=ExpressionWrapper(Q(pages__gt=2), output_field=BooleanField())).annotate(n=Count('pk')).order_by('k')",
            "OBook.objects.values(k=ExpressionWrapper(F('pages') + 1, output_field=IntegerField())).annotate(n=Count('pk')).order_by('k')",
        ],
    )


def test_lookups_as_expressions(ask: Callable[[str], str]) -> None:
    same(
        ask,
        filtered(
            "Exists(OTag.objects.filter(books=OuterRef('pk'), name=OuterRef('author__name')))",
            "Exists(OTag.objects.filter(books=OuterRef('pk'), name__startswith=OuterRef('title')[:1]))",
            "~Q(tags__name=OuterRef('title'))",
            "Exists(OAuthor.objects.exclude(books__pages=OuterRef('pages')).filter(pk=OuterRef('author')))",
            "pk__in=Subquery(OBook.objects.filter(pages=1).values('pk'))",
            "Exists(OBook.objects.filter(author=OuterRef('author'), pages__gt=OuterRef('pages')))",
            "Exists(OAuthor.objects.filter(Exists(OBook.objects.filter(author=OuterRef('pk'), pk=OuterRef(OuterRef('pk'))))))",
            "pages=OBook.objects.filter(pk=3).values('pages')",
            "pages=OBook.objects.filter(pk=3).values('pages')[:1]",
            "pages__gt=Subquery(OBook.objects.filter(pk=3).values('pages'))",
            "author=OAuthor.objects.order_by('pk')[:1]",
            "author=OAuthor.objects.values('pk', 'name')[:1]",
            "author__in=OAuthor.objects.values('pk', 'name')",
            "author__in=OAuthor.objects.filter(age=1)",
            "author__in=OBook.objects.filter(pages=1).values('author')",
            "author__in=OBook.objects.all()",
            "author__in=[OAuthor.objects.get(pk=1), 2]",
            "author=OTag.objects.get(pk=1)",
            "author__in=[OTag.objects.get(pk=1)]",
            "author__gt=OAuthor.objects.get(pk=3)",
            "author__lte=3",
            "author__isnull=True",
            "author__boss__isnull=True",
            "author__contains='x'",
            "pages__isnull=1",
            "pages__in=[1, F('author__age'), None]",
            "pages__in=[]",
            "pages__in=(n for n in (1, 2))",
            "pages__in=[[1]]",
            "pages__in=5",
            "pages__range=(1, F('author__age'))",
            "pages__range=(1, 2, 3)",
            "pages__gt=None",
            "pages__gt=1.5",
            "pages__gte=1.5",
            "pages__lt=1.5",
            "pages__lte=2**80",
            "pages__gt=-2**80",
            "pages=2**80",
            "pages='x'",
            "title__iexact=None",
            "title__iexact='BOB'",
            "title__contains=F('author__name')",
            "title__icontains=F('author__name')",
            "title__startswith=Lower('author__name')",
            "title__endswith='%'",
            "title__contains='_'",
            "title__regex='^[A-C]'",
            "title__iregex='^[a-c]'",
            "title__regex=F('author__name')",
            "title__lower='bob'",
            "title__nothing='bob'",
            "title__length=3",
            "nothing=1",
            "author__nothing=1",
            "pages__gt__lt=1",
            "**{'': 1}",
            "{'pages': 1}",
            "F('pages')",
            "'pages'",
            "Q(pages=1) & Exists(OTag.objects.filter(books=OuterRef('pk')))",
            "Exists(OTag.objects.filter(books=OuterRef('pk'))) | Q(pages=1)",
            "Q(Q(pages=1), Q(title='bob') | ~Q(pk__gt=3), author__age=1)",
            "Q(pages=1) ^ Q(title='bob') ^ Q(author__age=1)",
            "~(Q(pages=1) ^ Q(editor__age=1))",
            "tags__name__in=['bob'], tags__pk__gt=2",
            "~Q(tags__name='bob', tags__pk__gt=2)",
            "Q(tags__name='bob') | Q(editor__boss__age=1)",
            "author__books__tags__name='bob'",
            "editor__staff__books__pages__gt=F('pages')",
            "editor__isnull=False, editor__boss=None",
            "editor__staff__name=None",
            "editor__staff__name__isnull=True",
            "editor__books__editor=None",
            "author__boss__staff__books__pages=None",
            "Q(tags__name='bob') & ~Q(tags__pk=2)",
            "Q(tags__name='bob') & ~Q(tags__pk=F('pages'))",
            "~Q(tags__pk=F('tags__pk'))",
            "title__in=OBook.objects.distinct().order_by('author__name', 'pk').values('title')[:5]",
            "title__in=OBook.objects.annotate(l=Upper('title')).distinct().order_by('author__name', 'pk').values('l')[:5]",
            "pk__in=OBook.objects.distinct().order_by('author__name', 'pk')[:5]",
            "Q(editor__boss=None) | Q(editor=None)",
        ),
    )


def test_aggregates(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *(
                f"B.aggregate(x={text})"
                for text in (
                    "Avg('pages')",
                    "Avg('price')",
                    "Avg('pages', distinct=True)",
                    "Count('*')",
                    "Count('pages', distinct=True)",
                    "Count('*', filter=Q(pages=1))",
                    "Count('pk', filter=Q(pages=1) | Q(author__age=1))",
                    "Count('pk', filter=~Q(pk__in=[]))",
                    "Count('pk', filter=Q(pk__in=[]))",
                    "Sum('pages', filter=Q(tags__name='bob'))",
                    "Sum('pages', default=5)",
                    "Sum('pages', filter=Q(pages__gt=99), default=F('pk'))",
                    "Sum('pages', filter=Q(pages__gt=99), default=Value(7))",
                    "Sum(F('pages') * F('price'))",
                    "Sum(F('pages') * F('price'), output_field=FloatField())",
                    "Sum('pages', distinct=True)",
                    "Max('published')",
                    "Min('title')",
                    "Max('pages', distinct=True)",
                    "Count('pages', default=1)",
                    "StdDev('pages', filter=Q(pages__isnull=False))",
                    "StdDev('price', sample=True, filter=Q(price__isnull=False))",
                    "Variance('pages', sample=True, filter=Q(pages__isnull=False))",
                    "Variance('price', filter=Q(price__isnull=False))",
                    "Sum('tags__pk')",
                    "Max(Sum('pages'))",
                    "F('pages')",
                    "Sum('nothing')",
                    "Sum('pages') / Count('pk')",
                    "Round(Avg('pages') * 2)",
                    "Coalesce(Sum('pages'), 0) + 1",
                    "Sum(Value(2))",
                    "Count(Case(When(pages=1, then='pk')))",
                    "Sum(Subquery(OTag.objects.filter(books=OuterRef('pk')).order_by('pk').values('pk')[:1]))",
                    "Max('pages') - Min('pages')",
                )
            ),
            "B.aggregate(Sum('pages'), Max('price'), n=Count('pk'))",
            "B.aggregate(Sum(F('pages') + 1))",
            "B.aggregate('pages')",
            "B.aggregate(a=Sum('pages'), b=F('a') * 2)",
            "B.aggregate(a=Sum('pages'), b=Max('a'))",
            "B.filter(pk__in=[]).aggregate(a=Sum('pages'), b=Count('pk'), c=Sum('pages', default=3))",
            "B.none().aggregate(a=Sum('pages'), b=Count('pk'), c=Sum('pages', default=3))",
            "B[2:5].aggregate(a=Sum('pages'), b=Count('pk'))",
            "B.distinct().aggregate(a=Sum('pages'), b=Count('pk'))",
            "B.values('author').distinct().aggregate(n=Count('author'))",
            "OBook.objects.values('author').annotate(n=Count('pk')).aggregate(m=Max('n'), s=Sum('n'))",
            "B.annotate(n=Count('tags')).aggregate(m=Max('n'), s=Sum('n'), a=Avg('pages'))",
            "B.annotate(n=Count('tags')).filter(n__gt=1).aggregate(s=Sum('n'), p=Sum('pages'))",
            "B.annotate(n=Count('tags')).values('n').distinct().aggregate(s=Sum('n'))",
            "B.annotate(t=Subquery(OTag.objects.filter(books=OuterRef('pk')).order_by('pk').values('pk')[:1])).aggregate(s=Sum('t'))",
            "B.annotate(e=Exists(OTag.objects.filter(books=OuterRef('pk')))).aggregate(n=Count('pk', filter=Q(e=True)))",
            "B.annotate(r=Window(RowNumber(), order_by='pk')).aggregate(m=Max('r'))",
            "B.annotate(r=Window(RowNumber(), partition_by='author', order_by='pk')).filter(r=1).aggregate(n=Count('pk'))",
            "B.alias(d=F('pages') * 2).aggregate(s=Sum('d'))",
            "B.annotate(d=F('pages') * 2).values('title').aggregate(s=Sum('d'))",
            "B.annotate(d=F('pages') * 2).values('title').aggregate(s=Sum('pages'), n=Count('pk'))",
            "B.union(B).aggregate(n=Count('pk'))",
            "OBook.objects.order_by().filter(pk=1).union(OBook.objects.order_by().filter(pk=2)).count()",
            "OAuthor.objects.annotate(n=Count('books'), m=Count('edited', distinct=True), s=Sum('books__pages')).order_by('pk').values_list('pk', 'n', 'm', 's')",
            "OAuthor.objects.annotate(n=Count('books')).filter(Q(n__gt=2) | Q(age=1)).order_by('pk').values_list('pk', 'n')",
            "OAuthor.objects.annotate(n=Count('books')).exclude(n=2).order_by('-n', 'pk').values_list('pk', 'n')",
            "OAuthor.objects.annotate(n=Count('books')).filter(n=F('age')).order_by('pk').values_list('pk')",
            "OAuthor.objects.filter(books__pages__gt=1).annotate(n=Count('books')).order_by('pk').values_list('pk', 'n')",
            "OAuthor.objects.annotate(n=Count('books')).filter(books__pages__gt=1).order_by('pk').values_list('pk', 'n')",
            "OAuthor.objects.values('age').annotate(n=Count('books'), m=Max('books__price')).order_by('age')",
            "OAuthor.objects.values('age').annotate(n=Count('pk')).filter(n__gt=1).values_list('age')",
            "OAuthor.objects.annotate(n=Count('books')).values('age').annotate(s=Sum('n')).order_by('age')",
            "OAuthor.objects.values('boss__name', 'age').annotate(Count('pk')).order_by('boss__name', 'age')",
            "OAuthor.objects.order_by(Count('books'), 'pk').values_list('pk')",
            "OAuthor.objects.order_by('boss').values('boss').annotate(n=Count('pk')).order_by('n', 'boss')",
            "OAuthor.objects.annotate(n=Count('books')).order_by('-n', 'pk')[:2].count()",
            "OAuthor.objects.annotate(n=Count('books')).exists()",
            "OAuthor.objects.annotate(Count('books')).filter(books__count=2).count()",
            "OAuthor.objects.annotate(Count(F('books') + 1))",
            "OAuthor.objects.annotate(Count('books'), books__count=Count('edited'))",
            "OAuthor.objects.annotate(age=Count('books'))",
            "OAuthor.objects.annotate(n=Count('books')).filter(~Q(n__in=[])).order_by('pk').values_list('n')",
            "OAuthor.objects.annotate(n=Count('books')).filter(n__in=[])",
            "OAuthor.objects.annotate(n=Count('books'), m=Max('books__pages')).filter(Q(n=1) ^ Q(m=2)).order_by('pk')",
            "OAuthor.objects.annotate(n=Count('books')).values('n').annotate(a=Count('pk')).order_by('n')",
            "OAuthor.objects.annotate(x=FilteredRelation('books', condition=Q(books__pages__gt=2))).exclude(x__title='bob').order_by('pk')",
            "OAuthor.objects.annotate(x=FilteredRelation('books', condition=Q(books__pages__gt=2))).values('x__title').annotate(n=Count('pk')).order_by('x__title')",
            "OAuthor.objects.annotate(x=FilteredRelation('books', condition=~Q(books__pk__in=[]))).filter(x__pages=1).order_by('pk')",
            "OAuthor.objects.annotate(x=FilteredRelation('books', condition=Q(books__pages__gt=F('age')))).filter(x__isnull=False).distinct().order_by('pk')",
            "OAuthor.objects.annotate(5)",
            "OAuthor.objects.annotate(x='books')",
            "repr(Sum('a', filter=Q(b=1), distinct=True))",
            "repr(StdDev('a', sample=True))",
            "repr(Variance('a'))",
            "Sum('a').default_alias",
            "Sum(F('a') + 1).default_alias",
            "Max('a', distinct=True, default=1)",
            "Sum()",
        ],
    )


def test_windows(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *annotated(
                "Window(RowNumber(), order_by='pk')",
                "Window(Rank(), order_by='pages')",
                "Window(DenseRank(), order_by=['-pages', 'title'])",
                "Window(PercentRank(), partition_by='author', order_by=F('pages').desc())",
                "Window(CumeDist(), partition_by=['author', 'title'], order_by='pk')",
                "Window(Ntile(3), order_by='pk')",
                "Window(Ntile(0), order_by='pk')",
                "Window(Lag('pages'), order_by='pk')",
                "Window(Lag('pages', offset=2, default=Value(-1)), order_by='pk')",
                "Window(Lead('title', 0), order_by='pk')",
                "Window(Lead('title', -1), order_by='pk')",
                "Window(Lag(None), order_by='pk')",
                "Window(FirstValue('pages'), partition_by='author', order_by='pk')",
                "Window(LastValue('pages'), partition_by=F('author'), order_by='pk')",
                "Window(NthValue('pages', 2), order_by='pk')",
                "Window(NthValue('pages', 0), order_by='pk')",
                "Window(NthValue(None, 2), order_by='pk')",
                "Window(Sum('price'), order_by='pk')",
                "Window(Avg('pages'), partition_by='author')",
                "Window(Count('pages', filter=Q(pages__gt=1)), order_by='pk')",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=-1, end=1))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=0))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(end=0))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=1, end=2))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=-2, end=-1))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=2, end=1))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=-1, end=-2))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start='x'))",
                "Window(Sum('pages'), order_by='pk', frame=ValueRange(end=0))",
                "Window(Sum('pages'), order_by='pk', frame=ValueRange(start=-1, end=1))",
                "Window(Sum('pages'), order_by='pk', frame=RowRange(start=-1, end=1, exclusion=WindowFrameExclusion.CURRENT_ROW))",
                "Window(Sum('pages'), order_by='pk', frame=ValueRange(exclusion=WindowFrameExclusion.TIES))",
                "Window(Lower('title'))",
                "Window(Sum('pages'), order_by=5)",
                "Window(Sum('pages'), order_by=[])",
                "Window(Sum('nothing'), order_by='pk')",
                "Window(Sum(Window(Sum('pages'))))",
                "Window(Sum('pages'), partition_by=Lower('title')) + 1",
                "Round(Window(Avg('price'), partition_by='author'), 2)",
            ),
            "RowRange(start=1, exclusion='x')",
            "repr(Window(Sum('a'), partition_by='b', order_by='c', frame=RowRange(-1, 0)))",
            "repr(ValueRange(None, 0, WindowFrameExclusion.GROUP))",
            "repr(RowRange(2, 3))",
            "str(WindowFrameExclusion.TIES)",
            "repr(WindowFrameExclusion.TIES)",
            *(
                f"B.annotate(r=Window(Rank(), partition_by='author', order_by='pages'), t=Window(Sum('pages'), partition_by='author')).{text}.order_by('pk').values_list('pk', 'r')"
                for text in (
                    "filter(r=1)",
                    "filter(r__lt=3, pages__gt=1)",
                    "filter(r=1).filter(t__gt=3)",
                    "filter(Q(r=1) | Q(t__gt=3))",
                    "filter(Q(r=1) | Q(pages=1))",
                    "exclude(r=1)",
                    "filter(~Q(r=1) & Q(title='bob'))",
                    "filter(r=F('t'))",
                    "filter(Q(r=1) ^ Q(t__gt=3))",
                )
            ),
            "B.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).order_by('-r', 'author__name', 'pk').values_list('pk')",
            "B.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).order_by('author__name', '-pages', 'pk')[1:4]",
            "B.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).count()",
            "B.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).exists()",
            "B.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).select_related('author')",
            "B.alias(r=Window(Rank(), order_by='pages')).filter(r__gt=2).values_list('title', 'pk').order_by('pk')",
            "B.filter(pk__in=OBook.objects.annotate(r=Window(Rank(), order_by='pages')).filter(r__gt=2).values('pk'))",
            "B.annotate(n=Count('tags'), r=Window(Rank(), order_by='pages')).filter(r__gt=2, n__gt=0).order_by('pk').values_list('pk', 'n', 'r')",
            "B.annotate(n=Count('tags'), r=Window(Rank(), order_by=Count('tags'))).filter(Q(r__gt=2) | Q(n=0)).order_by('pk').values_list('pk', 'n', 'r')",
            "B.annotate(n=Count('tags'), r=Window(Rank(), order_by='pages')).filter(Q(r__gt=2) | Q(title='bob')).values_list('pk')",
            "B.annotate(r=Window(Rank(), order_by='pages')).values('author').annotate(m=Max('r'))",
            "B.values('author').annotate(s=Sum('pages'), r=Window(Rank(), order_by=Sum('pages').desc())).order_by('author')",
            "B.annotate(r=Window(Rank(), order_by='pages')).update(pages=F('r'))",
        ],
    )


def test_orders_and_choices(ask: Callable[[str], str]) -> None:
    same(
        ask,
        [
            *(
                f"OBook.objects.order_by({text}).values_list('pk', flat=True)"
                for text in (
                    "'author', 'pk'",
                    "'-author__name', '-pk'",
                    "'author__boss', 'pk'",
                    "'author_id', 'pk'",
                    "'author__pk', '-pages', 'pk'",
                    "F('pages').asc(nulls_first=True), 'pk'",
                    "F('pages').desc(nulls_last=True), 'pk'",
                    "F('pages').asc(nulls_first=True, nulls_last=True)",
                    "F('pages').desc(nulls_last=False)",
                    "OrderBy('pages')",
                    "OrderBy(F('pages'), descending=True), 'pk'",
                    "Lower('title'), 'pk'",
                    "Lower('author__name').desc(), 'pk'",
                    "Value(2), 'pk'",
                    "Value(2).desc(), '-pk'",
                    "F('author__boss__name').asc(nulls_last=True), 'pk'",
                    "'published__year', 'pk'",
                    "'nothing'",
                    "'title__nothing'",
                    "5",
                    "'tags', 'pk'",
                    "Q(pages=1), 'pk'",
                    "Exists(OTag.objects.filter(books=OuterRef('pk'))).desc(), 'pk'",
                    "Subquery(OTag.objects.filter(books=OuterRef('pk')).order_by('pk').values('pk')[:1]), 'pk'",
                )
            ),
            "B.reverse().values_list('pk', flat=True)",
            "B.order_by(F('pages').asc(nulls_first=True), 'pk').reverse().values_list('pk', flat=True)",
            "B.order_by('pages').order_by().query.order_by == ()",
            "B.distinct().order_by('author__name', 'pk').values_list('title')",
            "OBook.objects.distinct().order_by('title').values_list('title', flat=True)",
            "OBook.objects.distinct().order_by(Lower('title')).values_list('title', flat=True)",
            "OBook.objects.filter(author__in=OAuthor.objects.distinct().order_by('name').values('pk')).count()",
            "B.values('pk', 'title')[3:5]",
            "B.values('author', 'author__name', 'editor_id')[3:5]",
            "B.values(l=Lower('title'), pk=F('pages'))[:3]",
            "B.values('pages', p=F('pages') + 1)[:3]",
            "B.values_list('pages', F('pages') + 1, 'pages')[:3]",
            "B.values_list(F('pages'), Lower('title'), Lower('title'))[:3]",
            "B.values_list('pk', 'title', flat=True)",
            "B.values_list('pk', flat=True, named=True)",
            "[row._fields for row in B.values_list('pk', Lower('title'), named=True)[:1]]",
            "B.annotate(d=F('pages') * 2).values('d', 'title')[:3]",
            "B.annotate(d=F('pages') * 2).values('title').values('d')",
            "B.alias(d=F('pages') * 2).values('d')",
            "B.alias(d=F('pages') * 2).annotate(e=F('d') + 1).values_list('e')[:3]",
            "B.alias(d=F('pages') * 2).filter(d__gt=4).order_by('d', 'pk').values_list('pk')",
            "B.values('nothing')",
            "B.values('author__nothing')",
            "B.values('tags', 'pk').order_by('pk', 'tags')[:4]",
            "B.values('published__year', 'pk')[:3]",
            "B.values().first()",
            "B.values_list()[0]",
            "B.values('pk').values('title').first()",
            "B.extra(select={'d': 'pages * 2'}).values('d', 'pk')[:3]",
            "B.extra(select={'d': 'pages * %s'}, select_params=[3]).values_list('pk', 'd')[:3]",
            "B.extra(select={'d': 'pages * 2'}).order_by('-d', 'pk').values_list('pk')",
            "B.extra(select={'d': 'pages * 2'}).values('pk').order_by('d', 'pk')",
            "B.extra(where=['pages > %s', 'title = %s'], params=[1, 'bob'])",
            "B.extra(tables=['o_tag'], where=['o_tag.id = o_book.id'])",
            "B.extra(order_by=['-o_book.pages', 'id'])",
            "B.extra(tables=['o_book'])",
            "B.extra(tables=['o_author'], where=['o_author.id = o_book.author_id']).filter(author__age=1)",
            "B.filter(author__age=1).extra(tables=['o_author'], where=['o_author.age = 1'])",
            "B.extra(select={'d': '1'}).aggregate(n=Count('pk'))",
            "B.extra(select={'d': 'pages'}).values('d').annotate(n=Count('pk')).order_by('d')",
            "B.only('title').values('pk', 'pages')[:2]",
            "B.defer('title').only('title')[0].get_deferred_fields() == {'pages', 'price', 'published', 'author_id', 'editor_id'}",
            "B.only('title').defer('title')[0].get_deferred_fields()== {'title'}",
            "B.only('title', 'pages').defer('title', 'price')[0].get_deferred_fields() == {'title', 'price', 'published', 'author_id', 'editor_id'}",
            "B.only('title').only('pages')[0].get_deferred_fields() == {'title', 'price', 'published', 'author_id', 'editor_id'}",
            "B.defer('title').defer('pages').defer(None)[0].get_deferred_fields() == set()",
            "B.only('pk')[0].get_deferred_fields() == {'title', 'pages', 'price', 'published', 'author_id', 'editor_id'}",
            "B.only('nothing')",
            "B.defer('nothing')",
            "B.only(None)",
            "B.values('pk').only('title')",
            "B.values('pk').defer('title')",
            "B.complex_filter({'pages': 1})",
            "B.complex_filter(Q(pages=1) | Q(title='bob'))",
            "B.select_related('author').values('pk')[:1]",
            "B.values('pk').select_related('author')",
            "B.select_related('tags')",
            "B.prefetch_related('tags__nothing')",
            "B.using('nothing').count()",
            "B.raw('SELECT id, title FROM o_book WHERE id < %s', [3])",
        ],
    )


def test_sets(ask: Callable[[str], str]) -> None:
    # Without the model's own order, which Django 5.2 refuses in parts on SQLite.
    books = "OBook.objects.order_by()"
    low, high = f"{books}.filter(pk__lt=8)", f"{books}.filter(pk__gt=5)"
    pks = ".values_list('pk', flat=True)"
    same(
        ask,
        [
            f"{low}.union({high}).order_by('pk').values_list('pk', 'title')",
            f"{low}.union({high}).order_by('-title', 'pk')[2:5]",
            f"{low}{pks}.union({high}{pks}).order_by('pk')",
            f"{low}{pks}.union({high}{pks}, all=True).count()",
            f"{low}.values('pk', 'title').union({high}.values('pages', 'title')).order_by('pk', 'title')[:4]",
            f"{low}.values_list('title').union({high}.values_list('title')).order_by('title')",
            f"{low}.values_list('title').union({high}.values_list('title')).order_by('-title').first()",
            f"{low}.intersection({high}).order_by('pk')",
            f"{low}.difference({high}).order_by('pk')",
            f"{low}.difference({high}, OBook.objects.order_by().filter(pk=1)).count()",
            f"{low}.union({high}, {books}.none()).count()",
            f"{low}.union(OBook.objects.none()).order_by('pk')",
            f"OBook.objects.none().union({low}).order_by('pk')",
            f"OBook.objects.none().union({low}, {high}).order_by('pk').count()",
            "OBook.objects.none().union(OBook.objects.none())",
            "OBook.objects.none().union()",
            f"{low}.union().order_by('pk')",
            f"{low}.intersection(OBook.objects.none())",
            f"OBook.objects.none().intersection({low})",
            f"OBook.objects.none().difference({low})",
            f"{low}.difference(OBook.objects.none().order_by()).count()",
            f"{low}.order_by('pk')[:2].union({high})",
            f"list({low}[:2].union({high}))",
            f"list({low}.union({high}.order_by('pk')[:2]))",
            f"{low}.union({high}).filter(pk=1)",
            f"{low}.union({high}).exclude(pk=1)",
            f"{low}.union({high}).distinct()",
            f"{low}.union({high}).annotate(x=Value(1))",
            f"{low}.union({high}).alias(x=Value(1))",
            f"{low}.union({high}).only('title')",
            f"{low}.union({high}).defer('title')",
            f"{low}.union({high}).extra(where=['1'])",
            f"{low}.union({high}).select_related('author')",
            f"{low}.union({high}).prefetch_related('author')",
            f"{low}.union({high}).update(pages=1)",
            f"{low}.union({high}).delete()",
            f"{low}.union({high}).get(pk=1)",
            f"{low}.union({high}).contains(OBook.objects.get(pk=1))",
            f"{low}.union({high}).order_by('nothing')",
            f"{low}.union({high}).order_by('author__name')",
            f"{low}.union({high}).order_by(Lower('title'), 'pk')",
            f"{low}.union({high}).order_by(F('pages').asc(nulls_last=True), 'pk')",
            f"{low}.union({high}).order_by(F('pages').desc(nulls_first=True), 'pk')[:4]",
            f"{low}.values('title').union({high}.values('title')).order_by('pages')",
            f"{low}.annotate(x=Value(1)).values('pk', 'x').union({high}.annotate(x=Value(2)).values('pk', 'x')).order_by('x', 'pk')",
            f"{low}.annotate(x=F('pages')).union({high}.annotate(x=F('pages'))).order_by('x', 'pk').values_list('pk', 'x')",
            f"{low}.union({high}).values('title', 'pk').order_by('pk')[:3]",
            f"{low}.union({high}).values_list('pk', flat=True).order_by('-pk')[:3]",
            f"{low}.union({high}).earliest('pk')",
            f"{low}.union({high}).latest('pk')",
            f"{low}.union({high}).exists()",
            f"{low}.union({high}).in_bulk([1])",
            f"len({low}.union({high}).in_bulk())",
            f"OBook.objects.filter(pk__in={low}.union({high}).values('pk')).count()",
            f"OBook.objects.filter(pk__in={low}{pks}.order_by().union({high}{pks}.order_by())).count()",
            f"OBook.objects.filter(pk__in={low}{pks}.order_by().intersection({high}{pks}.order_by())).order_by('pk')",
            f"OBook.objects.filter(Exists({low}.filter(pk=OuterRef('pk')).union({high}.filter(pk=OuterRef('pk'))))).count()",
            f"{low}.union({high}.union(OBook.objects.order_by().filter(pk=14))).count()",
            f"({low} & {high}).order_by('pk')",
            f"({low} | {high}).order_by('pk').count()",
            f"({low} ^ {high}).order_by('pk').count()",
            f"({low} | OBook.objects.filter(tags__name='bob')).distinct().order_by('pk')",
            f"({low}.filter(tags__name='bob') & OBook.objects.filter(tags__pk__gt=2)).distinct().order_by('pk')",
            "(OBook.objects.filter(author__age=1) | OBook.objects.filter(editor__age=2)).order_by('pk')",
            "(OBook.objects.filter(author__age=1) & OBook.objects.filter(author__boss__age=1)).order_by('pk')",
            f"({low} | {high}[:2]).count()",
            f"({low}[:2] | {high}).count()",
            f"({low}[:2] ^ {high}).count()",
            f"({low}[:2] & {high}).count()",
            f"{low}.annotate(d=F('published')).union({high}.annotate(d=F('published'))).order_by('d__year')",
            f"{low}.annotate(d=F('published')).union({high}.annotate(d=F('published'))).order_by('-d', 'pk').values_list('d', 'pk')",
            f"{low}.filter(pk__in=[]).union({high}[:2])",
            f"list({low}.filter(pk__in=[]).union({high}).order_by('pk')[:2])",
            f"{low}.filter(pk__in=[]).union({high}.filter(pk__in=[]))",
            f"{low}.intersection({high}.filter(pk__in=[]))",
            f"{low}.difference({high}.filter(pk__in=[])).order_by('pk')",
            f"{low}.filter(pk__in=[]).difference({high})",
            f"{books}.filter(pk__in={low}.order_by('-pk').values('pk')[:3]).order_by('pk')",
            f"{low} & OBook.objects.none()",
            f"OBook.objects.none() & {low}",
            f"(OBook.objects.none() ^ {low}).count()",
            f"({low} ^ OBook.objects.none()).count()",
            f"({low} | OBook.objects.none()).count()",
            f"{low} & OAuthor.objects.all()",
            f"{low} | {high}.distinct()",
            f"{low}.values('pk') | {high}.values('title')",
            f"({low}.values('pk') | {high}.values('pk')).order_by('pk').count()",
            f"{low}.union({high}) | {low}",
            f"{low} & {high}.union({low})",
            f"{low}.union({high}) ^ {low}",
            f"({low}.extra(select={{'a': '1'}}) & {high}.extra(select={{'b': '2'}})).values('a', 'b', 'pk')",
            f"{low}.extra(select={{'a': '1'}}) | {high}.extra(select={{'a': '2'}})",
            f"({low}.extra(where=['pages > 1']) & {high}).count()",
            f"({low}.order_by('title') | {high}.order_by('-pk'))[:3]",
        ],
    )
