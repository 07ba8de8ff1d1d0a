"""The base of all widgets, and the inputs that show one text."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

from fastjango.values import formats
from fastjango.values.safestring import SafeString

from ._copying import shallow_copy
from ._media import MediaDefiningClass
from .renderers import get_default_renderer

__all__ = [
    "CheckboxInput",
    "ColorInput",
    "DateInput",
    "DateTimeBaseInput",
    "DateTimeInput",
    "EmailInput",
    "HiddenInput",
    "Input",
    "MultipleHiddenInput",
    "NumberInput",
    "PasswordInput",
    "SearchInput",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeInput",
    "URLInput",
    "Widget",
    "boolean_check",
]


class Widget(metaclass=MediaDefiningClass):
    """How a field is shown, and how its value is found in submitted data.

    Args:
        attrs: HTML attributes; `True` gives the bare name, `False` leaves it out.
    """

    needs_multipart_form = False  # whether the form has to be sent as multipart/form-data
    is_localized = False
    is_required = False
    supports_microseconds = True
    use_fieldset = False
    template_name: Any
    media: Any

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        self.attrs: dict[str, Any] = {} if attrs is None else dict(attrs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        clone = shallow_copy(self)
        clone.attrs = self.attrs.copy()
        memo[id(self)] = clone
        return clone

    @property
    def is_hidden(self) -> bool:
        """Whether the user does not see it."""
        return getattr(self, "input_type", None) == "hidden"

    def subwidgets(self, name: str, value: Any, attrs: Any = None) -> Iterator[dict[str, Any]]:
        """Yield the template variables of each part."""
        yield self.get_context(name, value, attrs)["widget"]

    def format_value(self, value: Any) -> Any:
        """Return a value as the markup shows it; `None` shows none."""
        if value is None or value == "":
            return None
        if self.is_localized:
            return formats.localize_input(value)
        # A column's database default is an expression, which stands for no value yet.
        if getattr(value, "is_database_default", False):
            return None
        return str(value)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the variables of the template: a dictionary `widget`."""
        return {
            "widget": {
                "name": name,
                "is_hidden": self.is_hidden,
                "required": self.is_required,
                "value": self.format_value(value),
                "attrs": self.build_attrs(self.attrs, attrs),
                "template_name": self.template_name,
            },
        }

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the markup.

        Args:
            name: The `name` of the input.
            value: What it shows.
            attrs: Attributes besides the widget's own.
            renderer: What renders it, the default renderer if `None`.
        """
        context = self.get_context(name, value, attrs)
        return self._render(self.template_name, context, renderer)

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        renderer = get_default_renderer() if renderer is None else renderer
        return SafeString(renderer.render(template_name, context))

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: Any = None) -> dict[str, Any]:
        """Return both sets of attributes as one; the extra ones win."""
        return {**base_attrs, **(extra_attrs or {})}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the submitted value, `None` when there is none."""
        return data.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether nothing was submitted for the widget."""
        return name not in data

    def id_for_label(self, id_: str) -> str:
        """Return the id that the label of the field refers to, empty for none.

        A widget of several elements returns that of the first one.
        """
        return id_

    def use_required_attribute(self, initial: Any) -> bool:
        """Tell whether a required field may have the attribute `required`."""
        return not self.is_hidden


class Input(Widget):
    """An `<input>`; subclasses give its type, which `attrs` may replace."""

    input_type: str | None = None
    template_name = "django/forms/widgets/input.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        if attrs is not None:
            attrs = dict(attrs)
            self.input_type = attrs.pop("type", self.input_type)
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the type."""
        context = super().get_context(name, value, attrs)
        context["widget"]["type"] = self.input_type
        return context


class TextInput(Input):
    """A line of text."""

    input_type = "text"
    template_name = "django/forms/widgets/text.html"


class NumberInput(Input):
    """A number."""

    input_type = "number"
    template_name = "django/forms/widgets/number.html"


class EmailInput(Input):
    """An email address."""

    input_type = "email"
    template_name = "django/forms/widgets/email.html"


class URLInput(Input):
    """A URL."""

    input_type = "url"
    template_name = "django/forms/widgets/url.html"


class ColorInput(Input):
    """A colour."""

    input_type = "color"
    template_name = "django/forms/widgets/color.html"


class SearchInput(Input):
    """A search text."""

    input_type = "search"
    template_name = "django/forms/widgets/search.html"


