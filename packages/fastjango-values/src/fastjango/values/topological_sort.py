"""Orders by dependency, as in `django.utils.topological_sort`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeVar

__all__ = ["CyclicDependencyError", "stable_topological_sort", "topological_sort_as_sets"]

T = TypeVar("T")


class CyclicDependencyError(ValueError):
    """Things depend on each other in a circle."""


def topological_sort_as_sets(dependency_graph: Mapping[T, Collection[T]]) -> Iterator[set[T]]:
    """Yield sets of nodes, each of which depends only on nodes of the sets before.

    Args:
        dependency_graph: The nodes, with what each depends on.

    Raises:
        CyclicDependencyError: The nodes that are left depend on each other.
    """
    todo = dict(dependency_graph)
    while todo:
        current = {node for node, needs in todo.items() if not needs}
        if not current:
            chain = ", ".join(repr(node) for node in todo)
            raise CyclicDependencyError(f"Cyclic dependency in graph: {chain}")
        yield current
        todo = {
            node: {need for need in needs if need not in current}
            for node, needs in todo.items()
            if node not in current
        }


def stable_topological_sort(
    nodes: Iterable[T], dependency_graph: Mapping[T, Collection[T]]
) -> list[T]:
    """Return the nodes in dependency order; those that do not matter keep their order.

    Raises:
        CyclicDependencyError: Nodes depend on each other.
    """
    ordered = list(nodes)
    return [
        node
        for layer in topological_sort_as_sets(dependency_graph)
        for node in ordered
        if node in layer
    ]
