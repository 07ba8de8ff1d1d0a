"""What stubs say of models: keys of relations, reverse names, managers with checked lookups."""

# Fields and managers of a project have types that only run time knows.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fastjango.core import apps
from fastjango.orm import models
from fastjango.orm.fields.related import ForeignObject
from fastjango.orm.manager import BaseManager, Manager
from fastjango.orm.query.lookups.base import Transform
from fastjango.orm.query.queryset import QuerySet

from .stub_source import ANY, ClassChanges

__all__ = ["ModelStubs"]

#: What numbers and dates that a transform gives are asked for; searches are for texts.
COMPARISONS = ("exact", "gt", "gte", "lt", "lte", "in", "range", "isnull")
RELATIONS = (models.ForeignKey, models.OneToOneField, models.ManyToManyField)
#: Python types of columns by the name of a field class, which its subclasses share.
VALUES = {
    "AutoField": "_builtins.int", "SmallAutoField": "_builtins.int",
    "BigAutoField": "_builtins.int", "IntegerField": "_builtins.int",
    "CharField": "_builtins.str", "TextField": "_builtins.str", "FilePathField": "_builtins.str",
    "GenericIPAddressField": "_builtins.str", "BooleanField": "_builtins.bool",
    "FloatField": "_builtins.float", "BinaryField": "_builtins.bytes",
    "DecimalField": "_decimal.Decimal", "UUIDField": "_uuid.UUID",
    "DateTimeField": "_datetime.datetime", "DateField": "_datetime.date",
    "TimeField": "_datetime.time", "DurationField": "_datetime.timedelta",
}  # fmt: skip


def _is_importable(value: Any) -> bool:
    """Whether its module and name lead to a class, as they do not for one made at run time."""
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


@cache
def _transformed(transform: Any) -> tuple[str, ...]:
    """Names of lookups that may follow a transform."""
    output: Any = getattr(transform, "output_field", None)
    known: Any = output if isinstance(output, models.Field) else models.Field()
    lookups: dict[str, Any] = known.get_lookups()
    names = {name for name in COMPARISONS if name in lookups}
    if isinstance(known, models.CharField | models.TextField):
        names.update(n for n, each in lookups.items() if not issubclass(each, Transform))
    names.update(transform.get_class_lookups())
    return tuple(sorted(names))


def _suffixes(field: Any) -> Iterator[str]:
    """What may follow the name of a field: lookups, transforms, lookups of transforms."""
    if getattr(field, "is_relation", False):
        lookups: dict[str, Any] = ForeignObject.get_class_lookups()
    else:
        lookups = field.get_lookups()
    for name in sorted(lookups):
        yield name
        if issubclass(lookups[name], Transform):
            for following in _transformed(lookups[name]):
                yield f"{name}__{following}"


def _lookup_names(model: Any, depth: int) -> Iterator[str]:
    """Every keyword that `filter()` of a model takes, over as many relations as `depth`."""
    opts = model._meta
    for field in opts.get_fields():
        if field.is_relation and (
            field.related_model is None or isinstance(field.related_model, str)
        ):
            continue  # a generic foreign key has no lookups
        names = {field.name, getattr(field, "attname", field.name)}
        for name in sorted(names):
            yield name
            for suffix in _suffixes(field):
                yield f"{name}__{suffix}"
        if field.is_relation and depth:
            for name in _lookup_names(field.related_model, depth - 1):
                yield f"{field.name}__{name}"
    if opts.pk is not None:
        yield "pk"
        for suffix in _suffixes(opts.pk):
            yield f"pk__{suffix}"


