"""Descriptions of relations, which also stand for their reverse side."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.core.functional import cached_property
from fastjango.values.choices import get_blank_choice_label
from fastjango.values.hashable import make_hashable

from .cache import FieldCacheMixin

__all__ = ["ForeignObjectRel", "ManyToManyRel", "ManyToOneRel", "OneToOneRel"]


class ForeignObjectRel(FieldCacheMixin):
    """A relation as seen from the model it points to.

    `_meta.get_fields()` lists it there, among the fields.
    """

    auto_created = True
    concrete = False
    editable = False
    is_relation = True
    null = True
    empty_strings_allowed = False

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        on_delete: Any = None,
    ) -> None:
        self.field = field
        self.model = to
        self.related_name = related_name
        self.related_query_name = related_query_name
        self.limit_choices_to = {} if limit_choices_to is None else limit_choices_to
        self.parent_link = parent_link
        self.on_delete = on_delete
        self.symmetrical = False
        self.multiple = True

    @cached_property
    def hidden(self) -> bool:
        """Whether the model pointed to has no attribute for the relation."""
        return bool(self.related_name) and str(self.related_name).endswith("+")

    @cached_property
    def name(self) -> Any:
        """Name of the relation in queries on the model pointed to."""
        return self.field.related_query_name()

    @property
    def remote_field(self) -> Any:
        """The field that makes the relation."""
        return self.field

    @property
    def target_field(self) -> Any:
        """Field on the model with the relation that queries compare with.

        Raises:
            FieldError: The relation runs over several columns.
        """
        targets = self.path_infos[-1].target_fields
        if len(targets) > 1:
            raise FieldError("Can't use target_field for multicolumn relations.")
        return targets[0]

    @cached_property
    def related_model(self) -> Any:
        """The model that has the field."""
        if not self.field.model:
            raise AttributeError(
                "This property can't be accessed before self.field.contribute_to_class has been "
                "called."
            )
        return self.field.model

    @cached_property
    def many_to_many(self) -> Any:
        """Whether many rows on both sides belong together."""
        return self.field.many_to_many

    @cached_property
    def many_to_one(self) -> Any:
        """Whether many rows here belong to one there."""
        return self.field.one_to_many

    @cached_property
    def one_to_many(self) -> Any:
        """Whether one row here belongs to many there."""
        return self.field.many_to_one

    @cached_property
    def one_to_one(self) -> Any:
        """Whether one row here belongs to one there."""
        return self.field.one_to_one

    def get_lookup(self, lookup_name: str) -> Any:
        """Lookup of the field."""
        return self.field.get_lookup(lookup_name)

    def get_lookups(self) -> Any:
        """Lookups of the field."""
        return self.field.get_lookups()

    def get_transform(self, name: str) -> Any:
        """Transform of the field."""
        return self.field.get_transform(name)

    def get_internal_type(self) -> Any:
        """Internal type of the field."""
        return self.field.get_internal_type()

    @property
    def db_type(self) -> Any:
        """Column type of the field (a function of the connection)."""
        return self.field.db_type

    def __repr__(self) -> str:
        opts = self.related_model._meta
        return f"<{type(self).__name__}: {opts.app_label}.{opts.model_name}>"

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        return (
            self.field,
            self.model,
            self.related_name,
            self.related_query_name,
            make_hashable(self.limit_choices_to),
            self.parent_link,
            self.on_delete,
            self.symmetrical,
            self.multiple,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("path_infos", None)  # refers to whole models
        return state

    def get_choices(
        self,
        include_blank: bool = True,
        blank_choice: Any = None,
        limit_choices_to: Any = None,
        ordering: Sequence[str] = (),
    ) -> list[tuple[Any, str]]:
        """Rows of the model with the field, as choices for a select widget.

        Side effects: one query.
        """
        limit = limit_choices_to or self.limit_choices_to
        rows = self.related_model._default_manager.complex_filter(limit)
        if ordering:
            rows = rows.order_by(*ordering)
        blank = [("", get_blank_choice_label())] if blank_choice is None else blank_choice
        return [*(blank if include_blank else []), *((row.pk, str(row)) for row in rows)]

    def get_joining_fields(self) -> Any:
        """Pairs of fields whose columns are joined, from this side."""
        return self.field.get_reverse_joining_fields()

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """Condition that goes with the join, or `None`."""
        return self.field.get_extra_restriction(related_alias, alias)

    def set_field_name(self) -> None:
        """Settle the field pointed to, once the model is known."""
        self.field_name: Any = None

    @cached_property
    def accessor_name(self) -> Any:
        """Attribute on the model pointed to, `None` if there is none."""
        return self.get_accessor_name()

    def get_accessor_name(self, model: Any = None) -> Any:
        """Attribute on the model pointed to, for relations from `model`."""
        opts = (model or self.related_model)._meta
        model = model or self.related_model
        if self.multiple and self.symmetrical and model == self.model:
            return None
        if self.related_name:
            return self.related_name
        return opts.model_name + ("_set" if self.multiple else "")

    def get_path_info(self, filtered_relation: Any = None) -> Any:
        """Hops from the model pointed to, to the one with the field."""
        if filtered_relation:
            return self.field.get_reverse_path_info(filtered_relation)
        return self.field.reverse_path_infos

    @cached_property
    def path_infos(self) -> Any:
        """`get_path_info()` without a filter."""
        return self.get_path_info()

    @cached_property
    def cache_name(self) -> Any:
        """Entry of the state under which the reverse object is kept."""
        return self.accessor_name


class ManyToOneRel(ForeignObjectRel):
    """The relation of a `ForeignKey`.

    Args:
        field_name: Field pointed to, `None` for the primary key.
    """

    def __init__(self, field: Any, to: Any, field_name: Any, **options: Any) -> None:
        super().__init__(field, to, **options)
        self.field_name = field_name

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("related_model", None)
        return state

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        return (*super().identity, self.field_name)

    def get_related_field(self) -> Any:
        """Field pointed to.

        Raises:
            FieldDoesNotExist: It is no column.
        """
        field = self.model._meta.get_field(self.field_name)
        if not field.concrete:
            raise FieldDoesNotExist(f"No related field named '{self.field_name}'")
        return field

    def set_field_name(self) -> None:
        """Settle the field pointed to: the primary key unless another was named."""
        self.field_name = self.field_name or self.model._meta.pk.name


class OneToOneRel(ManyToOneRel):
    """The relation of a `OneToOneField`."""

    def __init__(self, field: Any, to: Any, field_name: Any, **options: Any) -> None:
        super().__init__(field, to, field_name, **options)
        self.multiple = False


class ManyToManyRel(ForeignObjectRel):
    """The relation of a `ManyToManyField`.

    Args:
        symmetrical: Whether the relation runs both ways at once.
        through: Model of the table in between, `None` to make one.
        through_fields: Names of that model's two foreign keys.
        db_constraint: Whether the database enforces the foreign keys.
    """

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        symmetrical: bool = True,
        through: Any = None,
        through_fields: Any = None,
        db_constraint: bool = True,
    ) -> None:
        super().__init__(
            field,
            to,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
        )
        if through and not db_constraint:
            raise ValueError("Can't supply a through model and db_constraint=False")
        if through_fields and not through:
            raise ValueError("Cannot specify through_fields without a through model")
        self.through = through
        self.through_fields = through_fields
        self.symmetrical = symmetrical
        self.db_constraint = db_constraint

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        through_fields = make_hashable(self.through_fields)
        return (*super().identity, self.through, through_fields, self.db_constraint)

    def get_related_field(self) -> Any:
        """Field that the foreign key to the model pointed to refers to."""
        opts = self.through._meta
        if self.through_fields:
            field = opts.get_field(self.through_fields[0])
        else:
            field = next(
                f for f in opts.fields if getattr(f.remote_field, "model", None) == self.model
            )
        return field.foreign_related_fields[0]
