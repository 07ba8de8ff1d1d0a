"""What forms, formsets and widgets share: rendering, errors and time zones."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from fastjango.core import timezone
from fastjango.core.conf import settings
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.safestring import SafeString

from ._attributes import flatatt
from ._errors import ErrorDict, ErrorList, RenderableErrorMixin
from ._renderable import RenderableMixin

if TYPE_CHECKING:
    from .fields import Field

__all__ = [
    "ErrorDict",
    "ErrorList",
    "RenderableErrorMixin",
    "RenderableFieldMixin",
    "RenderableFormMixin",
    "RenderableMixin",
    "flatatt",
    "from_current_timezone",
    "pretty_name",
    "to_current_timezone",
]


def pretty_name(name: str) -> str:
    """Turn `"first_name"` into `"First name"`."""
    return name.replace("_", " ").capitalize() if name else ""


class RenderableFieldMixin(RenderableMixin):
    """What a bound field offers to templates."""

    field: Field

    def as_field_group(self) -> SafeString:
        """Render the label, help text, errors and widget together."""
        return self.render()

    def as_hidden(self, attrs: Any = None, **kwargs: Any) -> SafeString:
        """Render the field as a hidden input."""
        raise NotImplementedError(
            "Subclasses of RenderableFieldMixin must provide an as_hidden() method."
        )

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> Any:
        """Render the field's widget."""
        raise NotImplementedError(
            "Subclasses of RenderableFieldMixin must provide an as_widget() method."
        )

    def __str__(self) -> str:
        """Render the widget, with the initial value in a hidden one when the field wants that."""
        if self.field.show_hidden_initial:
            both: str = self.as_widget() + self.as_hidden(only_initial=True)
            return both
        plain: str = self.as_widget()
        return plain

    __html__ = __str__


class RenderableFormMixin(RenderableMixin):
    """The layouts of forms and formsets."""

    template_name_p: str
    template_name_table: str
    template_name_ul: str
    template_name_div: str

    def as_p(self) -> SafeString:
        """Render as `<p>` elements."""
        return self.render(self.template_name_p)

    def as_table(self) -> SafeString:
        """Render as `<tr>` elements, without the `<table>` around them."""
        return self.render(self.template_name_table)

    def as_ul(self) -> SafeString:
        """Render as `<li>` elements, without the `<ul>` around them."""
        return self.render(self.template_name_ul)

    def as_div(self) -> SafeString:
        """Render as `<div>` elements."""
        return self.render(self.template_name_div)


def _is_ambiguous_or_imaginary(value: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Tell whether the clock shows a naive time twice, or never, in a zone."""
    return zone.utcoffset(value.replace(tzinfo=None, fold=not value.fold)) != zone.utcoffset(value)


def from_current_timezone(value: Any) -> Any:
    """Put a naive datetime into the current time zone when `USE_TZ` is on.

    Raises:
        ValidationError: The clock shows the time twice, or never, in that zone; or the time is
            beyond the calendar in UTC.
    """
    if not settings.USE_TZ or value is None:
        return value
    zone = timezone.get_current_timezone()
    try:
        if timezone.is_aware(value):
            aware = value
        elif _is_ambiguous_or_imaginary(value, zone):
            raise ValueError("Ambiguous or non-existent time.")
        else:
            aware = timezone.make_aware(value, zone)
        aware.astimezone(datetime.UTC)  # as databases store it
    except Exception as error:
        raise ValidationError(
            _(
                "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; it may be "  # noqa: RUF001
                "ambiguous or it may not exist."
            ),
            code="ambiguous_timezone",
            params={"datetime": value, "current_timezone": zone},
        ) from error
    return aware


def to_current_timezone(value: Any) -> Any:
    """Turn an aware datetime into a naive one of the current time zone when `USE_TZ` is on."""
    if settings.USE_TZ and value is not None and timezone.is_aware(value):
        return timezone.make_naive(value)
    return value
