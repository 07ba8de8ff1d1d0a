"""Formsets of rows, and of the rows of one instance, in both ways."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from typing import Any

import pytest
from bookstall.models import Author, Book, Page, Tag
from fastjango import forms
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.forms.exceptions import MissingAsyncTwin
from fastjango.forms.models import InlineForeignKeyField
from fastjango.forms.models._repeats import date_values
from fastjango.forms.models.inlines import _get_foreign_key
from fastjango.http import QueryDict
from fastjango.orm import connection, models
from fastjango.testing.contexts import isolate_apps

pytestmark = pytest.mark.usefixtures("database")

AuthorFormSet = forms.modelformset_factory(Author, fields=["name"], can_delete=True)
PageFormSet = forms.inlineformset_factory(Book, Page, fields=["number", "text"], extra=1)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    def call() -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(call)


def management(prefix: str, total: int, initial: int) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": str(total), f"{prefix}-INITIAL_FORMS": str(initial)}


async def make_book(title: str = "T") -> Book:
    author, _ = await Author.objects.aget_or_create(name="Ada")
    return await Book.objects.acreate(title=title, slug=title, author=author)


# --- formsets of models -------------------------------------------------------------------


async def test_forms_for_rows_and_new_ones() -> None:
    for name in ("Bob", "Ada"):
        await Author.objects.acreate(name=name)
    formset = await AuthorFormSet.amake()
    assert [form.initial.get("name") for form in formset.forms] == ["Ada", "Bob", None]
    assert formset.forms[0].fields["id"].initial == formset.forms[0].instance.pk
    assert formset.forms[2].fields["id"].initial is None
    html = await in_thread(lambda: str(AuthorFormSet(queryset=Author.objects.filter(name="Ada"))))
    assert 'value="Ada"' in html
    assert "Bob" not in html
    filled = await AuthorFormSet.amake(queryset=Author.objects.none(), initial=[{"name": "Eve"}])
    assert filled.forms[0].initial == {"name": "Eve"}
    more = forms.modelformset_factory(Author, fields=["name"], extra=2)
    two = await more.amake(queryset=Author.objects.none(), initial=[{"name": "Eve"}])
    assert two.forms[1].initial == {}


async def test_choices_of_all_forms_are_fetched_before_rendering() -> None:
    book = await make_book()
    tag = await Tag.objects.acreate(name="new")
    await book.tags.aadd(tag)
    made = forms.modelformset_factory(Book, fields=["author", "tags"], extra=1)
    formset = made()
    await formset.aload_choices()
    assert str(formset).count(">Ada</option>") == 2
    assert f'value="{tag.pk}" selected' in str(formset)
    assert ">Ada</option>" in str(formset.empty_form)
    assert formset.empty_form is formset.empty_form
    assert made().empty_form is not formset.empty_form
    assert str(formset) == await in_thread(lambda: str(made()))

    class Chosen(forms.Form):
        author = forms.ModelChoiceField(Author.objects.all())

    plain = forms.formset_factory(Chosen)({**management("form", 1, 0), "form-0-author": "0"})
    assert not await plain.ais_valid()
    await plain.aload_choices()
    assert ">Ada</option>" in str(plain)


async def saved(data: dict[str, Any], **kwargs: Any) -> tuple[Any, Any]:
    formset = await AuthorFormSet.amake(data, **kwargs)
    assert await formset.ais_valid(), formset.errors
    return formset, await formset.asave()


@pytest.mark.parametrize("is_async", [True, False])
async def test_saving_rows(is_async: bool) -> None:
    ada, bob = [await Author.objects.acreate(name=name) for name in ("Ada", "Bob")]
    data = {
        **management("form", 5, 2),
        "form-0-id": str(ada.pk),
        "form-0-name": "Adam",
        "form-1-id": str(bob.pk),
        "form-1-name": "Bob",
        "form-1-DELETE": "on",
        "form-2-id": "",
        "form-2-name": "Eve",
        "form-3-name": "",
        "form-4-name": "Gone",
        "form-4-DELETE": "on",
    }
    if is_async:
        formset = await AuthorFormSet.amake(data)
        assert await formset.ais_valid()
        rows = await formset.asave()
    else:
        formset = AuthorFormSet(data)
        assert await in_thread(formset.is_valid)
        rows = await in_thread(formset.save)
    assert [row.name for row in rows] == ["Adam", "Eve"]
    assert [row.name async for row in Author.objects.all()] == ["Adam", "Eve"]
    assert [(row.pk, changed) for row, changed in formset.changed_objects] == [(ada.pk, ["name"])]
    assert [row.name for row in formset.new_objects] == ["Eve"]
    assert len(formset.deleted_objects) == 1


@pytest.mark.parametrize("is_async", [True, False])
async def test_saving_rows_later(is_async: bool) -> None:
    book = await make_book()
    tag = await Tag.objects.acreate(name="t")
    cls = forms.modelformset_factory(
        Book, fields=["title", "slug", "author", "tags"], can_delete=True
    )
    data = {
        **management("form", 2, 1),
        "form-0-id": str(book.pk),
        "form-0-title": "New",
        "form-0-slug": "new",
        "form-0-author": str(book.author_id),
        "form-0-tags": [str(tag.pk)],
        "form-1-title": "Other",
        "form-1-slug": "other",
        "form-1-author": str(book.author_id),
        "form-1-tags": [str(tag.pk)],
    }
    if is_async:
        shown = await cls.amake()
        assert shown.forms[0].initial["tags"] == []
        formset = await cls.amake(data)
        assert await formset.ais_valid(), formset.errors
        for row in await formset.asave(commit=False):
            await row.asave()
        await formset.asave_m2m()
    else:
        formset = cls(data)
        assert await in_thread(formset.is_valid)
        for row in await in_thread(formset.save, commit=False):
            await row.asave()
        await in_thread(formset.save_m2m)
    assert await tag.book_set.acount() == 2


async def test_rows_that_nobody_may_touch() -> None:
    ada, bob = [await Author.objects.acreate(name=name) for name in ("Ada", "Bob")]
    for key in (str(bob.pk), "x", "", "9" * 40, None):
        data = {**management("form", 1, 1), "form-0-id": key, "form-0-name": "Eve"}
        if key is None:
            del data["form-0-id"]
        formset = await AuthorFormSet.amake(data, queryset=Author.objects.filter(pk=ada.pk))
        await formset.ais_valid()
        assert not await formset.asave() if not any(formset.errors) else True
    assert [row.name async for row in Author.objects.all()] == ["Ada", "Bob"]
    only = forms.modelformset_factory(Author, fields=["name"], edit_only=True)
    data = {**management("form", 1, 0), "form-0-name": "Eve"}
    formset = await only.amake(data)
    assert await formset.ais_valid()
    assert await formset.asave() == []
    assert await in_thread(formset.save) == []


async def test_a_management_form_that_is_missing_or_forged() -> None:
    for data in (
        {},
        management("form", 10**9, 10**9),
        {"form-TOTAL_FORMS": "x", "form-INITIAL_FORMS": "-1"},
    ):
        formset = await AuthorFormSet.amake(data)
        assert not await formset.ais_valid()


async def test_forms_must_not_repeat_each_other() -> None:
    data = {**management("form", 2, 0), "form-0-name": "Eve", "form-1-name": "Eve"}
    formset = await AuthorFormSet.amake(data)
    assert not await formset.ais_valid()
    assert "Please correct the duplicate data for name." in str(formset.non_form_errors())
    assert "Please correct the duplicate values below." in str(formset.errors[1])
    author = await Author.objects.acreate(name="Ada")
    cls = forms.modelformset_factory(Book, fields=["title", "slug", "author", "published"])

    def row(index: int, title: str, slug: str, published: str) -> dict[str, str]:
        values = {"title": title, "slug": slug, "author": str(author.pk), "published": published}
        return {f"form-{index}-{key}": value for key, value in values.items()}

    data = {**management("form", 2, 0), **row(0, "T", "a", "2020-01-01"), **row(1, "T", "b", "")}
    formset = await cls.amake(data)
    assert not await formset.ais_valid()
    data = {
        **management("form", 3, 0),
        **row(0, "A", "a", "2020-01-01"),
        **row(1, "B", "a", "2020-05-05"),
        **row(2, "C", "a", "2021-05-05"),
    }
    formset = await cls.amake(data)
    assert not await formset.ais_valid()
    text = str(formset.non_form_errors())
    assert "Please correct the duplicate data for slug which must be unique for the year" in text
    both = {**row(0, "A", "a", "2020-01-01"), **row(1, "A", "b", "2020-01-01")}
    formset = await cls.amake({**management("form", 2, 0), **both})
    assert not await formset.ais_valid()
    text = str(formset.non_form_errors())
    assert "Please correct the duplicate data for title and author, which must be unique." in text


async def test_overriding_a_step_of_saving_alone() -> None:
    class Own(forms.BaseModelFormSet):
        def save_new(self, form: Any, commit: bool = True) -> Any: ...

    class All(forms.BaseModelFormSet):
        def save_new_objects(self, commit: bool = True) -> Any: ...

    class Form(forms.ModelForm):
        def _save_m2m(self) -> None: ...

    for base, name in ((Own, "save_new"), (All, "save_new_objects")):
        cls = forms.modelformset_factory(Author, fields=["name"], formset=base)
        with pytest.raises(MissingAsyncTwin, match=rf"{base.__name__} overrides {name}\(\) but"):
            await cls(management("form", 0, 0)).asave()
    form = forms.modelform_factory(Author, form=Form, fields=["name"])({"name": "x"})
    assert await form.ais_valid()
    with pytest.raises(MissingAsyncTwin, match=r"Form overrides _save_m2m\(\).*_asave_m2m\(\)"):
        await form.asave()


async def test_initial_keys_in_hidden_inputs() -> None:
    ada, bob = [await Author.objects.acreate(name=name) for name in ("Ada", "Bob")]

    class Chosen(forms.ModelChoiceField):
        def to_python(self, value: Any) -> Any:
            return super().to_python(value)

    class Choice(forms.Form):
        author = forms.ModelChoiceField(Author.objects.all(), show_hidden_initial=True)
        other = Chosen(Author.objects.all(), show_hidden_initial=True)
        number = forms.IntegerField(show_hidden_initial=True)

    cls = forms.formset_factory(Choice, extra=2)
    keys = {"initial-form-0-author": ada.pk, "form-0-author": ada.pk, "form-0-other": bob.pk,
            "initial-form-0-other": bob.pk, "initial-form-0-number": 1, "form-0-number": 1,
            "initial-form-1-author": "x", "form-1-author": bob.pk, "form-1-other": ada.pk,
            "initial-form-1-other": bob.pk, "form-1-number": 1}  # fmt: skip
    data = {**management("form", 2, 0), **{name: str(key) for name, key in keys.items()}}
    same = cls(data)
    assert await in_thread(same.is_valid)
    formset = cls(data)
    assert await formset.ais_valid()
    changed = [form.changed_data for form in formset.forms]
    assert changed == [[], ["author", "other", "number"]]
    assert changed == await in_thread(lambda: [form.changed_data for form in same.forms])
    assert formset.cleaned_data == same.cleaned_data
    assert formset.cleaned_data[1]["author"] == bob


async def test_keys_that_are_not_numbers() -> None:
    with pytest.raises(ImproperlyConfigured, match="Calling modelformset_factory without"):
        forms.modelformset_factory(Author)
    cls = forms.modelformset_factory(
        Author, fields=["name"], widgets={"id": forms.NumberInput}, extra=0
    )
    await Author.objects.acreate(name="Ada")
    formset = await cls.amake()
    assert type(formset.forms[0].fields["id"].widget) is forms.NumberInput


# --- inline formsets ----------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [True, False])
async def test_rows_of_an_instance(is_async: bool) -> None:
    book = await make_book()
    page = await Page.objects.acreate(book=book, number=1)
    await Page.objects.acreate(book=await make_book("Other"), number=7)
    shown = await PageFormSet.amake(instance=book)
    assert [form.initial.get("number") for form in shown.forms] == [1, None]
    assert PageFormSet.get_default_prefix() == "pages"
    data = {
        **management("pages", 2, 1),
        "pages-0-id": str(page.pk),
        "pages-0-book": str(book.pk),
        "pages-0-number": "2",
        "pages-1-number": "3",
        "pages-1-book": str(book.pk),
    }
    if is_async:
        formset = await PageFormSet.amake(data, instance=book)
        assert await formset.ais_valid(), formset.errors
        await formset.asave()
    else:
        formset = PageFormSet(data, instance=book)
        assert await in_thread(formset.is_valid)
        await in_thread(formset.save)
    assert [row.number async for row in book.pages.all()] == [2, 3]


async def test_another_instance_is_refused() -> None:
    book, other = await make_book(), await make_book("Other")
    data = {**management("pages", 1, 0), "pages-0-book": str(other.pk), "pages-0-number": "1"}
    formset = await PageFormSet.amake(data, instance=book)
    assert not await formset.ais_valid()
    assert "The inline value did not match the parent instance." in str(formset.errors)
    rows = {"pages-0-number": "1", "pages-1-number": "1"}
    formset = await PageFormSet.amake({**management("pages", 2, 0), **rows}, instance=book)
    assert not await formset.ais_valid()
    assert "Please correct the duplicate data for number." in str(formset.non_form_errors())


async def test_rows_of_a_new_instance() -> None:
    book = Book(title="New", slug="new", author=await Author.objects.acreate(name="Ada"))
    data = QueryDict("", mutable=True)
    data.update({**management("pages", 1, 1), "pages-0-number": "1", "pages-0-id": "5"})
    data._mutable = False
    formset = await PageFormSet.amake(data, instance=book, save_as_new=True)
    assert await formset.ais_valid(), formset.errors
    await book.asave()
    (page,) = await formset.asave()
    assert page.book_id == book.pk
    assert data._mutable is False
    plain = {**management("pages", 1, 1), "pages-0-number": "2", "pages-0-id": "5"}
    formset = await PageFormSet.amake(plain, instance=book, save_as_new=True)
    assert await formset.ais_valid(), formset.errors
    formset = PageFormSet(management("pages", 0, 0))
    assert formset.instance.pk is None
    assert await formset.ais_valid()


async def test_the_key_of_the_instance() -> None:
    author = Author(pk=5, name="Ada")
    field = InlineForeignKeyField(author)
    assert field.initial == 5
    assert field.clean("") is await field.aclean("5") is author
    assert InlineForeignKeyField(author, pk_field=True).clean("") is None
    named = InlineForeignKeyField(author, to_field="name")
    assert named.clean("Ada") is author
    assert not named.has_changed("a", "b")
    assert InlineForeignKeyField(None).initial is None


def test_foreign_keys() -> None:
    assert _get_foreign_key(Book, Page).name == "book"
    assert _get_foreign_key(Book, Page, fk_name="book").name == "book"
    assert _get_foreign_key(Author, Page, can_fail=True) is None
    for call, message in (
        (lambda: _get_foreign_key(Author, Page), "'bookstall.Page' has no ForeignKey to"),
        (lambda: _get_foreign_key(Book, Page, "nope"), "'bookstall.Page' has no field named"),
        (lambda: _get_foreign_key(Book, Page, "number"), "fk_name 'number' is not a ForeignKey"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@isolate_apps("bookstall")
def test_several_foreign_keys_and_other_targets() -> None:
    class Place(models.Model):
        code = models.CharField(max_length=3, unique=True, default=lambda: "abc")

        class Meta:
            app_label = "bookstall"

    class Trip(models.Model):
        begin = models.ForeignKey(Place, models.CASCADE, related_name="+", to_field="code")
        end = models.ForeignKey(Place, models.CASCADE, related_name="ends")
        only = models.OneToOneField(Author, models.CASCADE)

        class Meta:
            app_label = "bookstall"

    with pytest.raises(ValueError, match="has more than one ForeignKey to"):
        forms.inlineformset_factory(Place, Trip, fields=["end"])
    cls = forms.inlineformset_factory(Place, Trip, fk_name="begin", fields=["end"])
    place = Place()
    formset = cls(instance=place)
    assert place.code == "abc"
    form = formset.empty_form
    assert place.code is None  # the default would be another one when it is saved
    assert form.fields["begin"].to_field == "code"
    assert forms.inlineformset_factory(Author, Trip, fields=["end"]).max_num == 1


async def test_dates_of_forms_are_compared() -> None:
    class Form:
        cleaned_data = {"slug": "a", "published": datetime.date(2020, 2, 3)}

    assert date_values(Form(), (Book, "date", "slug", "published")) == ("a", 2020, 2, 3)
    Form.cleaned_data = {"slug": None, "published": None}  # type: ignore[dict-item]
    assert date_values(Form(), (Book, "month", "slug", "published")) is None
