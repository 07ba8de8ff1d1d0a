"""A form in a real browser: with CSRF checks, by keyboard, without scripts, and accessible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).with_name("form_site.py")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(serve: Callable[..., str]) -> str:
    return f"{serve(SITE)}/"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_is_sent_by_keyboard(browser: Any, address: str, scripts: bool) -> None:
    page = browser.new_context(java_script_enabled=scripts).new_page()
    page.goto(address)
    page.locator("[name=name]").focus()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("Why?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thanks, Ada").wait_for()


def test_errors_are_shown_and_nothing_is_lost(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.evaluate("document.forms[0].noValidate = true")
    page.fill("[name=text]", "kept")
    page.get_by_role("button").click()
    page.get_by_text("This field is required.").wait_for()
    assert page.input_value("[name=text]") == "kept"
    assert page.get_attribute("[name=name]", "aria-invalid") == "true"


def test_a_forged_token_is_refused(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.fill("[name=name]", "Ada")
    page.fill("[name=text]", "x")
    page.evaluate("document.querySelector('[name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    with page.expect_navigation() as done:
        page.get_by_role("button").click()
    assert done.value.status == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, address: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(color_scheme=scheme).new_page()
    page.goto(address)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
