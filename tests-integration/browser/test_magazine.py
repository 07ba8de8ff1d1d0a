"""The demo's pages in a real browser: writing, editing, commenting, by keyboard, without scripts.

Every page is looked at in light and in dark, wide and narrow: axe finds nothing, and no page is
wider than the window.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import demo
import pytest
from pytest_services import made_once

PASSWORD = "Engine-1843-x"  # of an account of this test
MAKE_USERS = f"""
import os
os.environ["FASTJANGO_SETTINGS_MODULE"] = "magazine.settings"
from fastjango.core import setup
setup()
from fastjango.auth import get_user_model
for name in ("ada", "eve"):
    get_user_model().objects.create_user(name, name + "@example.com", {PASSWORD!r})
"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make the demo, give it two writers, and serve it."""
    folder = tmp_path_factory.mktemp("magazine") / "demo"
    shutil.copytree(made_once("demo", lambda made: demo.make(made, 200)), folder)
    command = [sys.executable, "-c", MAKE_USERS]
    subprocess.run(command, cwd=folder, env=demo.environment(), check=True)
    port = demo.free_port(0)
    server = subprocess.Popen(demo.server_command(port), cwd=folder, env=demo.environment())
    try:
        demo.wait_until_up(server, port)
        yield f"http://{demo.HOST}:{port}"
    finally:
        demo.stop(server)


def by_keyboard(page: Any, **values: str) -> None:
    """Fill the page's form from its first field on, with Tab and the keys, and send it."""
    names = list(values)
    page.locator(f"main [name={names[0]}]").focus()
    for name in names:
        for _ in range(20):
            if page.evaluate("document.activeElement.name") == name:
                break
            page.keyboard.press("Tab")
        else:
            raise AssertionError(f"Tab does not lead to {name!r}")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(values[name])
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")


def log_in(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}/account/login/")
    page.locator("[name=username], [name=login]").first.fill(name)
    page.fill("[name=password]", PASSWORD)
    page.locator("form:has([name=password]) button").first.click()
    page.get_by_role("link", name=f"Log out {name}").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_writing_editing_and_commenting(browser: Any, address: str, scripts: bool) -> None:
    title = f"Keys and {'scripts' if scripts else 'nothing else'}"
    page = browser.new_context(java_script_enabled=scripts).new_page()
    log_in(page, address, "ada")
    page.goto(f"{address}/write/")
    by_keyboard(page, title=title, summary="Short.", body="One.\n\nTwo <b>.")
    page.get_by_role("heading", name=title, level=1).wait_for()
    assert page.locator(".body p").all_inner_texts() == ["One.", "Two <b>."]

    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    page.get_by_role("heading", name="Edit your article").wait_for()
    assert page.input_value("[name=title]") == title
    by_keyboard(page, body="Three.")
    page.get_by_role("heading", name=title, level=1).wait_for()
    assert page.locator(".body p").all_inner_texts() == ["Three."]

    by_keyboard(page, name="Reader", text="<i>Agreed</i>")
    page.locator(".comment").first.wait_for()
    assert "<i>Agreed</i>" in page.locator(".comment").first.inner_text()


def test_choosing_with_the_mouse(browser: Any, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, address, "ada")
    page.goto(f"{address}/write/")
    page.fill("[name=title]", "Without a script")
    page.fill("[name=body]", "It works.")
    page.get_by_label("Machines").check()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("heading", name="Without a script", level=1).wait_for()
    assert page.locator("article .tags").inner_text() == "Machines"
    page.get_by_role("link", name="Edit", exact=True).click()
    assert page.get_by_label("Machines").is_checked()
    page.fill("[name=title]", "Still without")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Still without", level=1).wait_for()
    page.fill("[name=name]", "Reader")
    page.fill("[name=text]", "Fine.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Fine.").wait_for()


def test_articles_of_others_cannot_be_edited(browser: Any, address: str) -> None:
    page = browser.new_page()
    log_in(page, address, "eve")
    page.goto(f"{address}/")
    page.locator(".card h2 a").first.click()
    page.locator("article h1").wait_for()
    assert page.get_by_role("link", name="Edit", exact=True).count() == 0
    answer = page.goto(page.url.partition("#")[0] + "edit/")
    assert answer.status == 404


def test_who_is_not_known_logs_in_first(browser: Any, address: str) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{address}/write/")
    assert page.url.startswith(f"{address}/account/login/?next=")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    browser: Any, address: str, scheme: str, width: int, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    log_in(page, address, "ada")
    page.goto(f"{address}/write/")
    page.fill("[name=title]", f"Seen {scheme} {width}")
    page.fill("[name=body]", "A text.")
    page.get_by_role("button", name="Publish").click()
    page.locator("article h1").wait_for()
    mine = page.url.partition("#")[0]

    def look(what: str) -> None:
        found = Axe().run(page).response["violations"]
        assert found == [], (what, [(entry["id"], entry["nodes"]) for entry in found])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        page.screenshot(path=tmp_path / f"{what}.png", full_page=True)

    for what, where in {"front": "/", "authors": "/authors/", "write": "/write/"}.items():
        page.goto(address + where)
        look(what)
    for what, where in {"article": mine, "edit": f"{mine}edit/"}.items():
        page.goto(where)
        look(what)
        page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
        page.locator("main form [name=text], main form [name=title]").first.fill("")
        page.locator("main form[method=post] button").click()
        page.locator(".errorlist").first.wait_for()
        look(f"{what} with errors")
    context.close()
