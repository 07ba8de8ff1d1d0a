"""What an import may load: by modules, not by time, so that a slow machine changes nothing."""

import json
import subprocess
import sys
from functools import cache

import pytest
from repository import ROOT, Distribution, plugins

HEAVY = ["fastapi", "starlette", "sqlalchemy", "sqlmodel", "jinja2", "pydantic", "alembic", "rich"]
PLUGINS = [member for member in plugins() if member.stem != "core"]


@cache
def loaded(statement: str) -> frozenset[str]:
    """Return the modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


def third_party(modules: frozenset[str]) -> set[str]:
    before = {name.partition(".")[0] for name in loaded("pass")}
    tops = {name.partition(".")[0] for name in modules} - before
    return {top for top in tops if top not in sys.stdlib_module_names and top != "fastjango"}


def test_the_kernel_loads_nothing_heavy() -> None:
    assert not third_party(loaded("import fastjango.core")) & set(HEAVY)


def test_the_kernel_keeps_to_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is said in docs/decisions/0004-kernel.md."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from core import KERNEL_LINES, code_lines, kernel_files

    counted = {path.name: code_lines(path) for path in kernel_files()}
    assert {"registry.py", "plugins.py", "conf.py", "schema.py", "signing.py"} <= set(counted)
    assert sum(counted.values()) <= KERNEL_LINES, counted


def test_the_kernel_loads_no_sibling() -> None:
    inside = {name for name in loaded("import fastjango.core") if name.startswith("fastjango.")}
    assert all(name.startswith("fastjango.core") for name in inside)


def test_the_daily_names_of_the_kernel_load_nothing_heavy() -> None:
    statement = "from fastjango.core import apps, settings, AppConfig, Hook, setup"
    assert not third_party(loaded(statement)) & set(HEAVY)


@pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])
def test_an_apps_module_imports_almost_nothing(member: Distribution) -> None:
    modules = loaded(f"import fastjango.{member.stem}.apps")
    allowed = (f"fastjango.{member.stem}.", "fastjango.core.")
    inside = {name for name in modules if name.startswith("fastjango.")}
    assert not {name for name in inside if not f"{name}.".startswith(allowed)}
    assert third_party(modules) <= third_party(loaded("import fastjango.core"))


@pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])
def test_importing_a_distribution_reads_no_settings(member: Distribution) -> None:
    statement = (
        "from fastjango.core import settings\n"
        f"import fastjango.{member.stem}\n"
        "assert not settings.configured"
    )
    assert f"fastjango.{member.stem}" in loaded(statement)
