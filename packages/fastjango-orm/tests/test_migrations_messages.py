"""What the migration commands refuse, in which words, and that nothing changes then."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

# `Project` and `Database` are the fixtures' types; see conftest.py.
Project = Any
Database = Any

MODELS = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)
"""

MORE = MODELS + "    born = models.DateField(null=True)\n"


def migration(*dependencies: tuple[str, str], operations: str = "") -> str:
    return (
        "from fastjango.orm import migrations, models\n\n"
        "def do(apps, schema_editor):\n    pass\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = {list(dependencies)!r}\n    operations = [{operations}]\n"
    )


@pytest.fixture
def migrated(project: Project) -> Project:
    project.models(MODELS)
    project.run("makemigrations", "blog")
    project.run("migrate")
    return project


def dump(project: Project) -> list[str]:
    """Everything in the database, to see that nothing changed."""
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        return list(connection.iterdump())


EVERY_COMMAND = [
    ("migrate",),
    ("migrate", "--plan"),
    ("showmigrations",),
    ("makemigrations",),
    ("sqlmigrate", "blog", "0001"),
    ("squashmigrations", "blog", "0001", "--no-input"),
    ("optimizemigration", "blog", "0001"),
]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_every_command_explains_a_missing_dependency(
    migrated: Project, command: tuple[str, ...]
) -> None:
    migrated.write("blog/migrations/0002_x.py", migration(("blog", "0001_initail")))
    before = dump(migrated)
    output = migrated.run(*command, code=1)
    assert "Traceback" not in output
    assert "Migration blog.0002_x dependencies reference nonexistent parent node" in output
    assert "Did you mean ('blog', '0001_initial')?" in output
    assert "correct `dependencies` in blog/migrations/0002_x.py" in output
    assert dump(migrated) == before


@pytest.mark.parametrize("name", ["0001_initial", "__first__"])
def test_a_dependency_on_an_app_that_is_not_installed(migrated: Project, name: str) -> None:
    migrated.write("blog/migrations/0002_x.py", migration(("blgo", name)))
    output = migrated.run("migrate", code=1)
    assert "blog/migrations/0002_x.py" in output
    assert "'blgo' is not installed: add it to INSTALLED_APPS. Did you mean 'blog'?" in output


