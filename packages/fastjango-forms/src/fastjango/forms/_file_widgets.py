"""Inputs for files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.core.translation import gettext_lazy as _

from ._widget import CheckboxInput, Input

__all__ = ["FILE_INPUT_CONTRADICTION", "ClearableFileInput", "FileInput"]

FILE_INPUT_CONTRADICTION = object()
"""What a widget returns when a file came together with the wish to have none."""


class FileInput(Input):
    """A file, or several in a subclass with `allow_multiple_selected`.

    Raises:
        ValueError: `attrs` ask for several files where only one is allowed.
    """

    allow_multiple_selected = False
    input_type = "file"
    needs_multipart_form = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        if self.allow_multiple_selected:
            attrs = {"multiple": True, **(attrs or {})}
        elif attrs is not None and attrs.get("multiple", False):
            raise ValueError(
                f"{self.__class__.__qualname__} doesn't support uploading multiple files."
            )
        super().__init__(attrs)

    def format_value(self, value: Any) -> Any:
        """Return `None`: browsers let no page choose a file."""
        return None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the uploaded file, or the list of them."""
        if self.allow_multiple_selected and hasattr(files, "getlist"):
            return files.getlist(name)
        return files.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether no file was submitted."""
        return name not in files

    def use_required_attribute(self, initial: Any) -> bool:
        """Tell whether a file has to be chosen: not when there is one already."""
        return super().use_required_attribute(initial) and not initial


class ClearableFileInput(FileInput):
    """A file that shows the present one with a checkbox to remove it."""

    clear_checkbox_label: Any = _("Clear")
    initial_text: Any = _("Currently")
    input_text: Any = _("Change")
    template_name = "django/forms/widgets/clearable_file_input.html"
    checked = False
    use_fieldset = False

    def clear_checkbox_name(self, name: str) -> str:
        """Return the name of the checkbox."""
        return name + "-clear"

    def clear_checkbox_id(self, name: str) -> str:
        """Return the id of the checkbox of a name."""
        return name + "_id"

    def is_initial(self, value: Any) -> bool:
        """Tell whether a value is a stored file, which has a URL."""
        return bool(value and getattr(value, "url", False))

    def format_value(self, value: Any) -> Any:
        """Return a stored file."""
        return value if self.is_initial(value) else None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the checkbox and its texts."""
        context = super().get_context(name, value, attrs)
        checkbox_name = self.clear_checkbox_name(name)
        widget: dict[str, Any] = context["widget"]
        widget.update(
            {
                "checkbox_name": checkbox_name,
                "checkbox_id": self.clear_checkbox_id(checkbox_name),
                "is_initial": self.is_initial(value),
                "input_text": self.input_text,
                "initial_text": self.initial_text,
                "clear_checkbox_label": self.clear_checkbox_label,
            }
        )
        widget["attrs"].setdefault("disabled", False)
        widget["attrs"]["checked"] = self.checked
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the file, `False` to remove the present one, or the mark of a contradiction."""
        upload = super().value_from_datadict(data, files, name)
        checkbox = self.clear_checkbox_name(name)
        self.checked = checkbox in data
        if self.is_required or not CheckboxInput().value_from_datadict(data, files, checkbox):
            return upload
        return FILE_INPUT_CONTRADICTION if upload else False

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether neither a file nor the checkbox was submitted."""
        return (
            super().value_omitted_from_data(data, files, name)
            and self.clear_checkbox_name(name) not in data
        )
