"""Forms of models: made, validated and saved, in both ways with the same results."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bookstall.models import Author, Book, Page, Tag
from fastjango import forms
from fastjango.core.exceptions import (
    FieldError,
    ImproperlyConfigured,
    SynchronousOnlyOperation,
    ValidationError,
)
from fastjango.forms.exceptions import MissingAsyncTwin
from fastjango.forms.models import (
    ModelChoiceIteratorValue,
    apply_limit_choices_to_to_formfield,
    construct_instance,
)
from fastjango.forms.models.forms import modelform_defines_fields
from fastjango.orm import connection, models
from fastjango.testing.contexts import isolate_apps

pytestmark = pytest.mark.usefixtures("database")


class BookForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title", "slug", "author", "tags", "published", "price", "kind"]


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call synchronous code that queries, from a test that runs on a loop."""

    def call() -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(call)


async def both(form_class: Any, data: Any, instance: Any = None, **kwargs: Any) -> tuple[Any, Any]:
    """A form validated synchronously, and one asynchronously; their errors are the same."""

    def validated() -> Any:
        form = form_class(data, instance=instance, **kwargs)
        form.is_valid()
        return form

    one = await in_thread(validated)
    other = await form_class.amake(data, instance=instance, **kwargs)
    assert await other.ais_valid() is not bool(one._errors)
    assert one._errors.get_json_data() == other._errors.get_json_data()
    return one, other


@pytest.fixture
async def author() -> Author:
    return await Author.objects.acreate(name="Ada")


def data(writer: Author, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Notes",
        "slug": "notes",
        "author": str(writer.pk),
        "tags": [],
        "published": "2024-05-06",
        "price": "",
        "kind": "n",
        **changes,
    }


# --- making forms -------------------------------------------------------------------------


def test_fields_are_those_of_the_model() -> None:
    fields = BookForm.base_fields
    kinds = {name: type(field).__name__ for name, field in fields.items()}
    assert kinds == {
        "title": "CharField",
        "slug": "SlugField",
        "author": "ModelChoiceField",
        "tags": "ModelMultipleChoiceField",
        "published": "DateField",
        "price": "DecimalField",
        "kind": "TypedChoiceField",
    }
    assert fields["title"].max_length == 40
    assert fields["title"].label == "Title"
    assert fields["price"].required is False
    assert fields["kind"].choices == Book.KINDS
    assert fields["published"].initial == datetime.date(2020, 1, 1)


def test_what_meta_says() -> None:
    class Other(forms.ModelForm):
        extra = forms.CharField()
        price = forms.FloatField()

        class Meta:
            model = Book
            exclude = ["tags", "author", "slug"]
            widgets = {"title": forms.Textarea}
            labels = {"title": "Name"}
            help_texts = {"title": "short"}
            error_messages = {"title": {"required": "no!"}}
            field_classes = {"title": forms.SlugField}
            localized_fields = ["published"]

    fields = Other.base_fields
    assert list(fields) == ["title", "published", "price", "kind", "extra"]
    title = fields["title"]
    assert type(title) is forms.SlugField
    assert type(title.widget) is forms.Textarea
    assert (title.label, title.help_text, title.error_messages["required"]) == (
        "Name",
        "short",
        "no!",
    )
    assert fields["published"].localize
    assert not fields["kind"].localize
    assert type(fields["price"]) is forms.FloatField

    class Everywhere(Other):
        class Meta(Other.Meta):
            localized_fields = "__all__"

    assert Everywhere.base_fields["title"].localize


def test_mistakes_in_meta() -> None:
    def make(**attrs: Any) -> Any:
        meta = type("Meta", (), {"model": Book, **attrs})
        return type("F", (forms.ModelForm,), {"Meta": meta})

    for wrong, error, message in (
        ({}, ImproperlyConfigured, "Creating a ModelForm without either the 'fields' attribute"),
        ({"fields": "title"}, TypeError, r"F.Meta.fields cannot be a string. Did you mean to type"),
        ({"fields": ["nope"]}, FieldError, r"Unknown field\(s\) \(nope\) specified for Book"),
        ({"fields": ["secret"]}, FieldError, "'secret' cannot be specified for Book model form"),
    ):
        with pytest.raises(error, match=message):
            make(**wrong)
    with pytest.raises(ValueError, match="ModelForm has no model class specified"):
        type("F", (forms.ModelForm,), {})()
    with pytest.raises(TypeError, match="formfield_callback must be a function or callable"):
        make(fields=["title"], formfield_callback="x")
    with pytest.raises(ImproperlyConfigured, match="Calling modelform_factory without defining"):
        forms.modelform_factory(Book)
    assert next(iter(make(fields="__all__").base_fields)) == "title"
    assert list(make(fields=["kind", "tags", "title"], exclude=["tags"]).base_fields) == [
        "kind",
        "title",
    ]


