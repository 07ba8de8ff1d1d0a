"""A cache in a table of the database, in Django's format; `createcachetable` makes the table."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache as cached_function
from typing import Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache, options_of
from fastjango.cache.serializers import PickleSerializer, Serializer, load_serializer
from fastjango.core import settings, timezone
from fastjango.core.registry import Registry
from fastjango.orm import IntegrityError, models, router, transaction

__all__ = ["BaseDatabaseCache", "DatabaseCache", "entry_model"]


@cached_function
def entry_model(table: str) -> Any:
    """Return the model of a cache's table; it is in no registry, and in no migration."""

    class Meta:
        app_label = "django_cache"
        apps = Registry([])
        db_table = table
        verbose_name = "cache entry"
        verbose_name_plural = "cache entries"
        indexes = [models.Index(fields=["expires"], name=f"{table}_expires"[:30])]

    fields = {
        "__module__": __name__,
        "Meta": Meta,
        "cache_key": models.CharField(max_length=255, primary_key=True),
        "value": models.TextField(),
        "expires": models.DateTimeField(),
    }
    return type("CacheEntry", (models.Model,), fields)


class BaseDatabaseCache(BaseCache):
    """A cache whose values are rows.

    Args:
        table: Name of the table.
        params: The entry of `CACHES`.
    """

    def __init__(self, table: str, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._table = table

    @property
    def cache_model_class(self) -> Any:
        """The model of the table, which routers are asked about (its label is `django_cache`)."""
        return entry_model(self._table)


class DatabaseCache(BaseDatabaseCache):
    """Keeps values, serialized, in rows. Each time something is stored, the rows are counted.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#database-caching
    """

    def __init__(self, table: str, params: Mapping[str, Any]) -> None:
        super().__init__(table, params)
        options = options_of(params)
        self._serializer: Serializer = load_serializer(
            options.get("serializer"), PickleSerializer()
        )

    # --- rows ---------------------------------------------------------------------------

    def _reading(self) -> Any:
        model = self.cache_model_class
        return model.objects.using(router.db_for_read(model))

    def _writing(self) -> Any:
        model = self.cache_model_class
        return model.objects.using(router.db_for_write(model))

    def _end(self, timeout: Any) -> datetime:
        """Return when a value ends, in whole seconds, as the table has it."""
        end = self.get_backend_timeout(timeout)
        if end is None:
            # The last year, with room for every time zone.
            return datetime(9999, 12, 30, tzinfo=UTC if settings.USE_TZ else None)
        when = datetime.fromtimestamp(end, tz=UTC if settings.USE_TZ else None)
        return when.replace(microsecond=0)

    def _dumps(self, value: Any) -> str:
        return base64.b64encode(self._serializer.dumps(value)).decode("latin1")

    def _loads(self, text: str) -> Any:
        return self._serializer.loads(base64.b64decode(text.encode(), validate=True))

    def _row(self, key: str, value: Any, timeout: Any) -> Any:
        return self.cache_model_class(
            cache_key=key, value=self._dumps(value), expires=self._end(timeout)
        )

    @staticmethod
    def _now() -> datetime:
        return timezone.now().replace(microsecond=0)

    def _sort(
        self, rows: Iterable[Any], keys: Mapping[str, Any]
    ) -> tuple[dict[Any, Any], list[str]]:
        """Return the values by key, and the keys of rows that have ended."""
        now = timezone.now()
        found: dict[Any, Any] = {}
        ended: list[str] = []
        for name, value, expires in rows:
            if expires < now:
                ended.append(name)
            else:
                found[keys[name]] = self._loads(value)
        return found, ended

    _UPSERT: Mapping[str, Any] = {
        "update_conflicts": True,
        "unique_fields": ["cache_key"],
        "update_fields": ["value", "expires"],
    }

    # --- reading ------------------------------------------------------------------------

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        return self.get_many([key], version).get(key, default)

    async def aget(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Asynchronous twin of `get`."""
        return (await self.aget_many([key], version)).get(key, default)

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Return the values that there are, by key, with one query."""
        made = {self.make_and_validate_key(key, version): key for key in keys}
        if not made:
            return {}
        rows = self._reading().filter(cache_key__in=list(made))
        found, ended = self._sort(rows.values_list("cache_key", "value", "expires"), made)
        if ended:
            self._writing().filter(cache_key__in=ended, expires__lt=timezone.now()).delete()
        return found

    async def aget_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Asynchronous twin of `get_many`."""
        made = {self.make_and_validate_key(key, version): key for key in keys}
        if not made:
            return {}
        query = self._reading().filter(cache_key__in=list(made))
        rows = [row async for row in query.values_list("cache_key", "value", "expires")]
        found, ended = self._sort(rows, made)
        if ended:
            gone = self._writing().filter(cache_key__in=ended, expires__lt=timezone.now())
            await gone.adelete()
        return found

    def _live(self, rows: Any, key: Any, version: Any) -> Any:
        made = self.make_and_validate_key(key, version)
        return rows.filter(cache_key=made, expires__gt=self._now())

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        return bool(self._live(self._reading(), key, version).exists())

    async def ahas_key(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `has_key`."""
        return bool(await self._live(self._reading(), key, version).aexists())

    # --- writing ------------------------------------------------------------------------

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value, in one statement."""
        row = self._row(self.make_and_validate_key(key, version), value, timeout)
        self._make_room()
        self._writing().bulk_create([row], **self._UPSERT)

    async def aset(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Asynchronous twin of `set`."""
        row = self._row(self.make_and_validate_key(key, version), value, timeout)
        await self._amake_room()
        await self._writing().abulk_create([row], **self._UPSERT)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; of several callers at once, one stores it."""
        row = self._row(self.make_and_validate_key(key, version), value, timeout)
        self._make_room()
        rows = self._writing()
        rows.filter(cache_key=row.cache_key, expires__lt=self._now()).delete()
        try:
            with transaction.atomic(using=rows.db):
                row.save(force_insert=True, using=rows.db)
        except IntegrityError:
            return False
        return True

    async def aadd(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `add`."""
        row = self._row(self.make_and_validate_key(key, version), value, timeout)
        await self._amake_room()
        rows = self._writing()
        await rows.filter(cache_key=row.cache_key, expires__lt=self._now()).adelete()
        try:
            async with transaction.atomic(using=rows.db):
                await row.asave(force_insert=True, using=rows.db)
        except IntegrityError:
            return False
        return True

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already, in one statement; tell whether there was."""
        live = self._live(self._writing(), key, version)
        return bool(live.update(value=self._dumps(value), expires=self._end(timeout)))

    async def areplace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `replace`."""
        live = self._live(self._writing(), key, version)
        return bool(await live.aupdate(value=self._dumps(value), expires=self._end(timeout)))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        return bool(self._live(self._writing(), key, version).update(expires=self._end(timeout)))

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Asynchronous twin of `touch`."""
        live = self._live(self._writing(), key, version)
        return bool(await live.aupdate(expires=self._end(timeout)))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Add to a value and return the sum; again if somebody else was faster.

        Raises:
            ValueError: There is no value.
        """
        live = self._live(self._writing(), key, version)
        while True:
            text = live.values_list("value", flat=True).first()
            if text is None:
                raise ValueError(f"Key '{key}' not found")
            total = self._loads(text) + delta
            if live.filter(value=text).update(value=self._dumps(total)):
                return total

    async def aincr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr`."""
        live = self._live(self._writing(), key, version)
        while True:
            text = await live.values_list("value", flat=True).afirst()
            if text is None:
                raise ValueError(f"Key '{key}' not found")
            total = self._loads(text) + delta
            if await live.filter(value=text).aupdate(value=self._dumps(total)):
                return total

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        made = self.make_and_validate_key(key, version)
        return bool(self._writing().filter(cache_key=made).delete()[0])

    async def adelete(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `delete`."""
        made = self.make_and_validate_key(key, version)
        return bool((await self._writing().filter(cache_key=made).adelete())[0])

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Forget several values at once."""
        made = [self.make_and_validate_key(key, version) for key in keys]
        if made:
            self._writing().filter(cache_key__in=made).delete()

    async def adelete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Asynchronous twin of `delete_many`."""
        made = [self.make_and_validate_key(key, version) for key in keys]
        if made:
            await self._writing().filter(cache_key__in=made).adelete()

    def clear(self) -> None:
        """Delete all rows."""
        self._writing().all().delete()

    async def aclear(self) -> None:
        """Asynchronous twin of `clear`."""
        await self._writing().all().adelete()

    # --- room ---------------------------------------------------------------------------

    def _surplus(self, left: int) -> int:
        """How many rows have to go, of those that are left without the ended ones."""
        return left // self._cull_frequency if left > self._max_entries else 0

    def _make_room(self) -> None:
        rows = self._writing()
        count = rows.count()
        if count <= self._max_entries:
            return
        if self._cull_frequency == 0:
            self.clear()
            return
        gone, _by_model = rows.filter(expires__lt=self._now()).delete()
        surplus = self._surplus(count - gone)
        if surplus:
            keys = list(rows.order_by("cache_key").values_list("cache_key", flat=True)[:surplus])
            rows.filter(cache_key__in=keys).delete()

    async def _amake_room(self) -> None:
        rows = self._writing()
        count = await rows.acount()
        if count <= self._max_entries:
            return
        if self._cull_frequency == 0:
            await self.aclear()
            return
        gone, _by_model = await rows.filter(expires__lt=self._now()).adelete()
        surplus = self._surplus(count - gone)
        if surplus:
            query = rows.order_by("cache_key").values_list("cache_key", flat=True)[:surplus]
            keys = [key async for key in query]
            await rows.filter(cache_key__in=keys).adelete()
