"""System checks of relations to one object."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryComparison=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import keyword
from collections.abc import Iterator, Sequence
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import FieldDoesNotExist

from .field_checks import lacks, migratable_connections

__all__ = ["ForeignKeyChecks", "ForeignObjectChecks", "RelatedFieldChecks"]

_RENAME = "Add or change a related_name or related_query_name argument for this field."


class RelatedFieldChecks:
    """Checks that every relation passes."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: names that can be used and do not clash, and a model that exists."""
        return [
            *super().check(**kwargs),  # type: ignore[misc]  # Field's
            *self._check_related_name_is_valid(),
            *self._check_related_query_name_is_valid(),
            *self._check_relation_model_exists(),
            *self._check_referencing_to_swapped_model(),
            *self._check_clashes(),
        ]

    def _check_related_name_is_valid(self) -> list[Any]:
        me: Any = self
        name = me.remote_field.related_name
        if name is None or name.endswith("+"):
            return []
        if name.isidentifier() and not keyword.iskeyword(name):
            return []
        return me._error(
            f"The name '{name}' is invalid related_name for field "
            f"{me.model._meta.object_name}.{me.name}",
            "fields.E306",
            "Related name must be a valid Python identifier or end with a '+'",
        )

    def _check_related_query_name_is_valid(self) -> list[Any]:
        me: Any = self
        if me.remote_field.hidden:
            return []
        name = me.related_query_name()
        errors: list[Any] = []
        if name.endswith("_"):
            errors += me._error(
                f"Reverse query name '{name}' must not end with an underscore.",
                "fields.E308",
                _RENAME,
            )
        if "__" in name:
            errors += me._error(
                f"Reverse query name '{name}' must not contain '__'.", "fields.E309", _RENAME
            )
        return errors

    def _check_relation_model_exists(self) -> list[Any]:
        me: Any = self
        model = me.remote_field.model
        if model in me.opts.apps.get_models(include_auto_created=True):
            return []
        if not isinstance(model, str) and model._meta.swapped:
            return []
        name = model if isinstance(model, str) else model._meta.object_name
        return me._error(
            f"Field defines a relation with model '{name}', which is either not installed, or is "
            "abstract.",
            "fields.E300",
        )

    def _check_referencing_to_swapped_model(self) -> list[Any]:
        me: Any = self
        model = me.remote_field.model
        if isinstance(model, str) or model in me.opts.apps.get_models():
            return []
        if not model._meta.swapped:
            return []
        return me._error(
            f"Field defines a relation with the model '{model._meta.label}', which has been "
            "swapped out.",
            "fields.E301",
            f"Update the relation to point at 'settings.{model._meta.swappable}'.",
        )

    def _check_clashes(self) -> list[Any]:
        """Names on the other model that this relation would take from something else."""
        me: Any = self
        rel = me.remote_field
        if not hasattr(rel.model, "_meta"):
            return []
        accessor = None if rel.hidden else rel.accessor_name
        return [
            *self._check_field_clashes(rel.model._meta, accessor),
            *self._check_relation_clashes(rel.model._meta, accessor),
            *self._check_manager_clash(rel.model._meta, accessor),
        ]

    def _check_field_clashes(self, opts: Any, accessor: str | None) -> list[Any]:
        me: Any = self
        mine = f"{me.model._meta.label}.{me.name}"
        query_name = me.related_query_name()
        errors: list[Any] = []
        for field in [*opts.fields, *opts.many_to_many]:
            theirs = f"{opts.label}.{field.name}"
            hint = (
                f"Rename field '{theirs}', or add/change a related_name argument to the definition "
                f"for field '{mine}'."
            )
            if accessor is not None and field.name == accessor:
                errors += me._error(
                    f"Reverse accessor '{opts.object_name}.{accessor}' for '{mine}' clashes with "
                    f"field name '{theirs}'.",
                    "fields.E302",
                    hint,
                )
            if field.name == query_name:
                errors += me._error(
                    f"Reverse query name for '{mine}' clashes with field name '{theirs}'.",
                    "fields.E303",
                    hint,
                )
        return errors

    def _check_relation_clashes(self, opts: Any, accessor: str | None) -> list[Any]:
        me: Any = self
        mine = f"{me.model._meta.label}.{me.name}"
        query_name = me.related_query_name()
        errors: list[Any] = []
        for other in opts.related_objects:
            if other.field is self:
                continue
            theirs = f"{other.related_model._meta.label}.{other.field.name}"
            hint = (
                "Add or change a related_name argument to the definition for "
                f"'{mine}' or '{theirs}'."
            )
            if accessor is not None and other.accessor_name == accessor:
                errors += me._error(
                    f"Reverse accessor '{opts.object_name}.{accessor}' for '{mine}' clashes with "
                    f"reverse accessor for '{theirs}'.",
                    "fields.E304",
                    hint,
                )
            if other.accessor_name == query_name:
                errors += me._error(
                    f"Reverse query name for '{mine}' clashes with reverse query name for "
                    f"'{theirs}'.",
                    "fields.E305",
                    hint,
                )
        return errors

    def _check_manager_clash(self, opts: Any, accessor: str | None) -> list[Any]:
        me: Any = self
        if accessor is None or accessor not in {manager.name for manager in opts.managers}:
            return []
        mine = f"{me.model._meta.label}.{me.name}"
        return me._error(
            f"Related name '{accessor}' for '{mine}' clashes with the name of a model manager.",
            "fields.E348",
            "Rename the model manager or change the related_name argument in the definition "
            f"for field '{mine}'.",
        )


