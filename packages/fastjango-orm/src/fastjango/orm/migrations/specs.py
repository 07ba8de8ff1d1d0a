"""Columns, constraints, indexes and tables as a database is to have them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

__all__ = ["ColumnSpec", "ForeignKeySpec", "IndexSpec", "TableSpec"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column.

    Attributes:
        name: Its name.
        text: Everything that follows the name in `CREATE TABLE`.
        generated: Whether the database computes it.
    """

    name: str
    text: str
    generated: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKeySpec:
    """A foreign key constraint on one column or several."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index.

    Attributes:
        name: Its name.
        parts: Columns or expressions, as SQL with their direction and operator class.
        unique: Whether it is unique.
        where: Condition of a partial index, as SQL.
        include: Quoted columns that the index only carries.
        using: Access method, such as `gin`.
        suffix: Anything else, such as `NULLS NOT DISTINCT` or a tablespace.
        columns: Columns that it is on, for those who look for it.
    """

    name: str
    parts: tuple[str, ...]
    unique: bool = False
    where: str = ""
    include: tuple[str, ...] = ()
    using: str = ""
    suffix: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table with everything on it.

    Attributes:
        name: Table name.
        columns: Columns in order.
        constraints: Name (may be empty) and SQL of what stands in `CREATE TABLE` after the columns.
        foreign_keys: Foreign keys.
        indexes: Indexes, unique ones too.
        comment: Comment of the table.
        comments: Comments of columns.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    constraints: tuple[tuple[str, str], ...] = ()
    foreign_keys: tuple[ForeignKeySpec, ...] = ()
    indexes: tuple[IndexSpec, ...] = ()
    comment: str = ""
    comments: dict[str, str] = field(default_factory=dict[str, str])

    def without(self, name: str) -> TableSpec:
        """The table without the constraint or index of this name."""
        return replace(
            self,
            constraints=tuple(item for item in self.constraints if item[0] != name),
            indexes=tuple(index for index in self.indexes if index.name != name),
        )
