"""`Filter`: one parameter of a filter set."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from fastjango.rest import fields
from fastjango.rest._calls import hook
from fastjango.rest._steps import Steps, arun_steps, run_steps

__all__ = ["Filter"]

_counter = count()
EMPTY_VALUES: tuple[Any, ...] = ([], (), {}, "", None)


class Filter:
    """A parameter, the value it takes, and what it does to a queryset.

    Args:
        field_name: The model's field; the filter's name if `None`.
        lookup_expr: The lookup.
        label: A text for people.
        method: A method of the filter set, or a function, that filters instead:
            `method(queryset, name, value)`.
        distinct: Whether rows that are found more than once count once.
        exclude: Whether what matches is left out.
        required: Whether the parameter has to be there.
        extra: What the field that reads the value takes.
    """

    field_class: Any = fields.CharField
    schema: dict[str, Any] = {"type": "string"}

    def __init__(
        self,
        field_name: str | None = None,
        lookup_expr: str | None = None,
        *,
        label: Any = None,
        method: str | Callable[..., Any] | None = None,
        distinct: bool = False,
        exclude: bool = False,
        required: bool = False,
        **extra: Any,
    ) -> None:
        self.field_name: Any = field_name
        self.lookup_expr: str = lookup_expr or "exact"
        self.label: Any = label
        self.method: Any = method
        self.distinct: bool = distinct
        self.exclude: bool = exclude
        self.required: bool = required
        self.extra = extra
        self.creation_counter: int = next(_counter)
        self.parent: Any = None

    @property
    def field(self) -> Any:
        """The field that reads the value."""
        return self.field_class(required=self.required, **self.extra)

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the names of the parameters with their JSON schemas.

        Args:
            name: The filter's name.
        """
        return [(name, self.schema)]

    def raw(self, data: Any, name: str) -> Any:
        """Return what the query string says; `None` if it says nothing."""
        return data.get(name)

    def clean(self, raw: Any) -> Any:
        """Return the value of what the query string says.

        Raises:
            ValidationError: It makes no sense.
        """
        return run_steps(self._clean_steps(raw))

    async def aclean(self, raw: Any) -> Any:
        """Return the value of what the query string says."""
        return await arun_steps(self._clean_steps(raw))

    def _clean_steps(self, raw: Any) -> Steps:
        if raw in EMPTY_VALUES:
            if self.required:
                self.field.fail("required")
            return None
        return (yield hook(self, "clean_value", raw))

    def clean_value(self, raw: Any) -> Any:
        """Return the value of something that is not empty."""
        return self.field.run_validation(raw)

    def get_method(self, qs: Any) -> Any:
        """Return `filter` or `exclude`."""
        return qs.exclude if self.exclude else qs.filter

    def lookup(self, lookup_expr: str | None = None) -> str:
        """Return the key for `filter()`."""
        return f"{self.field_name}__{lookup_expr or self.lookup_expr}"

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the queryset, narrowed by a value."""
        if value in EMPTY_VALUES:
            return qs
        if self.distinct:
            qs = qs.distinct()
        return self.get_method(qs)(**{self.lookup(): value})

    def apply(self, qs: Any, value: Any) -> Any:
        """Return the queryset, narrowed by `method` if there is one."""
        if self.method is None:
            return self.filter(qs, value)
        if value in EMPTY_VALUES:
            return qs
        method: Any = self.method
        if isinstance(method, str):
            method = getattr(self.parent, method)
        return method(qs, self.field_name, value)
