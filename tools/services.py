"""Finding the servers that tests talk to, and starting throwaway ones: one answer for each run.

Only the standard library is used. The processes of a run share the answers by files in a folder of
the run; a server that was started for it is ended by `service_watcher.py` when the run is over.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from service_kinds import HOST, PROBE_SECONDS, START_SECONDS, Service, ServiceMissingError

MADE = "made"  # the folder, in that of a run, of what `pytest_services.made_once` made
WATCHER = Path(__file__).with_name("service_watcher.py")

_watchers: list[subprocess.Popen[bytes]] = []  # of this process


def find(service: Service, state: Path) -> str:
    """Return the address of a server, starting one when none is there.

    The first process that asks writes the answer into the folder of the run; the others read it.

    Args:
        service: The kind of server.
        state: The folder of this test run, on a local disk.

    Raises:
        ServiceMissingError: None is there and none can be started; says why.
    """
    answer = state / f"{service.marker}.json"
    with locked(state / f"{service.marker}.lock"):
        if answer.exists():
            found = json.loads(answer.read_text())
        else:
            try:
                found = {"url": _look(service, state)}
            except (ServiceMissingError, OSError, subprocess.SubprocessError) as error:
                found = {"error": f"{service.title} is not here: {error}"}
            answer.write_text(json.dumps(found))
    if "error" in found:
        raise ServiceMissingError(found["error"])
    return str(found["url"])


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold a lock that the processes of a run share."""
    import fcntl

    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _look(service: Service, state: Path) -> str:
    if url := os.environ.get(service.variable):
        _check_named(service, url)
        return url
    if url := service.probe(service.port):
        return url
    if service.start is None:
        raise ServiceMissingError(f"install it, or set {service.variable}")
    folder = Path(tempfile.mkdtemp(prefix=f"{service.marker}-", dir=state))
    folder.chmod(0o755)
    port = free_port()
    try:
        watcher = _supervise(service.start(folder, port), state, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and watcher.poll() is None:
        if url := service.probe(port):
            return url
        time.sleep(0.1)
    log = state / f"{service.marker}.log"
    said = log.read_text(errors="replace").strip()[-500:] if log.exists() else "it left no log"
    raise ServiceMissingError(f"it was started and did not answer: {said}")


def _check_named(service: Service, url: str) -> None:
    """Refuse a variable that names nothing, so that a typing error is not a skip."""
    if service.port == 0:
        if not Path(url).is_file():
            raise ServiceMissingError(f"{service.variable} names {url!r}, which is no file")
        return
    parts = urlsplit(url)
    address = (parts.hostname or HOST, parts.port or service.port)
    try:
        socket.create_connection(address, timeout=PROBE_SECONDS).close()
    except OSError as error:
        raise ServiceMissingError(
            f"{service.variable} names {address[0]}:{address[1]}, where nothing answers ({error})"
        ) from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _supervise(command: list[str], state: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a server under a small parent of its own that ends it with the test run."""
    owner = (state / "owner").read_text()
    watcher = [sys.executable, "-I", "-S", str(WATCHER), owner, str(state), str(folder), *command]
    process = subprocess.Popen(
        watcher, stdin=subprocess.DEVNULL, cwd=state, start_new_session=True, close_fds=True
    )
    _watchers.append(process)  # kept, or Python complains of a process that still runs
    return process


def open_state(owner: int) -> Path:
    """Make the folder that the processes of one test run share.

    Args:
        owner: The process whose end is the end of the run.
    """
    state = Path(tempfile.mkdtemp(prefix="fastjango-services-"))
    state.chmod(0o755)
    (state / "owner").write_text(str(owner))
    return state


def close_state(state: Path) -> None:
    """Tell the watchers that the run is over, and wait until their servers are gone."""
    (state / "owner").unlink(missing_ok=True)
    deadline = time.monotonic() + 15
    while _has_servers(state) and time.monotonic() < deadline:
        time.sleep(0.05)
    for watcher in list(_watchers):
        if watcher.poll() is not None:
            _watchers.remove(watcher)
    shutil.rmtree(state, ignore_errors=True)


def _has_servers(state: Path) -> bool:
    return any(entry.is_dir() and entry.name != MADE for entry in state.iterdir())
