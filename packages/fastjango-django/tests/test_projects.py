"""Settings of Django projects, and the `test` command."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from fastjango.core import conf
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import CommandError
from fastjango.django import projects
from fastjango.django.management.commands import test as command


class TestTranslate:
    def test_apps(self) -> None:
        values = {
            "INSTALLED_APPS": [
                "polls.apps.PollsConfig",
                "django.contrib.staticfiles",
                "django.contrib.sessions",
                "fastjango.orm",
            ]
        }
        projects.translate(values)
        found = values["INSTALLED_APPS"]
        assert found[:3] == ["polls.apps.PollsConfig", "fastjango.sessions", "fastjango.orm"]
        assert found.count("fastjango.orm") == 1
        assert "fastjango.django" in found

    @pytest.mark.parametrize(
        ("setting", "value", "said"),
        [
            ("INSTALLED_APPS", ["django.contrib.admin"], "The admin is a distribution"),
            ("INSTALLED_APPS", ["django.contrib.nothing"], "has no django.contrib.nothing."),
            ("MIDDLEWARE", ["django.middleware.locale.LocaleMiddleware"], "Translations come"),
            ("A", {"b": "django.core.wsgi.get_wsgi_application"}, "ASGI only"),
        ],
    )
    def test_what_has_no_equivalent_is_refused(
        self, setting: str, value: object, said: str
    ) -> None:
        with pytest.raises(ImproperlyConfigured, match=said) as caught:
            projects.translate({setting: value})
        assert str(caught.value).startswith(f"{setting} names 'django.")


def test_adopting_reads_djangos_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "OTHER_VARIABLES", [])
    monkeypatch.setattr(conf, "settings_read", conf.Hook(conf.settings_read.spec, late=True))
    monkeypatch.delenv("FASTJANGO_SETTINGS_MODULE", raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")
    projects.adopt()
    projects.adopt()
    assert conf.settings_module() == "mysite.settings"
    assert conf.OTHER_VARIABLES == ["DJANGO_SETTINGS_MODULE"]
    assert len(conf.settings_read) == 1


class TestCommand:
    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "polls" / "more").mkdir(parents=True)
        (tmp_path / "polls" / "tests.py").touch()

    @pytest.mark.parametrize(
        ("label", "target"),
        [
            ("polls", "polls"),
            ("polls/tests.py", "polls/tests.py"),
            ("polls.more", "polls/more"),
            ("polls.tests", "polls/tests.py"),
            ("polls.tests.A.test_b", "polls/tests.py::A::test_b"),
        ],
    )
    def test_labels(self, label: str, target: str) -> None:
        assert command.pytest_target(label) == target

    def test_unknown_labels(self) -> None:
        with pytest.raises(CommandError, match=r"There is no 'poll\.tests' to test below"):
            command.pytest_target("poll.tests")

    def test_options_become_those_of_pytest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[list[str]] = []

        def run(arguments: list[str], **_: object) -> SimpleNamespace:
            ran.append(arguments)
            return SimpleNamespace(returncode=len(ran) - 1)

        # What it looks for is another distribution: here it counts as installed.
        monkeypatch.setattr(command, "find_spec", lambda name: SimpleNamespace(name=name))
        monkeypatch.setattr(command.subprocess, "run", run)
        made = command.Command()
        parser = made.create_parser("manage.py", "test")
        line = [
            "polls",
            "--failfast",
            "--keepdb",
            "--parallel",
            "2",
            "-k",
            "a",
            "-k",
            "b",
            "-v",
            "2",
        ]
        options = vars(parser.parse_args(line))
        made.handle(*options.pop("args"), **options)
        assert ran[0][1:] == [
            *("-m", "pytest", "-o", "python_files=test*.py", "-x", "--reuse-db", "-n", "2"),
            *("-k", "a or b", "-v", "polls"),
        ]
        options = vars(parser.parse_args(["-v", "0"]))
        with pytest.raises(SystemExit) as ended:
            made.handle(*options.pop("args"), **options)
        assert ended.value.code == 1
        assert ran[1][-1] == "-q"

    def test_without_pytest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "find_spec", lambda name: None)
        with pytest.raises(CommandError, match="pytest is not installed"):
            command.Command().handle()
