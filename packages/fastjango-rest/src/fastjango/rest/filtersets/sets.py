"""`FilterSet`: filters declared in a class, or derived from a model's fields."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnknownLambdaType=false
# Fields, lookups and data are what models, projects and clients give, of any type.

from __future__ import annotations

import copy
import enum
import functools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.orm import models
from fastjango.rest._calls import hook
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.filtersets import choices, values
from fastjango.rest.filtersets.base import Filter

__all__ = ["FilterSet", "UnknownFieldBehavior", "filterset_factory"]


class UnknownFieldBehavior(enum.Enum):
    """What is done about a model field that no filter is known for."""

    RAISE = "raise"
    WARN = "warn"
    IGNORE = "ignore"


_FILTERS: dict[Any, type[Filter]] = {
    models.BooleanField: values.BooleanFilter,
    models.DateTimeField: values.DateTimeFilter,
    models.DateField: values.DateFilter,
    models.TimeField: values.TimeFilter,
    models.DurationField: values.DurationFilter,
    models.DecimalField: values.NumberFilter,
    models.FloatField: values.NumberFilter,
    models.IntegerField: values.NumberFilter,
    models.UUIDField: values.UUIDFilter,
    models.GenericIPAddressField: values.CharFilter,
    models.FilePathField: values.CharFilter,
    models.CharField: values.CharFilter,
    models.TextField: values.CharFilter,
}
_LOOKUPS: dict[str, type[Filter]] = {"isnull": values.BooleanFilter}
_PARTS = frozenset({"year", "month", "day", "week", "week_day", "iso_year", "quarter", "hour",
                    "minute", "second"})  # fmt: skip


class _Options:
    def __init__(self, meta: Any) -> None:
        self.model = getattr(meta, "model", None)
        self.fields = getattr(meta, "fields", None)
        self.exclude = getattr(meta, "exclude", None)
        self.filter_overrides: Mapping[Any, Any] = getattr(meta, "filter_overrides", {})
        self.unknown_field_behavior = UnknownFieldBehavior(
            getattr(meta, "unknown_field_behavior", UnknownFieldBehavior.RAISE)
        )


class _FilterSetMeta(type):
    """Collects the filters of a class and of its bases."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        own = sorted(
            ((key, attrs.pop(key)) for key, item in list(attrs.items())
             if isinstance(item, Filter)),
            key=lambda pair: pair[1].creation_counter,
        )  # fmt: skip
        for key, item in own:
            if item.field_name is None:
                item.field_name = key
        declared: dict[str, Filter] = {}
        for base in reversed(bases):
            declared.update(getattr(base, "declared_filters", {}))
        declared = {key: item for key, item in declared.items() if key not in attrs}
        attrs["declared_filters"] = {**declared, **dict(own)}
        made: Any = super().__new__(cls, name, bases, attrs)
        made._meta = _Options(getattr(made, "Meta", None))
        made.base_filters = made.get_filters()
        return made


