"""Table aliases of a query: which tables are joined, how often used, under which name."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import sys
from itertools import count, product
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from fastjango.orm.query.constants import INNER, LOUTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["AliasMixin"]


def _next_prefixes(current: str) -> Iterator[str]:
    """Yield prefixes after `current`: U, V, …, Z, then AA, AB, …."""
    prefix: str | None = chr(ord(current[0]) + 1) if current[0] != "Z" else "A"
    assert prefix is not None
    yield prefix
    for size in count(1):
        letters = ascii_uppercase
        if prefix:
            letters = ascii_uppercase[ascii_uppercase.index(prefix) :]
        for combination in product(letters, repeat=size):
            yield "".join(combination)
        prefix = None


class AliasMixin:
    """The part of a query that manages its FROM clause."""

    def table_alias(
        self: Any, table_name: str, create: bool = False, filtered_relation: Any = None
    ) -> tuple[str, bool]:
        """Return an alias of the table and whether it is new.

        Args:
            table_name: The table.
            create: Whether an existing alias may not be used.
            filtered_relation: The filtered relation that names the first alias.
        """
        known = self.table_map.get(table_name)
        if known and not create:
            self.alias_refcount[known[0]] += 1
            return known[0], False
        if known:
            alias = f"{self.alias_prefix}{len(self.alias_map) + 1}"
            self.table_map[table_name] = [*known, alias]
        else:
            alias = table_name if filtered_relation is None else filtered_relation.alias
            self.table_map[table_name] = [alias]
        self.alias_refcount[alias] = 1
        return alias, True

    def ref_alias(self: Any, alias: str) -> None:
        """Count one more use of the alias."""
        self.alias_refcount[alias] += 1

    def unref_alias(self: Any, alias: str, amount: int = 1) -> None:
        """Count fewer uses of the alias."""
        self.alias_refcount[alias] -= amount

    def promote_joins(self: Any, aliases: Iterable[str]) -> None:
        """Make joins LEFT OUTER where they may lead nowhere, and those that hang on them."""
        pending = list(aliases)
        while pending:
            alias = pending.pop(0)
            join = self.alias_map[alias]
            if join.join_type is None:
                continue
            parent = join.parent_alias
            parent_outer = parent and self.alias_map[parent].join_type == LOUTER
            if (join.nullable or parent_outer) and join.join_type != LOUTER:
                self.alias_map[alias] = join.promote()
                pending.extend(
                    other
                    for other, entry in self.alias_map.items()
                    if entry.parent_alias == alias and other not in pending
                )

    def demote_joins(self: Any, aliases: Iterable[str]) -> None:
        """Make joins INNER, and those that they hang on."""
        pending = list(aliases)
        while pending:
            alias = pending.pop(0)
            join = self.alias_map[alias]
            if join.join_type == LOUTER:
                self.alias_map[alias] = join.demote()
                parent = join.parent_alias
                if self.alias_map[parent].join_type == INNER:
                    pending.append(parent)

    def reset_refcounts(self: Any, to_counts: Mapping[str, int]) -> None:
        """Set the counts of use back to earlier ones."""
        for alias, current in self.alias_refcount.copy().items():
            self.unref_alias(alias, current - to_counts.get(alias, 0))

    def change_aliases(self: Any, change_map: Mapping[str | None, str]) -> None:
        """Rename aliases everywhere in the query."""
        if not change_map:
            return
        # Overlapping names could rename one alias twice.
        assert set(change_map).isdisjoint(change_map.values())
        self.where.relabel_aliases(change_map)
        if isinstance(self.group_by, tuple):
            self.group_by = tuple(expr.relabeled_clone(change_map) for expr in self.group_by)
        self.select = tuple(column.relabeled_clone(change_map) for column in self.select)
        self.annotations = self.annotations and {
            name: expr.relabeled_clone(change_map) for name, expr in self.annotations.items()
        }
        for old, new in change_map.items():
            if old not in self.alias_map:
                continue
            entry = self.alias_map[old].relabeled_clone(change_map)
            self.alias_map[new] = entry
            self.alias_refcount[new] = self.alias_refcount.pop(old)
            del self.alias_map[old]
            known = self.table_map[entry.table_name]
            self.table_map[entry.table_name] = [new if name == old else name for name in known]
        self.__dict__.pop("base_table", None)
        self.external_aliases = {
            change_map.get(alias, alias): aliased or alias in change_map
            for alias, aliased in self.external_aliases.items()
        }
        for combined in self.combined_queries:
            combined.change_aliases(
                {old: new for old, new in change_map.items() if old in combined.external_aliases}
            )

    def bump_prefix(self: Any, other_query: Any, exclude: Any = None) -> None:
        """Rename all aliases so that none can clash with those of an outer query."""
        if self.alias_prefix != other_query.alias_prefix:
            return
        limit = sys.getrecursionlimit() // 16
        for position, prefix in enumerate(_next_prefixes(self.alias_prefix)):
            if prefix not in self.subq_aliases:
                self.alias_prefix = prefix
                break
            if position > limit:
                raise RecursionError("Maximum recursion depth exceeded: too many subqueries.")
        self.subq_aliases = self.subq_aliases.union([self.alias_prefix])
        other_query.subq_aliases = other_query.subq_aliases.union(self.subq_aliases)
        kept = exclude or ()
        self.change_aliases(
            {
                alias: f"{self.alias_prefix}{position}"
                for position, alias in enumerate(self.alias_map)
                if alias not in kept
            }
        )

    def get_initial_alias(self: Any) -> str | None:
        """Return the first table's alias, counting one more use."""
        if self.alias_map:
            alias: str = self.base_table
            self.ref_alias(alias)
            return alias
        if not self.model:
            return None
        created: str = self.join(self.base_table_class(self.get_meta().db_table, None))
        return created

    def count_active_tables(self: Any) -> int:
        """Return how many tables are in use."""
        return sum(1 for uses in self.alias_refcount.values() if uses)

    def join(self: Any, join: Any, reuse: Any = None) -> str:
        """Return the alias of an equal join, or add this one.

        Args:
            join: The table or join.
            reuse: Aliases that may be used again; `None` for all.
        """
        same: list[str] = [
            alias
            for alias, entry in self.alias_map.items()
            if (reuse is None or alias in reuse) and entry == join
        ]
        if same:
            chosen = join.table_alias if join.table_alias in same else same[-1]
            self.ref_alias(chosen)
            return chosen
        alias, _ = self.table_alias(
            join.table_name, create=True, filtered_relation=join.filtered_relation
        )
        if join.join_type:
            outer = self.alias_map[join.parent_alias].join_type == LOUTER or join.nullable
            join.join_type = LOUTER if outer else INNER
        join.table_alias = alias
        self.alias_map[alias] = join
        if join.filtered_relation:
            usable = None if reuse is None else {*reuse, alias}
            size = len(self.alias_map)
            join.filtered_relation = join.filtered_relation.resolve_expression(self, reuse=usable)
            # Joins that the condition needs must come before this one.
            if size < len(self.alias_map):
                self.alias_map[alias] = self.alias_map.pop(alias)
        return alias  # type: ignore[no-any-return]  # operands are dynamic

    def join_parent_model(
        self: Any, opts: Any, model: Any, alias: Any, seen: dict[Any, Any]
    ) -> Any:
        """Return the alias of a parent model's table, joining it if needed.

        Args:
            opts: Where the path starts.
            model: The parent, or `None` for the start itself.
            alias: The start's alias.
            seen: Known aliases by model.
        """
        if model in seen:
            return seen[model]
        chain = opts.get_base_chain(model)
        if not chain:
            return alias
        current = opts
        for parent in chain:
            if parent in seen:
                current = parent._meta
                alias = seen[parent]
                continue
            if not current.parents[parent]:  # a proxy has no table of its own
                current = parent._meta
                continue
            link = current.get_ancestor_link(parent)
            info = self.setup_joins([link.name], current, alias)
            current = parent._meta
            alias = seen[parent] = info.joins[-1]
        return alias or seen[None]
