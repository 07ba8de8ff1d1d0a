"""Functions of dates and times: parts, truncation, now."""

# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core import timezone
from fastjango.core.conf import settings
from fastjango.orm.query.expressions import Func
from fastjango.orm.query.fieldtypes import FixedField, fields
from fastjango.orm.query.lookups.base import Transform
from fastjango.orm.query.lookups.builtin import YearExact, YearGt, YearGte, YearLt, YearLte

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

__all__ = [
    "Extract",
    "ExtractDay",
    "ExtractHour",
    "ExtractIsoWeekDay",
    "ExtractIsoYear",
    "ExtractMinute",
    "ExtractMonth",
    "ExtractQuarter",
    "ExtractSecond",
    "ExtractWeek",
    "ExtractWeekDay",
    "ExtractYear",
    "Now",
    "TimezoneMixin",
    "Trunc",
    "TruncBase",
    "TruncDate",
    "TruncDay",
    "TruncHour",
    "TruncMinute",
    "TruncMonth",
    "TruncQuarter",
    "TruncSecond",
    "TruncTime",
    "TruncWeek",
    "TruncYear",
    "register_date_transforms",
]


class TimezoneMixin:
    """Knows the time zone in which a stored moment is read."""

    tzinfo: datetime.tzinfo | None = None

    def get_tzname(self) -> str | None:
        """Return the zone's name, `None` without `USE_TZ`.

        The moment is converted before its part is taken: a stored midnight may be the
        evening before.
        """
        if not settings.USE_TZ:
            return None
        if self.tzinfo is None:
            return timezone.get_current_timezone_name()
        return timezone._get_timezone_name(self.tzinfo)  # pyright: ignore[reportPrivateUsage]


