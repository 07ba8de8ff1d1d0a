"""Commands that pages show exist, and take the arguments that they are shown with."""

import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from examples import FENCE, TUTORIAL, files
from repository import ROOT

PROGRAM = """
import json, sys
from site_settings.prelude import names
from fastjango.core import setup
from fastjango.core.conf import settings
from fastjango.core.management import CommandError, ManagementUtility

apps = [*names()["INSTALLED_APPS"], "fastjango.messages", "fastjango.rest", "fastjango.django"]
apps += ["fastjango.auth.accounts", "fastjango.auth.jwt", "fastjango.auth.oauth", "fastjango.mail"]
settings.configure(
    SECRET_KEY="for-the-lines-of-the-pages-only-0123456789",
    INSTALLED_APPS=apps,
    DATABASES={"default": {"ENGINE": "sqlite", "NAME": ":memory:"}},
)
setup()
for place, words in json.load(sys.stdin):
    try:
        command = ManagementUtility(["manage.py", *words]).fetch_command(words[0])
        command._called_from_command_line = False
        command.create_parser("manage.py", words[0]).parse_args(words[1:])
    except (CommandError, SystemExit) as error:
        print(f"{place}: {' '.join(words)}: {error}")
"""


def lines() -> list[tuple[str, list[str]]]:
    """Return the lines that call a command of a project, as words, with their places."""
    found: list[tuple[str, list[str]]] = []
    for path in files():
        if path.parent == TUTORIAL or "examples" in path.parts:
            continue  # the one is run; the others have commands of their own
        for match in FENCE.finditer(path.read_text(encoding="utf-8")):
            if match["info"].strip() not in ("console", "sh"):
                continue
            for line in match["body"].replace("\\\n", " ").splitlines():
                for part in line.strip().removeprefix("$ ").split(" && "):
                    words = shlex.split(part, comments=True)
                    if words[:2] == ["python", "manage.py"] or words[:1] == ["fastjango-admin"]:
                        rest = words[2:] if words[0] == "python" else words[1:]
                        found.append((path.relative_to(ROOT).as_posix(), rest))
    return found


def test_commands_on_pages_exist_and_take_their_arguments() -> None:
    asked = [(place, words) for place, words in lines() if words and words[0] != "help"]
    assert len(asked) > 8
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parent / "preludes",
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == ""


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_toml_on_pages_is_toml(path: Path) -> None:
    for match in FENCE.finditer(path.read_text(encoding="utf-8")):
        if match["info"].split()[:1] == ["toml"]:
            tomllib.loads(match["body"])
