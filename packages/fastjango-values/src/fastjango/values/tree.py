"""The tree that filters are built of, as in `django.utils.tree`."""

import copy
from collections.abc import Sequence
from typing import Any, Self

from fastjango.values.hashable import make_hashable

__all__ = ["Node"]


class Node:
    """A connector (such as AND) with children that are leaves or nodes themselves."""

    default: str = "DEFAULT"

    def __init__(
        self,
        children: Sequence[Any] | None = None,
        connector: str | None = None,
        negated: bool = False,
    ) -> None:
        self.children: list[Any] = list(children) if children else []
        self.connector: str = connector or self.default
        self.negated: bool = negated

    @classmethod
    def create(
        cls,
        children: Sequence[Any] | None = None,
        connector: str | None = None,
        negated: bool = False,
    ) -> Self:
        """Make a node of this class without calling its `__init__`, whose signature may differ."""
        node = Node(children, connector or cls.default, negated)
        node.__class__ = cls
        return node  # type: ignore[return-value]  # the class was just changed

    def __str__(self) -> str:
        inner = f"({self.connector}: {', '.join(str(child) for child in self.children)})"
        return f"(NOT {inner})" if self.negated else inner

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __copy__(self) -> Self:
        node = self.create(connector=self.connector, negated=self.negated)
        node.children = self.children  # shared on purpose: a shallow copy
        return node

    copy = __copy__

    def __deepcopy__(self, memodict: dict[int, Any]) -> Self:
        node = self.create(connector=self.connector, negated=self.negated)
        node.children = copy.deepcopy(self.children, memodict)
        return node

    def __len__(self) -> int:
        return len(self.children)

    def __bool__(self) -> bool:
        return bool(self.children)

    def __contains__(self, other: object) -> bool:
        return other in self.children

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Node)
            and self.__class__ == other.__class__
            and self.connector == other.connector
            and self.negated == other.negated
            and self.children == other.children
        )

    def __hash__(self) -> int:
        children: Any = make_hashable(self.children)
        return hash((self.__class__, self.connector, self.negated, *children))

    def add(self, data: Any, conn_type: str) -> Any:
        """Combine the tree with `data` by a connector, merging the other node away if it can be.

        The tree itself never sinks into a child; its connector changes only when it differs, and
        then its present content becomes the first child.

        Returns:
            The node that now holds `data`.
        """
        if self.connector != conn_type:
            inner = self.copy()
            self.connector = conn_type
            self.children = [inner, data]
            return data
        if (
            isinstance(data, Node)
            and not data.negated
            and (data.connector == conn_type or len(data) == 1)
        ):
            self.children.extend(data.children)
            return self
        self.children.append(data)
        return data

    def negate(self) -> None:
        """Turn the sense of the node round."""
        self.negated = not self.negated
