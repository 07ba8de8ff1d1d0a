"""Uploads over a real server: they stream to disk, in bounded memory, within the limits."""

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
from typing import Any

import pytest

MIB = 2**20
SITE = Path(__file__).with_name("upload_site.py")
SIZE = int(os.environ.get("FASTJANGO_UPLOAD_MIB", "256")) * MIB  # 1024 for the figure of the docs
CHUNK = b"0123456789abcdef" * 4096  # 64 KiB
BOUNDARY = "boundary-of-the-test"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    server = subprocess.Popen(
        [sys.executable, str(SITE), str(port), str(SIZE + MIB)], env=environment
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def part(name: str, filename: str | None, size: int) -> Iterator[bytes]:
    """Yield one part of a form, generated as it is sent."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"\r\nContent-Type: application/octet-stream'
    yield f"{head}\r\n\r\n".encode()
    for start in range(0, size, len(CHUNK)):
        yield CHUNK[: min(len(CHUNK), size - start)]
    yield b"\r\n"


def body(*parts: tuple[str, str | None, int]) -> Iterator[bytes]:
    for each in parts:
        yield from part(*each)
    yield f"--{BOUNDARY}--\r\n".encode()


def post(port: int, *parts: tuple[str, str | None, int]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=280)
    try:
        connection.request(
            "POST",
            "/upload/",
            body=body(*parts),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            encode_chunked=True,
        )
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if answer.status == 200 else content
    finally:
        connection.close()


def begin(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/begin/")
    resident: int = json.loads(connection.getresponse().read())["resident"]
    connection.close()
    return resident


def large(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.stat().st_size > MIB]


@pytest.mark.slow
def test_a_large_upload_takes_little_memory(site: int, tmp_path: Path) -> None:
    post(site, ("file", "small.bin", 10))  # what is loaded once does not count
    before = begin(site)
    status, answer = post(site, ("note", None, 5), ("file", "../../etc/big.bin", SIZE))
    assert status == 200
    assert answer["files"] == [{"name": "big.bin", "size": SIZE, "on_disk": True}]
    assert answer["read"] == SIZE
    assert answer["note"] == "01234"
    extra = (answer["peak"] - before) / MIB
    print(f"{SIZE // MIB} MiB uploaded, {extra:.1f} MiB of memory more")
    assert extra < 60
    deadline = time.monotonic() + 10  # the files go when the answer has been sent
    while large(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert large(tmp_path) == []


@pytest.mark.slow
def test_several_files_share_the_limits(site: int) -> None:
    third = SIZE // 4
    status, answer = post(site, *(("file", f"{number}.bin", third) for number in range(3)))
    assert status == 200
    assert [file["size"] for file in answer["files"]] == [third] * 3
    many = [("file", f"{number}.txt", 1) for number in range(101)]
    assert post(site, *many)[0] == 400
    assert post(site, ("note", None, 3 * MIB))[0] == 400


@pytest.mark.slow
def test_a_body_beyond_the_limit_is_refused_while_it_is_sent(site: int) -> None:
    try:
        status, _ = post(site, ("file", "big.bin", SIZE + 64 * MIB))
    except (BrokenPipeError, ConnectionResetError):
        return  # it hung up before all was sent
    assert status == 413
