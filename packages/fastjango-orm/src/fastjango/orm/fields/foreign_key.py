"""`ForeignKey` and `OneToOneField`."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from fastjango.core.exceptions import FieldError, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, twin

from .attributes import ForeignKeyDeferredAttribute
from .descriptors import ForwardOneToOneDescriptor, ReverseOneToOneDescriptor
from .related import RECURSIVE_RELATIONSHIP_CONSTANT, ForeignObject
from .related_checks import ForeignKeyChecks
from .reverse import ManyToOneRel, OneToOneRel
from .typing import FieldOptions, RelatedT, Text

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    _M = TypeVar("_M")

__all__ = ["ForeignKey", "OneToOneField"]


class ForeignKey(ForeignKeyChecks, ForeignObject[RelatedT, RelatedT]):
    """Many rows here belong to one row there; the column holds that row's key.

    Args:
        to: Model pointed to: a class, `"Model"`, `"app.Model"` or `"self"`.
        on_delete: What happens to the rows here when the row there is deleted.
        to_field: Unique field pointed to, the primary key by default.
        db_constraint: Whether the database enforces the reference.
    """

    descriptor_class: ClassVar[type[Any]] = ForeignKeyDeferredAttribute
    rel_class: ClassVar[type[Any]] = ManyToOneRel
    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("%(model)s instance with %(field)s %(value)r is not a valid choice.")
    }
    description: Any = _("Foreign Key (type determined by related field)")

    if TYPE_CHECKING:
        db_constraint: bool

        @overload
        def __init__(
            self: ForeignKey[_M],
            to: type[_M],
            on_delete: Callable[..., Any],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            *,
            null: Literal[False] = ...,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: ForeignKey[_M | None],
            to: type[_M],
            on_delete: Callable[..., Any],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            *,
            null: Literal[True],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self,
            to: str,
            on_delete: Callable[..., Any],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            *,
            null: bool = ...,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(
            self,
            to,
            on_delete,
            related_name=None,
            related_query_name=None,
            limit_choices_to=None,
            parent_link=False,
            to_field=None,
            db_constraint=True,
            **kwargs,
        ):
            opts = getattr(to, "_meta", None)
            if opts is not None:
                to_field = to_field or (opts.pk and opts.pk.name)
            elif not isinstance(to, str):
                raise TypeError(
                    f"{type(self).__name__}({to!r}) is invalid. First parameter to ForeignKey "
                    "must be either a model, a model name, or the string "
                    f"{RECURSIVE_RELATIONSHIP_CONSTANT!r}"
                )
            if not callable(on_delete):
                raise TypeError("on_delete must be callable.")
            relation = {
                "related_name": related_name,
                "related_query_name": related_query_name,
                "limit_choices_to": limit_choices_to,
            }
            kwargs["rel"] = self.rel_class(
                self, to, to_field, parent_link=parent_link, on_delete=on_delete, **relation
            )
            kwargs.setdefault("db_index", True)
            super().__init__(
                to,
                on_delete,
                from_fields=[RECURSIVE_RELATIONSHIP_CONSTANT],
                to_fields=[to_field],
                **relation,
                **kwargs,
            )
            self.db_constraint = db_constraint

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["to_fields"]
        del kwargs["from_fields"]
        if self.db_index:
            del kwargs["db_index"]
        else:
            kwargs["db_index"] = False
        if self.db_constraint is not True:
            kwargs["db_constraint"] = self.db_constraint
        rel = self.remote_field
        opts = getattr(rel.model, "_meta", None)
        if rel.field_name and (not opts or (opts.pk and rel.field_name != opts.pk.name)):
            kwargs["to_field"] = rel.field_name
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        """A key of the type of the field pointed to."""
        return self.target_field.to_python(value)

    @property
    def target_field(self) -> Any:
        """The field pointed to."""
        return self.foreign_related_fields[0]

    def validate(self, value: Any, model_instance: Any) -> None:
        """Also: the row pointed to must exist, within `limit_choices_to`.

        Side effects: one query.
        """
        follow(self._validation_plan(value, model_instance))

    async def avalidate(self, value: Any, model_instance: Any) -> None:
        """Asynchronous twin of `validate`."""
        await afollow(self._validation_plan(value, model_instance))

    async def aclean(self, value: Any, model_instance: Any) -> Any:
        """Asynchronous twin of `clean`.

        A class that overrides `clean` or `validate` alone is cleaned in a worker thread.
        """
        own, known = type(self), ForeignKey
        if own.clean is not known.clean or (
            own.validate is not known.validate and own.avalidate is known.avalidate
        ):
            from fastjango.orm.saving import in_thread

            return await in_thread(self.clean, value, model_instance)
        value = self.to_python(value)
        await self.avalidate(value, model_instance)
        self.run_validators(value)
        return value

    def _validation_plan(self, value: Any, model_instance: Any) -> Generator[Step, Any, None]:
        rel = self.remote_field
        if rel.parent_link:
            return
        super().validate(value, model_instance)
        if value is None:
            return
        from fastjango.orm import router

        using = router.db_for_read(rel.model, instance=model_instance)
        rows = rel.model._base_manager.using(using).filter(**{rel.field_name: value})
        if (yield twin(rows.complex_filter(self.get_limit_choices_to()), "exists")):
            return
        raise ValidationError(
            self.error_messages["invalid"],
            code="invalid",
            params={
                "model": rel.model._meta.verbose_name,
                "pk": value,
                "field": rel.field_name,
                "value": value,
            },
        )

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """The one pair of fields.

        Raises:
            FieldError: The field pointed to belongs to another table.
        """
        pairs = super().resolve_related_fields()
        concrete = self.remote_field.model._meta.concrete_model
        for _here, there in pairs:
            if there and there.model != concrete:
                raise FieldError(
                    f"'{self.model._meta.label}.{self.name}' refers to field '{there.name}' which "
                    f"is not local to model '{concrete._meta.label}'."
                )
        return pairs

    def get_attname(self) -> str:
        """The name with `_id`."""
        return f"{self.name}_id"

    def get_attname_column(self) -> tuple[str, str | None]:
        """Attribute and column, both with `_id` by default."""
        attname = self.get_attname()
        return attname, self.db_column or attname

    def get_default(self) -> Any:
        """The default; of an object, its key."""
        default = super().get_default()
        if isinstance(default, self.remote_field.model):
            return getattr(default, self.target_field.attname)
        return default

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """The key as the driver takes it."""
        target = self.target_field
        if value is None or (value == "" and not target.empty_strings_allowed):
            return None
        return target.get_db_prep_save(value, connection=connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The key as the driver takes it."""
        return self.target_field.get_db_prep_value(value, connection, prepared)

    def get_prep_value(self, value: Any) -> Any:
        """The key in the type of the field pointed to."""
        return self.target_field.get_prep_value(value)

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the reverse attribute on the other model."""
        super().contribute_to_related_class(cls, related)
        if self.remote_field.field_name is None:
            self.remote_field.field_name = cls._meta.pk.name

    def formfield(self, *, using: str | None = None, **kwargs: Any) -> Any:
        """A choice among the rows of the other model.

        Raises:
            ValueError: The other model is not loaded yet.
        """
        rel = self.remote_field
        if isinstance(rel.model, str):
            raise ValueError(
                f"Cannot create form field for {self.name!r} yet, because its related model "
                f"{rel.model!r} has not been loaded yet"
            )
        defaults = {
            "form_class": "ModelChoiceField",
            "queryset": rel.model._default_manager.using(using),
            "to_field_name": rel.field_name,
        }
        return super().formfield(**{**defaults, **kwargs, "blank": self.blank})

    def db_check(self, connection: Any) -> str | None:
        """None: the row pointed to was checked."""
        return None

    def db_type(self, connection: Any) -> str | None:
        """Type of the column pointed to."""
        return self.target_field.rel_db_type(connection=connection)

    def cast_db_type(self, connection: Any) -> str | None:
        """Type to name in a `CAST`."""
        return self.target_field.cast_db_type(connection=connection)

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Type and collation of the column pointed to."""
        target = self.target_field.db_parameters(connection)
        return {
            "type": self.db_type(connection),
            "check": self.db_check(connection),
            "collation": target.get("collation"),
        }

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Expression of the column, typed as the field pointed to.

        Raises:
            ValueError: Foreign keys point to each other in a circle.
        """
        if output_field is None:
            output_field = self.target_field
            while isinstance(output_field, ForeignKey):
                output_field = output_field.target_field
                if output_field is self:
                    raise ValueError("Cannot resolve output_field.")
        return super().get_col(alias, output_field)


class OneToOneField(ForeignKey[RelatedT]):
    """A unique foreign key: one row here belongs to one row there."""

    many_to_one: Any = False
    one_to_one: Any = True
    related_accessor_class: ClassVar[type[Any]] = ReverseOneToOneDescriptor
    forward_related_accessor_class: ClassVar[type[Any]] = ForwardOneToOneDescriptor
    rel_class: ClassVar[type[Any]] = OneToOneRel
    description: Any = _("One-to-one relationship")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: OneToOneField[_M],
            to: type[_M],
            on_delete: Callable[..., Any],
            to_field: str | None = ...,
            *,
            null: Literal[False] = ...,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            db_constraint: bool = ...,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: OneToOneField[_M | None],
            to: type[_M],
            on_delete: Callable[..., Any],
            to_field: str | None = ...,
            *,
            null: Literal[True],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            db_constraint: bool = ...,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self,
            to: str,
            on_delete: Callable[..., Any],
            to_field: str | None = ...,
            *,
            null: bool = ...,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            db_constraint: bool = ...,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            swappable: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, to, on_delete, to_field=None, **kwargs):
            kwargs["unique"] = True
            super().__init__(to, on_delete, to_field=to_field, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("unique", None)
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """A choice among the rows of the other model; parent links have none."""
        if self.remote_field.parent_link:
            return None
        return super().formfield(**kwargs)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Set the related object, or its key."""
        if isinstance(data, self.remote_field.model):
            setattr(instance, self.name, data)
            return
        setattr(instance, self.attname, data)
        # Remote field object must be cleared otherwise Model.save() would bring it back.
        if data is None:
            setattr(instance, self.name, data)

    def _check_unique(self, **kwargs: Any) -> list[Any]:
        return []
