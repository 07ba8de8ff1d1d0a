"""FastJango: models and asynchronous queries."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings, setup
from pages import FILE, PAGE, PARTS, VENDOR, page, some_id, some_start

DATABASE: dict[str, Any] = {"ENGINE": VENDOR, "NAME": FILE}
if VENDOR == "postgresql":
    DATABASE = {
        "ENGINE": VENDOR,
        "NAME": PARTS.path[1:],
        "USER": PARTS.username,
        "HOST": PARTS.hostname,
        "PORT": str(PARTS.port),
    }
settings.configure(
    SECRET_KEY="only for the benchmark, but long enough for the check",
    INSTALLED_APPS=["fastjango.http", "fastjango.orm", "fastjangobench"],
    DATABASES={"default": DATABASE},
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
)
setup()

from fastjango.http import FastJango  # noqa: E402 - settings come first
from fastjangobench.models import Article, Fortune, Note, World  # noqa: E402 - settings come first
from starlette.responses import HTMLResponse  # noqa: E402 - settings come first

app = FastJango()


@app.get("/row")
async def one() -> Any:
    """Read one row."""
    world = await World.objects.aget(pk=some_id())
    return {"id": world.id, "number": world.number}


@app.get("/queries")
async def queries() -> Any:
    """Read twenty rows, one by one."""
    found = [await World.objects.aget(pk=some_id()) for _ in range(20)]
    return [{"id": world.id, "number": world.number} for world in found]


@app.get("/updates")
async def updates() -> Any:
    """Read and change twenty rows, one by one."""
    found = [await World.objects.aget(pk=some_id()) for _ in range(20)]
    for world in found:
        world.number = some_id()
        await world.asave(update_fields=["number"])
    return [{"id": world.id, "number": world.number} for world in found]


@app.get("/fortunes")
async def fortunes() -> HTMLResponse:
    """Render the page."""
    return HTMLResponse(page([(f.id, f.message) async for f in Fortune.objects.all()]))


@app.get("/articles")
async def articles() -> Any:
    """List a hundred articles with author and tags."""
    query = Article.objects.filter(pk__gt=some_start()).order_by("pk")
    query = query.select_related("author").prefetch_related("tags")[:PAGE]
    return [
        {
            "id": article.id,
            "title": article.title,
            "body": article.body,
            "author": {"id": article.author.id, "name": article.author.name},
            "tags": [{"id": tag.id, "name": tag.name} for tag in article.tags.all()],
        }
        async for article in query
    ]


@app.get("/insert")
async def insert() -> Any:
    """Insert a row."""
    await Note.objects.acreate(text="a note")
    return {"done": True}
