"""Environment variables and `.env`, as settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from .exceptions import SettingsError, did_you_mean

__all__ = ["environment", "parse_cache_url", "parse_database_url", "parse_email_url"]

PREFIX = "FASTJANGO_"
DATABASES = {
    "mariadb": "mysql",
    "mysql": "mysql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite3",
    "sqlite3": "sqlite3",
}
CACHES = {
    "dummy": "dummy.DummyCache",
    "file": "filebased.FileBasedCache",
    "db": "db.DatabaseCache",
    "locmem": "locmem.LocMemCache",
    "memcached": "memcached.MemcachedCache",
    "redis": "redis.RedisCache",
    "rediss": "redis.RedisCache",
}
MAILERS = {
    "console": "console",
    "dummy": "dummy",
    "file": "filebased",
    "memory": "locmem",
    "smtp": "smtp",
    "smtps": "smtp",
}


def environment(module: ModuleType | None = None) -> dict[str, Any]:
    """Return the settings that the process environment and `.env` give.

    Args:
        module: The settings module; `.env` is looked for in the folder above its package, then in
            the current folder. `FASTJANGO_ENV_FILE` names another file.

    Returns:
        Texts by setting name for `FASTJANGO_NAME`; for `DATABASE_URL`, `CACHE_URL` and
        `EMAIL_URL` what they mean, or the error to raise when the setting is read.
    """
    variables = {**_dotenv(module), **os.environ}
    found: dict[str, Any] = {}
    for variable, parse in _URLS.items():
        if url := variables.get(variable):
            try:
                found.update(parse(urlsplit(url)))
            except ValueError as error:
                setting = {"DATABASE_URL": "DATABASES", "CACHE_URL": "CACHES"}
                name = setting.get(variable, "EMAIL_BACKEND")
                found[name] = SettingsError([f"{variable} cannot be read: {error}"])
    for variable, text in variables.items():
        if variable.startswith(PREFIX) and variable not in _CONTROL:
            found[variable.removeprefix(PREFIX)] = text
    return found


_CONTROL = {f"{PREFIX}{name}" for name in ("SETTINGS_MODULE", "ENV_FILE", "COLORS")}


def _dotenv(module: ModuleType | None) -> Mapping[str, str]:
    files = [Path(".env")]
    if module is not None and getattr(module, "__file__", None):
        above = 1 if "." in module.__name__ else 0
        files.insert(0, Path(str(module.__file__)).resolve().parents[above] / ".env")
    if given := os.environ.get(f"{PREFIX}ENV_FILE"):
        files = [Path(given)]
    for file in files:
        if file.is_file():
            from dotenv import dotenv_values

            return {name: text for name, text in dotenv_values(file).items() if text is not None}
    return {}


def _chosen(url: SplitResult, choices: Mapping[str, str]) -> str:
    if url.scheme in choices:
        return choices[url.scheme]
    hint = did_you_mean(url.scheme, choices)
    known = ", ".join(sorted(choices))
    raise ValueError(f"its scheme {url.scheme!r} is not one of {known}.{hint}")


def _typed(text: str) -> Any:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.isdecimal() else text


def parse_database_url(url: SplitResult) -> dict[str, Any]:
    """Read `postgres://user:password@host:5432/name?conn_max_age=60` into `DATABASES`.

    Of the query, Django's database options in lower case stay options of the database, and the
    rest goes to the driver. `sqlite:///file.db` is relative, `sqlite:////file.db` absolute,
    `sqlite://:memory:` in memory.
    """
    engine = f"django.db.backends.{_chosen(url, DATABASES)}"
    database: dict[str, Any] = {"ENGINE": engine, "NAME": unquote(url.path.removeprefix("/"))}
    if ":memory:" in url.netloc or not (url.netloc or database["NAME"]):
        database["NAME"] = ":memory:"
    else:
        parts = {"USER": url.username, "PASSWORD": url.password, "HOST": url.hostname}
        database |= {name: unquote(part) for name, part in parts.items() if part}
        if url.port:
            database["PORT"] = str(url.port)
    own = {"CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "ATOMIC_REQUESTS", "AUTOCOMMIT", "TIME_ZONE"}
    query = dict(parse_qsl(url.query))
    options = {name: text for name, text in query.items() if name.upper() not in own}
    database |= {k.upper(): _typed(text) for k, text in query.items() if k not in options}
    return {"DATABASES": {"default": database | ({"OPTIONS": options} if options else {})}}


def parse_cache_url(url: SplitResult) -> dict[str, Any]:
    """Read `redis://host:6379/0`, `locmem://`, `file:///folder` and the like into `CACHES`."""
    cache: dict[str, Any] = {"BACKEND": f"django.core.cache.backends.{_chosen(url, CACHES)}"}
    location = {
        "file": url.path,
        "memcached": url.netloc,
        "redis": url._replace(query="").geturl(),
        "rediss": url._replace(query="").geturl(),
    }.get(url.scheme, url.netloc + url.path.removeprefix("/"))
    cache |= {"LOCATION": location} if location else {}
    cache |= {name.upper(): _typed(text) for name, text in parse_qsl(url.query)}
    return {"CACHES": {"default": cache}}


def parse_email_url(url: SplitResult) -> dict[str, Any]:
    """Read `smtp://user:password@host:587/?tls=true` and the like into the `EMAIL_` settings."""
    backend = f"django.core.mail.backends.{_chosen(url, MAILERS)}.EmailBackend"
    mail: dict[str, Any] = {"EMAIL_BACKEND": backend}
    if url.scheme == "file":
        return mail | {"EMAIL_FILE_PATH": url.path}
    parts = {"HOST": url.hostname, "HOST_USER": url.username, "HOST_PASSWORD": url.password}
    mail |= {f"EMAIL_{name}": unquote(part) for name, part in parts.items() if part}
    mail |= {"EMAIL_PORT": url.port} if url.port else {}
    query = dict(parse_qsl(url.query))
    mail |= {"EMAIL_USE_SSL": True} if url.scheme == "smtps" else {}
    return mail | ({"EMAIL_USE_TLS": bool(_typed(query["tls"]))} if "tls" in query else {})


_URLS = {
    "DATABASE_URL": parse_database_url,
    "CACHE_URL": parse_cache_url,
    "EMAIL_URL": parse_email_url,
}
