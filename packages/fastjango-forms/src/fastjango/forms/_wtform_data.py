"""What requests submit, as forms of WTForms read it."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# The forms of WTForms are known at run time only; it has no types of its own.

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastjango.core.exceptions import BadRequest
from fastjango.http.uploads import UploadedFile
from wtforms import FieldList, FileField  # type: ignore[import-untyped] # has no types

__all__ = ["FormData", "get_form_data", "is_for_files"]


class FormData:
    """Submitted values and files as WTForms reads them.

    Args:
        data: The values: a `QueryDict`, or anything with `getlist()`, or a mapping.
        files: The files likewise.
    """

    def __init__(self, data: Any, files: Any = None) -> None:
        self._sources = [source for source in (files, data) if source]
        self._form: Any = None

    def seen_by(self, form: Any) -> FormData:
        """Return the same data for one form: fields for files get files only, others none."""
        seen = FormData(None)
        seen._sources, seen._form = self._sources, form
        return seen

    def getlist(self, name: str) -> list[Any]:
        """Return everything submitted under a name, files first."""
        found = self._all(name)
        if self._form is None:
            return found
        wants_file = _takes_file(self._form, name)
        return [value for value in found if isinstance(value, UploadedFile) is wants_file]

    def _all(self, name: str) -> list[Any]:
        found: list[Any] = []
        for source in self._sources:
            if hasattr(source, "getlist"):
                found.extend(source.getlist(name))
            elif name in source:
                value = source[name]
                found.extend(value if isinstance(value, list | tuple) else [value])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for source in self._sources for name in source))

    def __contains__(self, name: object) -> bool:
        if self._form is not None:
            return bool(self.getlist(str(name)))
        return any(name in source for source in self._sources)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _takes_file(form: Any, name: str) -> bool:
    """Tell whether the field of an HTML name takes a file; of a list of fields, its entries."""
    for field in form:
        if isinstance(field, FieldList):
            if name.startswith(f"{field.name}-"):
                return any(map(is_for_files, field.entries)) or issubclass(
                    field.unbound_field.field_class, FileField
                )
        elif field.name == name:
            return is_for_files(field)
    return False


def is_for_files(field: Any) -> bool:
    """Tell whether a field takes a file: it is a `FileField`, or shows an input for one."""
    return isinstance(field, FileField) or getattr(field.widget, "input_type", "") == "file"


def get_form_data(request: Any) -> FormData | None:
    """Return what a request submits to a form: its fields and files, or the members of its JSON.

    Args:
        request: An `HttpRequest` whose body has been read (views in Django style find it so).

    Returns:
        The data; `None` if the request submits nothing.

    Raises:
        BadRequest: Its JSON is malformed, no object, or holds nested objects.
    """
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return None
    if request.content_type != "application/json":
        return FormData(request.POST, request.FILES)
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body of this request is not valid JSON.") from error
    if not isinstance(found, dict):
        raise BadRequest("The body of this request has to be a JSON object.")
    members: dict[str, Any] = found
    return FormData(
        {name: [_text(name, one) for one in _several(v)] for name, v in members.items()}
    )


def _several(value: Any) -> list[Any]:
    many: list[Any] = value if isinstance(value, list) else [value]
    return [one for one in many if one is not None and one is not False]


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise BadRequest(f"The member {name!r} of this JSON is nested; forms have flat values.")
    return "y" if value is True else str(value)
