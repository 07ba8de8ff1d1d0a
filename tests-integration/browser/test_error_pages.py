"""The error pages of development in a browser: what they say, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).with_name("error_site.py")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(serve: Callable[..., str]) -> str:
    return serve(SITE)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("filter", "Did you mean 'title'?"),
        ("name", "Did you mean 'word'?"),
        ("nmae", "Did you mean 'name.html'?"),
    ],
)
def test_a_page_says_what_is_wrong_and_where(
    browser: Any, address: str, name: str, said: str
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/{name}/")
    assert said in page.inner_text("header")
    if name != "nmae":
        marked = page.locator("section, main").locator(".line").first
        assert marked.inner_text().split()[0] == "3"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_read(browser: Any, address: str, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    for name in ("filter", "name", "nmae"):
        page.goto(f"{address}/{name}/")
        found = Axe().run(page).response["violations"]
        assert found == [], [(entry["id"], entry["nodes"]) for entry in found]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(shade.split("(")[1].split(",")[0]) > 128) is (scheme == "light")
    context.close()
