import types
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastjango.core import AppConfig
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import asgi
from fastjango.http.asgi import build_site, load_urlpatterns
from fastjango.http.middleware import Exchange, Layer, MiddlewareEntry
from fastjango.http.response import HttpResponse
from fastjango.http.urls import path
from starlette.testclient import TestClient

log: list[str] = []


class Mark(Layer):
    name = b"settings"

    def process_response(self, exchange: Exchange) -> None:
        exchange.add_header(b"x-mark", self.name)


class PluginMark(Mark):
    name = b"plugin"


async def page(request: Any) -> HttpResponse:
    return HttpResponse("page")


async def plugin_page(request: Any) -> HttpResponse:
    return HttpResponse("plugin")


class Plain(AppConfig):
    name = "fastjango.http"
    label = "plain"


class Plugin(AppConfig):
    name = "fastjango.http"
    label = "plugin"

    def routes(self) -> Iterable[Any]:
        return [path("page/", plugin_page), path("plugin/", plugin_page)]

    def middleware(self) -> Iterable[Any]:
        return [MiddlewareEntry(PluginMark, before=(f"{__name__}.Mark",))]

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        log.append("+plugin")
        yield
        log.append("-plugin")


@pytest.fixture
def configs() -> list[AppConfig]:
    module = types.ModuleType("fastjango.http")
    module.__path__ = ["/nowhere"]
    return [Plain("fastjango.http", module), Plugin("fastjango.http", module)]


def test_the_site_of_settings_and_plugins(configured: Any, configs: list[AppConfig]) -> None:
    log.clear()
    configured(ROOT_URLCONF=[path("page/", page)], MIDDLEWARE=[Mark])

    with TestClient(build_site(configs)) as client:
        answer = client.get("/page/")
        assert answer.text == "page"
        assert answer.headers["x-mark"] == "settings, plugin"
        assert client.get("/plugin/").text == "plugin"
        assert client.get("/openapi.json").status_code == 404
        assert client.get("/page", follow_redirects=False).status_code == 404
        assert log == ["+plugin"]
    assert log == ["+plugin", "-plugin"]


def test_api_docs_are_there_while_debugging(configured: Any) -> None:
    configured(DEBUG=True, ROOT_URLCONF=None, MIDDLEWARE=[])

    assert TestClient(build_site([])).get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("module", "title"),
    [("shop.settings", "shop"), ("settings", "FastJango"), (None, "FastJango")],
)
def test_api_docs_have_the_name_of_the_project(
    configured: Any, module: str | None, title: str
) -> None:
    configured(DEBUG=True, ROOT_URLCONF=None, MIDDLEWARE=[], SETTINGS_MODULE=module)

    client = TestClient(build_site([]))
    assert client.get("/openapi.json").json()["info"]["title"] == title
    for page in ("/docs", "/redoc"):
        assert f"<title>{title} - " in client.get(page).text


def test_the_project_is_booted_first(monkeypatch: pytest.MonkeyPatch, configured: Any) -> None:
    booted: list[str] = []
    configured(ROOT_URLCONF=[path("page/", page)])
    monkeypatch.setattr(asgi, "setup", lambda: booted.append("setup"))
    monkeypatch.setattr(asgi, "apps", types.SimpleNamespace(get_app_configs=list))

    app = asgi.get_asgi_application()

    assert booted == ["setup"]
    assert TestClient(app, base_url="http://testserver").get("/page/").text == "page"


def test_patterns_of_a_url_configuration() -> None:
    module = types.ModuleType("urls")
    module.urlpatterns = [path("page/", page)]  # type: ignore[attr-defined]

    assert load_urlpatterns(module) is module.urlpatterns  # type: ignore[attr-defined]
    assert load_urlpatterns(()) == ()
    with pytest.raises(ImproperlyConfigured, match="does not appear to have any patterns"):
        load_urlpatterns("json")
