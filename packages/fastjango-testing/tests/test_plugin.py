"""The pytest plugin, in projects of its own, and the live server."""

import asyncio
import socket
import urllib.request
from typing import Any

import pytest
from fastjango.testing.liveserver import LiveServer

SETTINGS = """
SECRET_KEY = "x" * 50
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = []
"""
URLS = """
from fastjango.http import HttpResponse
from fastjango.http.urls import path

urlpatterns = [path("", lambda request: HttpResponse("home"))]
"""
OTHER_URLS = """
from fastjango.http import HttpResponse
from fastjango.http.urls import path

urlpatterns = [path("", lambda request: HttpResponse("other"))]
"""
MANAGE = """
import os

os.environ.setdefault("FASTJANGO_SETTINGS_MODULE", "my_settings")
"""
TESTS = """
import urllib.request

import pytest
from fastjango.core.conf import settings as real
from fastjango.testing import SimpleTestCase


def test_client(client):
    assert client.get("/").content == b"home"


@pytest.mark.urls("other_urls")
def test_urls(client):
    assert client.get("/").content == b"other"


def test_factories(rf, async_rf):
    assert rf.get("/x/").path == async_rf.get("/x/").path == "/x/"


def test_async_client(async_client):
    import asyncio

    async def get():
        return await async_client.get("/")

    assert asyncio.run(get()).content == b"home"


def test_settings(settings):
    settings.ANSWER = 42
    assert real.ANSWER == 42
    assert settings.ROOT_URLCONF == "urls"
    del settings.ROOT_URLCONF
    assert not hasattr(real, "ROOT_URLCONF") or real.ROOT_URLCONF != "urls"


def test_settings_are_put_back():
    assert real.ROOT_URLCONF == "urls"
    assert not hasattr(real, "ANSWER")


def test_live_server(live_server):
    assert urllib.request.urlopen(live_server + "/").read() == b"home"
    assert str(live_server) == live_server.url


class CaseTests(SimpleTestCase):
    def test_it(self):
        self.assertContains(self.client.get("/"), "home")

    async def test_async(self):
        self.assertContains(await self.async_client.get("/"), "home")
"""
ARGUMENTS = (
    "-q",
    "-p",
    "no:schemathesis",  # which takes longer to start than the tests to run
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:asyncio",
    "-p",
    "no:cov",
)


@pytest.fixture
def project(apart: pytest.Pytester) -> pytest.Pytester:
    apart.makepyfile(my_settings=SETTINGS, urls=URLS, other_urls=OTHER_URLS)
    return apart


def test_a_fresh_project_needs_no_conftest(project: pytest.Pytester) -> None:
    project.makepyfile(manage=MANAGE, test_all=TESTS)
    result = project.runpytest_subprocess(*ARGUMENTS)
    result.assert_outcomes(passed=9)


@pytest.mark.parametrize("way", ["option", "ini", "environment"])
def test_settings_can_be_named(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    arguments = ["-c", "pytest.ini", *ARGUMENTS]
    ini = "[pytest]\npythonpath = .\n"
    if way == "option":
        arguments += ["--settings", "my_settings"]
    elif way == "ini":
        ini += "FASTJANGO_SETTINGS_MODULE = my_settings\n"
    else:
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "my_settings")
    project.makefile(".ini", pytest=ini)
    project.makepyfile(
        test_it="def test_it(client):\n    assert client.get('/').status_code == 200"
    )
    project.runpytest_subprocess(*arguments).assert_outcomes(passed=1)


def test_without_a_project_fixtures_say_what_is_missing(project: pytest.Pytester) -> None:
    project.makepyfile(test_it="def test_it(client): pass\ndef test_other(): pass\n")
    result = project.runpytest_subprocess(*ARGUMENTS)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*This fixture needs a FastJango project*"])


def test_a_broken_project_stops_the_run(project: pytest.Pytester) -> None:
    project.makepyfile(
        manage=MANAGE, my_settings="INSTALLED_APPS = ['no_such_app']\nSECRET_KEY='x'*50"
    )
    result = project.runpytest_subprocess(*ARGUMENTS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*settings module 'my_settings' does not start*no_such_app*"])


def test_looking_for_the_project_can_be_turned_off(project: pytest.Pytester) -> None:
    project.makepyfile(
        manage="raise SystemExit\n# FASTJANGO_SETTINGS_MODULE", test_it="def test_it(): pass"
    )
    project.makefile(".ini", pytest="[pytest]\nfastjango_find_project = false\n")
    project.runpytest_subprocess(*ARGUMENTS).assert_outcomes(passed=1)


def test_live_server_serves_an_application(site: Any) -> None:
    with LiveServer(site) as server:
        assert server.url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(server + "/") as response:
            assert response.read() == b"<p>Hello</p>"
    assert site.state.events == ["start", "stop"]


def test_live_server_says_when_it_does_not_start() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match=r"The live server did not start\."):
        LiveServer(failing).start()


def test_live_server_that_cannot_be_made_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise ValueError("no site")

    monkeypatch.setattr("fastjango.http.asgi.get_asgi_application", fail)
    server = LiveServer()
    with pytest.raises(ValueError, match="no site"):
        server.start()
    with socket.socket() as other:  # the port is free again
        other.bind((server.host, server.port))


def test_tags_are_markers(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from fastjango.testing import SimpleTestCase, tag


        @tag("slow", "skip")
        class SlowTests(SimpleTestCase):
            def test_one(self):
                pass

            @tag("nightly")
            def test_two(self):
                pass


        @tag("nightly")
        def test_three():
            pass
        """
    )
    every = [*ARGUMENTS, "--strict-markers", "--settings", "my_settings"]
    project.runpytest_subprocess(*every).assert_outcomes(passed=3)
    for wanted, passed in (("slow", 2), ("nightly", 2), ("not slow", 1), ("slow and nightly", 1)):
        result = project.runpytest_subprocess(*every, "-m", wanted)
        result.assert_outcomes(passed=passed, deselected=3 - passed)


def test_live_server_test_case(project: pytest.Pytester) -> None:
    project.makepyfile(
        manage=MANAGE,
        test_it="""
        import urllib.request
        from fastjango.testing import LiveServerTestCase

        class Tests(LiveServerTestCase):
            def test_it(self):
                self.assertTrue(self.live_server_url.startswith("http://127.0.0.1:"))
                self.assertEqual(self.allowed_host, "127.0.0.1")
                with urllib.request.urlopen(self.live_server_url) as response:
                    self.assertEqual(response.read(), b"home")
        """,
    )
    project.runpytest_subprocess(*ARGUMENTS).assert_outcomes(passed=1)
