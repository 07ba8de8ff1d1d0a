"""Columns of tables and references to selected names."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fastjango.orm.query.expressions.base import Expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Col", "ColPairs", "Ref"]


class Col(Expression):
    """A column of a joined table.

    Args:
        alias: The table's alias, `None` where no table may be named.
        target: The field whose column it is.
        output_field: The field that gives the result its type, if another.
    """

    contains_column_references = True
    possibly_multivalued = False

    def __init__(self, alias: str | None, target: Any, output_field: Any = None) -> None:
        super().__init__(output_field=target if output_field is None else output_field)
        self.alias, self.target = alias, target

    def __repr__(self) -> str:
        parts = (self.alias, str(self.target)) if self.alias else (str(self.target),)
        return f"{self.__class__.__name__}({', '.join(parts)})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the quoted, qualified name."""
        if self.alias:
            return (
                f"{compiler.quote_name(self.alias)}.{compiler.quote_name(self.target.column)}",
                (),
            )
        return compiler.quote_name(self.target.column), ()

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Any:
        """Return the same column of the renamed table."""
        if self.alias is None:
            return self
        clone = self.__class__(
            change_map.get(self.alias, self.alias), self.target, self.output_field
        )
        if self.possibly_multivalued:
            clone.possibly_multivalued = True
        return clone

    def get_group_by_cols(self) -> list[Any]:
        """Group by the column."""
        return [self]

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        """Return the converters of the output field, then those of the column."""
        own: list[Callable[..., Any]] = self.output_field.get_db_converters(connection)
        if self.target == self.output_field:
            return own
        return [*own, *self.target.get_db_converters(connection)]


class ColPairs(Expression):
    """Several columns that are one value: a composite primary key.

    Args:
        alias: The table's alias.
        targets: The fields whose columns they are.
        sources: The fields that give the results their types.
        output_field: The composite field.
    """

    def __init__(self, alias: Any, targets: Any, sources: Any, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.alias = alias
        self.targets = targets
        self.sources = sources

    def __len__(self) -> int:
        return len(self.targets)

    def __iter__(self) -> Iterator[Col]:
        return iter(self.get_cols())

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}({self.alias!r}, {self.targets!r}, "
            f"{self.sources!r}, {self.output_field!r})"
        )

    def get_cols(self) -> list[Col]:
        """Return the columns one by one."""
        return [
            Col(self.alias, target, source)
            for target, source in zip(self.targets, self.sources, strict=False)
        ]

    def get_source_expressions(self) -> list[Any]:
        """Return the columns."""
        return list(self.get_cols())

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Take columns of the same table."""
        assert all(isinstance(expr, Col) and expr.alias == self.alias for expr in exprs)
        self.targets = [column.target for column in exprs]
        self.sources = [column.field for column in exprs]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the columns, separated by commas."""
        return ", ".join(column.as_sql(compiler, connection)[0] for column in self.get_cols()), ()

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Any:
        """Return the same columns of the renamed table."""
        return self.__class__(
            change_map.get(self.alias, self.alias), self.targets, self.sources, self.field
        )

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Self:
        """Return this object: it is resolved by nature."""
        return self

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Return the columns unchanged."""
        return sql, params


class Ref(Expression):
    """A reference, by its alias, to something in the SELECT list."""

    def __init__(self, refs: str, source: Any) -> None:
        super().__init__()
        self.refs, self.source = refs, source

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.refs}, {self.source})"

    def get_source_expressions(self) -> list[Any]:
        """Return what the alias stands for."""
        return [self.source]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace what the alias stands for."""
        (self.source,) = exprs

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Self:
        """Return this object: its source is resolved already."""
        return self

    def get_refs(self) -> set[str]:
        """Return the alias."""
        return {self.refs}

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Any:
        """Return a reference to the renamed source."""
        clone = self.copy()
        clone.source = self.source.relabeled_clone(change_map)
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the quoted alias."""
        return connection.ops.quote_name(self.refs), ()

    def get_group_by_cols(self) -> list[Any]:
        """Group by the alias."""
        return [self]
