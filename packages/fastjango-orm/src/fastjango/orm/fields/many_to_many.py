"""`ManyToManyField` and the model of the table in between."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportGeneralTypeIssues=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self

from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.names import fitting_name, make_model_tuple, strip_quotes
from fastjango.orm.paths import PathInfo

from .descriptors import ManyToManyDescriptor
from .foreign_key import ForeignKey
from .many_to_many_checks import ManyToManyChecks
from .related import (
    RECURSIVE_RELATIONSHIP_CONSTANT,
    RelatedField,
    deconstructed_target,
    lazy_related_operation,
    resolve_relation,
)
from .reverse import ManyToManyRel
from .typing import FieldOptions, RelatedT, Text

if TYPE_CHECKING:
    from typing import Never, overload

    from fastjango.orm.manager import ManyRelatedManager
    from typing_extensions import TypeVar, Unpack

    _M = TypeVar("_M")

__all__ = ["ManyToManyField", "create_many_to_many_intermediary_model"]


def create_many_to_many_intermediary_model(field: Any, klass: Any) -> Any:
    """Make the model whose rows relate one `klass` with one of the other side.

    Its names are Django's: model `Book_authors`, table `app_book_authors`, columns `book_id` and
    `author_id` (`from_book_id` and `to_book_id` if both sides are the same model).
    """
    from fastjango.orm.base import Model
    from fastjango.orm.deletion import CASCADE

    def set_managed(model: Any, related: Any, through: Any) -> None:
        through._meta.managed = model._meta.managed or related._meta.managed

    to_model = resolve_relation(klass, field.remote_field.model)
    name = f"{klass._meta.object_name}_{field.name}"
    lazy_related_operation(set_managed, klass, to_model, name)
    to = make_model_tuple(to_model)[1]
    from_ = klass._meta.model_name
    if to == from_:
        to, from_ = f"to_{to}", f"from_{from_}"
    names = {"from": from_, "to": to}
    meta = type(
        "Meta",
        (),
        {
            "db_table": field._get_m2m_db_table(klass._meta),
            "auto_created": klass,
            "app_label": klass._meta.app_label,
            "db_tablespace": klass._meta.db_tablespace,
            "unique_together": (from_, to),
            "verbose_name": _("%(from)s-%(to)s relationship") % names,
            "verbose_name_plural": _("%(from)s-%(to)s relationships") % names,
            "apps": field.model._meta.apps,
        },
    )
    options: dict[str, Any] = {
        "related_name": f"{name}+",
        "db_tablespace": field.db_tablespace,
        "db_constraint": field.remote_field.db_constraint,
        "on_delete": CASCADE,
    }
    link: Any = ForeignKey
    metaclass: Any = type(Model)
    return metaclass(
        name,
        (Model,),
        {
            "Meta": meta,
            "__module__": klass.__module__,
            from_: link(klass, **options),
            to: link(to_model, **options),
        },
    )


class ManyToManyField(ManyToManyChecks, RelatedField[Any, Any], Generic[RelatedT]):
    """Many rows here belong to many rows there, through a table in between.

    Args:
        to: Model on the other side: a class, `"Model"`, `"app.Model"` or `"self"`.
        symmetrical: Whether a relation to `"self"` runs both ways; true by default.
        through: Model of the table in between; made automatically by default.
        through_fields: Names of that model's foreign keys to here and to there.
        db_constraint: Whether the database enforces the foreign keys.
        db_table: Name of the automatic table.
        swappable: Follows the setting if the other model is swapped.
    """

    many_to_many: Any = True
    rel_class: ClassVar[type[Any]] = ManyToManyRel
    description: Any = _("Many-to-many relationship")
    db_table: str | None
    m2m_db_table: Any
    m2m_column_name: Any
    m2m_reverse_name: Any
    m2m_field_name: Any
    m2m_reverse_field_name: Any
    m2m_target_field_name: Any
    m2m_reverse_target_field_name: Any

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, instance: Any, owner: type[Any]) -> ManyRelatedManager[RelatedT]: ...
        def __get__(self, instance: Any, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Any, value: Never) -> None: ...

        @overload
        def __init__(
            self: ManyToManyField[_M],
            to: type[_M],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            symmetrical: bool | None = ...,
            through: type[Any] | str | None = ...,
            through_fields: Sequence[str] | None = ...,
            db_constraint: bool = ...,
            db_table: str | None = ...,
            swappable: bool = ...,
            *,
            verbose_name: Text | None = ...,
            null: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self,
            to: str,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            symmetrical: bool | None = ...,
            through: type[Any] | str | None = ...,
            through_fields: Sequence[str] | None = ...,
            db_constraint: bool = ...,
            db_table: str | None = ...,
            swappable: bool = ...,
            *,
            verbose_name: Text | None = ...,
            null: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(
            self,
            to,
            related_name=None,
            related_query_name=None,
            limit_choices_to=None,
            symmetrical=None,
            through=None,
            through_fields=None,
            db_constraint=True,
            db_table=None,
            swappable=True,
            **kwargs,
        ):
            if not hasattr(to, "_meta") and not isinstance(to, str):
                raise TypeError(
                    f"{type(self).__name__}({to!r}) is invalid. First parameter to "
                    "ManyToManyField must be either a model, a model name, or the string "
                    f"{RECURSIVE_RELATIONSHIP_CONSTANT!r}"
                )
            if symmetrical is None:
                symmetrical = to == RECURSIVE_RELATIONSHIP_CONSTANT
            if through is not None and db_table is not None:
                raise ValueError("Cannot specify a db_table if an intermediary model is used.")
            relation = {
                "related_name": related_name,
                "related_query_name": related_query_name,
                "limit_choices_to": limit_choices_to,
            }
            kwargs["rel"] = self.rel_class(
                self,
                to,
                symmetrical=symmetrical,
                through=through,
                through_fields=through_fields,
                db_constraint=db_constraint,
                **relation,
            )
            self.has_null_arg = "null" in kwargs
            super().__init__(**relation, **kwargs)
            self.db_table = db_table
            self.swappable = swappable

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        rel = self.remote_field
        if self.db_table is not None:
            kwargs["db_table"] = self.db_table
        if rel.db_constraint is not True:
            kwargs["db_constraint"] = rel.db_constraint
        kwargs["to"] = deconstructed_target(self)
        through = getattr(rel, "through", None)
        if isinstance(through, str):
            kwargs["through"] = through
        elif through is not None and not through._meta.auto_created:
            kwargs["through"] = through._meta.label
        if rel.through_fields:
            kwargs["through_fields"] = rel.through_fields
        return name, path, args, kwargs

    def get_attname_column(self) -> tuple[str, str | None]:
        """There is no column here."""
        attname, _column = super().get_attname_column()
        return attname, None

    # Paths

    def _get_path_info(self, direct: bool, filtered_relation: Any = None) -> list[PathInfo]:
        opts = self.remote_field.through._meta
        first = opts.get_field(self.m2m_field_name())
        second = opts.get_field(self.m2m_reverse_field_name())
        if not direct:
            first, second = second, first
        there = first.reverse_path_infos
        onward = second.get_path_info(filtered_relation) if filtered_relation else second.path_infos
        end, start = there[-1].to_opts, onward[0].from_opts
        # The foreign keys may belong to different levels of an inherited join model.
        if end is start:
            between: list[PathInfo] = []
        elif issubclass(end.model, start.model):
            between = end.get_path_to_parent(start.model)
        else:
            between = start.get_path_from_parent(end.model)
        return [*there, *between, *onward]

    def get_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hops from this model to the other one."""
        return self._get_path_info(True, filtered_relation)

    @cached_property
    def path_infos(self) -> list[PathInfo]:
        """`get_path_info()` without a filter."""
        return self.get_path_info()

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hops from the other model to this one."""
        return self._get_path_info(False, filtered_relation)

    @cached_property
    def reverse_path_infos(self) -> list[PathInfo]:
        """`get_reverse_path_info()` without a filter."""
        return self.get_reverse_path_info()

    # The table in between

    def _get_m2m_db_table(self, opts: Any) -> str:
        if self.remote_field.through is not None:
            return self.remote_field.through._meta.db_table
        if self.db_table:
            return self.db_table
        return fitting_name(f"{strip_quotes(opts.db_table)}_{self.name}")

    def _link(self, related: Any, reverse: bool) -> Any:
        """Foreign key of the table in between that points here, or (`reverse`) there."""
        cache = "_m2m_reverse_link" if reverse else "_m2m_link"
        if cache in self.__dict__:
            return self.__dict__[cache]
        rel = self.remote_field
        wanted = rel.through_fields[1 if reverse else 0] if rel.through_fields else None
        model = related.model if reverse else related.related_model
        links = [
            field
            for field in rel.through._meta.fields
            if field.is_relation and field.remote_field.model == model
        ]
        if wanted is not None:
            links = [field for field in links if field.name == wanted]
        # A relation to the model itself has two; the first points here, the second there.
        second = reverse and wanted is None and related.related_model == related.model
        link = links[1 if second else 0] if len(links) > second else None
        self.__dict__[cache] = link
        return link

    def _link_attribute(self, related: Any, reverse: bool, attribute: str) -> Any:
        link = self._link(related, reverse)
        return None if link is None else getattr(link, attribute)

    # Membership in the models

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the relation `name` of the model, and make the table in between."""
        rel = self.remote_field
        if rel.symmetrical and rel.model in (
            RECURSIVE_RELATIONSHIP_CONSTANT,
            cls._meta.object_name,
        ):
            # The reverse side must exist for queries, hidden and under a name of its own.
            rel.related_name = f"{name}_rel_+"
        elif rel.hidden:
            # Several fields may hide their reverse side.
            rel.related_name = f"_{cls._meta.app_label}_{cls.__name__.lower()}_{name}_+"
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)
        if not cls._meta.abstract:
            if rel.through:

                def resolve_through_model(_cls: Any, model: Any, field: Any) -> None:
                    field.remote_field.through = model

                lazy_related_operation(resolve_through_model, cls, rel.through, field=self)
            elif not cls._meta.swapped:
                rel.through = create_many_to_many_intermediary_model(self, cls)
        setattr(cls, self.name, ManyToManyDescriptor(rel, reverse=False))
        self.m2m_db_table = partial(self._get_m2m_db_table, cls._meta)

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the reverse attribute on the other model."""
        rel = self.remote_field
        if not rel.hidden and not related.related_model._meta.swapped:
            setattr(cls, related.accessor_name, ManyToManyDescriptor(rel, reverse=True))
        attribute = partial(self._link_attribute, related)
        self.m2m_column_name = partial(attribute, False, "column")
        self.m2m_reverse_name = partial(attribute, True, "column")
        self.m2m_field_name = partial(attribute, False, "name")
        self.m2m_reverse_field_name = partial(attribute, True, "name")
        self.m2m_target_field_name = lambda: attribute(False, "remote_field").field_name
        self.m2m_reverse_target_field_name = lambda: attribute(True, "remote_field").field_name

    def __deepcopy__(self, memodict: dict[int, object]) -> Any:
        new = super().__deepcopy__(memodict)
        for name in ("_m2m_link", "_m2m_reverse_link", "path_infos", "reverse_path_infos"):
            new.__dict__.pop(name, None)
        return new

    def set_attributes_from_rel(self) -> None:
        """Nothing depends on the other model."""

    # Values

    def value_from_object(self, obj: Any) -> Any:
        """The related objects as a list; none of an unsaved object."""
        return list(getattr(obj, self.attname).all()) if obj._is_pk_set() else []

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Set the related objects."""
        getattr(instance, self.attname).set(data)

    async def asave_form_data(self, instance: Any, data: Any) -> None:
        """Asynchronous twin of `save_form_data`."""
        await getattr(instance, self.attname).aset(data)

    def formfield(self, *, using: str | None = None, **kwargs: Any) -> Any:
        """A choice of several among the rows of the other model."""
        defaults = {
            "form_class": "ModelMultipleChoiceField",
            "queryset": self.remote_field.model._default_manager.using(using),
            **kwargs,
        }
        initial = defaults.get("initial")
        if initial is not None:
            initial = initial() if callable(initial) else initial
            defaults["initial"] = [obj.pk for obj in initial]
        return super().formfield(**defaults)

    def db_check(self, connection: Any) -> str | None:
        """There is no column."""
        return None

    def db_type(self, connection: Any) -> str | None:
        """There is no column."""
        return None

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """There is no column."""
        return {"type": None, "check": None}
