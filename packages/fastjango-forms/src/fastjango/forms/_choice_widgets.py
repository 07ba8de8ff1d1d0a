"""Widgets that offer choices."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from fastjango.core.translation import gettext_lazy as _
from fastjango.values.choices import normalize_choices

from ._widget import Widget

__all__ = [
    "CheckboxSelectMultiple",
    "ChoiceWidget",
    "NullBooleanSelect",
    "RadioSelect",
    "Select",
    "SelectMultiple",
]


class ChoiceWidget(Widget):
    """The base of the widgets that offer choices.

    Args:
        choices: Pairs of value and label, in groups if wanted, or what `normalize_choices` knows.
    """

    allow_multiple_selected = False
    input_type: str | None = None
    template_name: Any = None
    option_template_name: Any = None
    add_id_index = True
    checked_attribute: dict[str, Any] = {"checked": True}
    option_inherits_attrs = True

    def __init__(self, attrs: Mapping[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs)
        self.choices = choices

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        clone = super().__deepcopy__(memo)
        choices: Any = self.choices
        if isinstance(choices, list):
            clone._choices = choices[:]
        elif not isinstance(choices, tuple):
            from copy import copy

            clone.choices = copy(choices)
        return clone

    def subwidgets(self, name: str, value: Any, attrs: Any = None) -> Iterator[dict[str, Any]]:
        """Yield the template variables of each option."""
        yield from self.options(name, self.format_value(value), attrs)

    def options(self, name: str, value: Any, attrs: Any = None) -> Iterator[dict[str, Any]]:
        """Yield the options of all groups.

        Args:
            value: The list of selected texts that `format_value` gives.
        """
        for _name, options, _index in self.optgroups(name, value, attrs):
            yield from options

    def optgroups(
        self, name: str, value: Any, attrs: Any = None
    ) -> list[tuple[Any, list[dict[str, Any]], int]]:
        """Return the groups: name (`None` for an option outside groups), options and position.

        Args:
            value: The list of selected texts that `format_value` gives.
        """
        groups: list[tuple[Any, list[dict[str, Any]], int]] = []
        has_selected = False
        for index, (option_value, option_label) in enumerate(self.choices):
            if option_value is None:
                option_value = ""
            is_group = isinstance(option_label, (list, tuple))
            options: list[dict[str, Any]] = []
            groups.append((option_value if is_group else None, options, index))
            choices: Any = option_label if is_group else [(option_value, option_label)]
            for subindex, (subvalue, sublabel) in enumerate(choices):
                selected = (self.allow_multiple_selected or not has_selected) and (
                    str(subvalue) in value
                )
                has_selected |= selected
                options.append(
                    self.create_option(
                        name,
                        subvalue,
                        sublabel,
                        selected,
                        index,
                        subindex=subindex if is_group else None,
                        attrs=attrs,
                    )
                )
        return groups

    def create_option(
        self,
        name: str,
        value: Any,
        label: Any,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: Any = None,
    ) -> dict[str, Any]:
        """Return the template variables of one option.

        Args:
            index: The position among choices and groups.
            subindex: The position inside a group, `None` outside of one.
            attrs: Attributes besides the widget's own.
        """
        position = str(index) if subindex is None else f"{index}_{subindex}"
        own = self.build_attrs(self.attrs, attrs) if self.option_inherits_attrs else {}
        if selected:
            own.update(self.checked_attribute)
        if "id" in own:
            own["id"] = self.id_for_label(own["id"], position)
        return {
            "name": name,
            "value": value,
            "label": label,
            "selected": selected,
            "index": position,
            "attrs": own,
            "type": self.input_type,
            "template_name": self.option_template_name,
            "wrap_label": True,
        }

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the groups of options."""
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["optgroups"] = self.optgroups(name, widget["value"], attrs)
        return context

    def id_for_label(self, id_: str, index: str = "0") -> str:
        """Return the id of an option, that of the first one for the label of the field."""
        return f"{id_}_{index}" if id_ and self.add_id_index else id_

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the submitted value, or all of them where several may be selected."""
        if self.allow_multiple_selected and hasattr(data, "getlist"):
            return data.getlist(name)
        return data.get(name)

    def format_value(self, value: Any) -> Any:
        """Return the list of selected texts."""
        if value is None and self.allow_multiple_selected:
            return []
        values: Any = value if isinstance(value, (tuple, list)) else [value]
        return [str(item) if item is not None else "" for item in values]

    @property
    def choices(self) -> Any:
        """The choices, normalized when they are set."""
        return self._choices

    @choices.setter
    def choices(self, value: Any) -> None:
        self._choices = normalize_choices(value)


class Select(ChoiceWidget):
    """A list to select from."""

    input_type = "select"
    template_name: Any = "django/forms/widgets/select.html"
    option_template_name: Any = "django/forms/widgets/select_option.html"
    add_id_index = False
    checked_attribute = {"selected": True}
    option_inherits_attrs = False

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add `multiple`."""
        context = super().get_context(name, value, attrs)
        if self.allow_multiple_selected:
            context["widget"]["attrs"]["multiple"] = True
        return context

    @staticmethod
    def _choice_has_empty_value(choice: Any) -> bool:
        value, _label = choice
        return value is None or value == ""

    def use_required_attribute(self, initial: Any) -> bool:
        """Tell whether `required` is valid: a single selection needs an empty first option."""
        allowed = super().use_required_attribute(initial)
        if self.allow_multiple_selected:
            return allowed
        first = next(iter(self.choices), None)
        return allowed and first is not None and self._choice_has_empty_value(first)


class NullBooleanSelect(Select):
    """Unknown, yes or no."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        choices = (("unknown", _("Unknown")), ("true", _("Yes")), ("false", _("No")))
        super().__init__(attrs, choices)

    def format_value(self, value: Any) -> Any:
        """Return the option of a value; "2" and "3" are yes and no to old clients."""
        known = {True: "true", False: "false", "true": "true", "false": "false"}
        try:
            return {**known, "2": "true", "3": "false"}[value]
        except (KeyError, TypeError):
            return "unknown"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return `True`, `False`, or `None` for anything else."""
        known = {True: True, "True": True, "true": True, "2": True}
        unset = {False: False, "False": False, "false": False, "3": False}
        try:
            return {**known, **unset}.get(data.get(name))
        except TypeError:  # no hash, as lists of JSON
            return None


class SelectMultiple(Select):
    """A list to select several from."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return all submitted values."""
        return (data.getlist if hasattr(data, "getlist") else data.get)(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return `False`: browsers send nothing when nothing is selected."""
        return False


class RadioSelect(ChoiceWidget):
    """Radio buttons."""

    input_type = "radio"
    template_name: Any = "django/forms/widgets/radio.html"
    option_template_name: Any = "django/forms/widgets/radio_option.html"
    use_fieldset = True

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """Return the id of an option; none for the field's label, which a `<legend>` stands for."""
        return "" if index is None else super().id_for_label(id_, index)


class CheckboxSelectMultiple(RadioSelect):
    """Checkboxes."""

    allow_multiple_selected = True
    input_type = "checkbox"
    template_name = "django/forms/widgets/checkbox_select.html"
    option_template_name = "django/forms/widgets/checkbox_option.html"

    def use_required_attribute(self, initial: Any) -> bool:
        """Return `False`: browsers would ask for every box to be checked."""
        return False

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return `False`: browsers send nothing for boxes that are not checked."""
        return False
