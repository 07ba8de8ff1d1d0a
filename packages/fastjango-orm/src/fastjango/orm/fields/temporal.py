"""Fields holding dates and times."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable
from functools import partialmethod
from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core import checks, settings, timezone
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.dateparse import parse_date, parse_datetime, parse_time

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["DateField", "DateTimeField", "TimeField"]

#: A fixed default this near to the moment of the check was probably meant to be "now".
NOW_MARGIN = datetime.timedelta(seconds=10)


def _to_naive(value: datetime.datetime) -> datetime.datetime:
    if timezone.is_aware(value):
        return timezone.make_naive(value, datetime.UTC)
    return value


def _naive_now() -> datetime.datetime:
    return _to_naive(timezone.now())


class _MomentField(Field[SetT, GetT]):
    """What dates and times share: `auto_now`, `auto_now_add` and their checks."""

    empty_strings_allowed = False
    auto_now: bool
    auto_now_add: bool

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        **kwargs: Any,
    ) -> None:
        self.auto_now, self.auto_now_add = auto_now, auto_now_add
        if auto_now or auto_now_add:
            kwargs["editable"] = False
            kwargs["blank"] = True
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: one source of "now" at most, and no default frozen at start-up."""
        return [
            *super().check(**kwargs),
            *self._check_mutually_exclusive_options(),
            *self._check_fix_default_value(),
        ]

    def _check_mutually_exclusive_options(self) -> list[Any]:
        options = (self.auto_now_add, self.auto_now, self.has_default())
        if sum(option not in (None, False) for option in options) > 1:
            return self._error(
                "The options auto_now, auto_now_add, and default are mutually exclusive. Only one "
                "of these options may be present.",
                "fields.E160",
            )
        return []

    def _check_fix_default_value(self) -> list[Any]:
        return []

    def _check_if_value_fixed(
        self, value: datetime.date | datetime.datetime, now: datetime.datetime | None = None
    ) -> list[Any]:
        now = now or _naive_now()
        low: Any = now - NOW_MARGIN
        high: Any = now + NOW_MARGIN
        moment: Any = value
        if isinstance(value, datetime.datetime):
            moment = _to_naive(value)
        else:
            low, high = low.date(), high.date()
        if not low <= moment <= high:
            return []
        return [
            checks.Warning(
                "Fixed default value provided.",
                hint=(
                    "It seems you set a fixed date / time / datetime value as default for this "
                    "field. This may not be what you want. If you want to have the current date "
                    "as default, use `fastjango.core.timezone.now`"
                ),
                obj=self,
                id="fields.W161",
            )
        ]

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.auto_now is not False:
            kwargs["auto_now"] = self.auto_now
        if self.auto_now_add is not False:
            kwargs["auto_now_add"] = self.auto_now_add
        if self.auto_now or self.auto_now_add:
            del kwargs["blank"]
            del kwargs["editable"]
        return name, path, args, kwargs

    def _now(self) -> Any:
        raise NotImplementedError

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The present moment, with `auto_now` or for a new row with `auto_now_add`."""
        if self.auto_now or (self.auto_now_add and add):
            value = self._now()
            setattr(model_instance, self.attname, value)
            return value
        return super().pre_save(model_instance, add)

    def _parse(self, value: Any, parser: Callable[[Any], Any], code: str) -> Any:
        """`parser(value)`; `None` for another form, an error if the value means nothing."""
        try:
            return parser(value)
        except ValueError:
            raise ValidationError(
                self.error_messages[code], code=code, params={"value": value}
            ) from None

    def _invalid(self, value: Any) -> ValidationError:
        return ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def get_prep_value(self, value: Any) -> Any:
        """A date or time object, `None` stays."""
        return self.to_python(super().get_prep_value(value))

    def value_to_string(self, obj: Any) -> str:
        """ISO 8601, empty for `None`."""
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()


class DateField(_MomentField[SetT, GetT]):
    """A date.

    Args:
        auto_now: Set to today whenever the instance is saved.
        auto_now_add: Set to today when the row is inserted.
    """

    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format."
        ),
        "invalid_date": _(
            "“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."
        ),
    }
    description: Any = _("Date (without time)")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DateField[datetime.date | str | Combinable, datetime.date],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: DateField[datetime.date | str | Combinable | None, datetime.date | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def _check_fix_default_value(self) -> list[Any]:
        value = self.default if self.has_default() else None
        if isinstance(value, datetime.datetime):
            return self._check_if_value_fixed(_to_naive(value).date())
        if isinstance(value, datetime.date):
            return self._check_if_value_fixed(value)
        return []

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "DateField"

    def to_python(self, value: Any) -> Any:
        """A `date`; aware datetimes count in the default time zone."""
        if value is None:
            return value
        if isinstance(value, datetime.datetime):
            if settings.USE_TZ and timezone.is_aware(value):
                value = timezone.make_naive(value, timezone.get_default_timezone())
            return value.date()
        if isinstance(value, datetime.date):
            return value
        parsed = self._parse(value, parse_date, "invalid_date")
        if parsed is None:
            raise self._invalid(value)
        return parsed

    def _now(self) -> Any:
        return datetime.date.today()

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the field `name` of the model, with `get_next_by_...` and its counterpart."""
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)
        if not self.null:
            neighbour = cls._get_next_or_previous_by_FIELD
            for word, is_next in (("next", True), ("previous", False)):
                method = partialmethod(neighbour, field=self, is_next=is_next)
                setattr(cls, f"get_{word}_by_{self.name}", method)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A date as the driver takes it."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_datefield_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A date input."""
        return super().formfield(**{"form_class": "DateField", **kwargs})


