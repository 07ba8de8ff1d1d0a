"""`fastjango-admin docs` reads the READMEs of the installed distributions."""

from importlib.metadata import PackageNotFoundError

import pytest
from fastjango.core.management import CommandError, call_command
from fastjango.core.management.commands import docs


def ask(*args, **options):
    return call_command("docs", *args, **options)


def test_the_list():
    lines = ask().splitlines()
    core = next(line for line in lines if line.startswith("fastjango-core "))
    assert core.endswith(
        "The kernel: app registry, plugin discovery, settings, checks, commands, signing."
    )
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)


@pytest.mark.parametrize("name", ["core", "fastjango-core", "CORE"])
def test_one(name):
    text = ask(name)
    assert text.startswith("# fastjango-core\n\n**The kernel:")
    assert "## Settings" in text


def test_a_word():
    found = ask(search="secret_key_fallbacks").splitlines()
    assert any(
        line.startswith("fastjango-core, Settings: | `SECRET_KEY_FALLBACKS`") for line in found
    )
    assert all(
        line.startswith("fastjango-core") for line in ask("core", search="hook").splitlines()
    )


def test_what_is_not_there():
    with pytest.raises(CommandError, match=r"by a distribution 'cor'\. Did you mean 'core'\?"):
        call_command("docs", "cor")
    with pytest.raises(CommandError, match="'zzzz' is in none of fastjango-core"):
        call_command("docs", "core", search="zzzz")


def test_names_that_may_be_asked_for_are_told():
    with pytest.raises(CommandError) as caught:
        call_command("docs", "nonsense")
    names = ", ".join(one.removeprefix("fastjango-") for one in docs.readmes())
    assert str(caught.value) == (
        f"No plugin is installed by a distribution 'nonsense'. Distributions: {names}."
    )


def test_the_package_that_gathers_the_others_is_read_where_it_is_installed(monkeypatch):
    asked = []

    def about(name):
        asked.append(name)
        if name == "fastjango":
            raise PackageNotFoundError(name)
        return {"Description": f"# {name}\n\n**One.**"}

    monkeypatch.setattr("importlib.metadata.metadata", about)
    assert "fastjango" not in docs.readmes()
    assert "fastjango" in asked
    monkeypatch.setattr("importlib.metadata.metadata", lambda name: {"Description": f"# {name}"})
    assert docs.readmes()["fastjango"] == "# fastjango\n"
    assert ask("fastjango") == "# fastjango"


def test_a_text_without_a_bold_line():
    assert docs.purpose("# A\n\nplain") == ""
