"""Answers that once differed from Django's."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError, ValidationError
from fastjango.orm import connection, models
from fastjango.orm.migrations.checksum import checksum
from fastjango.orm.migrations.fitness import advance
from fastjango.orm.migrations.migration import Migration
from fastjango.orm.migrations.state import ProjectState
from fastjango.orm.models import Count, F, Q, Sum, Window
from fastjango.orm.models.functions import Lower
from fastjango.orm.query.expressions import RawSQL

UTC = datetime.UTC


class DShop(models.Model):
    name = models.CharField(max_length=30)
    opened = models.DateTimeField()

    class Meta:
        app_label = "orm"


class DBook(models.Model):
    name = models.CharField(max_length=30)
    shops = models.ManyToManyField(DShop, related_name="books")

    class Meta:
        app_label = "orm"
        constraints = [models.UniqueConstraint(Lower("name"), name="d_lower")]


class DUser(models.Model):
    pk = models.CompositePrimaryKey("tenant", "id")
    tenant = models.IntegerField()
    id = models.IntegerField()

    class Meta:
        app_label = "orm"


class DNote(models.Model):
    pk = models.CompositePrimaryKey("tenant", "id")
    tenant = models.IntegerField()
    id = models.IntegerField()
    user_id = models.IntegerField(null=True)
    user: Any = models.ForeignObject(
        DUser,
        models.CASCADE,
        from_fields=("tenant", "user_id"),
        to_fields=("tenant", "id"),
        related_name="notes",
        null=True,
    )

    class Meta:
        app_label = "orm"


class DAged(models.Model):
    name = models.CharField(max_length=30)
    loaded: Any = ()

    class Meta:
        app_label = "orm"

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:  # as before Django 6.1
        made: Any = super().from_db(db, field_names, values)
        made.loaded = tuple(values)
        return made


class DLooking(DBook):
    class Meta:
        app_label = "orm"
        proxy = True
        select_on_save = True


class Refusing:
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            raise AttributeError("Of instances only")
        return 1


class DAbstract(models.Model):
    refusing = Refusing()
    things = models.Manager()

    class Meta:
        app_label = "orm"
        abstract = True


class Told(models.DateTimeField):
    """A field whose value is read back from the database."""

    db_returning = True


class DTold(models.Model):
    at: Any = Told(primary_key=True)
    took: Any = models.DurationField(null=True)

    class Meta:
        app_label = "orm"


MODELS = (DShop, DBook, DUser, DNote, DAged, DTold)


def test_grouping_by_a_transform_beside_a_field(tables: None) -> None:
    shop = DShop.objects.create(name="a", opened=datetime.datetime(2020, 1, 2, 12, tzinfo=UTC))
    shop.books.add(DBook.objects.create(name="b"))
    day = datetime.date(2020, 1, 2)
    rows = DShop.objects.values("opened__date", "name").annotate(Count("books")).order_by("name")
    assert list(rows) == [{"opened__date": day, "name": "a", "books__count": 1}]
    pairs = DShop.objects.values_list("name", "opened__date").annotate(n=Count("books"))
    assert list(pairs) == [("a", day, 1)]


def test_a_unique_expression_is_validated_for_each_instance(tables: None) -> None:
    constraint = DBook._meta.constraints[0]
    book = DBook.objects.create(name="Ab")
    for _ in range(2):
        constraint.validate(DBook, book)
        with pytest.raises(ValidationError):
            constraint.validate(DBook, DBook(name="AB"))
        constraint.validate(DBook, DBook(name="other"))


def test_objects_with_composite_keys_by_what_points_to_them(tables: None) -> None:
    users = [DUser.objects.create(tenant=1, id=number) for number in (1, 2)]
    notes = [DNote.objects.create(tenant=1, id=n, user_id=n) for n in (1, 2)]
    for _ in range(2):  # the second time from a plan, if there is one
        for user, note in zip(users, notes, strict=True):
            assert list(DUser.objects.filter(notes=note)) == [user]
            assert list(DUser.objects.filter(notes__in=[note])) == [user]
            assert list(DNote.objects.filter(user=user)) == [note]
            assert list(DNote.objects.filter(user__in=[user])) == [note]
        assert list(DUser.objects.filter(notes__gt=notes[0])) == users[1:]
        assert [(row["pk"], row["n"]) for row in counted()] == [((1, 1), 1), ((1, 2), 1)]


def counted() -> Any:
    return DUser.objects.values("pk").annotate(n=Count("notes__id")).order_by("pk")


async def test_an_older_from_db_is_called_without_a_fetch_mode(tables: None) -> None:
    made = await DAged.objects.acreate(name="a")
    for _ in range(2):
        found: Any = await DAged.objects.aget(pk=made.pk)
        assert found.loaded == (made.pk, "a")
        assert found._state.fetch_mode is models.FETCH_PEERS
    (raw,) = [row async for row in DAged.objects.raw("SELECT id, name FROM orm_daged")]
    assert raw.loaded == (made.pk, "a")


def test_a_proxy_may_look_before_it_saves(tables: None) -> None:
    book = DLooking.objects.create(name="b")
    plain = DBook.objects.get(pk=book.pk)
    assert verbs_of(book.save) == ["SELECT", "UPDATE"]
    assert verbs_of(lambda: book.save(force_update=True)) == ["UPDATE"]
    assert verbs_of(plain.save) == ["UPDATE"]


def verbs_of(call: Callable[[], object]) -> list[str]:
    """The first words of the statements that a call runs."""
    verbs: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        verbs.append(sql.split()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        call()
    return verbs


def test_errors_of_descriptors_reach_those_who_ask_the_class() -> None:
    with pytest.raises(AttributeError, match=r"^Of instances only$"):
        DAbstract.refusing  # noqa: B018
    with pytest.raises(AttributeError, match=r"Manager isn't available; DAbstract is abstract"):
        DAbstract.things  # noqa: B018
    with pytest.raises(AttributeError, match="type object 'DAbstract' has no attribute 'other'"):
        DAbstract.other  # type: ignore[attr-defined]  # noqa: B018


def test_what_a_field_wants_back_from_an_insert_is_read(tables: None) -> None:
    made: Any = DTold.objects.create(at="2025-01-01 00:00Z")
    assert made.at == datetime.datetime(2025, 1, 1, tzinfo=UTC)


def test_an_operation_needs_no_base_class() -> None:
    class Duck:
        atomic = elidable = False
        reduces_to_sql = False
        reversible = True

        def state_forwards(self, app_label: str, state: ProjectState) -> None:
            state.seen = app_label  # type: ignore[attr-defined]

        def database_forwards(self, *args: Any) -> None: ...

        def describe(self) -> str:
            return "Quack"

    class Ducks(Migration):
        operations = [Duck()]  # type: ignore[list-item]

    state: Any = ProjectState()
    advance(Ducks("0001_ducks", "pond"), 0, state)
    assert state.seen == "pond"
    assert checksum(Ducks("0001_ducks", "pond")) == checksum(Ducks("0002_more", "pond"))


@contextmanager
def recorded() -> Generator[list[str]]:
    """The statements that are executed meanwhile."""
    found: list[str] = []

    def record(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield found


def test_prefetching_by_several_columns_asks_for_their_values(tables: None) -> None:
    ann, bob = (DUser.objects.create(tenant=1, id=number) for number in (1, 2))
    for number, user in enumerate((ann, bob, None)):
        DNote.objects.create(tenant=1, id=number, user_id=user and user.id)
    with recorded() as queries:
        found = list(DNote.objects.prefetch_related("user").order_by("id"))
    assert [note.user for note in found] == [ann, bob, None]
    where = queries[1].partition("WHERE")[2]
    assert '"orm_duser"."tenant"' in where
    assert '"orm_dnote"' not in where
    with recorded() as queries:
        assert DNote.objects.prefetch_related("user").get(id=2).user is None
    assert len(queries) == 1


def test_options_changed_later_are_seen(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b", "a", "c"):
        DUser.objects.create(tenant=ord(name), id=1)

    def names() -> list[str]:
        return [chr(user.tenant) for user in DUser.objects.all()]

    for _ in range(3):
        assert sorted(names()) == ["a", "b", "c"]
    monkeypatch.setattr(DUser._meta, "ordering", ["tenant"])
    assert names() == ["a", "b", "c"]
    monkeypatch.setattr(DUser._meta, "ordering", ["-tenant"])
    assert names() == ["c", "b", "a"]


def test_saving_an_instance_as_a_plain_value_is_refused_by_name(tables: None) -> None:
    shop = DShop.objects.create(name="a", opened=datetime.datetime(2020, 1, 2, tzinfo=UTC))
    shop.save()
    shop.opened = shop
    with pytest.raises(TypeError, match=r"Tried to update field orm\.DShop\.opened with a model"):
        shop.save()


def test_values_beside_sql_of_ones_own_are_adapted_to_the_database(tables: None) -> None:
    half, two = Decimal("0.5"), Decimal(2)
    DUser.objects.create(tenant=1, id=2)
    for value in (half, two):
        rows: Any = DUser.objects.extra(where=["tenant > %s"], params=[value])
        assert rows.count() == (value is half)
        assert rows.filter(id=2).exists() is (value is half)
        assert rows.update(id=2) == (value is half)
        sums = DUser.objects.annotate(s=RawSQL("tenant + %s", [value])).values_list("s", flat=True)
        assert list(sums) == [1 + value]
        chosen: Any = DUser.objects.extra(select={"s": "tenant + %s"}, select_params=[value])
        assert chosen.get().s == 1 + value
    at = datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    DShop.objects.create(name="a", opened=at)
    later: Any = DShop.objects.extra(where=["opened = %s"], params=[at])
    assert later.count() == 1


def test_values_of_a_wrong_kind_are_refused_by_name(tables: None) -> None:
    with pytest.raises(TypeError, match=r"Field 'took' expected a datetime\.timedelta but got '1'"):
        DTold.objects.filter(took="1").exists()
    nameless: Any = Lower("name")
    with pytest.raises(TypeError, match="named by a string, not by Lower"):
        DBook.objects.values(nameless)
    for value in range(4):
        late = Window(Sum("id", filter=Q(name=f"{value}")))
        with pytest.raises(FieldError, match="Window expressions are not allowed") as caught:
            DBook.objects.annotate(late=late).update(id=F("late"))
        assert "object at" not in str(caught.value)