class FilterSet(metaclass=_FilterSetMeta):
    """The filters of a list.

    `Meta.fields` names model fields, with lookups as `{"price": ["lt", "gt"]}`, or is
    `"__all__"`; `Meta.exclude` names those to leave out.

    Args:
        data: The query string's parameters.
        queryset: The rows; all of the model if `None`.
        request: The request, for filters that ask for it.
        prefix: What the names of the parameters begin with.
    """

    declared_filters: ClassVar[dict[str, Filter]]
    base_filters: ClassVar[dict[str, Filter]]
    _meta: ClassVar[Any]

    def __init__(
        self, data: Any = None, queryset: Any = None, *, request: Any = None,
        prefix: str | None = None,
    ) -> None:  # fmt: skip
        if queryset is None:
            queryset = self._meta.model._default_manager.all()
        self.is_bound: bool = data is not None
        self.data: Any = data if data is not None else {}
        self.queryset: Any = queryset
        self.request: Any = request
        self.prefix: str | None = prefix
        self.filters: dict[str, Filter] = copy.deepcopy(self.base_filters)
        for item in self.filters.values():
            item.parent = self
        self._errors: dict[str, Any] | None = None
        self.cleaned_data: dict[str, Any] = {}

    def __deepcopy__(self, memo: Any) -> FilterSet:
        return self

    def is_valid(self) -> bool:
        """Whether all values make sense."""
        return bool(run_steps(self._validation()))

    async def ais_valid(self) -> bool:
        """Whether all values make sense."""
        return bool(await arun_steps(self._validation()))

    def _validation(self) -> Steps:
        if self._errors is None:
            errors: dict[str, Any] = {}
            for name, item in self.filters.items():
                key = f"{self.prefix}-{name}" if self.prefix else name
                try:
                    value = yield hook(item, "clean", item.raw(self.data, key))
                except ValidationError as error:
                    errors[name] = error.detail
                else:
                    self.cleaned_data[name] = value
            self._errors = errors
        return self.is_bound and not self._errors

    @property
    def errors(self) -> dict[str, Any]:
        """What is wrong, by filter."""
        if self._errors is None:
            self.is_valid()
        return self._errors or {}

    @property
    def qs(self) -> Any:
        """The rows that the filters let pass; all of them without data."""
        queryset = self.queryset.all()
        if self.is_bound:
            if self._errors is None:
                self.is_valid()
            queryset = self.filter_queryset(queryset)
        return queryset

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a queryset narrowed by all filters; values that make no sense count for none."""
        for name, value in self.cleaned_data.items():
            queryset = self.filters[name].apply(queryset, value)
        return queryset

    # --- filters of a model -------------------------------------------------------------

    @classmethod
    def get_fields(cls) -> dict[str, Sequence[str]]:
        """Return the lookups by model field.

        Raises:
            TypeError: `Meta` has a model, and neither fields nor excluded ones.
        """
        model, given, excluded = cls._meta.model, cls._meta.fields, cls._meta.exclude
        if given is None and excluded is None:
            raise TypeError(
                "Setting 'Meta.model' without either 'Meta.fields' or 'Meta.exclude' is not "
                f"allowed. Add an explicit 'Meta.fields' or 'Meta.exclude' to the {cls.__name__} "
                "class."
            )
        if isinstance(given, Mapping):
            return dict(given)
        if given is None or given == "__all__":
            given = [
                field.name for field in (*model._meta.fields, *model._meta.many_to_many)
                if field.editable and not getattr(field, "primary_key", False)
            ]  # fmt: skip
        return {name: ["exact"] for name in given if name not in (excluded or ())}

    @classmethod
    def get_filters(cls) -> dict[str, Filter]:
        """Return the filters by parameter name.

        Raises:
            TypeError: `Meta.fields` names something the model does not have.
        """
        found: dict[str, Filter] = {}
        if cls._meta.model is not None:
            unknown: list[str] = []
            for field_name, lookups in cls.get_fields().items():
                field = _model_field(cls._meta.model, field_name)
                if field is None:
                    if field_name not in cls.declared_filters:
                        unknown.append(field_name)
                    continue
                for lookup in lookups:
                    name = cls.get_filter_name(field_name, lookup)
                    if name in cls.declared_filters:
                        found[name] = cls.declared_filters[name]
                        continue
                    made = cls.filter_for_field(field, field_name, lookup)
                    if made is not None:
                        found[name] = made
            if unknown:
                raise TypeError(
                    "'Meta.fields' must not contain non-model field names: " + ", ".join(unknown)
                )
        found.update(cls.declared_filters)
        return found

    @classmethod
    def get_filter_name(cls, field_name: str, lookup_expr: str) -> str:
        """Return the name of the parameter for a field and a lookup."""
        name = f"{field_name}__{lookup_expr}"
        return name.removesuffix("__exact")

    @classmethod
    def filter_for_field(
        cls, field: Any, field_name: str, lookup_expr: str | None = None
    ) -> Filter | None:
        """Return the filter for a model field.

        Raises:
            TypeError: None is known, and `Meta` does not allow that.
        """
        lookup = lookup_expr or "exact"
        kind, extra = cls.filter_for_lookup(field, lookup)
        if kind is not None:
            return kind(field_name=field_name, lookup_expr=lookup, **extra)
        text = (
            f"{cls.__name__} resolved field {field_name!r} with {lookup!r} lookup to an "
            f"unrecognized field type {type(field).__name__}. Try adding an override to "
            "'Meta.filter_overrides', or declare a filter."
        )
        behavior = cls._meta.unknown_field_behavior
        if behavior is UnknownFieldBehavior.RAISE:
            raise TypeError(text)
        if behavior is UnknownFieldBehavior.WARN:
            warnings.warn(text, stacklevel=2)
        return None

    @classmethod
    def filter_for_lookup(
        cls, field: Any, lookup_type: str
    ) -> tuple[type[Filter] | None, dict[str, Any]]:
        """Return the filter class for a field and a lookup, and its arguments."""
        kind, extra = _kind_of(cls._meta.filter_overrides, field, lookup_type)
        last = lookup_type.rpartition("__")[2]
        if last in _LOOKUPS:
            return _LOOKUPS[last], {}
        if last in _PARTS or (set(lookup_type.split("__")) & _PARTS):
            kind, extra = values.NumberFilter, {}
        elif last in ("date", "time"):
            kind, extra = (values.DateFilter if last == "date" else values.TimeFilter), {}
        if kind is None or last not in ("in", "range"):
            return kind, extra
        base = values.BaseInFilter if last == "in" else values.BaseRangeFilter
        if issubclass(kind, choices.ModelChoiceFilter):
            # Of several rows the keys are compared.
            kind, extra = _kind_of(cls._meta.filter_overrides, _key_of(field), lookup_type)
        return _combined(base, cast("Any", kind)), extra


@functools.lru_cache(maxsize=256)
def _combined(base: Any, kind: Any) -> Any:
    return type(f"Concrete{kind.__name__.removesuffix('Filter')}{base.__name__}", (base, kind), {})


def _model_field(model: Any, name: str) -> Any:
    """Return a field by a path of relations; `None` if there is none."""
    field: Any = None
    found: Any = model
    for part in name.split("__"):
        try:
            options: Any = found._meta  # pyright: ignore[reportOptionalMemberAccess]  # a model
            field = options.get_field(options.pk.name if part == "pk" else part)
        except FieldDoesNotExist:
            return None
        found = getattr(field, "related_model", None)
        if found is None and part != name.rpartition("__")[2]:
            return None
    return field


def _key_of(field: Any) -> Any:
    """Return the field that a relation's column has the values of."""
    while getattr(field, "is_relation", False):
        field = getattr(field, "target_field", None) or field.related_model._meta.pk
    return field


