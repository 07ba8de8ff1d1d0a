"""System checks of a field's options."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from fastjango.core import checks
from fastjango.core.functional import Promise

__all__ = ["SILENCE", "FieldChecks", "lacks", "migratable_connections"]

#: End of the hint of a warning about what a database leaves out.
SILENCE = "Silence this warning if you don't care about it."


def migratable_connections(databases: Iterable[str] | None, model: Any) -> Iterator[Any]:
    """Connections among `databases` on which the routers let `model` be created."""
    from fastjango.orm import connections, router

    for alias in databases or ():
        if router.allow_migrate_model(alias, model):
            yield connections[alias]


def lacks(connection: Any, feature: str, model: Any) -> bool:
    """Whether a database cannot do what the model does not require of its databases."""
    required = feature in model._meta.required_db_features
    return not (required or getattr(connection.features, feature))


class FieldChecks:
    """The part of `Field` that answers `check()`."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Look for mistakes in the options; `databases` names those to check against."""
        return [
            *self._check_field_name(),
            *self._check_choices(),
            *self._check_db_default(**kwargs),
            *self._check_db_index(),
            *self._check_db_comment(**kwargs),
            *self._check_null_allowed_for_primary_keys(),
            *self._check_backend_specific_checks(**kwargs),
            *self._check_validators(),
            *self._check_deprecation_details(),
        ]

    def _error(self, message: str, id: str, hint: str | None = None) -> list[Any]:
        return [checks.Error(message, hint=hint, obj=self, id=id)]

    def _check_field_name(self) -> list[Any]:
        name = cast("Any", self).name
        if name is None:
            return []
        if name.endswith("_"):
            return self._error("Field names must not end with an underscore.", "fields.E001")
        if "__" in name:
            return self._error('Field names must not contain "__".', "fields.E002")
        if name == "pk":
            return self._error(
                "'pk' is a reserved word that cannot be used as a field name.", "fields.E003"
            )
        return []

    @staticmethod
    def _choices_is_value(value: object) -> bool:
        return isinstance(value, (str, Promise)) or not isinstance(value, Iterable)

    def _check_choices(self) -> list[Any]:
        me = cast("Any", self)
        if not me.choices:
            return []
        if not isinstance(me.choices, Iterable) or isinstance(me.choices, (str, set, frozenset)):
            return self._error(
                "'choices' must be a mapping (e.g. a dictionary) or an ordered iterable (e.g. a "
                "list or tuple, but not a set).",
                "fields.E004",
            )
        longest = 0
        choices: Any = me.choices
        for choice in choices:
            length = self._longest_value(choice)
            if length is None:
                return self._error(
                    "'choices' must be a mapping of actual values to human readable names or an "
                    "iterable containing (actual value, human readable name) tuples.",
                    "fields.E005",
                )
            longest = max(longest, length)
        if me.max_length is not None and longest > me.max_length:
            return self._error(
                f"'max_length' is too small to fit the longest value in 'choices' ({longest} "
                "characters).",
                "fields.E009",
            )
        return []

    def _longest_value(self, choice: Any) -> int | None:
        """Length of the longest text value in a choice or group, `None` if it is malformed."""
        if isinstance(choice, str):
            return None
        try:
            first, second = choice
        except (TypeError, ValueError):
            return None
        is_value = self._choices_is_value
        try:
            pairs = [(value, label) for value, label in second]
        except (TypeError, ValueError):
            pairs = [(first, second)]
        if not all(is_value(value) and is_value(label) for value, label in pairs):
            return None
        return max((len(value) for value, _ in pairs if isinstance(value, str)), default=0)

    def _check_db_default(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        me = cast("Any", self)
        if not me.has_db_default() or databases is None:
            return []
        from fastjango.orm.query.expressions import Value

        default = me.db_default
        if isinstance(default, Value) or not hasattr(default, "resolve_expression"):
            return []
        errors: list[Any] = []
        for connection in migratable_connections(databases, me.model):
            supported = connection.features.supports_expression_defaults
            if supported and not getattr(me._db_default_expression, "allowed_default", False):
                errors += self._error(f"{default} cannot be used in db_default.", "fields.E012")
            if lacks(connection, "supports_expression_defaults", me.model):
                errors += self._error(
                    f"{connection.display_name} does not support default database values with "
                    "expressions (db_default).",
                    "fields.E011",
                )
        return errors

    def _check_db_index(self) -> list[Any]:
        if cast("Any", self).db_index not in (None, True, False):
            return self._error("'db_index' must be None, True or False.", "fields.E006")
        return []

    def _check_db_comment(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        me = cast("Any", self)
        if not me.db_comment or not databases:
            return []
        return [
            checks.Warning(
                f"{connection.display_name} does not support comments on columns (db_comment).",
                obj=self,
                id="fields.W163",
            )
            for connection in migratable_connections(databases, me.model)
            if lacks(connection, "supports_comments", me.model)
        ]

    def _check_null_allowed_for_primary_keys(self) -> list[Any]:
        me = cast("Any", self)
        if me.primary_key and me.null:
            return self._error(
                "Primary keys must not have null=True.",
                "fields.E007",
                "Set null=False on the field, or remove primary_key=True argument.",
            )
        return []

    def _check_backend_specific_checks(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        me = cast("Any", self)
        if databases is None:
            return []
        errors: list[Any] = []
        for connection in migratable_connections(databases, me.model):
            validation = getattr(connection, "validation", None)
            if validation is not None:
                errors.extend(validation.check_field(self, **kwargs))
        return errors

    def _check_validators(self) -> list[Any]:
        errors: list[Any] = []
        for number, validator in enumerate(cast("Any", self).validators):
            if not callable(validator):
                errors += self._error(
                    "All 'validators' must be callable.",
                    "fields.E008",
                    f"validators[{number}] ({validator!r}) isn't a function or instance of a "
                    "validator class.",
                )
        return errors

    def _check_deprecation_details(self) -> list[Any]:
        me = cast("Any", self)
        name = type(self).__name__
        for details, kind, default_id, text in (
            (
                me.system_check_removed_details,
                checks.Error,
                "fields.EXXX",
                f"{name} has been removed except for support in historical migrations.",
            ),
            (
                me.system_check_deprecated_details,
                checks.Warning,
                "fields.WXXX",
                f"{name} has been deprecated.",
            ),
        ):
            if details is not None:
                return [
                    kind(
                        details.get("msg", text),
                        hint=details.get("hint"),
                        obj=self,
                        id=details.get("id", default_id),
                    )
                ]
        return []
