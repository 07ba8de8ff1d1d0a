"""Forms behave as Django's."""

import datetime
import pickle
from typing import Any

import pytest
from django import forms as django_forms
from fastjango import forms
from fastjango.core.exceptions import NON_FIELD_ERRORS, ValidationError
from fastjango.values.datastructures import MultiValueDict


class Base(forms.Form):
    name = forms.CharField(max_length=5)
    age = forms.IntegerField(required=False, initial=lambda: 36)


class Derived(Base):
    age = None  # type: ignore[assignment]
    email = forms.EmailField(required=False)
    field_order = ["email", "unknown"]


def test_fields_come_from_all_bases() -> None:
    assert list(Base.base_fields) == ["name", "age"]
    assert list(Derived().fields) == ["email", "name"]
    assert list(Derived(field_order=["name"]).fields) == ["name", "email"]
    form = Derived()
    form.order_fields(None)
    assert [bound.name for bound in form] == ["email", "name"]


def test_forms_do_not_share_fields() -> None:
    first, second = Base(), Base()
    first.fields["name"].required = False
    first.fields["name"].widget.attrs["x"] = "y"
    assert second.fields["name"].required
    assert "x" not in second.fields["name"].widget.attrs


def test_the_interface() -> None:
    form = Base({"name": "toolong", "age": "x"}, prefix="p", auto_id="%s_id")
    assert repr(form) == "<Base bound=True, valid=Unknown, fields=(name;age)>"
    assert form["name"].html_name == "p-name"
    assert form["name"].auto_id == "p-name_id"
    assert form["name"] is form["name"]
    assert not form.is_valid()
    assert repr(form) == "<Base bound=True, valid=False, fields=(name;age)>"
    with pytest.raises(KeyError, match=r"Key 'x' not found in 'Base'. Choices are: age, name."):
        form["x"]
    assert form["age"].initial == 36
    assert not form.is_multipart()


def test_errors_can_be_added() -> None:
    form = Base({"name": "ada"})
    assert form.is_valid()
    form.add_error("name", "one")
    form.add_error(None, ["two", ValidationError("three", code="c")])
    form.add_error(None, {"age": "four", NON_FIELD_ERRORS: "five"})
    assert form.errors == {"name": ["one"], "age": ["four"], "__all__": ["two", "three", "five"]}
    assert "name" not in form.cleaned_data
    assert form.has_error("name")
    assert form.has_error(NON_FIELD_ERRORS, "c")
    assert not form.has_error("name", "c")
    with pytest.raises(TypeError, match=r"must be `None` when the `error` argument"):
        form.add_error("name", {"name": "x"})
    with pytest.raises(ValueError, match=r"'Base' has no field named 'x'\."):
        form.add_error("x", "y")
    assert 'id="id_name_error"' in str(form.errors["name"])


