"""Columns of the model and of relations loaded with it; locks on them."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.paths import select_related_descend

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RelatedMixin"]


def _unnested(mask: Any) -> set[Any]:
    found: set[Any] = set()
    for field in mask:
        parts = getattr(field, "fields", None)
        if parts is not None and not getattr(field, "concrete", True):
            found.update(parts)
        found.add(field)
    return found


def _nothing(*args: Any) -> None:
    """Set nothing: the other side keeps no reference."""


def _set_reverse(final_field: Any, obj: Any, from_obj: Any) -> None:
    if from_obj:
        final_field.remote_field.set_cached_value(from_obj, obj)


def _set_attribute(name: str, obj: Any, from_obj: Any) -> None:
    setattr(from_obj, name, obj)


class RelatedMixin:
    """The part of a compiler that chooses the columns of instances."""

    def get_default_columns(
        self: Any,
        select_mask: Any,
        start_alias: str | None = None,
        opts: Any = None,
        from_parent: Any = None,
    ) -> list[Any]:
        """Return the columns of a model and its parents.

        Args:
            select_mask: Fields to load, empty for all.
            start_alias: The alias of the model's table.
            opts: The model's options, if it is not the query's own.
            from_parent: A parent whose columns are selected already.
        """
        opts = opts or self.query.get_meta()
        if opts is None:
            return []
        start_alias = start_alias or self.query.get_initial_alias()
        seen: dict[Any, Any] = {None: start_alias}
        wanted = _unnested(select_mask)
        columns: list[Any] = []
        for field in opts.concrete_fields:
            model = field.model._meta.concrete_model
            if model == opts.model:
                model = None  # a proxy's own table
            if (
                from_parent
                and model is not None
                and issubclass(from_parent._meta.concrete_model, model._meta.concrete_model)
            ):
                continue
            if select_mask and field not in wanted:
                continue
            alias = self.query.join_parent_model(opts, model, start_alias, seen)
            columns.append(field.get_col(alias))
        return columns

    def _add_klass(
        self: Any,
        infos: list[dict[str, Any]],
        info: dict[str, Any],
        select: list[Any],
        columns: list[Any],
    ) -> None:
        start = len(select)
        select.extend((column, None) for column in columns)
        info["select_fields"] = list(range(start, len(select)))
        infos.append(info)

    def _forward_relations(
        self: Any,
        select: list[Any],
        select_mask: Any,
        opts: Any,
        root_alias: Any,
        depth: int,
        requested: Any,
        restricted: bool,
    ) -> tuple[list[dict[str, Any]], set[str]]:
        infos: list[dict[str, Any]] = []
        found: set[str] = set()
        for field in opts.fields:
            found.add(field.name)
            below: Any = requested.get(field.name, {}) if restricted else False
            if restricted and not field.is_relation and (below or field.name in requested):
                raise FieldError(
                    f"Non-relational field given in select_related: '{field.name}'. "
                    f"Choices are: {self._relation_choices(opts)}"
                )
            if not select_related_descend(field, restricted, requested, select_mask):
                continue
            mask = select_mask.get(field) or {}
            model = field.remote_field.model
            info: dict[str, Any] = {
                "model": model,
                "field": field,
                "reverse": False,
                "local_setter": field.set_cached_value,
                "remote_setter": (
                    field.remote_field.set_cached_value if field.unique else _nothing
                ),
                "from_parent": False,
            }
            alias = self.query.setup_joins([field.name], opts, root_alias).joins[-1]
            columns = self.get_default_columns(mask, start_alias=alias, opts=model._meta)
            self._add_klass(infos, info, select, columns)
            info["related_klass_infos"] = self.get_related_selections(
                select, mask, model._meta, alias, depth + 1, below, restricted
            )
        return infos, found

    def _reverse_relations(
        self: Any,
        select: list[Any],
        select_mask: Any,
        opts: Any,
        root_alias: Any,
        depth: int,
        requested: Any,
    ) -> tuple[list[dict[str, Any]], set[str]]:
        infos: list[dict[str, Any]] = []
        found: set[str] = set()
        for related in opts.related_objects:
            field = related.field
            if not field.unique or related.many_to_many:
                continue
            if not select_related_descend(related, True, requested, select_mask):
                continue
            mask = select_mask.get(related) or {}
            model = related.related_model
            name = field.related_query_name()
            found.add(name)
            alias = self.query.setup_joins([name], opts, root_alias).joins[-1]
            info: dict[str, Any] = {
                "model": model,
                "field": field,
                "reverse": True,
                "local_setter": related.set_cached_value,
                "remote_setter": field.set_cached_value,
                "from_parent": issubclass(model, opts.model) and model is not opts.model,
            }
            columns = self.get_default_columns(
                mask, start_alias=alias, opts=model._meta, from_parent=opts.model
            )
            self._add_klass(infos, info, select, columns)
            info["related_klass_infos"] = self.get_related_selections(
                select, mask, model._meta, alias, depth + 1, requested.get(name, {}), True
            )
        return infos, found

    def _filtered_selections(
        self: Any,
        select: list[Any],
        select_mask: Any,
        opts: Any,
        root_alias: Any,
        depth: int,
        requested: Any,
    ) -> tuple[list[dict[str, Any]], set[str]]:
        infos: list[dict[str, Any]] = []
        found: set[str] = set()
        for name in list(requested) if depth == 1 else ():
            if name not in self.query._filtered_relations:
                continue
            found.add(name)
            joined = self.query.setup_joins([name], opts, root_alias)
            model = joined.opts.model
            alias = joined.joins[-1]
            field = joined.final_field
            info: dict[str, Any] = {
                "model": model,
                "field": field,
                "reverse": True,
                "local_setter": (
                    partial(_set_reverse, field) if len(joined.joins) <= 2 else _nothing
                ),
                "remote_setter": partial(_set_attribute, name),
                "from_parent": issubclass(model, opts.model) and model is not opts.model,
            }
            mask = select_mask.get((name, field)) or {}
            columns = self.get_default_columns(
                mask, start_alias=alias, opts=model._meta, from_parent=opts.model
            )
            self._add_klass(infos, info, select, columns)
            info["related_klass_infos"] = self.get_related_selections(
                select, mask, model._meta, alias, depth + 1, requested.get(name, {}), True
            )
        return infos, found

    def _relation_choices(self: Any, opts: Any) -> str:
        direct = (field.name for field in opts.fields if field.is_relation)
        reverse = (
            related.field.related_query_name()
            for related in opts.related_objects
            if related.field.unique
        )
        return ", ".join(chain(direct, reverse, self.query._filtered_relations)) or "(none)"

    def get_related_selections(
        self: Any,
        select: list[Any],
        select_mask: Any,
        opts: Any = None,
        root_alias: Any = None,
        cur_depth: int = 1,
        requested: Any = None,
        restricted: bool | None = None,
    ) -> list[dict[str, Any]]:
        """Add the columns of `select_related` to the selection.

        Args:
            select: The selection so far; it grows.
            select_mask: Fields to load, empty for all.
            opts: Options of the model to start from.
            root_alias: Its table's alias.
            cur_depth: How many relations away from the query's model it is.
            requested: The relations named at this level.
            restricted: Whether relations were named at all.

        Returns:
            For each relation, what its instances are built from.

        Raises:
            FieldError: A name is no single-valued relation.
        """
        if not restricted and cur_depth > self.query.max_depth:
            return []
        if not opts:
            opts = self.query.get_meta()
            root_alias = self.query.get_initial_alias()
        if requested is None:
            restricted = isinstance(self.query.select_related, dict)
            if restricted:
                requested = self.query.select_related
        infos, found = self._forward_relations(
            select, select_mask, opts, root_alias, cur_depth, requested, restricted
        )
        if not restricted:
            return infos  # type: ignore[no-any-return]  # operands are dynamic
        for collect in (self._reverse_relations, self._filtered_selections):
            more, names = collect(select, select_mask, opts, root_alias, cur_depth, requested)
            infos.extend(more)
            found |= names
        unknown = set(requested or ()).difference(found)
        if unknown:
            names = ", ".join(f"'{name}'" for name in sorted(unknown))
            raise FieldError(
                f"Invalid field name(s) given in select_related: {names}. "
                f"Choices are: {self._relation_choices(opts)}"
            )
        return infos  # type: ignore[no-any-return]  # operands are dynamic

    @classmethod
    def get_select_from_parent(cls: Any, klass_info: dict[str, Any]) -> None:
        """Let children share the columns that were selected for their parent."""
        for info in klass_info["related_klass_infos"]:
            if info["from_parent"]:
                info["select_fields"] = klass_info["select_fields"] + info["select_fields"]
            cls.get_select_from_parent(info)

    # -- FOR UPDATE OF -----------------------------------------------------------------

    def _parent_infos(self: Any, klass_info: dict[str, Any]) -> Iterator[dict[str, Any]]:
        concrete = klass_info["model"]._meta.concrete_model
        for parent, link in concrete._meta.parents.items():
            ancestors = parent._meta.all_parents
            yield {
                "model": parent,
                "field": link,
                "reverse": False,
                "select_fields": [
                    index
                    for index in klass_info["select_fields"]
                    if self.select[index][0].target.model == parent
                    or self.select[index][0].target.model in ancestors
                ],
            }

    def _first_column(self: Any, klass_info: dict[str, Any]) -> Any:
        concrete = klass_info["model"]._meta.concrete_model
        for index in klass_info["select_fields"]:
            if self.select[index][0].target.model == concrete:
                return self.select[index][0]
        return None

    def _below(self: Any, klass_info: dict[str, Any]) -> list[dict[str, Any]]:
        return [*klass_info.get("related_klass_infos", []), *self._parent_infos(klass_info)]

    @staticmethod
    def _relation_name(info: dict[str, Any]) -> str:
        field = info["field"]
        name: str = (field.remote_field if info["reverse"] else field).name
        return name

    def _lock_choices(self: Any) -> Iterator[str]:
        queue: deque[tuple[list[str] | None, dict[str, Any]]] = deque([(None, self.klass_info)])
        while queue:
            parent, info = queue.popleft()
            path: list[str] = []
            if parent is None:
                yield "self"
            else:
                path = [*parent, self._relation_name(info)]
                yield LOOKUP_SEP.join(path)
            queue.extend((path, item) for item in self._parent_infos(info))
            queue.extend((path, item) for item in info.get("related_klass_infos", []))

    def _locked_column(self: Any, name: str) -> tuple[bool, Any]:
        info: Any = self.klass_info
        if name != "self":
            for part in name.split(LOOKUP_SEP):
                info = next(
                    (item for item in self._below(info) if self._relation_name(item) == part),
                    None,
                )
                if info is None:
                    return False, None
        return True, self._first_column(info)

    def get_select_for_update_of_arguments(self: Any) -> list[str]:
        """Return the tables (or columns) of FOR UPDATE OF.

        Raises:
            FieldError: A name is no relation that the query follows.
        """
        if not self.klass_info:
            return []
        result: list[str] = []
        invalid: list[str] = []
        for name in self.query.select_for_update_of:
            valid, column = self._locked_column(name)
            if not valid:
                invalid.append(name)
            elif column is not None:
                if self.connection.features.select_for_update_of_column:
                    result.append(self.compile(column)[0])
                else:
                    result.append(self.quote_name(column.alias))
        if invalid:
            raise FieldError(
                "Invalid field name(s) given in select_for_update(of=(...)): "
                f"{', '.join(invalid)}. Only relational fields followed in the query are "
                f"allowed. Choices are: {', '.join(self._lock_choices())}."
            )
        return result
