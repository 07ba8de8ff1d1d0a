"""Options of `dev.py docs` and `dev.py wheels`: nothing is deleted or built for a wrong one."""

import subprocess
import sys
from pathlib import Path

import build_docs
import pytest
import wheels
from repository import is_replaceable


@pytest.fixture(autouse=True)
def nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("build_and_check", "install_all_ways", "own_tests", "whole_suite"):
        monkeypatch.setattr(wheels, name, lambda *_, **__: pytest.fail("it would run"))
    monkeypatch.setattr(build_docs, "stage", lambda **_: pytest.fail("it would run"))


def refused(main: object, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(main)
    monkeypatch.setattr(sys, "argv", ["x", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2


@pytest.mark.parametrize("main", [build_docs.main, wheels.main], ids=["docs", "wheels"])
def test_a_folder_of_somebody_else_is_not_emptied(
    main: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    refused(main, ["--output", str(tmp_path)], monkeypatch)
    assert (tmp_path / "thesis.txt").read_text() == "precious"
    assert "holds something else than" in capsys.readouterr().err
    refused(main, ["--output", str(tmp_path / "thesis.txt")], monkeypatch)


def test_what_an_earlier_run_made_is_replaced(tmp_path: Path) -> None:
    assert is_replaceable(tmp_path / "none", "*.whl")
    assert is_replaceable(tmp_path, "*.whl")
    (tmp_path / "a.tar.gz").touch()
    assert not is_replaceable(tmp_path, "*.whl")
    (tmp_path / "a.whl").touch()
    assert is_replaceable(tmp_path, "*.whl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "orm", "omr"], "no distribution omr; there are auth, "),
        (["--only", "fastjango-orm"], "no distribution fastjango-orm;"),
        (["--python", "no-such-python"], "'no-such-python', which is no program"),
        (["--steps", "instal"], "invalid choice: 'instal'"),
    ],
)
def test_wrong_words_build_nothing(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused(wheels.main, arguments, monkeypatch)
    assert said in capsys.readouterr().err


def test_an_interrupted_build_leaves_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(wheels, "build_and_check", interrupted)
    monkeypatch.setattr(sys, "argv", ["x", "--output", str(tmp_path)])
    assert wheels.main() == 130


def test_help_says_what_is_deleted() -> None:
    for module in (build_docs, wheels):
        assert module.__file__
        done = subprocess.run(
            [sys.executable, module.__file__, "--help"], capture_output=True, text=True, check=True
        )
        assert "an earlier" in done.stdout
