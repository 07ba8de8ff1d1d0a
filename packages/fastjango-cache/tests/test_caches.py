"""`caches` and `cache`: which objects there are, and when they are closed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from fastjango.cache import InvalidCacheBackendError, cache, caches, close_caches
from fastjango.cache.apps import CacheConfig
from fastjango.cache.backends.base import BaseCache
from fastjango.cache.backends.locmem import LocMemCache
from fastjango.cache.checks import (
    check_cache_location_not_exposed,
    check_default_cache_is_configured,
    check_file_based_cache_is_absolute,
)
from fastjango.cache.fragments import make_template_fragment_key
from fastjango.cache.handler import CacheHandler, CacheProxy
from fastjango.cache.serializers import JSONSerializer, PickleSerializer, load_serializer
from fastjango.cache.templates import UnknownFragmentCache, fragment_store
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.signals import request_finished

LOCMEM = "fastjango.cache.backends.locmem.LocMemCache"


class Closing(LocMemCache):
    """A cache that notes when it is closed."""

    closed = 0

    def close(self, **kwargs: Any) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def _empty() -> None:
    cache.clear()


def test_the_default_cache_is_in_memory() -> None:
    cache.set("a", 1)
    assert caches["default"].get("a") == 1
    assert "a" in cache
    assert isinstance(caches["default"], LocMemCache)
    assert cache == caches["default"]
    assert hash(cache) == hash(caches["default"])
    assert repr(cache) == "<CacheProxy alias='default'>"
    cache.noted = 1
    assert caches["default"].noted == 1  # type: ignore[attr-defined]
    del cache.noted
    assert not hasattr(caches["default"], "noted")


def test_each_thread_has_its_own_objects_and_all_have_the_values() -> None:
    assert caches["default"] is caches["default"]
    cache.set("a", 1)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend([caches["default"], cache.get("a")]))
    thread.start()
    thread.join()
    assert found[0] is not caches["default"]
    assert found[1] == 1


def test_an_unknown_alias_and_an_unknown_backend() -> None:
    with pytest.raises(InvalidCacheBackendError, match=r"'defalt' doesn't exist.*'default'"):
        caches["defalt"]
    with (
        override_settings(CACHES={"default": {"BACKEND": "fastjango.cache.backends.redsi.Redis"}}),
        pytest.raises(InvalidCacheBackendError, match="Could not find backend"),
    ):
        caches["default"]


def test_djangos_names_of_backends_lead_here() -> None:
    handler = CacheHandler(
        {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "x"}}
    )
    assert isinstance(handler["default"], LocMemCache)
    assert list(handler) == ["default"]
    assert len(handler.all(initialized_only=True)) == 1
    own = LocMemCache("own", {})
    handler["default"] = own
    assert handler["default"] is own
    del handler["default"]
    assert handler.all(initialized_only=True) == []
    assert handler.all()[0] is not own
    assert CacheProxy(handler, "default").get("nothing") is None


def test_other_settings_make_other_caches() -> None:
    before = caches["default"]
    with override_settings(CACHES={"default": {"BACKEND": LOCMEM, "KEY_PREFIX": "other"}}):
        assert caches["default"] is not before
        assert cache.key_prefix == "other"
    assert cache.key_prefix == ""


def test_settings_that_are_changed_in_place() -> None:
    setting = {"default": {"BACKEND": LOCMEM, "KEY_PREFIX": "one"}}
    with override_settings(CACHES=setting):
        assert cache.key_prefix == "one"
        setting["default"]["KEY_PREFIX"] = "two"
        caches.reset()
        assert cache.key_prefix == "two"


def test_caches_that_want_it_are_closed_after_requests() -> None:
    setting = {"default": {"BACKEND": f"{__name__}.Closing"}}
    handler = CacheHandler({"default": {"BACKEND": LOCMEM}})
    handler["default"] = Closing("closing", {})
    handler.close_all()
    assert handler["default"].closed == 1  # type: ignore[attr-defined]
    asyncio.run(handler.aclose_all())
    assert handler["default"].closed == 2  # type: ignore[attr-defined]
    import sys

    sys.modules.setdefault(__name__, sys.modules[Closing.__module__])
    with override_settings(CACHES=setting):
        found: Any = caches["default"]
        request_finished.send(sender=None)
        assert found.closed == 1
        close_caches()
        assert found.closed == 2


def test_the_site_closes_its_caches_when_it_stops() -> None:
    config: Any = apps.get_app_config("cache")
    assert isinstance(config, CacheConfig)
    closing = Closing("closing", {})

    async def check() -> None:
        before = caches["default"]
        caches["default"] = closing
        try:
            async with config.lifespan(None):
                assert closing.closed == 0
            assert closing.closed == 1
        finally:
            caches["default"] = before

    asyncio.run(check())


def test_serializers() -> None:
    assert load_serializer(None, "default") == "default"
    assert isinstance(load_serializer(JSONSerializer, None), JSONSerializer)
    own = PickleSerializer(protocol=2)
    assert load_serializer(own, None) is own
    assert own.dumps(1)[1] == 2


# --- fragments ------------------------------------------------------------------------------


def test_keys_of_fragments() -> None:
    assert make_template_fragment_key("foo") == (
        "template.cache.foo.d41d8cd98f00b204e9800998ecf8427e"
    )
    keys = {
        make_template_fragment_key("foo", vary)
        for vary in (None, ["ab", "c"], ["a", "bc"], ["abc"], [1], ["1", None])
    }
    assert len(keys) == 6
    assert make_template_fragment_key("foo", [1]) == make_template_fragment_key("foo", ["1"])


def test_fragments_are_kept_where_it_is_said() -> None:
    store = fragment_store("a", [1], None)
    store.set("html", 100)
    assert store.get() == "html"
    assert cache.get(make_template_fragment_key("a", [1])) == "html"
    own = {
        "default": {"BACKEND": LOCMEM},
        "template_fragments": {"BACKEND": LOCMEM, "LOCATION": "fragments"},
    }
    with override_settings(CACHES=own):
        store = fragment_store("a", [1], None)
        assert store.get() is None

        async def check() -> None:
            await store.aset("other")
            assert await store.aget() == "other"

        asyncio.run(check())
        assert caches["template_fragments"].get(make_template_fragment_key("a", [1])) == "other"
        assert fragment_store("a", [1], "default").get() == "html"
    with pytest.raises(UnknownFragmentCache, match="Invalid cache name specified") as caught:
        fragment_store("a", [], "nowhere")
    assert isinstance(caught.value, LookupError)


# --- checks ---------------------------------------------------------------------------------


def test_there_has_to_be_a_default_cache() -> None:
    assert check_default_cache_is_configured(None) == []
    with override_settings(CACHES={"other": {"BACKEND": LOCMEM}}):
        (found,) = check_default_cache_is_configured(None)
    assert found.id == "caches.E001"
    assert "'default' cache in your CACHES" in found.msg


@pytest.mark.parametrize(
    ("folder", "relation"),
    [("media", "matches"), ("media/cache", "is inside"), (".", "contains"), ("other", None)],
)
def test_a_cache_is_not_where_files_are_served(
    tmp_path: Path, folder: str, relation: str | None
) -> None:
    location = str(tmp_path / folder)
    setting = {
        "default": {"BACKEND": LOCMEM},
        "files": {
            "BACKEND": "fastjango.cache.backends.filebased.FileBasedCache",
            "LOCATION": location,
        },
    }
    public = {"MEDIA_ROOT": str(tmp_path / "media")}
    lists = {"STATICFILES_DIRS": [str(tmp_path / "media"), ("prefix", str(tmp_path / "static"))]}
    for more in (public, lists):
        with override_settings(CACHES=setting, **more):
            found = check_cache_location_not_exposed(None)
        assert [one.id for one in found] == (["caches.W002"] if relation else [])
        assert relation is None or f"its LOCATION {relation} {next(iter(more))}" in found[0].msg


def test_the_folder_of_a_cache_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    backend = "fastjango.cache.backends.filebased.FileBasedCache"
    for location, ids in (("relative", ["caches.W003"]), (str(tmp_path / "x"), [])):
        setting = {"default": {"BACKEND": backend, "LOCATION": location}}
        with override_settings(CACHES=setting):
            assert [one.id for one in check_file_based_cache_is_absolute(None)] == ids


def test_the_plugin_offers_its_checks() -> None:
    config: Any = apps.get_app_config("cache")
    assert check_default_cache_is_configured in config.checks()


def test_the_twin_of_close_runs_the_backends_own() -> None:
    asyncio.run(BaseCache({}).aclose())
