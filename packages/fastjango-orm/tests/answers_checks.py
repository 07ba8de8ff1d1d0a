"""Wrong models and what the checks say of them (see `test_django_answers.py`)."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from side import functions as fn  # type: ignore
from side import models  # type: ignore

numbers = itertools.count()
Q, F = models.Q, models.F
CASCADE = models.CASCADE


class Plain(models.Model):
    name = models.CharField(max_length=10)


class Other(models.Model):
    code = models.CharField(max_length=10, unique=True)
    a = models.IntegerField()
    b = models.IntegerField()

    class Meta:
        unique_together = [("a", "b")]


class Pair(models.Model):
    pk = models.CompositePrimaryKey("a", "b")
    a = models.IntegerField()
    b = models.IntegerField()


class Abstract(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        abstract = True


class Through(models.Model):
    plain = models.ForeignKey(Plain, CASCADE, related_name="+")
    other = models.ForeignKey(Other, CASCADE, related_name="+")
    third = models.ForeignKey(Plain, CASCADE, related_name="+")


def made(bases: Any = None, meta: dict[str, Any] | None = None, **attributes: Any) -> Any:
    number = next(numbers)
    label = attributes.pop("called", f"Made{number}")
    inner = type("Meta", (), {"app_label": "page", "db_table": f"t{number}", **(meta or {})})
    return type(
        label, bases or (models.Model,), {"__module__": __name__, "Meta": inner, **attributes}
    )


def hours_away() -> datetime.time:
    """A time of day that nobody takes for now; a constant is now once a day."""
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=6)).time()


def ids(*args: Any, **kwargs: Any) -> Any:
    model = made(*args, **kwargs)
    found = sorted(error.id for error in model.check(databases=["default"]))
    return found or "no errors"


def one(field: Any) -> Any:
    return ids(f=field)


def case_fields(show: Any) -> None:
    show.of(
        lambda: one(models.CharField()),
        lambda: one(models.CharField(max_length=0)),
        lambda: one(models.CharField(max_length="x")),
        lambda: one(models.CharField(max_length=True)),
        lambda: one(models.CharField(max_length=5, choices=5)),
        lambda: one(models.CharField(max_length=5, choices=[5])),
        lambda: one(models.CharField(max_length=5, choices=["ab"])),
        lambda: one(models.CharField(max_length=5, choices=[("a", "b", "c")])),
        lambda: one(models.CharField(max_length=2, choices=[("abc", "x")])),
        lambda: one(models.CharField(max_length=2, choices=[("g", [("abc", "x")])])),
        lambda: one(models.CharField(max_length=2, choices=[(object(), "x")])),
        lambda: one(models.CharField(max_length=5, db_index="x")),
        lambda: one(models.CharField(max_length=5, validators=[1])),
        lambda: one(models.CharField(max_length=5, db_collation="nope")),
        lambda: one(models.CharField(max_length=5, db_default=F("x"))),
        lambda: one(models.CharField(max_length=5, db_default="x", default="y")),
        lambda: one(models.CharField(max_length=5, db_default=fn.Lower(models.Value("X")))),
        lambda: one(models.CharField(max_length=5, primary_key=True, null=True)),
        lambda: one(models.IntegerField(max_length=5)),
        lambda: one(models.IntegerField(db_default=fn.Length("x"))),
        lambda: one(models.BooleanField(null=True)),
        lambda: one(models.NullBooleanField()),
        lambda: one(models.IPAddressField()),
        lambda: one(models.CommaSeparatedIntegerField(max_length=5)),
        lambda: one(models.DecimalField(max_digits=-1, decimal_places=-1)),
        lambda: one(models.DecimalField(max_digits="x", decimal_places="y")),
        lambda: one(models.DecimalField(max_digits=2, decimal_places=5)),
        lambda: one(models.DateField(auto_now=True, auto_now_add=True)),
        lambda: one(models.DateField(auto_now=True, default=1)),
        lambda: one(models.DateTimeField(default=datetime.datetime(2020, 1, 1))),
        lambda: one(models.DateField(default=datetime.date.today())),
        lambda: one(models.TimeField(default=hours_away())),
        lambda: one(models.FilePathField(path="/", allow_files=False, allow_folders=False)),
        lambda: one(models.FileField(primary_key=True, upload_to="x")),
        lambda: one(models.FileField(upload_to="/x")),
        lambda: one(models.GenericIPAddressField(blank=True)),
        lambda: one(models.GenericIPAddressField(protocol="x")),
        lambda: one(models.BinaryField(default="x")),
        lambda: one(models.BinaryField(default=b"x")),
        lambda: one(models.JSONField(default={})),
        lambda: one(models.JSONField(default=dict)),
        lambda: one(models.JSONField(db_default={})),
        lambda: one(models.AutoField()),
        lambda: one(models.AutoField(primary_key=True)),
        lambda: one(models.TextField(db_index=True)),
        lambda: one(models.TextField(unique=True, db_comment="x")),
        lambda: one(models.DurationField()),
        lambda: one(models.UUIDField(choices=[])),
        lambda: one(models.EmailField(max_length=5, default="x")),
        lambda: one(
            models.GeneratedField(
                expression=F("id"), output_field=models.IntegerField(), db_persist=True
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("f"), output_field=models.IntegerField(), db_persist=True
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("id"), output_field=models.CharField(), db_persist=False
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("id"), output_field=models.IntegerField(db_default=1), db_persist=False
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("id"), output_field=models.IntegerField(), db_persist=True, default=1
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("id"),
                output_field=models.IntegerField(),
                db_persist=True,
                editable=True,
            )
        ),
        lambda: one(
            models.GeneratedField(
                expression=F("id"), output_field=models.IntegerField(), db_persist=True, blank=False
            )
        ),
        lambda: ids(f_=models.IntegerField()),
        lambda: ids(f__x=models.IntegerField()),
        lambda: ids(pk=models.IntegerField()),
        lambda: ids(check=models.IntegerField()),
        lambda: ids(id=models.IntegerField()),
        lambda: ids(a=models.IntegerField(), b=models.IntegerField(db_column="a")),
        lambda: ids(
            a=models.IntegerField(primary_key=True), b=models.IntegerField(primary_key=True)
        ),
        lambda: ids(called="_Made"),
        lambda: ids(called="Made_"),
        lambda: ids(called="Ma__de"),
        lambda: ids((Plain,), name=models.CharField(max_length=5)),
        lambda: ids((Plain,), id=models.IntegerField()),
        lambda: ids((Plain, Other)),
        lambda: ids((Plain,), {"proxy": True}, x=models.IntegerField()),
        lambda: ids((Abstract,), name=models.IntegerField()),
        lambda: ids((Abstract,), name=None),
        lambda: ids((Abstract, Plain)),
        lambda: ids((Plain,), plain_ptr=models.IntegerField()),
        lambda: ids((Plain,), plain=models.OneToOneField(Plain, CASCADE)),
        lambda: ids((Plain,), {"proxy": True, "abstract": True}),
        lambda: made((models.Model,), {"proxy": True}),
        lambda: made((), {"nope": 1}),
        lambda: made((), {"app_label": "page", "ordering": ["a"], "order_with_respect_to": "a"}),
        lambda: made((), {"order_with_respect_to": "a"}),
    )


def case_relations(show: Any) -> None:
    FK, M2M, O2O = models.ForeignKey, models.ManyToManyField, models.OneToOneField
    show.of(
        lambda: FK(),
        lambda: FK(Plain),
        lambda: FK(Plain, "x"),
        lambda: FK(5, CASCADE),
        lambda: FK(Abstract, CASCADE),
        lambda: FK("x.y.z", CASCADE),
        lambda: one(FK("nope.Nope", CASCADE)),
        lambda: one(FK("Nope", CASCADE)),
        lambda: one(FK(Abstract, CASCADE)),
        lambda: one(FK(Plain, CASCADE, to_field="nope")),
        lambda: one(FK(Plain, CASCADE, to_field="name")),
        lambda: one(FK(Other, CASCADE, to_field="code", related_name="+")),
        lambda: one(FK(Other, CASCADE, to_field="a", related_name="+")),
        lambda: one(FK(Plain, models.SET_NULL, related_name="+")),
        lambda: one(FK(Plain, models.SET_DEFAULT, related_name="+")),
        lambda: one(FK(Plain, CASCADE, unique=True, related_name="+")),
        lambda: one(FK(Plain, CASCADE, related_name="x y")),
        lambda: one(FK(Plain, CASCADE, related_name="x_")),
        lambda: one(FK(Plain, CASCADE, related_name="x__y")),
        lambda: one(FK(Plain, CASCADE, related_query_name="x_")),
        lambda: one(FK(Plain, CASCADE, related_query_name="x__y")),
        lambda: one(FK(Plain, CASCADE, related_name=5)),
        lambda: one(FK(Plain, CASCADE, related_name="class")),
        lambda: one(FK(Plain, CASCADE, related_name="name")),
        lambda: one(FK(Pair, CASCADE, related_name="+")),
        lambda: ids(a=FK(Plain, CASCADE), b=FK(Plain, CASCADE)),
        lambda: ids(a=FK(Plain, CASCADE, related_name="q"), b=FK(Plain, CASCADE, related_name="q")),
        lambda: ids(a=FK(Plain, CASCADE, related_name="+"), a_id=models.IntegerField()),
        lambda: ids(a=FK("self", CASCADE), b=FK("self", CASCADE)),
        lambda: ids(a=FK("self", CASCADE, related_name="a")),
        lambda: one(O2O(Plain, CASCADE, related_name="+")),
        lambda: one(M2M(Plain, related_name="+")),
        lambda: one(M2M(Plain, null=True, related_name="+")),
        lambda: one(M2M(Plain, unique=True, related_name="+")),
        lambda: one(M2M(Plain, validators=[1], related_name="+")),
        lambda: one(M2M(Plain, db_comment="x", related_name="+")),
        lambda: one(M2M(Plain, limit_choices_to={"x": 1}, through=Through, related_name="+")),
        lambda: one(M2M("Nope")),
        lambda: one(M2M(Plain, through="Nope", related_name="+")),
        lambda: one(M2M(Plain, through=Through, related_name="+")),
        lambda: one(M2M(Plain, through=Through, through_fields=("plain",), related_name="+")),
        lambda: one(
            M2M(Plain, through=Through, through_fields=("nope", "plain"), related_name="+")
        ),
        lambda: one(M2M(Plain, through=Through, through_fields=("id", "plain"), related_name="+")),
        lambda: M2M(Plain, through_fields=("a", "b")),
        lambda: M2M(Plain, through=Through, db_table="x"),
        lambda: M2M(Plain, through=Through, db_constraint=False),
        lambda: M2M(5),
        lambda: M2M(Abstract),
        lambda: one(M2M(Abstract)),
        lambda: one(M2M("self", symmetrical=True, related_name="x")),
        lambda: one(M2M("self", db_table="t_same")),
        lambda: ids(
            a=M2M(Plain, related_name="+", db_table="dup"),
            b=M2M(Other, related_name="+", db_table="dup"),
        ),
        lambda: one(M2M(Pair, related_name="+")),
        lambda: one(models.ForeignObject(Other, CASCADE, ["x"], ["a"], related_name="+")),
        lambda: ids(
            x=models.IntegerField(),
            y=models.IntegerField(),
            f=models.ForeignObject(Other, CASCADE, ["x", "y"], ["a", "b"], related_name="+"),
        ),
        lambda: ids(
            x=models.IntegerField(),
            f=models.ForeignObject(Other, CASCADE, ["x"], ["a"], related_name="+"),
        ),
    )


def case_meta(show: Any) -> None:
    def with_meta(**meta: Any) -> Any:
        return ids(
            None,
            meta,
            a=models.IntegerField(),
            c=models.CharField(max_length=9),
            f=models.ForeignKey(Plain, CASCADE, related_name="+"),
            m=models.ManyToManyField(Plain, related_name="+"),
            j=models.JSONField(default=dict),
        )

    Index, Unique, Check = models.Index, models.UniqueConstraint, models.CheckConstraint
    show.of(
        lambda: with_meta(ordering="a"),
        lambda: with_meta(ordering=["a", "-c", "?", "pk", "f", "f__name", "-f__pk", F("a")]),
        lambda: with_meta(ordering=["nope"]),
        lambda: with_meta(ordering=["-nope", "f__nope", "f__name__nope", "c__lower", "j__x"]),
        lambda: with_meta(ordering=["m", "id", "a__b", "j__x__y"]),
        lambda: with_meta(ordering=[F("nope").asc(), fn.Lower("c")]),
        lambda: with_meta(unique_together="a"),
        lambda: with_meta(unique_together=5),
        lambda: with_meta(unique_together=["a", "c"]),
        lambda: with_meta(unique_together=[("a", "nope")]),
        lambda: with_meta(unique_together=[("a", "m")]),
        lambda: with_meta(unique_together=[("a", 5)]),
        lambda: with_meta(unique_together=[("a", "c"), "x"]),
        lambda: with_meta(indexes=[Index(fields=["a"], name="ok")]),
        lambda: with_meta(indexes=[Index(fields=["nope"], name="i1")]),
        lambda: with_meta(indexes=[Index(fields=["m"], name="i2")]),
        lambda: with_meta(indexes=[Index(fields=["a"], name="i3", include=["nope"])]),
        lambda: with_meta(indexes=[Index(fields=["a"], name="i4", condition=Q(nope=1))]),
        lambda: with_meta(indexes=[Index(fn.Lower("nope"), name="i5")]),
        lambda: with_meta(indexes=[Index(fields=["a"], name="_i6")]),
        lambda: with_meta(indexes=[Index(fields=["a"], name="6i")]),
        lambda: with_meta(indexes=[Index(fields=["a"])]),
        lambda: Index(),
        lambda: Index(fields="a"),
        lambda: Index(fields=[5], name="x"),
        lambda: Index("a", fields=["a"], name="x"),
        lambda: Index(fn.Lower("a")),
        lambda: Index(fields=["a"], name="x" * 40),
        lambda: Index(fields=["a"], name="x", opclasses=["a", "b"]),
        lambda: Index(fields=["a"], opclasses=["a"]),
        lambda: Index(fields=["a"], condition=Q(a=1)),
        lambda: Index(fields=["a"], name="x", condition=5),
        lambda: Index(fields=["a"], include=["b"]),
        lambda: Index(fields=["a"], name="x", include="b"),
        lambda: with_meta(constraints=[Unique(fields=["a"], name="u0")]),
        lambda: with_meta(constraints=[Unique(fields=["nope"], name="u1")]),
        lambda: with_meta(constraints=[Unique(fields=["m"], name="u2")]),
        lambda: with_meta(constraints=[Unique(fields=["a"], name="u3", condition=Q(nope=1))]),
        lambda: with_meta(constraints=[Unique(fields=["a"], name="u4", condition=Q(f__name=1))]),
        lambda: with_meta(constraints=[Unique(fields=["a"], name="u5", include=["c"])]),
        lambda: with_meta(
            constraints=[Unique(fields=["a"], name="u6", deferrable=models.Deferrable.DEFERRED)]
        ),
        lambda: with_meta(constraints=[Unique(fields=["a"], name="u7", nulls_distinct=False)]),
        lambda: with_meta(constraints=[Unique(fn.Lower("nope"), name="u8")]),
        lambda: with_meta(constraints=[Unique(fn.Lower("f__name"), name="u9")]),
        lambda: with_meta(constraints=[Check(condition=Q(a__gt=1), name="c0")]),
        lambda: with_meta(constraints=[Check(condition=Q(nope=1), name="c1")]),
        lambda: with_meta(constraints=[Check(condition=Q(f__name=1), name="c2")]),
        lambda: with_meta(constraints=[Check(condition=Q(m=1), name="c3")]),
        lambda: with_meta(constraints=[Check(condition=Q(a__gt=F("nope")), name="c4")]),
        lambda: with_meta(
            constraints=[Check(condition=Q(models.expressions.RawSQL("1", [])), name="c5")]
        ),
        lambda: with_meta(constraints=[Check(condition=Q(j__x=1), name="c6")]),
        lambda: with_meta(constraints=[Check(condition=Q(f=1) | Q(pk=2), name="c7")]),
        lambda: Check(condition=5, name="x"),
        lambda: Unique("a", fields=["a"], name="x"),
        lambda: Unique(fields=["a"], name="x", condition=5),
        lambda: Unique(
            fields=["a"], name="x", condition=Q(a=1), deferrable=models.Deferrable.DEFERRED
        ),
        lambda: Unique(fields=["a"], name="x", deferrable=5),
        lambda: Unique(fields=["a"], name="x", include="c"),
        lambda: Unique(fields=["a"], name="x", opclasses="c"),
        lambda: Unique(fields=["a"], name="x", opclasses=["c", "d"]),
        lambda: Unique(fields=["a"], name="x", nulls_distinct="c"),
        lambda: Unique(fn.Lower("a"), name="x", deferrable=models.Deferrable.DEFERRED),
        lambda: Unique(fn.Lower("a"), name="x", opclasses=["x"]),
        lambda: with_meta(db_table_comment="x"),
        lambda: with_meta(swappable="NOPE_MODEL"),
        lambda: with_meta(managed=False),
        lambda: with_meta(default_related_name="x_"),
        lambda: with_meta(get_latest_by="nope"),
        lambda: with_meta(required_db_vendor="postgresql"),
        lambda: with_meta(required_db_features=["nope"]),
        lambda: with_meta(base_manager_name="nope"),
        lambda: with_meta(default_manager_name="nope"),
    )
    for pair in (Index, Unique):
        a, b = pair(fields=["a"], name="x"), pair(fields=["a"], name="x")
        show(a == b, a == pair(fields=["b"], name="x"), a == 5, a.clone() == a)
        show(sorted(a.deconstruct()[2]), repr(a), repr(pair(fn.Lower("a"), name="y")))
        show(repr(pair(fields=["a"], name="x", condition=Q(a=1), include=["b"])))
    check = Check(condition=Q(a=1), name="x", violation_error_message="m", violation_error_code="c")
    show(check == check.clone(), repr(check), check.get_violation_error_message())
    show(sorted(check.deconstruct()[2]), check == Check(condition=Q(a=2), name="x"))


def case_composite(show: Any) -> None:
    C = models.CompositePrimaryKey
    integer = models.IntegerField
    show.of(
        lambda: ids(pk=C("a", "b"), a=integer(), b=integer()),
        lambda: ids(pk=C("a", "nope"), a=integer()),
        lambda: ids(pk=C("a", "b"), a=integer(null=True), b=integer()),
        lambda: ids(pk=C("a", "b"), a=integer(), b=integer(db_column="a")),
        lambda: ids(pk=C("a", "m"), a=integer(), m=models.ManyToManyField(Plain, related_name="+")),
        lambda: ids(pk=C("a", "b"), a=integer(primary_key=True), b=integer()),
        lambda: ids((Plain,), pk=C("a", "name"), a=integer()),
        lambda: ids(
            pk=C("a", "g"),
            a=integer(),
            g=models.GeneratedField(expression=F("a"), output_field=integer(), db_persist=False),
        ),
        lambda: ids(other=C("a", "b"), a=integer(), b=integer()),
        lambda: C("a"),
        lambda: C(),
        lambda: C("a", "a"),
        lambda: C("a", "b", null=True),
        lambda: C("a", "b", default=1),
        lambda: C("a", "b", db_column="x"),
        lambda: C("a", "b", editable=True),
        lambda: C("a", "b", blank=False),
        lambda: C("a", "b", primary_key=False),
    )


def case_managers(show: Any) -> None:
    show.of(
        lambda: ids(objects=models.IntegerField()),
        lambda: made(objects=models.Manager())().pk,
        lambda: made(_default_manager=models.IntegerField()),
        lambda: made((), {"default_manager_name": "nope"})._default_manager,
        lambda: made((), {"base_manager_name": "nope"})._base_manager,
        lambda: made((Abstract,)).objects.model.__name__[:4],
        lambda: Abstract.objects,
        lambda: Plain(pk=1).objects,
        lambda: made((), {"swappable": "X"}).objects is not None,
        lambda: models.Manager().deconstruct()[:1],
        lambda: models.Manager() == models.Manager(),
        lambda: str(Plain.objects),
        lambda: models.Manager.from_queryset(models.QuerySet, "Named").__name__,
        lambda: models.QuerySet.as_manager().deconstruct()[0],
    )
