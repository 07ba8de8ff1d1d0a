"""What the kernel's tests share: settings of their own, and throwaway packages."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import Defaults, UserSettingsHolder, settings

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
