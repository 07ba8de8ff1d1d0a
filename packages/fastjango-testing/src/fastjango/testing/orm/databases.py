"""Creating and destroying the test databases of a run."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import DEFAULT_DB_ALIAS, connections

__all__ = [
    "dependency_ordered",
    "get_unique_databases_and_mirrors",
    "setup_databases",
    "teardown_databases",
]

Entry = tuple[Any, tuple[str, list[str]]]
OldNames = list[tuple[Any, str, bool]]


class TimeKeeper(Protocol):
    """Measures the steps of a run."""

    def timed(self, name: str) -> AbstractContextManager[Any]:
        """Measure a step."""
        ...


class _NoTimeKeeper:
    def timed(self, name: str) -> AbstractContextManager[Any]:
        return nullcontext()


def dependency_ordered(
    test_databases: Iterable[Entry], dependencies: dict[str, list[str]]
) -> list[Entry]:
    """Sort databases so that each comes after those it depends on.

    Args:
        test_databases: Pairs of signature and (name, aliases).
        dependencies: Aliases that an alias depends on.

    Raises:
        ImproperlyConfigured: A circle, or a database that depends on itself.
    """
    waiting = list(test_databases)
    needs: dict[Any, set[str]] = {}
    for signature, (_, aliases) in waiting:
        needed = {name for alias in aliases for name in dependencies.get(alias, [])}
        if not needed.isdisjoint(aliases):
            raise ImproperlyConfigured(
                f"Circular dependency: databases {aliases!r} depend on each other, but are aliases."
            )
        needs[signature] = needed
    ordered: list[Entry] = []
    resolved: set[str] = set()
    while waiting:
        ready = [entry for entry in waiting if needs[entry[0]] <= resolved]
        if not ready:
            raise ImproperlyConfigured("Circular dependency in TEST[DEPENDENCIES]")
        for entry in ready:
            resolved.update(entry[1][1])
            ordered.append(entry)
        waiting = [entry for entry in waiting if entry not in ready]
    return ordered


def get_unique_databases_and_mirrors(
    aliases: Iterable[str] | None = None,
) -> tuple[dict[Any, tuple[str, list[str]]], dict[str, str]]:
    """Find which databases to create: equal ones once, mirrors not at all.

    Args:
        aliases: Those to look at; None for all.

    Returns:
        Signature to (name, aliases), in order of creation; and mirror to mirrored alias.
    """
    chosen = set(connections if aliases is None else aliases)
    mirrored: dict[str, str] = {}
    found: dict[Any, tuple[str, list[str]]] = {}
    dependencies: dict[str, list[str]] = {}
    default_signature = connections[DEFAULT_DB_ALIAS].creation.test_db_signature()
    for alias in connections:
        if alias not in chosen:
            continue
        connection = connections[alias]
        if connection.vendor == "dummy":
            continue  # DATABASES is empty
        test = connection.settings_dict["TEST"]
        if test["MIRROR"]:
            mirrored[alias] = test["MIRROR"]
            continue
        signature = connection.creation.test_db_signature()
        name, known = found.setdefault(signature, (connection.settings_dict["NAME"], []))
        if alias == DEFAULT_DB_ALIAS:
            known.insert(0, alias)
        else:
            known.append(alias)
        found[signature] = (name, known)
        if "DEPENDENCIES" in test:
            dependencies[alias] = test["DEPENDENCIES"]
        elif alias != DEFAULT_DB_ALIAS and signature != default_signature:
            dependencies[alias] = test.get("DEPENDENCIES", [DEFAULT_DB_ALIAS])
    known_aliases = {alias for _, names in found.values() for alias in names}
    needed = {k: [n for n in v if n in known_aliases] for k, v in dependencies.items()}
    return dict(dependency_ordered(found.items(), needed)), mirrored


def setup_databases(
    verbosity: int,
    interactive: bool,
    *,
    time_keeper: TimeKeeper | None = None,
    keepdb: bool = False,
    debug_sql: bool = False,
    parallel: int = 0,
    aliases: Iterable[str] | None = None,
    serialized_aliases: Iterable[str] | None = None,
    **kwargs: Any,
) -> OldNames:
    """Create the test databases and point the connections at them.

    Args:
        verbosity: 0 is silent.
        interactive: Ask before an old test database is destroyed.
        time_keeper: Measures the steps.
        keepdb: Use databases that exist.
        debug_sql: Log queries.
        parallel: Clones per database, when more than 1.
        aliases: Databases to create; None for all.
        serialized_aliases: Those whose contents `serialized_rollback` may restore; None for all.

    Returns:
        What `teardown_databases` takes.
    """
    keeper = time_keeper or _NoTimeKeeper()
    databases, mirrored = get_unique_databases_and_mirrors(aliases)
    old_names: OldNames = []
    serialized: list[Any] = []
    for name, names in databases.values():
        first = connections[names[0]]
        for alias in names:
            old_names.append((connections[alias], name, alias == names[0]))
        with keeper.timed(f"  Creating '{first.alias}'"):
            first.creation.create_test_db(
                verbosity=verbosity, autoclobber=not interactive, keepdb=keepdb
            )
        if serialized_aliases is None or first.alias in serialized_aliases:
            serialized.append(first)
        for index in range(parallel if parallel > 1 else 0):
            with keeper.timed(f"  Cloning '{first.alias}'"):
                first.creation.clone_test_db(
                    suffix=str(index + 1), verbosity=verbosity, keepdb=keepdb
                )
        for alias in names[1:]:
            connections[alias].creation.set_as_test_mirror(first.settings_dict)
    for alias, mirror in mirrored.items():
        connections[alias].creation.set_as_test_mirror(connections[mirror].settings_dict)
    if serialized_aliases is not None:
        for connection in serialized:
            connection._test_serialized_contents = connection.creation.serialize_db_to_string()
    if debug_sql:
        for alias in connections:
            connections[alias].force_debug_cursor = True
    return old_names


def teardown_databases(
    old_config: OldNames, verbosity: int, parallel: int = 0, keepdb: bool = False
) -> None:
    """Destroy the test databases and point the connections back."""
    for connection, old_name, destroy in old_config:
        if not destroy:
            continue
        for index in range(parallel if parallel > 1 else 0):
            connection.creation.destroy_test_db(
                suffix=str(index + 1), verbosity=verbosity, keepdb=keepdb
            )
        connection.creation.destroy_test_db(old_name, verbosity, keepdb)
