"""Forms and formsets of models, and the fields that choose among rows."""

from fastjango.forms.models.choices import (
    ModelChoiceField,
    ModelChoiceIterator,
    ModelChoiceIteratorValue,
    ModelMultipleChoiceField,
)
from fastjango.forms.models.derive import (
    ALL_FIELDS,
    apply_limit_choices_to_to_formfield,
    construct_instance,
    fields_for_model,
    model_to_dict,
)
from fastjango.forms.models.forms import (
    BaseModelForm,
    ModelForm,
    ModelFormMetaclass,
    ModelFormOptions,
    modelform_factory,
)
from fastjango.forms.models.formsets import BaseModelFormSet, modelformset_factory
from fastjango.forms.models.inlines import (
    BaseInlineFormSet,
    InlineForeignKeyField,
    inlineformset_factory,
)
from fastjango.forms.orm import register

__all__ = [
    "ALL_FIELDS",
    "BaseInlineFormSet",
    "BaseModelForm",
    "BaseModelFormSet",
    "InlineForeignKeyField",
    "ModelChoiceField",
    "ModelChoiceIterator",
    "ModelChoiceIteratorValue",
    "ModelForm",
    "ModelFormMetaclass",
    "ModelFormOptions",
    "ModelMultipleChoiceField",
    "apply_limit_choices_to_to_formfield",
    "construct_instance",
    "fields_for_model",
    "inlineformset_factory",
    "model_to_dict",
    "modelform_factory",
    "modelformset_factory",
]

register()
