"""The files that would be published, in a quick form; `dev.py wheels` does the whole."""

import fcntl
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from _wheel_steps import closure, wheel_of
from repository import Distribution, distributions, plugins
from wheels import build, content_problems

MEMBERS = distributions()
EACH = pytest.mark.parametrize("member", MEMBERS, ids=[member.stem for member in MEMBERS])


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build every wheel once for all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fastjango-dist"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for member in MEMBERS:
                build(member, folder, sdist=False)
            (folder / "done").touch()
    return folder


@EACH
def test_a_wheel_holds_only_its_own_subpackage(member: Distribution, dist: Path) -> None:
    assert content_problems(member, wheel_of(member, dist)) == []


@EACH
def test_metadata_would_be_accepted(member: Distribution, dist: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel_of(member, dist))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


IMPORT = """
import sys
unpacked, libraries, name = sys.argv[1:]
sys.path[:0] = [unpacked]
sys.path.append(libraries)
import importlib, importlib.metadata, importlib.util
module = importlib.import_module(f"fastjango.{name}")
assert module.__file__.startswith(unpacked), module.__file__
assert (__import__("pathlib").Path(module.__file__).parent / "py.typed").exists()
if name != "core":
    importlib.import_module(f"fastjango.{name}.apps")
import fastjango
print(sorted(__import__("pathlib").Path(path).name for path in fastjango.__path__))
"""


@pytest.mark.parametrize("member", plugins(), ids=[member.stem for member in plugins()])
def test_a_wheel_works_with_its_siblings_alone(
    member: Distribution, dist: Path, tmp_path: Path
) -> None:
    stems = closure([member.stem])
    for other in plugins():
        if other.stem in stems:
            zipfile.ZipFile(wheel_of(other, dist)).extractall(tmp_path)
    libraries = sysconfig.get_path("purelib")
    # -S leaves out the .pth files, and with them the sources of this tree.
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(tmp_path), libraries, member.stem]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "['fastjango']"
