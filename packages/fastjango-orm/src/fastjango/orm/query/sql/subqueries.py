"""Queries that change rows, and the query that aggregates over another."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.query.constants import GET_ITERATOR_CHUNK_SIZE, ROW_COUNT
from fastjango.orm.query.sql.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["AggregateQuery", "DeleteQuery", "InsertQuery", "UpdateQuery"]


class DeleteQuery(Query):
    """A DELETE."""

    compiler = "SQLDeleteCompiler"

    def delete_batch_steps(
        self, values: Sequence[Any], using: str, field: Any = None
    ) -> Steps[int]:
        """Delete the rows in which a field (the key by default) has one of the values.

        Returns:
            How many rows were deleted.
        """
        field = field or self.get_meta().pk
        table = self.get_meta().db_table
        deleted = 0
        for offset in range(0, len(values), GET_ITERATOR_CHUNK_SIZE):
            self.clear_where()
            self.add_filter(
                f"{field.attname}__in", values[offset : offset + GET_ITERATOR_CHUNK_SIZE]
            )
            self.get_initial_alias()
            self.alias_map = {table: self.alias_map[table]}
            count = yield from self.get_compiler(using).execute_steps(ROW_COUNT)
            deleted += count or 0
        return deleted


class UpdateQuery(Query):
    """An UPDATE, with further ones for parent tables."""

    compiler = "SQLUpdateCompiler"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._setup_query()

    def _setup_query(self) -> None:
        self.values: list[tuple[Any, Any, Any]] = []
        self.related_ids: Any = None
        self.related_updates: dict[Any, list[Any]] = {}

    def clone(self) -> Any:
        """Return a copy with updates of its own."""
        clone = super().clone()
        clone.related_updates = self.related_updates.copy()
        return clone

    def add_update_values(self, values: Mapping[str, Any]) -> None:
        """Set fields by name; those of parent models go to further updates.

        Raises:
            FieldError: A name is no column of the model.
        """
        own: list[tuple[Any, Any, Any]] = []
        meta = self.get_meta()
        for name, value in values.items():
            field = meta.get_field(name)
            model = field.model._meta.concrete_model
            if field.name == "pk" and model._meta.is_composite_pk:
                raise FieldError("Composite primary key fields must be updated individually.")
            if not field.concrete:
                raise FieldError(
                    f"Cannot update model field {field!r} (only concrete fields are permitted)."
                )
            if model is not meta.concrete_model:
                self.add_related_update(model, field, value)
            else:
                own.append((field, model, value))
        self.add_update_fields(own)

    def add_update_fields(self, values_seq: Iterable[tuple[Any, Any, Any]]) -> None:
        """Set fields; generated ones are left out."""
        for field, model, value in values_seq:
            if field.generated:
                continue
            if hasattr(value, "resolve_expression"):
                # Annotations that it names may be gone later.
                value = value.resolve_expression(self, allow_joins=False, for_save=True)
            self.values.append((field, model, value))

    def add_related_update(self, model: Any, field: Any, value: Any) -> None:
        """Set a parent model's field; one update per parent."""
        self.related_updates.setdefault(model, []).append((field, None, value))

    def get_related_updates(self) -> list[UpdateQuery]:
        """Return the updates of the parents' tables."""
        queries: list[UpdateQuery] = []
        for model, values in self.related_updates.items():
            query = UpdateQuery(model)
            query.values = values
            if self.related_ids is not None:
                query.add_filter("pk__in", self.related_ids[model])
            queries.append(query)
        return queries


class InsertQuery(Query):
    """An INSERT.

    Args:
        on_conflict: What to do with rows that break a unique constraint.
        update_fields: Fields that such a row updates.
        unique_fields: Fields of that constraint.
    """

    compiler = "SQLInsertCompiler"

    def __init__(
        self,
        *args: Any,
        on_conflict: Any = None,
        update_fields: Any = None,
        unique_fields: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields: Any = []
        self.objs: Any = []
        self.raw = False
        self.on_conflict = on_conflict
        self.update_fields = update_fields or []
        self.unique_fields = unique_fields or []

    def insert_values(self, fields: Any, objs: Any, raw: bool = False) -> None:
        """Insert these fields of these objects.

        Args:
            fields: The fields.
            objs: The objects.
            raw: Whether to take the attributes as they are, without `pre_save`.
        """
        self.fields = fields
        self.objs = objs
        self.raw = raw


class AggregateQuery(Query):
    """Aggregates over another query as a derived table."""

    compiler = "SQLAggregateCompiler"

    def __init__(self, model: Any, inner_query: Any) -> None:
        self.inner_query = inner_query
        super().__init__(model)
