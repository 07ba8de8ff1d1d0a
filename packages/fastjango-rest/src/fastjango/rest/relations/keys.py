"""Related objects named by a key or another value of theirs."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Querysets, objects and keys may be anything.

from __future__ import annotations

from operator import attrgetter
from typing import Any, ClassVar

from fastjango.core.exceptions import ObjectDoesNotExist
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.relations.base import NO_ROW, RelatedField
from fastjango.values.encoding import smart_str

__all__ = ["PrimaryKeyRelatedField", "SlugRelatedField"]


def get_steps(queryset: Any, **kwargs: Any) -> Steps:
    """Get the one object that fits."""

    def get() -> Any:
        return queryset.get(**kwargs)

    async def aget() -> Any:
        return await queryset.aget(**kwargs)

    return (yield get, aget, ())


class PrimaryKeyRelatedField(RelatedField):
    """A related object, named by its primary key.

    Args:
        pk_field: A field that reads and shows the key.
        **kwargs: Options of `RelatedField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("This field is required."),
        "does_not_exist": _('Invalid pk "{pk_value}" - object does not exist.'),
        "incorrect_type": _("Incorrect type. Expected pk value, received {data_type}."),
    }

    def __init__(self, **kwargs: Any) -> None:
        self.pk_field: Any = kwargs.pop("pk_field", None)
        super().__init__(**kwargs)

    def use_pk_only_optimization(self) -> bool:
        """The key is all that is shown."""
        return True

    def to_internal_value(self, data: Any) -> Any:
        """Return the object that has the key."""
        return run_steps(self._steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._steps(data))

    def _steps(self, data: Any) -> Steps:
        if self.pk_field is not None:
            data = self.pk_field.to_internal_value(data)
        queryset = self.get_queryset()
        try:
            if isinstance(data, bool):
                raise TypeError
            return (yield from get_steps(queryset, pk=data))
        except ObjectDoesNotExist:
            self.fail("does_not_exist", pk_value=data)
        except NO_ROW:
            self.fail("incorrect_type", data_type=type(data).__name__)

    def many_steps(self, items: list[Any]) -> Steps:
        """Find several objects with one query; `None` if each has to be asked for."""
        if self.pk_field is not None or any(isinstance(item, bool) for item in items):
            return None
        return (yield from _bulk_steps(self.get_queryset(), "pk", items))

    def to_representation(self, value: Any) -> Any:
        """Return the object's key."""
        return value.pk if self.pk_field is None else self.pk_field.to_representation(value.pk)


class SlugRelatedField(RelatedField):
    """A related object, named by another unique value of it.

    Args:
        slug_field: The name of that value; a path with `__` is for showing only.
        **kwargs: Options of `RelatedField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "does_not_exist": _("Object with {slug_name}={value} does not exist."),
        "invalid": _("Invalid value."),
    }

    def __init__(self, slug_field: str | None = None, **kwargs: Any) -> None:
        if slug_field is None:
            raise AssertionError("The `slug_field` argument is required.")
        self.slug_field = slug_field
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the object that has the value."""
        return run_steps(self._steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._steps(data))

    def _steps(self, data: Any) -> Steps:
        try:
            return (yield from get_steps(self.get_queryset(), **{self.slug_field: data}))
        except ObjectDoesNotExist:
            self.fail("does_not_exist", slug_name=self.slug_field, value=smart_str(data))
        except NO_ROW:
            self.fail("invalid")

    def many_steps(self, items: list[Any]) -> Steps:
        """Find several objects with one query; `None` if each has to be asked for."""
        return (yield from _bulk_steps(self.get_queryset(), self.slug_field, items))

    def to_representation(self, value: Any) -> Any:
        """Return the object's value."""
        return attrgetter(self.slug_field.replace("__", "."))(value)


def _bulk_steps(queryset: Any, name: str, items: list[Any]) -> Steps:
    """Find objects by a unique column, in the order of their values.

    Returns:
        The objects; `None` where something is missing, unfit or not unique, so that asking for
        each says what is wrong.
    """
    model = getattr(queryset, "model", None)
    if model is None or "__" in name:
        return None
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not field.unique or field.is_relation:
        return None

    def get(keys: list[Any]) -> Any:
        return queryset.in_bulk(keys, field_name=field.name)

    async def aget(keys: list[Any]) -> Any:
        return await queryset.ain_bulk(keys, field_name=field.name)

    try:
        keys = [field.to_python(item) for item in items]
        found = yield get, aget, (list(dict.fromkeys(keys)),)
        return [found[key] for key in keys]
    except Exception:  # what a model field of any kind raises for an unfit value
        return None