class Extract(TimezoneMixin, Transform):
    """A part of a date, time or duration, as an integer.

    Args:
        expression: The moment.
        lookup_name: The part's name, such as `"year"`.
        tzinfo: The zone to read a datetime in, if not the current one.
    """

    lookup_name: str | None = None
    output_field = FixedField("IntegerField")

    def __init__(
        self,
        expression: Any,
        lookup_name: str | None = None,
        tzinfo: datetime.tzinfo | None = None,
        **extra: Any,
    ) -> None:
        if self.lookup_name is None:
            self.lookup_name = lookup_name
        if self.lookup_name is None:
            raise ValueError("lookup_name must be provided")
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def as_sql(  # type: ignore[override]  # an Extract has no template
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the database's extraction for the operand's type."""
        sql, params = compiler.compile(self.lhs)
        operand = self.lhs.output_field
        ops = connection.ops
        extracted: tuple[str, Sequence[Any]]
        if isinstance(operand, fields.DateTimeField):
            extracted = ops.datetime_extract_sql(
                self.lookup_name, sql, tuple(params), self.get_tzname()
            )
        elif self.tzinfo is not None:
            raise ValueError("tzinfo can only be used with DateTimeField.")
        elif isinstance(operand, fields.DateField):
            extracted = ops.date_extract_sql(self.lookup_name, sql, tuple(params))
        elif isinstance(operand, fields.TimeField):
            extracted = ops.time_extract_sql(self.lookup_name, sql, tuple(params))
        elif not connection.features.has_native_duration_field:
            raise ValueError("Extract requires native DurationField database support.")
        else:
            extracted = ops.time_extract_sql(self.lookup_name, sql, tuple(params))
        return extracted

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve, and refuse parts that the operand does not have."""
        clone = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        field = getattr(clone.lhs, "output_field", None)
        if field is None:
            return clone
        temporal = (
            fields.DateField,
            fields.DateTimeField,
            fields.TimeField,
            fields.DurationField,
        )
        if not isinstance(field, temporal):
            raise ValueError(
                "Extract input expression must be DateField, DateTimeField, "
                "TimeField, or DurationField."
            )
        if type(field) is fields.DateField and clone.lookup_name in ("hour", "minute", "second"):
            raise ValueError(
                f"Cannot extract time component '{clone.lookup_name}' "
                f"from DateField '{field.name}'."
            )
        if isinstance(field, fields.DurationField) and clone.lookup_name in (
            "year",
            "iso_year",
            "month",
            "week",
            "week_day",
            "iso_week_day",
            "quarter",
        ):
            raise ValueError(
                f"Cannot extract component '{clone.lookup_name}' from DurationField '{field.name}'."
            )
        return clone


class ExtractYear(Extract):
    """The year."""

    lookup_name = "year"


class ExtractIsoYear(Extract):
    """The year that the ISO-8601 week belongs to."""

    lookup_name = "iso_year"


class ExtractMonth(Extract):
    """The month, 1-12."""

    lookup_name = "month"


class ExtractDay(Extract):
    """The day of the month."""

    lookup_name = "day"


class ExtractWeek(Extract):
    """The ISO-8601 week, 1-53; weeks start on Monday."""

    lookup_name = "week"


class ExtractWeekDay(Extract):
    """The day of the week, Sunday 1 to Saturday 7."""

    lookup_name = "week_day"


class ExtractIsoWeekDay(Extract):
    """The day of the week, Monday 1 to Sunday 7."""

    lookup_name = "iso_week_day"


class ExtractQuarter(Extract):
    """The quarter, 1-4."""

    lookup_name = "quarter"


class ExtractHour(Extract):
    """The hour."""

    lookup_name = "hour"


class ExtractMinute(Extract):
    """The minute."""

    lookup_name = "minute"


class ExtractSecond(Extract):
    """The whole second."""

    lookup_name = "second"


class Now(Func):
    """The database's date and time."""

    template = "CURRENT_TIMESTAMP"
    output_field = FixedField("DateTimeField")
    allowed_default = True

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the statement's time: CURRENT_TIMESTAMP is the transaction's."""
        return self.as_sql(compiler, connection, template="STATEMENT_TIMESTAMP()", **extra_context)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return microseconds too."""
        return self.as_sql(compiler, connection, template="CURRENT_TIMESTAMP(6)", **extra_context)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return milliseconds too."""
        return self.as_sql(
            compiler,
            connection,
            template="STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW')",
            **extra_context,
        )


class TruncBase(TimezoneMixin, Transform):
    """A date or time cut down to the start of a period.

    Args:
        expression: The moment.
        output_field: The result's type, if not the operand's.
        tzinfo: The zone to cut in, if not the current one.
    """

    kind: str | None = None

    def __init__(
        self,
        expression: Any,
        output_field: Any = None,
        tzinfo: datetime.tzinfo | None = None,
        **extra: Any,
    ) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, output_field=output_field, **extra)

    def as_sql(  # type: ignore[override]  # a Trunc has no template
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the database's truncation for the result's type."""
        sql, params = compiler.compile(self.lhs)
        tzname = None
        if isinstance(self.lhs.output_field, fields.DateTimeField):
            tzname = self.get_tzname()
        elif self.tzinfo is not None:
            raise ValueError("tzinfo can only be used with DateTimeField.")
        ops = connection.ops
        if isinstance(self.output_field, fields.DateTimeField):
            truncate = ops.datetime_trunc_sql
        elif isinstance(self.output_field, fields.DateField):
            truncate = ops.date_trunc_sql
        elif isinstance(self.output_field, fields.TimeField):
            truncate = ops.time_trunc_sql
        else:
            raise ValueError("Trunc only valid on DateField, TimeField, or DateTimeField.")
        truncated: tuple[str, Sequence[Any]] = truncate(self.kind, sql, tuple(params), tzname)
        return truncated

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve, and refuse periods that the operand does not have."""
        clone = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        field = clone.lhs.output_field
        if not isinstance(field, (fields.DateField, fields.TimeField)):
            raise TypeError(f"{field.name!r} isn't a DateField, TimeField, or DateTimeField.")
        if not isinstance(
            clone.output_field, (fields.DateField, fields.DateTimeField, fields.TimeField)
        ):
            raise ValueError("output_field must be either DateField, TimeField, or DateTimeField")
        on_class = getattr(self.__class__, "output_field", None)
        fixed = on_class if isinstance(on_class, fields.Field) else None
        output_field = fixed or clone.output_field
        explicit = fixed or field.__class__ is not clone.output_field.__class__
        target = output_field.__class__.__name__ if explicit else "DateTimeField"
        to_datetime = isinstance(output_field, fields.DateTimeField)
        if type(field) is fields.DateField and (
            to_datetime or clone.kind in ("hour", "minute", "second", "time")
        ):
            raise ValueError(f"Cannot truncate DateField '{field.name}' to {target}.")
        if isinstance(field, fields.TimeField) and (
            to_datetime or clone.kind in ("year", "quarter", "month", "week", "day", "date")
        ):
            raise ValueError(f"Cannot truncate TimeField '{field.name}' to {target}.")
        return clone

    def convert_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the result in the zone it was cut in."""
        import datetime

        if isinstance(self.output_field, fields.DateTimeField):
            if not settings.USE_TZ or value is None:
                return value
            value = value.replace(tzinfo=None)
            return timezone.make_aware(value, self.tzinfo)
        if isinstance(value, datetime.datetime):
            if isinstance(self.output_field, fields.DateField):
                return value.date()
            if isinstance(self.output_field, fields.TimeField):
                return value.time()
        return value


class Trunc(TruncBase):
    """Cut down to the period named by `kind`."""

    def __init__(
        self,
        expression: Any,
        kind: str,
        output_field: Any = None,
        tzinfo: datetime.tzinfo | None = None,
        **extra: Any,
    ) -> None:
        self.kind = kind
        super().__init__(expression, output_field=output_field, tzinfo=tzinfo, **extra)


class TruncYear(TruncBase):
    """The first moment of the year."""

    kind = "year"


class TruncQuarter(TruncBase):
    """The first moment of the quarter."""

    kind = "quarter"


class TruncMonth(TruncBase):
    """The first moment of the month."""

    kind = "month"


class TruncWeek(TruncBase):
    """Midnight of the week's Monday."""

    kind = "week"


class TruncDay(TruncBase):
    """Midnight."""

    kind = "day"


class TruncDate(TruncBase):
    """The date."""

    kind = "date"
    lookup_name = "date"
    output_field = FixedField("DateField")

    def as_sql(  # type: ignore[override]  # a Trunc has no template
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast to a date."""
        sql, params = compiler.compile(self.lhs)
        cast: tuple[str, Sequence[Any]] = connection.ops.datetime_cast_date_sql(
            sql, tuple(params), self.get_tzname()
        )
        return cast


class TruncTime(TruncBase):
    """The time of day."""

    kind = "time"
    lookup_name = "time"
    output_field = FixedField("TimeField")

    def as_sql(  # type: ignore[override]  # a Trunc has no template
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast to a time."""
        sql, params = compiler.compile(self.lhs)
        cast: tuple[str, Sequence[Any]] = connection.ops.datetime_cast_time_sql(
            sql, tuple(params), self.get_tzname()
        )
        return cast


class TruncHour(TruncBase):
    """The first moment of the hour."""

    kind = "hour"


class TruncMinute(TruncBase):
    """The first moment of the minute."""

    kind = "minute"


class TruncSecond(TruncBase):
    """The first moment of the second."""

    kind = "second"


for _transform in (ExtractYear, ExtractIsoYear):
    for _lookup in (YearExact, YearGt, YearGte, YearLt, YearLte):
        _transform.register_class_lookup(_lookup)


def register_date_transforms() -> None:
    """Give date and time fields their transforms."""
    transform: Any
    for transform in (
        ExtractYear,
        ExtractMonth,
        ExtractDay,
        ExtractWeekDay,
        ExtractIsoWeekDay,
        ExtractWeek,
        ExtractIsoYear,
        ExtractQuarter,
    ):
        fields.DateField.register_lookup(transform)
    for transform in (ExtractHour, ExtractMinute, ExtractSecond):
        fields.TimeField.register_lookup(transform)
        fields.DateTimeField.register_lookup(transform)
    for cast in (TruncDate, TruncTime):
        fields.DateTimeField.register_lookup(cast)
