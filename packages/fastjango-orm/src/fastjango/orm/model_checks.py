"""The part of `Model` that answers system checks."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from fastjango.core import apps as default_apps
from fastjango.core import checks
from fastjango.core.exceptions import FieldDoesNotExist

from .constants import LOOKUP_SEP
from .fields.composite import CompositePrimaryKey
from .fields.field_checks import lacks, migratable_connections
from .fields.reverse import ForeignObjectRel, ManyToManyRel
from .ordering_checks import check_ordering

__all__ = ["ModelChecks"]


def _error(cls: Any, message: str, id: str, hint: str | None = None) -> list[Any]:
    return [checks.Error(message, hint=hint, obj=cls, id=f"models.{id}")]


class ModelChecks:
    """`Model.check` and its parts."""

    _meta: ClassVar[Any]

    @classmethod
    def check(cls, **kwargs: Any) -> list[Any]:
        """Look for mistakes in the model; `databases` names those to check against."""
        errors = [*cls._check_swappable(), *cls._check_model(), *cls._check_managers(**kwargs)]
        if cls._meta.swapped:
            return errors
        databases = kwargs.get("databases") or []
        errors += [
            *cls._check_fields(**kwargs),
            *cls._check_m2m_through_same_relationship(),
            *cls._check_long_column_names(databases),
            *cls._check_related_fields(),
        ]
        clashes = [
            *cls._check_id_field(),
            *cls._check_field_name_clashes(),
            *cls._check_model_name_db_lookup_clashes(),
            *cls._check_property_name_related_field_accessor_clashes(),
            *cls._check_single_primary_key(),
        ]
        errors += clashes
        # Clashing fields clash in their columns too; once is enough.
        if not clashes:
            errors += cls._check_column_name_clashes()
        errors += [
            *cls._check_unique_together(),
            *cls._check_indexes(databases),
            *cls._check_ordering(),
            *cls._check_constraints(databases),
            *cls._check_db_table_comment(databases),
            *cls._check_composite_pk(),
        ]
        return errors

    @classmethod
    def _check_swappable(cls) -> list[Any]:
        opts = cls._meta
        if not opts.swapped:
            return []
        try:
            default_apps.get_model(opts.swapped)
        except ValueError:
            return _error(
                None, f"'{opts.swappable}' is not of the form 'app_label.app_name'.", "E001"
            )
        except LookupError:
            return _error(
                None,
                f"'{opts.swappable}' references '{opts.swapped}', which has not been installed, or "
                "is abstract.",
                "E002",
            )
        return []

    @classmethod
    def _check_model(cls) -> list[Any]:
        opts = cls._meta
        if opts.proxy and (opts.local_fields or opts.local_many_to_many):
            return _error(None, f"Proxy model '{cls.__name__}' contains model fields.", "E017")
        return []

    @classmethod
    def _check_managers(cls, **kwargs: Any) -> list[Any]:
        return [error for manager in cls._meta.managers for error in manager.check(**kwargs)]

    @classmethod
    def _check_fields(cls, **kwargs: Any) -> list[Any]:
        opts = cls._meta
        errors = [error for field in opts.local_fields for error in field.check(**kwargs)]
        for field in opts.local_many_to_many:
            errors.extend(field.check(from_model=cls, **kwargs))
        return errors

    @classmethod
    def _check_m2m_through_same_relationship(cls) -> list[Any]:
        errors: list[Any] = []
        seen: list[Any] = []
        for field in cls._meta.local_many_to_many:
            rel = field.remote_field
            if not hasattr(rel.model, "_meta") or not hasattr(rel.through, "_meta"):
                continue
            signature = (rel.model, cls, rel.through, rel.through_fields)
            if signature in seen:
                errors += _error(
                    cls,
                    "The model has two identical many-to-many relations through the intermediate "
                    f"model '{rel.through._meta.label}'.",
                    "E003",
                )
            else:
                seen.append(signature)
        return errors

    @classmethod
    def _check_id_field(cls) -> list[Any]:
        opts = cls._meta
        fields = [f for f in opts.local_fields if f.name == "id" and f != opts.pk]
        if fields and not fields[0].primary_key and opts.pk.name == "id":
            return _error(
                cls,
                "'id' can only be used as a field name if the field also sets 'primary_key=True'.",
                "E004",
            )
        return []

    @classmethod
    def _check_field_name_clashes(cls) -> list[Any]:
        """No field may hide one of a parent model."""
        opts = cls._meta
        errors: list[Any] = []
        used: dict[str, Any] = {}
        for parent in opts.all_parents:
            for field in parent._meta.local_fields:
                clash = used.get(field.name) or used.get(field.attname)
                if clash:
                    errors += _error(
                        cls,
                        f"The field '{clash.name}' from parent model '{clash.model._meta}' clashes "
                        f"with the field '{field.name}' from parent model '{field.model._meta}'.",
                        "E005",
                    )
                used[field.name] = used[field.attname] = field
        for parent in opts.all_parents:
            for field in parent._meta.get_fields():
                if field not in used:
                    used[field.name] = field
        for link in filter(None, opts.parents.values()):
            clash = used.get(link.name)
            if clash:
                errors += _error(
                    cls,
                    f"The field '{link.name}' clashes with the field '{clash.name}' from model "
                    f"'{clash.model._meta}'.",
                    "E006",
                )
        for field in opts.local_fields:
            clash = used.get(field.name) or used.get(field.attname)
            # Two fields called "id" are another check's business.
            ids = field.name == "id" and clash and clash.name == "id" and clash.model == cls
            if clash and not ids:
                errors += _error(
                    field,
                    f"The field '{field.name}' clashes with the field '{clash.name}' from model "
                    f"'{clash.model._meta}'.",
                    "E006",
                )
            used[field.name] = used[field.attname] = field
        return errors

    @classmethod
    def _check_column_name_clashes(cls) -> list[Any]:
        errors: list[Any] = []
        used: set[str] = set()
        for field in cls._meta.local_fields:
            if field.column and field.column in used:
                errors += _error(
                    cls,
                    f"Field '{field.name}' has column name '{field.column}' that is used by "
                    "another field.",
                    "E007",
                    "Specify a 'db_column' for the field.",
                )
            elif field.column:
                used.add(field.column)
        return errors

    @classmethod
    def _check_model_name_db_lookup_clashes(cls) -> list[Any]:
        name = cls.__name__
        if name.startswith("_") or name.endswith("_"):
            return _error(
                cls,
                f"The model name '{name}' cannot start or end with an underscore as it collides "
                "with the query lookup syntax.",
                "E023",
            )
        if LOOKUP_SEP in name:
            return _error(
                cls,
                f"The model name '{name}' cannot contain double underscores as it collides with "
                "the query lookup syntax.",
                "E024",
            )
        return []

    @classmethod
    def _check_property_name_related_field_accessor_clashes(cls) -> list[Any]:
        opts = cls._meta
        accessors = [
            field.attname
            for field in opts._get_fields(reverse=False)
            if field.is_relation and field.related_model is not None
        ]
        return [
            error
            for name in accessors
            if name in opts._property_names
            for error in _error(
                cls, f"The property '{name}' clashes with a related field accessor.", "E025"
            )
        ]

    @classmethod
    def _check_single_primary_key(cls) -> list[Any]:
        if sum(1 for field in cls._meta.local_fields if field.primary_key) > 1:
            return _error(
                cls,
                "The model cannot have more than one field with 'primary_key=True'.",
                "E026",
            )
        return []

    @classmethod
    def _check_unique_together(cls) -> list[Any]:
        groups = cls._meta.unique_together
        if not isinstance(groups, (tuple, list)):
            return _error(cls, "'unique_together' must be a list or tuple.", "E010")
        if any(not isinstance(names, (tuple, list)) for names in groups):
            return _error(cls, "All 'unique_together' elements must be lists or tuples.", "E011")
        return [e for names in groups for e in cls._check_local_fields(names, "unique_together")]

    @classmethod
    def _check_indexes(cls, databases: Sequence[str]) -> list[Any]:
        return [
            error
            for connection in migratable_connections(databases, cls)
            for index in cls._meta.indexes
            for error in index.check(cls, connection)
        ]

    @classmethod
    def _check_constraints(cls, databases: Sequence[str]) -> list[Any]:
        return [
            error
            for connection in migratable_connections(databases, cls)
            for constraint in cls._meta.constraints
            for error in constraint.check(cls, connection)
        ]

    @classmethod
    def _check_local_fields(cls, fields: Any, option: str) -> list[Any]:
        """The names of an option must be columns of the model's own table."""
        opts = cls._meta
        known: dict[str, Any] = {}
        for field in opts._get_fields(reverse=False):
            known[field.name] = field
            if hasattr(field, "attname"):
                known[field.attname] = field
        errors: list[Any] = []
        for name in fields:
            field = known.get(name)
            if field is None:
                errors += _error(
                    cls, f"'{option}' refers to the nonexistent field '{name}'.", "E012"
                )
            elif isinstance(field.remote_field, ManyToManyRel):
                errors += _error(
                    cls,
                    f"'{option}' refers to a ManyToManyField '{name}', but ManyToManyFields are "
                    f"not permitted in '{option}'.",
                    "E013",
                )
            elif isinstance(field, CompositePrimaryKey):
                errors += _error(
                    cls,
                    f"{option!r} refers to a CompositePrimaryKey {name!r}, but "
                    f"CompositePrimaryKeys are not permitted in {option!r}.",
                    "E048",
                )
            elif (
                isinstance(field.remote_field, ForeignObjectRel)
                and field not in opts.local_concrete_fields
                and len(field.from_fields) > 1
            ):
                errors += _error(
                    cls,
                    f"{option!r} refers to a ForeignObject {name!r} with multiple 'from_fields', "
                    "which is not supported for that option.",
                    "E049",
                )
            elif field not in opts.local_fields:
                errors += _error(
                    cls,
                    f"'{option}' refers to field '{name}' which is not local to model "
                    f"'{opts.object_name}'.",
                    "E016",
                    "This issue may be caused by multi-table inheritance.",
                )
        return errors

    @classmethod
    def _check_ordering(cls) -> list[Any]:
        return check_ordering(cls)

    @classmethod
    def _check_long_column_names(cls, databases: Sequence[str]) -> list[Any]:
        """Names made automatically must fit the strictest of the databases."""
        limit: int | None = None
        alias = ""
        for connection in migratable_connections(databases, cls):
            longest = connection.ops.max_name_length()
            if longest is None or connection.features.truncates_names:
                continue
            if limit is None or longest < limit:
                limit, alias = longest, connection.alias
        if limit is None:
            return []
        errors: list[Any] = []
        for field in cls._meta.local_fields:
            if field.db_column is None and field.column and len(field.column) > limit:
                errors += _error(
                    cls,
                    f'Autogenerated column name too long for field "{field.column}". Maximum '
                    f'length is "{limit}" for database "{alias}".',
                    "E018",
                    "Set the column name manually using 'db_column'.",
                )
        for relation in cls._meta.local_many_to_many:
            through = relation.remote_field.through
            if isinstance(through, str):
                continue
            for link in through._meta.local_fields:
                if link.db_column is None and link.column and len(link.column) > limit:
                    errors += _error(
                        cls,
                        f'Autogenerated column name too long for M2M field "{link.column}". '
                        f'Maximum length is "{limit}" for database "{alias}".',
                        "E019",
                        "Use 'through' to create a separate model for M2M and then set "
                        "column_name using 'db_column'.",
                    )
        return errors

    @classmethod
    def _check_related_fields(cls) -> list[Any]:
        """Rules of `on_delete` in the database and in Python must not meet on one model."""
        from .deletion import DO_NOTHING, DatabaseOnDelete

        kinds: set[bool] = set()
        for field in cls._meta.get_fields():
            if not field.related_model:
                continue
            rule = getattr(field.remote_field, "on_delete", None)
            if rule and rule != DO_NOTHING:
                kinds.add(isinstance(rule, DatabaseOnDelete))
        if len(kinds) < 2:
            return []
        return _error(
            cls,
            "The model cannot have related fields with both database-level and Python-level "
            "on_delete variants.",
            "E050",
        )

    @classmethod
    def _check_db_table_comment(cls, databases: Sequence[str]) -> list[Any]:
        if not cls._meta.db_table_comment:
            return []
        return [
            checks.Warning(
                f"{connection.display_name} does not support comments on tables "
                "(db_table_comment).",
                obj=cls,
                id="models.W046",
            )
            for connection in migratable_connections(databases, cls)
            if lacks(connection, "supports_comments", cls)
        ]

    @classmethod
    def _check_composite_pk(cls) -> list[Any]:
        opts = cls._meta
        if opts.proxy or not isinstance(opts.pk, CompositePrimaryKey):
            return []
        errors: list[Any] = []
        columns: defaultdict[str, list[str]] = defaultdict(list)
        for name in opts.pk.field_names:
            hint = cls._composite_part_problem(name, columns)
            if hint:
                errors += _error(
                    cls, f"{name!r} cannot be included in the composite primary key.", "E042", hint
                )
        for first, *rest in columns.values():
            if rest:
                duplicates = ", ".join(repr(name) for name in rest)
                errors += _error(
                    cls,
                    f"{duplicates} cannot be included in the composite primary key.",
                    "E042",
                    f"{duplicates} and {first!r} are the same fields.",
                )
        return errors

    @classmethod
    def _composite_part_problem(cls, name: str, columns: dict[str, list[str]]) -> str | None:
        opts = cls._meta
        try:
            field = opts.get_field(name)
        except FieldDoesNotExist:
            return f"{name!r} is not a valid field."
        if not field.column:
            return f"{name!r} field has no column."
        if field.null:
            return f"{name!r} field may not set 'null=True'."
        if field.generated:
            return f"{name!r} field is a generated field."
        if field not in opts.local_fields:
            return f"{name!r} field is not a local field."
        columns[field.column].append(name)
        return None

    @classmethod
    def _get_expr_references(cls, expr: Any) -> Iterator[tuple[str, ...]]:
        """Names that a condition or expression refers to, split at the separator."""
        from .query.expressions import F
        from .query.q import Q

        if isinstance(expr, Q):
            for child in expr.children:
                if isinstance(child, tuple):
                    lookup, value = child
                    yield tuple(lookup.split(LOOKUP_SEP))
                    yield from cls._get_expr_references(value)
                else:
                    yield from cls._get_expr_references(child)
        elif isinstance(expr, F):
            yield tuple(expr.name.split(LOOKUP_SEP))
        elif hasattr(expr, "get_source_expressions"):
            for source in expr.get_source_expressions():
                yield from cls._get_expr_references(source)
