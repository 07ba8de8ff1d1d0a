"""Making and refreshing the environment that the verbs of ``dev.py`` run in.

Standard library only. The environment carries a stamp, a digest of what the pyproject files ask
for; while the stamp is right nothing is done. An environment of which the making was cut short
carries the mark ``incomplete`` and is made anew by the next run.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAMP, INCOMPLETE = "fastjango-stamp.json", "fastjango-incomplete"
BIN = "Scripts" if os.name == "nt" else "bin"
NEEDED_MB = 900  # what the environment and the installer's cache take
FULL_MB = 25  # a step that failed with less than this free failed for want of room

UNREACHABLE = (
    "connection error",
    "connection refused",
    "dns error",
    "error sending request",
    "failed to establish a new connection",
    "max retries exceeded",
    "name or service not known",
    "network is unreachable",
    "newconnectionerror",
    "proxyerror",
    "temporary failure in name resolution",
    "timed out",
    "tcp connect error",
)

_held = list[int]()  # the lock, which a step keeps where its run was killed and it was not


class SetupError(Exception):
    """The environment cannot be made; the text says why and what to do.

    Attributes:
        final: Another installer would meet the same trouble (no disk, no network).
        is_disk_full: That trouble is a disk without room.
    """

    def __init__(self, text: str, *, final: bool = False, is_disk_full: bool = False) -> None:
        super().__init__(text)
        self.final, self.is_disk_full = final, is_disk_full


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"dev: {text}", flush=True)


def ensure(folder: Path) -> Path:
    """Return the Python of the environment, making or refreshing it where needed.

    Args:
        folder: Where the environment is, or shall be.

    Raises:
        SetupError: It cannot be made; nothing half-made is left behind.
    """
    python = folder / BIN / ("python.exe" if os.name == "nt" else "python")
    wanted = _digest()
    if _stamp(folder) == wanted and python.exists():
        return python
    with _alone(), _ended_politely():
        if _stamp(folder) == wanted and python.exists():  # another run made it meanwhile
            return python
        started = time.monotonic()
        fresh = not _usable(folder, python)
        if fresh:
            _remove(folder)
        try:
            _make(folder, python, fresh=fresh)
            (folder / STAMP).write_text(json.dumps({"digest": wanted}), encoding="utf-8")
            (folder / INCOMPLETE).unlink()
        except BaseException as error:
            if fresh:
                _remove(folder)
            if isinstance(error, OSError):
                raise SetupError(_explain(str(error), error.errno)) from error
            raise
        say(f"the environment is ready after {time.monotonic() - started:.0f} s")
    return python


def requirements() -> list[str]:
    """Return what the environment holds: the members with all their extras, and the tools.

    The extras are spelled out, for pip loses an editable member that is named with extras and is
    required by another one. Siblings among them are members already.
    """
    found, extras = list[str](), list[str]()
    for file in members():
        project = _read(file)["project"]
        found += ["-e", str(file.parent)]
        for extra in project.get("optional-dependencies", {}).values():
            extras += [entry for entry in extra if not entry.startswith("fastjango")]
    return found + list(dict.fromkeys(extras + _groups()))


def members() -> list[Path]:
    """Return the pyproject files of the distributions, sorted."""
    return sorted(ROOT.glob("packages/*/pyproject.toml"))


def _read(file: Path) -> dict[str, Any]:
    """Return a parsed pyproject file.

    Raises:
        SetupError: It cannot be read, for example as a merge left it.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{file.relative_to(ROOT)} cannot be read: {error}") from error


def _groups() -> list[str]:
    """Return the requirements of every dependency group of the root, included groups resolved."""
    groups: dict[str, list[str | dict[str, str]]]
    groups = _read(ROOT / "pyproject.toml")["dependency-groups"]
    plain = [entry for group in groups.values() for entry in group if isinstance(entry, str)]
    return list(dict.fromkeys(plain))


def _digest() -> str:
    # The members are installed editable, by the paths that they have now.
    parts: list[Any] = [list(sys.version_info[:3]), str(ROOT), _groups()]
    for file in members():
        data = _read(file)
        parts.append([file.parent.name, data.get("project"), data.get("build-system")])
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _stamp(folder: Path) -> str:
    if (folder / INCOMPLETE).exists():
        return ""
    try:
        return str(json.loads((folder / STAMP).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError):
        return ""


def _usable(folder: Path, python: Path) -> bool:
    """Tell whether the folder holds a whole environment of this very Python version.

    Raises:
        SetupError: It holds something that this tool did not make and cannot use.
    """
    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{folder} is no folder. Name another one in FASTJANGO_VENV.")
    ours = (folder / STAMP).exists() or (folder / INCOMPLETE).exists()
    if (folder / INCOMPLETE).exists() and not (folder / STAMP).exists():
        return False
    ask = [str(python), "-I", "-c", "import sys, pip; print(sys.version_info[:2])"]
    with suppress(OSError):  # it is not there, or was made on another kind of machine
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == str(tuple(sys.version_info[:2])):
            return True
    if ours or not folder.exists() or not any(folder.iterdir()):
        return False
    raise SetupError(
        f"{folder} exists, was not made by this tool, and is no environment with pip of Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Move it away, or name another folder in "
        "FASTJANGO_VENV."
    )


def _make(folder: Path, python: Path, *, fresh: bool) -> None:
    if fresh:
        version = ".".join(map(str, sys.version_info[:3]))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / INCOMPLETE).touch()
        with _timed(f"making an environment in {folder.name} with Python {version}"):
            _run([_base_python(), "-m", "venv", str(folder)])
    (folder / INCOMPLETE).touch()
    what = "installing FastJango and its tools" if fresh else "the requirements changed; installing"
    wanted = requirements()
    if _has_uv(python):
        try:
            with _timed(f"{what} with uv"):
                _run([str(python), "-m", "uv", "pip", "install", "--python", str(python), *wanted])
        except SetupError as error:
            if error.is_disk_full:
                raise
            say("uv did not manage, so pip tries: " + _last(str(error)))
        else:
            return
    with _timed(f"{what} with pip (slower)"):
        _run([*_pip(python), "install", "--quiet", *wanted])