class ForeignObjectChecks:
    """Checks of the fields that a relation points to."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the fields pointed to must exist and be unique together."""
        return [
            *super().check(**kwargs),  # type: ignore[misc]  # Field's
            *self._check_to_fields_exist(),
            *self._check_to_fields_composite_pk(),
            *self._check_unique_target(),
        ]

    def _check_to_fields_exist(self) -> list[Any]:
        me: Any = self
        model = me.remote_field.model
        errors: list[Any] = []
        if isinstance(model, str):
            return errors
        for name in filter(None, me.to_fields):
            try:
                model._meta.get_field(name)
            except FieldDoesNotExist:
                errors += me._error(
                    f"The to_field '{name}' doesn't exist on the related model "
                    f"'{model._meta.label}'.",
                    "fields.E312",
                )
        return errors

    def _check_to_fields_composite_pk(self) -> list[Any]:
        from .composite import CompositePrimaryKey

        me: Any = self
        model = me.remote_field.model
        errors: list[Any] = []
        if isinstance(model, str):
            return errors
        for name in me.to_fields:
            try:
                field = model._meta.pk if name is None else model._meta.get_field(name)
            except FieldDoesNotExist:
                continue
            if isinstance(field, CompositePrimaryKey):
                errors += me._error(
                    f"Field defines a relation involving model {model._meta.object_name!r} which "
                    "has a CompositePrimaryKey and such relations are not supported.",
                    "fields.E347",
                )
        return errors

    def _check_unique_target(self) -> list[Any]:
        me: Any = self
        model = me.remote_field.model
        if isinstance(model, str) or not me.requires_unique_target:
            return []
        try:
            targets = me.foreign_related_fields
        except FieldDoesNotExist:
            return []
        if not targets or any(field.unique for field in targets):
            return []
        names = {field.name for field in targets}
        opts = model._meta
        if (
            any(frozenset(together) <= names for together in opts.unique_together)
            or any(frozenset(one.fields) <= names for one in opts.total_unique_constraints)
            or frozenset(field.name for field in opts.pk_fields) == names
        ):
            return []
        if len(targets) > 1:
            fields = ", ".join(f"'{field.name}'" for field in targets)
            return me._error(
                f"No subset of the fields {fields} on model '{model.__name__}' is unique.",
                "fields.E310",
                "Mark a single field as unique=True or add a set of fields to a unique constraint "
                "(via unique_together or a UniqueConstraint (without condition) in the model "
                "Meta.constraints).",
            )
        return me._error(
            f"'{model.__name__}.{targets[0].name}' must be unique because it is referenced by a "
            "foreign key.",
            "fields.E311",
            "Add unique=True to this field or add a UniqueConstraint (without condition) in the "
            "model Meta.constraints.",
        )


