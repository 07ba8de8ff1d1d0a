"""Several related objects."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Querysets, objects and keys may be anything.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._calls import reading
from fastjango.rest._html_input import is_html_input
from fastjango.rest._steps import Steps, arun_steps, picked, run_steps
from fastjango.rest.fields.attributes import get_attribute
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.relations.base import OfferedObjects, html_cutoff
from fastjango.rest.settings import api_settings

__all__ = ["ManyRelatedField"]


class ManyRelatedField(OfferedObjects, Field):
    """A list of related objects; ``many=True`` on a relation makes it.

    Args:
        child_relation: The field of one of them.
        allow_empty: Whether there may be none.
        html_cutoff: The most entries of a select element; `HTML_SELECT_CUTOFF` if absent.
        html_cutoff_text: The text of its last entry then.
        **kwargs: Options of every field.
    """

    initial: Any = []
    default_empty_html: Any = []
    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_list": _('Expected a list of items but got type "{input_type}".'),
        "empty": _("This list may not be empty."),
    }
    html_cutoff: Any = None
    html_cutoff_text: Any = None

    def __init__(self, child_relation: Any = None, **kwargs: Any) -> None:
        self.child_relation = child_relation
        self.allow_empty: bool = kwargs.pop("allow_empty", True)
        self.html_cutoff = html_cutoff(kwargs.pop("html_cutoff", empty))
        self.html_cutoff_text = kwargs.pop(
            "html_cutoff_text",
            self.html_cutoff_text or _(api_settings.HTML_SELECT_CUTOFF_TEXT),
        )
        if child_relation is None:
            raise AssertionError("`child_relation` is a required argument.")
        super().__init__(**kwargs)
        self.child_relation.bind(field_name="", parent=self)

    def get_value(self, dictionary: Any) -> Any:
        """Return all values of a form's name, or the entry of a mapping."""
        if not is_html_input(dictionary):
            return dictionary.get(self.field_name, empty)
        if self.field_name not in dictionary and getattr(self.root, "partial", False):
            return empty
        return dictionary.getlist(self.field_name)

    def to_internal_value(self, data: Any) -> Any:
        """Return the related objects, read with one query where that is possible."""
        return run_steps(self._steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._steps(data))

    def _steps(self, data: Any) -> Steps:
        if isinstance(data, (str, Mapping)) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        items = list(data)
        if not self.allow_empty and not items:
            self.fail("empty")
        child = self.child_relation
        # Only where the child's own way of finding one object is the class's.
        if len(items) > 1 and picked(type(child), "to_internal_value", "many_steps") == (
            "many_steps"
        ):
            found = yield from child.many_steps(items)
            if found is not None:
                return found
        result: list[Any] = []
        for item in items:
            result.append((yield reading(child, "to_internal_value", item)))  # noqa: PERF401 - it yields
        return result

    def get_attribute(self, instance: Any) -> Any:
        """Return the related objects, as a queryset or list."""
        if hasattr(instance, "pk") and instance.pk is None:
            # What is not saved is related to nothing.
            return []
        try:
            relationship = get_attribute(instance, self.source_attrs)
        except (KeyError, AttributeError) as error:
            return self._missing_attribute(instance, error)
        return relationship.all() if hasattr(relationship, "all") else relationship

    def to_representation(self, value: Any) -> Any:
        """Return the representations of the objects."""
        show = self.child_relation.to_representation
        return [show(item) for item in value]

    async def ato_representation(self, value: Any) -> Any:
        """`to_representation` for asynchronous code."""
        show = self.child_relation.to_representation
        if hasattr(value, "__aiter__"):
            return [show(item) async for item in value]
        return [show(item) for item in value]

    def get_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        """Return texts of the objects by their representation; asks the database."""
        return self.child_relation.get_choices(cutoff)  # type: ignore[no-any-return]

    async def aget_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        """`get_choices` for asynchronous code."""
        return await self.child_relation.aget_choices(cutoff)  # type: ignore[no-any-return]
