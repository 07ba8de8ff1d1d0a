"""`Field`: what every column of a model is an instance of."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportReturnType=false
# pyright: reportUnknownArgumentType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partialmethod, total_ordering
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import Promise, cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.query.lookups import RegisterLookupMixin
from fastjango.values import validators as value_validators
from fastjango.values.choices import (
    BLANK_CHOICE_LABEL,
    BlankChoiceIterator,
    flatten_choices,
    get_blank_choice_label,
    normalize_choices,
)
from fastjango.values.datastructures import DictWrapper

from .attributes import DeferredAttribute
from .copies import Empty, FieldCopies
from .field_checks import FieldChecks
from .not_provided import NOT_PROVIDED
from .typing import GetT, SetT

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

__all__ = ["BLANK_CHOICE_DASH", "BLANK_CHOICE_LABEL", "NOT_PROVIDED", "Empty", "Field"]

BLANK_CHOICE_DASH: list[tuple[str, str]] = [("", "---------")]


def _none() -> None:
    return None


@total_ordering
class Field(FieldChecks, FieldCopies, RegisterLookupMixin, Generic[SetT, GetT]):
    """A column of a model, or something that behaves like one.

    The type parameters are what may be assigned to the attribute and what reading it gives.

    Args:
        verbose_name: Human-readable name; the attribute's name with spaces by default.
        name: Name of the attribute; normally left out.
        primary_key: The column identifies the row.
        max_length: Longest text, in characters.
        unique: No two rows may hold the same value.
        blank: Validation lets an empty value pass.
        null: The column may hold `NULL`.
        db_index: Make an index over the column.
        rel: Description of the relation, for relation fields.
        default: Value, or function giving a value, of new instances.
        editable: Forms and the admin show the field; validation looks at it.
        serialize: Serializers write the field.
        unique_for_date: Date field within whose day the value must be unique.
        unique_for_month: Date field within whose month the value must be unique.
        unique_for_year: Date field within whose year the value must be unique.
        choices: Pairs, mapping, groups, enumeration or function giving the allowed values.
        help_text: Text beside the form field.
        db_column: Name of the column; the attribute's name by default.
        db_tablespace: Tablespace of the index over the column.
        auto_created: Made by the ORM itself.
        validators: Functions called with a value by `clean`.
        error_messages: Replacements for the default messages, by code.
        db_comment: Comment on the column in the database.
        db_default: Value or expression that the database fills in.
    """

    empty_strings_allowed: ClassVar[bool] = True
    empty_values: ClassVar[list[object]] = list(value_validators.EMPTY_VALUES)

    # Counters that keep the order of declaration; automatic fields come first, hence below zero.
    creation_counter: int = 0
    auto_creation_counter: int = -1

    default_validators: ClassVar[Sequence[Callable[[Any], object]]] = []
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("Value %(value)r is not a valid choice."),
        "null": _("This field cannot be null."),
        "blank": _("This field cannot be blank."),
        "unique": _("%(model_name)s with this %(field_label)s already exists."),
        "unique_for_date": _(
            "%(field_label)s must be unique for %(date_field_label)s %(lookup_type)s."
        ),
    }
    system_check_deprecated_details: ClassVar[dict[str, Any] | None] = None
    system_check_removed_details: ClassVar[dict[str, Any] | None] = None

    #: Options whose change leaves the column as it is.
    non_db_attrs: Any = (
        "blank",
        "choices",
        "db_column",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "related_name",
        "related_query_name",
        "validators",
        "verbose_name",
    )

    hidden: Any = False
    many_to_many: Any = None
    many_to_one: Any = None
    one_to_many: Any = None
    one_to_one: Any = None
    related_model: Any = None
    generated: bool = False
    auto_created: Any
    remote_field: Any
    model: Any
    attname: str
    column: str | None
    concrete: bool
    name: Any
    verbose_name: Any

    descriptor_class: ClassVar[type[Any]] = DeferredAttribute

    if not TYPE_CHECKING:

        def __class_getitem__(cls, params):
            # Parameters are for type checkers; subclasses made by `type()` have none to check.
            return cls

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        primary_key: bool = False,
        max_length: int | None = None,
        unique: bool = False,
        blank: bool = False,
        null: bool = False,
        db_index: bool = False,
        rel: Any = None,
        default: Any = NOT_PROVIDED,
        editable: bool = True,
        serialize: bool = True,
        unique_for_date: str | None = None,
        unique_for_month: str | None = None,
        unique_for_year: str | None = None,
        choices: Any = None,
        help_text: Any = "",
        db_column: str | None = None,
        db_tablespace: str | None = None,
        auto_created: Any = False,
        validators: Iterable[Callable[[Any], object]] = (),
        error_messages: Mapping[str, Any] | None = None,
        db_comment: str | None = None,
        db_default: Any = NOT_PROVIDED,
    ) -> None:
        self.name = name
        self.verbose_name = verbose_name
        self._verbose_name = verbose_name
        self.primary_key = primary_key
        self.max_length = max_length
        self._unique = unique
        self.blank = blank
        self.null = null
        self.remote_field = rel
        self.is_relation = rel is not None
        self.default = default
        self.db_default = db_default
        self.editable = editable
        self.serialize = serialize
        self.unique_for_date = unique_for_date
        self.unique_for_month = unique_for_month
        self.unique_for_year = unique_for_year
        self.choices = choices
        self.help_text = help_text
        self.db_index = db_index
        self.db_column = db_column
        self.db_comment = db_comment
        self._db_tablespace = db_tablespace
        self.auto_created = auto_created
        if auto_created:
            self.creation_counter = Field.auto_creation_counter
            Field.auto_creation_counter -= 1
        else:
            self.creation_counter = Field.creation_counter
            Field.creation_counter += 1
        self._validators = list(validators)
        self._error_messages = error_messages

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, instance: Any, owner: type[Any]) -> GetT: ...
        def __get__(self, instance: Any, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Any, value: SetT) -> None: ...

    # Identity

    @property
    def description(self) -> Any:
        """What kind of field this is, in words."""
        return _("Field of type: %(field_type)s") % {"field_type": type(self).__name__}

    def __str__(self) -> str:
        if not hasattr(self, "model"):
            return super().__str__()
        return f"{self.model._meta.label}.{self.name}"

    def __repr__(self) -> str:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        name = getattr(self, "name", None)
        return f"<{path}>" if name is None else f"<{path}: {name}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Field):
            return NotImplemented
        mine, theirs = getattr(self, "model", None), getattr(other, "model", None)
        return self.creation_counter == other.creation_counter and mine == theirs

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Field):
            return NotImplemented
        attached, other_attached = hasattr(self, "model"), hasattr(other, "model")
        if self.creation_counter != other.creation_counter or not (attached or other_attached):
            return self.creation_counter < other.creation_counter
        if attached != other_attached:
            return not attached
        mine, theirs = self.model._meta, other.model._meta
        return (mine.app_label, mine.model_name) < (theirs.app_label, theirs.model_name)

    def __hash__(self) -> int:
        return hash(self.creation_counter)

    # Membership in a model

    def set_attributes_from_name(self, name: str) -> None:
        """Derive attribute, column and verbose names from the name in the class body."""
        self.name = self.name or name
        self.attname, self.column = self.get_attname_column()
        self.concrete = self.column is not None
        if self.verbose_name is None and self.name:
            self.verbose_name = self.name.replace("_", " ")

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the field `name` of the model `cls`.

        Args:
            private_only: Belong to this class alone; subclasses get copies.
        """
        self.set_attributes_from_name(name)
        self.model = cls
        cls._meta.add_field(self, private=private_only)
        if self.column:
            setattr(cls, self.attname, self.descriptor_class(self))
        if self.choices is not None:
            method = f"get_{self.name}_display"
            if method not in cls.__dict__:
                setattr(cls, method, partialmethod(cls._get_FIELD_display, field=self))

    def get_attname(self) -> str:
        """Name of the instance attribute that holds the column's value."""
        return cast("str", self.name)

    def get_attname_column(self) -> tuple[str, str | None]:
        """Names of the instance attribute and of the column (`None`: there is no column)."""
        attname = self.get_attname()
        return attname, self.db_column or attname

    def get_filter_kwargs_for_object(self, obj: Any) -> dict[str, Any]:
        """Filter that selects the rows with the same value as `obj`."""
        return {self.name: getattr(obj, self.attname)}

    # Options

    @property
    def choices(self) -> Any:
        """Choices as pairs or groups of pairs, `None` if anything goes."""
        return self._choices

    @choices.setter
    def choices(self, value: Any) -> None:
        self._choices = normalize_choices(value)

    @property
    def flatchoices(self) -> list[tuple[Any, Any]]:
        """Choices without their groups."""
        return list(flatten_choices(self.choices))

    @cached_property
    def error_messages(self) -> dict[str, Any]:
        """Messages by code: those of the classes, then those given."""
        messages: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            messages.update(getattr(cls, "default_error_messages", {}))
        messages.update(self._error_messages or {})
        return messages

    @cached_property
    def validators(self) -> list[Callable[[Any], object]]:
        """Validators of the class and those given."""
        return [*self.default_validators, *self._validators]

    @cached_property
    def unique(self) -> bool:
        """Whether no two rows may hold the same value."""
        return self._unique or self.primary_key

    @property
    def db_tablespace(self) -> str:
        """Tablespace of indexes over the column."""
        from fastjango.core import settings

        return self._db_tablespace or settings.DEFAULT_INDEX_TABLESPACE

    @property
    def db_returning(self) -> bool:
        """Whether an insert must ask the database for the value."""
        return self.has_db_default()

    # Defaults

    def has_default(self) -> bool:
        """Whether the field has a default made in Python."""
        return self.default is not NOT_PROVIDED

    def has_db_default(self) -> bool:
        """Whether the field has a default made by the database."""
        return self.db_default is not NOT_PROVIDED

    def get_default(self) -> Any:
        """The value of a new instance that was given none."""
        return self._get_default()

    @cached_property
    def _get_default(self) -> Callable[[], Any]:
        if self.has_default():
            default = self.default
            return default if callable(default) else lambda: self.default
        if self.has_db_default():
            from fastjango.orm.query.expressions import DatabaseDefault

            value = DatabaseDefault(self._db_default_expression, output_field=self)
            return lambda: value
        if not self.empty_strings_allowed or self.null:
            return _none
        return str

    @cached_property
    def _db_default_expression(self) -> Any:
        if self.has_db_default() and not hasattr(self.db_default, "resolve_expression"):
            from fastjango.orm.query.expressions import Value

            return Value(self.db_default, self)
        return self.db_default

    def get_pk_value_on_save(self, instance: Any) -> Any:
        """Primary key for an instance saved without one, `None` to let the database choose."""
        if self.default:
            return self.get_default()
        return None

    # Validation

    def to_python(self, value: Any) -> Any:
        """Convert input (text from a form or fixture, too) to the field's Python type.

        Raises:
            ValidationError: The value means nothing to this field.
        """
        return value

    def run_validators(self, value: Any) -> None:
        """Call every validator, unless the value is empty.

        Raises:
            ValidationError: All errors found, with this field's messages.
        """
        if value in self.empty_values:
            return
        errors: list[ValidationError] = []
        for validator in self.validators:
            try:
                validator(value)
            except ValidationError as error:
                code = getattr(error, "code", None)
                if code is not None and code in self.error_messages:
                    error.message = self.error_messages[code]
                errors.extend(error.error_list)
        if errors:
            raise ValidationError(errors)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Refuse what is not among the choices, `None` without `null`, empty without `blank`."""
        if not self.editable:
            return
        if self.choices is not None and value not in self.empty_values:
            for key, label in self.choices:
                if isinstance(label, (list, tuple)):
                    if any(value == inner for inner, _label in cast("Any", label)):
                        return
                elif value == key:
                    return
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": value},
            )
        if value is None and not self.null:
            raise ValidationError(self.error_messages["null"], code="null")
        if not self.blank and value in self.empty_values:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Convert and validate a value; the converted value is returned.

        Raises:
            ValidationError: The value is refused.
        """
        value = self.to_python(value)
        self.validate(value, model_instance)
        self.run_validators(value)
        return value

    async def aclean(self, value: Any, model_instance: Any) -> Any:
        """Asynchronous twin of `clean`; foreign keys alone have anything to await."""
        return self.clean(value, model_instance)

    # Column

    def get_internal_type(self) -> str:
        """Name of the field class whose column type this field uses."""
        return type(self).__name__

    def db_type_parameters(self, connection: Any) -> Any:
        """Values that column type patterns refer to by name."""
        return DictWrapper(self.__dict__, connection.ops.quote_name, "qn_")

    def db_check(self, connection: Any) -> str | None:
        """Body of the `CHECK` that the column carries on this database."""
        pattern = connection.data_type_check_constraints.get(self.get_internal_type())
        return None if pattern is None else pattern % self.db_type_parameters(connection)

    def db_type(self, connection: Any) -> str | None:
        """Column type on this database, `None` if the field has no column."""
        pattern = connection.data_types.get(self.get_internal_type())
        if pattern is None:
            return None
        data = self.db_type_parameters(connection)
        return pattern(data) if callable(pattern) else pattern % data

    def rel_db_type(self, connection: Any) -> str | None:
        """Column type of a foreign key to this field."""
        return self.db_type(connection)

    def cast_db_type(self, connection: Any) -> str | None:
        """Type to name in a `CAST`."""
        pattern = connection.ops.cast_data_types.get(self.get_internal_type())
        if pattern:
            return pattern % self.db_type_parameters(connection)
        return self.db_type(connection)

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Type and check of the column, together."""
        return {"type": self.db_type(connection), "check": self.db_check(connection)}

    def db_type_suffix(self, connection: Any) -> str | None:
        """What follows the type in a `CREATE TABLE`, such as `AUTOINCREMENT`."""
        return connection.data_types_suffix.get(self.get_internal_type())

    def sa_type(self) -> TypeEngine[Any]:
        """SQLAlchemy's type of the column, by which it can be used in Core and with a Session."""
        from fastjango.orm.fields.columns import sa_type_of

        return sa_type_of(self)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Expression of the column in the table called `alias`."""
        if alias == self.model._meta.db_table and (output_field is None or output_field == self):
            return self.cached_col
        from fastjango.orm.query.expressions import Col

        return Col(alias, self, output_field)

    @cached_property
    def cached_col(self) -> Any:
        """Expression of the column in the model's own table."""
        from fastjango.orm.query.expressions import Col

        return Col(self.model._meta.db_table, self)

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Hook to wrap the column where a query selects it."""
        return sql, params

    def slice_expression(self, expression: Any, start: int, length: int | None) -> Any:
        """Expression for a part of the value.

        Raises:
            NotSupportedError: Values of this field have no parts.
        """
        from fastjango.orm.exceptions import NotSupportedError

        raise NotSupportedError("This field does not support slicing.")

    # Values on their way to and from the database

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The value that `save` is about to write."""
        return getattr(model_instance, self.attname)

    def get_prep_value(self, value: Any) -> Any:
        """Convert to a value that does not depend on the database."""
        if isinstance(value, Promise):
            value = cast("Any", value)._cast()
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver of this database takes, for lookups."""
        return value if prepared else self.get_prep_value(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Convert to what the driver of this database takes, for writing."""
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection=connection, prepared=False)

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        """Functions `(value, expression, connection)` that read values pass through."""
        converter = getattr(self, "from_db_value", None)
        return [] if converter is None else [converter]

    def get_row_converter(self, connection: Any) -> Callable[[Any], Any] | None:
        """Function from a value the driver read to the field's value, `None` if they are equal."""
        expression = self._converted_expression
        converters = [
            *connection.ops.get_db_converters(expression),
            *expression.output_field.get_db_converters(connection),
        ]
        if not converters:
            return None
        if len(converters) == 1:
            only = converters[0]
            return lambda value: only(value, expression, connection)

        def convert(value: Any) -> Any:
            for converter in converters:
                value = converter(value, expression, connection)
            return value

        return convert

    @property
    def _converted_expression(self) -> Any:
        if hasattr(self, "model"):
            return self.get_col(self.model._meta.db_table)
        from fastjango.orm.query.expressions import Value

        return Value(None, output_field=self)

    # Values in forms and serializers

    def value_from_object(self, obj: Any) -> Any:
        """The value that an instance holds."""
        return getattr(obj, self.attname)

    def value_to_string(self, obj: Any) -> str:
        """The value of an instance as text, for serializers."""
        return str(self.value_from_object(obj))

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Put cleaned form data on an instance."""
        setattr(instance, self.name, data)

    def get_choices(
        self,
        include_blank: bool = True,
        blank_choice: Any = None,
        limit_choices_to: Any = None,
        ordering: Sequence[str] = (),
    ) -> Any:
        """Choices for a select widget, with a blank one first unless told otherwise.

        Side effects: one query, for relations.
        """
        if blank_choice is None:
            blank_choice = [("", get_blank_choice_label())]
        if self.choices is not None:
            return (
                BlankChoiceIterator(self.choices, blank_choice) if include_blank else self.choices
            )
        related = self.remote_field.model
        limit = limit_choices_to or cast("Any", self).get_limit_choices_to()
        value_of = operator.attrgetter(
            self.remote_field.get_related_field().attname
            if hasattr(self.remote_field, "get_related_field")
            else "pk"
        )
        rows = related._default_manager.complex_filter(limit)
        if ordering:
            rows = rows.order_by(*ordering)
        return [*(blank_choice if include_blank else []), *((value_of(r), str(r)) for r in rows)]

    def formfield(self, **kwargs: Any) -> Any:
        """A form field for this field, made by the forms distribution.

        Args:
            kwargs: `form_class` and `choices_form_class`, and options of the form field.

        Raises:
            ImproperlyConfigured: No distribution that makes form fields is installed.
        """
        from fastjango.orm.hooks import make_form_field

        return make_form_field(self, **kwargs)
