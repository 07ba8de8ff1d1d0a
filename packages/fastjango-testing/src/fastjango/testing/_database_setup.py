"""Making and dropping the test databases."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS

Database = tuple[Any, tuple[str, list[str]]]
"""A database's signature, its name, and the aliases that share it."""


def dependency_ordered(
    test_databases: Iterable[Database], dependencies: Mapping[str, Iterable[str]]
) -> list[Database]:
    """Return databases so that each comes after those it depends on (`TEST["DEPENDENCIES"]`).

    Raises:
        ImproperlyConfigured: They depend on each other in a circle.
    """
    todo, ordered, resolved = list(test_databases), list[Database](), set[str]()
    needs: dict[Any, set[str]] = {}
    for signature, (_name, aliases) in todo:
        wanted = {one for alias in aliases for one in dependencies.get(alias, ())}
        if wanted & set(aliases):
            raise ImproperlyConfigured(
                f"Circular dependency: databases {aliases!r} depend on each other, but are aliases."
            )
        needs[signature] = wanted
    while todo:
        ready = [database for database in todo if needs[database[0]] <= resolved]
        if not ready:
            raise ImproperlyConfigured("Circular dependency in TEST[DEPENDENCIES]")
        # One by one, so that the order of the settings is kept as far as it can be.
        ordered.append(ready[0])
        resolved.update(ready[0][1][1])
        todo.remove(ready[0])
    return ordered


def get_unique_databases_and_mirrors(
    aliases: Iterable[str] | None = None,
) -> tuple[dict[Any, tuple[str, list[str]]], dict[str, str]]:
    """Return which databases to make, and which aliases mirror others.

    Args:
        aliases: Those that tests ask for; None for all.

    Returns:
        By signature, a database's name with the aliases that share it; mirrors with their origin.
    """
    wanted = set(connections if aliases is None else aliases)
    mirrors: dict[str, str] = {}
    found: dict[Any, tuple[str, list[str]]] = {}
    dependencies: dict[str, Iterable[str]] = {}
    default = connections[DEFAULT_DB_ALIAS].creation.test_db_signature()
    for alias in connections:
        connection = connections[alias]
        test = connection.settings_dict["TEST"]
        if test.get("MIRROR"):
            mirrors[alias] = test["MIRROR"]
            continue
        if alias not in wanted:
            continue
        signature = connection.creation.test_db_signature()
        sharing = found.setdefault(signature, (connection.settings_dict["NAME"], []))[1]
        sharing.insert(0 if alias == DEFAULT_DB_ALIAS else len(sharing), alias)
        if "DEPENDENCIES" in test:
            dependencies[alias] = test["DEPENDENCIES"]
        elif alias != DEFAULT_DB_ALIAS and signature != default:
            dependencies[alias] = [DEFAULT_DB_ALIAS] if DEFAULT_DB_ALIAS in wanted else []
    return dict(dependency_ordered(found.items(), dependencies)), mirrors


def setup_databases(
    verbosity: int,
    interactive: bool,
    *,
    keepdb: bool = False,
    debug_sql: bool = False,
    parallel: int = 0,
    aliases: Iterable[str] | None = None,
    serialized_aliases: Iterable[str] | None = None,
) -> list[tuple[Any, str, bool]]:
    """Make the test databases and point the connections at them.

    Args:
        verbosity: 0 is silent.
        interactive: Ask before an existing test database is replaced.
        keepdb: Use existing test databases as they are.
        debug_sql: Keep all queries of the tests.
        parallel: How many copies to make for parallel workers.
        aliases: The databases that tests ask for; None for all.
        serialized_aliases: Those whose content is kept for `serialized_rollback`; None for all.

    Returns:
        What `teardown_databases` needs.
    """
    test_databases, mirrors = get_unique_databases_and_mirrors(aliases)
    old_config: list[tuple[Any, str, bool]] = []
    serialize: list[Any] = []
    for name, sharing in test_databases.values():
        first, *others = sharing
        connection = connections[first]
        old_config.append((connection, name, True))
        connection.creation.create_test_db(
            verbosity=verbosity, autoclobber=not interactive, keepdb=keepdb
        )
        if serialized_aliases is None or first in set(serialized_aliases):
            serialize.append(connection)
        for worker in range(parallel if parallel > 1 else 0):
            connection.creation.clone_test_db(
                suffix=str(worker + 1), verbosity=verbosity, keepdb=keepdb
            )
        for alias in others:
            old_config.append((connections[alias], name, False))
            connections[alias].creation.set_as_test_mirror(connection.settings_dict)
    for alias, origin in mirrors.items():
        connections[alias].creation.set_as_test_mirror(connections[origin].settings_dict)
    # Only now, as routers may spread the models over all of them.
    for connection in serialize:
        connection._test_serialized_contents = connection.creation.serialize_db_to_string()
    if debug_sql:
        for alias in connections:
            connections[alias].force_debug_cursor = True
    return old_config


def teardown_databases(
    old_config: Iterable[tuple[Any, str, bool]],
    verbosity: int,
    parallel: int = 0,
    keepdb: bool = False,
) -> None:
    """Drop the test databases and point the connections back; see `setup_databases`."""
    for connection, old_name, destroy in old_config:
        if not destroy:
            continue
        for worker in range(parallel if parallel > 1 else 0):
            connection.creation.destroy_test_db(
                suffix=str(worker + 1), verbosity=verbosity, keepdb=keepdb
            )
        connection.creation.destroy_test_db(old_name, verbosity, keepdb)
