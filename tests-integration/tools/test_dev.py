"""`tools/dev.py`: one clear message where it cannot work, and nothing half-made left."""

import ast
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import _environment
import _verbs
import pytest
import verify_types
from repository import ROOT, plugins

DEV = ROOT / "tools" / "dev.py"


def run(*arguments: str, tree: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(tree / "tools" / "dev.py"), *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small copy of the repository with one member, whose environment would be `.venv`."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'root'\nversion = '0'\n[dependency-groups]\ntest = ['pytest']\n"
    )
    member = tmp_path / "packages" / "fastjango-core"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(
        "[project]\nname = 'fastjango-core'\nversion = '0'\n"
        "[project.optional-dependencies]\nfast = ['uvloop', 'fastjango-http']\n"
    )
    monkeypatch.setattr(_environment, "ROOT", tmp_path)
    return tmp_path


class Installer:
    """Stands in for venv, pip and uv: makes what they make, or fails as they fail."""

    def __init__(self, folder: Path, *, fail: str = "", at: str = "install") -> None:
        self.folder, self.fail, self.at = folder, fail, at
        self.steps: list[str] = []

    def __call__(self, command: Sequence[str]) -> None:
        words = " ".join(command)
        self.steps.append(words)
        if "-m venv" in words:
            (self.folder / "bin").mkdir()
            script = self.folder / "bin" / "python"
            script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
            script.chmod(0o755)
        if self.fail and self.at in words:
            raise _environment._failure(self.fail)


def test_an_old_python_reads_the_script() -> None:
    script = ast.parse(DEV.read_text(), feature_version=(3, 6))
    assert not any(isinstance(node, ast.JoinedStr | ast.AnnAssign) for node in ast.walk(script))
    assert DEV.read_text().isascii()  # Python 2 takes nothing else without being told


def test_an_old_python_gets_one_message() -> None:
    code = (
        "import sys; sys.version_info = (3, 10, 4, 'final', 0)\n"
        f"exec(compile(open({str(DEV)!r}).read(), 'dev.py', 'exec'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "dev: Python 3.10 is too old, FastJango needs 3.11 or newer. Run this with a newer one, "
        "for example: python3.13 tools/dev.py\n"
    )


