"""All generic views in one place, those without forms and those with, as in Django."""

from fastjango.forms.views.edit import CreateView, DeleteView, UpdateView
from fastjango.forms.views.form import FormView
from fastjango.http.views.generic import (
    ArchiveIndexView,
    DateDetailView,
    DayArchiveView,
    DetailView,
    GenericViewError,
    ListView,
    MonthArchiveView,
    RedirectView,
    TemplateView,
    TodayArchiveView,
    View,
    WeekArchiveView,
    YearArchiveView,
)

__all__ = [
    "ArchiveIndexView",
    "CreateView",
    "DateDetailView",
    "DayArchiveView",
    "DeleteView",
    "DetailView",
    "FormView",
    "GenericViewError",
    "ListView",
    "MonthArchiveView",
    "RedirectView",
    "TemplateView",
    "TodayArchiveView",
    "UpdateView",
    "View",
    "WeekArchiveView",
    "YearArchiveView",
]
