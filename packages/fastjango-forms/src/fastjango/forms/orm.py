"""What the forms do for the ORM: `field.formfield()` makes a form field of a model field."""

from __future__ import annotations

from typing import Any

from fastjango.orm.hooks import form_field
from fastjango.values.text import capfirst

__all__ = ["make_form_field", "register"]

# What a field with choices keeps of the options; the rest belongs to inputs of other kinds.
_CHOICE_OPTIONS = frozenset(
    {
        "choices",
        "coerce",
        "disabled",
        "empty_value",
        "error_messages",
        "help_text",
        "initial",
        "label",
        "required",
        "show_hidden_initial",
        "widget",
    }
)


def register() -> None:
    """Answer the ORM's question for form fields from now on."""
    form_field.register(make_form_field)


def make_form_field(
    field: Any, form_class: Any, choices_form_class: Any, options: dict[str, Any]
) -> Any:
    """Make the form field of a model field.

    Args:
        field: The model field.
        form_class: The class of the form field or its name; a text field if `None`.
        choices_form_class: The class for a model field with choices, or its name.
        options: Keyword arguments of the form field.
    """
    from fastjango.forms.fields import CharField, TypedChoiceField

    defaults: dict[str, Any] = {
        "required": not field.blank,
        "label": capfirst(field.verbose_name),
        "help_text": field.help_text,
    }
    if field.has_default():
        if callable(field.default):
            # It may differ each time; a hidden input tells the value it had.
            defaults.update(initial=field.default, show_hidden_initial=True)
        else:
            defaults["initial"] = field.get_default()
    cls: Any = _named(form_class) or CharField
    if field.choices is not None:
        include_blank = field.blank or not (field.has_default() or "initial" in options)
        defaults["choices"] = field.get_choices(include_blank=include_blank)
        defaults["coerce"] = field.to_python
        if field.null:
            defaults["empty_value"] = None
        cls = _named(choices_form_class) or TypedChoiceField
        options = {name: value for name, value in options.items() if name in _CHOICE_OPTIONS}
    defaults.update(options)
    if isinstance(defaults.get("widget"), str):
        defaults["widget"] = _named(defaults["widget"])
    return cls(**defaults)


def _named(found: Any) -> Any:
    """Return a class of this distribution by its name; classes as they are."""
    if not isinstance(found, str):
        return found
    import fastjango.forms

    return getattr(fastjango.forms, found)