def _named_by(field: Any) -> str | None:
    """Return the field by which a foreign key names a row, `None` for the primary key."""
    target = getattr(field, "target_field", None)
    return None if target is None or target.primary_key else str(target.name)


def _choosable(field: Any) -> Any:
    """Return what gives the rows that a relation may lead to."""

    def rows(request: Any) -> Any:
        every = field.related_model._default_manager
        limit = getattr(field, "get_limit_choices_to", None)
        return every.all() if limit is None else every.complex_filter(limit())

    return rows


def _kind_of(
    overrides: Mapping[Any, Any], field: Any, lookup: str
) -> tuple[type[Filter] | None, dict[str, Any]]:
    for base in type(field).__mro__:
        if base in overrides:
            entry = overrides[base]
            extra = entry.get("extra")
            return entry["filter_class"], extra(field) if extra else {}
    if getattr(field, "is_relation", False):
        rows = {"queryset": _choosable(field)}
        if getattr(field, "many_to_many", False) or getattr(field, "one_to_many", False):
            return choices.ModelMultipleChoiceFilter, rows
        return choices.ModelChoiceFilter, {
            **rows,
            "to_field_name": _named_by(field),
            "null_label": "null" if getattr(field, "null", False) else None,
        }
    if lookup == "exact" and getattr(field, "choices", None):
        return choices.ChoiceFilter, {"choices": list(field.choices)}
    for base in type(field).__mro__:
        if base in _FILTERS:
            return _FILTERS[base], {}
    return None, {}


@functools.lru_cache(maxsize=1024)
def _factory(model: Any, filterset: Any, fields: Any) -> Any:
    options: dict[str, Any] = {"model": model}
    if isinstance(fields, tuple):
        named = bool(fields) and isinstance(fields[0], tuple)
        options["fields"] = (
            {name: list(lookups) for name, lookups in fields} if named else list(fields)
        )
    elif fields is not None or filterset._meta.fields is None:
        options["fields"] = fields or "__all__"
    base = getattr(filterset, "Meta", None)
    meta = type("Meta", () if base is None else (base,), options)
    return type(f"{model._meta.object_name}FilterSet", (filterset,), {"Meta": meta})


def filterset_factory(model: Any, filterset: Any = FilterSet, fields: Any = None) -> Any:
    """Return a filter set class for fields of a model, made once.

    Args:
        model: The model.
        filterset: The base class; its `Meta` holds for the new class too.
        fields: What `Meta.fields` takes; that of the base class if `None`, else all fields.
    """
    if isinstance(fields, Mapping):
        key: Any = tuple((name, tuple(lookups)) for name, lookups in fields.items())
    else:
        key = fields if fields is None or isinstance(fields, str) else tuple(fields)
    return _factory(model, filterset, key)
