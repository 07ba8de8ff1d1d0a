"""Types shared by the field classes: options as keywords, set and get types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypedDict, TypeVar

if TYPE_CHECKING:
    from fastjango.core.functional import Promise

__all__ = ["ChoicesInput", "FieldOptions", "GetT", "RelatedT", "SetT", "Text", "Validator"]

#: What may be assigned to the attribute of a field.
SetT = TypeVar("SetT", contravariant=False, default=Any)
#: What reading the attribute of a field gives.
GetT = TypeVar("GetT", default=Any)
#: Model on the other side of a relation, with `None` if the relation may be empty.
RelatedT = TypeVar("RelatedT", default=Any)

Text: TypeAlias = "str | Promise"
Validator: TypeAlias = Callable[[Any], object]
ChoicesInput: TypeAlias = "Iterable[Any] | Mapping[Any, Any] | Callable[[], Any] | type[Any]"


class FieldOptions(TypedDict, total=False):
    """Options that every field takes by name, except `null`."""

    primary_key: bool
    max_length: int | None
    unique: bool
    blank: bool
    db_index: bool
    default: Any
    editable: bool
    serialize: bool
    unique_for_date: str | None
    unique_for_month: str | None
    unique_for_year: str | None
    choices: ChoicesInput | None
    help_text: Text
    db_column: str | None
    db_tablespace: str | None
    auto_created: bool
    validators: Sequence[Validator]
    error_messages: Mapping[str, Any] | None
    db_comment: str | None
    db_default: Any
