"""`dumpdata`, `loaddata`, `flush` and their kin as users run them, in a project of their own."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

# `Project` and `Database` are the fixtures' types; see conftest.py.
Project = Any
Database = Any

MODELS = """
from fastjango.orm import models

class Named(models.Manager):
    def get_by_natural_key(self, name):
        return self.get(name=name)

class Author(models.Model):
    name = models.CharField(max_length=100, unique=True)
    objects = Named()

    def natural_key(self):
        return (self.name,)

class Article(models.Model):
    title = models.CharField(max_length=200, db_default="untitled")
    author = models.ForeignKey(Author, models.CASCADE, null=True)
    friends = models.ManyToManyField(Author, related_name="+")

class Proxy(Article):
    class Meta:
        proxy = True
"""

ROWS = [
    {
        "model": "blog.article",
        "pk": 7,
        "fields": {"title": "é", "author": ["Ann"], "friends": [["Bob"]]},
    },
    {"model": "blog.author", "pk": 3, "fields": {"name": "Ann"}},
    {"model": "blog.author", "pk": 4, "fields": {"name": "Bob"}},
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, server: Any) -> Path:
    """A file of SQLite with the tables of the models."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "blog").mkdir()
    (folder / "blog/__init__.py").touch()
    (folder / "blog/models.py").write_text(MODELS)
    (folder / "site_settings.py").write_text(
        "SECRET_KEY = 'x' * 60\nINSTALLED_APPS = ['fastjango.orm', 'blog']\n"
        "DATABASES = {'default': {'ENGINE': 'sqlite3', 'NAME': 'db.sqlite3'}}\n"
    )
    request = {"folder": str(folder), "arguments": ["migrate", "--run-syncdb"], "die_at": 0}
    pid = server.ask({**request, "output": str(folder / "output.txt"), "answers": ""})["pid"]
    assert server.ask({"wait": pid})["code"] == 0
    return folder / "db.sqlite3"


@pytest.fixture
def migrated(project: Project, tables: Path) -> Project:
    project.models(MODELS)
    shutil.copy(tables, project.folder)
    return project


def fixture(project: Project, text: object = ROWS, name: str = "rows.json") -> str:
    """Write a fixture beside the project's settings; its name."""
    project.write(name, text if isinstance(text, str) else json.dumps(text))
    return name


def count(project: Project) -> list[object]:
    tables = ("blog_author", "blog_article", "blog_article_friends")
    return [project.query(f"select count(*) from {table}")[0][0] for table in tables]


def test_a_fixture_is_loaded_and_dumped_in_every_database(
    project: Project, database: Database
) -> None:
    query = database(project)
    project.models(MODELS)
    project.run("migrate", "--run-syncdb")
    output = project.run("loaddata", fixture(project), "-v", "3")
    assert "Installing json fixture 'rows' from " in output
    assert "Processed 3 object(s)." in output
    assert output.endswith("Installed 3 object(s) from 1 fixture(s)\n")
    dumped = json.loads(
        project.run("dumpdata", "blog", "--natural-foreign", "--exclude", "blog.author")
    )
    assert dumped == ROWS[:1]
    # New rows come behind those that were loaded.
    sql = project.run("sqlsequencereset", "blog")
    assert ("No sequences found." in sql) == ("setval" not in sql)
    statements = project.run("sqlflush")
    assert statements.count("blog_article_friends") >= 1
    assert "CASCADE" not in statements
    output = project.run("flush", "--noinput", "-v", "2")
    assert "Running post-migrate handlers for application blog" in output
    assert query("select count(*) from blog_author") == [(0,)]


def test_what_is_dumped_in_a_format_comes_back(migrated: Project) -> None:
    migrated.run("loaddata", fixture(migrated))
    natural = ("--natural-primary", "--natural-foreign")
    for format in ("json", "jsonl", "xml", "yaml"):
        text = migrated.run("dumpdata", "blog", "--format", format, *natural)
        migrated.write(f"all.{format}", text)
        migrated.run("flush", "--noinput")
        assert count(migrated) == [0, 0, 0]
        output = migrated.run("loaddata", f"./all.{format}")
        assert output == "Installed 3 object(s) from 1 fixture(s)\n", format
        assert count(migrated) == [2, 1, 1]