def test_cleaners() -> None:
    class Form(Base):
        def clean_name(self) -> str:
            if self.cleaned_data["name"] == "bad":
                raise ValidationError("bad name")
            return str(self.cleaned_data["name"]).upper()

        def clean(self) -> Any:
            if self.cleaned_data.get("age") == 1:
                raise ValidationError({"age": ["too young"], NON_FIELD_ERRORS: "no"})
            return {"name": self.cleaned_data.get("name"), "extra": True}

    form = Form({"name": "ada", "age": "2"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "ADA", "extra": True}
    form = Form({"name": "bad", "age": "1"})
    assert form.errors == {"name": ["bad name"], "age": ["too young"], "__all__": ["no"]}


@pytest.mark.parametrize(
    "data", [{}, {"name": "a"}, {"name": "", "age": "36"}, {"name": "", "age": "37"}]
)
def test_empty_permitted(data: dict[str, str]) -> None:
    outcomes = []
    for f in (forms, django_forms):
        fields = {"name": f.CharField(), "age": f.IntegerField(initial=36)}
        form = type("Form", (f.Form,), fields)(
            data, empty_permitted=True, use_required_attribute=False
        )
        outcomes.append((form.is_valid(), form.changed_data, form.has_changed(), form.errors))
    assert outcomes[0] == outcomes[1]


def test_empty_permitted_forms_show_no_required() -> None:
    with pytest.raises(ValueError, match="may not both be True"):
        Base(empty_permitted=True)


def test_initial_values() -> None:
    moment = datetime.datetime(2026, 1, 31, 12, 0, 0, 5)

    class Form(forms.Form):
        at = forms.DateTimeField(initial=lambda: moment)
        raw = forms.DateTimeField(initial=moment, widget=forms.TextInput)
        name = forms.CharField(initial="field")

    form = Form(initial={"name": lambda: "form"})
    assert form["name"].value() == "form"
    assert form["at"].initial.microsecond == 0
    assert form["raw"].initial.microsecond == 5


def test_hidden_initial_values_decide_what_changed() -> None:
    class Form(forms.Form):
        age = forms.IntegerField(show_hidden_initial=True, initial=1)

    assert Form({"age": "5", "initial-age": "5"}).changed_data == []
    assert Form({"age": "5", "initial-age": "4"}).changed_data == ["age"]
    assert Form({"age": "5", "initial-age": "x"}).changed_data == ["age"]
    shown = str(Form({"age": "5", "initial-age": "4"})["age"])
    assert 'name="initial-age" value="4"' in shown


def test_hidden_and_visible_fields() -> None:
    class Form(forms.Form):
        a = forms.CharField(widget=forms.HiddenInput)
        b = forms.FileField()

    form = Form()
    assert [bound.name for bound in form.hidden_fields()] == ["a"]
    assert [bound.name for bound in form.visible_fields()] == ["b"]
    assert form.is_multipart()


def test_a_disabled_field_keeps_its_initial_value() -> None:
    class Form(forms.Form):
        name = forms.CharField(disabled=True, initial="kept")
        data = forms.JSONField(disabled=True, initial={"a": 1})

    form = Form({"name": "changed", "data": "[]"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "kept", "data": {"a": 1}}
    assert "disabled" in str(form["name"])


def test_bound_field_classes() -> None:
    class Own(forms.BoundField):
        def css_classes(self, extra_classes: Any = None) -> str:
            return super().css_classes(extra_classes or "own")

    class Form(forms.Form):
        bound_field_class = Own
        a = forms.CharField()
        b = forms.CharField(bound_field_class=forms.BoundField)

    form = Form()
    assert type(form["a"]) is Own
    assert type(form["b"]) is forms.BoundField
    assert '<div class="own">' in str(form)
    assert type(Base(bound_field_class=Own)["name"]) is Own


def test_parts_of_multi_values_may_be_optional() -> None:
    class Two(forms.MultiWidget):
        def __init__(self) -> None:
            super().__init__({"": forms.TextInput, "b": forms.TextInput()})

        def decompress(self, value: Any) -> list[Any]:
            return value.split("-") if value else []

    class Field(forms.MultiValueField):
        def compress(self, data_list: list[Any]) -> str:
            return "-".join(data_list)

    class Form(forms.Form):
        v = Field(
            [forms.CharField(), forms.CharField(required=False)],
            require_all_fields=False,
            widget=Two(),
        )

    shown = str(Form()["v"])
    assert shown.count("required") == 1
    assert 'name="v" required' in shown
    assert 'name="v_b"' in shown
    assert Form({"v": "x", "v_b": ""}).is_valid()
    widget = Form().fields["v"].widget
    assert widget.value_omitted_from_data({"v": "x"}, {}, "v") is False
    assert widget.value_omitted_from_data({}, {}, "v") is True
    assert not widget.is_hidden
    assert not widget.needs_multipart_form
    with pytest.raises(NotImplementedError):
        forms.MultiWidget([]).decompress("x")


def test_widgets_take_a_type_and_localize() -> None:
    class Form(forms.Form):
        split = forms.SplitDateTimeField(
            localize=True, widget=forms.SplitDateTimeWidget(attrs={"type": "search"})
        )
        number = forms.DecimalField(localize=True, initial=1.5)

    shown = str(Form()["split"])
    assert shown.count('type="search"') == 2
    assert 'value="1.5"' in str(Form()["number"])
    multi = forms.SplitDateTimeWidget()
    assert 'type="url"' in multi.render("x", None, {"type": "url"})
    assert (
        forms.TextInput({"type": "url"}).render("x", "y") == '<input type="url" name="x" value="y">'
    )


def test_what_was_left_out_of_the_data() -> None:
    assert forms.TextInput().value_omitted_from_data({}, {}, "x")
    assert not forms.CheckboxInput().value_omitted_from_data({}, {}, "x")
    assert not forms.CheckboxSelectMultiple().value_omitted_from_data({}, {}, "x")
    assert not forms.SelectMultiple().value_omitted_from_data({}, {}, "x")
    assert forms.FileInput().value_omitted_from_data({"x": 1}, {}, "x")
    assert forms.ClearableFileInput().value_omitted_from_data({}, {}, "x")
    assert not forms.ClearableFileInput().value_omitted_from_data({"x-clear": 1}, {}, "x")
    assert forms.SelectDateWidget().value_omitted_from_data({"x": 1}, {}, "x")
    assert not forms.SelectDateWidget().value_omitted_from_data({"x_day": 1}, {}, "x")
    assert forms.Select().value_from_datadict({"x": "1"}, {}, "x") == "1"


def test_several_files() -> None:
    class Several(forms.FileInput):
        allow_multiple_selected = True

    assert Several().render("x", None) == '<input type="file" name="x" multiple>'
    assert Several().value_from_datadict({}, MultiValueDict({"x": [1, 2]}), "x") == [1, 2]
    assert Several().value_from_datadict({}, {"x": 1}, "x") == 1
    with pytest.raises(ValueError, match="FileInput doesn't support uploading multiple files"):
        forms.FileInput({"multiple": True})


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"x_year": "2026", "x_month": "1", "x_day": "31"}, "2026-01-31"),
        ({"x_year": "2026", "x_month": "2", "x_day": "31"}, "2026-2-31"),
        ({"x_year": "", "x_month": "", "x_day": ""}, None),
        ({"x_year": "2026", "x_month": "", "x_day": "3"}, "2026-0-3"),
        ({"x_year": "9" * 30, "x_month": "1", "x_day": "3"}, "0-0-0"),
        ({"x": "2026-01-31"}, "2026-01-31"),
        ({}, None),
    ],
)
def test_the_date_of_three_lists(data: dict[str, str], value: Any) -> None:
    for f in (forms, django_forms):
        assert f.SelectDateWidget().value_from_datadict(data, {}, "x") == value


