"""Settings classes: types, defaults, mistakes and masks."""

from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
from fastjango.core import AppConfig, schema
from fastjango.core.conf import CoreSettings, PluginSettings, override_settings, settings
from fastjango.core.exceptions import ImproperlyConfigured, PluginError, SettingsError
from fastjango.core.functional import empty, lazy, lazystr
from fastjango.core.schema import decode, default, mask, problems


class ShopSettings(PluginSettings):
    SHOP_NAME: str
    SHOP_LIMIT: int = 10
    SHOP_RATIO: float | None = None
    SHOP_OPEN: bool = True
    SHOP_TAGS: list[str] = []
    SHOP_PAUSE: timedelta = timedelta(seconds=5)
    SHOP_PASSWORD: int = 0
    SHOP_OPTIONS: dict[str, Any] = {}


class ShopConfig(AppConfig):
    name = "shop"
    settings_class = ShopSettings


@pytest.fixture
def shop(package, monkeypatch):
    package({"shop/__init__.py": ""})
    config = ShopConfig.build("shop")
    monkeypatch.setattr(schema.apps, "app_configs", {"shop": config})
    return [config]


@pytest.fixture
def module(package, monkeypatch):
    """Settings from a module and the environment."""
    before = settings._wrapped

    def read(text, **environment):
        package({"module_settings.py": text})
        monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "module_settings")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings._wrapped = empty
        return settings

    yield read
    settings._wrapped = before


def test_the_typed_view_is_live(configured, shop):
    configured(SHOP_NAME="Books")
    view = ShopSettings.current()
    assert (view.SHOP_NAME, view.SHOP_LIMIT) == ("Books", 10)
    assert ShopSettings.current() is view
    with override_settings(SHOP_LIMIT=3):
        assert ShopSettings.current().SHOP_LIMIT == 3
    assert ShopSettings.current().SHOP_LIMIT == 10
    assert CoreSettings.current().TIME_ZONE == "Europe/Berlin"
    with pytest.raises(Exception, match="frozen"):
        view.SHOP_LIMIT = 4


def test_lazy_texts_stay_lazy(configured, shop):
    said = "Bücher"

    def name():
        return said

    lazy_name = lazy(name, str)()
    configured(
        SHOP_NAME=lazy_name,
        SHOP_TAGS=[lazy_name, "x"],
        SHOP_OPTIONS={"titles": ({"a": lazy_name},)},
    )
    assert problems(shop) == []
    view = ShopSettings.current()
    assert view.SHOP_NAME == "Bücher"
    said = "Livres"
    assert (view.SHOP_NAME, view.SHOP_TAGS, settings.SHOP_NAME) == (
        "Livres", ["Livres", "x"], "Livres"
    )  # fmt: skip
    assert view.SHOP_OPTIONS == {"titles": ({"a": "Livres"},)}
    assert ShopSettings(SHOP_NAME=lazy_name).SHOP_NAME == "Livres"


def test_a_lazy_text_is_no_number(configured, shop):
    configured(SHOP_NAME=lazystr("x"), SHOP_LIMIT=lazystr("many"), SHOP_TAGS=lazystr("a"))
    assert problems(shop) == [
        "SHOP_LIMIT = 'many' is a text where int is expected.",
        "SHOP_TAGS = 'a' is wrong: Input should be a valid list.",
    ]


def test_a_lazy_secret_is_masked(configured, shop):
    configured(SHOP_NAME="x", SHOP_PASSWORD=lazystr("hunter2"))
    assert problems(shop) == [f"SHOP_PASSWORD = {schema._MASK!r} is a text where int is expected."]
    assert mask("X", [lazystr("redis://me:hunter2@host")]) == [f"redis://me:{schema._MASK}@host"]


def test_a_view_by_hand(configured, shop):
    assert ShopSettings(SHOP_NAME="x", SHOP_LIMIT=2).SHOP_LIMIT == 2


