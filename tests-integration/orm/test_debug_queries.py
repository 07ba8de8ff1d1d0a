"""The developer's error page shows the SQL of its request; nobody else sees it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import HttpRequest, HttpResponse, path
from fastjango.http.asgi import get_asgi_application
from fastjango.orm import connection, connections
from fastjango.orm.engine.runner import arun
from fastjango.orm.engine.statement import Statement, Steps
from fastjango.orm.nplusone import MAX_QUERIES, request_queries
from starlette.testclient import TestClient


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    connections.reconfigure(
        {"default": {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db.sqlite3")}}
    )
    yield
    connections.reconfigure()


def steps(sql: str, *params: Any) -> Steps[Any]:
    return (yield Statement(sql, params)).rows


def broken(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'in a thread', %s", ["kept to ourselves"])
    del request
    raise ZeroDivisionError


async def abroken(request: HttpRequest) -> HttpResponse:
    await arun(steps("SELECT 'on the loop', ?", "kept to ourselves"))
    raise ZeroDivisionError


async def counted(request: HttpRequest) -> HttpResponse:
    for _ in range(int(request.GET["n"])):
        await arun(steps("SELECT 2"))
        await asyncio.sleep(0)
    return HttpResponse(str(len(request_queries())))


URLPATTERNS = [path("sync/", broken), path("async/", abroken), path("counted/", counted)]


@contextmanager
def site(**options: Any) -> Generator[TestClient]:
    """A visitor of a site with these settings, on the machine that serves it."""
    with override_settings(ROOT_URLCONF=URLPATTERNS, ALLOWED_HOSTS=["*"], **options):
        app = get_asgi_application()

        @app.get("/operation")
        async def operation() -> None:
            await arun(steps("SELECT 'in an operation'"))
            raise ZeroDivisionError

        local = ("127.0.0.1", 50000)
        with TestClient(app, raise_server_exceptions=False, client=local) as visitor:
            yield visitor


@pytest.mark.parametrize(
    ("address", "sql"),
    [
        ("/sync/", "SELECT &#x27;in a thread&#x27;"),
        ("/async/", "SELECT &#x27;on the loop&#x27;"),
        ("/operation", "SELECT &#x27;in an operation&#x27;"),
    ],
)
def test_the_developers_page_lists_the_queries_of_its_request(address: str, sql: str) -> None:
    with site(DEBUG=True) as visitor:
        visitor.get("/counted/?n=1")
        shown = visitor.get(address, headers={"accept": "text/html"})
    assert shown.status_code == 500
    (part,) = re.findall(r">Queries</h3>(.*?)<h\d", shown.text, re.DOTALL)
    assert sql in part
    assert "SELECT 2" not in part
    assert "kept to ourselves" not in part


def test_each_request_has_its_own_list_and_it_ends_somewhere() -> None:
    with site(DEBUG=True, ORM_N_PLUS_ONE_THRESHOLD=0) as visitor:
        assert visitor.get("/counted/?n=2").text == "2"
        assert visitor.get("/counted/?n=3").text == "3"
        assert visitor.get(f"/counted/?n={MAX_QUERIES + 5}").text == str(MAX_QUERIES)
    assert request_queries() == []


def test_nothing_is_kept_where_nobody_debugs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fastjango.testing.environment", raising=False)
    with site(DEBUG=False) as visitor:
        assert visitor.get("/counted/?n=3").text == "0"
        assert "SELECT" not in visitor.get("/async/").text
