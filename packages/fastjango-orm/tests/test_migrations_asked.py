"""What makemigrations and squashmigrations ask at a terminal, and what the answers do."""

from __future__ import annotations

from typing import Any

import pytest

# `Project` is the fixture's type; see conftest.py.
Project = Any

MODELS = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)
    note = models.CharField(max_length=20, null=True)
"""


@pytest.fixture
def migrated(project: Project) -> Project:
    project.models(MODELS)
    project.run("makemigrations", "blog")
    project.run("migrate")
    project.query("insert into blog_author (name) values ('Ann')")
    return project


def second(project: Project) -> str:
    assert len(project.files()) == 2
    return str((project.folder / "blog/migrations" / project.files()[1]).read_text())


def test_a_field_is_renamed_when_the_answer_is_yes(migrated: Project) -> None:
    migrated.models(MODELS.replace("name =", "title ="))
    output = migrated.run("makemigrations", answers="perhaps\ny\n")
    assert "Was Author.name renamed to Author.title (a CharField)? [y/N]" in output
    assert "Please answer yes or no" in output
    assert "RenameField" in second(migrated)
    migrated.run("migrate")
    assert migrated.query("select title from blog_author") == [("Ann",)]


def test_a_field_is_another_when_the_answer_is_no(migrated: Project) -> None:
    migrated.models(
        MODELS.replace(
            "name = models.CharField(max_length=100)",
            "title = models.CharField(max_length=100, default='')",
        ).replace("note =", "hint =")
    )
    output = migrated.run("makemigrations", answers="n\n")  # only note and hint are alike
    assert "Was Author.note renamed to Author.hint (a CharField)?" in output
    text = second(migrated)
    assert "RenameField" not in text
    assert text.count("RemoveField") == 2


def test_a_model_is_renamed_when_the_answer_is_yes(migrated: Project) -> None:
    migrated.models(MODELS.replace("Author", "Writer"))
    output = migrated.run("makemigrations", answers="y\n")
    assert "Was the model blog.Author renamed to Writer? [y/N]" in output
    migrated.run("migrate")
    assert migrated.query("select name from blog_writer") == [("Ann",)]


def test_a_model_is_another_when_the_answer_is_empty(migrated: Project) -> None:
    migrated.models(MODELS.replace("Author", "Writer"))
    migrated.run("makemigrations", answers="\n")
    assert "DeleteModel" in second(migrated)


def test_the_end_of_the_input_writes_nothing(migrated: Project) -> None:
    migrated.models(MODELS.replace("Author", "Writer"))
    output = migrated.run("makemigrations", code=1)
    assert "Cancelled; nothing was written." in output
    assert migrated.files() == ["0001_initial.py"]


def test_a_value_for_existing_rows_is_asked_for(migrated: Project) -> None:
    migrated.models(MODELS + "    age = models.IntegerField()\n")
    output = migrated.run("makemigrations", answers="7\n1\n\n1 +\n40 + 2\n")
    assert "It is impossible to add a non-nullable field 'age' to Author" in output
    assert "Please select a valid option." in output
    assert "Please enter some code" in output
    assert "SyntaxError" in output
    text = second(migrated)
    assert "default=42" in text
    assert "preserve_default=False" in text
    migrated.run("migrate")
    assert migrated.query("select name, age from blog_author") == [("Ann", 42)]
    assert "No changes" in migrated.run("makemigrations")


@pytest.mark.parametrize(("answers", "code"), [("2\n", 3), ("1\nexit\n", 1)])
def test_the_developer_may_leave(migrated: Project, answers: str, code: int) -> None:
    migrated.models(MODELS + "    age = models.IntegerField()\n")
    migrated.run("makemigrations", answers=answers, code=code)
    assert migrated.files() == ["0001_initial.py"]


def test_a_moment_for_existing_rows(migrated: Project) -> None:
    migrated.models(MODELS + "    made = models.DateTimeField(auto_now_add=True)\n")
    output = migrated.run("makemigrations", answers="1\n\n")
    assert "[default: timezone.now] >>>" in output
    assert "default=fastjango.core.timezone.now" in second(migrated)
    migrated.run("migrate")
    assert migrated.query("select made is null from blog_author") == [(0,)]


@pytest.mark.parametrize(
    ("answers", "default"), [("1\n'none'\n", "default='none'"), ("2\n", ""), ("3\n", None)]
)
def test_rows_that_are_null_and_may_no_longer_be(
    migrated: Project, answers: str, default: str | None
) -> None:
    migrated.models(MODELS.replace(", null=True", ""))
    if default is None:
        migrated.run("makemigrations", answers=answers, code=3)
        assert migrated.files() == ["0001_initial.py"]
        return
    output = migrated.run("makemigrations", answers=answers)
    assert "It is impossible to change a nullable field 'note' on Author to non-nullable" in output
    text = second(migrated).replace('"', "'")  # a formatter may have been at it
    assert (default or "CharField(max_length=20)") in text
    if default:
        migrated.run("migrate")
        assert migrated.query("select note from blog_author") == [("none",)]


@pytest.mark.parametrize(("answers", "code"), [("1\n", 0), ("2\n", 3)])
def test_one_call_cannot_make_many_values_unique(
    migrated: Project, answers: str, code: int
) -> None:
    migrated.models(
        MODELS.replace("from fastjango", "import uuid\nfrom fastjango")
        + "    key = models.UUIDField(unique=True, default=uuid.uuid4)\n"
    )
    output = migrated.run("makemigrations", answers=answers, code=code)
    assert "Callable default on unique field Author.key" in output
    assert len(migrated.files()) == (2 if code == 0 else 1)


BRANCH = """
from fastjango.orm import migrations

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunSQL("select 1")]
"""


@pytest.mark.parametrize(("answer", "merged"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_merge_is_asked_for(migrated: Project, answer: str, merged: bool) -> None:
    for name in ("0002_one", "0002_two"):
        migrated.write(f"blog/migrations/{name}.py", BRANCH)
    output = migrated.run("makemigrations", "--merge", answers=answer)
    assert "Branch 0002_one" in output
    assert "Raw SQL operation" in output
    assert "Should these migration branches be merged? [y/N]" in output
    assert (len(migrated.files()) == 4) is merged


@pytest.mark.parametrize(("answer", "squashed"), [("y\n", True), ("no\n", False)])
def test_squashing_is_asked_for(migrated: Project, answer: str, squashed: bool) -> None:
    migrated.write("blog/migrations/0002_one.py", BRANCH)
    output = migrated.run("squashmigrations", "blog", "0002", answers=answer)
    assert " - 0001_initial\n - 0002_one\n" in output
    assert ("0001_squashed_0002_one.py" in migrated.files()) is squashed


def test_nothing_is_asked_in_a_dry_run(migrated: Project) -> None:
    migrated.models(MODELS + "    age = models.IntegerField()\n")
    output = migrated.run("makemigrations", "--dry-run")
    assert "Add field age to Author" in output
    assert migrated.files() == ["0001_initial.py"]
