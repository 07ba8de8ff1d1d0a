"""Forged requests in a real browser: forms, scripts, WebSockets and logins of other origins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

SITE = Path(__file__).with_name("csrf_site.py")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(SITE, str(tmp_path_factory.mktemp("csrf")))


class Attacker(BaseHTTPRequestHandler):
    """Serves one page, whatever is asked."""

    page = ""

    def do_GET(self) -> None:
        body = self.page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module", params=["127.0.0.1", "localhost"])
def attacker(request: Any) -> Iterator[str]:
    """Another origin: on the site's own host, to which cookies are sent, and on another one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Attacker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{request.param}:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    """A visitor who is logged in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/login/")
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", "of-ada")
    page.get_by_role("button").click()
    page.get_by_role("heading", name="ada").wait_for()
    yield page
    context.close()


def moved(site: str) -> str:
    with urlopen(f"{site}/moved/") as answer:
        return str(answer.read().decode())


def form(target: str, fields: str = "", encoding: str = "") -> str:
    """A page that sends a form as soon as it is open."""
    return (
        f'<!doctype html><form method="post" action="{target}" {encoding}>{fields}</form>'
        "<script>document.forms[0].submit()</script>"
    )


def visit(page: Any, attacker: str, html: str, target: str) -> int:
    """Open the attacker's page; return how the site answered what it sent."""
    Attacker.page = html

    def is_it(answer: Any) -> bool:
        return str(answer.url).startswith(target)

    with page.expect_response(is_it) as answered:
        page.goto(attacker, wait_until="commit")
    page.wait_for_timeout(200)  # a form leads on to the answer's page
    page.wait_for_load_state()
    return int(answered.value.status)


def test_the_sites_own_form_works(page: Any, site: str) -> None:
    before = moved(site).count("form:ada")
    page.goto(f"{site}/transfer/")
    page.get_by_role("button").click()
    page.get_by_role("heading", name="Moved").wait_for()
    assert moved(site).count("form:ada") == before + 1


def test_a_form_of_another_origin_is_refused(page: Any, site: str, attacker: str) -> None:
    before = moved(site)
    target = f"{site}/transfer/"
    token = '<input name="csrfmiddlewaretoken" value="' + "a" * 64 + '">'
    for fields in ("", token):
        assert visit(page, attacker, form(target, fields + '<input name="amount">'), target) == 403
    assert moved(site) == before


def test_a_form_disguised_as_json_is_refused(page: Any, site: str, attacker: str) -> None:
    before = moved(site)
    target = f"{site}/api/"
    fields = """<input name='{"amount": 1, "x": "' value='"}'>"""
    html = form(target, fields, 'enctype="text/plain"')
    assert visit(page, attacker, html, target) == 403
    assert moved(site) == before


def test_a_script_of_another_origin_is_refused(page: Any, site: str, attacker: str) -> None:
    before = moved(site)
    for target in (f"{site}/api/", f"{site}/transfer/"):
        script = f"""<script>fetch("{target}", {{
          method: "POST", mode: "no-cors", credentials: "include", body: "amount=1"}})</script>"""
        assert visit(page, attacker, script, target) == 403
    assert moved(site) == before


def test_the_sites_own_script_works(page: Any, site: str) -> None:
    page.goto(f"{site}/me/")
    status = page.evaluate("fetch('/api/', {method: 'POST'}).then((answer) => answer.status)")
    assert status == 200
    assert moved(site).endswith("api:ada")


TALK = """(url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onmessage = (message) => done(message.data);
  socket.onerror = () => done('refused');
})"""


def test_websockets_are_for_the_sites_own_pages(page: Any, site: str, attacker: str) -> None:
    address = site.replace("http:", "ws:") + "/talk/"
    page.goto(f"{site}/me/")
    assert page.evaluate(TALK, address) == "hello"
    Attacker.page = "<!doctype html><title>Other</title>"
    page.goto(attacker)
    assert page.evaluate(TALK, address) == "refused"


def test_nobody_is_logged_in_by_another_origin(browser: Any, site: str, attacker: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/login/")  # the visitor even has a token of the site's
    fields = '<input name="username" value="mallory"><input name="password" value="of-mallory">'
    target = f"{site}/login/"
    assert visit(page, attacker, form(target, fields), target) == 403
    page.goto(f"{site}/me/")
    page.get_by_role("heading", name="nobody").wait_for()
    context.close()


def test_logging_in_changes_the_secret(browser: Any, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/login/")

    def secret() -> str:
        return str(next(one["value"] for one in context.cookies() if one["name"] == "csrftoken"))

    before = secret()
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", "of-ada")
    page.get_by_role("button").click()
    page.get_by_role("heading", name="ada").wait_for()
    assert secret() != before
    context.close()
