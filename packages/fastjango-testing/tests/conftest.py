"""Settings and an application for the tests of the test tools."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastjango.core.conf import override_settings, settings


@pytest.fixture(scope="module", autouse=True)
def configured() -> Iterator[None]:
    """Settings for these tests, whatever else runs in the process."""
    if not settings.configured:
        settings.configure(SECRET_KEY="x" * 50)
    with override_settings(ALLOWED_HOSTS=["testserver", "other.com"]):
        yield


@pytest.fixture
def apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder whose pytests hear nothing of the run around them.

    That one tells its own processes which worker they are and which settings they have.
    """
    ours = ("PYTEST_", "FASTJANGO_", "DJANGO_", "DATABASE_URL")
    for name in os.environ:
        if name.startswith(ours) and name != "PYTEST_CURRENT_TEST":  # which pytest takes away
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    return pytester


@pytest.fixture
def site() -> Any:
    """An application with views of all kinds."""
    from fastjango.http import (
        FastJango,
        HttpRequest,
        HttpResponse,
        HttpResponseRedirect,
        JsonResponse,
        StreamingHttpResponse,
    )
    from fastjango.http.urls import path

    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        events.append("start")
        yield {"from_lifespan": "state"}
        events.append("stop")

    def index(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<p>Hello</p>", headers={"X-Thread": threading.current_thread().name})

    async def on_loop(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return HttpResponse(threading.current_thread().name)

    def echo(request: HttpRequest) -> JsonResponse:
        return JsonResponse(
            {
                "method": request.method,
                "get": dict(request.GET.lists()),
                "post": dict(request.POST.lists()),
                "files": {name: file.read().decode() for name, file in request.FILES.items()},
                "body": "" if "form" in str(request.content_type) else request.body.decode(),
                "type": request.content_type,
                "header": request.headers.get("X-Extra"),
                "secure": request.is_secure(),
                "host": request.get_host(),
                "address": request.META["REMOTE_ADDR"],
                "cookies": request.COOKIES,
            }
        )

    def redirect(request: HttpRequest, to: str) -> HttpResponse:
        targets = {
            "index": "/",
            "echo": "/echo/?x=1",
            "relative": "../index/",
            "loop": "/redirect/loop/",
            "other": "http://other.com:8000/echo/",
            "bare": "http://other.com",
            "secure": "https://testserver/echo/",
            "far": "http://far.example/",
        }
        return HttpResponseRedirect(targets[to])

    def keep(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect("/echo/?kept=1", preserve_request=True)

    def count(request: HttpRequest, number: int) -> HttpResponse:
        return HttpResponseRedirect(f"/count/{number + 1}/")

    def cookie(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("set")
        response.set_cookie("flavour", "plain")
        return response

    def fail(request: HttpRequest) -> HttpResponse:
        raise ValueError("the view broke")

    def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter(["a", "b"]))

    app = FastJango(
        urlpatterns=[
            path("", index),
            path("loop/", on_loop),
            path("echo/", echo),
            path("redirect/<str:to>/", redirect),
            path("index/", index),
            path("keep/", keep),
            path("count/<int:number>/", count),
            path("cookie/", cookie),
            path("fail/", fail),
            path("stream/", stream),
        ],
        lifespan=lifespan,
    )

    @app.get("/typed/{number}")
    async def typed(number: int) -> dict[str, int]:
        return {"number": number}

    @app.post("/typed")
    async def typed_body(data: dict[str, int]) -> dict[str, int]:
        return data

    app.state.events = events
    return app
