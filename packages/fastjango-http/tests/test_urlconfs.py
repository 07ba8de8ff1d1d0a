"""The URLconf of an application in a single file: `reverse()` finds its patterns."""

import gc
from collections.abc import Callable
from typing import Any

import pytest
from fastjango.http import FastJango, HttpResponse, NoReverseMatch, path, reverse
from fastjango.http.shortcuts import redirect

Ask = Callable[..., Any]


def show(request: Any, name: str = "") -> HttpResponse:
    return HttpResponse(reverse("show", kwargs={"name": "again"}))


async def ashow(request: Any, name: str = "") -> HttpResponse:
    return HttpResponse(reverse("show", kwargs={"name": "again"}))


def leave(request: Any) -> Any:
    return redirect("show", name="there")


@pytest.fixture
def unset(configured: Any) -> None:
    configured(ROOT_URLCONF=None, ALLOWED_HOSTS=["*"])


@pytest.mark.usefixtures("unset")
async def test_reverse_in_a_single_file(ask: Ask) -> None:
    app = FastJango(urlpatterns=[path("a/<str:name>/", show, name="show"), path("out/", leave)])
    assert reverse("show", args=["x"]) == "/a/x/"
    assert (await ask(app, "/a/b/")).text == "/a/again/"
    left = await ask(app, "/out/")
    assert (left.status, left.header("location")) == (302, "/a/there/")


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize("view", [show, ashow])
async def test_each_application_has_its_own(ask: Ask, view: Any) -> None:
    first = FastJango(urlpatterns=[path("first/<str:name>/", view, name="show")])
    second = FastJango(urlpatterns=[path("second/<str:name>/", view, name="show")])
    assert (await ask(first, "/first/x/")).text == "/first/again/"
    assert (await ask(second, "/second/x/")).text == "/second/again/"


@pytest.mark.usefixtures("unset")
def test_patterns_that_are_added_later_count() -> None:
    app = FastJango(urlpatterns=[path("a/", show, name="a")])
    with pytest.raises(NoReverseMatch):
        reverse("b")
    app.add_urlpatterns([path("b/", show, name="b")])
    assert (reverse("a"), reverse("b")) == ("/a/", "/b/")


async def test_the_settings_come_first(ask: Ask, configured: Any) -> None:
    configured(ROOT_URLCONF=(path("root/<str:name>/", show, name="show"),), ALLOWED_HOSTS=["*"])
    app = FastJango(urlpatterns=[path("own/<str:name>/", show, name="show")])
    assert reverse("show", args=["x"]) == "/root/x/"
    assert (await ask(app, "/own/x/")).text == "/root/again/"


@pytest.mark.usefixtures("unset")
def test_applications_are_not_kept_alive() -> None:
    app = FastJango(urlpatterns=[path("a/", show, name="gone")])
    assert reverse("gone") == "/a/"
    from fastjango.http.urlconfs import _youngest
    from fastjango.http.urls import clear_url_caches

    clear_url_caches()
    found = _youngest[0]
    del app
    gc.collect()
    assert found() is None
