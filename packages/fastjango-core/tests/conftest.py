"""What the kernel's tests share: settings of their own, and throwaway packages."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import Defaults, UserSettingsHolder, settings


def _stand_in_for_signals() -> None:
    """Where fastjango-signals is not installed, put a plugin of its name and shape in its place.

    Tests of the selection of plugins need one that is installed; core declares none.
    """
    if find_spec("fastjango.signals") is not None:
        return
    folder = Path(tempfile.mkdtemp(prefix="fastjango-core-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = {
        "fastjango/signals/__init__.py": "",
        "fastjango/signals/apps.py": (
            "from fastjango.core import AppConfig\n\n\nclass SignalsConfig(AppConfig):\n"
            "    name = 'fastjango.signals'\n    label = 'signals'\n"
        ),
        "fastjango_signals-0.1.0.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: fastjango-signals\nVersion: 0.1.0\n"
        ),
        "fastjango_signals-0.1.0.dist-info/entry_points.txt": (
            "[fastjango.plugins]\nsignals = fastjango.signals.apps:SignalsConfig\n"
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    sys.path.append(str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        part for part in (os.environ.get("PYTHONPATH"), str(folder)) if part
    )


_stand_in_for_signals()


KEY = "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"


@pytest.fixture
def configured() -> Iterator[Callable[..., None]]:
    """Give the process settings for one test; call it to change them."""
    before = settings._wrapped

    def configure(**options: Any) -> None:
        holder = UserSettingsHolder(Defaults())
        for name, value in {"SECRET_KEY": KEY, "TIME_ZONE": "Europe/Berlin", **options}.items():
            setattr(holder, name, value)
        settings._wrapped = holder

    configure()
    yield configure
    settings._wrapped = before


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Write importable files: `package({"blog/__init__.py": ""})`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        module = sys.modules[name]
        where = [getattr(module, "__file__", ""), *getattr(module, "__path__", ())]
        if any(str(tmp_path) in str(path) for path in where):
            del sys.modules[name]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run Python in a process of its own, in an empty folder."""

    def call(*args: str, env: dict[str, str] | None = None, **kwargs: Any) -> Any:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("FASTJANGO_", "DJANGO_"))}
        clean.pop("DATABASE_URL", None)
        return subprocess.run(
            [sys.executable, *args],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=kwargs.pop("cwd", tmp_path),
            env={**clean, **(env or {})},
            **kwargs,
        )

    return call
