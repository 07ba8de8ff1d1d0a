"""`optimizemigration` and `showmigrations` as users run them."""

from __future__ import annotations

from typing import Any

import pytest

Project = Any  # the fixture's type; see conftest.py

MODELS = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True)
"""

LONG = """
from fastjango.orm import migrations, models

class Migration(migrations.Migration):
    initial = True
    atomic = False
    operations = [
        migrations.CreateModel("Author", [
            ("id", models.BigAutoField(
                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
            )),
            ("name", models.CharField(max_length=100)),
        ]),
        migrations.AddField("Author", "born", models.DateField(null=True)),
    ]
"""


@pytest.fixture
def long(project: Project) -> Project:
    """A project whose first migration has more operations than it needs."""
    project.models(MODELS)
    project.write("blog/migrations/__init__.py", "")
    project.write("blog/migrations/0001_initial.py", LONG)
    return project


def test_a_migration_is_written_shorter(long: Project) -> None:
    path = long.folder / "blog/migrations/0001_initial.py"
    before = path.read_text()
    message = "Optimizing from 2 operations to 1 operations."
    assert message in long.run("optimizemigration", "blog", "0001", "--check", code=1)
    assert path.read_text() == before
    output = long.run("optimizemigration", "blog", "0001")
    assert f"{message}\nOptimized migration {path}\n" in output
    text = path.read_text()
    assert "AddField" not in text
    assert "initial = True" in text
    assert "atomic = False" in text
    assert "No changes detected" in long.run("makemigrations", "blog")
    assert long.run("optimizemigration", "blog", "0001") == "No optimizations possible.\n"
    assert long.run("optimizemigration", "blog", "0001", "-v", "0") == ""


def test_a_migration_that_takes_more_in_stays_as_atomic_as_it_was(long: Project) -> None:
    long.models(MODELS + "    died = models.DateField(null=True)\n")
    long.run("makemigrations", "--update")
    text = "".join(path.read_text() for path in (long.folder / "blog/migrations").glob("0*.py"))
    assert "died" in text
    assert "atomic = False" in text


def test_functions_of_the_file_itself_would_be_lost(long: Project) -> None:
    path = long.folder / "blog/migrations/0001_initial.py"
    text = LONG.replace("    ]\n", "        migrations.RunPython(do),\n    ]\n").replace(
        "class Mig", "def do(apps, schema_editor):\n    pass\n\nclass Mig"
    )
    path.write_text(text)
    output = long.run("optimizemigration", "blog", "0001", code=1)
    assert "runs functions that are defined in its own file" in output
    assert path.read_text() == text


def test_what_there_is_and_what_it_needs(long: Project) -> None:
    second = LONG.partition("    initial")[0] + (
        "    dependencies = [('blog', '0001_initial')]\n    operations = []\n"
    )
    long.write("blog/migrations/0002_more.py", second)
    long.run("migrate", "blog", "0001")
    output = long.run("showmigrations", "--plan", "-v", "2")
    assert "[X]  blog.0001_initial\n[ ]  blog.0002_more ... (blog.0001_initial)\n" in output
    assert "blog.0001" in long.run("showmigrations", "--plan", "blog")
    assert "(no migrations)" in long.run("showmigrations", "--plan", "orm")
    assert " (no migrations)" in long.run("showmigrations", "orm")
    for arguments in (["blgo"], ["--plan", "blgo"]):
        output = long.run("showmigrations", *arguments, code=2)
        assert "No installed app with label 'blgo'. Did you mean 'blog'?" in output
    squashed = LONG.replace("initial = True", "replaces = [('blog', '0001_initial')]")
    (long.folder / "blog/migrations/0002_more.py").unlink()
    long.write("blog/migrations/0001_squashed.py", squashed)
    output = long.run("showmigrations", "blog")
    assert " [-] 0001_squashed (1 squashed migrations) Run 'manage.py migrate' to" in output
    long.run("migrate")
    assert " [X] 0001_squashed (1 squashed migrations)\n" in long.run("showmigrations", "blog")