def test_parts_of_a_dump_are_chosen(migrated: Project) -> None:
    migrated.run("loaddata", fixture(migrated))
    assert len(json.loads(migrated.run("dumpdata", "blog.author", "--pks", "3,"))) == 1
    assert json.loads(migrated.run("dumpdata", "blog", "blog.article", "-e", "blog.article"))
    assert json.loads(migrated.run("dumpdata", "-e", "blog")) == []
    assert "blog.Proxy is a proxy model and won't be serialized." in migrated.run(
        "dumpdata", "blog.proxy"
    )
    assert "Proxy" not in migrated.run("dumpdata", "blog.proxy", "blog.article")
    output = migrated.run("dumpdata", "blog.author", "-o", "rest.zip")
    assert "Unsupported file extension (.zip). Fixtures saved in 'rest'." in output
    assert len(json.loads((migrated.folder / "rest").read_text())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No installed app with label 'nope'."),
        (["blog.Nope"], "Unknown model: blog.Nope"),
        (["blog", "--pks", "1"], "You can only use --pks option with one model"),
        (["blog.author", "--pks", "x"], "Field 'id' expected a number but got 'x'."),
        (["--format", "nope"], "Unknown serialization format: nope"),
        (["-o", "nowhere/x.json"], "No such file or directory: 'nowhere/x.json'"),
    ],
)
def test_what_cannot_be_dumped(migrated: Project, arguments: list[str], message: str) -> None:
    output = migrated.run("dumpdata", *arguments, code=1)
    assert output.startswith("CommandError: ")
    assert message in output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Error parsing JSON: Expecting property name"),
        ([{"model": "blog.nope", "pk": 1, "fields": {}}], "Invalid model identifier: blog.nope"),
        ([{"model": "blog.author", "pk": "x", "fields": {}}], "(blog.author:pk=x)"),
        ([{"model": "blog.author", "pk": 1, "fields": {"nope": 1}}], "has no field named 'nope'"),
        (
            [{"model": "blog.article", "pk": 9, "fields": {"author": ["Zoe"]}}],
            "Author matching query does not exist.: (blog.article:pk=9)",
        ),
        (
            [{"model": "blog.article", "pk": 9, "fields": {"author": 99}}],
            "The row in table 'blog_article' with primary key '9' has an invalid foreign key",
        ),
        (
            [{"model": "blog.author", "pk": n, "fields": {"name": "twice"}} for n in (1, 2)],
            "Could not load blog.Author(pk=2): UNIQUE constraint failed",
        ),
    ],
)
def test_a_wrong_fixture_is_named_and_changes_nothing(
    migrated: Project, text: object, message: str
) -> None:
    output = migrated.run("loaddata", fixture(migrated, text), code=1)
    assert "Traceback" not in output
    assert message in output
    assert count(migrated) == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.xml", b"<a", "Error parsing XML: <unknown>:1:0: unclosed token"),
        ("rows.yaml", b"a: [", "Error parsing YAML: while parsing"),
        ("rows.jsonl", b'{"a"', "Error parsing JSON on line 1: "),
        ("rows.json.gz", b"no", "Not a gzipped file"),
        ("rows.json.gz", gzip.compress(b"[]", mtime=0)[:-9], "Compressed file ended"),
        ("rows.json.xz", b"n" * 99, "Input format not supported"),
        ("rows.json.zip", b"no", "File is not a zip file"),
    ],
)
def test_a_broken_file_is_told(migrated: Project, name: str, content: bytes, message: str) -> None:
    (migrated.folder / name).write_bytes(content)
    output = migrated.run("loaddata", name, code=1)
    assert "Traceback" not in output
    assert message in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No fixture named 'nope' found."),
        (["sub.d/nope"], "No fixture named 'nope' found."),
        (["nope.txt"], "txt is not a known serialization format."),
        (["-"], "--format must be specified when reading from stdin."),
        (["-", "--format", "nope"], "Unknown serialization format: nope"),
        (["rows"], "Multiple fixtures named 'rows' in "),
        (["rows.json", "-e", "nope"], "No installed app with label 'nope'."),
        (["rows.json", "-e", "blog.Nope"], "Unknown model: blog.Nope"),
    ],
)
def test_a_fixture_that_is_not_found(migrated: Project, arguments: list[str], message: str) -> None:
    for name in ("rows.json", "rows.xml"):
        fixture(migrated, name=name)
    output = migrated.run("loaddata", *arguments, code=1)
    assert output.startswith("CommandError: ")
    assert message in output


def test_the_traceback_and_the_search_are_shown_when_asked_for(migrated: Project) -> None:
    assert "Traceback" in migrated.run("dumpdata", "-o", "no/x", "--traceback", code=1)
    assert "Traceback" in migrated.run("loaddata", fixture(migrated, "{"), "--traceback", code=1)
    assert "No fixture 'nope' in '" in migrated.run("loaddata", "nope", "-v", "2", code=1)


def test_fixtures_are_found_where_apps_and_settings_have_them(migrated: Project) -> None:
    fixture(migrated, ROWS[1:], "blog/fixtures/rows.json")
    fixture(migrated, ROWS[:1], "more/here/article.default.json")
    with (migrated.folder / "site_settings.py").open("a") as file:
        file.write("FIXTURE_DIRS = ['more']\n")
    output = migrated.run("loaddata", "rows", "here/article", "--app", "blog")
    assert output == "Installed 3 object(s) from 2 fixture(s)\n"
    for setting, message in (
        ("['more', 'more']", "settings.FIXTURE_DIRS contains duplicates."),
        (
            f"[{str(migrated.folder / 'blog/fixtures')!r}]",
            "is a default fixture directory for the 'blog' app",
        ),
    ):
        with (migrated.folder / "site_settings.py").open("a") as file:
            file.write(f"FIXTURE_DIRS = {setting}\n")
        assert message in migrated.run("loaddata", "rows", code=1)


