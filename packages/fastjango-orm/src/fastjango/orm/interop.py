"""Models as SQLModel classes: SQLAlchemy's mapping and pydantic's schema, made when asked for."""

from __future__ import annotations

from typing import Any

__all__ = ["SQLModelInterop", "adopt_sqlmodel_fields", "mapped_attribute", "state_for"]


def adopt_sqlmodel_fields(attrs: dict[str, Any]) -> None:
    """Turn SQLModel's `name: type = Field(...)` in a class body into fields."""


def mapped_attribute(model: Any, name: str) -> Any:
    """SQLAlchemy's attribute for a column of a model."""
    raise NotImplementedError


def state_for(instance: Any) -> Any:
    """State of an instance that was made without `__init__`."""
    from .state import ModelState

    return ModelState()


class _LazyTable:
    """Builds the class's `Table` when it is first asked for."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        model: Any = owner
        if "_meta" not in dir(model) or model._meta.abstract:
            raise AttributeError("__table__")
        from .schema import table_for

        return table_for(model)


class SQLModelInterop:
    """The part of `Model` that SQLAlchemy and pydantic see."""

    __table__: Any = _LazyTable()
