"""Generic class-based views: templates, redirects, lists, single objects and archives by date.

They know querysets by what these can do, and import no ORM. Those that edit are in
`fastjango.forms.views`.
"""

from fastjango.http.views.generic.base import (
    ContextMixin,
    RedirectView,
    TemplateResponseMixin,
    TemplateView,
    View,
)
from fastjango.http.views.generic.dates import (
    ArchiveIndexView,
    DateDetailView,
    DayArchiveView,
    MonthArchiveView,
    TodayArchiveView,
    WeekArchiveView,
    YearArchiveView,
)
from fastjango.http.views.generic.detail import DetailView
from fastjango.http.views.generic.list import ListView

__all__ = [
    "ArchiveIndexView",
    "ContextMixin",
    "DateDetailView",
    "DayArchiveView",
    "DetailView",
    "GenericViewError",
    "ListView",
    "MonthArchiveView",
    "RedirectView",
    "TemplateResponseMixin",
    "TemplateView",
    "TodayArchiveView",
    "View",
    "WeekArchiveView",
    "YearArchiveView",
]


class GenericViewError(Exception):
    """A generic view is used in a way it cannot work."""