def _base_python() -> str:
    """Return the Python outside any environment, which outlives the making of one."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _has_uv(python: Path) -> bool:
    """Install uv into the environment; False where it cannot be had, so that pip does the work."""
    ask = [str(python), "-m", "uv", "--version"]
    if subprocess.run(ask, capture_output=True, check=False).returncode == 0:
        return True
    if os.environ.get("FASTJANGO_DEV_INSTALLER") == "pip":
        return False
    try:
        with _timed("installing uv"):
            _run([*_pip(python), "install", "--quiet", "uv"])
    except SetupError as error:
        if error.final:
            raise
        say("uv is not to be had here, so pip does the work")
        return False
    return True


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2"]


def _run(command: Sequence[str]) -> None:
    """Run a step to its end, or end it with all its children; say in one message why it failed."""
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**_index_of_pip(), **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # its own group, so that no grandchild outlives it
            pass_fds=_held,
        )
    except OSError as error:
        raise SetupError(_explain(str(error), error.errno)) from error
    try:
        output, _ = process.communicate()
    except BaseException:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise _failure(output)


def _failure(output: str) -> SetupError:
    """Return the error for what an installer printed before it failed."""
    text = output.lower()
    full = _is_disk_full(text)
    final = full or any(sign in text for sign in UNREACHABLE)
    return SetupError(_explain(output), final=final, is_disk_full=full)


def _is_disk_full(text: str, number: int | None = None) -> bool:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return True
    # ensurepip hides the reason, so the disks are asked too.
    full = any(size < FULL_MB for size in _free().values())
    return full or "no space left" in text or "disk quota" in text


def _explain(output: str, number: int | None = None) -> str:
    """Turn the output of a failed step into one message for a newcomer.

    Args:
        output: What it printed, or what the system said.
        number: The system's number of the error, if it is one of the system.
    """
    text = output.lower()
    if _is_disk_full(text, number):
        free = ", ".join(f"{name}: {size} MB free" for name, size in _free().items())
        return (
            f"the disk is full ({free}). About {NEEDED_MB} MB are needed here and in the "
            "installer's cache. Make room and run this again; nothing half-made was left."
        )
    if any(sign in text for sign in UNREACHABLE):
        return (
            "the package index cannot be reached. Connect this machine to the network, or name "
            "an index that it reaches in PIP_INDEX_URL (and UV_DEFAULT_INDEX), and run this "
            f"again; nothing half-made was left. The installer said: {_last(output)}"
        )
    if "ensurepip is not available" in text or "no module named 'ensurepip'" in text:
        return (
            "this Python cannot make environments. On Debian and Ubuntu install the package "
            "python3-venv; elsewhere use a complete Python."
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"the environment cannot be made: {output}. This checkout and the folder of the "
            "environment have to be writable; FASTJANGO_VENV names another folder for it."
        )
    if number is not None:
        return f"the environment cannot be made: {output}"
    return f"the environment cannot be made. The installer said:\n{output.strip()[-3000:]}"


def _last(output: str) -> str:
    """Return the line that names the trouble best."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(sign in line.lower() for sign in UNREACHABLE)]
    return (telling or lines or ["nothing"])[-1][-300:]


def _free() -> dict[str, int]:
    """Return the free space, in MB, of the places that an installation writes to."""
    places: dict[str, Callable[[], Path]] = {
        "here": lambda: ROOT,
        "home": Path.home,
        "temporary files": lambda: Path(tempfile.gettempdir()),
    }
    if named := os.environ.get("FASTJANGO_VENV"):
        folder = Path(named).absolute()
        places["environment"] = lambda: next(
            one for one in (folder, *folder.parents) if one.exists()
        )
    free = dict[str, int]()
    for name, place in places.items():
        # There may be no home, and no folder for temporary files where every disk is full.
        with suppress(OSError, RuntimeError):
            free[name] = shutil.disk_usage(place()).free // 1_000_000
    return free


def _index_of_pip() -> dict[str, str]:
    """Return pip's configured indexes in uv's variables, for uv does not read pip's files."""
    if any(name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND")) for name in os.environ):
        return {}
    ask = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    found = dict[str, str]()
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        value = value.strip("'\"").replace("\\n", " ")
        option = name.rpartition(".")[2]
        if option == "index-url":
            found["UV_DEFAULT_INDEX"] = value
        elif option == "extra-index-url":
            found |= {"UV_INDEX": value, "UV_INDEX_STRATEGY": "unsafe-best-match"}
        elif option == "find-links":
            found["UV_FIND_LINKS"] = value.replace(" ", ",")
        elif option == "cert":
            found["SSL_CERT_FILE"] = value
    return found


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _timed(what: str) -> Generator[None]:
    say(f"{what} ...")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.0f} s")


@contextmanager
def _ended_politely() -> Generator[None]:
    """Turn a polite end from outside into an exception, so that the clean-up runs."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _alone() -> Generator[None]:
    """Hold a lock, so that two runs started together do not make the environment twice."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    place = ROOT / ".fastjango" / "dev.lock"
    try:
        place.parent.mkdir(exist_ok=True)
        handle = place.open("w")
    except OSError as error:
        raise SetupError(_explain(str(error), error.errno)) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another run is making the environment; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        _held.append(handle.fileno())
        try:
            yield
        finally:
            _held.clear()
