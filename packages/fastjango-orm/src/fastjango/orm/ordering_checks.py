"""System check of `Meta.ordering`."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import FieldDoesNotExist

from .constants import LOOKUP_SEP

__all__ = ["check_ordering"]


def _nonexistent(cls: Any, name: str) -> Any:
    return checks.Error(
        f"'ordering' refers to the nonexistent field, related field, or lookup '{name}'.",
        obj=cls,
        id="models.E015",
    )


def check_ordering(cls: Any) -> list[Any]:
    """Everything named in a model's ordering must exist."""
    opts = cls._meta
    if opts._ordering_clash:
        return [
            checks.Error(
                "'ordering' and 'order_with_respect_to' cannot be used together.",
                obj=cls,
                id="models.E021",
            )
        ]
    if opts.order_with_respect_to or not opts.ordering:
        return []
    if not isinstance(opts.ordering, (list, tuple)):
        return [
            checks.Error(
                "'ordering' must be a tuple or list (even if you want to order by only one field).",
                obj=cls,
                id="models.E014",
            )
        ]
    names = [
        name.removeprefix("-") for name in opts.ordering if isinstance(name, str) and name != "?"
    ]
    paths = [name for name in names if LOOKUP_SEP in name]
    errors = [_nonexistent(cls, path) for path in paths if not _path_exists(cls, path)]
    valid: set[str] = {"pk"}
    for field in [*opts.fields, *opts.related_objects]:
        if field.auto_created and not field.concrete:
            valid.add(field.field.related_query_name())
        else:
            valid.update((field.name, field.attname))
    plain = {name for name in names if LOOKUP_SEP not in name}
    errors.extend(_nonexistent(cls, name) for name in plain - valid)
    return errors


def _path_exists(cls: Any, path: str) -> bool:
    model: Any = cls
    field: Any = None
    for part in path.split(LOOKUP_SEP):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
            model = field.path_infos[-1].to_opts.model if field.is_relation else None
        except (FieldDoesNotExist, AttributeError):
            if field is None or (
                field.get_transform(part) is None and field.get_lookup(part) is None
            ):
                return False
    return True
