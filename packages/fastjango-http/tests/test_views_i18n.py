"""Choosing a language, and what scripts in the browser need of it."""

import asyncio
import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastjango.core import AppConfig, apps
from fastjango.core import translation as seam
from fastjango.http import FastJango
from fastjango.http.urls import include, path
from fastjango.http.views.catalogs import load_catalog
from fastjango.http.views.i18n import JavaScriptCatalog, JSONCatalog, get_formats, set_language

NODE = shutil.which("node")


def write_catalog(
    folder: Path, language: str, messages: dict[str, str], domain: str = "djangojs"
) -> None:
    """Write a `.mo` file: the format of gettext, version 0."""
    target = folder / language / "LC_MESSAGES" / f"{domain}.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    count = len(pairs)
    offset = 28 + 16 * count
    tables: list[list[tuple[int, int]]] = [[], []]
    data = b""
    for column in (0, 1):
        for pair in pairs:
            tables[column].append((len(pair[column]), offset + len(data)))
            data += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    body = b"".join(struct.pack("<2I", *entry) for table in tables for entry in table)
    target.write_bytes(head + body + data)


PLURAL = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n > 1);\n"
FRENCH = {
    "": PLURAL,
    "tree": "arbre",
    "month\x04May": "mai",
    "%s item\0%s items": "%s objet\0%s objets",
    "</script>\u2028": "fin",
}


class Languages(seam.NullTranslation):
    """A backend that knows which language is active, and no texts."""

    active: str | None = "fr"

    def activate(self, language: str | None) -> None:
        self.active = language

    def get_language(self) -> str | None:
        return self.active

    def check_for_language(self, lang_code: str) -> bool:
        return lang_code in ("fr", "fr-ca", "en", "nl")


@pytest.fixture(autouse=True)
def languages() -> Iterator[Languages]:
    backend = Languages()
    before = seam.install(backend)
    yield backend
    seam.install(before)


@pytest.fixture
def locale(tmp_path: Path, configured: Callable[..., None]) -> Path:
    """A folder of catalogs that LOCALE_PATHS names."""
    write_catalog(tmp_path, "fr", FRENCH)
    configured(LOCALE_PATHS=[tmp_path], LANGUAGE_CODE="en-us")
    return tmp_path


def site(**options: Any) -> FastJango:
    patterns = [
        path("i18n/", include("fastjango.http.urls.i18n")),
        path("js/", JavaScriptCatalog.as_view(**options)),
        path("json/", JSONCatalog.as_view(**options)),
        path("json/<str:packages>/", JSONCatalog.as_view(**options)),
    ]
    return FastJango(urlpatterns=patterns, redirect_slashes=False)


# -- choosing a language ------------------------------------------------------------------------


async def test_a_language_is_kept_in_a_cookie(ask: Any) -> None:
    answer = await ask(site(), "/i18n/setlang/", form={"language": "fr", "next": "/there/"})
    assert (answer.status, answer.header("location")) == (302, "/there/")
    assert answer.header("set-cookie") == "django_language=fr; Path=/"


async def test_the_cookie_is_as_the_settings_say(ask: Any, configured: Any) -> None:
    configured(
        LANGUAGE_COOKIE_NAME="tongue",
        LANGUAGE_COOKIE_AGE=60,
        LANGUAGE_COOKIE_DOMAIN=".example.com",
        LANGUAGE_COOKIE_PATH="/a/",
        LANGUAGE_COOKIE_SECURE=True,
        LANGUAGE_COOKIE_HTTPONLY=True,
        LANGUAGE_COOKIE_SAMESITE="Strict",
    )
    cookie = (await ask(site(), "/i18n/setlang/", form={"language": "fr"})).header("set-cookie")
    assert cookie.startswith("tongue=fr; ")
    for part in (
        "Domain=.example.com",
        "HttpOnly",
        "Max-Age=60",
        "Path=/a/",
        "SameSite=Strict",
        "Secure",
    ):
        assert part in cookie


@pytest.mark.parametrize("language", ["tlh", "", "fr\r\nSet-Cookie: a=b", "../fr", "x" * 500])
async def test_an_unknown_language_sets_no_cookie(ask: Any, language: str) -> None:
    answer = await ask(site(), "/i18n/setlang/", form={"language": language, "next": "/there/"})
    assert (answer.status, answer.header("location")) == (302, "/there/")
    assert answer.header("set-cookie") is None


async def test_a_get_changes_nothing(ask: Any) -> None:
    answer = await ask(site(), "/i18n/setlang/?language=fr&next=/there/")
    assert (answer.status, answer.header("location")) == (302, "/there/")
    assert answer.header("set-cookie") is None


@pytest.mark.parametrize(
    ("form", "headers", "target"),
    [
        ({"next": "//evil.example/"}, {}, "/"),
        (
            {"next": "//evil.example/"},
            {"Referer": "http://testserver/here/"},
            "http://testserver/here/",
        ),
        ({}, {"Referer": "http://evil.example/"}, "/"),
        ({}, {}, "/"),
        ({"next": "/api/"}, {"Accept": "application/json"}, "/api/"),
        ({"next": "//evil.example/"}, {"Accept": "application/json"}, "/"),
    ],
)
async def test_where_it_leads(ask: Any, form: Any, headers: Any, target: str) -> None:
    answer = await ask(site(), "/i18n/setlang/", form={"language": "fr", **form}, headers=headers)
    assert (answer.status, answer.header("location")) == (302, target)


