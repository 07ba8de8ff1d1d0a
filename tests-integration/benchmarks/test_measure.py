"""The measuring code of the benchmarks: right answers counted, wrong ones refused."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from repository import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import _measure
import run
from _tables import Table, Target

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


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import _measure
with _measure.Server([sys.executable, "-c", sys.argv[2], "{port}", "0"], "one") as server:
    print(server.port, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_does_not_outlive_a_benchmark_that_is_killed() -> None:
    command = [sys.executable, "-c", KILLED, str(ROOT / "benchmarks"), SERVER]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", int(done.stdout))).close()
            time.sleep(0.05)


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


@pytest.mark.parametrize(("limit", "status", "verdict"), [(1, 0, "met   "), (0.4, 1, "MISSED")])
def test_a_conclusion_says_whether_the_targets_are_met(
    limit: float, status: int, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("A", "µs", "ours", {"json": {"ours": [1.0], "theirs": [2.0]}})
    table.targets = [Target("half", "json", "ours", "theirs", limit)]
    assert table.conclude("result", tmp_path) == status
    assert capsys.readouterr().out.endswith(f"{verdict} half: 0.5\n")
    assert (tmp_path / "result.json").exists()


def test_a_target_of_a_peer_that_was_left_out_is_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("A", "µs", "ours", {"json": {"ours": [1.0]}})
    table.targets = [Target("half", "json", "ours", "theirs", 0.5)]
    assert _measure.compare_servers(table, [], {"json": _measure.Request("/")}) is table
    assert table.conclude("result", tmp_path) == 0
    assert "half: 'theirs' was not measured" in capsys.readouterr().out


def test_everything_is_every_benchmark_whole() -> None:
    calls = run.everything(["--quick"])
    assert [name for name, *_ in calls] == sorted([*run.available(), "rest"])
    assert ["rest", "--served", "--quick"] in calls
    for name, path in run.available().items():  # all of them take what everything takes
        command = [sys.executable, str(path), "--quick", "--rounds", "1", "--help"]
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"usage: dev.py bench {name} ")
        assert "--quick" in done.stdout


@pytest.mark.parametrize("arguments", [["--postgres", "x"], ["--nope"], ["--page", "x"]])
def test_what_not_every_benchmark_takes_needs_a_name(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "run_all", lambda calls: pytest.fail("it would run"))
    with pytest.raises(SystemExit):
        run.main(arguments)
    assert "unrecognized arguments" in capsys.readouterr().err


def test_one_missed_target_does_not_end_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = dict[str, Path]()
    for name, status in {"one": 1, "two": 0, "three": 3, "four": 2, "five": 0}.items():
        found[name] = tmp_path / f"{name}.py"
        found[name].write_text(f"import sys; print({name!r}, sys.argv[1:]); sys.exit({status})")
    monkeypatch.setattr(run, "available", lambda: found)
    assert run.run_all([["one", "-x"], ["two"], ["three"]]) == 1
    shown = capfd.readouterr().out
    assert "three []" in shown
    assert shown.endswith("bench: a target was missed, or it failed: one -x, three\n")
    assert run.run_all([["two"]]) == 0
    assert run.run_all([["four"], ["five"]]) == 2  # wrong arguments
    assert "five" not in capfd.readouterr().out


def test_the_benchmarks_are_found_by_name() -> None:
    bench = [sys.executable, str(ROOT / "benchmarks" / "run.py")]
    done = subprocess.run([*bench, "--quick", "-h"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "core" in done.stdout
    done = subprocess.run([*bench, "coer"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean 'core'?" in done.stdout
    for wrong in (["--python"], ["core", "--python", "--quick"]):
        done = subprocess.run([*bench, *wrong], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stdout.startswith("bench: --python needs the path of a Python")
