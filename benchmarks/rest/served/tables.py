"""The tables of the benchmark over HTTP, and the answers that count as right; for every peer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE shop_author (id integer PRIMARY KEY AUTOINCREMENT, name varchar(100) NOT NULL,
    email varchar(254) NOT NULL);
CREATE TABLE shop_tag (id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL);
CREATE TABLE shop_article (id integer PRIMARY KEY AUTOINCREMENT, title varchar(200) NOT NULL,
    slug varchar(60) NOT NULL, body text NOT NULL, words integer NOT NULL,
    published bool NOT NULL, author_id bigint NOT NULL REFERENCES shop_author (id));
CREATE INDEX shop_article_slug ON shop_article (slug);
CREATE TABLE shop_article_tags (id integer PRIMARY KEY AUTOINCREMENT,
    article_id bigint NOT NULL REFERENCES shop_article (id),
    tag_id bigint NOT NULL REFERENCES shop_tag (id), UNIQUE (article_id, tag_id));
CREATE INDEX shop_article_tags_tag ON shop_article_tags (tag_id);
"""
BODY = ("A body of words. " * 10).strip()
NEW = {"title": "New", "slug": "new", "body": BODY, "words": 40, "published": True, "author": 1}


def fill(file: Path) -> None:
    """Make a database with 100 articles of 10 authors, with 3 tags each."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(TABLES)
        run = connection.executemany
        authors = [(f"Author {i}", f"a{i}@example.com") for i in range(10)]
        run("INSERT INTO shop_author (name, email) VALUES (?, ?)", authors)
        run("INSERT INTO shop_tag (name) VALUES (?)", [(f"tag-{i}",) for i in range(20)])
        articles = [
            (f"Title {i}", f"title-{i}", BODY, i, bool(i % 2), i % 10 + 1) for i in range(100)
        ]
        columns = "title, slug, body, words, published, author_id"
        run(f"INSERT INTO shop_article ({columns}) VALUES (?, ?, ?, ?, ?, ?)", articles)
        pairs = [(i + 1, (i + k) % 20 + 1) for i in range(100) for k in range(3)]
        run("INSERT INTO shop_article_tags (article_id, tag_id) VALUES (?, ?)", pairs)
        connection.commit()


def expected() -> list[dict[str, Any]]:
    """Return the list of 100 as every peer has to answer it."""
    return [
        {
            "id": i + 1, "title": f"Title {i}", "slug": f"title-{i}", "body": BODY, "words": i,
            "published": bool(i % 2),
            "author": {"id": i % 10 + 1, "name": f"Author {i % 10}",
                       "email": f"a{i % 10}@example.com"},
            "tags": [{"id": n, "name": f"tag-{n - 1}"}
                     for n in sorted((i + k) % 20 + 1 for k in range(3))],
        }
        for i in range(100)
    ]  # fmt: skip
