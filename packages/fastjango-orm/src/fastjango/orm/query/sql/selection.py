"""What a query selects, in which order, grouped by what, and which part of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.constants import AND
from fastjango.orm.query.expressions import Col, ColPairs, F, RawSQL, Ref
from fastjango.orm.query.names import check_alias, nearest
from fastjango.orm.query.sql.joins import MultiJoin
from fastjango.orm.query.sql.masks import Mask, defer_mask, only_mask, path_tree
from fastjango.orm.query.sql.resolution import field_names
from fastjango.orm.query.sql.where import ExtraWhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["SelectionMixin"]


class SelectionMixin:
    """The part of a query that manages SELECT, GROUP BY, ORDER BY and LIMIT."""

    # -- limits ------------------------------------------------------------------------

    def set_limits(self: Any, low: int | None = None, high: int | None = None) -> None:
        """Narrow the rows to a slice of the present slice."""
        if high is not None:
            limit = self.low_mark + high
            self.high_mark = limit if self.high_mark is None else min(self.high_mark, limit)
        if low is not None:
            start = self.low_mark + low
            self.low_mark = start if self.high_mark is None else min(self.high_mark, start)
        if self.low_mark == self.high_mark:
            self.set_empty()

    def clear_limits(self: Any) -> None:
        """Take all rows again."""
        self.low_mark, self.high_mark = 0, None

    @property
    def is_sliced(self: Any) -> bool:
        """Whether only a part of the rows is taken."""
        return self.low_mark != 0 or self.high_mark is not None

    def has_limit_one(self: Any) -> bool:
        """Whether at most one row is taken."""
        return self.high_mark is not None and self.high_mark - self.low_mark == 1

    def can_filter(self: Any) -> bool:
        """Whether filters may still be added."""
        return not self.is_sliced

    # -- columns -----------------------------------------------------------------------

    def clear_select_clause(self: Any) -> None:
        """Select nothing."""
        self.select = ()
        self.default_cols = False
        self.select_related = False
        self.set_extra_mask(())
        self.set_annotation_mask(())
        self.selected = None

    def clear_select_fields(self: Any) -> None:
        """Forget the columns that `values()` chose."""
        self.select = ()
        self.values_select = ()
        self.selected = None

    def add_select_col(self: Any, col: Any, name: str) -> None:
        """Select one more column."""
        self.select += (col,)
        self.values_select += (name,)
        self.selected[name] = len(self.select) - 1

    def set_select(self: Any, cols: Iterable[Any]) -> None:
        """Select these columns instead of the model's."""
        self.default_cols = False
        self.select = tuple(cols)

    def add_distinct_fields(self: Any, *field_names: str) -> None:
        """Take only the first row of each combination of values."""
        self.distinct_fields = field_names
        self.distinct = True

    def _column_of_path(self: Any, name: str, opts: Any, alias: Any, allow_m2m: bool) -> Any:
        info = self.setup_joins(name.split(LOOKUP_SEP), opts, alias, allow_many=allow_m2m)
        targets, alias, _ = self.trim_joins(info.targets, info.joins, info.path)
        columns = [info.transform_function(target, alias) for target in targets]
        if len(columns) == 1:
            return columns[0]
        return ColPairs(
            alias if self.alias_cols else None,
            [column.target for column in columns],
            [column.output_field for column in columns],
            info.final_field,
        )

    def add_fields(self: Any, field_names: Iterable[str], allow_m2m: bool = True) -> None:
        """Select these fields, in this order.

        Raises:
            FieldError: A name is no field.
        """
        alias = self.get_initial_alias()
        opts = self.get_meta()
        name = ""
        try:
            columns: list[Any] = []
            for name in field_names:
                columns.append(self._column_of_path(name, opts, alias, allow_m2m))
            if columns:
                self.set_select(columns)
        except MultiJoin:
            raise FieldError(f"Invalid field name: '{name}'") from None
        except FieldError:
            if LOOKUP_SEP in name:
                raise  # it names the model on which the path broke off
            raise self._unknown_selection(name, opts) from None

    def _unknown_selection(self: Any, name: str, opts: Any) -> FieldError:
        choices = sorted(
            [
                *field_names(opts),
                *self.extra,
                *self.annotation_select,
                *self._filtered_relations,
            ]
        )
        hint = nearest(name, choices)
        return FieldError(
            f"Cannot resolve keyword {name!r} into field. Choices are: {', '.join(choices)}"
            + (f".{hint}" if hint else "")
        )

    def set_values(self: Any, fields: Sequence[str]) -> None:
        """Select what `values()` names, or all fields."""
        self.select_related = False
        self.clear_deferred_loading()
        self.clear_select_fields()
        selected: dict[str, Any] = {}
        if fields:
            names, selected = self._named_selection(fields)
        else:
            names = [field.attname for field in self.model._meta.concrete_fields]
        if self.group_by is True:
            self.add_fields((field.attname for field in self.model._meta.concrete_fields), False)
            # The SELECT clause is about to change: nothing may refer to its aliases.
            self.set_group_by(allow_aliases=False)
            self.clear_select_fields()
        elif self.group_by:
            self.group_by = tuple(
                self.annotations[expr.refs]
                if isinstance(expr, Ref) and expr.refs not in selected
                else expr
                for expr in self.group_by
            )
        self.values_select = tuple(names)
        self.add_fields(names, True)
        self.selected = selected if fields else None

    def _named_selection(self: Any, fields: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        for name in fields:
            check_alias(name)
        if not self.extra and not self.annotations:
            return list(fields), {name: index for index, name in enumerate(fields)}
        self.default_cols = False
        names: list[str] = []
        extra_names: list[str] = []
        annotation_names: list[str] = []
        selected: dict[str, Any] = {}
        for name in fields:
            if extra := self.extra_select.get(name):
                extra_names.append(name)
                selected[name] = RawSQL(*extra)
            elif name in self.annotation_select:
                annotation_names.append(name)
                selected[name] = name
            elif name in self.annotations:
                if self.annotation_select:
                    raise FieldError(
                        f"Cannot select the '{name}' alias. It was excluded "
                        f"by a previous values() or values_list() call. "
                        f"Include '{name}' in that call to select it."
                    )
                raise FieldError(f"Cannot select the '{name}' alias. Use annotate() to promote it.")
            else:
                # The error must offer annotations that are about to be masked.
                if self.annotation_select:
                    self.names_to_path(name.split(LOOKUP_SEP), self.model._meta)
                selected[name] = len(names)
                names.append(name)
        self.set_extra_mask(extra_names)
        self.set_annotation_mask(annotation_names)
        return names, selected

    @property
    def has_select_fields(self: Any) -> bool:
        """Whether `values()` has chosen what to select."""
        return self.selected is not None

    # -- annotations -------------------------------------------------------------------

    def check_alias(self: Any, alias: str) -> None:
        """Refuse an alias that could break out of its quotes."""
        check_alias(alias)

    def add_annotation(self: Any, annotation: Any, alias: str, select: bool = True) -> None:
        """Compute an expression under a name.

        Args:
            annotation: The expression.
            alias: The name.
            select: Whether the result is selected too.
        """
        check_alias(alias)
        resolved = annotation.resolve_expression(self, allow_joins=True, reuse=None)
        if select:
            self.append_annotation_mask([alias])
        else:
            self.set_annotation_mask(set(self.annotation_select).difference({alias}))
        self.annotations[alias] = resolved
        if select and self.selected:
            self.selected[alias] = alias

    def set_annotation_mask(self: Any, names: Iterable[str] | None) -> None:
        """Select only these annotations; `None` selects all."""
        if names is None:
            self.annotation_select_mask = None
        else:
            mask = list(dict.fromkeys(names))
            self.annotation_select_mask = mask
            if self.selected:
                self.selected = {
                    key: value
                    for key, value in self.selected.items()
                    if not isinstance(value, str) or value in mask
                }
                for name in mask:
                    self.selected[name] = name
        self._annotation_select_cache = None

    def append_annotation_mask(self: Any, names: Iterable[str]) -> None:
        """Select these annotations too."""
        if self.annotation_select_mask is not None:
            self.set_annotation_mask([*self.annotation_select_mask, *names])

    @property
    def annotation_select(self: Any) -> dict[str, Any]:
        """The annotations that are selected, by name."""
        if not self.annotations:
            return {}
        if self.annotation_select_mask is None:
            annotations: dict[str, Any] = self.annotations
            return annotations
        if self._annotation_select_cache is None:
            mask = set(self.annotation_select_mask)
            self._annotation_select_cache = {
                name: expr for name, expr in self.annotations.items() if name in mask
            }
        cached: dict[str, Any] = self._annotation_select_cache
        return cached

    # -- extra -------------------------------------------------------------------------

    def add_extra(
        self: Any,
        select: Mapping[str, str] | None,
        select_params: Sequence[Any] | None,
        where: Sequence[str] | None,
        params: Sequence[Any] | None,
        tables: Sequence[str] | None,
        order_by: Sequence[str] | None,
    ) -> None:
        """Add what `extra()` was given."""
        if select:
            values = iter(select_params or ())
            pairs: dict[str, Any] = {}
            for name, text in select.items():
                check_alias(name)
                entry = str(text)
                bare = entry.replace("%%", "")
                pairs[name] = (entry, [next(values) for _ in range(bare.count("%s"))])
            self.extra.update(pairs)
            self._extra_select_cache = None
        if where or params:
            self.where.add(ExtraWhere(where, params), AND)
        if tables:
            self.extra_tables += tuple(tables)
        if order_by:
            self.extra_order_by = order_by

    def set_extra_mask(self: Any, names: Iterable[str] | None) -> None:
        """Select only these entries of `extra(select=…)`; `None` selects all."""
        self.extra_select_mask = None if names is None else set(names)
        self._extra_select_cache = None

    @property
    def extra_select(self: Any) -> dict[str, Any]:
        """The entries of `extra(select=…)` that are selected, by name."""
        if not self.extra:
            return {}
        if self.extra_select_mask is None:
            extra: dict[str, Any] = self.extra
            return extra
        if self._extra_select_cache is None:
            self._extra_select_cache = {
                name: entry for name, entry in self.extra.items() if name in self.extra_select_mask
            }
        cached: dict[str, Any] = self._extra_select_cache
        return cached

    # -- ordering ----------------------------------------------------------------------

    def add_ordering(self: Any, *ordering: Any) -> None:
        """Sort by these names and expressions; none at all removes every ordering.

        Raises:
            FieldError: A name is no field, or an item is neither name nor expression.
        """
        errors: list[Any] = []
        for item in ordering:
            if isinstance(item, str):
                if item == "?":
                    continue
                name = item.removeprefix("-")
                if name in self.annotations or (self.extra and name in self.extra):
                    continue
                # Raises the descriptive error for a name that is no field.
                self.names_to_path(name.split(LOOKUP_SEP), self.model._meta)
            elif not hasattr(item, "resolve_expression"):
                errors.append(item)
            if getattr(item, "contains_aggregate", False):
                raise FieldError(
                    "Using an aggregate in order_by() without also including "
                    f"it in annotate() is not allowed: {item}"
                )
        if errors:
            raise FieldError(f"Invalid order_by arguments: {errors}")
        if ordering:
            self.order_by += ordering
        else:
            self.default_ordering = False

    @property
    def orderby_issubset_groupby(self: Any) -> bool:
        """Whether sorting cannot change what is grouped."""
        if self.extra_order_by:
            return False
        if self.group_by in (None, True) or not self.order_by:
            return True
        scratch = self.clone()
        resolved: set[Any] = set()
        for item in scratch.order_by:
            if hasattr(item, "resolve_expression"):
                resolved.add(item.resolve_expression(scratch))
            elif item == "?" or item.removeprefix("-") in scratch.extra:
                return False  # what is no expression cannot be compared
            else:
                resolved.add(F(item.removeprefix("-")).resolve_expression(scratch))
        return resolved.issubset(self.group_by)

    def clear_ordering(self: Any, force: bool = False, clear_default: bool = True) -> None:
        """Remove the ordering if that cannot change which rows come.

        Args:
            force: Remove it in any case.
            clear_default: Remove the model's default ordering too.
        """
        if not force and (self.is_sliced or self.distinct_fields or self.select_for_update):
            return
        self.order_by = ()
        self.extra_order_by = ()
        if clear_default:
            self.default_ordering = False
        for query in self.combined_queries:
            query.clear_ordering(force=False, clear_default=clear_default)

    # -- grouping ----------------------------------------------------------------------

    def set_group_by(self: Any, allow_aliases: bool = True) -> None:
        """Group by everything selected that is no aggregate.

        Args:
            allow_aliases: Whether GROUP BY may name selected expressions by alias.
        """
        if allow_aliases and self.values_select:
            self._move_transforms_to_annotations()
        group_by: list[Any] = list(self.select)
        for alias, annotation in self.annotation_select.items():
            columns = annotation.get_group_by_cols()
            if not columns:
                continue
            if allow_aliases and not annotation.contains_aggregate:
                group_by.append(Ref(alias, annotation))
            else:
                group_by.extend(columns)
        self.group_by = tuple(group_by)

    def _move_transforms_to_annotations(self: Any) -> None:
        moved: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for alias, expr in zip(self.values_select, self.select, strict=False):
            (kept if isinstance(expr, (Col, ColPairs)) else moved)[alias] = expr
        self.annotations = {**moved, **self.annotations}
        self.append_annotation_mask(moved)
        self.select = tuple(kept.values())
        self.values_select = tuple(kept)
        if self.selected is not None:
            self.selected.update(zip(kept, range(len(kept)), strict=True))
            self.selected.update(zip(moved, moved, strict=True))

    # -- related and deferred ----------------------------------------------------------

    def add_select_related(self: Any, fields: Iterable[str]) -> None:
        """Load these relations with the same query."""
        tree: dict[str, Any] = {} if isinstance(self.select_related, bool) else self.select_related
        self.select_related = path_tree(fields, tree)

    def clear_deferred_loading(self: Any) -> None:
        """Load all fields again."""
        nothing: frozenset[str] = frozenset()
        self.deferred_loading = (nothing, True)

    def add_deferred_loading(self: Any, field_names: Iterable[str]) -> None:
        """Do not load these fields."""
        existing, defer = self.deferred_loading
        if defer:
            self.deferred_loading = existing.union(field_names), True
            return
        remaining = existing.difference(field_names)
        if remaining:
            self.deferred_loading = remaining, False
        else:
            self.clear_deferred_loading()
            more = set(field_names).difference(existing)
            if more:
                self.deferred_loading = frozenset(more), True

    def add_immediate_loading(self: Any, field_names: Iterable[str]) -> None:
        """Load only these fields."""
        existing, defer = self.deferred_loading
        names = set(field_names)
        if "pk" in names:
            names.remove("pk")
            names.add(self.get_meta().pk.name)
        if defer:
            self.deferred_loading = frozenset(names.difference(existing)), False
        else:
            self.deferred_loading = frozenset(names), False

    def get_select_mask(self: Any) -> Mask:
        """Return the fields to load, nothing when all are."""
        names, defer = self.deferred_loading
        if not names:
            return {}
        opts = self.get_meta()
        tree = path_tree(names, {})
        return defer_mask(opts, tree, self._filtered_relations) if defer else only_mask(opts, tree)