def test_labels_of_the_lists() -> None:
    widget = forms.SelectDateWidget(empty_label=("y", "m", "d"), months={1: "J"}, years=[2026])
    assert widget.year_none_value == ("", "y")
    assert '<option value="1">J</option>' in widget.render("x", None)
    assert widget.id_for_label("id_x") == "id_x_month"
    assert widget.format_value("01/31/2026") == {"year": None, "month": None, "day": None}
    with pytest.raises(ValueError, match="must have 3 elements"):
        forms.SelectDateWidget(empty_label=("y", "m"))


def test_truth_values() -> None:
    for f in (forms, django_forms):
        box, unknown = f.CheckboxInput(), f.NullBooleanSelect()
        values = [True, False, "true", "False", "x", "", None, "2", "3", 0, 1]
        found = [box.value_from_datadict({"x": v}, {}, "x") for v in values]
        assert found == [True, False, True, False, True, False, False, True, True, False, True]
        assert [unknown.format_value(v) for v in ("2", "3", True, "x")] == [
            "true", "false", "true", "unknown",
        ]  # fmt: skip
        read = [unknown.value_from_datadict({"x": v}, {}, "x") for v in ("2", "3", "True", "x")]
        assert read == [True, False, True, None]
    assert forms.NullBooleanSelect().value_from_datadict({"x": []}, {}, "x") is None
    assert forms.NullBooleanSelect().format_value([]) == "unknown"


def test_a_database_default_is_no_value() -> None:
    class Default:
        is_database_default = True

    assert forms.TextInput().format_value(Default()) is None


def test_widgets_can_be_pickled_and_copied() -> None:
    import copy

    widget = pickle.loads(pickle.dumps(forms.CheckboxInput({"a": "b"})))
    assert widget.attrs == {"a": "b"}

    class Choices(forms.Select):
        pass

    lazy = Choices(choices=lambda: [("a", "A")])
    copied = copy.deepcopy(lazy)
    assert list(copied.choices) == [("a", "A")]

    class Slotted(forms.TextInput):
        __slots__ = ("extra",)

    slotted = Slotted()
    slotted.extra = 1
    assert copy.deepcopy(slotted).extra == 1


def test_many_hidden_values() -> None:
    widget = forms.MultipleHiddenInput()
    assert widget.value_from_datadict(MultiValueDict({"x": ["1", "2"]}), {}, "x") == ["1", "2"]
    assert widget.value_from_datadict({"x": ["1"]}, {}, "x") == ["1"]
    assert widget.render("x", None) == ""
    assert widget.render("x", "ab") == '<input type="hidden" name="x" value="ab">'


def test_signature_of_the_boolean_check() -> None:
    box = forms.CheckboxInput(check_test=lambda value: value == "special")
    assert "checked" in box.render("x", "special")
    assert "checked" not in box.render("x", "other")
    assert box.render("x", "") == '<input type="checkbox" name="x">'