def test_the_factory() -> None:
    def callback(field: Any, **kwargs: Any) -> Any:
        return None if field.name == "kind" else field.formfield(**kwargs)

    made = forms.modelform_factory(
        Book,
        form=BookForm,
        fields=["title", "kind"],
        formfield_callback=callback,
        widgets={"title": forms.Textarea()},
        labels={"title": "T"},
        help_texts={"title": "H"},
        error_messages={"title": {"required": "R"}},
        field_classes={"title": forms.CharField},
        localized_fields=["title"],
    )
    assert made.__name__ == "BookForm"
    assert list(made.base_fields) == ["title"]
    assert issubclass(made, BookForm)
    assert made.Meta.labels == {"title": "T"}
    assert list(forms.modelform_factory(Page, exclude=["book"]).base_fields) == ["number", "text"]
    assert modelform_defines_fields(BookForm)
    assert not modelform_defines_fields(forms.Form)


def test_every_model_field_has_a_form_field() -> None:
    made = {
        models.BooleanField(): forms.BooleanField,
        models.BooleanField(null=True): forms.NullBooleanField,
        models.EmailField(): forms.EmailField,
        models.URLField(): forms.URLField,
        models.FloatField(): forms.FloatField,
        models.BigIntegerField(): forms.IntegerField,
        models.DateTimeField(): forms.DateTimeField,
        models.TimeField(): forms.TimeField,
        models.DurationField(): forms.DurationField,
        models.UUIDField(): forms.UUIDField,
        models.JSONField(): forms.JSONField,
        models.GenericIPAddressField(): forms.GenericIPAddressField,
        models.TextField(): forms.CharField,
        models.FileField(): forms.FileField,
        models.ImageField(): forms.ImageField,
        models.FilePathField(path="/"): forms.FilePathField,
    }
    for field, expected in made.items():
        field.set_attributes_from_name("field")
        formfield = field.formfield()
        assert type(formfield) is expected, field
        assert formfield.label == "Field"
    text = models.TextField()
    text.set_attributes_from_name("t")
    assert type(text.formfield().widget) is forms.Textarea
    chosen = models.IntegerField(choices=[(1, "one")], null=True, default=lambda: 1)
    chosen.set_attributes_from_name("c")
    formfield = chosen.formfield(min_value=3, widget=forms.RadioSelect)
    assert (formfield.coerce("1"), formfield.empty_value) == (1, None)
    assert formfield.show_hidden_initial
    several = chosen.formfield(choices_form_class=forms.TypedMultipleChoiceField)
    assert type(several) is forms.TypedMultipleChoiceField


# --- values of instances ------------------------------------------------------------------


async def test_an_instance_gives_initial_values(author: Author) -> None:
    tag = await Tag.objects.acreate(name="t")
    book = await Book.objects.acreate(title="T", slug="t", author=author)
    await book.tags.aset([tag])
    values = await in_thread(forms.model_to_dict, book)
    assert values["author"] == author.pk
    assert values["tags"] == [tag]
    assert "secret" not in values
    assert forms.model_to_dict(book, ["title", "kind"], ["kind"]) == {"title": "T"}
    form = await BookForm.amake(instance=book, initial={"kind": "p"})
    assert form.initial["tags"] == [tag]
    assert form.initial["kind"] == "p"
    again = await BookForm.amake(instance=book)  # what was fetched is not fetched again
    assert again.initial["tags"] == [tag]
    fresh = await Book.objects.aget()
    with pytest.raises(SynchronousOnlyOperation, match=r"await BookForm.amake\(instance=...\)"):
        BookForm(instance=fresh)