def test_parts_of_a_fixture_are_left_out(migrated: Project) -> None:
    gone = {"model": "blog.gone", "pk": 1, "fields": {}}
    more = {"model": "blog.author", "pk": 9, "fields": {"name": "Cy", "gone": 1}}
    name = fixture(migrated, [*ROWS, gone, more])
    output = migrated.run("loaddata", name, "-i", "-e", "blog.article")
    assert output == "Installed 3 object(s) (of 4) from 1 fixture(s)\n"
    assert count(migrated) == [3, 0, 0]
    output = migrated.run("loaddata", fixture(migrated, [gone]), "-i")
    assert "No fixture data found for 'rows'. (File format may be invalid.)" in output


def test_a_fixture_is_read_from_the_input(migrated: Project) -> None:
    output = migrated.run("loaddata", "-", "--format", "json", answers=json.dumps(ROWS))
    assert output == "Installed 3 object(s) from 1 fixture(s)\n"


def test_rows_of_other_databases_are_left_out(migrated: Project) -> None:
    migrated.write(
        "routers.py",
        "class Router:\n    def allow_migrate(self, db, app_label, **hints):\n"
        "        return hints.get('model_name') != 'article'\n",
    )
    with (migrated.folder / "site_settings.py").open("a") as file:
        file.write("DATABASE_ROUTERS = ['routers.Router']\n")
    output = migrated.run("loaddata", fixture(migrated))
    assert output == "Installed 2 object(s) (of 3) from 1 fixture(s)\n"
    assert count(migrated) == [2, 0, 0]
    assert [row["model"] for row in json.loads(migrated.run("dumpdata"))] == ["blog.author"] * 2


def test_a_zip_file_holds_one_fixture(migrated: Project) -> None:
    with zipfile.ZipFile(migrated.folder / "rows.json.zip", "w") as file:
        file.writestr("rows.json", json.dumps(ROWS))
    assert "Installed 3 object(s)" in migrated.run("loaddata", "rows")


def test_flush_asks(migrated: Project) -> None:
    migrated.run("loaddata", fixture(migrated))
    assert migrated.run("flush", answers="no\n").endswith("Flush cancelled.\n")
    output = migrated.run("flush", code=1)
    assert "There is nobody to ask. Nothing was deleted" in output
    assert count(migrated) == [2, 1, 1]
    migrated.run("flush", answers="yes\n")
    assert count(migrated) == [0, 0, 0]


def test_receivers_in_the_module_management_hear_of_a_flush(migrated: Project) -> None:
    migrated.write(
        "blog/management/__init__.py",
        """
        from fastjango.orm.signals import post_migrate

        def tell(sender, **kwargs):
            print("flushed", sender.label, kwargs["using"])

        post_migrate.connect(tell)
        """,
    )
    assert "flushed blog default\n" in migrated.run("flush", "--noinput")


def test_a_flush_without_tables(project: Project) -> None:
    project.models(MODELS)
    assert project.run("sqlflush") == "No tables found.\n"
    assert project.run("sqlflush", "-v", "0") == ""
    assert project.run("flush", "--noinput") == ""


def test_a_flush_that_fails(migrated: Project) -> None:
    migrated.query(
        "create trigger no before delete on blog_author begin select raise(abort, 'kept'); end"
    )
    migrated.run("loaddata", fixture(migrated))
    output = migrated.run("flush", "--noinput", code=1)
    assert "couldn't be flushed" in output
    assert "Look at the output of 'sqlflush'" in output
    assert count(migrated) == [2, 1, 1]


def test_the_shell_of_a_database(migrated: Project) -> None:
    migrated.run("loaddata", fixture(migrated))
    sql = "select name from blog_author where id = 3;"
    if shutil.which("sqlite3") is None:
        message = "You appear not to have the 'sqlite3' program installed or on your path."
        assert message in migrated.run("dbshell", "--", sql, code=1)
        return
    assert migrated.run("dbshell", "--", sql) == "Ann\n"
    output = migrated.run("dbshell", "--", "-nonsense", code=1)
    assert "returned non-zero exit status 1." in output


def test_what_cannot_be_inspected_is_a_comment(project: Project, database: Database) -> None:
    database(project)
    project.models(MODELS)
    output = project.run("inspectdb", "blog_nope")
    assert "# Unable to inspect table 'blog_nope'\n# The error was: " in output
    compile(output, "models.py", "exec")


def test_models_that_are_wrong_do_not_keep_inspectdb_from_its_work(migrated: Project) -> None:
    migrated.models(
        MODELS + "\nclass Wrong(models.Model):\n    a = models.CharField(max_length=-1)\n"
    )
    assert "fields.E121" in migrated.run("check", code=1)
    output = migrated.run("inspectdb", "blog_article")
    assert "class BlogArticle(models.Model):" in output
    compile(output, "models.py", "exec")
