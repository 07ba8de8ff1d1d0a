"""Where the N+1 guard says that repeated queries come from, in pages and JSON answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.functional import SimpleLazyObject
from fastjango.http import FastJango, HttpRequest, HttpResponse, JsonResponse, path
from fastjango.orm import connection, connections, models
from fastjango.orm.models import FETCH_ONE
from fastjango.templates import engines
from starlette.testclient import TestClient


class PlaceShelf(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class PlaceBook(models.Model):
    shelf = models.ForeignKey(PlaceShelf, models.CASCADE, related_name="books")

    class Meta:
        app_label = "orm"


PAGE = """<ul>
{% for book in books %}
<li>{{ book.shelf.name }}</li>
{% endfor %}
</ul>
"""


def books() -> Any:
    return PlaceBook.objects.fetch_mode(FETCH_ONE)


def page(request: HttpRequest) -> HttpResponse:
    template = engines["jinja2"].get_template("books.html")
    return HttpResponse(template.render({"books": books()}, request))


def json(request: HttpRequest) -> JsonResponse:
    return JsonResponse([book.shelf.name for book in books()], safe=False)


async def ajson(request: HttpRequest) -> JsonResponse:
    shelves: Any = PlaceShelf.objects.all()
    found = [await shelf.books.acount() async for shelf in shelves]
    return JsonResponse(found, safe=False)


def operation() -> list[str]:
    return [book.shelf.name for book in books()]


def lazy(request: HttpRequest) -> HttpResponse:
    for number in range(12):
        # A query that something lazy asks while it is being made.
        shelf: Any = SimpleLazyObject(lambda: PlaceShelf.objects.order_by("pk").first())
        assert shelf.name == "s0", number
    return HttpResponse("")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "books.html").write_text(PAGE)
    entry = {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    connections.reconfigure({"default": entry})
    with connection.schema_editor() as editor:
        editor.create_model(PlaceShelf)
        editor.create_model(PlaceBook)
    for number in range(12):
        PlaceBook.objects.create(shelf=PlaceShelf.objects.create(name=f"s{number}"))
    views = {"page": page, "json": json, "ajson": ajson, "lazy": lazy}
    templates = {"BACKEND": "fastjango.templates.backends.jinja2.Jinja2", "DIRS": [str(tmp_path)]}
    with override_settings(DEBUG=True, TEMPLATES=[templates]):
        app = FastJango(urlpatterns=[path(f"{name}/", view) for name, view in views.items()])
        app.get("/operation")(operation)
        with TestClient(app) as found:
            yield found
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})


def reported(caplog: pytest.LogCaptureFixture) -> str:
    (found,) = (r.getMessage() for r in caplog.records if r.name == "fastjango.orm.nplusone")
    return found


def test_a_template_is_named_with_its_own_line(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/page/").text.count("<li>") == 12
    message = reported(caplog)
    assert f"at {tmp_path / 'books.html'}:3: " in message
    assert message.endswith("PlaceBook.objects.select_related('shelf').")


@pytest.mark.parametrize(
    ("place", "advice"),
    [
        ("/json/", "PlaceBook.objects.select_related('shelf')"),
        ("/operation", "PlaceBook.objects.select_related('shelf')"),
        ("/ajson/", "PlaceShelf.objects.prefetch_related('books')"),
    ],
)
def test_a_view_is_named_with_its_line(
    client: TestClient, place: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(client.get(place).json()) == 12
    message = reported(caplog)
    assert f"at {__file__}:" in message
    assert message.endswith(f"To make it one query: {advice}.")


def test_looking_for_the_code_does_not_wake_what_is_lazy(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/lazy/").status_code == 200
    assert "load the rows in one query before the loop" in reported(caplog)