def test_a_dependency_far_from_every_name(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_x.py", migration(("blog", "zzzzz")))
    assert "The last migration of 'blog' is '0002_x'." in migrated.run("migrate", code=1)


def test_a_circle_names_its_files(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_x.py", migration(("blog", "0003_y")))
    migrated.write("blog/migrations/0003_y.py", migration(("blog", "0002_x")))
    output = migrated.run("showmigrations", code=1)
    assert output.startswith("CircularDependencyError: ")
    assert "  blog/migrations/0002_x.py\n" in output
    assert "  blog/migrations/0003_y.py\n" in output


def test_two_leaves_name_their_files_and_the_command(migrated: Project) -> None:
    for name in ("0002_x", "0002_y"):
        migrated.write(f"blog/migrations/{name}.py", migration(("blog", "0001_initial")))
    for command in ("migrate", "makemigrations"):
        output = migrated.run(command, code=1)
        assert "(0002_x, 0002_y in blog)" in output
        assert "  blog/migrations/0002_x.py\n  blog/migrations/0002_y.py\n" in output
        assert "makemigrations --merge" in output
    output = migrated.run("sqlmigrate", "blog", "0002", code=1)
    assert "Please be more specific: 0002_x, 0002_y." in output


def test_a_gap_in_the_history_is_closed_by_the_command_it_names(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_x.py", migration(("blog", "0001_initial")))
    migrated.write("blog/migrations/0003_y.py", migration(("blog", "0002_x")))
    migrated.run("migrate")
    migrated.query("delete from fastjango_migrations where name = '0002_x'")
    before = dump(migrated)
    output = migrated.run("migrate", code=1)
    assert "blog.0003_y is applied before its dependency blog.0002_x" in output
    assert "  blog/migrations/0003_y.py\n  blog/migrations/0002_x.py\n" in output
    assert dump(migrated) == before
    command = re.search(r"manage.py (migrate --fake blog \w+)", output)
    assert command
    migrated.run(*command[1].split())
    assert "No migrations to apply" in migrated.run("migrate")


def test_what_cannot_be_undone_is_refused_before_the_first_step(migrated: Project) -> None:
    migrated.write(
        "blog/migrations/0002_stuck.py",
        migration(("blog", "0001_initial"), operations="migrations.RunPython(do)"),
    )
    field = 'migrations.AddField("Author", "age", models.IntegerField(null=True))'
    migrated.write(
        "blog/migrations/0003_age.py", migration(("blog", "0002_stuck"), operations=field)
    )
    migrated.run("migrate")
    before = dump(migrated)
    output = migrated.run("migrate", "blog", "zero", code=1)
    assert "in blog.0002_stuck is not reversible" in output
    assert "  blog/migrations/0002_stuck.py\n" in output
    assert "Unapplying" not in output
    assert dump(migrated) == before  # 0003 could be undone, and was not
    assert "IRREVERSIBLE" in migrated.run("migrate", "blog", "zero", "--plan")
    migrated.run("migrate", "blog", "0002")
    migrated.run("migrate", "--fake", "blog", "0001")


def test_an_edited_file_is_named(migrated: Project) -> None:
    path = migrated.folder / "blog/migrations/0001_initial.py"
    path.write_text(path.read_text().replace("max_length=100", "max_length=99"))
    before = dump(migrated)
    output = migrated.run("migrate", code=1)
    assert output.startswith("AppliedMigrationEditedError: ")
    assert "  blog/migrations/0001_initial.py\n" in output
    assert "makemigrations" in output
    assert dump(migrated) == before


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("migrate", "blgo"), 1),
        (("sqlmigrate", "blgo", "0001"), 1),
        (("squashmigrations", "blgo", "0001"), 1),
        (("optimizemigration", "blgo", "0001"), 1),
        (("makemigrations", "blgo"), 2),
        (("showmigrations", "blgo"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_the_nearest_app_is_named(migrated: Project, command: tuple[str, ...], code: int) -> None:
    output = migrated.run(*command, code=code)
    assert "No installed app with label 'blgo'. Did you mean 'blog'?" in output


@pytest.mark.parametrize(
    "command", [("migrate",), ("showmigrations",), ("sqlmigrate", "blog", "1")]
)
def test_an_unknown_database_is_refused(migrated: Project, command: tuple[str, ...]) -> None:
    output = migrated.run(*command, "--database", "othr", code=2)
    assert re.search(r"invalid choice: 'othr' \(choose from '?default'?\)", output)


@pytest.mark.parametrize(
    "argument",
    [
        ("--rename", "blog.Author.nmae:title"),
        ("--rename", "blog.Author.name:title"),
        ("--rename", "blog.Writer:Author"),
        ("--not-renamed", "blog.Author.name"),
    ],
)
def test_a_rename_that_fits_nothing_is_refused(
    migrated: Project, argument: tuple[str, str]
) -> None:
    migrated.models(MORE)
    output = migrated.run("makemigrations", *argument, code=1)
    assert f"No change of the models fits {' '.join(argument)}" in output
    assert migrated.files() == ["0001_initial.py"]


def test_renames_that_fit_are_taken_together(migrated: Project) -> None:
    migrated.models(MORE.replace("name", "title").replace("Author", "Writer"))
    migrated.run(
        "makemigrations", "--rename", "blog.Author:Writer", "--rename", "blog.Writer.name:title"
    )
    text = (migrated.folder / "blog/migrations" / migrated.files()[1]).read_text()
    assert "RenameModel" in text
    assert "RenameField" in text
    assert "RemoveField" not in text


TWO_APPS = """
from fastjango.orm import models

class Article(models.Model):
    title = models.CharField(max_length=100)
    tags = models.ManyToManyField("news.Tag")
"""

NEWS = """
from fastjango.orm import models

class Tag(models.Model):
    first = models.ForeignKey("blog.Article", models.CASCADE, related_name="+")
"""


def test_squashing_round_another_app_is_refused(project: Project) -> None:
    project.write("news/__init__.py", "")
    project.write("news/models.py", NEWS)
    project.settings(apps='"blog", "news"')
    project.models(TWO_APPS)
    project.run("makemigrations", "blog", "news")
    assert len(project.files()) == 2  # the circle is broken by a second file
    before = project.files()
    output = project.run("squashmigrations", "blog", "0002", "--no-input", code=1)
    assert "needs news.0001_initial, which needs blog.0001_initial" in output
    assert "  news/migrations/0001_initial.py\n" in output
    assert "Squash up to 0001_initial" in output
    assert project.files() == before
    project.run("migrate")


def test_every_migration_tells_its_time(project: Project) -> None:
    project.models(MODELS)
    project.run("makemigrations", "blog")
    output = project.run("migrate", "-v", "2")
    assert re.search(r"Applying blog.0001_initial\.\.\. OK \(\d+\.\d{3}s\)", output)
    assert "Running pre-migrate handlers for application blog" in output
    assert "Running post-migrate handlers for application blog" in output
    output = project.run("migrate", "blog", "zero")
    assert re.search(r"Unapplying blog.0001_initial\.\.\. OK \(\d+\.\d{3}s\)", output)
    assert project.run("migrate", "-v", "0") == ""


def test_receivers_are_told_whether_they_may_ask(project: Project) -> None:
    project.write(
        "blog/apps.py",
        """
        from fastjango.core import AppConfig
        from fastjango.orm.signals import post_migrate, pre_migrate

        def tell(signal, interactive, plan, using, **kwargs):
            print("asked:", interactive, using, [(str(m), back) for m, back in plan])

        class BlogConfig(AppConfig):
            name = "blog"

            def ready(self):
                pre_migrate.connect(tell, sender=self)
                post_migrate.connect(tell, sender=self)
        """,
    )
    project.models(MODELS)
    project.run("makemigrations", "blog")
    line = "asked: {} default [('blog.0001_initial', False)]"
    assert project.run("migrate").count(line.format(True)) == 2
    project.run("migrate", "blog", "zero")
    assert project.run("migrate", "--no-input").count(line.format(False)) == 2


def test_sqlite_does_not_drop_columns_that_it_does_not_know(migrated: Project) -> None:
    """A table that is made anew would lose them without a word."""
    migrated.query("alter table blog_author add column age integer")
    migrated.query("insert into blog_author (name, age) values ('Ann', 42)")
    migrated.models(MODELS + "    age = models.IntegerField(default=1)\n")
    migrated.run("makemigrations", "blog")
    output = migrated.run("migrate", code=1)
    assert "'blog_author' of database 'default' has columns" in output
    assert "do not know: age" in output
    assert migrated.query("select name, age from blog_author") == [("Ann", 42)]
    assert " [ ] 0002" in migrated.run("showmigrations")
    migrated.run("migrate", "--fake", "blog", "0002")
    assert "No changes" in migrated.run("makemigrations")


DJANGO_SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["blog"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
"""


@pytest.fixture
def djangos(project: Project) -> Project:
    """A database that the real Django made, and the same app under FastJango."""
    pytest.importorskip("django")
    project.write("django_settings.py", DJANGO_SETTINGS)
    project.write("blog/migrations/__init__.py", "")
    for text in (MODELS, MORE):
        project.models(text.replace("fastjango.orm", "django.db"))
        django(project, "makemigrations", "blog")
    django(project, "migrate")
    project.query("insert into blog_author (name, born) values ('Ann', '2001-02-03')")
    project.models(MORE)
    for name in project.files():
        path = project.folder / "blog/migrations" / name
        path.write_text(path.read_text().replace("django.db", "fastjango.orm"))
    return project


def django(project: Project, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "django", *arguments, "--settings", "django_settings", "-v0"],
        cwd=project.folder,
        env={"PYTHONPATH": str(project.folder), "PATH": ""},
        check=True,
        timeout=100,
    )


def test_djangos_database_is_not_migrated_a_second_time(djangos: Project) -> None:
    before = dump(djangos)
    output = djangos.run("migrate", code=1)
    assert "blog.0001_initial, blog.0002_author_born" in output
    assert "migrate --from-django" in output
    assert dump(djangos) == before


def test_djangos_table_is_taken_over(djangos: Project) -> None:
    assert "No changes detected" in djangos.run("makemigrations")
    output = djangos.run("migrate", "--from-django")
    assert "blog.0001_initial recorded" in output
    assert "blog.0002_author_born recorded" in output
    assert "No migrations to apply." in output
    assert djangos.query("select name from blog_author") == [("Ann",)]
    assert djangos.query("select count(*) from django_migrations where app = 'blog'") == [(2,)]
    assert "None that is not recorded" in djangos.run("migrate", "--from-django")
    djangos.models(MORE + "    age = models.IntegerField(default=1)\n")
    djangos.run("makemigrations", "blog")
    djangos.run("migrate")
    assert djangos.query("select name, born, age from blog_author") == [("Ann", "2001-02-03", 1)]


def test_a_file_of_the_same_name_that_says_something_else(djangos: Project) -> None:
    path = djangos.folder / "blog/migrations/0002_author_born.py"
    path.write_text(path.read_text().replace("name='born'", "name='died'"))
    before = dump(djangos)
    output = djangos.run("migrate", "--from-django", code=1)
    assert "lacks what these files make: column blog_author.died" in output
    assert dump(djangos)[:3] == before[:3]
    assert "fastjango_migrations" not in "".join(dump(djangos))


def test_djangos_first_migrations_by_their_tables(djangos: Project) -> None:
    """`--fake-initial` asks the tables and not Django's records."""
    (djangos.folder / "blog/migrations/0002_author_born.py").unlink()
    (djangos.folder / "blog/migrations/0001_initial.py").unlink()
    djangos.run("makemigrations", "blog")
    output = djangos.run("migrate", "--fake-initial")
    assert re.search(r"Applying blog.0001_initial\.\.\. FAKED", output)
    assert djangos.query("select name from blog_author") == [("Ann",)]


def test_fake_initial_needs_every_column(djangos: Project) -> None:
    """A table of which a column is missing is not taken for the model's."""
    for name in djangos.files():
        (djangos.folder / "blog/migrations" / name).unlink()
    djangos.models(MORE + "    age = models.IntegerField(default=1)\n")
    djangos.run("makemigrations", "blog")
    output = djangos.run("migrate", "--fake-initial", code=1)
    assert "FAKED" not in output
    assert (
        "'blog_author' is there, but lacks columns that blog/migrations/0001_initial.py" in output
    )
    assert "makes: age" in output
    assert djangos.query("select count(*) from fastjango_migrations") == [(0,)]


class Boxed:
    """A value whose path may be told in several ways."""

    def __init__(self, path: str, size: int = 1) -> None:
        self.path, self.size = path, size

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.path, [], {"size": self.size}


def digest_of(default: Any, **options: Any) -> str:
    from fastjango.orm import models
    from fastjango.orm.migrations import AddField, Migration
    from fastjango.orm.migrations.checksum import checksum

    made = Migration("0002_x", "blog")
    field = models.IntegerField(default=default, **options)
    made.operations = [AddField("Author", "age", field)]
    return checksum(made)


def test_a_digest_outlives_the_modules_of_the_framework() -> None:
    """A class that moves to another module is no edit of the files that name it."""
    here = digest_of(Boxed("fastjango.orm.here.Box"))
    assert here == digest_of(Boxed("fastjango.orm.query.elsewhere.Box"))
    assert here != digest_of(Boxed("fastjango.orm.here.Crate"))
    assert here != digest_of(Boxed("fastjango.orm.here.Box", 2))
    # Of other modules the whole path counts.
    assert digest_of(Boxed("shop.boxes.Box")) != digest_of(Boxed("shop.crates.Box"))


def test_a_digest_leaves_out_what_no_database_knows() -> None:
    from fastjango.orm import models

    class Size(models.IntegerChoices):
        SMALL = 1

    assert digest_of(1) == digest_of(1, help_text="How old", verbose_name="Age")
    assert digest_of(1) == digest_of(Size.SMALL)
    assert digest_of(1) != digest_of(1, null=True)
    assert digest_of(len) == digest_of(len)
    assert digest_of(len) != digest_of(abs)
    assert digest_of(re.I) != digest_of(re.S)
    assert digest_of({"a": [1, (2,)]}) == digest_of({"a": [1, [2]]})
    assert digest_of(object()) == digest_of(object())  # by its type, as it has no source


def test_a_digest_leaves_out_what_receivers_put_into_a_plan() -> None:
    """As the renaming of content types: the next process finds the file without it."""
    from fastjango.orm.migrations import Migration, RenameModel, RunPython
    from fastjango.orm.migrations.checksum import checksum

    class Rename(Migration):
        operations = (RenameModel("Old", "New"),)

    made = Rename("0002_x", "blog")
    before = checksum(made)
    made.operations.append(RunPython(RunPython.noop))
    assert checksum(made) == before


INDEXED = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["name"], name="by_name")]
        constraints = [models.UniqueConstraint(fields=["name"], name="one_name")]

class Tag(models.Model):
    pass
"""


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ('CreateModel("Tag", [])', "there is a model blog.Tag already"),
        ('DeleteModel("Nope")', "there is no model blog.Nope"),
        ('RenameModel("Nope", "Some")', "there is no model blog.Nope"),
        ('RenameModel("Author", "Tag")', "there is a model blog.Tag already"),
        ('AddField("Nope", "x", models.IntegerField())', "there is no model blog.Nope"),
        ('AddField("Author", "name", models.IntegerField())', "has a field 'name' already"),
        ('AlterField("Author", "nope", models.IntegerField())', "has no field 'nope'"),
        ('RemoveField("Author", "nope")', "blog.Author has no field 'nope'"),
        ('RenameField("Author", "nope", "x")', "blog.Author has no field 'nope'"),
        ('RenameField("Author", "name", "born")', "has a field 'born' already"),
        ('AddIndex("Author", models.Index("born", name="by_name"))', "index 'by_name' already"),
        ('RemoveIndex("Author", "nope")', "blog.Author has no index 'nope'"),
        ('RemoveIndex("Nope", "nope")', "there is no model blog.Nope"),
        (
            'AddConstraint("Author", models.UniqueConstraint(fields=["born"], name="one_name"))',
            "constraint 'one_name' already",
        ),
        ('RemoveConstraint("Author", "nope")', "has no constraint 'nope'"),
        ('AlterModelTable("Nope", "t")', "nope"),
    ],
    ids=lambda value: value.partition("(")[0] if "(" in value else "",
)
def test_an_operation_that_fits_nothing_names_its_file(
    project: Project, operation: str, reason: str
) -> None:
    project.models(INDEXED)
    project.run("makemigrations", "blog")
    project.run("migrate")
    first = 'migrations.AddField("Author", "age", models.IntegerField(null=True)), '
    project.write(
        "blog/migrations/0002_x.py",
        migration(("blog", "0001_initial"), operations=f"{first}migrations.{operation}"),
    )
    before = dump(project)
    output = project.run("migrate", code=1)
    assert output.startswith("BadMigrationError: blog/migrations/0002_x.py: operations[1] (")
    assert reason in output
    assert dump(project) == before


def test_what_is_no_operation_is_refused(migrated: Project) -> None:
    migrated.write(
        "blog/migrations/0002_x.py", migration(("blog", "0001_initial"), operations='"AddField"')
    )
    output = migrated.run("migrate", code=1)
    assert "blog/migrations/0002_x.py: operations[0] is 'AddField' and no operation" in output


def test_an_error_of_the_database_names_the_operation(migrated: Project) -> None:
    migrated.write(
        "blog/migrations/0002_x.py",
        migration(("blog", "0001_initial"), operations="migrations.RunSQL('select nonsense')"),
    )
    before = dump(migrated)
    output = migrated.run("migrate", code=1)
    assert "no such column: nonsense" in output
    assert "In blog/migrations/0002_x.py: Raw SQL operation" in output
    assert dump(migrated) == before