def test_current_reports_mistakes(configured, shop, monkeypatch):
    configured(SHOP_LIMIT="many")
    with pytest.raises(SettingsError) as caught:
        ShopSettings.current()
    assert caught.value.problems == [
        f"SHOP_NAME is not set, and {__name__}.ShopSettings requires it. Set it in the "
        f"settings "
        f"module.",
        "SHOP_LIMIT = 'many' is wrong: Input should be a valid integer, unable to parse "
        "string as an integer.",
    ]
    settings._wrapped = empty
    monkeypatch.delenv("FASTJANGO_SETTINGS_MODULE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="settings are not configured"):
        ShopSettings.current()
    assert ShopSettings(SHOP_NAME="x").SHOP_OPEN


def test_defaults_come_from_the_owner(configured, shop):
    assert settings.SHOP_LIMIT == 10
    assert default("SIGNING_BACKEND") == "fastjango.core.signing.TimestampSigner"
    with pytest.raises(AttributeError, match="The setting SHOP_NAME has no default"):
        default("SHOP_NAME")
    with pytest.raises(
        AttributeError,
        match=r"'Settings' object has no attribute 'SHOP_TAG'. Did you mean 'SHOP_TAGS'",
    ):
        default("SHOP_TAG")


def test_installed_plugins_answer_without_being_selected(configured):
    owners = list(schema.settings_classes([]))
    assert owners[0] is CoreSettings
    modules = {owner.__module__.rpartition(".")[0] for owner in owners[1:]}
    assert all(name.startswith("fastjango.") for name in modules)


def test_a_broken_installed_plugin_is_passed_over(monkeypatch):
    class Broken:
        @property
        def config_class(self):
            raise PluginError("x", "y", "z", "w")

    monkeypatch.setattr(schema, "_installed", lambda: [Broken()])
    assert list(schema.settings_classes([])) == [CoreSettings]


def test_a_settings_class_by_path(shop):
    for path in (f"{__name__}:ShopSettings", f"{__name__}.ShopSettings"):
        shop[0].settings_class = path
        import sys

        assert next(iter(list(schema.settings_classes(shop))[1:2])).__name__ == "ShopSettings"
        assert sys.modules[__name__]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SHOP_OPEN", "off", False),
        ("SHOP_LIMIT", "12", 12),
        ("SHOP_RATIO", "1.5", 1.5),
        ("SHOP_TAGS", "a, b,", ["a", "b"]),
        ("SHOP_TAGS", '["a,b"]', ["a,b"]),
        ("SHOP_PAUSE", "PT2S", timedelta(seconds=2)),
        ("SHOP_OPTIONS", '{"a": 1}', {"a": 1}),
        ("SHOP_NAME", "12", "12"),
    ],
)
def test_decoding(configured, shop, name, text, value):
    assert decode(name, text, None) == value


def test_decoding_names_nobody_owns(configured):
    assert decode("MINE", "x", None) == "x"
    assert decode("MINE", "4", 3) == 4
    assert decode("MINE", "a,b", ["x"]) == ["a", "b"]
    assert decode("MINE", {"a": 1}, {"b": 2}) == {"b": 2, "a": 1}
    assert decode("MINE", {"a": 1}, None) == {"a": 1}
    assert decode("MINE", 25, None) == 25


def test_decoding_fails_with_masked_values(configured, shop):
    with pytest.raises(
        SettingsError, match="SHOP_LIMIT = 'x' is wrong: Input should be a valid integer"
    ):
        decode("SHOP_LIMIT", "x", None)
    with pytest.raises(SettingsError) as caught:
        decode("SHOP_PASSWORD", "hunter2", None)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SettingsError, match=r"SHOP_TAGS = '\[1' is not valid JSON"):
        decode("SHOP_TAGS", "[1", None)
    error = SettingsError(["x"])
    with pytest.raises(SettingsError) as caught:
        decode("DATABASES", error, None)
    assert caught.value is error


