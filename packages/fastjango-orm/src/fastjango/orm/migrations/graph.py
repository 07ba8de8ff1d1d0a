"""The graph of migrations: who depends on whom, and in which order to run them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .exceptions import CircularDependencyError, NodeNotFoundError
from .files import files_of

if TYPE_CHECKING:
    from .migration import Migration
    from .state import ProjectState

__all__ = ["MigrationGraph", "Node"]

Key = tuple[str, str]


@dataclass(eq=False, slots=True)
class Node:
    """One migration in the graph.

    Attributes:
        key: `(app label, migration name)`.
        parents: Nodes that must run before this one.
        children: Nodes that must run after this one.
        missing: Why the node is only a placeholder, or `None` for a real one.
        origin: The migration that named a placeholder.
    """

    key: Key
    parents: set[Node] = field(default_factory=set["Node"])
    children: set[Node] = field(default_factory=set["Node"])
    missing: str | None = None
    origin: Migration | None = None

    def __str__(self) -> str:
        return f"{self.key[0]}.{self.key[1]}"


class MigrationGraph:
    """A directed graph of migrations whose edges point from a migration to what it depends on.

    Nodes are `(app label, migration name)`. A dependency on an unknown migration makes a
    placeholder, which `validate_consistency` refuses, so that migrations can be added in any order
    and squashed ones can take the place of what they replace.
    """

    def __init__(self) -> None:
        self.node_map: dict[Key, Node] = {}
        self.nodes: dict[Key, Migration | None] = {}

    # -- building ---------------------------------------------------------------------------

    def add_node(self, key: Key, migration: Migration | None) -> None:
        """Add a migration under its key."""
        node = self.node_map.get(key)
        if node is None:
            self.node_map[key] = Node(key)
        else:
            node.missing, node.origin = None, None
        self.nodes[key] = migration

    def add_dummy_node(self, key: Key, origin: Migration | None, error_message: str) -> None:
        """Add a placeholder for a migration that was named but not found (yet)."""
        self.node_map[key] = Node(key, missing=error_message, origin=origin)
        self.nodes[key] = None

    def add_dependency(
        self,
        migration: Migration | str | None,
        child: Key,
        parent: Key,
        skip_validation: bool = False,
    ) -> None:
        """State that `child` needs `parent`.

        Raises:
            NodeNotFoundError: One of the two does not exist and `skip_validation` is false.
        """
        origin = None if isinstance(migration, str) else migration
        for key, role in ((child, "child"), (parent, "parent")):
            if key not in self.nodes:
                message = (
                    f"Migration {migration} dependencies reference nonexistent {role} node {key!r}"
                )
                self.add_dummy_node(key, origin, message)
        self.node_map[child].parents.add(self.node_map[parent])
        self.node_map[parent].children.add(self.node_map[child])
        if not skip_validation:
            self.validate_consistency()

    def remove_replaced_nodes(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """Let a squashed migration take the place of those that it replaces.

        Raises:
            NodeNotFoundError: The squashed migration is not in the graph.
        """
        replaced = set(replaced)
        node = self._replacement(replacement)
        for key in replaced:
            gone = self.node_map.pop(key, None)
            self.nodes.pop(key, None)
            if gone is None:
                continue
            for child in gone.children:
                child.parents.discard(gone)
                if child.key not in replaced:  # no edge onto itself
                    child.parents.add(node)
                    node.children.add(child)
            for parent in gone.parents:
                parent.children.discard(gone)
                if parent.key not in replaced:
                    parent.children.add(node)
                    node.parents.add(parent)

    def remove_replacement_node(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """Drop a squashed migration in favour of those that it would replace.

        Its dependants come to depend on the last of the replaced migrations.

        Raises:
            NodeNotFoundError: The squashed migration is not in the graph.
        """
        node = self._replacement(replacement)
        del self.node_map[replacement]
        self.nodes.pop(replacement, None)
        stand_ins = {self.node_map[key] for key in replaced if key in self.node_map}
        inner = {parent for stand_in in stand_ins for parent in stand_in.parents}
        last = stand_ins - inner
        for child in node.children:
            child.parents.discard(node)
            for stand_in in last:
                stand_in.children.add(child)
                child.parents.add(stand_in)
        for parent in node.parents:
            parent.children.discard(node)

    def _replacement(self, key: Key) -> Node:
        try:
            return self.node_map[key]
        except KeyError as error:
            raise NodeNotFoundError(
                f"Unable to find replacement node {key!r}. It was either never added"
                " to the migration graph, or has been removed.",
                key,
            ) from error

    # -- checking ---------------------------------------------------------------------------

    def validate_consistency(self) -> None:
        """Refuse placeholders that nobody filled.

        Raises:
            NodeNotFoundError: A migration names a dependency that does not exist.
        """
        for node in self.node_map.values():
            if node.missing is not None:
                raise NodeNotFoundError(node.missing, node.key, origin=node.origin)

    def ensure_not_cyclic(self) -> None:
        """Refuse circles.

        Raises:
            CircularDependencyError: Names the migrations of the circle, in order.
        """
        done: set[Key] = set()
        for start in self.nodes:
            if start in done:
                continue
            trail: dict[Key, Iterator[Node]] = {start: self._sorted_parents(start)}
            while trail:
                key, parents = next(reversed(trail.items()))
                parent = next(parents, None)
                if parent is None:
                    done.add(key)
                    del trail[key]
                elif parent.key in trail:
                    keys = list(trail)
                    circle = keys[keys.index(parent.key) :]
                    raise CircularDependencyError(self._circle_message(circle))
                elif parent.key not in done:
                    trail[parent.key] = self._sorted_parents(parent.key)

    def _circle_message(self, circle: list[Key]) -> str:
        names = ", ".join(f"{app}.{name}" for app, name in circle)
        files = files_of(migration for key in circle if (migration := self.nodes[key]) is not None)
        return (
            f"{names}: each of these migrations needs the next one, and the last one the first, so"
            f" that none can run.\n{files}\nTake one of the names out of `dependencies` (or"
            " `run_before`, `replaces`) in one of these files and run the command again. A foreign"
            " key that needs the other app belongs in a migration of its own."
        )

    def _sorted_parents(self, key: Key) -> Iterator[Node]:
        return iter(sorted(self.node_map[key].parents, key=lambda node: node.key))

    # -- asking -----------------------------------------------------------------------------

    def forwards_plan(self, target: Key) -> list[Key]:
        """Every migration needed for `target`, dependencies first, `target` last.

        Raises:
            NodeNotFoundError: `target` is not in the graph.
        """
        return self._walk(target, lambda node: node.parents)

    def backwards_plan(self, target: Key) -> list[Key]:
        """Every migration to undo before `target` is gone, dependants first, `target` last.

        Raises:
            NodeNotFoundError: `target` is not in the graph.
        """
        return self._walk(target, lambda node: node.children)

    def _walk(self, target: Key, ahead: Callable[[Node], set[Node]]) -> list[Key]:
        if target not in self.nodes:
            raise NodeNotFoundError(f"Node {target!r} not a valid node", target)
        order: list[Key] = []
        seen: set[Key] = set()
        stack: list[tuple[Node, bool]] = [(self.node_map[target], False)]
        while stack:
            node, expanded = stack.pop()
            if expanded:
                order.append(node.key)
            elif node.key not in seen:
                seen.add(node.key)
                stack.append((node, True))
                nexts = sorted(ahead(node), key=lambda item: item.key, reverse=True)
                stack.extend((item, False) for item in nexts if item.key not in seen)
        return order

    def root_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations that depend on nothing inside their own app, sorted."""
        return self._ends(app, lambda node: node.parents)

    def leaf_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations that nothing inside their own app depends on, sorted.

        An app with two leaves needs `makemigrations --merge`.
        """
        return self._ends(app, lambda node: node.children)

    def _ends(self, app: str | None, ahead: Callable[[Node], set[Node]]) -> list[Key]:
        return sorted(
            key
            for key in self.nodes
            if (app is None or key[0] == app)
            and all(other.key[0] != key[0] for other in ahead(self.node_map[key]))
        )

    def make_state(
        self,
        nodes: Key | Iterable[Key] | None = None,
        at_end: bool = True,
        real_apps: set[str] | None = None,
    ) -> ProjectState:
        """The project's models as the given migrations leave them.

        Args:
            nodes: One key or several; `None` means every leaf.
            at_end: Whether the given migrations themselves are applied, or only what is before.
            real_apps: Labels of apps without migrations, whose present models are used.
        """
        from .state import ProjectState

        given: Any = nodes
        targets: list[Key]
        if nodes is None:
            targets = self.leaf_nodes()
        elif isinstance(nodes, tuple) and isinstance(nodes[0], str):
            targets = [given]
        else:
            targets = list(given)
        plan: dict[Key, None] = {}
        for target in targets:
            for key in self.forwards_plan(target):
                if at_end or key not in targets:
                    plan[key] = None
        state = ProjectState(real_apps=real_apps)
        for key in plan:
            migration = self.nodes[key]
            if migration is not None:
                state = migration.mutate_state(state, preserve=False)
        return state

    def __contains__(self, key: object) -> bool:
        return key in self.nodes

    def __str__(self) -> str:
        edges = sum(len(node.parents) for node in self.node_map.values())
        return f"Graph: {len(self.nodes)} nodes, {edges} edges"

    def __repr__(self) -> str:
        edges = sum(len(node.parents) for node in self.node_map.values())
        return f"<{type(self).__name__}: nodes={len(self.nodes)}, edges={edges}>"
