"""Errors by field, and lists of errors, that know how to show themselves."""

from __future__ import annotations

import json
from collections import UserList
from collections.abc import Iterable
from typing import Any, Self

from fastjango.core.exceptions import ValidationError
from fastjango.values.html import escape
from fastjango.values.safestring import SafeString

from ._renderable import RenderableMixin
from .renderers import get_default_renderer

__all__ = ["ErrorDict", "ErrorList", "RenderableErrorMixin"]


class RenderableErrorMixin(RenderableMixin):
    """The forms in which errors are shown."""

    template_name_text: str
    template_name_ul: str

    def get_json_data(self, escape_html: bool = False) -> Any:
        """Return messages and codes as what JSON can hold."""
        raise NotImplementedError

    def as_json(self, escape_html: bool = False) -> str:
        """Return messages and codes as JSON.

        Args:
            escape_html: Escape the messages, for scripts that put them into a page unescaped.
        """
        return json.dumps(self.get_json_data(escape_html))

    def as_text(self) -> SafeString:
        """Render as lines that begin with a star."""
        return self.render(self.template_name_text)

    def as_ul(self) -> SafeString:
        """Render as `<ul>`."""
        return self.render(self.template_name_ul)


class ErrorDict(dict[str, Any], RenderableErrorMixin):
    """The errors of a form: lists of errors by the name of the field."""

    template_name = "django/forms/errors/dict/default.html"
    template_name_text = "django/forms/errors/dict/text.txt"
    template_name_ul = "django/forms/errors/dict/ul.html"

    def __init__(self, *args: Any, renderer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.renderer = renderer or get_default_renderer()

    def as_data(self) -> dict[str, list[ValidationError]]:
        """Return the errors themselves by field."""
        return {field: errors.as_data() for field, errors in self.items()}

    def get_json_data(self, escape_html: bool = False) -> dict[str, list[dict[str, str]]]:
        """Return messages and codes by field; see `as_json`."""
        return {field: errors.get_json_data(escape_html) for field, errors in self.items()}

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the template."""
        return {"errors": self.items(), "error_class": "errorlist"}

    __str__ = RenderableMixin.__str__
    __html__ = RenderableMixin.__html__


class ErrorList(UserList[Any], list[Any], RenderableErrorMixin):  # type: ignore[misc]
    """A list of errors: its items read as messages, `as_data` gives the errors themselves.

    Args:
        initlist: Messages or errors to begin with.
        error_class: A CSS class that follows `errorlist`.
        renderer: What renders it, the default renderer if `None`.
        field_id: The HTML id of the field that the errors belong to.
    """

    template_name = "django/forms/errors/list/default.html"
    template_name_text = "django/forms/errors/list/text.txt"
    template_name_ul = "django/forms/errors/list/ul.html"

    def __init__(
        self,
        initlist: Iterable[Any] | None = None,
        error_class: str | None = None,
        renderer: Any = None,
        field_id: str | None = None,
    ) -> None:
        super().__init__(initlist)
        self.error_class = "errorlist" if error_class is None else f"errorlist {error_class}"
        self.renderer = renderer or get_default_renderer()
        self.field_id = field_id

    def as_data(self) -> list[ValidationError]:
        """Return the errors themselves."""
        return ValidationError(self.data).error_list

    def copy(self) -> Self:
        """Return a list of its own with the same errors."""
        copied = super().copy()
        copied.error_class = self.error_class
        copied.renderer = self.renderer
        return copied

    def get_json_data(self, escape_html: bool = False) -> list[dict[str, str]]:
        """Return messages and codes; see `as_json`."""
        found: list[dict[str, str]] = []
        for error in self.as_data():
            message = next(iter(error))
            found.append(
                {
                    "message": escape(message) if escape_html else message,
                    "code": error.code or "",
                }
            )
        return found

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the template."""
        return {"errors": self, "error_class": self.error_class}

    def __repr__(self) -> str:
        return repr(list(self))

    def __contains__(self, item: object) -> bool:
        return item in list(self)

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    __hash__ = None  # type: ignore[assignment]  # a list

    def __getitem__(self, i: Any) -> Any:
        error = self.data[i]
        return next(iter(error)) if isinstance(error, ValidationError) else error

    def __reduce_ex__(self, protocol: Any) -> Any:
        # `list` adds an iterator of its items, which would append the errors a second time.
        return (*super(UserList, self).__reduce_ex__(protocol)[:3], None, None)

    __str__ = RenderableMixin.__str__
    __html__ = RenderableMixin.__html__
