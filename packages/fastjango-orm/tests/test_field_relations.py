"""Relations between models: what they say of themselves, load, prefetch and refuse."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from fastjango.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from fastjango.orm import connection, models
from fastjango.orm.fields.reverse import ManyToOneRel
from fastjango.orm.hooks import form_field

CASCADE = models.CASCADE


class TiePerson(models.Model):
    name = models.CharField(max_length=20, unique=True)
    age = models.IntegerField(default=1)
    desk = models.ReverseOne["TieDesk"]()
    letters = models.Reverse["TieLetter"]()

    class Meta:
        app_label = "orm"

    def __str__(self) -> str:
        return str(self.name)


class TieDesk(models.Model):
    person = models.OneToOneField(TiePerson, CASCADE, null=True, related_name="desk")

    class Meta:
        app_label = "orm"
        ordering = ("-pk",)


class TieBook(models.Model):
    author = models.ForeignKey(
        TiePerson, CASCADE, related_name="books", limit_choices_to={"age__gt": 5}
    )
    editor = models.ForeignKey(
        TiePerson, CASCADE, to_field="name", null=True, related_name="edited", default=None
    )
    readers = models.ManyToManyField(TiePerson, related_name="read")

    class Meta:
        app_label = "orm"


class TieSpot(models.Model):
    x = models.IntegerField()
    y = models.IntegerField()

    class Meta:
        app_label = "orm"
        unique_together = (("x", "y"),)


class TiePin(models.Model):
    at_x = models.IntegerField(null=True)
    at_y = models.IntegerField(null=True)
    spot = models.ForeignObject(
        TieSpot, CASCADE, ["at_x", "at_y"], ["x", "y"], related_name="pins", null=True
    )

    class Meta:
        app_label = "orm"


class TieBoss(TiePerson):
    title = models.CharField(max_length=5, default="")

    class Meta:
        app_label = "orm"


MODELS = (TiePerson, TieBoss, TieDesk, TieBook, TieSpot, TiePin)


def field(model: Any, name: str) -> Any:
    return model._meta.get_field(name)


# What relations say of themselves


def test_the_reverse_side_describes_itself() -> None:
    author = field(TieBook, "author")
    books = field(TiePerson, "books")
    assert isinstance(books, ManyToOneRel)
    assert (books.name, books.accessor_name, books.hidden) == ("books", "books", False)
    assert (books.model, books.related_model, books.remote_field) == (TiePerson, TieBook, author)
    assert (books.one_to_many, books.many_to_one) == (True, False)
    assert (books.one_to_one, books.many_to_many) == (False, False)
    assert books.target_field == field(TieBook, "id")
    assert books.get_related_field() == field(TiePerson, "id")
    assert books.get_lookup("exact") is author.get_lookup("exact")
    assert books.get_lookups() == author.get_lookups()
    assert books.get_transform("nope") is None
    assert books.get_internal_type() == "ForeignKey"
    assert books.db_type(connection) == author.db_type(connection)
    assert books.get_joining_fields() == ((field(TiePerson, "id"), author),)
    assert books.get_extra_restriction("a", "b") is None
    assert repr(books) == "<ManyToOneRel: orm.tiebook>"
    assert books == author.remote_field
    assert books != field(TiePerson, "edited")
    assert books != 1
    assert {books: 1}[author.remote_field] == 1
    desk = field(TiePerson, "desk")
    assert (desk.one_to_one, desk.multiple, desk.cache_name) == (True, False, "desk")
    assert [hop.to_opts.model for hop in books.get_path_info()] == [TieBook]
    restriction = models.FilteredRelation("books")
    assert books.get_path_info(restriction)[0].filtered_relation is restriction
    assert "path_infos" not in books.__getstate__()
    assert "related_model" not in books.__getstate__()


def test_a_relation_over_a_join_table_has_no_column() -> None:
    many = field(TieBook, "readers")
    assert (many.concrete, many.column, many.attname) == (False, None, "readers")
    assert many not in TieBook._meta.concrete_fields
    with pytest.raises(ValueError, match="only be used with concrete fields"):
        TieBook.objects.bulk_update([TieBook(pk=1)], ["readers"])


def test_a_relation_without_models_cannot_answer() -> None:
    loose = models.ForeignKey("orm.Nowhere", CASCADE)
    loose.model = None
    with pytest.raises(AttributeError, match="can't be accessed before"):
        _ = loose.remote_field.related_model
    rel = ManyToOneRel(loose, TieBook, "readers")
    with pytest.raises(FieldDoesNotExist, match="No related field named 'readers'"):
        rel.get_related_field()
    with pytest.raises(ValueError, match=r"Related model 'orm.Nowhere' cannot be resolved"):
        loose.resolve_related_fields()
    uneven = models.ForeignObject(TieSpot, CASCADE, ["a"], ["x", "y"])
    with pytest.raises(ValueError, match="must be the same non-zero length"):
        uneven.resolve_related_fields()


def test_a_relation_over_several_columns_has_no_single_target() -> None:
    spot = field(TiePin, "spot")
    with pytest.raises(FieldError, match="The relation has multiple target fields"):
        _ = spot.target_field
    pins = field(TieSpot, "pins")
    assert pins.target_field == field(TiePin, "id")
    assert spot.get_attname_column() == ("spot", None)
    assert spot.db_type(connection) is None
    assert [(a.name, b.name) for a, b in spot.related_fields] == [("at_x", "x"), ("at_y", "y")]
    assert [(a.name, b.name) for a, b in spot.get_reverse_joining_fields()] == [
        ("x", "at_x"),
        ("y", "at_y"),
    ]
    assert spot.get_joining_fields() == tuple(spot.related_fields)


def test_relations_write_themselves_down() -> None:
    def keywords(one: Any) -> dict[str, Any]:
        return one.deconstruct()[3]

    assert keywords(models.ForeignKey("Nowhere", CASCADE))["to"] == "nowhere"
    assert keywords(models.ForeignKey("Orm.Nowhere", CASCADE))["to"] == "Orm.nowhere"
    assert keywords(field(TieBook, "editor"))["to_field"] == "name"
    link = field(TieBoss, "tieperson_ptr")
    assert keywords(link)["parent_link"] is True
    assert set(keywords(field(TiePin, "spot"))) == {
        "null",
        "on_delete",
        "from_fields",
        "to_fields",
        "to",
        "related_name",
    }
    through = models.ManyToManyField("orm.X", through="orm.Y", through_fields=("a", "b"))
    assert keywords(through)["through"] == "orm.Y"
    assert keywords(through)["through_fields"] == ("a", "b")
    made = models.ManyToManyField(TiePerson, through=TieDesk)
    assert keywords(made)["through"] == "orm.TieDesk"
    unchecked = models.ManyToManyField(TiePerson, db_constraint=False)
    assert keywords(unchecked)["db_constraint"] is False
    assert "on_delete" in models.ForeignKey("orm.X", CASCADE).non_db_attrs
    assert "on_delete" not in models.ForeignKey("orm.X", models.DB_CASCADE).non_db_attrs
    copied = copy.copy(field(TiePin, "spot"))
    _ = field(TiePin, "spot").path_infos
    assert "path_infos" not in copy.copy(field(TiePin, "spot")).__dict__
    assert copied == field(TiePin, "spot")


def test_wrong_arguments_are_refused() -> None:
    wrong = "First parameter to {} must be either a model, a model name, or the string 'self'"
    with pytest.raises(TypeError, match=wrong.format("ForeignKey")):
        models.ForeignKey(5, CASCADE)
    with pytest.raises(TypeError, match=wrong.format("ManyToManyField")):
        models.ManyToManyField(5)
    with pytest.raises(TypeError, match="on_delete must be callable"):
        models.ForeignKey(TiePerson, "CASCADE")
    for options, message in (
        ({"through": TieDesk, "db_table": "t"}, "Cannot specify a db_table if an intermediary"),
        ({"through": TieDesk, "db_constraint": False}, "Can't supply a through model and"),
        ({"through_fields": ("a", "b")}, "Cannot specify through_fields without a through model"),
    ):
        with pytest.raises(ValueError, match=message):
            models.ManyToManyField(TiePerson, **options)


def test_keys_point_into_the_table_itself() -> None:
    class TieFar(models.Model):
        boss = models.ForeignKey(TieBoss, CASCADE, to_field="name", related_name="+")

        class Meta:
            app_label = "orm"

    with pytest.raises(FieldError, match=r"'name' which is not local to model 'orm.TieBoss'"):
        field(TieFar, "boss").resolve_related_fields()


def test_keys_in_a_circle_have_no_type(define: Any) -> None:
    one = define("One", next=models.OneToOneField("orm.Two", CASCADE, primary_key=True))
    define("Two", next=models.OneToOneField("orm.One", CASCADE, primary_key=True))
    with pytest.raises(ValueError, match="Cannot resolve output_field"):
        field(one, "next").get_col("x")


def test_reverse_attributes_may_be_declared() -> None:
    assert TiePerson.desk.related is field(TiePerson, "desk"), "the relation took its place"
    assert TiePerson.letters.name == "letters"
    with pytest.raises(
        AttributeError, match=r'was declared, but no relation is called so.*"letters"'
    ):
        _ = TiePerson(name="x").letters


# Values


def test_keys_take_the_values_of_what_they_point_to(tables: None) -> None:
    author, editor = field(TieBook, "author"), field(TieBook, "editor")
    assert author.to_python("7") == 7
    assert editor.to_python(7) == "7"
    assert author.get_db_prep_save("", connection) is None
    assert author.get_db_prep_save(None, connection) is None
    assert editor.get_db_prep_save("", connection) == ""
    assert author.get_db_prep_value("7", connection) == 7
    assert editor.db_type(connection) == "varchar(20)"
    assert editor.cast_db_type(connection) == "varchar(20)"
    assert editor.db_parameters(connection) == {
        "type": "varchar(20)",
        "check": None,
        "collation": None,
    }
    ann = TiePerson.objects.create(name="Ann")

    class TieDefault(models.Model):
        person = models.ForeignKey(TiePerson, CASCADE, default=ann, related_name="+")

        class Meta:
            app_label = "orm"

    assert TieDefault().person_id == ann.pk


def test_choices_are_the_rows_of_the_other_side(tables: None) -> None:
    for name, age in (("Bob", 9), ("Ann", 8), ("Cid", 2)):
        TiePerson.objects.create(name=name, age=age)
    by_name = {person.name: person.pk for person in TiePerson.objects.all()}
    author, editor = field(TieBook, "author"), field(TieBook, "editor")
    blank = ("", models.BLANK_CHOICE_LABEL)
    found = author.get_choices(ordering=("name",))
    assert found == [blank, (by_name["Ann"], "Ann"), (by_name["Bob"], "Bob")]
    young = author.get_choices(include_blank=False, limit_choices_to={"age": 2})
    assert young == [(by_name["Cid"], "Cid")]
    assert editor.get_choices(blank_choice=[("", "?")], ordering=["name"])[:2] == [
        ("", "?"),
        ("Ann", "Ann"),
    ]
    book = TieBook.objects.create(author_id=by_name["Ann"])
    edited = field(TiePerson, "edited")
    assert edited.get_choices() == [blank, (book.pk, str(book))]
    assert edited.get_choices(blank_choice=[("", "?")], ordering=["-pk"])[0] == ("", "?")
    assert edited.get_choices(include_blank=False, limit_choices_to={"pk": -1}) == []


@pytest.mark.parametrize("is_async", [False, True])
def test_the_row_pointed_to_must_exist(tables: None, is_async: bool) -> None:
    old = TiePerson.objects.create(name="Old", age=50)
    young = TiePerson.objects.create(name="Young", age=2)
    author, editor = field(TieBook, "author"), field(TieBook, "editor")

    def check(one: Any, value: Any) -> Any:
        if is_async:
            return asyncio.run(one.aclean(value, TieBook()))
        return one.clean(value, TieBook())

    assert check(author, str(old.pk)) == old.pk
    for value in (young.pk, -1):
        with pytest.raises(ValidationError) as caught:
            check(author, value)
        assert caught.value.messages == [
            f"tie person instance with id {value} is not a valid choice."
        ]
    with pytest.raises(ValidationError, match="cannot be null"):
        check(author, None)
    optional = TieBook._meta.get_field("editor")
    optional_value = "Old"
    assert check(optional, optional_value) == "Old"
    with pytest.raises(ValidationError, match="with name 'Nobody' is not a valid choice"):
        check(editor, "Nobody")
    link = field(TieBoss, "tieperson_ptr")
    assert check(link, -1) == -1, "a child brings its parent's row"


def test_keys_whose_validation_is_overridden_are_cleaned_in_a_thread(tables: None) -> None:
    class Checked(models.ForeignKey):
        def validate(self, value: Any, model_instance: Any) -> None:
            if value == 13:
                raise ValidationError("unlucky")

    class Cleaned(models.ForeignKey):
        def clean(self, value: Any, model_instance: Any) -> Any:
            return int(value) + 1

    class TieOwn(models.Model):
        checked = Checked(TiePerson, CASCADE, related_name="+")
        cleaned = Cleaned(TiePerson, CASCADE, related_name="+")

        class Meta:
            app_label = "orm"

    with pytest.raises(ValidationError, match="unlucky"):
        asyncio.run(field(TieOwn, "checked").aclean(13, None))
    assert asyncio.run(field(TieOwn, "cleaned").aclean("4", None)) == 5


def test_form_data_reaches_the_relation(tables: None) -> None:
    ann = TiePerson.objects.create(name="Ann")
    desk = TieDesk()
    person = field(TieDesk, "person")
    person.save_form_data(desk, ann)
    assert desk.person is ann
    person.save_form_data(desk, 5)
    assert desk.person_id == 5
    person.save_form_data(desk, None)
    assert desk.person_id is None
    book = TieBook.objects.create(author=ann)
    readers = field(TieBook, "readers")
    readers.save_form_data(book, [ann])
    assert readers.value_from_object(book) == [ann]
    assert readers.value_from_object(TieBook()) == []
    asyncio.run(readers.asave_form_data(book, []))
    assert readers.value_from_object(book) == []


def test_relations_ask_for_form_fields() -> None:
    asked: list[Any] = []

    def make(field: Any, form_class: Any, options: dict[str, Any]) -> str:
        asked.append((field.name, form_class, options))
        return "made"

    with form_field.implemented(make):
        field(TieBook, "author").formfield(label="Who")
        field(TieBook, "readers").formfield(initial=lambda: [TiePerson(pk=4)])
        assert field(TieBoss, "tieperson_ptr").formfield() is None
    (name, form_class, options), (_, many_class, many) = asked
    assert (name, form_class, many_class) == (
        "author",
        "ModelChoiceField",
        "ModelMultipleChoiceField",
    )
    assert options["limit_choices_to"] == {"age__gt": 5}
    assert options["to_field_name"] == "id"
    assert options["label"] == "Who"
    assert many["initial"] == [4]


# Loading


def test_a_relation_over_several_columns_is_loaded_and_prefetched(tables: None) -> None:
    spot = TieSpot.objects.create(x=1, y=2)
    other = TieSpot.objects.create(x=2, y=1)
    pin = TiePin(spot=spot)
    assert (pin.at_x, pin.at_y) == (1, 2)
    pin.save()
    lost = TiePin.objects.create(at_x=2, at_y=2)
    assert TiePin.objects.get(pk=pin.pk).spot == spot
    with pytest.raises(TieSpot.DoesNotExist):
        _ = lost.spot
    lost.delete()
    TiePin.objects.create(spot=other)
    found = TiePin.objects.prefetch_related("spot").order_by("at_x")
    assert [one.spot for one in found] == [spot, other]
    assert list(spot.pins.all()) == [pin]
    spots = TieSpot.objects.prefetch_related("pins").order_by("x")
    assert [[one.at_x for one in each.pins.all()] for each in spots] == [[1], [2]]
    assert list(TiePin.objects.filter(spot=spot)) == [pin]
    pin.spot = None
    assert (pin.at_x, pin.at_y) == (None, None)
    assert pin.spot is None


def test_one_to_one_is_prefetched_from_both_sides(tables: None) -> None:
    people = [TiePerson.objects.create(name=name) for name in "abc"]
    desks = [TieDesk.objects.create(person=person) for person in people[:2]]
    found = list(TiePerson.objects.prefetch_related("desk").order_by("name"))
    assert [person.desk for person in found[:2]] == desks
    assert found[0].desk.person is found[0]
    assert TiePerson.desk.is_cached(found[2])
    with pytest.raises(TiePerson.desk.RelatedObjectDoesNotExist, match="has no desk"):
        _ = found[2].desk
    back = list(TieDesk.objects.prefetch_related("person").order_by("pk"))
    assert [desk.person for desk in back] == people[:2]
    assert TieDesk.person.is_cached(back[0])
    assert back[0].person.desk is back[0]
    given = models.Prefetch("desk", TieDesk.objects.filter(pk=desks[0].pk))
    (first, second) = TiePerson.objects.prefetch_related(given).order_by("name")[:2]
    assert first.desk == desks[0]
    assert not hasattr(second, "desk")
    given = models.Prefetch("person", TiePerson.objects.defer("age"))
    assert TieDesk.objects.prefetch_related(given)[0].person.get_deferred_fields() == {"age"}
    too_many = [TieDesk.objects.all(), TieDesk.objects.all()]
    with pytest.raises(ValueError, match="should have a length of 1"):
        TiePerson.desk.get_prefetch_querysets(found, too_many)
    assert len(TieDesk.person.RelatedObjectDoesNotExist.__mro__) > 3


def test_peers_load_one_to_one_together(tables: None) -> None:
    people = [TiePerson.objects.create(name=name) for name in "ab"]
    for person in people:
        TieDesk.objects.create(person=person)
    found = list(TiePerson.objects.order_by("name"))
    assert found[0].desk.person_id == found[0].pk
    assert TiePerson.desk.is_cached(found[1])
    desks = list(TieDesk.objects.all())
    assert desks[0].person.pk == desks[0].person_id
    assert TieDesk.person.is_cached(desks[1])


def test_a_child_makes_its_parent_of_its_own_values(tables: None) -> None:
    boss = TieBoss.objects.create(name="B", age=4)
    parent = boss.tieperson_ptr
    assert type(parent) is TiePerson
    assert (parent.pk, parent.age, parent._state.adding) == (boss.pk, 4, False)
    part = TieBoss.objects.defer("age").get()
    assert part.tieperson_ptr.age == 4
    other = TiePerson.objects.create(name="O")
    boss = TieBoss()
    boss.tieperson_ptr = other
    assert (boss.pk, boss.id) == (other.pk, other.pk)
    boss.tieperson_ptr = None
    assert (boss.pk, boss.id) == (None, None)


def test_setting_and_clearing_one_to_one(tables: None) -> None:
    ann = TiePerson.objects.create(name="Ann")
    desk = TieDesk.objects.create(person=ann)
    desk.person = None
    assert not hasattr(ann, "desk"), "both sides forget"
    ann.desk = desk
    assert desk.person is ann
    ann.desk = None
    assert desk.person is None
    ann = TiePerson(name="New")
    assert TiePerson.desk.field is field(TiePerson, "desk")
    with pytest.raises(TiePerson.desk.RelatedObjectDoesNotExist):
        _ = ann.desk
    again = pickle.loads(pickle.dumps(TiePerson.desk))
    assert again is TiePerson.desk
    assert pickle.loads(pickle.dumps(TieDesk.person)) is TieDesk.person


def test_managers_of_relations_take_other_managers_and_know_their_objects(tables: None) -> None:
    ann = TiePerson.objects.create(name="Ann")
    book = ann.books.create()
    assert list(ann.books(manager="objects").all()) == [book]
    assert ann.books.get().author is ann
    assert list(ann.read(manager="objects").all()) == []
    book.readers.add(ann)
    assert list(ann.read(manager="objects").all()) == [book]
    with pytest.raises(ValueError, match="instance needs to have a primary key value"):
        _ = TiePerson(name="x").books.all()
    ann.name = None
    with pytest.raises(ValueError, match='needs to have a value for field "name"'):
        ann.edited.add(book)
    assert list(ann.edited.all()) == []
    wrong = [TieBook.objects.all(), TieBook.objects.all()]
    for manager in (ann.books, ann.read):
        with pytest.raises(ValueError, match="should have a length of 1"):
            manager.get_prefetch_querysets([ann], wrong)
