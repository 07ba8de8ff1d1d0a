"""System checks of many-to-many relations."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

from fastjango.core import checks, settings
from fastjango.core.exceptions import FieldDoesNotExist

__all__ = ["ManyToManyChecks"]


def _points_to(field: Any, model: Any) -> bool:
    return getattr(field.remote_field, "model", None) == model


class ManyToManyChecks:
    """Checks of the options and of the table in between."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: a table in between that fits, and no option without effect.

        Args:
            kwargs: `from_model` is the model whose field this is.
        """
        return [
            *super().check(**kwargs),  # type: ignore[misc]  # Field's
            *self._check_unique(),
            *self._check_relationship_model(**kwargs),
            *self._check_ignored_options(),
            *self._check_table_uniqueness(),
            *self._check_on_delete(),
        ]

    def _check_unique(self) -> list[Any]:
        me: Any = self
        if me.unique:
            return me._error("ManyToManyFields cannot be unique.", "fields.E330")
        return []

    def _check_ignored_options(self) -> list[Any]:
        me: Any = self
        rel = me.remote_field
        found = (
            (me.has_null_arg, "null has no effect on ManyToManyField.", "W340"),
            (me._validators, "ManyToManyField does not support validators.", "W341"),
            (
                rel.symmetrical and me._related_name,
                "related_name has no effect on ManyToManyField with a symmetrical relationship, "
                'e.g. to "self".',
                "W345",
            ),
            (me.db_comment, "db_comment has no effect on ManyToManyField.", "W346"),
        )
        return [
            checks.Warning(text, obj=self, id=f"fields.{id}") for wrong, text, id in found if wrong
        ]

    def _check_relationship_model(self, from_model: Any = None, **kwargs: Any) -> list[Any]:
        me: Any = self
        through = me.remote_field.through
        name = (
            f"{through._meta.app_label}.{through.__name__}"
            if hasattr(through, "_meta")
            else through
        )
        if through not in me.opts.apps.get_models(include_auto_created=True):
            errors = me._error(
                f"Field specifies a many-to-many relation through model '{name}', which has not "
                "been installed.",
                "fields.E331",
            )
        else:
            errors = self._check_links(from_model)
        if me.remote_field.through_fields is not None:
            errors += self._check_through_fields(from_model, name)
        return errors

    def _check_links(self, from_model: Any) -> list[Any]:
        """The model in between must have one foreign key to each side."""
        from .related import resolve_relation

        me: Any = self
        to_model = resolve_relation(from_model, me.remote_field.model)
        errors = self._check_composite_pk(from_model, to_model)
        if from_model == to_model:
            return errors + self._check_links_to_self(from_model)
        return errors + self._check_links_across(from_model, to_model)

    def _check_composite_pk(self, from_model: Any, to_model: Any) -> list[Any]:
        from .composite import CompositePrimaryKey

        me: Any = self
        if me.remote_field.through_fields is not None or isinstance(to_model, str):
            return []
        for model in (to_model, from_model):
            if isinstance(model._meta.pk, CompositePrimaryKey):
                return me._error(
                    f"Field defines a relation involving model {model._meta.object_name!r} "
                    "which has a CompositePrimaryKey and such relations are not supported.",
                    "fields.E347",
                )
        return []

    def _check_links_to_self(self, model: Any) -> list[Any]:
        me: Any = self
        rel = me.remote_field
        links = sum(_points_to(field, model) for field in rel.through._meta.fields)
        if links <= 2 or rel.through_fields:
            return []
        return [
            checks.Error(
                f"The model is used as an intermediate model by '{self}', but it has more than two "
                f"foreign keys to '{model._meta.object_name}', which is ambiguous. You must "
                "specify which two foreign keys to use via the through_fields keyword argument.",
                hint="Use through_fields to specify which two foreign keys to use.",
                obj=rel.through,
                id="fields.E333",
            )
        ]

    def _check_links_across(self, from_model: Any, to_model: Any) -> list[Any]:
        me: Any = self
        rel = me.remote_field
        through = rel.through
        here = from_model._meta.object_name
        there = to_model if isinstance(to_model, str) else to_model._meta.object_name
        fields = through._meta.fields
        seen_from = sum(_points_to(field, from_model) for field in fields)
        seen_to = sum(_points_to(field, to_model) for field in fields)
        used = f"The model is used as an intermediate model by '{self}', but it"
        errors: list[Any] = []
        hint = (
            "If you want to create a recursive relationship, use "
            f'ManyToManyField("self", through="{through._meta.object_name}").'
        )
        for count, word, model, id in (
            (seen_from, "from", here, "fields.E334"),
            (seen_to, "to", there, "fields.E335"),
        ):
            if count > 1 and not rel.through_fields:
                errors += me._error(
                    f"{used} has more than one foreign key {word} '{model}', which is ambiguous. "
                    "You must specify which foreign key to use via the through_fields keyword "
                    "argument.",
                    id,
                    hint,
                )
        if seen_from == 0 or seen_to == 0:
            errors.append(
                checks.Error(
                    f"{used} does not have a foreign key to '{here}' or '{there}'.",
                    obj=through,
                    id="fields.E336",
                )
            )
        return errors

    def _check_through_fields(self, from_model: Any, name: Any) -> list[Any]:
        me: Any = self
        rel = me.remote_field
        names = rel.through_fields
        if not (len(names) >= 2 and names[0] and names[1]):
            return me._error(
                "Field specifies 'through_fields' but does not provide the names of the two link "
                f"fields that should be used for the relation through model '{name}'.",
                "fields.E337",
                "Make sure you specify 'through_fields' as through_fields=('field1', 'field2')",
            )
        errors: list[Any] = []
        if not hasattr(rel.through, "_meta"):
            return errors
        opts = rel.through._meta
        for field_name, model in zip(names[:2], (from_model, rel.model), strict=True):
            possible = [f.name for f in opts.fields if _points_to(f, model)]
            hint = None
            if possible:
                hint = (
                    "Did you mean one of the following foreign keys to "
                    f"'{getattr(model, '__name__', model)}': {', '.join(possible)}?"
                )
            try:
                field = opts.get_field(field_name)
            except FieldDoesNotExist:
                errors += me._error(
                    f"The intermediary model '{name}' has no field '{field_name}'.",
                    "fields.E338",
                    hint,
                )
                continue
            if not _points_to(field, model):
                related = model if isinstance(model, str) else model._meta.object_name
                errors += me._error(
                    f"'{opts.object_name}.{field_name}' is not a foreign key to '{related}'.",
                    "fields.E339",
                    hint,
                )
        return errors

    def _check_table_uniqueness(self) -> list[Any]:
        me: Any = self
        through = me.remote_field.through
        if isinstance(through, str) or not through._meta.managed:
            return []
        tables = {
            model._meta.db_table: model
            for model in me.opts.apps.get_models(include_auto_created=True)
            if model != through and model._meta.managed
        }
        table = me.m2m_db_table()
        model = tables.get(table)
        if model is None or model._meta.concrete_model == through._meta.concrete_model:
            return []
        clashing = model._meta.label
        if model._meta.auto_created:
            opts = model._meta.auto_created._meta
            owner = next(f for f in opts.many_to_many if f.remote_field.through is model)
            clashing = f"{opts.label}.{owner.name}"
        text = (
            f"The field's intermediary table '{table}' clashes with the table name of '{clashing}'."
        )
        if settings.DATABASE_ROUTERS:
            return [
                checks.Warning(
                    text,
                    obj=self,
                    hint=(
                        "You have configured settings.DATABASE_ROUTERS. Verify that the table of "
                        f"{clashing!r} is correctly routed to a separate database."
                    ),
                    id="fields.W344",
                )
            ]
        return me._error(text, "fields.E340")

    def _check_on_delete(self) -> list[Any]:
        from fastjango.orm.deletion import DO_NOTHING, DatabaseOnDelete

        me: Any = self
        through = me.remote_field.through
        if isinstance(through, str) or not through._meta.auto_created:
            return []
        errors: list[Any] = []
        for link in through._meta.get_fields():
            if not link.remote_field or isinstance(link.remote_field.model, str):
                continue
            for field in link.remote_field.model._meta.get_fields():
                if not field.related_model:
                    continue
                rule = getattr(field.remote_field, "on_delete", None)
                if rule != DO_NOTHING and isinstance(rule, DatabaseOnDelete):
                    errors.append(
                        checks.Error(
                            "Field specifies database-level on_delete variant, but auto-created "
                            "intermediary model uses Python-level variant.",
                            hint=(
                                "Use either one of the Python on_delete variants or create a "
                                f"through model for {self}."
                            ),
                            obj=field,
                            id="fields.E323",
                        )
                    )
        return errors