class TelInput(Input):
    """A telephone number."""

    input_type = "tel"
    template_name = "django/forms/widgets/tel.html"


class PasswordInput(Input):
    """A password.

    Args:
        render_value: Show a value that was submitted before; off, so that none gets into a page.
    """

    input_type = "password"
    template_name = "django/forms/widgets/password.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None, render_value: bool = False) -> None:
        super().__init__(attrs)
        self.render_value = render_value

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Leave the value out unless it is to be shown."""
        return super().get_context(name, value if self.render_value else None, attrs)


class HiddenInput(Input):
    """A value that the user does not see."""

    input_type: str | None = "hidden"
    template_name = "django/forms/widgets/hidden.html"


class MultipleHiddenInput(HiddenInput):
    """One hidden input for each value of a list."""

    template_name = "django/forms/widgets/multiple_hidden.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the inputs, with numbered ids."""
        context = super().get_context(name, value, attrs)
        own: dict[str, Any] = context["widget"]["attrs"]
        id_ = own.get("id")
        subwidgets: list[dict[str, Any]] = []
        for index, item in enumerate(context["widget"]["value"]):
            widget = HiddenInput()
            widget.is_required = self.is_required
            given = {**own, "id": f"{id_}_{index}"} if id_ else own.copy()
            subwidgets.append(widget.get_context(name, item, given)["widget"])
        context["widget"]["subwidgets"] = subwidgets
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return all submitted values."""
        return (data.getlist if hasattr(data, "getlist") else data.get)(name)

    def format_value(self, value: Any) -> Any:
        """Return the list of values; an empty one for `None`."""
        if value is None:
            return []
        return [value] if isinstance(value, str) or not isinstance(value, Iterable) else value


class Textarea(Widget):
    """Several lines of text."""

    template_name = "django/forms/widgets/textarea.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"cols": "40", "rows": "10", **(attrs or {})})


class DateTimeBaseInput(TextInput):
    """The base of the inputs for dates and times.

    Args:
        format: The `strftime` format; by default the first input format of the language.
    """

    format_key = ""
    supports_microseconds = False

    def __init__(self, attrs: Mapping[str, Any] | None = None, format: str | None = None) -> None:
        super().__init__(attrs)
        self.format = format or None

    def format_value(self, value: Any) -> Any:
        """Return the value in the widget's format."""
        form = self.format or formats.get_format(self.format_key)[0]
        return formats.localize_input(value, form)


class DateInput(DateTimeBaseInput):
    """A date."""

    format_key = "DATE_INPUT_FORMATS"
    template_name = "django/forms/widgets/date.html"


class DateTimeInput(DateTimeBaseInput):
    """A date with a time."""

    format_key = "DATETIME_INPUT_FORMATS"
    template_name = "django/forms/widgets/datetime.html"


class TimeInput(DateTimeBaseInput):
    """A time of day."""

    format_key = "TIME_INPUT_FORMATS"
    template_name = "django/forms/widgets/time.html"


def boolean_check(v: Any) -> bool:
    """Tell whether a value checks a checkbox: all do but `False`, `None` and the empty text."""
    return not (v is False or v is None or v == "")


class CheckboxInput(Input):
    """A checkbox.

    Args:
        check_test: A function that tells whether a value checks the box, `boolean_check` by
            default.
    """

    input_type = "checkbox"
    template_name = "django/forms/widgets/checkbox.html"
    _texts: ClassVar[dict[str, bool]] = {"true": True, "false": False}

    def __init__(self, attrs: Mapping[str, Any] | None = None, check_test: Any = None) -> None:
        super().__init__(attrs)
        self.check_test = boolean_check if check_test is None else check_test

    def format_value(self, value: Any) -> Any:
        """Return the text of a value that is neither empty nor a truth value."""
        if value is True or value is False or value is None or value == "":
            return None
        return str(value)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add `checked`."""
        if self.check_test(value):
            attrs = {**(attrs or {}), "checked": True}
        return super().get_context(name, value, attrs)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return whether the box was checked; browsers send nothing for one that was not."""
        if name not in data:
            return False
        value = data.get(name)
        if isinstance(value, str):
            return self._texts.get(value.lower(), bool(value))
        return bool(value)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return `False`: an unchecked box cannot be told from a missing one."""
        return False
