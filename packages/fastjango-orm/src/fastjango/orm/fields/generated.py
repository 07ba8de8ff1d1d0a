"""`GeneratedField`."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownVariableType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

from fastjango.core import checks
from fastjango.core.functional import cached_property

from .base import NOT_PROVIDED, Field
from .field_checks import lacks, migratable_connections
from .typing import GetT

__all__ = ["GeneratedField"]


class GeneratedField(Field[Any, GetT]):
    """A column whose value the database computes from other columns of the row.

    Args:
        expression: How it is computed.
        output_field: Field whose column type and values it has.
        db_persist: Whether the value is stored; if not, it is computed on reading.
    """

    generated = True
    db_returning: Any = True
    _query: Any = None

    def __init__(
        self, *, expression: Any, output_field: Field[Any, GetT], db_persist: bool, **kwargs: Any
    ) -> None:
        if kwargs.setdefault("editable", False):
            raise ValueError("GeneratedField cannot be editable.")
        if not kwargs.setdefault("blank", True):
            raise ValueError("GeneratedField must be blank.")
        if kwargs.get("default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("GeneratedField cannot have a default.")
        if kwargs.get("db_default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("GeneratedField cannot have a database default.")
        if db_persist not in (True, False):
            raise ValueError("GeneratedField.db_persist must be True or False.")
        self.expression = expression
        self.output_field: Any = output_field
        self.db_persist = db_persist
        super().__init__(**kwargs)

    @cached_property
    def cached_col(self) -> Any:
        """Expression of the column, typed as the output field."""
        from fastjango.orm.query.expressions import Col

        return Col(self.model._meta.db_table, self, self.output_field)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Expression of the column in the table called `alias`."""
        if alias != self.model._meta.db_table and output_field in (None, self):
            output_field = self.output_field
        return super().get_col(alias, output_field)

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the field `name` of the model, with the lookups of the output field."""
        super().contribute_to_class(cls, name, private_only=private_only)
        for lookup_name, lookup in self.output_field.get_class_lookups().items():
            self.register_lookup(lookup, lookup_name=lookup_name)

    @cached_property
    def _own_query(self) -> Any:
        from fastjango.orm.query.sql import Query

        return Query(model=self.model, alias_cols=False)

    def generated_sql(self, connection: Any) -> tuple[str, Any]:
        """SQL of the expression, for `CREATE TABLE`."""
        compiler = self._own_query.get_compiler(connection=connection)
        resolved = self.expression.resolve_expression(self._own_query, allow_joins=False)
        sql, params = compiler.compile(resolved)
        if (
            getattr(self.expression, "conditional", False)
            and not connection.features.supports_boolean_expr_in_select_clause
        ):
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    @cached_property
    def referenced_fields(self) -> frozenset[Any]:
        """Fields that the expression uses."""
        query = self._own_query
        resolved = self.expression.resolve_expression(query, allow_joins=False)
        return frozenset(col.target for col in query._gen_cols([resolved]))

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the database must have such columns, and the output field be right."""
        databases = kwargs.get("databases") or []
        errors = [*super().check(**kwargs), *self._check_support(databases)]
        inner = self.output_field.clone()
        inner.model = self.model
        found = inner.check(databases=databases)
        for kind, words, id in (
            (checks.Error, "errors", "fields.E223"),
            (checks.Warning, "warnings", "fields.W224"),
        ):
            lines = [f"{one.msg} ({one.id})" for one in found if isinstance(one, kind)]
            if lines:
                text = "\n    ".join([f"GeneratedField.output_field has {words}:", *lines])
                errors.append(kind(text, obj=self, id=id))
        return errors

    def _check_support(self, databases: Any) -> list[Any]:
        errors: list[Any] = []
        opts = self.model._meta
        for connection in migratable_connections(databases, self.model):
            if opts.required_db_vendor and opts.required_db_vendor != connection.vendor:
                continue

            def has(kind: str, connection: Any = connection) -> bool:
                return not lacks(connection, f"supports_{kind}_generated_columns", self.model)

            name = connection.display_name
            if not has("virtual") and not has("stored"):
                errors += self._error(f"{name} does not support GeneratedFields.", "fields.E220")
            if not self.db_persist and not has("virtual"):
                errors += self._error(
                    f"{name} does not support non-persisted GeneratedFields.",
                    "fields.E221",
                    "Set db_persist=True on the field.",
                )
            if self.db_persist and not has("stored"):
                errors += self._error(
                    f"{name} does not support persisted GeneratedFields.",
                    "fields.E222",
                    "Set db_persist=False on the field.",
                )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["blank"]
        del kwargs["editable"]
        kwargs["db_persist"] = self.db_persist
        kwargs["expression"] = self.expression
        kwargs["output_field"] = self.output_field
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """That of the output field."""
        return self.output_field.get_internal_type()

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Those of the output field."""
        return self.output_field.db_parameters(connection)

    def db_type_parameters(self, connection: Any) -> Any:
        """Those of the output field."""
        return self.output_field.db_type_parameters(connection)