async def test_relations_without_a_field_are_fetched_too(author: Author) -> None:
    def make(field: Any, **options: Any) -> Any:
        return None if field.name == "tags" else field.formfield(**options)

    cls = forms.modelform_factory(Book, fields="__all__", formfield_callback=make)
    book = await Book.objects.acreate(title="T", slug="t", author=author)
    form = await cls.amake(instance=book)
    assert "tags" not in form.fields
    assert form.initial["tags"] == []
    many = forms.modelformset_factory(Book, fields="__all__", formfield_callback=make)
    formset = await many.amake()
    assert formset.forms[0].initial["tags"] == []


# --- validation ---------------------------------------------------------------------------


async def test_a_valid_form_makes_an_instance(author: Author) -> None:
    tags = [await Tag.objects.acreate(name=name) for name in "ab"]
    sent = data(author, tags=[str(tag.pk) for tag in tags], price="3.50")
    one, other = await both(BookForm, sent)
    saved = await in_thread(one.save)
    assert await in_thread(lambda: list(saved.tags.all())) == tags
    await saved.adelete()
    saved = await other.asave()
    assert [tag async for tag in saved.tags.all()] == tags
    stored = await Book.objects.select_related("author").aget()
    assert (stored.title, stored.price, stored.author) == ("Notes", Decimal("3.50"), author)
    assert stored.published == datetime.date(2024, 5, 6)


async def test_saving_later(author: Author) -> None:
    tag = await Tag.objects.acreate(name="a")
    one, other = await both(BookForm, data(author, tags=[str(tag.pk)]))
    book = await in_thread(one.save, commit=False)
    assert book.pk is None
    await in_thread(book.save)
    await in_thread(one.save_m2m)
    assert await book.tags.acount() == 1
    await book.adelete()
    book = await other.asave(commit=False)
    await book.asave()
    await other.asave_m2m()
    assert await book.tags.acount() == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"title": "x" * 41}, "title", "Ensure this value has at most 40 characters"),
        ({"title": "Forbidden"}, "title", "This title is on the index."),
        ({"price": "-1"}, "__all__", "Constraint “not_below_zero” is violated."),
        ({"author": "999"}, "author", "Select a valid choice."),
        ({"author": "x"}, "author", "Select a valid choice."),
        ({"author": "9" * 40}, "author", "Select a valid choice."),
        ({"author": "\x00"}, "author", "Null characters are not allowed."),
        ({"author": "\udcff"}, "author", "Select a valid choice."),
        ({"author": ""}, "author", "This field is required."),
        ({"tags": ["x"]}, "tags", "“x” is not a valid value."),
        ({"tags": ["999"]}, "tags", "Select a valid choice. 999 is not one of"),
        ({"tags": ["9" * 40]}, "tags", "Select a valid choice."),
        ({"tags": ["\x00"]}, "tags", "Null characters are not allowed."),
        ({"tags": "1"}, "tags", "Enter a list of values."),
        ({"tags": [[1]]}, "tags", "Enter a list of values."),
        ({"kind": "z"}, "kind", "Select a valid choice. z is not one of"),
    ],
)
async def test_bad_values(
    author: Author, changes: dict[str, Any], field: str, message: str
) -> None:
    one, _ = await both(BookForm, data(author, **changes))
    assert message in str(one.errors[field])
    with pytest.raises(ValueError, match="The Book could not be created because the data"):
        one.save()


async def test_uniqueness_and_constraints(author: Author) -> None:
    await Book.objects.acreate(
        title="Notes", slug="notes", author=author, published=datetime.date(2024, 1, 1)
    )
    one, _ = await both(BookForm, data(author))
    assert "Kind and title are taken." in str(one.errors["__all__"])
    assert "Book with this Title and Author already exists." in str(one.errors["__all__"])
    assert "Slug must be unique for Published year." in str(one.errors["slug"])
    name = forms.modelform_factory(Author, fields=["name"])
    one, other = await both(name, {"name": "Ada"})
    assert "Author with this Name already exists." in str(one.errors)
    with pytest.raises(ValueError, match="could not be created"):
        await other.asave()
    one, other = await both(name, {"name": "Ada"}, instance=author)
    assert (await other.asave()).pk == author.pk


