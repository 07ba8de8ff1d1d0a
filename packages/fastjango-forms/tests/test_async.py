"""Cleaning that waits: one step after another, and never passed over by a sync call."""

import asyncio
import gc
import weakref
from typing import Any

import pytest
from fastjango import forms
from fastjango.core.exceptions import ValidationError
from fastjango.forms.exceptions import AsyncCleaningRequired, FormsError, MissingAsyncTwin
from fastjango.http.uploads.uploadedfile import SimpleUploadedFile

log: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    log.clear()


async def step(name: str) -> None:
    log.append(f"{name} begins")
    await asyncio.sleep(0)
    log.append(f"{name} ends")


async def not_taken(value: str) -> None:
    await step(f"validator {value}")
    if value == "taken":
        raise ValidationError("This name is taken.", code="taken")


class SignUp(forms.Form):
    name = forms.CharField(max_length=10, validators=[not_taken])
    age = forms.IntegerField()

    def clean_name(self) -> str:
        log.append("clean_name")
        return str(self.cleaned_data["name"]).lower()

    async def aclean_name(self) -> str:
        await step("aclean_name")
        return f"{self.cleaned_data['name']}!"

    def clean(self) -> None:
        log.append("clean")

    async def aclean(self) -> Any:
        await step("aclean")
        if self.cleaned_data.get("age") == 13:
            raise ValidationError("Unlucky.")
        return {**self.cleaned_data, "checked": True}


async def test_steps_follow_one_another() -> None:
    form = SignUp({"name": "Ada", "age": "36"})
    assert await form.ais_valid()
    assert form.cleaned_data == {"name": "ada!", "age": 36, "checked": True}
    assert log == [
        "validator Ada begins", "validator Ada ends", "clean_name", "aclean_name begins",
        "aclean_name ends", "clean", "aclean begins", "aclean ends",
    ]  # fmt: skip
    assert form.is_valid()  # cleaned once, the results are there for sync code
    assert await form.ais_valid()
    assert len(log) == 8
    assert "ada" in str(form).lower()


async def test_errors_of_async_steps() -> None:
    form = SignUp({"name": "taken", "age": "13"})
    assert not await form.ais_valid()
    assert form.errors == {"name": ["This name is taken."], "__all__": ["Unlucky."]}
    assert form.has_error("name", "taken")
    assert not await SignUp().ais_valid()


def test_a_sync_call_names_the_twin() -> None:
    form = SignUp({"name": "Ada", "age": "36"})
    for call in (form.is_valid, form.full_clean, lambda: form.errors):
        with pytest.raises(AsyncCleaningRequired, match=r"aclean\(\) has to be awaited.*ais_valid"):
            call()
    assert isinstance(SignUp().errors, dict)  # nothing to clean


def test_a_sync_call_refuses_async_validators() -> None:
    class Form(forms.Form):
        name = forms.CharField(validators=[not_taken])

    with pytest.raises(FormsError, match=r"the validator <function not_taken.*form.ais_valid"):
        Form({"name": "Ada"}).is_valid()
    assert not Form({"name": ""}).is_valid()  # validators are not asked for nothing

    class Later:
        def __await__(self) -> Any:
            yield

    with pytest.raises(AsyncCleaningRequired):
        forms.CharField(validators=[lambda value: Later()]).clean("x")


def test_a_sync_call_refuses_an_async_cleaner_of_a_field() -> None:
    class Form(forms.Form):
        name = forms.CharField()

        async def aclean_name(self) -> str:
            return ""

    with pytest.raises(AsyncCleaningRequired, match=r"aclean_name\(\) has to be awaited"):
        Form({"name": "x"}).is_valid()


