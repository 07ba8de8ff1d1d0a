"""The program that watches a throwaway server: it ends it with the test run, however that ended.

Called as ``service_watcher.py OWNER STATE FOLDER COMMAND...`` in an isolated Python, where nothing
but the standard library can be imported.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def watch(arguments: list[str]) -> int:
    """Run a server until its test run is over (its folder or its process is gone)."""
    owner, state, folder = int(arguments[0]), Path(arguments[1]), Path(arguments[2])
    with (state / f"{folder.name.partition('-')[0]}.log").open("wb") as log:
        server = subprocess.Popen(
            arguments[3:], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    while server.poll() is None and _alive(owner) and (state / "owner").exists():
        time.sleep(0.2)
    if server.poll() is None:
        server.send_signal(signal.SIGINT if "postgres" in folder.name else signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    if not _alive(owner):
        shutil.rmtree(state, ignore_errors=True)
    return 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    raise SystemExit(watch(sys.argv[1:]))