async def test_messages_of_the_form_come_first(author: Author) -> None:
    class Form(BookForm):
        class Meta(BookForm.Meta):
            error_messages = {
                "__all__": {"unique_together": "taken"},
                "title": {"max_length": "too long"},
            }

    await Book.objects.acreate(title="Notes", slug="n", author=author)
    one, _ = await both(Form, data(author))
    assert "taken" in str(one.errors["__all__"])


async def test_switching_checks_off(author: Author) -> None:
    await Book.objects.acreate(title="Notes", slug="notes", author=author)

    class Careless(BookForm):
        def clean(self) -> Any:
            return self.cleaned_data

    await both(Careless, data(author, published="2020-05-05"))

    class Own(BookForm):
        def validate_unique(self) -> None: ...

    form = Own(data(author))
    with pytest.raises(MissingAsyncTwin, match=r"Own overrides validate_unique\(\) but not"):
        await form.ais_valid()

    class Saving(BookForm):
        def save(self, commit: bool = True) -> Any: ...

    form = Saving(data(author))
    with pytest.raises(MissingAsyncTwin, match=r"Saving overrides save\(\) but not"):
        await form.asave()


@isolate_apps("bookstall")
async def test_what_an_instance_raises_while_it_is_filled(author: Author) -> None:
    class Proud(Author):
        class Meta:
            proxy = True
            app_label = "bookstall"

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "name" and value == "bad":
                raise ValidationError("no", code="x")
            super().__setattr__(name, value)

    form = forms.modelform_factory(Proud, fields=["name"])
    one, _ = await both(form, {"name": "bad"})
    assert "no" in str(one.errors["__all__"])


async def test_a_field_that_the_form_makes_optional(author: Author) -> None:
    class Loose(BookForm):
        slug = forms.CharField(required=False)

    one, other = await both(Loose, data(author, slug=""))
    assert not one.errors
    assert (await other.asave()).slug == ""


async def test_fields_of_the_form_alone_are_not_the_models(author: Author) -> None:
    class Form(forms.ModelForm):
        title = forms.CharField()
        kind = forms.CharField()

        class Meta:
            model = Book
            fields = ["title", "slug"]

    one, other = await both(Form, {"title": "T", "slug": "t", "kind": "zzz"})
    assert not one.errors
    assert other.instance.kind == "n"


async def test_defaults_stay_where_nothing_was_sent(author: Author) -> None:
    sent = data(author)
    del sent["kind"], sent["published"]

    class Form(BookForm):
        kind = forms.CharField(required=False)
        published = forms.DateField(required=False)

    _, other = await both(Form, sent)
    assert other.instance.kind == "n"
    assert other.instance.published == datetime.date(2020, 1, 1)


def test_constructing_an_instance() -> None:
    class Form(forms.Form):
        title = forms.CharField()
        kind = forms.CharField()

    form = Form({"title": "T", "kind": "p"})
    assert form.is_valid()
    book = construct_instance(form, Book(), ["title", "kind"], ["kind"])
    assert (book.title, book.kind) == ("T", "n")


# --- choices ------------------------------------------------------------------------------


async def test_choices_are_rows(author: Author) -> None:
    nobody = await Author.objects.acreate(name="Nobody")
    form = BookForm()
    await form.aload_choices()
    choices = list(form.fields["author"].choices)  # on the loop: nothing waits any more
    assert [str(value) for value, _ in choices] == ["", str(author.pk)]
    assert str(choices[0][1]) == "- Select an option -"
    value = choices[1][0]
    assert isinstance(value, ModelChoiceIteratorValue)
    assert (value.instance, value, hash(value)) == (author, author.pk, hash(author.pk))
    assert value == ModelChoiceIteratorValue(author.pk, None)
    assert value != ModelChoiceIteratorValue(nobody.pk, None)
    assert "Ada" in await in_thread(lambda: str(BookForm()["author"]))
    field = form.fields["author"]
    assert await in_thread(lambda: (len(field.choices), bool(field.choices))) == (2, True)
    many = form.fields["tags"]
    assert await in_thread(lambda: (len(many.choices), bool(many.choices))) == (0, False)


