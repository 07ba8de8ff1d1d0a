"""What every serializer does: validate, save and show, in synchronous and asynchronous code."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Data and instances may be anything.

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.rest._calls import reading
from fastjango.rest._steps import Steps, arun_steps, both, run_steps
from fastjango.rest.bodies import PydanticBridge
from fastjango.rest.exceptions import ErrorDetail, ValidationError
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.messages import get_error_detail
from fastjango.rest.settings import api_settings

if TYPE_CHECKING:
    from fastjango.rest.serializers.lists import ListSerializer

__all__ = ["BaseSerializer", "as_serializer_error"]

# Keyword arguments of a serializer that also concern the list around it.
LIST_SERIALIZER_KWARGS = (
    "read_only", "write_only", "required", "default", "initial", "source", "label", "help_text",
    "style", "error_messages", "allow_empty", "instance", "data", "partial", "context",
    "allow_null", "max_length", "min_length",
)  # fmt: skip
LIST_SERIALIZER_KWARGS_REMOVE = ("allow_empty", "min_length", "max_length")


def as_serializer_error(exc: Exception) -> dict[str, Any]:
    """Return a validation error in the shape of a serializer's `errors`.

    Args:
        exc: A `ValidationError` of this package or of `fastjango.core`.

    Returns:
        Lists (or deeper dicts) of `ErrorDetail` by field; what concerns no field is under
        `NON_FIELD_ERRORS_KEY`.
    """
    if isinstance(exc, DjangoValidationError):
        detail = get_error_detail(exc)
    elif isinstance(exc, ValidationError):
        detail = exc.detail
    else:
        raise AssertionError(f"as_serializer_error() takes a ValidationError, not {exc!r}.")
    if isinstance(detail, Mapping):
        return {
            key: value if isinstance(value, (list, Mapping)) else [value]
            for key, value in detail.items()
        }
    return {api_settings.NON_FIELD_ERRORS_KEY: detail if isinstance(detail, list) else [detail]}


def refuse_commit(kwargs: Mapping[str, Any]) -> None:
    """Refuse the argument that `save()` of a form takes."""
    if "commit" in kwargs:
        raise AssertionError(
            "'commit' is not a valid keyword argument to the 'save()' method. If you need to "
            "access data before committing to the database then inspect "
            "'serializer.validated_data' instead. You can also pass additional keyword arguments "
            "to 'save()' if you need to set extra attributes on the saved model instance. "
            "For example: 'serializer.save(owner=request.user)'.'"
        )


class BaseSerializer(PydanticBridge, Field):
    """The least a serializer is; subclasses say how data goes in and out.

    With `data`, `is_valid()` comes first; `validated_data`, `errors`, `save()` and `data` follow.
    Without it, `data` shows the instance.

    Args:
        instance: The object to show or update.
        data: The input to validate.
        partial: Whether fields may be left out of the input.
        context: What methods and fields may need: the request, the view, the format.
        many: Makes a `ListSerializer` of this one instead.
        **kwargs: Options of every field, for a serializer within another.
    """

    instance: Any
    initial_data: Any
    partial: bool
    _no_errors: Any = dict

    def __init__(self, instance: Any = None, data: Any = empty, **kwargs: Any) -> None:
        self.instance = instance
        if data is not empty:
            self.initial_data = data
        self.partial = kwargs.pop("partial", False)
        self._context: Any = kwargs.pop("context", {})
        kwargs.pop("many", None)
        super().__init__(**kwargs)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the serializer, or the list of it with ``many=True``."""
        if kwargs.pop("many", False):
            return cls.many_init(*args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> ListSerializer:
        """Return the list serializer; override it to make another one.

        Args:
            *args: Arguments of both.
            **kwargs: Arguments of the child; those about lists also of the list.
        """
        from fastjango.rest.serializers.lists import ListSerializer

        options: dict[str, Any] = {}
        for name in LIST_SERIALIZER_KWARGS_REMOVE:
            value = kwargs.pop(name, None)
            if value is not None:
                options[name] = value
        options["child"] = cls(*args, **kwargs)
        options.update(
            {name: value for name, value in kwargs.items() if name in LIST_SERIALIZER_KWARGS}
        )
        meta = getattr(cls, "Meta", None)
        list_class: Any = getattr(meta, "list_serializer_class", ListSerializer)
        return list_class(*args, **options)  # type: ignore[no-any-return]

    def to_internal_value(self, data: Any) -> Any:
        """Return validated native values; subclasses say how."""
        raise NotImplementedError("`to_internal_value()` must be implemented.")

    def to_representation(self, instance: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # REST framework's name
        """Return primitive data; subclasses say how."""
        raise NotImplementedError("`to_representation()` must be implemented.")

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Change an instance and return it; subclasses say how."""
        raise NotImplementedError("`update()` must be implemented.")

    def create(self, validated_data: Any) -> Any:
        """Make an instance and return it; subclasses say how."""
        raise NotImplementedError("`create()` must be implemented.")

    # -- validating ---------------------------------------------------------------------------

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate the input, once.

        Args:
            raise_exception: Whether to raise instead of returning False.

        Raises:
            ValidationError: The input is not valid, with `raise_exception`.
            SynchronousOnlyOperation: A validator is asynchronous: await `ais_valid()`.
        """
        run_steps(self._validity_steps())
        return self._verdict(raise_exception)

    async def ais_valid(self, *, raise_exception: bool = False) -> bool:
        """`is_valid` for asynchronous code; asynchronous validators are awaited."""
        await arun_steps(self._validity_steps())
        return self._verdict(raise_exception)

    def _verdict(self, raise_exception: bool) -> bool:
        if self._errors and raise_exception:
            raise ValidationError(self.errors)
        return not self._errors

    def _validity_steps(self) -> Steps:
        if not hasattr(self, "initial_data"):
            raise AssertionError(
                "Cannot call `.is_valid()` as no `data=` keyword argument was passed when "
                "instantiating the serializer instance."
            )
        if hasattr(self, "_validated_data"):
            return
        self._errors: Any
        try:
            self._validated_data = yield reading(self, "run_validation", self.initial_data)
        except ValidationError as error:
            self._validated_data = self._no_errors()
            self._errors = error.detail
        else:
            self._errors = self._no_errors()

    @property
    def errors(self) -> Any:
        """What is wrong with the input; empty if nothing is."""
        if not hasattr(self, "_errors"):
            raise AssertionError("You must call `.is_valid()` before accessing `.errors`.")
        return self._errors

    def _described_errors(self) -> Any:
        """Return the errors; for no data at all, with a better text than "may not be null"."""
        errors = BaseSerializer.errors.fget(self)  # type: ignore[attr-defined]
        if (
            isinstance(errors, list)
            and len(errors) == 1
            and getattr(errors[0], "code", None) == "null"
        ):
            detail = ErrorDetail("No data provided", code="null")
            return {api_settings.NON_FIELD_ERRORS_KEY: [detail]}
        return errors

    @property
    def validated_data(self) -> Any:
        """The native values of valid input."""
        if not hasattr(self, "_validated_data"):
            raise AssertionError("You must call `.is_valid()` before accessing `.validated_data`.")
        return self._validated_data

    # -- saving -------------------------------------------------------------------------------

    def save(self, **kwargs: Any) -> Any:
        """Create or update the instance and return it.

        Args:
            **kwargs: Values over the validated ones, such as the owner.
        """
        self.finish_validation()
        return run_steps(self._save_steps(kwargs))

    async def asave(self, **kwargs: Any) -> Any:
        """`save` for asynchronous code.

        A serializer that came as a FastAPI body is validated to the end first.

        Raises:
            ValidationError: What only the database could tell is wrong with the body.
        """
        await self.afinish_validation()
        instance = await arun_steps(self._save_steps(kwargs))
        if self._body and self.instance is not None:
            # FastAPI writes the answer where nothing can be awaited any more.
            await self.aload_relations(self.instance)
        return instance

    def _values_to_save(self, kwargs: Mapping[str, Any]) -> Any:
        return {**self.validated_data, **kwargs}

    def _check_savable(self, kwargs: Mapping[str, Any]) -> None:
        if not hasattr(self, "_errors"):
            raise AssertionError("You must call `.is_valid()` before calling `.save()`.")
        if self.errors:
            raise AssertionError("You cannot call `.save()` on a serializer with invalid data.")
        refuse_commit(kwargs)
        if hasattr(self, "_data"):
            raise AssertionError(
                "You cannot call `.save()` after accessing `serializer.data`."
                "If you need to access data before committing to the database then "
                "inspect 'serializer.validated_data' instead. "
            )

    def _save_steps(self, kwargs: Mapping[str, Any]) -> Steps:
        self._check_savable(kwargs)
        values = self._values_to_save(kwargs)
        name = "create" if self.instance is None else "update"
        args = (values,) if self.instance is None else (self.instance, values)
        self.instance = yield both(self, name, *args)
        if self.instance is None:
            raise AssertionError(f"`{name}()` did not return an object instance.")
        return self.instance

    # -- showing ------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The primitive data of the instance, of valid input, or of an empty form."""
        return self._wrapped(run_steps(self._data_steps()))

    @property
    def adata(self) -> Coroutine[Any, Any, Any]:
        """`data` for asynchronous code: ``await serializer.adata``.

        Relations that are not loaded are loaded first, one query each.
        """
        return self._adata()

    async def _adata(self) -> Any:
        if not hasattr(self, "_data") and self.instance is not None:
            await self.aload_relations(self.instance)
        return self._wrapped(await arun_steps(self._data_steps()))

    async def aload_relations(self, instance: Any) -> None:
        """Load what showing an instance needs; nothing, unless the serializer knows its model."""

    def to_json(self) -> bytes:
        """Return `data` as JSON; rows of a model go there in one pass where that is possible."""
        from fastjango.rest.compile import encoded, to_json

        found = to_json(self)
        return encoded(self.data) if found is None else found

    async def ato_json(self) -> bytes:
        """`to_json` for asynchronous code."""
        from fastjango.rest.compile import ato_json, encoded

        found = await ato_json(self)
        return encoded(await self.adata) if found is None else found

    def _wrapped(self, data: Any) -> Any:
        return data

    def _data_steps(self) -> Steps:
        if hasattr(self, "initial_data") and not hasattr(self, "_validated_data"):
            raise AssertionError(
                "When a serializer is passed a `data` keyword argument you must call `.is_valid()` "
                "before attempting to access the serialized `.data` representation.\n"
                "You should either call `.is_valid()` first, or access `.initial_data` instead."
            )
        if not hasattr(self, "_data"):
            failed = getattr(self, "_errors", None)
            self._data: Any
            if self.instance is not None and not failed:
                self._data = yield reading(self, "to_representation", self.instance)
            elif hasattr(self, "_validated_data") and not failed:
                self._data = yield reading(self, "to_representation", self.validated_data)
            else:
                self._data = self.get_initial()
        return self._data


def refuse(message: Any, code: str) -> NoReturn:
    """Raise an error that concerns no field."""
    raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [str(message)]}, code=code)
