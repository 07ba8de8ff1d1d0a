"""What an error of the database means for a request."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Drivers' errors are dynamic.

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.exceptions import DatabaseError, DataError, IntegrityError
from fastjango.rest.exceptions import APIException, Conflict, ErrorDetail, ValidationError
from fastjango.rest.settings import api_settings

__all__ = ["constraint_error"]

_UNIQUE = _("This field must be unique.")
_UNIQUE_SET = _("The fields {field_names} must make a unique set.")
_TAKEN = _("Another object has the same unique values.")
_GONE = _("The request refers to an object that no longer exists, or others refer to this one.")
_UNFIT = _("A value does not fit its column.")
_CHECK = _("The values contradict a constraint.")

# SQLSTATE of the standard, error numbers of MySQL and MariaDB.
_CODES = {
    "23505": "unique", "23503": "foreign_key", "23001": "foreign_key", "23514": "check",
    "23P01": "unique", 1062: "unique", 1586: "unique", 1216: "foreign_key", 1217: "foreign_key",
    1451: "foreign_key", 1452: "foreign_key", 3819: "check", 4025: "check",
}  # fmt: skip
_SQLITE = (
    ("UNIQUE constraint failed", "unique"),
    ("PRIMARY KEY constraint failed", "unique"),
    ("FOREIGN KEY constraint failed", "foreign_key"),
    ("CHECK constraint failed", "check"),
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _kind(error: BaseException) -> str | None:
    for each in _chain(error):
        for name in ("sqlstate", "pgcode"):
            found = _CODES.get(getattr(each, name, None) or "")
            if found is not None:
                return found
        if each.args and each.args[0] in _CODES:
            return _CODES[each.args[0]]
        for text, kind in _SQLITE:
            if text in str(each):
                return kind
    return None


def _columns(error: BaseException, model: Any) -> list[str]:
    """Return the columns that an error names."""
    for each in _chain(error):
        text = " ".join([str(each), str(getattr(each, "detail", "") or "")])
        if match := re.search(r"UNIQUE constraint failed: (.+)", text):  # SQLite
            return [name.split(".")[-1].strip() for name in match[1].split(",")]
        if match := re.search(r"Key \(([^)]+)\)=", text):  # PostgreSQL
            return [name.strip(' "') for name in match[1].split(",")]
        if match := re.search(r"for key '(?:[^']*\.)?([^'.]+)'", text):  # MySQL names the index
            return _columns_of_index(match[1], model)
    return []


def _columns_of_index(name: str, model: Any) -> list[str]:
    opts = model._meta
    if name == "PRIMARY":
        return [opts.pk.column]
    for constraint in opts.constraints:
        if constraint.name == name and getattr(constraint, "fields", None):
            return [opts.get_field(each).column for each in constraint.fields]
    unique = [field.column for field in opts.concrete_fields if field.unique]
    return [column for column in unique if column == name]


def _taken(error: BaseException, model: Any) -> Conflict:
    names = {field.column: field.name for field in model._meta.concrete_fields}
    columns = _columns(error, model)
    fields = [names[column] for column in columns if column in names]
    if len(fields) == 1 and len(columns) == 1:
        return Conflict({fields[0]: [ErrorDetail(_UNIQUE, code="unique")]})
    text = str(_UNIQUE_SET).format(field_names=", ".join(fields)) if fields else _TAKEN
    return Conflict(_whole(text, "unique"))


def _whole(text: Any, code: str) -> dict[str, list[ErrorDetail]]:
    return {api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(text, code=code)]}


def constraint_error(error: DatabaseError, model: Any) -> APIException | None:
    """Return the answer for an error; `None` if it is no fault of the request."""
    if isinstance(error, DataError):
        return ValidationError(_whole(_UNFIT, "out_of_range"))
    if not isinstance(error, IntegrityError):
        return None
    kind = _kind(error)
    if kind == "unique":
        return _taken(error, model)
    if kind == "foreign_key":
        return Conflict(_whole(_GONE, "foreign_key"))
    if kind == "check":
        return ValidationError(_whole(_CHECK, "constraint"))
    return None