async def test_choice_fields(author: Author) -> None:
    rows = Author.objects.all()
    field = forms.ModelChoiceField(rows, required=False, to_field_name="name")
    assert await in_thread(field.clean, "Ada") == author
    assert await field.aclean("Ada") == author
    assert await field.aclean("") is None
    assert await field.aclean(author) == author
    assert field.prepare_value(author) == "Ada"
    assert not field.has_changed("Ada", "Ada")
    assert field.has_changed(None, "Ada")
    assert not forms.ModelChoiceField(rows, disabled=True).has_changed(None, "Ada")
    assert forms.ModelChoiceField(rows, initial=1).empty_label is None
    assert forms.ModelChoiceField(rows, widget=forms.RadioSelect).empty_label is None
    radio = forms.ModelChoiceField(rows, widget=forms.RadioSelect, blank=True, empty_label="none")
    assert radio.empty_label == "none"
    field.choices = [(1, "one")]
    await field.aload_choices()
    assert list(field.choices) == [(1, "one")]
    assert forms.ModelChoiceField(None).queryset is None

    class Own(forms.ModelChoiceField):
        def to_python(self, value: Any) -> Any:
            return Author.objects.get(name=value)

        def label_from_instance(self, obj: Any) -> Any:
            return obj.name.upper()

    own = Own(rows)
    assert await own.aclean("Ada") == author
    await own.aload_choices()
    assert next(iter(list(own.choices)[1:]))[1] == "ADA"


async def test_multiple_choice_fields(author: Author) -> None:
    rows = Author.objects.all()
    field = forms.ModelMultipleChoiceField(rows, required=False, to_field_name="name")
    assert list(await field.aclean(["Ada", "Ada"])) == [author]
    assert await in_thread(lambda: list(field.clean(["Ada"]))) == [author]
    assert await field.ato_python(["Ada"]) == [author]
    assert await in_thread(field.to_python, ["Ada"]) == [author]
    assert field.to_python([]) == await field.ato_python(None) == []
    assert await in_thread(lambda: list(field.clean([]))) == []
    assert list(await field.aclean(None)) == []
    assert field.prepare_value([author, "x"]) == ["Ada", "x"]
    assert field.prepare_value("x") == "x"
    assert not field.has_changed([author], ["Ada"])
    assert field.has_changed([author], [])
    assert field.has_changed(["Ada"], ["Bob"])
    assert not field.has_changed(None, None)
    assert field.has_changed([author], 5)  # of JSON, which may hold anything
    assert not forms.ModelMultipleChoiceField(rows, disabled=True).has_changed(None, ["x"])
    shown = forms.ModelMultipleChoiceField(rows, disabled=True, initial=Author.objects.all())
    kept = type("Kept", (forms.Form,), {"authors": shown})({})
    assert await kept.ais_valid()
    assert list(kept.cleaned_data["authors"]) == [author]
    strict = forms.ModelMultipleChoiceField(rows, validators=[_refuse])
    for call in (strict.aclean([]), strict.aclean([str(author.pk)])):
        with pytest.raises(ValidationError):
            await call
    with pytest.raises(ValidationError, match="This field is required"):
        strict.clean([])
    for _ in range(2):  # the first one that is wrong is named, each time the same
        with pytest.raises(ValidationError, match="zz is not one"):
            await field.aclean(["Ada", "zz", "aa", "yy"])


def _refuse(value: Any) -> None:
    raise ValidationError("never")


async def test_limits_of_choices(author: Author) -> None:
    await Author.objects.acreate(name="Bob")
    for limit in ({"name": "Bob"}, lambda: models.Q(name="Bob")):
        field = forms.ModelChoiceField(Author.objects.all(), limit_choices_to=limit)
        apply_limit_choices_to_to_formfield(field)
        assert [row.name async for row in field.queryset] == ["Bob"]
    apply_limit_choices_to_to_formfield(forms.CharField())
    made = forms.fields_for_model(Book, ["author"])
    assert [row.name async for row in made["author"].queryset] == ["Ada", "Bob"]


async def test_prefetched_choices(author: Author) -> None:
    await Book.objects.acreate(title="T", slug="t", author=author)
    field = forms.ModelChoiceField(Author.objects.prefetch_related("book_set"))
    labels = await in_thread(lambda: [label for _, label in field.choices])
    assert labels[1:] == ["Ada"]
