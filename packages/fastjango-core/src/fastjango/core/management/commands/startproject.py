"""Write a new project."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastjango.core.management import CommandParser
from fastjango.core.management.skeletons import TemplateCommand

# What a project with pages has besides, where the distribution of templates is installed.
PAGES = {
    "more_apps": '\n    "fastjango.templates",',
    "more_dependencies": '\n  "fastjango-templates>=0.1,<0.2",',
    "more_settings": '''

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "fastjango.templates.backends.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
    }
]

STATIC_URL = "static/"''',
}

# What a project has besides, where the distribution of users is installed.
PASSWORDS = """

# For `fastjango.auth`: new passwords are kept as Argon2id, the others are still read.
PASSWORD_HASHERS = [
    "fastjango.auth.hashers.Argon2PasswordHasher",
    "fastjango.auth.hashers.PBKDF2PasswordHasher",
    "fastjango.auth.hashers.PBKDF2SHA1PasswordHasher",
    "fastjango.auth.hashers.BCryptSHA256PasswordHasher",
    "fastjango.auth.hashers.ScryptPasswordHasher",
]"""


class Command(TemplateCommand):
    """Writes a project that runs: pages and an API, or with `--api` an API alone."""

    help = "Creates a project folder with the given name, in the current or the given folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("--api", action="store_true", help="JSON only, without pages.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the project."""
        name = options["name"]
        target = Path(options["directory"] or name)
        with_pages = not options["api"] and find_spec("fastjango.templates") is not None
        folders = ["common", "api" if options["api"] else "site"]
        if with_pages:
            folders.append("pages")
        sources = self.sources(options, *folders)
        more = dict(PAGES) if with_pages else dict.fromkeys(PAGES, "")
        if find_spec("fastjango.auth") is not None:
            more["more_settings"] += PASSWORDS
        self.write(name, target, sources, options, more)
        if options["verbosity"] > 0:
            into = "" if target == Path() else f"cd {target} && "
            self.stdout.write(self.style.SUCCESS(f"Wrote the project {name!r} to {target}."))
            self.stdout.write(f"Next: {into}python manage.py migrate && python manage.py runserver")
