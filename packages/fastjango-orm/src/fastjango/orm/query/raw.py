"""Instances from SQL of one's own."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import ref

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.core.functional import cached_property
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.fetch_modes import FETCH_PEERS, FetchMode
from fastjango.orm.query.sql.compilers.driver import get_converters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["RawQuery", "RawQuerySet"]


class RawQuery:
    """A statement written by the caller, with its parameters.

    Args:
        sql: The text, with `%s` or `%(name)s` for each parameter.
        using: The database alias.
        params: A sequence, a mapping, or `None` for no parameters at all.
    """

    def __init__(self, sql: str, using: str, params: Any = ()) -> None:
        self.sql = sql
        self.using = using
        self.params = params

    def chain(self, using: str) -> RawQuery:
        """Return the same statement for another database."""
        return self.clone(using)

    def clone(self, using: str) -> RawQuery:
        """Return the same statement for another database."""
        return RawQuery(self.sql, using, params=self.params)

    @property
    def params_type(self) -> type[Any] | None:
        """The kind of the parameters: `dict`, `tuple` or `None`."""
        if self.params is None:
            return None
        return dict if isinstance(self.params, Mapping) else tuple

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        kind = self.params_type
        return self.sql if kind is None else self.sql % kind(self.params)

    def bound(self) -> Any:
        """Return the parameters as the database takes values of unknown type."""
        adapt = connections[self.using].ops.adapt_unknown_value
        if self.params is None:
            return None
        if isinstance(self.params, Mapping):
            items: Any = self.params.items()
            return {name: adapt(value) for name, value in items}
        return tuple(adapt(value) for value in self.params)


class RawQuerySet:
    """The instances that a raw query gives.

    Args:
        raw_query: The SELECT; it must give the primary key.
        model: The model.
        query: The statement, if it exists already.
        params: Its parameters.
        translations: Fields by the names of columns.
        using: The database alias.
        hints: What the router is told.
        fetch_mode: What happens when something unloaded is read.
    """

    def __init__(
        self,
        raw_query: str,
        model: Any = None,
        query: RawQuery | None = None,
        params: Any = (),
        translations: Mapping[str, str] | None = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
        fetch_mode: FetchMode = FETCH_PEERS,
    ) -> None:
        self.raw_query = raw_query
        self.model = model
        self._db = using
        self._hints = hints or {}
        self.query = query or RawQuery(sql=raw_query, using=self.db, params=params)
        self.params = params
        self.translations = dict(translations or {})
        self._result_cache: list[Any] | None = None
        self._prefetch_related_lookups: tuple[Any, ...] = ()
        self._prefetch_done = False
        self._fetch_mode = fetch_mode
        self._columns: list[str] | None = None

    @property
    def db(self) -> str:
        """The alias that the query would run on now."""
        from fastjango.orm.router import router

        return self._db or router.db_for_read(self.model, **self._hints)

    def using(self, alias: str) -> RawQuerySet:
        """Choose the database."""
        return RawQuerySet(
            self.raw_query,
            model=self.model,
            query=self.query.chain(using=alias),
            params=self.params,
            translations=self.translations,
            using=alias,
            fetch_mode=self._fetch_mode,
        )

    def prefetch_related(self, *lookups: Any) -> RawQuerySet:
        """Load relations with one further query each; `None` forgets those named before."""
        clone = self._clone()
        if lookups == (None,):
            clone._prefetch_related_lookups = ()
        else:
            clone._prefetch_related_lookups = clone._prefetch_related_lookups + lookups
        return clone

    def _clone(self) -> RawQuerySet:
        clone = self.__class__(
            self.raw_query,
            model=self.model,
            query=self.query,
            params=self.params,
            translations=self.translations,
            using=self._db,
            hints=self._hints,
            fetch_mode=self._fetch_mode,
        )
        clone._prefetch_related_lookups = self._prefetch_related_lookups
        return clone

    # -- columns -----------------------------------------------------------------------

    @cached_property
    def model_fields(self) -> dict[str, Any]:
        """The model's fields by column."""
        convert = connections[self.db].introspection.identifier_converter
        return {convert(field.column): field for field in self.model._meta.fields if field.column}

    def _translated(self, columns: Sequence[str]) -> list[str]:
        convert = connections[self.db].introspection.identifier_converter
        names = [convert(column) for column in columns]
        for column, field in self.translations.items():
            if column in names:
                names[names.index(column)] = field
        return names

    @property
    def columns(self) -> list[str]:
        """The names of the columns, after translation."""
        if self._columns is None:
            run(self._rows_steps(), self.db, name="RawQuerySet.columns")
        assert self._columns is not None
        return self._columns

    def resolve_model_init_order(self) -> tuple[list[str], list[int], list[tuple[str, int]]]:
        """Return attributes, their columns' places, and the columns that are no fields."""
        columns = self.columns
        fields = [field for name, field in self.model_fields.items() if name in columns]
        convert = connections[self.db].introspection.identifier_converter
        places = [columns.index(convert(field.column)) for field in fields]
        others = [
            (name, place) for place, name in enumerate(columns) if name not in self.model_fields
        ]
        return [field.attname for field in fields], places, others

    # -- evaluation --------------------------------------------------------------------

    def _rows_steps(self) -> Steps[list[Any]]:
        from fastjango.orm.query.rawsteps import raw_rows_steps

        columns, rows = yield from raw_rows_steps(self.query)
        self._columns = self._translated(columns)
        return rows

    def _fetch_steps(self) -> Steps[list[Any]]:
        """Fill and return the result cache."""
        if self._result_cache is None:
            rows = yield from self._rows_steps()
            self._result_cache = self._instances(rows)
        if self._prefetch_related_lookups and not self._prefetch_done:
            from fastjango.orm.query.prefetch import prefetch_steps

            yield from prefetch_steps(self._result_cache, *self._prefetch_related_lookups)
            self._prefetch_done = True
        return self._result_cache

    def _instances(self, rows: list[Any]) -> list[Any]:
        names, places, others = self.resolve_model_init_order()
        if any(field.attname not in names for field in self.model._meta.pk_fields):
            raise FieldDoesNotExist("Raw query must include the primary key")
        connection = connections[self.db]
        fields = [self.model_fields.get(column) for column in self.columns]
        expressions = [
            field.get_col(field.model._meta.db_table) if field else None for field in fields
        ]
        converters = get_converters(expressions, connection)
        mode, peers = self._fetch_mode, list[Any]()
        instances: list[Any] = []
        for row in rows:
            values = list(row)
            for place, (functions, expression) in converters.items():
                for function in functions:
                    values[place] = function(values[place], expression, connection)
            instance = self.model._from_row(
                self.db, names, [values[place] for place in places], fetch_mode=mode
            )
            if mode.track_peers:
                peers.append(ref(instance))
                instance._state.peers = peers
            for name, place in others:
                setattr(instance, name, values[place])
            instances.append(instance)
        return instances

    def _fetch_all(self) -> None:
        run(self._fetch_steps(), self.db, name="RawQuerySet.__iter__", twin="async for")

    def iterator(self) -> Iterator[Any]:
        """Return the instances of a new run of the query."""
        clone = self._clone()
        clone._prefetch_related_lookups = ()
        yield from clone

    def __len__(self) -> int:
        self._fetch_all()
        return len(self._result_cache or ())

    def __bool__(self) -> bool:
        self._fetch_all()
        return bool(self._result_cache)

    def __iter__(self) -> Iterator[Any]:
        self._fetch_all()
        return iter(self._result_cache or ())

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in await arun(self._fetch_steps(), self.db):
            yield item

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.query}>"

    def __getitem__(self, k: Any) -> Any:
        return list(self)[k]