class DateTimeField(DateField[SetT, GetT]):
    """A date and time.

    Args:
        auto_now: Set to the present moment whenever the instance is saved.
        auto_now_add: Set to the present moment when the row is inserted.
    """

    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid format. It must be in "
            "YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format."
        ),
        "invalid_date": _(
            "“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."
        ),
        "invalid_datetime": _(
            "“%(value)s” value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) "
            "but it is an invalid date/time."
        ),
    }
    description: Any = _("Date (with time)")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DateTimeField[
                datetime.datetime | datetime.date | str | Combinable, datetime.datetime
            ],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: DateTimeField[
                datetime.datetime | datetime.date | str | Combinable | None,
                datetime.datetime | None,
            ],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def _check_fix_default_value(self) -> list[Any]:
        value = self.default if self.has_default() else None
        if isinstance(value, datetime.date):
            return self._check_if_value_fixed(value)
        return []

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "DateTimeField"

    def _warn_naive(self, value: object, words: str, level: int) -> None:
        owner = getattr(self, "model", None)
        name = f"{owner.__name__}.{self.name}" if owner is not None else "(unbound)"
        warnings.warn(
            f"DateTimeField {name} received a naive datetime ({value}) {words}.",
            RuntimeWarning,
            stacklevel=level,
        )

    def to_python(self, value: Any) -> Any:
        """A `datetime`; a date becomes its midnight."""
        if value is None or isinstance(value, datetime.datetime):
            return value
        if isinstance(value, datetime.date):
            midnight = datetime.datetime(value.year, value.month, value.day)
            if settings.USE_TZ:
                self._warn_naive(midnight, "while time zone support is active", 3)
                midnight = timezone.make_aware(midnight, timezone.get_default_timezone())
            return midnight
        parsed = self._parse(value, parse_datetime, "invalid_datetime")
        if parsed is not None:
            return parsed
        day = self._parse(value, parse_date, "invalid_date")
        if day is None:
            raise self._invalid(value)
        return datetime.datetime(day.year, day.month, day.day)

    def _now(self) -> Any:
        return timezone.now()

    def get_prep_value(self, value: Any) -> Any:
        """A `datetime`; with `USE_TZ` a naive one gets the default time zone and a warning."""
        value = super().get_prep_value(value)
        if value is not None and settings.USE_TZ and timezone.is_naive(value):
            self._warn_naive(value, "while time zone support is active", 4)
            value = timezone.make_aware(value, timezone.get_default_timezone())
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A datetime as the driver takes it."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_datetimefield_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A date and time input."""
        return super().formfield(**{"form_class": "DateTimeField", **kwargs})


class TimeField(_MomentField[SetT, GetT]):
    """A time of day.

    Args:
        auto_now: Set to the present time whenever the instance is saved.
        auto_now_add: Set to the present time when the row is inserted.
    """

    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid format. It must be in HH:MM[:ss[.uuuuuu]] format."
        ),
        "invalid_time": _(
            "“%(value)s” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an "
            "invalid time."
        ),
    }
    description: Any = _("Time")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: TimeField[datetime.time | datetime.datetime | str | Combinable, datetime.time],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: TimeField[
                datetime.time | datetime.datetime | str | Combinable | None, datetime.time | None
            ],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            auto_now: bool = ...,
            auto_now_add: bool = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def _check_fix_default_value(self) -> list[Any]:
        value = self.default if self.has_default() else None
        if isinstance(value, datetime.datetime):
            return self._check_if_value_fixed(value)
        if isinstance(value, datetime.time):
            now = _naive_now()
            moment = datetime.datetime.combine(now.date(), value)
            return self._check_if_value_fixed(moment, now=now)
        return []

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "TimeField"

    def to_python(self, value: Any) -> Any:
        """A `time`; of a datetime, its time."""
        if value is None or isinstance(value, datetime.time):
            return value
        if isinstance(value, datetime.datetime):
            # Losing the date and zone is usual here: databases keep times without them.
            return value.time()
        parsed = self._parse(value, parse_time, "invalid_time")
        if parsed is None:
            raise self._invalid(value)
        return parsed

    def _now(self) -> Any:
        return datetime.datetime.now().time()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A time as the driver takes it."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_timefield_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A time input."""
        return super().formfield(**{"form_class": "TimeField", **kwargs})