@pytest.mark.parametrize("verb", sorted(_verbs.VERBS))
def test_every_verb_has_help_that_needs_no_environment(verb: str, tmp_path: Path) -> None:
    done = run(verb, "--help", FASTJANGO_VENV=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 60
    assert not (tmp_path / "none").exists()


def test_an_unknown_verb_is_refused() -> None:
    done = run("tset")
    assert done.returncode == 2
    assert "there is no verb 'tset'." in done.stderr
    assert done.stderr.endswith("Did you mean 'test'?\n")


@pytest.mark.parametrize("arguments", [["--nope", "wheels"], ["-n", "wheels"], ["--nope"], []])
def test_a_verb_does_not_run_with_options_before_it_that_nobody_knows(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_verbs, "ensure", lambda folder: pytest.fail("it would run"))
    with pytest.raises(SystemExit) as caught:
        _verbs.main(arguments)
    assert caught.value.code == 2
    assert "dev.py: error:" in capsys.readouterr().err


def test_a_step_of_the_check_that_is_misspelt_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _verbs.main(["--no-env", "check", "ruff", "pyrigth", "mpyy"]) == 2
    assert "no step holds pyrigth and none mpyy. Steps: ruff, ruff" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        _verbs.main(["check", "--help"])
    assert "import contracts" in capsys.readouterr().out


def test_an_interrupted_verb_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(python: Path, arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(_verbs.VERBS, "check", _verbs.Verb(interrupted, "x"))
    assert _verbs.main(["--no-env", "check"]) == 130


def test_the_folder_of_the_environment_is_relative_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verbs run in the root of the repository, wherever they are called."""
    asked = list[Path]()
    monkeypatch.setattr(_verbs, "ensure", lambda folder: asked.append(folder) or folder)
    monkeypatch.setitem(_verbs.VERBS, "check", _verbs.Verb(lambda python, rest: 0, "x"))
    monkeypatch.setenv("FASTJANGO_VENV", "env")
    monkeypatch.chdir(tmp_path)
    assert _verbs.main(["check"]) == 0
    assert asked == [tmp_path / "env"]


def test_the_environment_is_made_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree / ".venv"
    installer = Installer(folder)
    monkeypatch.setattr(_environment, "_run", installer)
    python = _environment.ensure(folder)
    assert python == folder / "bin" / "python"
    assert (folder / _environment.STAMP).exists()
    assert not (folder / _environment.INCOMPLETE).exists()
    count = len(installer.steps)
    assert count >= 2
    _environment.ensure(folder)
    assert len(installer.steps) == count


def test_changed_requirements_are_installed_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree / ".venv"
    installer = Installer(folder)
    monkeypatch.setattr(_environment, "_run", installer)
    _environment.ensure(folder)
    file = tree / "packages" / "fastjango-core" / "pyproject.toml"
    file.write_text(file.read_text().replace("uvloop", "httptools"))
    installer.steps.clear()
    _environment.ensure(folder)
    assert not any("-m venv" in step for step in installer.steps)
    assert any("httptools" in step for step in installer.steps)


def test_a_checkout_that_was_moved_is_installed_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The members are installed by their paths: at the old ones is nothing, or another checkout."""
    folder = tree / ".venv"
    monkeypatch.setattr(_environment, "_run", Installer(folder))
    _environment.ensure(folder)
    moved = tmp_path_factory.mktemp("else where") / "tree"
    shutil.copytree(tree, moved)
    monkeypatch.setattr(_environment, "ROOT", moved)
    again = Installer(moved / ".venv")
    monkeypatch.setattr(_environment, "_run", again)
    _environment.ensure(moved / ".venv")
    assert not any("-m venv" in step for step in again.steps)
    assert f"-e {moved / 'packages' / 'fastjango-core'}" in again.steps[-1]


def test_a_file_that_cannot_be_read_is_named(tree: Path) -> None:
    file = tree / "packages" / "fastjango-core" / "pyproject.toml"
    file.write_text("<<<<<<< HEAD\n" + file.read_text())
    place = os.path.join("packages", "fastjango-core", "pyproject.toml")
    with pytest.raises(_environment.SetupError, match=f"^{place} cannot be read: .*line 1"):
        _environment.ensure(tree / ".venv")


def test_a_folder_that_is_a_file_is_refused(tree: Path) -> None:
    (tree / "env").touch()
    with pytest.raises(_environment.SetupError, match=r"is no folder\. Name another one"):
        _environment.ensure(tree / "env")


def test_an_environment_of_another_kind_of_machine_is_made_anew(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree / ".venv"
    monkeypatch.setattr(_environment, "_run", Installer(folder))
    python = _environment.ensure(folder)
    python.write_bytes(b"\x7fELF of nobody")
    (folder / _environment.STAMP).write_text("{}")
    _environment.ensure(folder)
    assert python.read_text().startswith("#!/bin/sh")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_checkout_that_is_read_only_is_told_of(
    number: int, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(tree / ".fastjango"))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(_environment.SetupError) as caught:
        _environment.ensure(tree / ".venv")
    text = str(caught.value)
    assert text.startswith(f"the environment cannot be made: [Errno {number}]")
    assert "have to be writable; FASTJANGO_VENV names another folder" in text
    assert "The installer said" not in text


def test_a_disk_that_is_full_everywhere_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no folder for temporary files, and some users have no home."""

    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(_environment.tempfile, "gettempdir", nowhere)
    monkeypatch.setattr(_environment.Path, "home", homeless)
    text = _environment._explain("[Errno 28] No space left on device", errno.ENOSPC)
    assert text.startswith("the disk is full (here: ")


def test_pip_tries_where_uv_failed_in_a_folder_named_disk(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tree / ".venv"
    installer = Installer(folder, fail="cannot build in /disk/1", at="-m uv pip")
    monkeypatch.setattr(_environment, "_run", installer)
    _environment.ensure(folder)
    assert "--quiet -e" in installer.steps[-1]
    assert "uv did not manage, so pip tries" in capsys.readouterr().out


def test_extras_are_installed_and_siblings_are_members(tree: Path) -> None:
    wanted = _environment.requirements()
    assert wanted[0] == "-e"
    assert "uvloop" in wanted
    assert "pytest" in wanted
    assert not any(entry.startswith("fastjango") for entry in wanted)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: dns error: failed to lookup address", "the package index cannot be reached"),
        ("Failed to establish a new connection: [Errno 111]", "cannot be reached"),
        ("ensurepip is not available", "install the package python3-venv"),
        ("Something else", "The installer said:\nSomething else"),
    ],
)
def test_a_failed_step_leaves_nothing_behind(
    output: str, message: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree / ".venv"
    monkeypatch.setattr(_environment, "_run", Installer(folder, fail=output))
    with pytest.raises(_environment.SetupError) as caught:
        _environment.ensure(folder)
    assert message in str(caught.value)
    assert not folder.exists()
    monkeypatch.setattr(_environment, "_run", Installer(folder))
    assert _environment.ensure(folder).exists()


def test_a_full_disk_is_recognised_where_the_installer_hides_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_environment, "_free", lambda: {"here": 3, "home": 80_000})
    text = _environment._explain("Command '['python', '-m', 'ensurepip']' returned 1")
    assert text.startswith("the disk is full (here: 3 MB free, home: 80000 MB free)")


def test_the_disk_of_an_environment_elsewhere_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTJANGO_VENV", str(tmp_path / "not" / "yet"))
    asked = list[Path]()

    def usage(place: Path) -> tuple[int, int, int]:
        asked.append(place)
        return shutil._ntuple_diskusage(100, 97, 3_000_000)  # type: ignore[attr-defined]

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert _environment._free()["environment"] == 3
    assert asked[-1] == tmp_path


def test_an_interrupted_run_is_repaired(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree / ".venv"
    folder.mkdir()
    (folder / _environment.INCOMPLETE).touch()
    (folder / "rubble").touch()
    monkeypatch.setattr(_environment, "_run", Installer(folder))
    _environment.ensure(folder)
    assert not (folder / "rubble").exists()


def test_a_step_that_outlived_its_run_is_waited_for(tree: Path, tmp_path: Path) -> None:
    """A run that is killed cannot end its step, which must not write into the next environment."""
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    step = (
        f"open({str(begun)!r}, 'w').close(); import time; time.sleep(1); open({str(ended)!r}, 'w')"
    )
    run = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r})\n"
        "import pathlib, _environment\n"
        f"_environment.ROOT = pathlib.Path({str(tree)!r})\n"
        f"with _environment._alone(): _environment._run([sys.executable, '-c', {step!r}])\n"
    )
    first = subprocess.Popen([sys.executable, "-c", run])
    while not begun.exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.wait()
    assert not ended.exists()
    with _environment._alone():
        assert ended.exists()


def test_an_interrupted_refresh_is_finished(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree / ".venv"
    monkeypatch.setattr(_environment, "_run", Installer(folder))
    _environment.ensure(folder)
    (folder / _environment.INCOMPLETE).touch()
    (folder / "kept").touch()
    again = Installer(folder)
    monkeypatch.setattr(_environment, "_run", again)
    _environment.ensure(folder)
    assert (folder / "kept").exists()
    assert any("install" in step for step in again.steps)


def test_what_somebody_else_made_is_not_deleted(tree: Path) -> None:
    folder = tree / ".venv"
    folder.mkdir()
    (folder / "mine.txt").write_text("precious")
    with pytest.raises(_environment.SetupError, match="was not made by this tool"):
        _environment.ensure(folder)
    assert (folder / "mine.txt").read_text() == "precious"


def test_pip_does_the_work_where_uv_cannot_be_had(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tree / ".venv"
    installer = Installer(folder, fail="No matching distribution found for uv", at="--quiet uv")
    monkeypatch.setattr(_environment, "_run", installer)
    monkeypatch.setattr(_environment, "_has_uv", _without_uv(_environment._has_uv))
    _environment.ensure(folder)
    assert "pip" in installer.steps[-1]
    assert "uvloop" in installer.steps[-1]
    assert "uv is not to be had here" in capsys.readouterr().out


def _without_uv(real: object) -> object:
    """Ask the real function, in an interpreter that has no uv."""

    def ask(python: Path) -> bool:
        script = python.parent / "python"
        script.write_text("#!/bin/sh\nexit 1\n")
        assert callable(real)
        return bool(real(python))

    return ask


@pytest.mark.slow
def test_an_unreachable_index_really(tree: Path) -> None:
    """With the real venv and pip, against a port where nobody listens."""
    done = run(
        "test",
        "--version",
        tree=tree,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        FASTJANGO_VENV=str(tree / "env"),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("dev: the package index cannot be reached. Connect this machine")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tree / "env").exists()


def test_tests_run_in_parallel_unless_told_otherwise() -> None:
    assert "--inner=-n" in _verbs.test_arguments(["-p", "no:randomly"])
    for serial in (["-p", "no:xdist"], ["-pno:xdist"]):
        assert "--inner=-n" not in _verbs.test_arguments(serial)
    assert "--inner=-n" in _verbs.test_arguments(["-k", "x"])
    assert "--inner=--numprocesses=3" in _verbs.test_arguments(["--numprocesses=3"])
    assert "--inner=-n" not in _verbs.test_arguments(["--numprocesses=3"])


@pytest.mark.parametrize("option", ["--version", "-V", "--markers", "--cache-show=*"])
def test_what_only_informs_starts_no_group(option: str) -> None:
    assert _verbs.test_arguments([option]) == [option]


@pytest.mark.parametrize("path", ["packages/fastjango-cor", "packages/nope.py::test", "nope.py"])
def test_paths_that_are_not_there_do_not_run_everything(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verbs.main(["--no-env", "test", "-q", "tools", path]) == 2
    assert f"dev: there is no {path}. Paths are relative to" in capsys.readouterr().out


def test_values_of_options_are_no_paths() -> None:
    values = ["-k", "a/b", "--junitxml", "no/where.xml", "-p", "no:x", "-m=slow", "tools/dev.py"]
    assert _verbs.absent_paths(values) == []
    assert _verbs.absent_paths([*values, "no/where", "plain"]) == ["no/where"]


def test_help_of_tests_needs_no_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    assert _verbs.main(["test", "packages/fastjango-core", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: dev.py test")


def test_the_version_is_that_of_pytest() -> None:
    done = run("--no-env", "test", "--version")
    assert done.returncode == 0, done.stderr
    assert f"pytest {pytest.__version__}" in done.stdout + done.stderr
    assert "packages/" not in done.stdout


def test_coverage_comes_with_its_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = _verbs.test_groups([])
    monkeypatch.setattr(_verbs, "test_groups", lambda paths: groups)
    monkeypatch.setattr(_verbs, "ROOT", tmp_path)
    (tmp_path / ".coverage").write_text("of an earlier run")
    arguments = _verbs.test_arguments(["--cov"])
    assert "pytest_coverage_floor" in arguments
    assert "--inner=--cov-branch" in arguments
    assert "--inner=--cov-append" in arguments
    assert not (tmp_path / ".coverage").exists()


def test_distributions_that_are_typed_stay_so() -> None:
    assert set(verify_types.TYPED) <= {member.stem for member in plugins()}
    command = dict(_verbs.check_steps(Path("python")))["types of public names"]
    assert command == ["python", str(ROOT / "tools" / "verify_types.py"), "--kept"]


@pytest.mark.parametrize(("known", "status"), [(True, 0), (False, 1)])
def test_a_public_name_without_a_type_is_named(
    known: bool, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    symbol = {"name": "fastjango.core.x", "isExported": True, "isTypeKnown": known}
    said = {"typeCompleteness": {"exportedSymbolCounts": {"a": 1}, "symbols": [symbol]}}
    done = subprocess.CompletedProcess([], 0, json.dumps(said), "")
    monkeypatch.setattr(verify_types.subprocess, "run", lambda *_, **__: done)
    monkeypatch.setattr(sys, "argv", ["verify_types.py", "core"])
    assert verify_types.main() == status
    assert ("fastjango.core.x: its type" in capsys.readouterr().out) is not known


def test_hatch_offers_the_same_verbs() -> None:
    import tomllib

    hatch = tomllib.loads((ROOT / "hatch.toml").read_text())
    scripts = hatch["envs"]["default"]["scripts"]
    assert set(scripts) == set(_verbs.VERBS)
    for verb, command in scripts.items():
        assert command == f"python tools/dev.py --no-env {verb} {{args}}"
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert set(hatch["envs"]["default"]["dependency-groups"]) == set(groups)
    assert hatch["envs"]["hatch-test"]["matrix"] == [{"python": ["3.11", "3.12", "3.13"]}]
