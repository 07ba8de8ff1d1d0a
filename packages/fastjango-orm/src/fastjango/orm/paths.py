"""`PathInfo`: one hop from a model to another."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["PathInfo"]


class PathInfo(NamedTuple):
    """One join on the way along a relation.

    Attributes:
        from_opts: Options of the model where the hop starts.
        to_opts: Options of the model where it ends.
        target_fields: Fields that identify a row there.
        join_field: Field (or reverse relation) whose columns are joined.
        m2m: Whether the hop can multiply rows.
        direct: Whether the column is on the starting side.
        filtered_relation: `FilteredRelation` that narrows the join, or `None`.
    """

    from_opts: Any
    to_opts: Any
    target_fields: Any
    join_field: Any
    m2m: bool
    direct: bool
    filtered_relation: Any
