"""Bad input over HTTP: whatever is posted, a page with errors, a refusal, never a failure.

Every name of every form gets values of every wrong shape, as bytes on the wire; schemathesis goes
on from the description that the site gives of its forms. The site runs in a process of its own.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

SITE = Path(__file__).with_name("hostile_site.py")
EXAMPLES = os.environ.get("FASTJANGO_FORM_EXAMPLES", "12")  # of each operation
SECRET = "abcdefgh" * 4
TOKEN = {"Cookie": f"csrftoken={SECRET}", "X-CSRFToken": SECRET}
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "----b"
# Bytes as they stand after `name=`: nothing, blanks, NUL, surrogates, broken UTF-8 and percents,
# overlong numbers, foreign choices, nested JSON.
HOSTILE = [
    "", "+", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%C3", "%", "%zz", "%u1234", "9" * 5000,
    "-" + "9" * 400, "1e999999999", "nan", "inf", "%D9%A3", "0000-00-00", "99999-12-31",
    "0001-01-01T00%3A00%2B14%3A00", "24%3A00", "P" + "9" * 150 + "D", "a%40" + "b" * 400,
    "http%3A%2F%2F%5B", "http%3A%2F%2F" + "a." * 2000, "%3A" * 100, "%5B" * 20_000, "%7B",
    "%22%5Cud800%22", "1e400", "urn:uuid:" + "1" * 32, "__all__", "-1", "9" * 25, "2**63",
    "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "%3Cscript%3E", "%25s", "x" * 200_000,
]  # fmt: skip
MANAGEMENT = ["TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"]

Answer = tuple[int, str]


class Site:
    """Sends requests to the site."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(
        self, url: str, body: bytes, kind: str = URLENCODED, method: str = "POST", **headers: str
    ) -> Answer:
        """Return status and text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"Content-Type": kind, **(headers or TOKEN)}
            connection.request(method, url, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def document(self) -> dict[str, dict[str, object]]:
        """Return the names by path."""
        found = json.loads(self.send("/openapi.json", b"", method="GET")[1])["paths"]
        contents = {url: entry["post"]["requestBody"]["content"] for url, entry in found.items()}
        return {url: content[URLENCODED]["schema"] for url, content in contents.items()}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "server.log"


@pytest.fixture(scope="module")
def site(log: Path) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with log.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, str(SITE), str(port)], stdout=written, stderr=subprocess.STDOUT
        )
        try:
            for _ in range(900):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert server.poll() is None, log.read_text()
                    time.sleep(0.1)
            yield Site(port)
        finally:
            server.terminate()
            server.wait(30)
    assert "Traceback" not in log.read_text()


FORMS = ["/ask/", "/aask/", "/take/", "/atake/", "/add/", "/aadd/", "/items/", "/pages/",
         "/authors/", "/change/1/", "/achange/1/"]  # fmt: skip


def test_every_form_is_shown(site: Site) -> None:
    for url in FORMS:
        status, text = site.send(url, b"", method="GET")
        assert status == 200
        assert "csrfmiddlewaretoken" in text


@pytest.mark.parametrize("url", FORMS)
def test_one_value_in_every_field(site: Site, url: str) -> None:
    names = [*site.document()["/ask/"]["properties"]]  # type: ignore[misc]  # a dict
    assert len(names) > 50
    for value in HOSTILE:
        given = value if len(value) < 50_000 else value[:5_000]  # 2.5 MB are a limit of its own
        body = "&".join(f"{quote_plus(name)}={given}" for name in names)
        status, text = site.send(url, body.encode())
        assert status in {200, 302, 400}, (value[:40], text[-500:])
        if url in {"/ask/", "/aask/"}:
            assert status == 200
            assert "errorlist" in text


@pytest.mark.parametrize("url", ["/ask/", "/aask/"])
def test_each_field_alone(site: Site, url: str) -> None:
    for name in site.document()["/ask/"]["properties"]:  # type: ignore[attr-defined]  # a dict
        for value in ("%00", "%ED%A0%80", "9" * 5000, "__all__", "%5B%5D&" + name + "=2"):
            status, text = site.send(url, f"{quote_plus(name)}={value}".encode())
            assert (status, "errorlist" in text) == (200, True), (name, value[:20])


@pytest.mark.parametrize("url", FORMS)
def test_files_for_texts_and_texts_for_files(site: Site, url: str) -> None:
    names = [*site.document()["/ask/"]["properties"]]  # type: ignore[misc]  # a dict
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="../{n}\x7f.png"'
        "\r\nContent-Type: image/png\r\n\r\n\x00PNG\r\n"
        for n, name in enumerate(names)
    ]
    body = "".join(parts) + f"--{BOUNDARY}--\r\n"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    status, text = site.send(url, body.encode("latin-1"), kind)
    assert status in {200, 302}, text[-500:]
    text_parts = body.replace('; filename="../', '; x="')
    status, text = site.send(url, text_parts.encode("latin-1"), kind)
    assert status in {200, 302}, text[-500:]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        (f"multipart/form-data; boundary={'b' * 300}", b"x"),
        (f"multipart/form-data; boundary={BOUNDARY}", b""),
        (f"multipart/form-data; boundary={BOUNDARY}", b"--"),
        (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}\r\n\r\nno name".encode()),
        (f"multipart/form-data; boundary={BOUNDARY}", b"\x00" * 5000),
        (f"{URLENCODED}; charset=utf-7", b"char=+AGE-"),
        (f"{URLENCODED}; charset=nonsense", b"char=a"),
        ("application/json", b"{"),
        ("text/plain", b"char=a"),
        ("", b"char=a"),
        (";;;", b"char=a"),
        (URLENCODED, b"&" * 3000),
        (URLENCODED, b"char=" + b"x" * 3_000_000),
        (URLENCODED, b"&".join(b"f%d=1" % n for n in range(2000))),
    ],
)
def test_bodies_that_are_none(site: Site, kind: str, body: bytes) -> None:
    for url in ("/ask/", "/aask/", "/items/", "/take/"):
        status, text = site.send(url, body, kind)
        assert status in {200, 400, 413, 415}, text[-300:]


@pytest.mark.parametrize(("url", "prefix"), [("/items/", "form"), ("/authors/", "form"),
                                             ("/pages/", "pages")])  # fmt: skip
def test_a_management_form_that_was_tampered_with(site: Site, url: str, prefix: str) -> None:
    right = dict.fromkeys(MANAGEMENT, "0")
    for name in MANAGEMENT:
        for value in (
            "",
            "-1",
            "x",
            "1e3",
            "9" * 30,
            "1000000",
            "%00",
            "%D9%A3",
            "2.5",
            "%ED%A0%80",
        ):
            sent = {**right, name: value}
            body = "&".join(f"{prefix}-{key}={entry}" for key, entry in sent.items())
            status, text = site.send(url, body.encode())
            assert status in {200, 302}, (name, value, text[-300:])
        left = "&".join(f"{prefix}-{key}=0" for key in MANAGEMENT if key != name)
        assert site.send(url, left.encode())[0] in {200, 302}
    assert site.send(url, f"{prefix}-0-name=x".encode())[0] == 200
    foreign = f"{prefix}-TOTAL_FORMS=1&{prefix}-INITIAL_FORMS=1&{prefix}-0-id="
    for key in ("", "999999", "x", "9" * 30, "%00"):
        assert site.send(url, (foreign + key).encode())[0] == 200


@pytest.mark.parametrize("url", FORMS)
def test_without_the_right_token(site: Site, url: str) -> None:
    cookie = f"csrftoken={SECRET}"
    for headers in (
        {"Accept": "*/*"},
        {"Cookie": cookie},
        {"Cookie": cookie, "X-CSRFToken": "b" * 32},
        {"Cookie": cookie, "X-CSRFToken": ""},
        {"Cookie": cookie, "X-CSRFToken": "\u00e9" * 32},
        {"Cookie": "csrftoken=", "X-CSRFToken": ""},
        {"Cookie": "csrftoken=\u00ff;;=", "X-CSRFToken": SECRET},
        {"X-CSRFToken": SECRET},
        {**TOKEN, "Origin": "https://elsewhere.example"},
        {**TOKEN, "Origin": "null"},
    ):
        assert site.send(url, b"char=a", URLENCODED, "POST", **headers)[0] == 403, headers
    for forged in ("", "%00", "x" * 64, "%ED%A0%80", SECRET + "x", "a" * 100_000):
        body = f"csrfmiddlewaretoken={forged}&char=a".encode()
        assert site.send(url, body, URLENCODED, "POST", Cookie=cookie)[0] == 403
    assert site.send(url, b"char=a")[0] in {200, 302}


def test_keys_that_are_none(site: Site) -> None:
    for url in ("/change/{}/", "/achange/{}/", "/delete/{}/", "/adelete/{}/"):
        for key in (
            "0",
            "-1",
            "x",
            "9" * 30,
            "9" * 5000,
            "%00",
            "%ED%A0%80",
            "1.5",
            "%F0%9F%98%80",
        ):
            status, text = site.send(url.format(key), b"title=x")
            assert status in {400, 404}, (url, key[:20], text[-300:])


def test_schemathesis_finds_no_failure(site: Site, tmp_path: Path) -> None:
    tool = Path(sys.executable).parent / "schemathesis"
    headers = [part for name, value in TOKEN.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [str(tool), "run", f"http://127.0.0.1:{site.port}/openapi.json", *headers, "-n", EXAMPLES,
         "--phases", "fuzzing", "--checks", "not_a_server_error,status_code_conformance",
         "--seed", "1"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "Tested: 13" in done.stdout