def test_masks():
    hidden = schema._MASK
    assert mask("SECRET_KEY", "x") == hidden
    assert mask("SECRET_KEY", "") == ""
    pair = namedtuple("pair", "url weight")("redis://me:hunter2@host", 1)
    assert mask("SERVERS", [pair]) == [(f"redis://me:{hidden}@host", 1)]
    assert mask("SECRET_KEY_FALLBACKS", ["a", b"b"]) == [hidden, hidden]
    assert mask("DATABASES", {"default": {"PASSWORD": "x", "NAME": "y"}}) == {
        "default": {"PASSWORD": hidden, "NAME": "y"}
    }
    assert mask("X", "redis://me:pw@host/0") == f"redis://me:{hidden}@host/0"
    assert mask("X", ("redis://:pw@host", 3)) == (f"redis://:{hidden}@host", 3)
    assert mask("EMAIL_HOST_PASSWORD", 3) == 3


def test_no_problems(configured, shop):
    configured(SHOP_NAME="x", INSTALLED_APPS=("shop",), OWN_THING=1)
    assert problems(shop) == []


def test_every_mistake_at_once(module, shop):
    module(
        "DEBUG = 'False'\nSHOP_LIMIT = '5'\nSHOP_RATIO = '1'\nSHOP_TAGS = "
        "'a'\nSHOP_OPTIONS = {1: 2}\n"
        "INSTALED_APPS = []\nSHOP_PASSWORD = 'hunter2'\nBASE_DIR = '/x'\nOWN_THING = 3\n",
        FASTJANGO_SHOP_OPEN="perhaps",
        FASTJANGO_SHOP_NAMES="x",
    )
    found = problems(shop)
    assert sorted(found) == sorted(
        [
            "DEBUG = 'False' is a text where bool is expected.",
            "SHOP_OPEN = 'perhaps' (from the environment, FASTJANGO_SHOP_OPEN) is wrong: Input "
            "should be a valid boolean, unable to interpret input.",
            "SHOP_LIMIT = '5' is a text where int is expected.",
            "SHOP_RATIO = '1' is a text where float is expected.",
            f"SHOP_PASSWORD = {schema._MASK!r} is a text where int is expected.",
            f"SHOP_NAME is not set, and {__name__}.ShopSettings requires it. Set it in the "
            "settings module.",
            "SHOP_TAGS = 'a' is wrong: Input should be a valid list.",
            "SHOP_OPTIONS = {1: 2} is wrong at 1.[key]: Input should be a valid string.",
            "SECRET_KEY is not set. Set it in the settings module or as FASTJANGO_SECRET_KEY.",
            "INSTALED_APPS is not a known setting. Did you mean 'INSTALLED_APPS'? (If it is your "
            "own, rename it, or add 'core.E001' to SILENCED_SYSTEM_CHECKS.)",
            "SHOP_NAMES (from the environment, FASTJANGO_SHOP_NAMES) is not a known setting. Did "
            "you mean 'SHOP_NAME'? (If it is your own, rename it, or add 'core.E001' to "
            "SILENCED_SYSTEM_CHECKS.)",
        ]
    )


def test_secrets_of_wrong_types_are_described_without_them(configured, shop):
    configured(SHOP_NAME="x", SHOP_PASSWORD=["hunter2"])
    assert problems(shop) == [f"SHOP_PASSWORD = [{schema._MASK!r}] is wrong: int type."]


def test_short_secrets(module, shop):
    shop.clear()
    module("SECRET_KEY = 'short'")
    assert problems(shop) == [
        "SECRET_KEY has 5 characters, too few for production (DEBUG is off): give it at least 32, "
        "50 or more for `check --deploy`."
    ]
    settings._wrapped.DEBUG = True
    assert problems(shop) == []


def test_unknown_names_can_be_silenced(configured):
    configured(INSTALED_APPS=[], SILENCED_SYSTEM_CHECKS=["core.E001"])
    assert problems([]) == []
    configured(INSTALED_APPS=[])
    assert len(problems([])) == 1


def test_time_zones_must_exist(configured):
    configured(TIME_ZONE="Mars/Olympus")
    assert problems([]) == ["TIME_ZONE = 'Mars/Olympus' is wrong: there is no such time zone."]
