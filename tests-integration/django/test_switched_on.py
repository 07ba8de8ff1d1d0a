"""Names of Django projects become names of other distributions, and the shim is switched on."""

import os
import subprocess
import sys

from fastjango.django import names, projects


class TestTranslate:
    def test_names_become_ours(self) -> None:
        values = {
            "MIDDLEWARE": ["django.middleware.security.SecurityMiddleware", "mine.Middleware"],
            "TEMPLATES": [{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": ("a",)}],
            "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}},
            "TEXT": "django. A word.",
            "NUMBER": 3,
            "SET": {"django.core"},
        }
        projects.translate(values)
        assert values["MIDDLEWARE"] == [
            "fastjango.http.middleware.security.SecurityMiddleware",
            "mine.Middleware",
        ]
        assert values["TEMPLATES"] == [
            {"BACKEND": "fastjango.templates.backends.jinja2.Jinja2", "DIRS": ("a",)}
        ]
        assert values["DATABASES"] == {"default": {"ENGINE": "django.db.backends.sqlite3"}}
        assert (values["TEXT"], values["NUMBER"]) == ("django. A word.", 3)
        assert values["SET"] == {"django.core"}

    def test_names(self) -> None:
        table = names()
        assert projects.our_name("django.core.mail", table) == "fastjango.mail"
        assert projects.our_name("django.core.files.temp", table) == "tempfile"
        assert projects.our_name("django.utils.text.slugify", table) == (
            "fastjango.values.text.slugify"
        )
        assert projects.our_name("django.contrib.admin.site", table) is None
        assert projects.our_name("django.no.such.Thing", table) is None


PRINT = "from django.utils.text import slugify; print(slugify.__module__)"


def python(code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith("FASTJANGO_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**env, **variables},
        check=False,
    )


def test_one_line_switches_the_shim_on_for_children_too() -> None:
    code = (
        "import fastjango.django.imports, os, subprocess, sys\n"
        f"{PRINT}\nsys.stdout.flush()\n"
        f"subprocess.run([sys.executable, '-c', {PRINT!r}], check=True)\n"
    )
    done = python(code)
    assert done.stdout.split() == ["fastjango.values.text"] * 2, done.stderr


def test_the_variable_switches_the_shim_on() -> None:
    done = python(PRINT, FASTJANGO_DJANGO_IMPORTS="1")
    assert done.stdout.strip() == "fastjango.values.text", done.stderr
    assert "fastjango" not in python(PRINT, FASTJANGO_DJANGO_IMPORTS="0").stdout


def test_missing_names_say_why() -> None:
    done = python("from django.template.base import Node", FASTJANGO_DJANGO_IMPORTS="1")
    assert "ImportError: FastJango has no django.template.base.Node: Templates are" in done.stderr
    done = python("from django.contrib import admin", FASTJANGO_DJANGO_IMPORTS="1")
    assert "The admin is a distribution of its own" in done.stderr


def test_modules_are_imported_from_their_packages() -> None:
    # Each lies elsewhere with us than below its package.
    code = (
        "from django.core import checks\n"
        "from django.core.management.commands import inspectdb\n"
        "from django.db.models import sql\n"
        "from django.test import utils\n"
        "from rest_framework.utils import model_meta\n"
        "print(inspectdb.__name__, sql.__name__, checks.model_checks.__name__)\n"
        "print(checks.register is __import__('fastjango.core.checks', fromlist=['x']).register)\n"
        "from django.forms import nothing\n"
    )
    done = python(code, FASTJANGO_DJANGO_IMPORTS="1")
    assert done.stdout.split() == [
        "fastjango.orm.management.commands.inspectdb",
        "fastjango.orm.query.sql",
        "fastjango.orm.checks",
        "True",
    ], done.stderr
    assert "cannot import name 'nothing' from 'fastjango.forms'" in done.stderr
