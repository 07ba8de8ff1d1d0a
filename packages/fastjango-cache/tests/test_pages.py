"""Pages that are kept, and those that are not."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import pytest
from fastjango.cache import cache, caches
from fastjango.cache.middleware import (
    CacheMiddleware,
    FetchFromCacheMiddleware,
    UpdateCacheMiddleware,
)
from fastjango.cache.pages import (
    aget_cache_key,
    alearn_cache_key,
    get_cache_key,
    learn_cache_key,
)
from fastjango.core.conf import override_settings
from fastjango.http import FastJango, HttpRequest, HttpResponse, StreamingHttpResponse, path
from fastjango.http.views.decorators.cache import cache_control, cache_page
from starlette.testclient import TestClient

UPDATE = "fastjango.cache.middleware.UpdateCacheMiddleware"
FETCH = "fastjango.cache.middleware.FetchFromCacheMiddleware"
BOTH = "fastjango.cache.middleware.CacheMiddleware"
LOCMEM = "fastjango.cache.backends.locmem.LocMemCache"

numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def number(request: Any) -> HttpResponse:
    return HttpResponse(str(next(numbers)))


async def anumber(request: Any) -> HttpResponse:
    return HttpResponse(str(next(numbers)))


def own(request: Any) -> HttpResponse:
    response = HttpResponse(str(next(numbers)), headers={"Vary": "Cookie"})
    response.set_cookie("user", "x")
    return response


def varying(request: Any) -> HttpResponse:
    return HttpResponse(str(next(numbers)), headers={"Vary": "X-Kind, Accept-Language"})


def star(request: Any) -> HttpResponse:
    return HttpResponse(str(next(numbers)), headers={"Vary": "*"})


def stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([str(next(numbers)).encode()]))


def missing(request: Any) -> HttpResponse:
    return HttpResponse(str(next(numbers)), status=404)


@cache_control(private=True)
def private(request: Any) -> HttpResponse:
    return number(request)


@cache_control(public=True)
def public(request: Any) -> HttpResponse:
    return number(request)


@cache_control(max_age=0)
def stale(request: Any) -> HttpResponse:
    return number(request)


@cache_control(max_age=1234)
def aged(request: Any) -> HttpResponse:
    return number(request)


VIEWS = [number, anumber, own, varying, star, stream, missing, private, public, stale, aged]


@pytest.fixture(params=[[UPDATE, FETCH], [BOTH]], ids=["two halves", "in one"])
def client(request: pytest.FixtureRequest) -> TestClient:
    """A client of a site that keeps its pages."""
    urls = [path(f"{view.__name__}/", view) for view in VIEWS]
    app = FastJango(urlpatterns=urls, django_middleware=request.param)

    @app.get("/operation")
    async def operation() -> int:
        return next(numbers)

    return TestClient(app)


@pytest.mark.parametrize("page", ["/number/", "/anumber/", "/aged/", "/public/", "/operation"])
def test_a_page_is_kept(client: TestClient, page: str) -> None:
    first = client.get(page)
    second = client.get(page)
    assert first.text == second.text
    assert 0 <= int(second.headers["age"]) < 60
    assert "age" not in first.headers
    wanted = {"/aged/": "max-age=1234", "/public/": "public, max-age=600"}
    assert first.headers["cache-control"] == wanted.get(page, "max-age=600")
    assert "expires" in first.headers
    assert client.get(f"{page}?other").text != first.text
    assert client.head(page).status_code in (200, 405)


@pytest.mark.parametrize(
    "page", ["/own/", "/star/", "/stream/", "/missing/", "/private/", "/stale/"]
)
def test_a_page_is_not_kept(client: TestClient, page: str) -> None:
    assert client.get(page).text != client.get(page).text


def test_only_reading_is_answered_from_the_cache(client: TestClient) -> None:
    first = client.get("/number/").text
    assert client.post("/number/").text != first
    assert client.get("/number/").text == first


def test_a_head_request_finds_its_own_page(client: TestClient) -> None:
    client.head("/number/")
    before = next(numbers)
    client.head("/number/")
    assert next(numbers) == before + 1


def test_pages_differ_by_the_headers_they_depend_on(client: TestClient) -> None:
    a = client.get("/varying/", headers={"X-Kind": "a"}).text
    b = client.get("/varying/", headers={"X-Kind": "b"}).text
    none = client.get("/varying/").text
    empty = client.get("/varying/", headers={"X-Kind": ""}).text
    assert len({a, b, none, empty}) == 4
    assert client.get("/varying/", headers={"X-Kind": "a", "Accept-Language": "de"}).text == a
    assert client.get("/varying/").text == none


def test_what_somebody_proved_to_be_is_not_for_others(client: TestClient) -> None:
    mine = client.get("/number/", headers={"Authorization": "Bearer mine"})
    assert mine.headers["vary"] == "Authorization"
    theirs = client.get("/number/", headers={"Authorization": "Bearer theirs"})
    assert theirs.text != mine.text
    assert client.get("/number/", headers={"Authorization": "Bearer mine"}).text == mine.text
    shared = client.get("/public/", headers={"Authorization": "Bearer mine"})
    assert "vary" not in shared.headers
    assert client.get("/public/").text == shared.text


# --- the decorator --------------------------------------------------------------------------


def make_request(path: str = "/x", method: str = "GET", **headers: str) -> Any:
    request: Any = HttpRequest()
    request.method = method
    request.path = request.path_info = path
    request.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **headers}
    return request


@override_settings(ALLOWED_HOSTS=["*"])
def test_one_view_is_kept() -> None:
    view = cache_page(60, key_prefix="p")(number)
    assert view(make_request()).content == view(make_request()).content
    assert view(make_request("/y")).content != view(make_request()).content
    assert view(make_request()).headers["Cache-Control"] == "max-age=60"
    aview = cache_page(60)(anumber)

    async def check() -> None:
        first = (await aview(make_request("/a"))).content
        assert (await aview(make_request("/a"))).content == first

    asyncio.run(check())


def test_one_view_in_another_cache() -> None:
    setting = {"default": {"BACKEND": LOCMEM}, "pages": {"BACKEND": LOCMEM, "LOCATION": "pages"}}
    with override_settings(CACHES=setting):
        view = cache_page(60, cache="pages")(number)
        first = view(make_request()).content
        cache.clear()
        assert view(make_request()).content == first
        caches["pages"].clear()
        assert view(make_request()).content != first


class Late(HttpResponse):
    """A response that is rendered after the view, as template responses are."""

    def __init__(self) -> None:
        super().__init__()
        self.callbacks: list[Any] = []

    def render(self) -> None:
        self.content = str(next(numbers))
        callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            callback(self)

    def add_post_render_callback(self, callback: Any) -> None:
        self.callbacks.append(callback)


def test_a_late_page_is_kept_when_it_is_rendered() -> None:
    view = cache_page(60)(lambda request: Late())
    first = view(make_request("/late"))
    first.render()
    assert view(make_request("/late")).content == first.content

    async def late(request: Any) -> Any:
        return Late()

    aview = cache_page(60)(late)

    async def check() -> None:
        first = await aview(make_request("/alate"))
        first.render()
        for _ in range(5):
            await asyncio.sleep(0)
        assert (await aview(make_request("/alate"))).content == first.content

    asyncio.run(check())

    async def begin() -> Any:
        return await aview(make_request("/mixed"))

    mixed = asyncio.run(begin())
    mixed.render()
    assert asyncio.run(begin()).content == mixed.content


# --- keys -----------------------------------------------------------------------------------


@override_settings(ALLOWED_HOSTS=["testserver"])
def test_keys_are_those_of_django() -> None:
    request, response = make_request("/path/"), HttpResponse()
    assert get_cache_key(request) is None
    with override_settings(USE_I18N=False, USE_TZ=False):
        key = learn_cache_key(request, response)
        url = md5(b"http://testserver/path/").hexdigest()
        assert key == f"views.decorators.cache.cache_page..GET.{url}.{md5(b'').hexdigest()}"
        assert get_cache_key(request) == key
        assert get_cache_key(request, key_prefix="other") is None
    localized = learn_cache_key(request, response, 10, "pre", caches["default"])
    assert ".pre.GET." in localized
    assert localized.count(".") > key.count(".")

    async def check() -> None:
        learned = await alearn_cache_key(request, response, 10, "pre")
        assert learned == localized
        assert await aget_cache_key(request, "pre") == localized
        assert await aget_cache_key(request, "never") is None

    asyncio.run(check())


def test_the_halves_by_hand() -> None:
    def view(request: Any) -> HttpResponse:
        return number(request)

    both = CacheMiddleware(view)
    assert (both.key_prefix, both.cache_alias) == ("", "default")
    request = make_request("/hand")
    assert both.process_request(request) is None
    response = both.process_response(request, view(request))
    assert both.process_request(make_request("/hand")).content == response.content
    with override_settings(CACHE_MIDDLEWARE_KEY_PREFIX="s", CACHE_MIDDLEWARE_ALIAS="other"):
        own = CacheMiddleware(view, cache_timeout=5, key_prefix=None, cache_alias=None)
        assert (own.key_prefix, own.cache_alias, own.cache_timeout) == ("", "default", 5)
        assert UpdateCacheMiddleware(view).cache_alias == "other"
        assert FetchFromCacheMiddleware(view).key_prefix == "s"
    untouched = make_request("/never-looked-up")
    assert UpdateCacheMiddleware(view).process_response(untouched, response) is response
