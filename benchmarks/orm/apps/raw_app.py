"""Bare ASGI and the bare driver: what nobody can go below."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from pages import FILE, PAGE, PARTS, VENDOR, page, some_id, some_start

LIST = (
    "SELECT a.id, a.title, a.body, a.author_id, p.name FROM article a "
    "JOIN author p ON p.id = a.author_id WHERE a.id > {0} ORDER BY a.id LIMIT {1}"
)


class Sqlite:
    """The standard library's driver on the loop."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(FILE, isolation_level=None, cached_statements=512)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")

    async def rows(self, sql: str, *params: Any) -> list[Any]:
        """Read rows."""
        return self.db.execute(sql.format("?", "?"), params).fetchall()

    async def write(self, sql: str, *params: Any) -> None:
        """Write."""
        self.db.execute(sql.format("?", "?"), params)

    async def tags(self, keys: list[int]) -> list[Any]:
        """Read the tags of articles."""
        marks = ", ".join("?" * len(keys))
        return self.db.execute(
            "SELECT x.article_id, t.id, t.name FROM article_tags x "
            f"JOIN tag t ON t.id = x.tag_id WHERE x.article_id IN ({marks})",
            keys,
        ).fetchall()


class Postgres:
    """asyncpg's own pool."""

    pool: Any = None

    async def start(self) -> Any:
        """Open the pool at first use."""
        if self.pool is None:
            import asyncpg

            self.pool = await asyncpg.create_pool(
                host=PARTS.hostname,
                port=PARTS.port,
                user=PARTS.username,
                database=PARTS.path[1:],
                min_size=1,
                max_size=10,
            )
        return self.pool

    async def rows(self, sql: str, *params: Any) -> list[Any]:
        """Read rows."""
        found: list[Any] = await (await self.start()).fetch(sql.format("$1", "$2"), *params)
        return found

    async def write(self, sql: str, *params: Any) -> None:
        """Write."""
        await (await self.start()).execute(sql.format("$1", "$2"), *params)

    async def tags(self, keys: list[int]) -> list[Any]:
        """Read the tags of articles."""
        found: list[Any] = await (await self.start()).fetch(
            "SELECT x.article_id, t.id, t.name FROM article_tags x "
            "JOIN tag t ON t.id = x.tag_id WHERE x.article_id = ANY($1)",
            keys,
        )
        return found


db: Any = Sqlite() if VENDOR == "sqlite" else Postgres()


async def one() -> Any:
    """Read one row."""
    (row,) = await db.rows("SELECT id, number FROM world WHERE id = {0}", some_id())
    return {"id": row[0], "number": row[1]}


async def queries() -> Any:
    """Read twenty rows, one by one."""
    return [await one() for _ in range(20)]


async def updates() -> Any:
    """Read and change twenty rows, one by one."""
    found = [await one() for _ in range(20)]
    for row in found:
        row["number"] = some_id()
        await db.write("UPDATE world SET number = {0} WHERE id = {1}", row["number"], row["id"])
    return found


async def fortunes() -> str:
    """Render the page."""
    return page([tuple(row) for row in await db.rows("SELECT id, message FROM fortune")])


async def articles() -> Any:
    """List a hundred articles with author and tags."""
    rows = await db.rows(LIST, some_start(), PAGE)
    found = {
        row[0]: {
            "id": row[0],
            "title": row[1],
            "body": row[2],
            "author": {"id": row[3], "name": row[4]},
            "tags": [],
        }
        for row in rows
    }
    for article, key, name in await db.tags(list(found)):
        found[article]["tags"].append({"id": key, "name": name})
    return list(found.values())


async def insert() -> Any:
    """Insert a row."""
    await db.write("INSERT INTO note (text) VALUES ({0})", "a note")
    return {"done": True}


ROUTES = {
    "/row": one,
    "/queries": queries,
    "/updates": updates,
    "/fortunes": fortunes,
    "/articles": articles,
    "/insert": insert,
}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    answer = await ROUTES[scope["path"]]()
    is_text = isinstance(answer, str)
    body = answer.encode() if is_text else json.dumps(answer, separators=(",", ":")).encode()
    kind = b"text/html; charset=utf-8" if is_text else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
