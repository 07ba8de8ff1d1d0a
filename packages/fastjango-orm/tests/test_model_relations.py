"""Relations, related managers, inheritance, saving and deleting, on both edges."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import weakref

import pytest
from fastjango.core.exceptions import FieldError, SynchronousOnlyOperation, ValidationError
from fastjango.orm import IntegrityError, models, signals
from fastjango.orm.query.expressions import F
from fastjango.orm.schema import acreate_model, adelete_model, create_model, delete_model


class RelPerson(models.Model):
    name = models.CharField(max_length=30)

    class Meta:
        app_label = "orm"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RelTag(models.Model):
    label = models.SlugField()
    similar = models.ManyToManyField("self")

    class Meta:
        app_label = "orm"


class RelBook(models.Model):
    title = models.CharField(max_length=30)
    author = models.ForeignKey(RelPerson, models.CASCADE, related_name="books")
    editor = models.ForeignKey(
        RelPerson, models.SET_NULL, null=True, blank=True, related_name="edited"
    )
    tags = models.ManyToManyField(RelTag, blank=True)
    pages = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "orm"
        ordering = ("title",)


class RelNovel(RelBook):
    genre = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"


class RelNovelProxy(RelNovel):
    class Meta:
        app_label = "orm"
        proxy = True


class RelPassport(models.Model):
    person = models.OneToOneField(RelPerson, models.CASCADE, related_name="passport")
    number = models.CharField(max_length=10, unique=True)

    class Meta:
        app_label = "orm"


class RelClub(models.Model):
    members = models.ManyToManyField(RelPerson, through="RelMembership", related_name="clubs")

    class Meta:
        app_label = "orm"


class RelMembership(models.Model):
    club = models.ForeignKey(RelClub, models.CASCADE)
    person = models.ForeignKey(RelPerson, models.CASCADE)
    role = models.CharField(max_length=10, default="member")

    class Meta:
        app_label = "orm"


class RelProtected(models.Model):
    person = models.ForeignKey(RelPerson, models.PROTECT)

    class Meta:
        app_label = "orm"


class RelRestricted(models.Model):
    person = models.ForeignKey(RelPerson, models.RESTRICT)
    book = models.ForeignKey(RelBook, models.CASCADE, null=True)

    class Meta:
        app_label = "orm"


def default_person() -> int:
    return RelPerson.objects.get_or_create(name="default")[0].pk


class RelRules(models.Model):
    by_default = models.ForeignKey(
        RelPerson, models.SET_DEFAULT, default=default_person, related_name="+"
    )
    by_value = models.ForeignKey(RelPerson, models.SET(None), null=True, related_name="+")

    class Meta:
        app_label = "orm"


class RelOrdered(models.Model):
    person = models.ForeignKey(RelPerson, models.CASCADE)
    text = models.CharField(max_length=5)

    class Meta:
        app_label = "orm"
        order_with_respect_to = "person"


MODELS = (
    RelPerson,
    RelTag,
    RelBook,
    RelNovel,
    RelPassport,
    RelClub,
    RelMembership,
    RelProtected,
    RelRestricted,
    RelRules,
    RelOrdered,
)
pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def ann() -> RelPerson:
    return RelPerson.objects.create(name="Ann")


def test_a_foreign_key_keeps_object_and_key_together(ann):
    book = RelBook(title="A", author=ann)
    assert book.author_id == ann.pk
    book.save()
    again = RelBook.objects.get(pk=book.pk)
    assert again.author == ann
    assert again.author.__dict__["name"] == "Ann"
    bob = RelPerson.objects.create(name="Bob")
    again.author_id = bob.pk
    assert again.author == bob
    again.editor = None
    assert again.editor_id is None
    with pytest.raises(ValueError, match=r'"RelBook.author" must be a "RelPerson" instance'):
        again.author = again


def test_an_unset_relation_is_missing_or_none():
    book = RelBook(title="A")
    assert book.editor is None
    with pytest.raises(RelBook.author.RelatedObjectDoesNotExist, match="RelBook has no author"):
        _ = book.author
    assert not hasattr(book, "author")
    assert RelBook.author.RelatedObjectDoesNotExist.__mro__.count(AttributeError) == 1


def test_saving_refuses_unsaved_related_objects():
    person = RelPerson(name="new")
    book = RelBook(title="A", author=person)
    with pytest.raises(ValueError, match="unsaved related object 'author'"):
        book.save()
    person.save()
    book.save()
    assert book.author_id == person.pk


def test_reverse_manager_adds_removes_sets_and_clears(ann):
    bob = RelPerson.objects.create(name="Bob")
    one = ann.books.create(title="1")
    two = RelBook.objects.create(title="2", author=bob, editor=bob)
    ann.books.add(two)
    assert list(ann.books.all()) == [one, RelBook.objects.get(pk=two.pk)]
    assert ann.books.count() == 2
    assert not hasattr(ann.books, "remove")
    two.refresh_from_db()
    bob.edited.remove(two)
    assert not bob.edited.exists()
    bob.edited.set([one, two])
    assert bob.edited.count() == 2
    bob.edited.set([one], bulk=False)
    assert [b.title for b in bob.edited.all()] == ["1"]
    bob.edited.set([two], clear=True)
    assert [b.title for b in bob.edited.all()] == ["2"]
    bob.edited.clear(bulk=False)
    assert bob.edited.count() == 0
    made, created = ann.books.get_or_create(title="3", defaults={"pages": 9})
    assert created
    assert made.pages == 9
    made, created = ann.books.update_or_create(title="3", defaults={"pages": 10})
    assert not created
    assert made.pages == 10
    with pytest.raises(TypeError, match="'RelBook' instance expected"):
        ann.books.add(bob)
    with pytest.raises(ValueError, match="isn't saved"):
        ann.books.add(RelBook(title="x"))
    ann.books.add(RelBook(title="4"), bulk=False)
    assert ann.books.filter(title="4").exists()
    one.refresh_from_db()
    with pytest.raises(RelPerson.DoesNotExist, match="is not related"):
        bob.edited.remove(one)
    with pytest.raises(TypeError, match=r"Use books.set\(\) instead"):
        ann.books = []
    with pytest.raises(ValueError, match="needs to have a"):
        RelPerson(name="x").books.all()


def test_many_to_many_adds_removes_sets_and_clears(ann):
    book = RelBook.objects.create(title="1", author=ann)
    a, b, c = (RelTag.objects.create(label=label) for label in "abc")
    book.tags.add(a, b.pk)
    book.tags.add(a)
    assert book.tags.count() == 2
    assert book.tags.exists()
    assert list(a.relbook_set.all()) == [book]
    book.tags.remove(a)
    assert [t.label for t in book.tags.all()] == ["b"]
    book.tags.set([a, c.pk])
    assert sorted(t.label for t in book.tags.all()) == ["a", "c"]
    book.tags.set([b], clear=True)
    assert [t.label for t in book.tags.all()] == ["b"]
    c.relbook_set.add(book)
    made = book.tags.create(label="new")
    assert made in book.tags.all()
    assert book.tags.get_or_create(label="new") == (made, False)
    assert book.tags.update_or_create(label="fresh")[1]
    book.tags.clear()
    assert not book.tags.exists()
    with pytest.raises(TypeError, match="'RelTag' instance expected"):
        book.tags.add(book)
    with pytest.raises(ValueError, match='needs to have a value for field "id"'):
        RelBook(title="x").tags.all()
    with pytest.raises(TypeError, match="forward side of a many-to-many set"):
        book.tags = []


def test_symmetrical_relations_run_both_ways():
    a, b = (RelTag.objects.create(label=label) for label in "ab")
    a.similar.add(b)
    assert list(b.similar.all()) == [a]
    b.similar.remove(a)
    assert not a.similar.exists()
    a.similar.add(b)
    a.similar.clear()
    assert not b.similar.exists()


def test_through_models_keep_their_own_columns(ann):
    club = RelClub.objects.create()
    club.members.add(ann, through_defaults={"role": lambda: "head"})
    assert RelMembership.objects.get().role == "head"
    assert list(ann.clubs.all()) == [club]
    bob = club.members.create(name="Bob", through_defaults={"role": "guest"})
    assert RelMembership.objects.get(person=bob).role == "guest"
    assert RelClub.members.through is RelMembership


def test_m2m_changed_tells_what_happens(ann):
    seen = []

    def listen(sender, action, pk_set, reverse, **kwargs):
        seen.append((action, pk_set, reverse))

    book = RelBook.objects.create(title="1", author=ann)
    tag = RelTag.objects.create(label="a")
    signals.m2m_changed.connect(listen, sender=RelBook.tags.through)
    try:
        book.tags.add(tag)
        book.tags.add(tag)
        tag.relbook_set.remove(book)
        book.tags.clear()
    finally:
        assert signals.m2m_changed.disconnect(listen, sender=RelBook.tags.through)
    assert seen == [
        ("pre_add", {tag.pk}, False),
        ("post_add", {tag.pk}, False),
        ("pre_add", set(), False),
        ("post_add", set(), False),
        ("pre_remove", {book.pk}, True),
        ("post_remove", {book.pk}, True),
        ("pre_clear", None, False),
        ("post_clear", None, False),
    ]


def test_one_to_one_in_both_directions(ann):
    with pytest.raises(RelPassport.DoesNotExist, match=r"RelPerson has no passport"):
        _ = ann.passport
    passport = RelPassport.objects.create(person=ann, number="1")
    fresh = RelPerson.objects.get(pk=ann.pk)
    assert fresh.passport == passport
    assert fresh.passport.person is fresh
    fresh.passport = RelPassport(number="2")
    assert fresh.passport.person_id == ann.pk
    with pytest.raises(ValueError, match="must be a"):
        fresh.passport = ann
    fresh.passport = None
    assert RelPerson(name="x").__dict__.get("passport") is None


def test_inherited_tables_are_saved_and_deleted_together(ann):
    novel = RelNovel(title="N", genre="g", author=ann)
    novel.save()
    assert novel.pk == novel.id == novel.relbook_ptr_id
    book = RelBook.objects.get()
    assert book.relnovel.genre == "g"
    assert novel.relbook_ptr == book
    novel.title = "M"
    novel.save()
    book.refresh_from_db()
    assert book.title == "M"
    assert RelNovelProxy.objects.get() == novel
    assert novel.delete(keep_parents=True) == (1, {"orm.RelNovel": 1})
    assert RelBook.objects.count() == 1


def test_force_insert_and_update_fields(ann):
    with pytest.raises(IntegrityError):
        RelPerson(pk=ann.pk, name="x").save(force_insert=True)
    ann.name = "changed"
    with pytest.raises(ValueError, match="Cannot force both"):
        ann.save(force_insert=True, force_update=True)
    with pytest.raises(ValueError, match="do not exist in this model"):
        ann.save(update_fields=["nope"])
    ann.save(update_fields=[])
    assert RelPerson.objects.get().name == "Ann"
    ann.save(update_fields=["name"])
    assert RelPerson.objects.get().name == "changed"
    ghost = RelPerson(pk=99, name="x")
    with pytest.raises(RelPerson.NotUpdated, match="Forced update did not affect any rows"):
        ghost.save(force_update=True)
    with pytest.raises(RelPerson.NotUpdated, match="update_fields did not affect"):
        ghost.save(update_fields=["name"])
    with pytest.raises(ValueError, match="no primary key"):
        RelPerson(name="x").save(force_update=True)
    with pytest.raises(TypeError, match="force_insert must be a bool or tuple"):
        ann.save(force_insert=[RelPerson])
    with pytest.raises(TypeError, match="must be a base of"):
        ann.save(force_insert=(RelBook,))
    with pytest.raises(TypeError, match="must be a model subclass"):
        ann.save(force_insert=("x",))


def test_expressions_are_saved_and_read_back(ann):
    book = RelBook.objects.create(title="1", author=ann, pages=3)
    book.pages = F("pages") + 1
    book.save()
    assert book.pages == 4


def test_deferred_columns_load_when_read_and_stay_unwritten(ann):
    RelBook.objects.create(title="1", author=ann, pages=3)
    book = RelBook.objects.only("title").get()
    assert book.get_deferred_fields() == {"author_id", "editor_id", "pages"}
    RelBook.objects.update(pages=7)
    book.title = "2"
    book.save()
    assert RelBook.objects.get().pages == 7
    assert book.pages == 7
    unsaved = RelBook(title="x")
    del unsaved.__dict__["pages"]
    with pytest.raises(AttributeError, match="Cannot retrieve deferred field 'pages'"):
        _ = unsaved.pages


def test_save_and_delete_signals(ann):
    seen = []

    def saved(sender, instance, created, **kwargs):
        seen.append(("save", created))

    def deleted(sender, instance, **kwargs):
        seen.append(("delete", instance.pk is not None))

    signals.post_save.connect(saved, sender="orm.RelPassport")
    signals.post_delete.connect(deleted, sender=RelPassport)
    try:
        passport = RelPassport.objects.create(person=ann, number="1")
        passport.save()
        passport.delete()
    finally:
        signals.post_save.disconnect(saved, sender="orm.RelPassport")
        signals.post_delete.disconnect(deleted, sender=RelPassport)
    assert seen == [("save", True), ("save", False), ("delete", True)]
    assert passport.pk is None


def test_protect_and_restrict_refuse(ann):
    RelProtected.objects.create(person=ann)
    with pytest.raises(models.ProtectedError, match=r"'RelProtected.person'") as caught:
        ann.delete()
    assert len(caught.value.protected_objects) == 1
    RelProtected.objects.all().delete()
    restricted = RelRestricted.objects.create(person=ann)
    with pytest.raises(models.RestrictedError, match=r"'RelRestricted.person'"):
        ann.delete()
    # A restricting row that goes as well does not restrict.
    restricted.book = RelBook.objects.create(title="1", author=ann)
    restricted.save()
    assert ann.delete()[0] == 3


def test_set_rules_change_the_reference(ann):
    rules = RelRules.objects.create(by_default=ann, by_value=ann)
    book = RelBook.objects.create(title="1", author=RelPerson.objects.create(name="B"), editor=ann)
    ann.delete()
    rules.refresh_from_db()
    book.refresh_from_db()
    assert rules.by_default.name == "default"
    assert rules.by_value_id is None
    assert book.editor_id is None


def test_deleting_needs_a_key():
    with pytest.raises(ValueError, match=r"its id attribute is set to None"):
        RelPerson(name="x").delete()


def test_order_with_respect_to(ann):
    a, b, c = (RelOrdered.objects.create(person=ann, text=t) for t in "abc")
    assert list(ann.get_relordered_order()) == [a.pk, b.pk, c.pk]
    ann.set_relordered_order([c.pk, a.pk, b.pk])
    assert [o.text for o in RelOrdered.objects.all()] == ["c", "a", "b"]
    a.refresh_from_db()
    assert a.get_next_in_order() == b
    assert a.get_previous_in_order() == c


def test_instances_compare_hash_copy_and_pickle(ann):
    same = RelPerson.objects.get()
    assert ann == same
    assert hash(ann) == hash(same)
    assert ann != RelPerson(pk=5)
    assert ann != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(RelPerson())
    assert RelPerson() != RelPerson()
    again = pickle.loads(pickle.dumps(ann))
    assert again == ann
    assert again._state.db == "default"
    assert copy.copy(ann).name == copy.deepcopy(ann).name == "Ann"
    assert repr(ann) == "<RelPerson: Ann>"
    assert ann.serializable_value("name") == ann.serializable_value("__str__")()


def test_full_clean_finds_everything(ann):
    RelPassport.objects.create(person=ann, number="1")
    with pytest.raises(ValidationError) as caught:
        RelPassport(person=ann, number="1").full_clean()
    assert caught.value.message_dict == {
        "person": ["Rel passport with this Person already exists."],
        "number": ["Rel passport with this Number already exists."],
    }
    with pytest.raises(ValidationError) as caught:
        RelBook(title="", author_id=77).full_clean(exclude=["pages"])
    assert set(caught.value.message_dict) == {"title", "author"}


def test_abstract_models_and_clashing_fields_are_refused():
    class Base(models.Model):
        x = models.IntegerField()

        class Meta:
            abstract = True
            app_label = "orm"

    with pytest.raises(TypeError, match="Abstract models cannot be instantiated"):
        Base()
    with pytest.raises(AttributeError, match=r"Manager isn't available|has no attribute"):
        _ = Base.objects
    with pytest.raises(FieldError, match="Local field 'title' in class 'Bad' clashes"):

        class Bad(RelBook):
            title = models.CharField(max_length=5)

            class Meta:
                app_label = "orm"

    with pytest.raises(TypeError, match="containing model fields not permitted for proxy model"):

        class Proxy(Base):
            y = 1

            class Meta:
                app_label = "orm"
                proxy = True

    with pytest.raises(RuntimeError, match="doesn't declare an explicit app_label"):

        class Lost(models.Model):
            pass


def test_init_takes_positions_and_names(ann):
    assert RelPerson(3, "Bob").name == "Bob"
    assert RelPerson(3, name="Bob").pk == 3
    with pytest.raises(TypeError, match="both positional and keyword"):
        RelPerson(3, "Bob", name="x")
    with pytest.raises(TypeError, match="unexpected keyword arguments: 'nope'"):
        RelPerson(nope=1)
    with pytest.raises(IndexError, match="exceeds"):
        RelPerson(1, 2, 3)
    assert RelPerson(pk=4).id == 4


def test_the_asynchronous_edge_does_the_same():
    async def use() -> None:
        ann = RelPerson(name="Ann")
        await ann.asave()
        book = await ann.books.acreate(title="1")
        tag = await RelTag.objects.acreate(label="a")
        await book.tags.aadd(tag)
        assert await book.tags.acount() == 1
        assert await book.tags.aexists()
        await book.tags.aset([])
        assert not await book.tags.aexists()
        made, created = await book.tags.aget_or_create(label="b")
        assert created
        await book.tags.aremove(made)
        await book.tags.aclear()
        assert (await book.tags.aupdate_or_create(label="c"))[1]
        assert (await book.tags.acreate(label="d")).label == "d"
        await ann.edited.aadd(book)
        await ann.edited.aset([book])
        # Querysets that nobody has evaluated are read without blocking.
        await book.tags.aset(RelTag.objects.filter(label="a"))
        assert [one.label async for one in book.tags.all()] == ["a"]
        await ann.edited.aset(RelBook.objects.filter(pk=book.pk))
        assert await ann.edited.acount() == 1
        await ann.edited.aremove(book)
        await ann.edited.aclear()
        assert not (await ann.books.aget_or_create(title="1"))[1]
        assert not (await ann.books.aupdate_or_create(title="1"))[1]
        fresh = await RelBook.objects.aget(pk=book.pk)
        with pytest.raises(SynchronousOnlyOperation, match=r'select_related\("author"\)'):
            _ = fresh.author
        deferred = await RelBook.objects.defer("pages").aget(pk=book.pk)
        with pytest.raises(SynchronousOnlyOperation, match="pages was not fetched"):
            _ = deferred.pages
        await deferred.arefresh_from_db(fields=["pages"])
        assert deferred.pages == 1
        await ann.afull_clean()
        assert (await ann.adelete())[0] >= 2

    asyncio.run(use())


def test_tables_are_made_on_the_asynchronous_edge():
    class RelAsyncTable(models.Model):
        class Meta:
            app_label = "orm"

    async def use() -> None:
        await acreate_model(RelAsyncTable)
        await RelAsyncTable.objects.acreate()
        await adelete_model(RelAsyncTable)

    asyncio.run(use())


def test_overridden_save_is_kept_by_managers_and_the_asynchronous_edge(ann):
    calls = []

    class RelLoud(models.Model):
        class Meta:
            app_label = "orm"

        def save(self, **options):
            calls.append("save")
            super().save(**options)

        def delete(self, **options):
            calls.append("delete")
            return super().delete(**options)

    create_model(RelLoud)
    try:
        obj = RelLoud.objects.create()
        obj.delete()
        assert calls == ["save", "delete"]
    finally:
        delete_model(RelLoud)


def test_a_relation_to_a_swapped_model_is_written_as_its_setting(monkeypatch):
    from fastjango.orm.migrations.serializer import serialize
    from fastjango.orm.names import SettingsReference

    loan = models.ForeignKey(RelPerson, models.CASCADE)
    assert not isinstance(loan.deconstruct()[3]["to"], SettingsReference)
    monkeypatch.setattr(models.ForeignKey, "swappable_setting", "PERSON_MODEL")
    to = loan.deconstruct()[3]["to"]
    assert (to, to.setting_name) == (RelPerson._meta.label_lower, "PERSON_MODEL")
    assert serialize(to) == ("settings.PERSON_MODEL", {"from fastjango.core import settings"})
    for copied in (copy.deepcopy(to), pickle.loads(pickle.dumps(to))):
        assert (copied, copied.setting_name) == (to, "PERSON_MODEL")
    loan.remote_field.model = SettingsReference("other.person", "OTHER_MODEL")
    with pytest.raises(ValueError, match="more than one model"):
        loan.deconstruct()


def test_a_deleted_instance_spoils_no_later_query(ann):
    gone = RelPerson.objects.create(name="Gone")
    assert list(RelBook.objects.filter(author=gone).order_by("pk")) == []
    gone.delete()  # the kept shape of the query was made of this instance
    book = ann.books.create(title="1")
    for _ in range(3):
        assert list(RelBook.objects.filter(author=ann).order_by("pk")) == [book]
    with pytest.raises(ValueError, match="must be saved"):
        list(RelBook.objects.filter(author=gone).order_by("pk"))


def test_prefetched_objects_are_kept_and_can_be_narrowed(ann):
    first = RelBook.objects.create(title="A", author=ann)
    second = RelBook.objects.create(title="B", author=ann)
    red, blue = (RelTag.objects.create(label=label) for label in ("red", "blue"))
    first.tags.add(red, blue)
    second.tags.add(blue)
    books = list(RelBook.objects.prefetch_related("tags", "author__books"))
    kept = books[0]._prefetched_objects_cache["tags"]
    assert kept._narrow_later is not None
    assert [tag.label for tag in books[0].tags.all()] == ["red", "blue"]
    assert (kept.count(), kept.exists()) == (2, True)
    assert kept._narrow_later is not None, "nobody asked for the condition"
    assert kept.db == "default"
    # A filter goes to the database, with the condition of the relation.
    assert [tag.label for tag in books[1].tags.filter(label__in=["red", "blue"])] == ["blue"]
    assert books[0].tags.filter(label="red").get() == red
    assert [book.title for book in books[0].author.books.exclude(title="A")] == ["B"]
    assert books[0].author.books.all()[1].author is books[0].author
    assert str(books[1].tags.all().query).count("WHERE") == 1
    copied = pickle.loads(pickle.dumps(books[1]._prefetched_objects_cache["tags"]))
    assert [tag.label for tag in copied] == ["blue"]
    assert copied.filter(label="red").count() == 0
    assert copy.deepcopy(books[0].tags.all()).filter(label="red").count() == 1


def test_prefetched_objects_do_not_keep_their_instance_alive(ann):
    red, blue = (RelTag.objects.create(label=label) for label in ("red", "blue"))
    for title in ("A", "B"):
        RelBook.objects.create(title=title, author=ann).tags.add(red, blue)
    for _ in range(4):  # compiled, then planned
        books = list(RelBook.objects.prefetch_related("tags").order_by("title"))
        labels = [sorted(tag.label for tag in book.tags.all()) for book in books]
        assert labels == [["blue", "red"], ["blue", "red"]]
        kept = books[0].tags.all()
        gone = weakref.ref(books[0])
        gc.disable()
        try:
            del books
            assert gone() is None
        finally:
            gc.enable()
        assert kept.filter(label="red").get() == red
        assert kept._hints["instance"].title == "A"


def test_given_querysets_stay_in_force_after_prefetching(ann):
    book = RelBook.objects.create(title="A", author=ann)
    book.tags.add(*(RelTag.objects.create(label=label) for label in ("red", "blue")))
    given = models.Prefetch("tags", RelTag.objects.filter(label="red"))
    (found,) = RelBook.objects.prefetch_related(given)
    assert [tag.label for tag in found.tags.all()] == ["red"]
    assert found.tags.all().filter(label="blue").count() == 0
    assert found.tags.all().order_by("label").get().label == "red"


def test_deleting_by_prepared_statements_takes_the_same_rows_each_time(ann, monkeypatch):
    from fastjango.orm.query.sql import DeleteQuery

    compiled = []
    before = DeleteQuery.delete_batch_steps

    def watched(self, *args):
        compiled.append(self.model)
        return before(self, *args)

    monkeypatch.setattr(DeleteQuery, "delete_batch_steps", watched)
    kept = ann.books.create(title="kept")
    answers = []
    for n in range(4):
        person = RelPerson.objects.create(name=f"P{n}")
        books = [person.books.create(title=f"{n}.{m}") for m in range(2 + n % 2)]
        books[0].tags.add(RelTag.objects.create(label=f"t{n}"))
        kept.editor = person
        kept.save()
        compiled.clear()
        total, by_label = person.delete()
        answers.append(
            (total - n % 2, by_label["orm.RelBook"] - n % 2, by_label["orm.RelBook_tags"])
        )
        assert person.pk is None
        kept.refresh_from_db()
        assert kept.editor is None
        assert list(RelBook.objects.all()) == [kept]
        assert not RelBook.tags.through.objects.exists()
    assert answers == [(4, 2, 1)] * 4
    assert compiled == [], "the last round has plans for all its statements"
