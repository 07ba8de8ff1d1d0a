"""The demo under hostile requests: whatever is sent, the answer is the client's fault, not ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import demo
import pytest
from pytest_services import made_once

pytestmark = pytest.mark.slow
EXAMPLES = os.environ.get("FASTJANGO_SCHEMATHESIS_EXAMPLES", "8")


@dataclass
class Running:
    """A demo that is served."""

    port: int
    log: Path

    def send(self, payload: bytes) -> int:
        """Send raw bytes; return the status of the answer, 0 if there is none."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
            try:
                client.sendall(payload)
                head = client.recv(65536)
            except (ConnectionError, TimeoutError):  # cut, or the rest is waited for
                return 0
        found = re.match(rb"HTTP/1\.1 (\d{3})", head)
        return int(found[1]) if found else 0

    def ask(self, method: str, path: bytes, body: bytes = b"", *headers: bytes) -> int:
        """Send a request with that path, as it is."""
        lines = [method.encode() + b" " + path + b" HTTP/1.1", b"host: 127.0.0.1", *headers]
        if body and not any(line.lower().startswith(b"content-length") for line in headers):
            lines.append(b"content-length: %d" % len(body))
        return self.send(b"\r\n".join([*lines, b"connection: close", b"", body]))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("magazine") / "demo"
    shutil.copytree(made_once("demo", lambda made: demo.make(made, 200)), folder)
    port, log = demo.free_port(0), folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            demo.server_command(port),
            cwd=folder,
            env=demo.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        demo.wait_until_up(process, port)
        yield Running(port, log)
    finally:
        demo.stop(process)


JSON = b"content-type: application/json"
MULTIPART = b"content-type: multipart/form-data; boundary=x"
BODIES = [
    b"",
    b"{",
    b"\xff\xfe",
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'{"title": "\\u0000", "body": "\\ud800", "author": "a"}',
    b'{"title": NaN}',
    b'{"title": 1e400, "author": 100000000000000000000000}',
    b'{"author": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    json.dumps({"title": "t" * 300_000, "body": "b", "author": "a"}).encode(),
    b"null",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    "path", [b"/api/articles", b"/api/articles/1/comments", b"/account/login/"]
)
def test_bodies(running: Running, path: bytes, body: bytes) -> None:
    for method in ("POST", "PUT", "PATCH"):
        assert 400 <= running.ask(method, path, body, JSON) < 500


PATHS = [
    b"/api/articles?page=%00",
    b"/api/articles?page=100000000000000000000000",
    b"/api/articles?page=NaN&limit=-1&offset=1e400",
    b"/api/articles/%00",
    b"/api/articles/%ED%A0%80",
    b"/api/articles/100000000000000000000000",
    b"/articles/%ff/",
    b"/articles/" + b"a" * 20_000 + b"/",
    b"/?" + b"a=1&" * 5_000,
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"//evil.example/",
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_addresses(running: Running, path: bytes) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND"):
        assert 200 <= running.ask(method, path) < 500


HEADERS = [
    (b"cookie: sessionid=\x00; csrftoken=\xff; =;;; a",),
    (b"cookie: " + b"a=b; " * 2_000,),
    (b"accept: \xff, text/*;q=nan, */*;q=1e400",),
    (b"accept-language: \xff;q=x", b"accept-encoding: ;q=,,"),
    (b"if-modified-since: Mon, 99 Foo 99999 99:99:99 GMT", b'if-none-match: "'),
    (b"range: bytes=-99999999999999999999999-",),
    (b"authorization: Bearer \xff", b"origin: http://[", b"referer: http://["),
    (b"authorization: Basic ====", b"x-request-id: \x01"),
    (b"x-forwarded-for: \xff, ,", b"x-forwarded-proto: gopher"),
]


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
def test_headers(running: Running, headers: tuple[bytes, ...]) -> None:
    for path in (b"/", b"/api/articles", b"/account/login/", b"/no/such/page/"):
        for method in ("GET", "POST"):
            assert running.ask(method, path, b"", *headers) < 500


def test_hosts_and_lengths(running: Running) -> None:
    for host in (b"evil.example", b"127.0.0.1:x", b"[", b"\xff", b"a b", b""):
        answer = running.send(b"GET / HTTP/1.1\r\nhost: " + host + b"\r\nconnection: close\r\n\r\n")
        assert answer in (0, 400), host
    for lengths in (b"3\r\ncontent-length: 4", b"-1", b"x", b"99999999999999999999999999"):
        assert running.ask("POST", b"/api/articles", b"{}", b"content-length: " + lengths) in (
            *(0, 400),
            413,
        )
    both = b"content-length: 3\r\ntransfer-encoding: chunked"
    assert running.ask("POST", b"/api/articles", b"0\r\n\r\n", both) < 500


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n1\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="\x00"\r\n\r\n1\r\n--x--',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"\xff" * 1000,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 1500 + b"--x--",
    ],
    ids=range(7),
)
def test_multipart(running: Running, body: bytes) -> None:
    for path in (b"/account/login/", b"/api/articles"):
        for kind in (MULTIPART, b"content-type: multipart/form-data", MULTIPART + b"\xff"):
            assert 400 <= running.ask("POST", path, body, kind) < 500


def test_schemathesis_finds_no_server_error(running: Running, tmp_path: Path) -> None:
    tool = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [str(tool), "run", f"http://127.0.0.1:{running.port}/openapi.json", "-n", EXAMPLES,
         "--phases", "examples,coverage,fuzzing", "--checks", "not_a_server_error", "--seed", "1",
         "--generation-allow-x00", "true", "--suppress-health-check", "all"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert re.search(r"Tested: [1-9]", done.stdout)


def test_nothing_was_logged_as_our_fault(running: Running) -> None:
    """The last one: what all of the above left in the log."""
    text = running.log.read_text(errors="replace")
    for words in ("Internal Server Error", "Exception in ASGI application"):
        assert words not in text, text[text.index(words) - 300 :][:4000]
