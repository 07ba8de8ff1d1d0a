"""The error pages of development in a browser: what they say, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).with_name("error_site.py")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(SITE), str(port)])
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


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
