"""The measuring code of the benchmarks: right answers counted, wrong ones refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import _measure
from _tables import Table

SERVER = """
import asyncio, sys

async def answer(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            size = 0
            for line in head.lower().split(b"\\r\\n"):
                if line.startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            body = await reader.readexactly(size)
            for _ in range(int(sys.argv[2])):
                pass
            if head.startswith(b"GET /chunked"):
                text = b"HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n"
                text += b"3\\r\\nabc\\r\\n0\\r\\n\\r\\n"
            else:
                status = b"404 Not Found" if head.startswith(b"GET /none") else b"200 OK"
                told = b"hello " + body
                text = b"HTTP/1.1 %s\\r\\ncontent-length: %d\\r\\n\\r\\n" % (status, len(told))
                text += told
            writer.write(text)
    except asyncio.IncompleteReadError:
        writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""


def server(name: str, work: int = 0) -> _measure.Server:
    return _measure.Server([sys.executable, "-c", SERVER, "{port}", str(work)], name)


def test_every_request_is_answered_once_and_checked() -> None:
    with server("one") as running:
        done = _measure.load(running.port, _measure.Request("/", contains=b"hello"), 300)
        assert (done.requests, done.wrong) == (300, 0)
        assert len(done.latencies) == 300
        posted = _measure.Request("/", "POST", b"world", contains=b"hello world")
        assert _measure.load(running.port, posted, 50).wrong == 0
        chunked = _measure.Request("/chunked", contains=b"abc")
        assert _measure.load(running.port, chunked, 50, connections=3).wrong == 0
        wrong = _measure.load(running.port, _measure.Request("/none"), 20)
        assert wrong.wrong == 20
        assert "404 Not Found" in wrong.first_wrong
        assert running.cpu_seconds() > 0
        assert running.rss_bytes() > 1_000_000


def test_a_server_is_ended_and_one_that_fails_is_told() -> None:
    with server("one") as running:
        port = running.port
    with pytest.raises(ConnectionRefusedError):
        _measure.load(port, _measure.Request("/"), 1)
    broken = _measure.Server([sys.executable, "-c", "raise SystemExit('no such thing')"], "broken")
    with pytest.raises(RuntimeError, match=r"broken did not answer.*no such thing"):
        broken.__enter__()


def test_the_dearer_server_has_the_higher_figure() -> None:
    table = Table("try", "µs CPU per request", "cheap")
    peers = [server("cheap"), server("dear", 20_000)]
    workloads = {"hello": _measure.Request("/"), "only": {"cheap": _measure.Request("/")}}
    _measure.compare_servers(table, peers, workloads, requests=300, warmup=20, rounds=3)
    assert len(table.samples["hello"]["dear"]) == 3
    assert table.ratio("hello", "dear") > 1.5
    assert list(table.samples["only"]) == ["cheap"]


def test_a_wrong_answer_stops_a_comparison() -> None:
    table = Table("try", "µs", "one")
    with pytest.raises(RuntimeError, match=r"one gave .* wrong answers to GET /none"):
        _measure.compare_servers(
            table, [server("one")], {"none": _measure.Request("/none")}, rounds=1
        )


def test_calls_are_compared() -> None:
    table = Table("calls", "µs CPU per call", "short")
    calls = {"sum": {"short": lambda: sum(range(100)), "long": lambda: sum(range(20_000))}}
    _measure.compare_calls(table, calls, number=100, rounds=3)
    assert table.ratio("sum", "long") > 5


def test_the_cpu_time_of_a_command() -> None:
    busy = "x = 0\nfor i in range(3_000_000): x += i"
    assert _measure.cpu_of_command([sys.executable, "-c", busy]) > 0.05
    with pytest.raises(RuntimeError, match="it broke"):
        _measure.cpu_of_command([sys.executable, "-c", "raise SystemExit('it broke')"])


def test_tables_are_written_in_three_forms(tmp_path: Path) -> None:
    table = Table("A <title>", "µs", "ours")
    for figure in (10.0, 12.0, 200.0):
        table.add("json", "ours", figure)
        table.add("json", "theirs", figure * 2)
    table.add("only", "theirs", 3.0)
    assert table.median("json", "ours") == 12.0
    text = table.to_markdown()
    assert "| json | 12.0 | 24.0 (2.00) |" in text
    assert "| only | - | 3.00 |" in text
    table.save(tmp_path, "result")
    assert "A &lt;title&gt;" in (tmp_path / "result.svg").read_text()
    assert '"baseline": "ours"' in (tmp_path / "result.json").read_text()
    import xml.etree.ElementTree as ElementTree

    ElementTree.parse(tmp_path / "result.svg")


def test_the_benchmarks_are_found_by_name() -> None:
    run = [sys.executable, str(ROOT / "benchmarks" / "run.py")]
    done = subprocess.run([*run, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "core" in done.stdout
    done = subprocess.run([*run, "coer"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean 'core'?" in done.stdout
    for wrong in (["--python"], ["core", "--python", "--quick"]):
        done = subprocess.run([*run, *wrong], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stdout.startswith("bench: --python needs the path of a Python")
