"""Run the tests of a Django project: `manage.py test`, with pytest as the runner."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.core.management.base import Checks

__all__ = ["Command", "pytest_target"]


def pytest_target(label: str) -> str:
    """Return what pytest calls a label of Django: a path, or `polls.tests.QuestionModelTests`.

    Raises:
        CommandError: There is no such package, module or class.
    """
    if Path(label).exists():
        return label
    parts = label.split(".")
    for end in range(len(parts), 0, -1):
        place = Path(*parts[:end])
        inside = "".join(f"::{name}" for name in parts[end:])
        if (file := place.with_suffix(".py")).is_file():
            return f"{file}{inside}"
        if place.is_dir() and not inside:
            return str(place)
    raise CommandError(
        f"There is no {label!r} to test below {Path.cwd()}. Name a folder, or a module, class or "
        "method as in 'polls.tests.QuestionModelTests'."
    )


class Command(BaseCommand):
    """Hands the labels and the options that pytest has as well over to pytest."""

    help = "Runs the tests of the project, or those of the labels, with pytest."
    requires_system_checks: Checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add Django's options that pytest has an equivalent for."""
        parser.add_argument("args", metavar="label", nargs="*", help="Packages, modules, classes.")
        parser.add_argument("--failfast", action="store_true", help="Stop at the first failure.")
        parser.add_argument("--keepdb", action="store_true", help="Keep the test databases.")
        parser.add_argument(
            "--parallel", nargs="?", const="auto", help="Processes; needs pytest-xdist."
        )
        parser.add_argument("--pattern", "-p", default="test*.py", help="Names of test files.")
        parser.add_argument(
            "-k", dest="expression", action="append", default=[], help="Only tests that fit."
        )

    def handle(self, *labels: str, **options: Any) -> None:
        """Run pytest in a process of its own; it boots the project for tests.

        Raises:
            CommandError: pytest or the distribution of test tools is not installed.
        """
        for name in ("pytest", "fastjango.testing"):
            if find_spec(name) is None:
                raise CommandError(f"{name} is not installed: pip install fastjango-testing")
        command = [sys.executable, "-m", "pytest", "-o", f"python_files={options['pattern']}"]
        command += ["-x"] if options["failfast"] else []
        command += ["--reuse-db"] if options["keepdb"] else []
        command += ["-n", str(options["parallel"])] if options["parallel"] else []
        command += ["-k", " or ".join(options["expression"])] if options["expression"] else []
        command += ["-q"] if options["verbosity"] == 0 else []
        command += ["-v"] if options["verbosity"] > 1 else []
        command += [pytest_target(label) for label in labels]
        status = subprocess.run(command, env=dict(os.environ), check=False).returncode
        if status:
            sys.exit(status)
