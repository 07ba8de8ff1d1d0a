"""Forms, model forms, formsets and widgets with Django's interface, awaitable."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastjango.forms.exceptions import FormsError

if TYPE_CHECKING:
    from fastjango.core.exceptions import ValidationError

    from .boundfield import BoundField
    from .fields import (
        BooleanField,
        CharField,
        ChoiceField,
        ComboField,
        DateField,
        DateTimeField,
        DecimalField,
        DurationField,
        EmailField,
        Field,
        FileField,
        FilePathField,
        FloatField,
        GenericIPAddressField,
        ImageField,
        IntegerField,
        JSONField,
        MultipleChoiceField,
        MultiValueField,
        NullBooleanField,
        RegexField,
        SlugField,
        SplitDateTimeField,
        TimeField,
        TypedChoiceField,
        TypedMultipleChoiceField,
        URLField,
        UUIDField,
    )
    from .forms import BaseForm, Form
    from .formsets import BaseFormSet, aall_valid, all_valid, formset_factory
    from .models import (
        ALL_FIELDS,
        BaseInlineFormSet,
        BaseModelForm,
        BaseModelFormSet,
        ModelChoiceField,
        ModelForm,
        ModelMultipleChoiceField,
        fields_for_model,
        inlineformset_factory,
        model_to_dict,
        modelform_factory,
        modelformset_factory,
    )
    from .pydantic_field import PydanticField
    from .widgets import (
        CheckboxInput,
        CheckboxSelectMultiple,
        ClearableFileInput,
        ColorInput,
        DateInput,
        DateTimeInput,
        EmailInput,
        FileInput,
        HiddenInput,
        Media,
        MediaDefiningClass,
        MultipleHiddenInput,
        MultiWidget,
        NullBooleanSelect,
        NumberInput,
        PasswordInput,
        RadioSelect,
        Script,
        SearchInput,
        Select,
        SelectDateWidget,
        SelectMultiple,
        SplitDateTimeWidget,
        SplitHiddenDateTimeWidget,
        Stylesheet,
        TelInput,
        Textarea,
        TextInput,
        TimeInput,
        URLInput,
        Widget,
    )

__all__ = [
    "ALL_FIELDS",
    "BaseForm",
    "BaseFormSet",
    "BaseInlineFormSet",
    "BaseModelForm",
    "BaseModelFormSet",
    "BooleanField",
    "BoundField",
    "CharField",
    "CheckboxInput",
    "CheckboxSelectMultiple",
    "ChoiceField",
    "ClearableFileInput",
    "ColorInput",
    "ComboField",
    "DateField",
    "DateInput",
    "DateTimeField",
    "DateTimeInput",
    "DecimalField",
    "DurationField",
    "EmailField",
    "EmailInput",
    "Field",
    "FileField",
    "FileInput",
    "FilePathField",
    "FloatField",
    "Form",
    "FormsError",
    "GenericIPAddressField",
    "HiddenInput",
    "ImageField",
    "IntegerField",
    "JSONField",
    "Media",
    "MediaDefiningClass",
    "ModelChoiceField",
    "ModelForm",
    "ModelMultipleChoiceField",
    "MultiValueField",
    "MultiWidget",
    "MultipleChoiceField",
    "MultipleHiddenInput",
    "NullBooleanField",
    "NullBooleanSelect",
    "NumberInput",
    "PasswordInput",
    "PydanticField",
    "RadioSelect",
    "RegexField",
    "Script",
    "SearchInput",
    "Select",
    "SelectDateWidget",
    "SelectMultiple",
    "SlugField",
    "SplitDateTimeField",
    "SplitDateTimeWidget",
    "SplitHiddenDateTimeWidget",
    "Stylesheet",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeField",
    "TimeInput",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
    "URLField",
    "URLInput",
    "UUIDField",
    "ValidationError",
    "Widget",
    "aall_valid",
    "all_valid",
    "fields_for_model",
    "formset_factory",
    "inlineformset_factory",
    "model_to_dict",
    "modelform_factory",
    "modelformset_factory",
]

_FORMS = ("BaseForm", "Form")
_FORMSETS = ("BaseFormSet", "aall_valid", "all_valid", "formset_factory")
_MODELS = (
    "ALL_FIELDS",
    "BaseInlineFormSet",
    "BaseModelForm",
    "BaseModelFormSet",
    "ModelChoiceField",
    "ModelForm",
    "ModelMultipleChoiceField",
    "fields_for_model",
    "inlineformset_factory",
    "model_to_dict",
    "modelform_factory",
    "modelformset_factory",
)
# Public name -> module that defines it; loaded when first asked for, so that an app may import
# this package without paying for the parts that it does not use. Model forms need the ORM.
_HOMES = {
    **{name: ".fields" for name in __all__ if name.endswith("Field")},
    **{name: ".widgets" for name in __all__ if not name.endswith("Field")},
    **dict.fromkeys(_FORMS, ".forms"),
    **dict.fromkeys(_FORMSETS, ".formsets"),
    **dict.fromkeys(_MODELS, ".models"),
    "BoundField": ".boundfield",
    "PydanticField": ".pydantic_field",
    "ValidationError": "fastjango.core.exceptions",
}
_MODULES = (
    "boundfield",
    "fields",
    "forms",
    "formsets",
    "models",
    "renderers",
    "utils",
    "views",
    "widgets",
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # `from fastjango import forms` gives `forms.widgets`, as in Django
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
