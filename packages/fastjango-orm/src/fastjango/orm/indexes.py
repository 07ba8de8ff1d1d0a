"""`Index`: what `Meta.indexes` holds."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryIsInstance=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastjango.core import checks

from .fields.field_checks import SILENCE, lacks
from .names import names_digest, split_identifier
from .query.expressions import F, Func, OrderBy
from .query.functions import Collate
from .query.q import Q

__all__ = ["Index", "IndexExpression"]


def _mistakes(
    expressions: Any, fields: Any, name: Any, opclasses: Any, condition: Any, include: Any
) -> Iterator[str]:
    """What cannot stand together, or is of the wrong type."""
    if opclasses and not name:
        yield "An index must be named to use opclasses."
    if not (condition is None or isinstance(condition, Q)):
        yield "Index.condition must be a Q instance."
    if condition and not name:
        yield "An index must be named to use condition."
    if not isinstance(fields, (list, tuple)):
        yield "Index.fields must be a list or tuple."
    if not isinstance(opclasses, (list, tuple)):
        yield "Index.opclasses must be a list or tuple."
    if not expressions and not fields:
        yield "At least one field or expression is required to define an index."
    if expressions and fields:
        yield "Index.fields and expressions are mutually exclusive."
    if expressions and not name:
        yield "An index must be named to use expressions."
    if expressions and opclasses:
        yield "Index.opclasses cannot be used with expressions."
    if opclasses and len(fields) != len(opclasses):
        yield "Index.fields and Index.opclasses must have the same number of elements."
    if not all(isinstance(field, str) for field in fields):
        yield "Index.fields must contain only strings with field names."
    if include and not name:
        yield "A covering index must be named."
    if not (include is None or isinstance(include, (list, tuple))):
        yield "Index.include must be a list or tuple."


class Index:
    """An index over fields or expressions.

    Args:
        expressions: What to index, instead of `fields`.
        fields: Names of fields; `-` before a name for descending order.
        name: Name of the index, at most 30 characters; made from the fields by default.
        db_tablespace: Tablespace of the index.
        opclasses: PostgreSQL operator classes, one for each field.
        condition: `Q` that rows in the index satisfy.
        include: Names of fields stored in the index besides.
    """

    suffix = "idx"
    # Oracle's limit, which keeps names the same everywhere.
    max_name_length = 30

    def __init__(
        self,
        *expressions: Any,
        fields: Sequence[str] = (),
        name: str | None = None,
        db_tablespace: str | None = None,
        opclasses: Sequence[str] = (),
        condition: Any = None,
        include: Sequence[str] | None = None,
    ) -> None:
        for message in _mistakes(expressions, fields, name, opclasses, condition, include):
            raise ValueError(message)
        self.fields = list(fields)
        #: Pairs of the name and `"DESC"` or nothing.
        self.fields_orders = [
            (field.removeprefix("-"), "DESC" if field.startswith("-") else "")
            for field in self.fields
        ]
        self.name: str = name or ""
        self.db_tablespace = db_tablespace
        self.opclasses = opclasses
        self.condition = condition
        self.include = tuple(include or ())
        self.expressions = tuple(
            F(expression) if isinstance(expression, str) else expression
            for expression in expressions
        )

    @property
    def contains_expressions(self) -> bool:
        """Whether expressions are indexed instead of fields."""
        return bool(self.expressions)

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Look for mistakes: name, fields, what the database cannot do."""
        names = {name for name, _ in self.fields_orders} | set(self.include)
        for expression in self.expressions:
            names.update(ref[0] for ref in model._get_expr_references(expression))
        return [
            *self._check_name(model),
            *model._check_local_fields(names, "indexes"),
            *self._check_support(model, connection),
        ]

    def _check_name(self, model: Any) -> Iterator[Any]:
        if self.name[0] == "_" or self.name[0].isdigit():
            yield checks.Error(
                f"The index name '{self.name}' cannot start with an underscore or a number.",
                obj=model,
                id="models.E033",
            )
        if len(self.name) > self.max_name_length:
            yield checks.Error(
                f"The index name '{self.name}' cannot be longer than {self.max_name_length} "
                "characters.",
                obj=model,
                id="models.E034",
            )

    def _check_support(self, model: Any, connection: Any) -> Iterator[Any]:
        for feature, used, words, effect, id in (
            (
                "supports_partial_indexes",
                self.condition is not None,
                "indexes with conditions",
                "Conditions will be ignored.",
                "models.W037",
            ),
            (
                "supports_covering_indexes",
                bool(self.include),
                "indexes with non-key columns",
                "Non-key columns will be ignored.",
                "models.W040",
            ),
            (
                "supports_expression_indexes",
                self.contains_expressions,
                "indexes on expressions",
                "An index won't be created.",
                "models.W043",
            ),
        ):
            if used and lacks(connection, feature, model):
                yield checks.Warning(
                    f"{connection.display_name} does not support {words}.",
                    hint=f"{effect} {SILENCE}",
                    obj=model,
                    id=id,
                )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Import path, positional and keyword arguments, for a migration."""
        path = f"{type(self).__module__}.{type(self).__name__}"
        path = path.replace("fastjango.orm.indexes", "fastjango.orm.models")
        kwargs: dict[str, Any] = {"name": self.name}
        if self.fields:
            kwargs["fields"] = self.fields
        if self.db_tablespace is not None:
            kwargs["db_tablespace"] = self.db_tablespace
        for option in ("opclasses", "condition", "include"):
            if getattr(self, option):
                kwargs[option] = getattr(self, option)
        return path, self.expressions, kwargs

    def clone(self) -> Any:
        """A copy."""
        _path, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)

    def set_name_with_model(self, model: Any) -> None:
        """Make a name: 11 characters of the table, 7 of the first column, 6 of a hash, suffix.

        Raises:
            ValueError: The suffix is too long.
        """
        _, table = split_identifier(model._meta.db_table)
        columns = [model._meta.get_field(name).column for name, _ in self.fields_orders]
        ordered = [
            f"-{column}" if order else column
            for column, (_, order) in zip(columns, self.fields_orders, strict=True)
        ]
        digest = names_digest(table, *ordered, self.suffix, length=6)
        self.name = f"{table[:11]}_{columns[0][:7]}_{digest}_{self.suffix}"
        if len(self.name) > self.max_name_length:
            raise ValueError(
                "Index too long for multiple database support. Is self.suffix longer than 3 "
                "characters?"
            )
        if self.name[0] == "_" or self.name[0].isdigit():
            self.name = f"D{self.name[1:]}"

    def __repr__(self) -> str:
        parts = [
            f" {label}={text}"
            for label, text, shown in (
                ("fields", repr(self.fields), self.fields),
                ("expressions", repr(self.expressions), self.expressions),
                ("name", repr(self.name), self.name),
                ("db_tablespace", repr(self.db_tablespace), self.db_tablespace is not None),
                ("condition", str(self.condition), self.condition is not None),
                ("include", repr(self.include), self.include),
                ("opclasses", repr(self.opclasses), self.opclasses),
            )
            if shown
        ]
        return f"<{type(self).__qualname__}:{''.join(parts)}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Index) and type(self) is type(other):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = object.__hash__


class IndexExpression(Func):
    """An expression of an index, with ordering, collation and operator class in SQL's order."""

    template = "%(expressions)s"
    wrapper_classes: Any = (OrderBy, Collate)

    @classmethod
    def register_wrappers(cls, *wrapper_classes: Any) -> None:
        """Let expressions of these classes stand around the indexed expression."""
        cls.wrapper_classes = wrapper_classes

    def set_wrapper_classes(self, connection: Any = None) -> None:
        """On databases where a collation belongs to the indexed expression, it is no wrapper."""
        if connection and connection.features.collate_as_index_expression:
            self.wrapper_classes = tuple(
                wrapper for wrapper in self.wrapper_classes if wrapper is not Collate
            )

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Put the wrappers into their order around the indexed expression.

        Raises:
            ValueError: A wrapper occurs twice or within another expression.
        """
        from .query.expressions import Col

        expressions = list(self.flatten())
        wrappers = [e for e in expressions if isinstance(e, self.wrapper_classes)]
        inner = [e for e in expressions if not isinstance(e, self.wrapper_classes)]
        types = [type(wrapper) for wrapper in wrappers]
        if len(types) != len(set(types)):
            names = ", ".join(cls.__qualname__ for cls in self.wrapper_classes)
            raise ValueError(
                f"Multiple references to {names} can't be used in an indexed expression."
            )
        if expressions[1 : len(wrappers) + 1] != wrappers:
            names = ", ".join(cls.__qualname__ for cls in self.wrapper_classes)
            raise ValueError(f"{names} must be topmost expressions in an indexed expression.")
        # The indexed expression stands in parentheses unless it is a plain column.
        root = inner[1]
        resolved = root.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if not isinstance(resolved, Col):
            root = Func(root, template="(%(expressions)s)")
        if wrappers:
            wrappers.sort(key=lambda wrapper: self.wrapper_classes.index(type(wrapper)))
            wrappers = [wrapper.copy() for wrapper in wrappers]
            for position, wrapper in enumerate(wrappers[:-1]):
                wrapper.set_source_expressions([wrappers[position + 1]])
            wrappers[-1].set_source_expressions([root])
            self.set_source_expressions([wrappers[0]])
        else:
            self.set_source_expressions([root])
        return super().resolve_expression(query, allow_joins, reuse, summarize, for_save)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Casts to numbers would hide the column from the index; leave them out."""
        return self.as_sql(compiler, connection, **extra_context)
