"""Formsets behave as Django's."""

from typing import Any

import pytest
from django import forms as django_forms
from django.core.exceptions import ValidationError as DjangoValidationError
from fastjango import forms
from fastjango.core.exceptions import ValidationError


def pair(**options: Any) -> list[Any]:
    """Make the same formset with both frameworks."""
    made = []
    for f in (forms, django_forms):
        fields = {"name": f.CharField(), "votes": f.IntegerField(required=False)}
        made.append(f.formset_factory(type("ChoiceForm", (f.Form,), fields), **options))
    return made


def submitted(total: Any, initial: Any, *rows: dict[str, str]) -> dict[str, Any]:
    data = {"form-TOTAL_FORMS": str(total), "form-INITIAL_FORMS": str(initial)}
    for index, row in enumerate(rows):
        data |= {f"form-{index}-{name}": value for name, value in row.items()}
    return data


DATA = {
    "valid": submitted(2, 0, {"name": "a", "votes": "1"}, {"name": "b"}),
    "an empty extra": submitted(2, 0, {"name": "a"}, {"name": ""}),
    "an error": submitted(2, 1, {"name": "", "votes": "x"}, {"name": "b", "ORDER": "1"}),
    "deleted": submitted(2, 1, {"name": "", "DELETE": "on"}, {"name": "b"}),
    "ordered": submitted(
        3, 3, {"name": "a", "ORDER": "2"}, {"name": "b", "ORDER": ""}, {"name": "c", "ORDER": "1"}
    ),
    "too many": submitted(4, 0, *[{"name": "a"}] * 4),
    "too few": submitted(0, 0),
    "over the absolute limit": submitted(3000, 0, {"name": "a"}),
    "no management form": {"form-0-name": "a"},
    "empty": {},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "delete": {"can_delete": True},
    "order and delete": {"can_order": True, "can_delete": True, "can_delete_extra": False},
    "limits": {"max_num": 3, "validate_max": True, "min_num": 1, "validate_min": True},
    "order": {"can_order": True, "extra": 3, "absolute_max": 2000},
}


def view(formset: Any) -> Any:
    """Return all that a formset says about its data."""
    valid = formset.is_valid()
    found: dict[str, Any] = {
        "valid": valid,
        "errors": formset.errors,
        "non_form": list(formset.non_form_errors()),
        "count": formset.total_error_count(),
        "total": formset.total_form_count(),
        "initial": len(formset.initial_forms),
        "extra": len(formset.extra_forms),
        "changed": formset.has_changed(),
        "deleted": [form.prefix for form in formset.deleted_forms],
        "multipart": formset.is_multipart(),
        "repr": repr(formset).split(".")[-1],
        "length": len(formset),
    }
    for name in ("cleaned_data", "ordered_forms"):
        try:
            value = getattr(formset, name)
        except AttributeError as error:
            found[name] = str(error)
        else:
            found[name] = [getattr(item, "prefix", item) for item in value]
    return found


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("data", DATA)
def test_submitted_formsets(options: str, data: str) -> None:
    ours, theirs = pair(**OPTIONS[options])
    assert view(ours(DATA[data])) == view(theirs(DATA[data]))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("initial", [None, [{"name": "a"}], [{"name": "a"}] * 5])
def test_unbound_formsets(options: str, initial: Any) -> None:
    ours, theirs = (kind(initial=initial, prefix="x") for kind in pair(**OPTIONS[options]))
    assert [f.prefix for f in ours] == [f.prefix for f in theirs]
    assert [list(f.fields) for f in ours] == [list(f.fields) for f in theirs]
    assert [f.empty_permitted for f in ours] == [f.empty_permitted for f in theirs]
    assert list(ours.empty_form.fields) == list(theirs.empty_form.fields)
    assert ours.empty_form.prefix == theirs.empty_form.prefix == "x-__prefix__"
    assert ours.management_form.initial == theirs.management_form.initial
    assert ours.is_valid() is theirs.is_valid() is False
    assert ours.errors == theirs.errors == []
    assert repr(ours).split(":")[1] == repr(theirs).split(":")[1]
    assert bool(ours)
    assert len(str(ours.media)) == 0
    if len(ours):
        assert ours[0] is ours.forms[0]


def test_arguments_of_the_forms() -> None:
    class Named(forms.Form):
        def __init__(self, *args: Any, title: str, **kwargs: Any) -> None:
            self.title = title
            super().__init__(*args, **kwargs)

    class Numbered(forms.BaseFormSet):
        def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
            return {**super().get_form_kwargs(index), "title": f"no. {index}"}

    kind = forms.formset_factory(Named, extra=2)
    assert [form.title for form in kind(form_kwargs={"title": "x"})] == ["x", "x"]
    numbered = forms.formset_factory(Named, formset=Numbered, extra=1)()
    assert [numbered.forms[0].title, numbered.empty_form.title] == ["no. 0", "no. None"]


def test_the_formset_checks_the_forms_together() -> None:
    class Distinct(forms.BaseFormSet):
        def clean(self) -> None:
            names = [form.cleaned_data.get("name") for form in self.forms]
            if len(set(names)) < len(names):
                raise ValidationError("Names differ, please.", code="same")

    class Item(forms.Form):
        name = forms.CharField()

    formset = forms.formset_factory(Item, formset=Distinct)(
        submitted(2, 0, {"name": "a"}, {"name": "a"})
    )
    assert not formset.is_valid()
    assert formset.non_form_errors() == ["Names differ, please."]
    assert 'class="errorlist nonform"' in str(formset.non_form_errors())


def test_messages_can_be_replaced() -> None:
    ours, _theirs = pair(max_num=1, validate_max=True)
    formset = ours(DATA["too many"], error_messages={"too_many_forms": "at most %(num)d"})
    assert formset.non_form_errors() == ["at most 1"]
    formset = ours({}, error_messages={"missing_management_form": "gone"})
    assert formset.non_form_errors() == ["gone"]


def test_widgets_for_order_and_deletion() -> None:
    class Own(forms.BaseFormSet):
        deletion_widget = forms.HiddenInput
        ordering_widget = forms.HiddenInput

    class Item(forms.Form):
        name = forms.CharField(widget=forms.FileInput)

    kind = forms.formset_factory(Item, formset=Own, can_delete=True, can_order=True)
    assert str(kind()).count('type="hidden"') == 6
    assert kind().is_multipart()
    assert kind.__name__ == "ItemFormSet"
    assert forms.formset_factory(Item, extra=0)().is_multipart()


def test_limits_must_fit() -> None:
    with pytest.raises(ValueError, match="'absolute_max' must be greater or equal to 'max_num'"):
        forms.formset_factory(forms.Form, max_num=3, absolute_max=2)
    negative = forms.formset_factory(forms.Form, max_num=-1, extra=2)
    assert len(negative()) == 2


def test_all_valid_cleans_every_formset() -> None:
    ours, _theirs = pair()
    bad, good = ours(DATA["an error"]), ours(DATA["valid"])
    assert not forms.all_valid([bad, good])
    assert good._errors is not None
    assert forms.all_valid([good])


def test_a_renderer_of_its_own() -> None:
    from fastjango.forms.renderers import Jinja2

    class Own(Jinja2):
        formset_template_name = "django/forms/formsets/p.html"

    renderer = Own()
    ours, _theirs = pair(renderer=renderer)
    formset = ours()
    assert formset.forms[0].renderer is renderer
    assert formset.management_form.renderer is renderer
    assert str(formset) == str(formset.as_p())
    assert DjangoValidationError is not ValidationError