async def test_a_script_that_names_no_page_gets_204(ask: Any) -> None:
    headers = {"Accept": "application/json", "Referer": "http://testserver/here/"}
    answer = await ask(site(), "/i18n/setlang/", form={"language": "fr"}, headers=headers)
    assert answer.status == 204
    assert answer.header("set-cookie") is not None


def test_the_view_is_as_django_names_it() -> None:
    from fastjango.http.urls.i18n import urlpatterns

    assert [one.name for one in urlpatterns] == ["set_language"]
    assert set_language.__doc__


# -- catalogs -----------------------------------------------------------------------------------


async def test_a_catalog_as_json(ask: Any, locale: Path) -> None:
    answer = (await ask(site(), "/json/")).json()
    assert answer["catalog"] == {
        "tree": "arbre",
        "month\x04May": "mai",
        "%s item": ["%s objet", "%s objets"],
        "</script>\u2028": "fin",
    }
    assert answer["plural"] == "(n > 1)"
    assert answer["formats"] == json.loads(json.dumps(get_formats()))
    assert answer["formats"]["FIRST_DAY_OF_WEEK"] in (0, 1)


def test_a_variant_falls_back_to_its_language_and_to_the_site(
    locale: Path, configured: Any
) -> None:
    write_catalog(locale, "fr_CA", {"": PLURAL, "car": "char"})
    write_catalog(locale, "nl", {"": PLURAL, "tree": "boom", "bike": "fiets"})
    configured(LOCALE_PATHS=[locale], LANGUAGE_CODE="nl")
    flat = load_catalog("fr-ca", "djangojs").flat()
    assert (flat["car"], flat["tree"], flat["bike"]) == ("char", "arbre", "fiets")
    # English texts are in the source: nothing of another language stands in for them.
    assert load_catalog("en", "djangojs").flat() == {}
    assert load_catalog(None, "djangojs").flat() == {}
    assert load_catalog("fr", "django").plural is None
    with pytest.raises(ValueError, match="name of a file"):
        load_catalog("fr", "../secrets")


def test_missing_plural_forms_are_empty(locale: Path, configured: Any) -> None:
    write_catalog(locale, "ru", {"": "Plural-Forms: nplurals=3; plural=n%3;\n", "day": "d"})
    configured(LOCALE_PATHS=[locale], LANGUAGE_CODE="fr")
    assert load_catalog("ru", "djangojs").flat()["%s item"] == ["%s objet", "%s objets", ""]


async def test_packages_are_installed_apps(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs: list[AppConfig] = []
    for name in ("first", "second"):
        module = ModuleType(name)
        module.__path__ = [str(tmp_path / name)]
        configs.append(AppConfig(name, module))
        write_catalog(tmp_path / name / "locale", "fr", {"": PLURAL, "who": name, name: name})
    monkeypatch.setattr(apps, "get_app_configs", lambda: configs)
    monkeypatch.setattr(apps, "apps_ready", True)
    # Of all apps, the first wins; of chosen ones, the last.
    assert (await ask(site(), "/json/")).json()["catalog"]["who"] == "first"
    chosen = (await ask(site(packages=["first", "second"]), "/json/")).json()["catalog"]
    assert chosen == {"who": "second", "first": "first", "second": "second"}
    assert (await ask(site(), "/json/second/")).json()["catalog"] == {
        "who": "second",
        "second": "second",
    }
    with pytest.raises(
        ValueError, match=r"Invalid package\(s\) provided to JavaScriptCatalog: other,x"
    ):
        await ask(site(), "/json/first+other+x/")


async def test_the_script_without_a_catalog(ask: Any, languages: Languages) -> None:
    languages.active = "en-us"
    answer = await ask(site(), "/js/")
    assert answer.header("content-type") == 'text/javascript; charset="utf-8"'
    assert "django.pluralidx = function(count) { return (count == 1) ? 0 : 1; };" in answer.text


@pytest.mark.skipif(NODE is None, reason="node is not installed")
async def test_the_script_runs(ask: Any, locale: Path) -> None:
    script = (await ask(site(), "/js/")).text
    assert script.isascii()
    calls = """
console.log(JSON.stringify([
  gettext('tree'), gettext('unknown'), gettext('toString'), gettext_noop('tree'),
  ngettext('%s item', '%s items', 1), ngettext('%s item', '%s items', 2),
  ngettext('dog', 'dogs', 1), ngettext('dog', 'dogs', 2),
  pgettext('month', 'May'), pgettext('other', 'May'), pgettext('other', 'tree'),
  npgettext('none', '%s item', '%s items', 2), gettext('%s item'),
  interpolate('%s of %s', [1, 2]), interpolate('%(a)s!', {a: 'x'}, true),
  get_format('DECIMAL_SEPARATOR'), get_format('nothing'), pluralidx(1), gettext('</script>\\u2028'),
]));
"""
    # Loaded twice, as two catalogs on one page are.
    run = await asyncio.to_thread(
        subprocess.run,
        [
            str(NODE),
            "-e",
            f"(new Function({json.dumps(script + script)})).call(globalThis);{calls}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == [
        "arbre", "unknown", "toString", "tree",
        "%s objet", "%s objets", "dog", "dogs",
        "mai", "May", "tree", "%s objets", "%s objet",
        "1 of 2", "x!", get_formats()["DECIMAL_SEPARATOR"], "nothing", 0, "fin",
    ]  # fmt: skip
