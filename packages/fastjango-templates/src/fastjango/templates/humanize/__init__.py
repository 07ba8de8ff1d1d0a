"""Filters that make numbers and times pleasant to read, as in `django.contrib.humanize`.

They are in every template. The package may stand in `INSTALLED_APPS`, as Django's does; it adds
nothing then.
"""

from fastjango.templates.humanize.filters import (
    FILTERS,
    NaturalTimeFormatter,
    apnumber,
    intcomma,
    intword,
    naturalday,
    naturaltime,
    ordinal,
)

__all__ = [
    "FILTERS",
    "NaturalTimeFormatter",
    "apnumber",
    "intcomma",
    "intword",
    "naturalday",
    "naturaltime",
    "ordinal",
]
