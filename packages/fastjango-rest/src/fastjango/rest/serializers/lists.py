"""`ListSerializer`: many objects, each by a child."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Data and instances may be anything.

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.manager import BaseManager
from fastjango.rest._calls import reading
from fastjango.rest._html_input import is_html_input, parse_html_list
from fastjango.rest._steps import Steps, arun_steps, both, run_steps, take
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.fields.base import empty
from fastjango.rest.results import ReturnDict, ReturnList
from fastjango.rest.serializers.base import BaseSerializer, refuse, refuse_commit
from fastjango.rest.serializers.plain import run_serializer_steps
from fastjango.rest.settings import api_settings

__all__ = ["ListSerializer"]


class ListSerializer(BaseSerializer):
    """A list of objects; ``many=True`` on a serializer makes it.

    Args:
        *args: As for `BaseSerializer`.
        child: The serializer of one object.
        allow_empty: Whether there may be none.
        max_length: The most objects.
        min_length: The fewest objects.
        **kwargs: As for `BaseSerializer`.
    """

    child: Any = None
    many = True
    _no_errors = list
    # The rows that a nested write may update, by key.
    _rows: dict[Any, Any] | None = None
    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_list": _('Expected a list of items but got type "{input_type}".'),
        "empty": _("This list may not be empty."),
        "max_length": _("Ensure this field has no more than {max_length} elements."),
        "min_length": _("Ensure this field has at least {min_length} elements."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.child = kwargs.pop("child", None) or copy.deepcopy(self.child)
        self.allow_empty: bool = kwargs.pop("allow_empty", True)
        self.max_length: int | None = kwargs.pop("max_length", None)
        self.min_length: int | None = kwargs.pop("min_length", None)
        if self.child is None:
            raise AssertionError("`child` is a required argument.")
        if inspect.isclass(self.child):
            raise AssertionError("`child` has not been instantiated.")
        super().__init__(*args, **kwargs)
        self.child.bind(field_name="", parent=self)

    def get_initial(self) -> Any:
        """Return what a form shows."""
        if hasattr(self, "initial_data"):
            return self.to_representation(self.initial_data)
        return []

    def get_value(self, dictionary: Any) -> Any:
        """Return the list of a mapping, or what a form's names spell."""
        if is_html_input(dictionary):
            return parse_html_list(dictionary, prefix=self.field_name, default=empty)
        return dictionary.get(self.field_name, empty)

    # -- input --------------------------------------------------------------------------------

    def run_validation(self, data: Any = empty) -> Any:
        """Return the validated values of a piece of input."""
        return run_steps(run_serializer_steps(self, data))

    async def arun_validation(self, data: Any = empty) -> Any:
        """`run_validation` for asynchronous code."""
        return await arun_steps(run_serializer_steps(self, data))

    def run_child_validation(self, data: Any) -> Any:
        """Validate one item; for updates, override it to set ``self.child.instance`` first.

        Args:
            data: The item's input.
        """
        return self.child.run_validation(data)

    async def arun_child_validation(self, data: Any) -> Any:
        """`run_child_validation` for asynchronous code."""
        return await arun_steps(_validate(self.child, data))

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values of all items.

        Raises:
            ValidationError: Some are not valid; the details are by index.
        """
        return run_steps(self._internal_steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._internal_steps(data))

    def _check_list(self, data: Any) -> None:
        messages = self.error_messages
        if not isinstance(data, list):
            name = type(data).__name__
            refuse(str(messages["not_a_list"]).format(input_type=name), "not_a_list")
        if not self.allow_empty and not data:
            refuse(messages["empty"], "empty")
        if self.max_length is not None and len(data) > self.max_length:
            text = str(messages["max_length"]).format(max_length=self.max_length)
            refuse(text, "max_length")
        if self.min_length is not None and len(data) < self.min_length:
            text = str(messages["min_length"]).format(min_length=self.min_length)
            refuse(text, "min_length")

    def _internal_steps(self, data: Any) -> Steps:
        if is_html_input(data):
            data = parse_html_list(data, default=[])
        self._check_list(data)
        values: list[Any] = []
        errors: dict[int, Any] = {}
        seen: set[Any] = set()
        for index, item in enumerate(data):
            try:
                if self._rows is not None:
                    self._meet_row(item, seen)
                value = yield reading(self, "run_child_validation", item)
                if self._rows is not None and self.child.instance is not None:
                    value[self.child.Meta.model._meta.pk.name] = self.child.instance.pk
                values.append(value)
            except ValidationError as error:
                errors[index] = error.detail
        if errors:
            if api_settings.LIST_SERIALIZER_ERRORS_AS_DICT:
                raise ValidationError(errors)
            raise ValidationError([errors.get(index, {}) for index in range(len(data))])
        return values

    def _meet_row(self, item: Any, seen: set[Any]) -> None:
        """Let the child know which row a nested write's item updates."""
        from fastjango.rest.serializers.writes import match_row

        self.child.instance = match_row(self, item, seen)
        self.child._is_new = self.child.instance is None

    def validate(self, attrs: Any) -> Any:
        """Return the validated values, after looking at several items.

        Args:
            attrs: The values of all items.
        """
        return attrs

    # -- saving -------------------------------------------------------------------------------

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Refused: override it to say what becomes of new and of missing items."""
        raise NotImplementedError(
            "Serializers with many=True do not support multiple update by default, only multiple "
            "create. For updates it is unclear how to deal with insertions and deletions. If you "
            "need to support multiple update, use a `ListSerializer` class and override "
            "`.update()` so you can specify the behavior exactly."
        )

    def create(self, validated_data: Any) -> Any:
        """Create an object for each item and return them."""
        return run_steps(self._create_steps(validated_data))

    async def acreate(self, validated_data: Any) -> Any:
        """`create` for asynchronous code."""
        return await arun_steps(self._create_steps(validated_data))

    def _create_steps(self, validated_data: Any) -> Steps:
        created: list[Any] = []
        for values in validated_data:
            created.append((yield both(self.child, "create", values)))  # noqa: PERF401 - it yields
        return created

    def _check_savable(self, kwargs: Mapping[str, Any]) -> None:
        refuse_commit(kwargs)

    def _values_to_save(self, kwargs: Mapping[str, Any]) -> Any:
        return [{**values, **kwargs} for values in self.validated_data]

    # -- output -------------------------------------------------------------------------------

    def to_representation(self, instance: Any) -> Any:
        """Return the representations of the objects."""
        iterable = instance.all() if isinstance(instance, BaseManager) else instance
        show = self.child.to_representation
        return [take(show(item), show) for item in iterable]

    async def ato_representation(self, instance: Any) -> Any:
        """`to_representation` for asynchronous code."""
        iterable = instance.all() if isinstance(instance, BaseManager) else instance
        if hasattr(iterable, "__aiter__"):
            items = [item async for item in iterable]
            await self.child.aload_relations(items)
        else:
            items = list(iterable)
        return [await arun_steps(_show(self.child, item)) for item in items]

    async def aload_relations(self, instance: Any) -> None:
        """Load what showing the instances needs, one query for each relation."""
        if isinstance(instance, (list, tuple)):
            await self.child.aload_relations(instance)

    def _wrapped(self, data: Any) -> Any:
        return ReturnList(data, serializer=self)

    @property
    def errors(self) -> Any:
        """What is wrong with the input, by index; empty if nothing is."""
        errors = self._described_errors()
        if isinstance(errors, dict):
            return ReturnDict(errors, serializer=self)
        return ReturnList(errors, serializer=self)

    def __repr__(self) -> str:
        from fastjango.rest._repr import list_repr

        return list_repr(self, indent=1)


def _validate(child: Any, data: Any) -> Steps:
    return (yield reading(child, "run_validation", data))


def _show(child: Any, item: Any) -> Steps:
    return (yield reading(child, "to_representation", item))
