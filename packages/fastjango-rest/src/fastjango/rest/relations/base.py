"""What fields for related objects have in common."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Querysets, objects and keys may be anything.

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from fastjango.core.exceptions import MultipleObjectsReturned
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._unfit import UNFIT
from fastjango.rest.fields.attributes import get_attribute, is_simple_callable
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.choices import iter_options
from fastjango.rest.settings import api_settings

__all__ = ["PKOnlyObject", "RelatedField", "StringRelatedField"]

# Keyword arguments of a relation that also concern the list around it.
MANY_RELATION_KWARGS = (
    "read_only", "write_only", "required", "default", "initial", "source", "label", "help_text",
    "style", "error_messages", "allow_empty", "html_cutoff", "html_cutoff_text",
)  # fmt: skip

# A key that names no row, or several. What a field says against a value (`ValidationError`) is the
# answer to the client.
NO_ROW = (*UNFIT, MultipleObjectsReturned)


class PKOnlyObject:
    """Stands for a related object of which only the key is needed.

    Args:
        pk: The key.
    """

    def __init__(self, pk: Any) -> None:
        self.pk = pk

    def __str__(self) -> str:
        return str(self.pk)


def html_cutoff(given: Any) -> int | None:
    """Return the most entries of a select element."""
    if given is not empty:
        return given  # type: ignore[no-any-return]
    limit = api_settings.HTML_SELECT_CUTOFF
    return None if limit is None else int(limit)


class OfferedObjects:
    """What a select element offers of a relation's objects; a mixin beside `Field`."""

    html_cutoff: int | None
    html_cutoff_text: Any

    def get_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        """Return texts of the objects by their representation; asks the database."""
        raise NotImplementedError(f"{type(self).__name__} must define get_choices().")

    @property
    def choices(self) -> dict[Any, Any]:
        """All choices; asks the database."""
        return self.get_choices()

    @property
    def grouped_choices(self) -> dict[Any, Any]:
        """All choices; asks the database."""
        return self.choices

    def iter_options(self) -> Iterator[Any]:
        """Yield what a select element shows; asks the database."""
        return iter_options(
            self.get_choices(cutoff=self.html_cutoff),
            cutoff=self.html_cutoff,
            cutoff_text=self.html_cutoff_text,
        )


class RelatedField(OfferedObjects, Field):
    """Base of the fields whose value is a related object.

    With ``many=True`` a `ManyRelatedField` is made instead, with this field as its child.

    Args:
        queryset: The objects that input may name; not with `read_only`.
        html_cutoff: The most entries of a select element; `HTML_SELECT_CUTOFF` if absent.
        html_cutoff_text: The text of its last entry then.
        **kwargs: Options of every field; `many`, and `allow_empty` with it.
    """

    queryset: Any = None
    html_cutoff: Any = None
    html_cutoff_text: Any = None

    def __init__(self, **kwargs: Any) -> None:
        self.queryset = kwargs.pop("queryset", self.queryset)
        self.html_cutoff = html_cutoff(kwargs.pop("html_cutoff", empty))
        self.html_cutoff_text = kwargs.pop(
            "html_cutoff_text",
            self.html_cutoff_text or _(api_settings.HTML_SELECT_CUTOFF_TEXT),
        )
        if type(self).get_queryset is RelatedField.get_queryset and not (
            self.queryset is not None or kwargs.get("read_only")
        ):
            raise AssertionError(
                "Relational field must provide a `queryset` argument, override `get_queryset`, "
                "or set read_only=`True`."
            )
        if self.queryset is not None and kwargs.get("read_only"):
            raise AssertionError(
                "Relational fields should not provide a `queryset` argument, when setting "
                "read_only=`True`."
            )
        kwargs.pop("many", None)
        kwargs.pop("allow_empty", None)
        super().__init__(**kwargs)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the field, or the list of it with ``many=True``."""
        if kwargs.pop("many", False):
            return cls.many_init(*args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the list field; override it to make another one.

        Args:
            *args: Arguments of the child.
            **kwargs: Arguments of the child; those about lists also of the list.
        """
        from fastjango.rest.relations.many import ManyRelatedField

        options = {name: value for name, value in kwargs.items() if name in MANY_RELATION_KWARGS}
        return ManyRelatedField(child_relation=cls(*args, **kwargs), **options)

    def run_validation(self, data: Any = empty) -> Any:
        """Return the related object; a form's empty text is `None`."""
        return super().run_validation(None if data == "" else data)

    async def arun_validation(self, data: Any = empty) -> Any:
        """`run_validation` for asynchronous code."""
        return await super().arun_validation(None if data == "" else data)

    def get_queryset(self) -> Any:
        """Return the objects that input may name, not yet read."""
        queryset = self.queryset
        # Each use asks the database anew.
        return queryset.all() if hasattr(queryset, "all") else queryset

    def use_pk_only_optimization(self) -> bool:
        """Whether the key is all that `to_representation` needs."""
        return False

    def get_attribute(self, instance: Any) -> Any:
        """Return the related object, or a stand-in with its key."""
        if self.use_pk_only_optimization() and self.source_attrs:
            with contextlib.suppress(AttributeError):
                owner = get_attribute(instance, self.source_attrs[:-1])
                value = owner.serializable_value(self.source_attrs[-1])
                if is_simple_callable(value):
                    value = value()
                # The source may be a property that gives an object.
                return PKOnlyObject(pk=getattr(value, "pk", value))
        return super().get_attribute(instance)

    def get_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        """Return texts of the objects by their representation; asks the database.

        Args:
            cutoff: The most objects.
        """
        queryset = self.get_queryset()
        if queryset is None:
            return {}
        if cutoff is not None:
            queryset = queryset[:cutoff]
        return {self.to_representation(item): self.display_value(item) for item in queryset}

    async def aget_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        """`get_choices` for asynchronous code."""
        queryset = self.get_queryset()
        if queryset is None:
            return {}
        if cutoff is not None:
            queryset = queryset[:cutoff]
        return {self.to_representation(item): self.display_value(item) async for item in queryset}

    def display_value(self, instance: Any) -> str:
        """Return the text of an object in a select element."""
        return str(instance)


class StringRelatedField(RelatedField):
    """Shows a related object as its text.

    Args:
        **kwargs: Options of `RelatedField`; `read_only` is always True.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs["read_only"] = True
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> Any:
        """Return the object's text."""
        return str(value)
