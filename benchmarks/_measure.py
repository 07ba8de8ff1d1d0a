"""Measuring shared by all benchmarks: CPU time of processes, a bounded load, interleaved rounds.

Wall-clock time of a busy machine says little; the CPU time that a server process used for a known
number of requests says much. So every figure here is CPU time, the peers take turns within each
round, and the median of the rounds is reported. Linux only (per-process CPU clocks).
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from _tables import Table

__all__ = [
    "Load",
    "Request",
    "Server",
    "Table",
    "compare_calls",
    "compare_servers",
    "cpu_of_command",
    "free_port",
    "load",
]

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request and the answer that counts as right.

    Attributes:
        contains: Bytes that the answer's body must hold, checked on every answer.
    """

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200
    contains: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes to send, keep-alive."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"host: {HOST}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Load:
    """What a load did: requests answered and wrong, wall seconds, latencies in seconds."""

    requests: int
    wrong: int
    seconds: float
    latencies: tuple[float, ...]
    first_wrong: str = ""


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


_SYSTEM = ctypes.CDLL(None)  # loaded before any fork


def _end_with_parent() -> None:
    """Ask Linux to end this process when the benchmark is gone, however that ended: prctl(2)."""
    _SYSTEM.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Server:
    """A server process (and its children) on a free loopback port, ended on exit.

    Args:
        command: The program; ``{port}`` in an argument is replaced by the port.
        name: For messages and as the peer's name in tables.
        env: Variables set beside the present environment.
        cwd: Where it runs.
        ready: Path requested until it answers with any status.
        start_seconds: How long to wait for that.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        name: str,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ready: str = "/",
        start_seconds: float = 30.0,
    ) -> None:
        self.name, self.port = name, free_port()
        self.command = [str(part).replace("{port}", str(self.port)) for part in command]
        self._env, self._cwd = {**os.environ, **(env or {})}, cwd
        self._ready, self._start_seconds = ready, start_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self._process = subprocess.Popen(
            self.command,
            env=self._env,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads here, and nothing to import
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection((HOST, self.port), timeout=2) as probe:
                probe.sendall(Request(self._ready).encode())
                if probe.recv(12).startswith(b"HTTP/1."):
                    return self
            time.sleep(0.02)
        said = self.output()
        self.stop()
        raise RuntimeError(f"{self.name} did not answer on port {self.port}: {said[-2000:]}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def output(self) -> str:
        """Return what the server has printed since the last call."""
        assert self._process is not None
        assert self._process.stdout is not None
        return (self._process.stdout.read() or b"").decode(errors="replace")

    def stop(self) -> None:
        """End the process group: a polite signal first, then a hard one."""
        if self._process is None:
            return
        for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break
        if self._process.stdout is not None:
            self._process.stdout.close()

    def pids(self) -> list[int]:
        """Return the server process and its living descendants."""
        assert self._process is not None
        found, waiting = list[int](), [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                with suppress(OSError):
                    waiting += [int(child) for child in task.read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """Return the CPU time (user and system) of all its processes so far."""
        total = 0.0
        for pid in self.pids():
            with suppress(OSError):
                total += time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3) of Linux
        return total

    def rss_bytes(self) -> int:
        """Return the resident memory of all its processes."""
        pages = 0
        for pid in self.pids():
            with suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")


class _Client(asyncio.Protocol):
    """One keep-alive connection that sends the next request when an answer is complete."""

    def __init__(self, run: _Run) -> None:
        self.run, self.buffer, self.sent = run, bytearray(), 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        assert self.transport is not None
        if self.run.take():
            self.sent = time.perf_counter()
            self.transport.write(self.run.payload)
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = bytes(self.buffer[:head]).lower()
        at = headers.find(b"content-length:")
        if at >= 0:
            end = head + 4 + int(headers[at + 15 :].split(b"\r\n", 1)[0])
        elif b"transfer-encoding: chunked" in headers:
            end = self.buffer.find(b"\r\n0\r\n\r\n", head) + 7
            if end < 7 and not self.buffer.endswith(b"\r\n\r\n0\r\n\r\n"):
                return
        else:
            end = head + 4
        if len(self.buffer) < end:
            return
        self.run.answer(bytes(self.buffer[:end]), time.perf_counter() - self.sent)
        del self.buffer[:end]
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.run.closed(exc)


class _Run:
    """The state that the connections of one load share."""

    def __init__(self, request: Request, count: int, connections: int) -> None:
        self.payload, self.request = request.encode(), request
        self.expected = f" {request.status} ".encode()
        self.left, self.open = count, connections
        self.latencies: list[float] = []
        self.wrong, self.first_wrong = 0, ""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def answer(self, data: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        right = data[8:13] == self.expected and (
            not self.request.contains or self.request.contains in data
        )
        if not right:
            self.wrong += 1
            self.first_wrong = self.first_wrong or data[:500].decode(errors="replace")

    def closed(self, exc: Exception | None) -> None:
        self.open -= 1
        if exc is not None:
            self.first_wrong = self.first_wrong or repr(exc)
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


def load(
    port: int, request: Request, count: int, *, connections: int = 16, seconds: float = 120.0
) -> Load:
    """Send a known number of requests over a few keep-alive connections.

    Every answer's status (and ``contains``) is checked; a connection that the server closes early
    leaves its remaining requests to the others, and missing answers count as wrong.

    Args:
        seconds: Give up after this time.
    """

    async def run() -> Load:
        state = _Run(request, count, connections)
        loop, started = asyncio.get_running_loop(), time.perf_counter()
        for _ in range(connections):
            await loop.create_connection(lambda: _Client(state), HOST, port)
        with suppress(TimeoutError):
            await asyncio.wait_for(state.done, seconds)
        missing = count - len(state.latencies)
        return Load(
            len(state.latencies),
            state.wrong + missing,
            time.perf_counter() - started,
            tuple(state.latencies),
            state.first_wrong or (f"{missing} requests got no answer" if missing else ""),
        )

    return asyncio.run(run())


def compare_servers(
    table: Table,
    servers: Iterable[Server],
    workloads: Mapping[str, Request | Mapping[str, Request]],
    *,
    requests: int = 2000,
    warmup: int = 200,
    rounds: int = 5,
    connections: int = 16,
) -> Table:
    """Measure CPU µs per request of servers that run side by side, in interleaved rounds.

    Args:
        table: Where the figures go (unit: µs CPU per request).
        servers: Not yet started; started together, ended at the end.
        workloads: Name -> the request, or -> server name -> its own request; a server that a
            mapping leaves out is not measured on that workload.
        requests: Per server, workload and round.

    Raises:
        RuntimeError: A server gave a wrong answer; the figures would mean nothing.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(server) for server in servers]
        for number in range(-1, rounds if running else -1):
            shift = number % len(running)
            for workload, request in workloads.items():
                for server in running[shift:] + running[:shift]:
                    asked = request if isinstance(request, Request) else request.get(server.name)
                    if asked is None:
                        continue
                    before = server.cpu_seconds()
                    done = load(
                        server.port,
                        asked,
                        warmup if number < 0 else requests,
                        connections=connections,
                    )
                    used = server.cpu_seconds() - before
                    if done.wrong:
                        raise RuntimeError(
                            f"{server.name} gave {done.wrong} wrong answers to {asked.method} "
                            f"{asked.path}, the first: {done.first_wrong}\n"
                            f"{server.output()[-2000:]}"
                        )
                    if number >= 0:
                        table.add(workload, server.name, used / done.requests * 1e6)
            print(
                f"bench: round {max(number, 0)} of {rounds - 1} done", file=sys.stderr, flush=True
            )
    return table


def compare_calls(
    table: Table,
    calls: Mapping[str, Mapping[str, Callable[[], object]]],
    *,
    number: int = 1000,
    rounds: int = 7,
) -> Table:
    """Measure CPU µs per call of functions of this process, in interleaved rounds.

    Args:
        table: Where the figures go (unit: µs CPU per call).
        calls: Workload -> peer -> function.
        number: Calls per round.
    """
    for turn in range(-1, rounds):
        for workload, peers in calls.items():
            for peer, call in peers.items():
                repeat = max(1, number // 10) if turn < 0 else number
                gc.collect()
                before = time.process_time_ns()
                for _ in range(repeat):
                    call()
                used = time.process_time_ns() - before
                if turn >= 0:
                    table.add(workload, peer, used / repeat / 1000)
    return table


def cpu_of_command(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> float:
    """Run a command to its end and return the CPU seconds it and its children used.

    Raises:
        RuntimeError: It failed; says what it printed.
    """
    before = os.times()
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout)[-2000:]}")
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
