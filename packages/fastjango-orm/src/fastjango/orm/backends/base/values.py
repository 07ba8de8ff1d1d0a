"""How databases take and give values: dates, decimals, durations, addresses, documents."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import TYPE_CHECKING, Any

from fastjango.core import timezone
from fastjango.orm.engine import environment
from fastjango.values.duration import duration_microseconds

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["ValueOperations"]


class ValueOperations:
    """The part of `connection.ops` that converts values."""

    connection: BaseDatabaseWrapper

    def adapt_unknown_value(self, value: Any) -> Any:
        """Prepare a parameter whose column type is not known, by its own type."""
        if isinstance(value, datetime.datetime):
            return self.adapt_datetimefield_value(value)
        if isinstance(value, datetime.date):
            return self.adapt_datefield_value(value)
        if isinstance(value, datetime.time):
            return self.adapt_timefield_value(value)
        if isinstance(value, decimal.Decimal):
            return self.adapt_decimalfield_value(value)
        return value

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """Prepare a value for an integer column."""
        return value

    def adapt_datefield_value(self, value: datetime.date | None) -> Any:
        """Prepare a date."""
        return None if value is None else str(value)

    def _naive(self, value: Any, what: str) -> Any:
        """Take the time zone off a datetime, for databases whose datetimes have none."""
        if not isinstance(value, datetime.datetime) or value.utcoffset() is None:
            return value
        zone = self.connection.timezone
        if zone is None:
            raise ValueError(
                f"{what} backend does not support timezone-aware datetimes when USE_TZ is False."
            )
        return timezone.make_naive(value, zone)

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Prepare a datetime."""
        return None if value is None else str(value)

    def adapt_timefield_value(self, value: datetime.time | None) -> Any:
        """Prepare a time, which must be naive."""
        if value is None:
            return None
        if value.utcoffset() is not None:
            raise ValueError("Times with a time zone are not supported.")
        return str(value)

    def adapt_durationfield_value(self, value: datetime.timedelta | None) -> Any:
        """Prepare a duration: microseconds where there is no interval type."""
        return None if value is None else duration_microseconds(value)

    def adapt_decimalfield_value(
        self,
        value: decimal.Decimal | None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
    ) -> Any:
        """Prepare a decimal."""
        return value

    def adapt_ipaddressfield_value(self, value: str | None) -> Any:
        """Prepare an IP address; an empty one is NULL."""
        return value or None

    def adapt_json_value(self, value: Any, encoder: type[json.JSONEncoder] | None) -> Any:
        """Prepare a JSON document."""
        return json.dumps(value, cls=encoder)

    def year_lookup_bounds_for_date_field(self, value: int, iso_year: bool = False) -> list[Any]:
        """First and last day of a year."""
        if iso_year:
            first = datetime.date.fromisocalendar(value, 1, 1)
            last = datetime.date.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(days=1)
        else:
            first, last = datetime.date(value, 1, 1), datetime.date(value, 12, 31)
        return [self.adapt_datefield_value(first), self.adapt_datefield_value(last)]

    def year_lookup_bounds_for_datetime_field(
        self, value: int, iso_year: bool = False
    ) -> list[Any]:
        """First and last microsecond of a year in the current time zone."""
        if iso_year:
            first = datetime.datetime.fromisocalendar(value, 1, 1)
            last = datetime.datetime.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(
                microseconds=1
            )
        else:
            first = datetime.datetime(value, 1, 1)
            last = datetime.datetime(value, 12, 31, 23, 59, 59, 999999)
        if environment.is_using_tz():
            zone = timezone.get_current_timezone()
            first, last = timezone.make_aware(first, zone), timezone.make_aware(last, zone)
        return [self.adapt_datetimefield_value(first), self.adapt_datetimefield_value(last)]

    def convert_durationfield_value(
        self, value: Any, expression: Any, connection: Any
    ) -> datetime.timedelta | None:
        """Read a duration stored as microseconds."""
        if value is None or isinstance(value, datetime.timedelta):
            return value
        return datetime.timedelta(microseconds=value)

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Functions that turn a driver's value into Python's, for raw rows."""
        return []
