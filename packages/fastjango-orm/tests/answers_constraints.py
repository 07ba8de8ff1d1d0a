"""Constraints as validation asks them (see `test_django_answers.py`)."""

from __future__ import annotations

import datetime
from typing import Any

from side import functions as fn  # type: ignore
from side import models  # type: ignore

Q, F = models.Q, models.F
TWO = ["zz", "ZZ"]


class Kind(models.Model):
    name = models.CharField(max_length=10)


class Ruled(models.Model):
    a = models.IntegerField()
    b = models.IntegerField(null=True, blank=True)
    c = models.CharField(max_length=10, default="c")
    d = models.DateField(null=True, blank=True, unique_for_date=None)
    kind = models.ForeignKey(Kind, models.CASCADE, null=True, blank=True)
    data = models.JSONField(null=True, blank=True)

    class Meta:
        unique_together = [("a", "c")]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="plain", violation_error_code="pl"),
            models.UniqueConstraint(
                fields=["c"],
                condition=Q(b__gt=5) & ~Q(kind=None),
                name="some",
                violation_error_message="only one above five",
            ),
            models.UniqueConstraint(fn.Lower("c"), F("b") + 1, name="lowered"),
            models.UniqueConstraint(
                fn.Upper("c"), name="shouted", condition=Q(a__in=[7, 8]) | Q(c__startswith="z")
            ),
            models.CheckConstraint(condition=Q(a__gt=0), name="above", violation_error_code="ab"),
            models.CheckConstraint(condition=Q(b__isnull=True) | Q(b__gte=F("a") - 3), name="near"),
            models.CheckConstraint(condition=Q(c__in=["c", "C", "x", "X", *TWO]), name="among"),
            models.CheckConstraint(condition=~(Q(a=9) & Q(c="x")), name="not_both"),
            models.CheckConstraint(
                condition=models.lookups.GreaterThan(fn.Length("c"), 0), name="some_text"
            ),
            models.CheckConstraint(condition=Q(kind__gt=0) | Q(kind=None), name="kinds"),
        ]


class Dated(models.Model):
    name = models.CharField(max_length=9, unique_for_date="day")
    title = models.CharField(max_length=9, unique_for_month="day", blank=True)
    slug = models.CharField(max_length=9, unique_for_year="day", blank=True)
    day = models.DateField(null=True, blank=True)


TABLES = [Kind, Ruled, Dated]


def fill() -> None:
    Kind.objects.create(pk=1, name="k")
    Ruled.objects.create(pk=1, a=1, b=1, c="c")
    Ruled.objects.create(pk=2, a=2, b=9, c="x", kind_id=1)
    Ruled.objects.create(pk=3, a=7, b=None, c="zz")
    Dated.objects.create(name="n", title="t", slug="s", day=datetime.date(2020, 2, 3))


def errors(row: Any, exclude: Any = None, **how: Any) -> Any:
    try:
        row.full_clean(exclude=exclude, **how)
    except Exception as error:
        if not hasattr(error, "error_dict"):
            return type(error).__name__
        return {
            key: sorted(f"{one.code}: {' '.join(one.messages)}" for one in found)
            for key, found in sorted(error.error_dict.items())
        }
    return "fine"


def case_rows(show: Any) -> None:
    for a in (0, 1, 2, 7, 9, None):
        for b in (None, 1, 8, 9, -5):
            for c in ("c", "C", "x", "zz", "ZZ", "q", ""):
                for kind in (None, 1) if b else (None,):  # Django 5.2 differs for NULL
                    row = Ruled(a=a, b=b, c=c, kind_id=kind)
                    show(f"{a} {b} {c} {kind}", errors(row))
    for pk in (1, 2, 3):
        row = Ruled.objects.get(pk=pk)
        show(errors(row))
        row.b, row.c = 9, "X"
        show(errors(row), errors(row, exclude=["c"]), errors(row, exclude=["b", "a"]))
        show(errors(row, validate_constraints=False), errors(row, validate_unique=False))
    show(errors(Ruled(a=1, b=F("a"), c="c")), errors(Ruled(a=5, b=5, c=fn.Upper(F("c")))))


def case_each_constraint(show: Any) -> None:
    for constraint in Ruled._meta.constraints:
        for row in (
            Ruled(a=1, b=1, c="c"),
            Ruled(a=-1, b=9, c="X", kind_id=1),
            Ruled(a=8, b=None, c="ZZ"),
            Ruled(pk=2, a=9, b=9, c="x", kind_id=1),
        ):
            for exclude in (None, {"a"}, {"b"}, {"c"}, {"kind"}, {"a", "b", "c", "kind"}):
                show.of(lambda n=constraint, r=row, e=exclude: n.validate(Ruled, r, exclude=e))
        show(constraint.violation_error_code, str(constraint.violation_error_message))
        show(constraint == constraint.clone(), sorted(constraint.deconstruct()[2]))
    show(len(Ruled._meta.total_unique_constraints), Ruled._meta.get_field("a").unique)


def case_unique_for(show: Any) -> None:
    for day in (
        datetime.date(2020, 2, 3),
        datetime.date(2020, 2, 4),
        datetime.date(2020, 3, 3),
        datetime.date(2021, 2, 3),
        None,
    ):
        show(errors(Dated(name="n", title="t", slug="s", day=day)))
        show(errors(Dated(name="n", title="t", slug="s", day=day), exclude=["day"]))
    show(errors(Dated.objects.get()), Dated._meta.get_field("name").unique_for_date)


def case_expressions_checked(show: Any) -> None:
    values = {F("a"): models.Value(3), F("c"): models.Value("x")}
    for condition in (
        Q(a=3),
        Q(a__gt=2, c="x"),
        Q(a__lt=2) | Q(c__in=["x", "y"]),
        ~Q(a=3),
        Q(),
        Q(a__gt=F("a")),
        Q(a=3) ^ Q(c="x"),
        Q(models.lookups.Exact(F("a") + 1, 4)),
    ):
        show.of(
            lambda q=condition: q.check({"a": 3, "c": "x"}),
            lambda q=condition: q.check({"a": 4, "c": "y"}),
            lambda q=condition: q.replace_expressions(values) == q,
            lambda q=condition: sorted(q.referenced_base_fields),
            lambda q=condition: sorted(map(str, q.flatten()))[:0],
            lambda q=condition: Ruled.objects.filter(q.replace_expressions(values)).count(),
        )
    show.of(lambda: Q(nope=1).check({"a": 1}), lambda: Q(a=1).check({}))