class ModelStubs:
    """Collects what the stub of one module says of its models.

    Args:
        module: Name of the module.
        depth: Over how many relations lookups go.

    Attributes:
        changes: What is different in the classes, by dotted name.
        lines: Classes for the end of the stub.
        imports: Modules whose classes are named.
    """

    def __init__(self, module: str, depth: int = 1) -> None:
        self.module = module
        self.depth = depth
        self.changes: dict[str, ClassChanges] = {}
        self.lines: list[str] = []
        self.imports: set[str] = set()

    def add(self, model: Any, body: Mapping[str, ast.expr | None]) -> None:
        """Take in a model.

        Args:
            body: What its class assigns in the source.
        """
        opts = model._meta
        changes = self.changes[model.__qualname__] = ClassChanges(known=set(dir(model)))
        for field in (*opts.local_fields, *opts.local_many_to_many):
            self._field(model, field, body, changes)
        if opts.abstract:
            return
        for rel in opts.related_objects:
            if rel.model is model and rel.get_accessor_name() not in body:
                changes.added += self._reverse(model, rel)
        if not opts.swapped:
            self._managers(model, body, changes)

    def reference(self, cls: Any) -> str:
        """How the stub names a class."""
        if not _is_importable(cls):
            return ANY
        if cls.__module__ == self.module:
            return str(cls.__qualname__)
        self.imports.add(cls.__module__)
        return f"_{cls.__module__.replace('.', '_')}.{cls.__qualname__}"

    def _value(self, field: Any) -> str:
        """Python type of a column's values, without the `None` of a nullable one."""
        if isinstance(field, models.ForeignKey):
            target = self._target(field)
            if target is None:
                return ANY
            to_field: Any = field.to_fields[0] if field.to_fields else None
            return self._value(target._meta.get_field(to_field) if to_field else target._meta.pk)
        for cls in type(field).__mro__:
            if cls.__name__ in VALUES:
                return VALUES[cls.__name__]
        return ANY

    @staticmethod
    def _target(field: Any) -> Any:
        """Model of the other side; `None` where an abstract model leaves it open."""
        target: Any = field.remote_field.model
        if not isinstance(target, str):
            return target
        try:
            return apps.get_model(target)
        except (LookupError, ValueError):
            return None

    def _field(
        self, model: Any, field: Any, body: Mapping[str, ast.expr | None], changes: ClassChanges
    ) -> None:
        none = " | None" if field.null else ""
        name = field.name
        if type(field) in RELATIONS:
            target = self._target(field)
            if target is not None:
                many = field.many_to_many
                kind = (
                    f"_orm.{type(field).__name__}[{self.reference(target)}{'' if many else none}]"
                )
                changes.replaced[name] = [f"{name}: {kind}"]
                if name not in body:
                    changes.added += changes.replaced[name]
        elif name not in body and not self._is_inherited(model, name):
            changes.added.append(f"{name}: {self._value(field)}{none}")
        attname = getattr(field, "attname", name)
        if isinstance(field, models.ForeignKey) and attname not in body:
            changes.added.append(f"{attname}: {self._value(field)}{none}")
        methods: list[tuple[str, str]] = []
        if field.choices:
            methods.append((f"get_{name}_display", "(self) -> _builtins.str"))
        if isinstance(field, models.DateField) and not field.null:
            signature = f"(self, **kwargs: {ANY}) -> _typing.Self"
            methods += [(f"get_{word}_by_{name}", signature) for word in ("next", "previous")]
        for method, signature in methods:
            if method not in body:
                changes.added.append(f"def {method}{signature}: ...")

    @staticmethod
    def _is_inherited(model: Any, name: str) -> bool:
        """Whether a base, whose stub or source says so, has the field."""
        return any(
            any(field.name == name for field in base._meta.get_fields())
            for base in model.__mro__[1:]
            if base is not models.Model and hasattr(base, "_meta")
        )

    def _manager_bases(self, manager: Any, model: str, kind: str, source: str | None) -> list[str]:
        """Bases of the checked class of a manager; none if no expression names what it is.

        Args:
            model: How the model is named.
            kind: Class in place of the plain `Manager`.
            source: The expression that made the manager, if the class's own body did.
        """
        cls: Any = type(manager)
        if _is_importable(cls):
            if cls is Manager:
                return [f"_manager.{kind}[{model}]"]
            named = [source or self.reference(cls)]
            return named if kind == "Manager" else [*named, f"_manager.{kind}[{model}]"]
        queryset: Any = cls._queryset_class
        if not _is_importable(queryset):
            return []
        base = next(b for b in cls.__mro__ if _is_importable(b) and issubclass(b, BaseManager))
        named = [] if base is Manager else [self.reference(base)]
        if kind != "Manager" or base is Manager:
            named.append(f"_manager.{kind}[{model}]")
        return [*named, self.reference(queryset)]

    def _reverse(self, model: Any, rel: Any) -> Iterator[str]:
        """The attribute that a relation of another model puts on this one."""
        name = rel.get_accessor_name()
        if name is None:
            return
        other = self.reference(rel.related_model)
        if rel.one_to_one:
            yield f"{name}: _orm.ReverseOne[{other}]"
            return
        kind = "ManyRelatedManager" if rel.many_to_many else "RelatedManager"
        manager = rel.related_model._default_manager
        bases = self._manager_bases(manager, other, kind, None)
        if len(bases) > 1:
            shown = f"_{model.__qualname__.replace('.', '_')}_{name}"
            self.lines.append(f"class {shown}({', '.join(bases)}): ...")
        else:
            shown = bases[0] if bases else ANY
        yield f"{name}: _Related[{shown}]"

    def _managers(
        self, model: Any, body: Mapping[str, ast.expr | None], changes: ClassChanges
    ) -> None:
        """Classes of the managers; those whose rows have more names than the fields stay as is."""
        name = model.__qualname__.replace(".", "_")
        lookups = f"_{name}_lookups"
        used = False
        for manager in model._meta.managers:
            try:
                queryset: Any = manager.get_queryset()
                annotated = bool(queryset.query.annotations)
            except Exception:
                continue  # code of the project that runs in a request only
            made_by = body.get(manager.name)
            made: Any = made_by.func if isinstance(made_by, ast.Call) else None
            source = ast.unparse(made) if isinstance(made, ast.Subscript) else None
            bases = self._manager_bases(manager, model.__qualname__, "Manager", source)
            if annotated or not bases:
                continue
            used = True
            shown = f"_{name}_{manager.name}"
            changes.replaced[manager.name] = [f"{manager.name}: _typing.ClassVar[{shown}]"]
            if manager.name not in body:
                changes.added += changes.replaced[manager.name]
            self.lines.append(f"class {shown}({', '.join(bases)}):")
            self.lines += _methods(
                manager, model.__qualname__, self._rows(queryset, model), lookups
            )
        if used:
            self.lines.append(f"class {lookups}(_typing.TypedDict, total=False):")
            # Names only: values may be expressions, and a dictionary with `**` fits any of them.
            for keyword in dict.fromkeys(_lookup_names(model, self.depth)):
                self.lines.append(f"    {keyword}: {ANY}")

    def _rows(self, queryset: Any, model: Any) -> str:
        cls: Any = type(queryset)
        if cls is QuerySet or not _is_importable(cls):
            return f"_orm.QuerySet[{model.__qualname__}]"
        return self.reference(cls)


def _methods(manager: Any, model: str, rows: str, lookups: str) -> Iterator[str]:
    """The methods that take lookups, apart from those that the project wrote itself."""
    signature = f"(self, *args: {ANY}, **kwargs: _typing.Unpack[{lookups}])"
    some = False
    for name, result in (("filter", rows), ("exclude", rows), ("get", model), ("aget", model)):
        own: Any = getattr(type(manager), name)
        if own.__module__.startswith("fastjango.orm."):
            some = True
            word = "async def" if name == "aget" else "def"
            yield f"    {word} {name}{signature} -> {result}: ..."
    if not some:
        yield "    ..."
