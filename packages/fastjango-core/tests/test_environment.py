"""Environment variables, `.env` and URLs."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from fastjango.core.environment import (
    environment,
    parse_cache_url,
    parse_database_url,
    parse_email_url,
)
from fastjango.core.exceptions import SettingsError

ENGINE = "django.db.backends."


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith("FASTJANGO_") or name.endswith("_URL"):
            monkeypatch.delenv(name)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///db.sqlite3", {"ENGINE": "sqlite3", "NAME": "db.sqlite3"}),
        ("sqlite:////abs/db.sqlite3", {"ENGINE": "sqlite3", "NAME": "/abs/db.sqlite3"}),
        ("sqlite://:memory:", {"ENGINE": "sqlite3", "NAME": ":memory:"}),
        ("sqlite://", {"ENGINE": "sqlite3", "NAME": ":memory:"}),
        (
            "postgres://ada:p%40ss@db.example:5433/my%20site?conn_max_age=60&sslmode=require&atomic_requests=true",
            {
                "ENGINE": "postgresql",
                "NAME": "my site",
                "USER": "ada",
                "PASSWORD": "p@ss",
                "HOST": "db.example",
                "PORT": "5433",
                "CONN_MAX_AGE": 60,
                "ATOMIC_REQUESTS": True,
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        (
            "mariadb://root@localhost/x",
            {"ENGINE": "mysql", "NAME": "x", "USER": "root", "HOST": "localhost"},
        ),
    ],
)
def test_database_urls(url, expected):
    expected["ENGINE"] = ENGINE + expected["ENGINE"]
    assert parse_database_url(urlsplit(url)) == {"DATABASES": {"default": expected}}


@pytest.mark.parametrize(
    ("url", "backend", "rest"),
    [
        (
            "redis://:pw@host:6379/1?timeout=5",
            "redis.RedisCache",
            {"LOCATION": "redis://:pw@host:6379/1", "TIMEOUT": 5},
        ),
        ("locmem://", "locmem.LocMemCache", {}),
        ("locmem://name", "locmem.LocMemCache", {"LOCATION": "name"}),
        ("file:///var/cache", "filebased.FileBasedCache", {"LOCATION": "/var/cache"}),
        ("memcached://a:1", "memcached.MemcachedCache", {"LOCATION": "a:1"}),
        (
            "db://cache_table?key_prefix=x",
            "db.DatabaseCache",
            {"LOCATION": "cache_table", "KEY_PREFIX": "x"},
        ),
    ],
)
def test_cache_urls(url, backend, rest):
    expected = {"BACKEND": f"django.core.cache.backends.{backend}", **rest}
    assert parse_cache_url(urlsplit(url)) == {"CACHES": {"default": expected}}


def test_email_urls():
    parsed = parse_email_url(urlsplit("smtp://me:secret@mail.example:587/?tls=true"))
    assert parsed == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example",
        "EMAIL_HOST_USER": "me",
        "EMAIL_HOST_PASSWORD": "secret",
        "EMAIL_PORT": 587,
        "EMAIL_USE_TLS": True,
    }
    assert parse_email_url(urlsplit("smtps://mail.example"))["EMAIL_USE_SSL"] is True
    assert parse_email_url(urlsplit("file:///tmp/mail"))["EMAIL_FILE_PATH"] == "/tmp/mail"
    assert parse_email_url(urlsplit("console://")) == {
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"
    }


def test_prefixed_variables(monkeypatch):
    monkeypatch.setenv("FASTJANGO_DEBUG", "1")
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "x")
    monkeypatch.setenv("OTHER", "x")
    assert environment() == {"DEBUG": "1"}


def test_dotenv_beside_the_project(tmp_path, monkeypatch):
    (tmp_path / "mysite").mkdir()
    (tmp_path / ".env").write_text(
        "FASTJANGO_DEBUG=1\nFASTJANGO_A='b c'\nEMPTY\nDATABASE_URL=sqlite://\n"
    )
    module = SimpleNamespace(
        __file__=str(tmp_path / "mysite/settings.py"), __name__="mysite.settings"
    )
    monkeypatch.setenv("FASTJANGO_DEBUG", "0")
    found = environment(module)
    assert (found["DEBUG"], found["A"], found["DATABASES"]["default"]["NAME"]) == (
        "0",
        "b c",
        ":memory:",
    )
    flat = SimpleNamespace(__file__=str(tmp_path / "settings.py"), __name__="settings")
    assert environment(flat)["A"] == "b c"
    assert "A" not in environment(SimpleNamespace(__name__="made"))


def test_dotenv_in_the_current_folder_or_named(tmp_path, monkeypatch):
    (tmp_path / "cwd/.env").write_text("FASTJANGO_A=here")
    assert environment() == {"A": "here"}
    (tmp_path / "special").write_text("FASTJANGO_A=there")
    monkeypatch.setenv("FASTJANGO_ENV_FILE", str(tmp_path / "special"))
    assert environment() == {"A": "there"}


@pytest.mark.parametrize(
    ("variable", "setting"),
    [("DATABASE_URL", "DATABASES"), ("CACHE_URL", "CACHES"), ("EMAIL_URL", "EMAIL_BACKEND")],
)
def test_a_wrong_url_is_an_error_of_its_setting(monkeypatch, variable, setting):
    monkeypatch.setenv(variable, "postgress://user:secret@h/x")
    error = environment()[setting]
    assert isinstance(error, SettingsError)
    assert f"{variable} cannot be read: its scheme 'postgress' is not one of" in str(error)
    assert "secret" not in str(error)
    monkeypatch.setenv("DATABASE_URL", "postgres://h:port/x")
    assert "DATABASE_URL cannot be read: Port" in str(environment()["DATABASES"])
