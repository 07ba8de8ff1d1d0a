"""Names of models and of database objects: tuples, hashes, truncation, quoting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

#: Characters that every supported database takes (PostgreSQL the fewest).
SHORTEST_LIMIT = 63

__all__ = [
    "SHORTEST_LIMIT",
    "AltersData",
    "SettingsReference",
    "fitting_name",
    "make_model_tuple",
    "names_digest",
    "resolve_callables",
    "split_identifier",
    "strip_quotes",
    "truncate_name",
]


def make_model_tuple(model: object) -> tuple[str, str]:
    """Turn a model class, an `"app.Model"` string or a pair into `(app_label, model_name)`.

    Raises:
        ValueError: The argument is none of the three.
    """
    if isinstance(model, tuple):
        return cast("tuple[str, str]", model)
    if isinstance(model, str):
        app_label, dot, name = model.partition(".")
        if dot and "." not in name:
            return app_label, name.lower()
    else:
        opts = getattr(model, "_meta", None)
        if opts is not None:
            return opts.app_label, opts.model_name
    raise ValueError(
        f"Invalid model reference '{model}'. String model references must be of the form "
        "'app_label.ModelName'."
    )


def resolve_callables(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pairs of `mapping`, calling the values that are callables."""
    for key, value in mapping.items():
        yield key, value() if callable(value) else value


def names_digest(*args: str, length: int) -> str:
    """The first `length` hexadecimal digits of the MD5 over `args` joined end to end.

    Django names indexes and constraints by it, so the digits must stay the same.
    """
    digest = hashlib.md5(usedforsecurity=False)
    for arg in args:
        digest.update(arg.encode())
    return digest.hexdigest()[:length]


def split_identifier(identifier: str) -> tuple[str, str]:
    """Split `namespace"."name` into its two unquoted parts; the first may be empty."""
    namespace, dot, name = identifier.partition('"."')
    if not dot:
        namespace, name = "", identifier
    return namespace.strip('"'), name.strip('"')


def truncate_name(identifier: str, length: int | None = None, hash_len: int = 4) -> str:
    """Shorten a database name to `length` characters, ending in a hash of the whole.

    Args:
        length: Longest name the database takes, `None` for no limit.
        hash_len: Hexadecimal digits at the end of a shortened name.
    """
    namespace, name = split_identifier(identifier)
    if length is None or len(name) <= length:
        return identifier
    digest = names_digest(name, length=hash_len)
    prefix = f'{namespace}"."' if namespace else ""
    return f"{prefix}{name[: length - hash_len]}{digest}"


def fitting_name(name: str) -> str:
    """A name made automatically, shortened if the default database does not take it whole."""
    if len(name) <= SHORTEST_LIMIT:
        return name
    from fastjango.orm import connection

    return truncate_name(name, connection.ops.max_name_length())


def strip_quotes(table_name: str) -> str:
    """Remove the double quotes around a table name given already quoted."""
    quoted = len(table_name) > 1 and table_name.startswith('"') and table_name.endswith('"')
    return table_name[1:-1] if quoted else table_name


class SettingsReference(str):
    """The name of a model that a setting gives, knowing which setting.

    Migrations write the setting in place of the name.

    Args:
        value: What the setting says at present.
        setting_name: The setting.
    """

    setting_name: str

    def __new__(cls, value: str, setting_name: str) -> SettingsReference:
        reference = str.__new__(cls, value)
        reference.setting_name = setting_name
        return reference

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.setting_name)


class AltersData:
    """Carry `alters_data = True` from a method to the methods that override it.

    Template engines refuse to call what alters data.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for name, attribute in list(cls.__dict__.items()):
            if callable(attribute):
                mark_if_overrides(cls, name, attribute)
        super().__init_subclass__(**kwargs)


def mark_if_overrides(cls: type, name: str, function: Callable[..., Any]) -> None:
    """Set `alters_data` on a method whose namesake in a base class has it."""
    if hasattr(function, "alters_data"):
        return
    for base in cls.__mro__[1:]:
        overridden = base.__dict__.get(name)
        if overridden is not None and getattr(overridden, "alters_data", False):
            try:
                cast("Any", function).alters_data = True
            except AttributeError:  # built-in or slotted callables take no attributes
                pass
            return