class ForeignKeyChecks:
    """Checks of `on_delete` and uniqueness."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: `on_delete` must be possible."""
        databases = kwargs.get("databases") or []
        return [
            *super().check(**kwargs),  # type: ignore[misc]  # Field's
            *self._check_on_delete(databases),
            *self._check_unique(),
        ]

    def _check_on_delete_db_support(
        self, on_delete: Any, feature: str, databases: Sequence[str]
    ) -> Iterator[Any]:
        me: Any = self
        for connection in migratable_connections(databases, me.model):
            if not lacks(connection, feature, me.model):
                continue
            yield checks.Error(
                f"{connection.display_name} does not support a {on_delete.__name__}.",
                hint=f"Change the on_delete rule to {on_delete.__name__.removeprefix('DB_')}.",
                obj=self,
                id="fields.E324",
            )

    def _check_on_delete(self, databases: Sequence[str]) -> list[Any]:
        from fastjango.orm import deletion
        from fastjango.orm.fields.not_provided import NOT_PROVIDED

        me: Any = self
        rule: Any = getattr(me.remote_field, "on_delete", None)
        errors: list[Any] = []
        feature = {
            deletion.DB_CASCADE: "supports_on_delete_db_cascade",
            deletion.DB_SET_NULL: "supports_on_delete_db_null",
        }.get(rule)
        if feature:
            errors.extend(self._check_on_delete_db_support(rule, feature, databases))
        if rule in (deletion.DB_SET_NULL, deletion.SET_NULL) and not me.null:
            errors += me._error(
                f"Field specifies on_delete={rule.__name__}, but cannot be null.",
                "fields.E320",
                "Set null=True argument on the field, or change the on_delete rule.",
            )
        elif rule == deletion.SET_DEFAULT and not me.has_default():
            errors += me._error(
                "Field specifies on_delete=SET_DEFAULT, but has no default value.",
                "fields.E321",
                "Set a default value, or change the on_delete rule.",
            )
        elif rule == deletion.DB_SET_DEFAULT:
            if me.db_default is NOT_PROVIDED:
                errors += me._error(
                    "Field specifies on_delete=DB_SET_DEFAULT, but has no db_default value.",
                    "fields.E322",
                    "Set a db_default value, or change the on_delete rule.",
                )
            default = "supports_on_delete_db_default"
            errors.extend(self._check_on_delete_db_support(rule, default, databases))
        return errors + self._check_on_delete_chain(rule)

    def _check_on_delete_chain(self, rule: Any) -> list[Any]:
        """Rules of the database and of Python must not be mixed along a chain of references."""
        from fastjango.orm.deletion import DO_NOTHING, DatabaseOnDelete

        me: Any = self
        model = me.remote_field.model
        if isinstance(model, str) or rule == DO_NOTHING:
            return []
        here = isinstance(rule, DatabaseOnDelete)
        for field in model._meta.get_fields():
            if not field.related_model:
                continue
            other = getattr(field.remote_field, "on_delete", None)
            if other is None or other == DO_NOTHING:
                continue
            if isinstance(other, DatabaseOnDelete) is here:
                continue
            mine, theirs = ("database", "Python") if here else ("Python", "database")
            return me._error(
                f"Field specifies {mine}-level on_delete variant, but referenced model uses "
                f"{theirs}-level variant.",
                "fields.E323",
                "Use either database or Python on_delete variants uniformly in the references "
                "chain.",
            )
        return []

    def _check_unique(self, **kwargs: Any) -> list[Any]:
        me: Any = self
        if not me.unique:
            return []
        return [
            checks.Warning(
                "Setting unique=True on a ForeignKey has the same effect as using a OneToOneField.",
                hint="ForeignKey(unique=True) is usually better served by a OneToOneField.",
                obj=self,
                id="fields.W342",
            )
        ]
