"""The settings of the database layer."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

__all__ = ["OrmSettings"]


class OrmSettings(PluginSettings):
    """Databases and how models use them.

    Attributes:
        ABSOLUTE_URL_OVERRIDES: Functions giving an object's URL, by ``app.model``; they become
            ``get_absolute_url`` of the model.
        DATABASES: Each database by alias; ``default`` must be one of them. Keys of an entry:
            ``ENGINE``, ``NAME``, ``USER``, ``PASSWORD``, ``HOST``, ``PORT``, ``OPTIONS``,
            ``ATOMIC_REQUESTS``, ``AUTOCOMMIT``, ``CONN_MAX_AGE`` (seconds, None for ever),
            ``CONN_HEALTH_CHECKS``, ``TIME_ZONE``, ``DISABLE_SERVER_SIDE_CURSORS``, ``TEST``.
        DATABASE_ROUTERS: Objects or dotted paths of classes that choose a database per query.
        DEFAULT_AUTO_FIELD: Field class of a primary key that a model does not declare.
        DEFAULT_TABLESPACE: Tablespace of tables, where the database has them.
        DEFAULT_INDEX_TABLESPACE: Tablespace of indexes.
        MIGRATION_MODULES: Package of an application's migrations by label; None for none.
        FIXTURE_DIRS: Folders searched for fixtures besides each application's ``fixtures``.
        SERIALIZATION_MODULES: Serializer modules by format name, besides the built-in ones.
        TEST_NON_SERIALIZED_APPS: Applications whose rows `serialized_rollback` does not restore.
        ORM_SLOW_QUERY_SECONDS: Queries that take longer are logged as warnings by
            ``fastjango.orm.slow``; None logs none.
        ORM_N_PLUS_ONE_THRESHOLD: Same-shaped queries in one request or block from which on the
            N+1 guard reports; 0 switches it off.
        ORM_N_PLUS_ONE_RAISE: Raise `NPlusOneError` instead of logging a warning.
        ORM_FREEZE_OBJECTS: Whether a process that answers requests, without `DEBUG`, leaves the
            objects that outlived its first full garbage collection out of later ones
            (`gc.freeze()`).
    """

    ABSOLUTE_URL_OVERRIDES: dict[str, Any] = {}
    DATABASES: dict[str, dict[str, Any]] = {}
    DATABASE_ROUTERS: list[Any] = []
    DEFAULT_AUTO_FIELD: str = "fastjango.orm.models.BigAutoField"
    DEFAULT_TABLESPACE: str = ""
    DEFAULT_INDEX_TABLESPACE: str = ""
    MIGRATION_MODULES: dict[str, str | None] = {}
    FIXTURE_DIRS: list[Any] = []
    SERIALIZATION_MODULES: dict[str, str] = {}
    TEST_NON_SERIALIZED_APPS: list[str] = []
    ORM_SLOW_QUERY_SECONDS: float | None = None
    ORM_N_PLUS_ONE_THRESHOLD: int = 10
    ORM_N_PLUS_ONE_RAISE: bool = False
    ORM_FREEZE_OBJECTS: bool = True
