"""The service finder: named, standing, throwaway or missing, and counted."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_services
import service_kinds
import services
from repository import ROOT

SUITE = """
import pytest

def test_asks(redis_url):
    assert redis_url

@pytest.mark.redis
def test_is_marked():
    pass

def test_needs_nothing():
    pass
"""
CONFTEST = f"""
import sys
sys.path.insert(0, {str(ROOT / "tools")!r})
pytest_plugins = ["pytest_services"]
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small suite of its own, in which no Redis can be found."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SUITE)
    for name in ("FASTJANGO_SERVICES_DIR", "FASTJANGO_REQUIRE_SERVICES", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # A port where nobody listens: named, and so an error to tell instead of a search.
    monkeypatch.setenv("FASTJANGO_TEST_REDIS_URL", f"redis://127.0.0.1:{services.free_port()}/0")
    return pytester


def test_what_is_missing_is_skipped_and_counted(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED 2 tests: Redis is not here: FASTJANGO_TEST_REDIS_URL*"])


def test_what_is_required_fails(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTJANGO_REQUIRE_SERVICES", "1")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=2)
    assert result.ret == 1


def test_asking_for_a_fixture_adds_the_marker(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-m", "redis")
    result.assert_outcomes(skipped=2, deselected=1)


def test_a_named_service_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = service_kinds.SERVICES["redis"]
    monkeypatch.setenv(redis.variable, "redis://127.0.0.1:1/0")
    with pytest.raises(service_kinds.ServiceMissingError, match="where nothing answers"):
        services.find(redis, tmp_path)


def test_a_browser_that_is_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTJANGO_TEST_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(service_kinds.ServiceMissingError, match="which is no file"):
        services.find(service_kinds.SERVICES["browser"], tmp_path)


def test_the_first_answer_is_everybodys(tmp_path: Path) -> None:
    (tmp_path / "redis.json").write_text('{"url": "redis://127.0.0.1:4/0"}')
    assert services.find(service_kinds.SERVICES["redis"], tmp_path) == "redis://127.0.0.1:4/0"
    (tmp_path / "mysql.json").write_text('{"error": "it is gone"}')
    with pytest.raises(service_kinds.ServiceMissingError, match="it is gone"):
        services.find(service_kinds.SERVICES["mysql"], tmp_path)


SERVER = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    connection.sendall(b"+PONG\\r\\n")
    connection.close()
"""


def throwaway(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port)]


def service(start: object = throwaway) -> service_kinds.Service:
    """A service whose server is a few lines of Python, so that every machine can start it."""
    assert callable(start)
    return service_kinds.Service(
        "redis",
        "Fake",
        "redis_url",
        "FASTJANGO_TEST_FAKE_URL",
        1,
        service_kinds._probe_redis,
        start,
    )


def test_a_throwaway_server_is_started_and_ends_with_the_run() -> None:
    state = services.open_state(os.getpid())
    url = services.find(service(), state)
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    assert service_kinds._probe_redis(port)
    services.close_state(state)
    assert not state.exists()
    assert not service_kinds._probe_redis(port)


def test_a_throwaway_server_ends_when_its_run_was_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    state = services.open_state(owner.pid)
    url = services.find(service(), state)
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 20
    while service_kinds._probe_redis(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not service_kinds._probe_redis(port)
    while state.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not state.exists()
    services._watchers.pop().wait()


def test_a_server_that_ends_at_once_is_told_with_its_words() -> None:
    state = services.open_state(os.getpid())

    def start(folder: Path, port: int) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit('no licence')"]

    with pytest.raises(service_kinds.ServiceMissingError, match="no licence"):
        services.find(service(start), state)
    services.close_state(state)
    assert not state.exists()


def test_what_is_made_once_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pytest_services.STATE, str(tmp_path))
    asked: list[Path] = []

    def make(folder: Path) -> None:
        asked.append(folder)
        assert not folder.exists()
        folder.mkdir()
        (folder / "file").touch()
        if len(asked) == 1:
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        pytest_services.made_once("thing", make)
    found = {pytest_services.made_once("thing", make) for _ in range(3)}
    assert found == set(asked)
    assert len(asked) == 2
    services.close_state(tmp_path)  # and nobody waits for it as for a server
    assert not tmp_path.exists()


def test_a_missing_binary_is_named() -> None:
    with pytest.raises(service_kinds.ServiceMissingError, match="no-such-server is not installed"):
        service_kinds._binary("no-such-server")


@pytest.mark.parametrize("marker", ["postgres", "mysql", "redis", "memcached"])
def test_a_strange_server_on_the_port_is_not_taken(marker: str) -> None:
    """Something else listens there: the search goes on instead of failing the tests."""
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    connection.close()

        threading.Thread(target=answer, daemon=True).start()
        assert service_kinds.SERVICES[marker].probe(server.getsockname()[1]) is None
