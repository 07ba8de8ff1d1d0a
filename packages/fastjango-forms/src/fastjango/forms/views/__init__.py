"""Generic views with forms, as in `django.views.generic.edit`."""

from fastjango.forms.views.edit import (
    BaseCreateView,
    BaseDeleteView,
    BaseUpdateView,
    CreateView,
    DeleteView,
    DeletionMixin,
    ModelFormMixin,
    UpdateView,
)
from fastjango.forms.views.form import BaseFormView, FormMixin, FormView, ProcessFormView

__all__ = [
    "BaseCreateView",
    "BaseDeleteView",
    "BaseFormView",
    "BaseUpdateView",
    "CreateView",
    "DeleteView",
    "DeletionMixin",
    "FormMixin",
    "FormView",
    "ModelFormMixin",
    "ProcessFormView",
    "UpdateView",
]
