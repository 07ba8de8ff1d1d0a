"""Names to joins and columns: how a lookup path travels over the models."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import difflib
import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.constants import INNER
from fastjango.orm.query.expressions import Col, Ref
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.names import check_lookup_path, nearest
from fastjango.orm.query.paths import refs_expression
from fastjango.orm.query.sql.joins import Join, MultiJoin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["JoinInfo", "ResolutionMixin", "field_names"]


class JoinInfo(NamedTuple):
    """Where a path has led."""

    final_field: Any
    targets: Any
    opts: Any
    joins: list[str]
    path: list[Any]
    transform_function: Any


def field_names(opts: Any) -> set[str]:
    """Return every name by which a lookup can reach a field of the model."""
    if opts is None:
        return set()
    names: set[str] = set()
    for field in opts.get_fields():
        names.add(field.name)
        if field.concrete:
            names.add(field.attname)
    return names


class ResolutionMixin:
    """The part of a query that turns names into joins and columns."""

    def _get_col(self: Any, target: Any, field: Any, alias: str | None) -> Any:
        return target.get_col(alias if self.alias_cols else None, field)

    def _unknown_name(self: Any, name: str, opts: Any, more: Iterable[str]) -> FieldError:
        available = sorted([*field_names(opts), *more])
        return FieldError(
            f"Cannot resolve keyword '{name}' into field. "
            f"Choices are: {', '.join(available)}{nearest_suffix(name, available)}"
        )

    def solve_lookup_type(self: Any, lookup: str, summarize: bool = False) -> Any:
        """Split a lookup into lookup names, field names and a referenced annotation."""
        check_lookup_path(lookup)
        parts = lookup.split(LOOKUP_SEP)
        if self.annotations:
            name, rest = refs_expression(parts, self.annotations)
            if name:
                expression = self.annotations[name]
                if summarize:
                    expression = Ref(name, expression)
                return rest, (), expression
        _, _, _, lookup_parts = self.names_to_path(parts, self.get_meta())
        return lookup_parts, parts[: len(parts) - len(lookup_parts)], False

    def try_transform(self: Any, lhs: Any, name: str, lookups: Sequence[str] | None = None) -> Any:
        """Apply the transform of that name.

        Raises:
            FieldError: There is none; the nearest lookups are named.
        """
        transform = lhs.get_transform(name)
        if transform:
            return transform(lhs)
        known = lhs.output_field.get_lookups()
        similar = difflib.get_close_matches(name, known)
        hint = f", perhaps you meant {' or '.join(similar)}?" if similar else "."
        shown = name
        if lookups is not None:
            parts = list(lookups)
            shown = LOOKUP_SEP.join(parts[parts.index(name) :])
        raise FieldError(
            f"Unsupported lookup '{shown}' for {lhs.output_field.__class__.__name__} or join on "
            f"the field not permitted{hint}"
        )

    def _field_of(
        self: Any, name: str, position: int, opts: Any, allow_many: bool, fail_on_missing: bool
    ) -> tuple[Any, Any, list[Any]]:
        """Return the field a name stands for, its filtered relation, and the path before it."""
        try:
            if opts is None:
                raise FieldDoesNotExist
            return opts.get_field(name), None, []
        except FieldDoesNotExist:
            pass
        if name in self.annotation_select:
            return self.annotation_select[name].output_field, None, []
        if position == 0 and name in self._filtered_relations:
            relation = self._filtered_relations[name]
            if LOOKUP_SEP in relation.relation_name:
                path, field, _, _ = self.names_to_path(
                    relation.relation_name.split(LOOKUP_SEP), opts, allow_many, fail_on_missing
                )
                return field, relation, path[:-1]
            field = self.get_meta().get_field(relation.relation_name)
            return field, relation, []
        return None, None, []

    def names_to_path(
        self: Any,
        names: Sequence[str],
        opts: Any,
        allow_many: bool = True,
        fail_on_missing: bool = False,
    ) -> tuple[list[Any], Any, Any, Sequence[str]]:
        """Follow names over relations.

        Args:
            names: The parts of a lookup path.
            opts: Options of the model to start from.
            allow_many: Whether multi-valued relations may be followed.
            fail_on_missing: Whether every name must be a field.

        Returns:
            The hops, the last field, the fields that hold its value, and the names left over.

        Raises:
            FieldError: A name is no field.
            MultiJoin: A multi-valued relation came although none may.
        """
        path: list[Any] = []
        names_with_path: list[tuple[str, list[Any]]] = []
        final_field: Any = None
        targets: Any = ()
        position = 0
        for position, name in enumerate(names):
            hops: tuple[str, list[Any]] = (name, [])
            if name == "pk" and opts is not None:
                name = opts.pk.name
            field, relation, before = self._field_of(
                name, position, opts, allow_many, fail_on_missing
            )
            path.extend(before)
            if field is None:
                position -= 1
                if position == -1 or fail_on_missing:
                    raise self._unknown_name(
                        name, opts, [*self.annotations, *self._filtered_relations]
                    )
                break
            if field.is_relation and not field.related_model:
                raise _no_reverse(name)
            if to_parent := _path_to_parent(field, opts):
                path.extend(to_parent)
                hops[1].extend(to_parent)
                opts = to_parent[-1].to_opts
            if not hasattr(field, "path_infos"):
                final_field = field
                targets = (field,)
                if fail_on_missing and position + 1 != len(names):
                    raise _no_join(name, names[position + 1])
                break
            infos = field.get_path_info(relation) if relation else field.path_infos
            if not allow_many and (single := _hops_to_many(infos)):
                hops[1].extend(single)
                names_with_path.append(hops)
                raise MultiJoin(position + 1, names_with_path)
            last = infos[-1]
            path.extend(infos)
            hops[1].extend(infos)
            names_with_path.append(hops)
            final_field = last.join_field
            opts = last.to_opts
            targets = last.target_fields
        return path, final_field, targets, names[position + 1 :]

    def _split_transforms(
        self: Any, names: Sequence[str], opts: Any, allow_many: bool
    ) -> tuple[Any, Sequence[str], FieldError | None]:
        """Take the longest run of names that are fields; the others must be transforms."""
        error: FieldError | None = None
        pivot = len(names)
        while True:
            try:
                found = self.names_to_path(names[:pivot], opts, allow_many, fail_on_missing=True)
            except FieldError as exc:
                if pivot == 1:
                    raise
                error = exc
                pivot -= 1
            else:
                return found, names[pivot:], error

    def setup_joins(
        self: Any,
        names: Sequence[str],
        opts: Any,
        alias: str | None,
        can_reuse: Any = None,
        allow_many: bool = True,
    ) -> JoinInfo:
        """Join the tables that a path travels through.

        Args:
            names: The parts of the path; trailing ones may be transforms.
            opts: Options of the model to start from.
            alias: The start's alias.
            can_reuse: Aliases of multi-valued joins that may be used again; `None` for all.
            allow_many: Whether multi-valued relations may be followed.
        """
        joins: list[Any] = [alias]
        found, transforms, field_error = self._split_transforms(names, opts, allow_many)
        path, final_field, targets, _ = found

        def column(field: Any, alias: str | None) -> Any:
            return field.get_col(alias if self.alias_cols else None)

        transformer: Any = column
        for name in transforms:

            def transform(field: Any, alias: str | None, *, name: str, previous: Any) -> Any:
                try:
                    return self.try_transform(previous(field, alias), name)
                except FieldError:
                    if isinstance(final_field, fields.Field) and field_error:
                        raise field_error from None
                    raise

            transformer = functools.partial(transform, name=name, previous=transformer)
            transformer.has_transforms = True
        for hop in path:
            relation = hop.filtered_relation.clone() if hop.filtered_relation else None
            opts = hop.to_opts
            nullable = self.is_nullable(hop.join_field) if hop.direct else True
            join = self.join_class(
                opts.db_table,
                alias,
                relation.alias if relation else None,
                INNER,
                hop.join_field,
                nullable,
                filtered_relation=relation,
            )
            alias = self.join(join, reuse=can_reuse if hop.m2m else None)
            joins.append(alias)
            if hop.filtered_relation and can_reuse is not None:
                can_reuse.add(alias)
        return JoinInfo(final_field, targets, opts, joins, path, transformer)

    def trim_joins(
        self: Any, targets: Any, joins: list[str], path: list[Any]
    ) -> tuple[Any, str, list[str]]:
        """Drop joins at the end whose value stands in the table before them.

        Returns:
            The fields that now hold the value, their alias, and the joins that are left.
        """
        joins = joins[:]
        for hop in reversed(path):
            if len(joins) == 1 or not hop.direct or hop.filtered_relation:
                break
            available = {field.column for field in hop.join_field.foreign_related_fields}
            wanted = {target.column for target in targets}
            if not wanted <= available:
                break
            local = {
                pair[1].column: pair[0]
                for pair in hop.join_field.related_fields
                if pair[1].column in wanted
            }
            targets = tuple(local[target.column] for target in targets)
            self.unref_alias(joins.pop())
        return targets, joins[-1], joins

    @classmethod
    def _gen_cols(
        cls: Any, exprs: Iterable[Any], include_external: bool = False, resolve_refs: bool = True
    ) -> Iterator[Any]:
        for expr in exprs:
            if isinstance(expr, Col):
                yield expr
            elif include_external and callable(getattr(expr, "get_external_cols", None)):
                yield from expr.get_external_cols()
            elif hasattr(expr, "get_source_expressions"):
                if not resolve_refs and isinstance(expr, Ref):
                    continue
                yield from cls._gen_cols(
                    expr.get_source_expressions(),
                    include_external=include_external,
                    resolve_refs=resolve_refs,
                )

    def _resolve_annotation(
        self: Any, name: str, annotation: Any, allow_joins: bool, summarize: bool
    ) -> Any:
        if not allow_joins:
            for column in self._gen_cols([annotation]):
                if isinstance(self.alias_map[column.alias], Join):
                    raise FieldError("Joined field references are not permitted in this query")
        if not summarize:
            return annotation
        if name not in self.annotation_select:
            raise FieldError(
                f"Cannot aggregate over the '{name}' alias. Use annotate() to promote it."
            )
        return Ref(name, self.annotation_select[name])

    def resolve_ref(
        self: Any, name: str, allow_joins: bool = True, reuse: Any = None, summarize: bool = False
    ) -> Any:
        """Return the annotation or column that an F names."""
        annotation = self.annotations.get(name)
        if annotation is not None:
            return self._resolve_annotation(name, annotation, allow_joins, summarize)
        check_lookup_path(name)
        parts = name.split(LOOKUP_SEP)
        annotation = self.annotations.get(parts[0])
        if annotation is not None:
            for transform in parts[1:]:
                annotation = self.try_transform(annotation, transform)
            return annotation
        info = self.setup_joins(parts, self.get_meta(), self.get_initial_alias(), can_reuse=reuse)
        targets, alias, joins = self.trim_joins(info.targets, info.joins, info.path)
        if not allow_joins and len(joins) > 1:
            raise FieldError("Joined field references are not permitted in this query")
        if len(targets) > 1:
            raise FieldError("Referencing multicolumn fields with F() objects isn't supported")
        column = info.transform_function(targets[0], alias)
        if reuse is not None:
            reuse.update(joins)
        return column

    def is_nullable(self: Any, field: Any) -> bool:
        """Whether the column may hold NULL."""
        return bool(field.null)


def _path_to_parent(field: Any, opts: Any) -> Sequence[Any]:
    """Return the hops from a model to the parent that declares the field, if that is another."""
    # Fields of annotations belong to no model.
    model = field.model._meta.concrete_model if getattr(field, "model", None) else None
    if opts is None or model is None or model is opts.model:
        return ()
    path: Sequence[Any] = opts.get_path_to_parent(model)
    return path


def _hops_to_many(infos: Sequence[Any]) -> Sequence[Any]:
    """Return the hops up to the first that leads to many rows, none if there is no such."""
    for position, info in enumerate(infos, start=1):
        if info.m2m:
            return infos[:position]
    return ()


def _no_reverse(name: str) -> FieldError:
    return FieldError(
        f"Field {name!r} does not generate an automatic reverse relation and therefore cannot "
        "be used for reverse querying. If it is a GenericForeignKey, consider adding a "
        "GenericRelation."
    )


def _no_join(name: str, following: str) -> FieldError:
    return FieldError(
        f"Cannot resolve keyword {following!r} into field. Join on '{name}' not permitted."
    )


def nearest_suffix(name: str, choices: list[str]) -> str:
    """Return `. Did you mean …?` for the closest choice, or an empty string."""
    hint = nearest(name, choices)
    return f".{hint}" if hint else ""
