"""Which database a model's queries go to: `router` asks the objects of `DATABASE_ROUTERS`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from fastjango.core.conf import setting_changed
from fastjango.core.functional import cached_property
from fastjango.core.imports import import_string
from fastjango.orm.engine import environment
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS

__all__ = ["ConnectionRouter", "DatabaseRouter", "router"]


class DatabaseRouter(Protocol):
    """What an entry of `DATABASE_ROUTERS` may define; a missing method has no opinion."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str | None:
        """Alias to read from, or None."""
        ...

    def db_for_write(self, model: type[Any], **hints: Any) -> str | None:
        """Alias to write to, or None."""
        ...

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool | None:
        """Whether two objects may refer to each other, or None."""
        ...

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Whether migrations of an application run on a database, or None."""
        ...


class ConnectionRouter:
    """Asks the routers one after the other; the first opinion counts.

    Args:
        routers: Router objects or dotted paths; None reads `DATABASE_ROUTERS` at first use.
    """

    def __init__(self, routers: Sequence[Any] | None = None) -> None:
        self._routers = routers

    @cached_property
    def routers(self) -> list[Any]:
        """The router objects."""
        given = environment.database_routers() if self._routers is None else self._routers
        return [import_string(entry)() if isinstance(entry, str) else entry for entry in given]

    def _route(self, action: str, model: type[Any], hints: dict[str, Any]) -> str:
        for entry in self.routers:
            method = getattr(entry, action, None)
            if method is not None and (chosen := method(model, **hints)):
                return str(chosen)
        instance = hints.get("instance")
        if instance is not None and instance._state.db:
            return str(instance._state.db)
        return DEFAULT_DB_ALIAS

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        """Alias that a query reads from; an `instance` hint suggests its own database."""
        return self._route("db_for_read", model, hints)

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        """Alias that a query writes to; an `instance` hint suggests its own database."""
        return self._route("db_for_write", model, hints)

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        """Whether two objects may refer to each other: by default within one database."""
        for entry in self.routers:
            method = getattr(entry, "allow_relation", None)
            if method is not None and (allowed := method(obj1, obj2, **hints)) is not None:
                return bool(allowed)
        return bool(obj1._state.db == obj2._state.db)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Whether migrations of an application run on a database: by default on all."""
        for entry in self.routers:
            method = getattr(entry, "allow_migrate", None)
            if method is not None and (allowed := method(db, app_label, **hints)) is not None:
                return bool(allowed)
        return True

    def allow_migrate_model(self, db: str, model: type[Any]) -> bool:
        """Whether a model's table belongs into a database."""
        meta: Any = model._meta
        return self.allow_migrate(db, meta.app_label, model_name=meta.model_name, model=model)

    def get_migratable_models(
        self, app_config: Any, db: str, include_auto_created: bool = False
    ) -> list[Any]:
        """Models of an application whose tables belong into a database."""
        models = app_config.get_models(include_auto_created=include_auto_created)
        return [model for model in models if self.allow_migrate_model(db, model)]


router = ConnectionRouter()


@setting_changed.register
def _setting_changed(setting: str) -> None:
    if setting == "DATABASE_ROUTERS":
        router.__dict__.pop("routers", None)


def __getattr__(name: str) -> Any:
    # Once this module is imported, `fastjango.orm.router` is the module; it answers as the object.
    return getattr(router, name)