async def test_cleaning_that_broke_off_is_no_result() -> None:
    class Name(forms.Form):
        name = forms.CharField()
        other = forms.CharField(validators=[not_taken])

        def clean(self) -> None:
            raise ValidationError("Never.")

    form = Name({"name": "Ada", "other": "x"})
    for _ in range(2):
        with pytest.raises(AsyncCleaningRequired, match="not_taken"):
            form.is_valid()
        assert "valid=Unknown" in repr(form)
    assert not await form.ais_valid()
    assert form.errors == {"__all__": ["Never."]}

    class Slow(Name):
        async def aclean(self) -> None:
            await asyncio.sleep(60)

        def clean(self) -> None:
            pass

    slow = Slow({"name": "Ada", "other": "x"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow.ais_valid(), 0.01)
    assert slow._errors is None

    class Forms(forms.BaseFormSet):
        def clean(self) -> None:
            raise ValidationError("Never.")

    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "a",
            "form-0-other": "taken", "form-0-DELETE": "on"}  # fmt: skip

    class Free(Name):
        def clean(self) -> None:
            pass

    formset = forms.formset_factory(Free, formset=Forms, can_delete=True)(data)
    for _ in range(2):
        with pytest.raises(AsyncCleaningRequired, match="not_taken"):
            formset.is_valid()
        assert "valid=Unknown" in repr(formset)
    assert not await formset.ais_valid()
    assert formset.non_form_errors() == ["Never."]
    late = forms.formset_factory(Slow)({**data, "form-0-other": "x"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(late.ais_valid(), 0.01)
    assert late._errors is None


async def test_an_async_cleaner_needs_its_own_name() -> None:
    class Form(forms.Form):
        name = forms.CharField()

        async def clean_name(self) -> str:
            return ""

    with pytest.raises(TypeError, match=r"clean_name\(\) is async; name it aclean_name\(\)"):
        Form({"name": "x"}).is_valid()
    with pytest.raises(TypeError, match="name it aclean_name"):
        await Form({"name": "x"}).ais_valid()


async def test_a_step_without_its_twin_is_not_passed_over() -> None:
    class Form(forms.Form):
        def _post_clean(self) -> None:
            log.append("post")

        def full_clean(self) -> None:
            super().full_clean()

    with pytest.raises(MissingAsyncTwin, match=r"Form overrides full_clean\(\) but not its async"):
        await Form({}).ais_valid()

    class Both(Form):
        async def afull_clean(self) -> None:
            await super().afull_clean()

        async def _apost_clean(self) -> None:
            await super()._apost_clean()

    assert await Both({}).ais_valid()
    assert log == ["post"]


async def test_every_field_awaits_its_validators() -> None:
    async def seen(value: Any) -> None:
        await step(repr(value))

    class Form(forms.Form):
        number = forms.TypedChoiceField(choices=[("1", "One")], coerce=int, validators=[seen])
        numbers = forms.TypedMultipleChoiceField(
            choices=[("2", "Two")], coerce=int, validators=[seen]
        )
        combo = forms.ComboField(fields=[forms.CharField(validators=[seen]), forms.EmailField()])
        split = forms.SplitDateTimeField(validators=[seen], required=False)
        empty = forms.SplitDateTimeField(validators=[seen], required=False)
        file = forms.FileField(validators=[seen])
        kept = forms.FileField(validators=[seen], initial="kept.txt")

    data = {"number": "1", "numbers": ["2"], "combo": "a@b.example", "split_0": "2026-01-31",
            "split_1": "12:00"}  # fmt: skip
    form = Form(data, {"file": SimpleUploadedFile("a.txt", b"x")})
    assert await form.ais_valid(), form.errors
    assert form.cleaned_data["number"] == 1
    assert form.cleaned_data["numbers"] == [2]
    assert form.cleaned_data["kept"] == "kept.txt"
    assert form.cleaned_data["empty"] is None
    assert [line for line in log if "begins" in line] == [
        "'1' begins", "['2'] begins", "'a@b.example' begins",
        f"{form.cleaned_data['split']!r} begins", f"{form.cleaned_data['file']!r} begins",
    ]  # fmt: skip
    bad = Form({**data, "split_1": "x"}, {})
    assert not await bad.ais_valid()
    assert bad.errors["split"] == ["Enter a valid time."]


async def test_a_field_that_overrides_clean_alone_is_cleaned_by_it() -> None:
    class Doubled(forms.CharField):
        def clean(self, value: Any) -> Any:
            return super().clean(value) * 2

    class Bound(forms.CharField):
        def _clean_bound_field(self, bf: Any) -> Any:
            return f"bound {bf.data}"

    class Form(forms.Form):
        a = Doubled()
        b = Bound()

    form = Form({"a": "x", "b": "y"})
    assert await form.ais_valid()
    assert form.cleaned_data == {"a": "xx", "b": "bound y"}

    class Broken(forms.Form):
        a = Doubled(validators=[not_taken])

    with pytest.raises(AsyncCleaningRequired):
        await Broken({"a": "x"}).ais_valid()


async def test_formsets_clean_one_form_after_another() -> None:
    class Forms(forms.BaseFormSet):
        async def aclean(self) -> None:
            await step("formset")
            if len(self.forms) == 2 and self.forms[1].cleaned_data.get("age") == 1:
                raise ValidationError("Too young.")

    kind = forms.formset_factory(SignUp, formset=Forms, extra=2)
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-name": "a",
            "form-0-age": "1", "form-1-name": "b", "form-1-age": "1"}  # fmt: skip
    formset = kind(data)
    assert not await formset.ais_valid()
    assert formset.non_form_errors() == ["Too young."]
    assert formset.errors == [{}, {}]
    begins = [line for line in log if line.startswith(("validator", "formset"))]
    assert begins == [
        "validator a begins", "validator a ends", "validator b begins", "validator b ends",
        "formset begins", "formset ends",
    ]  # fmt: skip
    good = kind({**data, "form-1-age": "2"})
    assert await forms.aall_valid([good, good])
    assert [item["name"] for item in good.cleaned_data] == ["a!", "b!"]
    assert good.is_valid()
    assert not await forms.aall_valid([kind()])
    await kind().afull_clean()


async def test_a_formset_with_async_cleaners_refuses_sync_calls() -> None:
    class Forms(forms.BaseFormSet):
        async def aclean(self) -> None:
            pass

    class Item(forms.Form):
        name = forms.CharField()

    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "a"}
    with pytest.raises(AsyncCleaningRequired, match=r"formset.ais_valid\(\)"):
        forms.formset_factory(Item, formset=Forms)(data).is_valid()
    with pytest.raises(AsyncCleaningRequired, match=r"form.ais_valid\(\)"):
        forms.formset_factory(SignUp)(data).is_valid()

    class Own(forms.BaseFormSet):
        def full_clean(self) -> None:
            super().full_clean()

    with pytest.raises(MissingAsyncTwin, match="afull_clean"):
        await forms.formset_factory(Item, formset=Own)(data).ais_valid()


async def test_classes_made_for_one_request_do_not_live_on() -> None:
    alive = []
    for number in range(5):
        made: Any = type(f"Made{number}", (forms.Form,), {"name": forms.CharField()})
        assert await made({"name": "a"}).ais_valid()
        assert await forms.formset_factory(made)(
            {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "a"}
        ).ais_valid()
        assert made({"name": "a"}).is_valid()
        assert str(made())
        alive.append(weakref.ref(made))
        del made
    gc.collect()
    assert [ref() for ref in alive] == [None] * 5
