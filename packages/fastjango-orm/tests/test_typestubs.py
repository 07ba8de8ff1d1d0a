"""`typestubs`: what it writes is what pyright and mypy need, and hides nothing of a module."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# `Project` is the fixture's type; see conftest.py.
Project = Any

MODELS = '''
"""Models with everything around them."""

from __future__ import annotations

import os.path
from collections import OrderedDict
from typing import TYPE_CHECKING

from fastjango.orm import models

if TYPE_CHECKING:
    from decimal import Decimal

LIMIT = 10
__all__ = ["Author", "Book"]

try:
    import json as codec
except ImportError:
    codec = None

for letter in "ab":
    LAST = 1


def shout(text: str, times: int = 2) -> str:
    """Docstring."""
    return text.upper() * times


def untyped(value, *rest):
    return value


async def waits() -> int:
    return 1


class Plain:
    def __init__(self, size: int) -> None:
        self.size = size
        self.label = "x"

    @property
    def double(self) -> int:
        return self.size * 2


class Genre(models.TextChoices):
    NOVEL = "n", "Novel"
    ESSAY = "e", "Essay"


class BookQuerySet(models.QuerySet["Book"]):
    def long(self) -> BookQuerySet:
        return self.filter(pages__gt=500)


class BookManager(models.Manager["Book"]):
    def by_hand(self) -> int:
        return 3


class CountedManager(models.Manager["Author"]):
    def get_queryset(self) -> models.QuerySet[Author]:
        return super().get_queryset().annotate(number=models.Count("books"))


class Stamped(models.Model):
    made = models.DateTimeField()
    owner = models.ForeignKey("Author", on_delete=models.CASCADE, related_name="+", null=True)

    class Meta:
        abstract = True


class Author(models.Model):
    name = models.CharField(max_length=100)
    data = models.JSONField(default=dict)
    objects = models.Manager["Author"]()
    counted = CountedManager()

    def __str__(self):
        return self.name


class Passport(models.Model):
    number = models.CharField(max_length=10)
    author = models.OneToOneField(Author, on_delete=models.CASCADE)


class Tag(models.Model):
    code = models.UUIDField(primary_key=True)


class Book(Stamped):
    class State(models.IntegerChoices):
        NEW = 1

    title = models.CharField(max_length=200, null=True)
    genre = models.CharField(max_length=1, choices=Genre)
    state = models.IntegerField(choices=State)
    pages = models.IntegerField()
    author = models.ForeignKey("blog.Author", on_delete=models.CASCADE, related_name="books")
    editor = models.ForeignKey("blog.Author", on_delete=models.CASCADE, null=True)
    main_tag = models.ForeignKey("Tag", on_delete=models.CASCADE, related_name="mains")
    tags = models.ManyToManyField("Tag")
    objects = BookManager()
    picked = BookQuerySet.as_manager()

    def opening(self, words):
        self.cached = words
        return words

    async def aopening(self) -> str:
        return ""
'''

USE = """
from typing import assert_type
import datetime
import uuid

from blog.models import (
    LAST, LIMIT, Author, Book, BookQuerySet, Genre, OrderedDict, Passport, Plain, Stamped, Tag,
    codec, letter, shout, untyped, waits,
)
from blog.views import view
from fastjango.orm import models
from fastjango.orm.manager import ManyRelatedManager, RelatedManager
import blog

assert_type(shout("a"), str)
shout(1)  # E
assert_type(Plain(1).double, int)
assert_type(Plain(1).size, int)
assert_type(Plain(1).label, str)
untyped(1, 2, 3)
codec, letter, LAST + LIMIT, OrderedDict
assert_type(view(), int)
assert_type(blog.version, str)
Plain(1).height  # E

book = Book.objects.get(title="x", author__name__icontains="y", genre=Genre.NOVEL)
assert_type(book, Book)
assert_type(book.title, str | None)
assert_type(book.pages, int)
assert_type(book.id, int)
assert_type(book.author, Author)
assert_type(book.author_id, int)
assert_type(book.editor, Author | None)
assert_type(book.editor_id, int | None)
assert_type(book.owner, Author | None)
assert_type(book.owner_id, int | None)
assert_type(book.main_tag_id, uuid.UUID)
assert_type(book.made, datetime.datetime)
assert_type(book.tags, ManyRelatedManager[Tag])
assert_type(book.get_genre_display(), str)
assert_type(book.get_state_display(), str)
assert_type(book.get_next_by_made(title="x"), Book)
assert_type(book.get_previous_by_made(), Book)
Book.State.NEW.label, Genre.NOVEL.label
Genre.POEM  # E
book.get_title_display()  # E
book.autor_id  # E
book.author = None  # E
book.pages = object()  # E
book.opening(2)
book.author_id = 3
assert_type(Book.objects.by_hand(), int)
Book.objects.by_foot()  # E
assert_type(Book.objects.filter(pages__gte=2), models.QuerySet[Book])
Book.objects.exclude(author__books__isnull=True, pk__in=[1], author_id=1, tags__code=1)
Book.objects.filter(made__year__gte=2000, made__date=None, editor__isnull=False)
Book.objects.filter(models.Q(author__data__a__b=1), **{"author__data__a": 1})
Book.objects.filter(titel="x")  # E, not ty
Book.objects.filter(pages__gtt=1)  # E, not ty
Book.objects.filter(author__nam="x")  # E, not ty
Book.objects.exclude(author__name__like="x")  # E, not ty
Book.objects.get(made__yeer=1)  # E, not ty
assert_type(Book.picked.filter(pages=1), BookQuerySet)
assert_type(Book.picked.filter(pages=1).long(), BookQuerySet)
Book.picked.long()
Book.picked.filter(page=1)  # E, not ty
Author.counted.filter(number__gt=1)
Author.objects.filter(books__pages__gt=1, passport__number="x", book__title="y")
Author.objects.filter(number__gt=1)  # E, not ty

author = Author.objects.get(pk=1)
assert_type(author.books.get(), Book)
assert_type(author.books.by_hand(), int)
assert_type(author.passport, Passport)
assert_type(author.passport.author_id, int)
assert_type(author.book_set.all(), models.QuerySet[Book])
author.book_sets  # E
author.books = []  # E
assert_type(Tag.objects.get().mains.by_hand(), int)
assert_type(str(author), str)


async def later() -> None:
    assert_type(await waits(), int)
    assert_type(await Book.objects.aget(author__name="x"), Book)
    await Book.objects.aget(author__nam="x")  # E, not ty
    assert_type(await book.aopening(), str)
"""


@pytest.fixture
def stubbed(project: Project) -> Project:
    project.write("blog/__init__.py", 'version: str = "1"\n')
    project.write("blog/views.py", "def view() -> int:\n    return 1\n")
    project.models(MODELS)
    project.run("typestubs")
    project.write("use.py", USE.lstrip())
    return project


def expected(*marks: str) -> set[int]:
    lines = USE.lstrip().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith(marks)}


# ty reads the stubs, but checks no keywords that are typed by `Unpack`.
ALL, OF_TY = ("# E", "# E, not ty"), ("# E",)


def test_pyright_takes_the_stubs_and_checks_by_them(stubbed: Project) -> None:
    pyright = Path(sys.executable).with_name("pyright")
    if not pyright.exists():
        pytest.skip("pyright is not installed")
    config = {"include": ["use.py", "typings"], "reportUnusedExpression": False}
    stubbed.write("pyrightconfig.json", json.dumps(config))
    command = [str(pyright), "--outputjson", "--pythonpath", sys.executable, "-p", "."]
    done = subprocess.run(command, cwd=stubbed.folder, capture_output=True, text=True, check=False)
    found = {
        (Path(entry["file"]).name, entry["range"]["start"]["line"] + 1, entry["message"])
        for entry in json.loads(done.stdout)["generalDiagnostics"]
        if entry["severity"] == "error"
    }
    assert {(name, line) for name, line, _ in found} == {("use.py", n) for n in expected(*ALL)}, (
        found
    )


def test_mypy_takes_the_stubs_and_checks_by_them(stubbed: Project) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    stubbed.write("mypy.ini", "[mypy]\nmypy_path = typings\nstrict = true\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "use.py"],
        cwd=stubbed.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^(\S+?):(\d+): error", done.stdout, re.M)
    }
    assert found == {("use.py", number) for number in expected(*ALL)}, done.stdout


def test_ty_takes_the_stubs_and_checks_by_them(stubbed: Project) -> None:
    ty = Path(sys.executable).with_name("ty")
    if not ty.exists():
        pytest.skip("ty is not installed")
    options = ("--python", sys.prefix, "--extra-search-path", "typings")
    done = subprocess.run(
        [str(ty), "check", *options, "--output-format", "concise", "use.py"],
        cwd=stubbed.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^(\S+?):(\d+):\d+: error", done.stdout, re.M)
    }
    assert found == {("use.py", number) for number in expected(*OF_TY)}, done.stdout


def test_a_second_run_changes_nothing_and_check_tells(stubbed: Project) -> None:
    stub = stubbed.folder / "typings/blog/models.pyi"
    before = stub.read_bytes()
    assert "up to date" in stubbed.run("typestubs", "--check")
    assert "up to date" in stubbed.run("typestubs")
    assert "up to date" in stubbed.run("typestubs", "blog", "--check")
    stubbed.run("typestubs", "--output", "again")
    assert (stubbed.folder / "again/blog/models.pyi").read_bytes() == before
    assert sorted(path.name for path in stub.parent.iterdir()) == ["__init__.pyi", "models.pyi"]
    stubbed.models(MODELS.replace("pages", "leaves"))
    assert "models.pyi" in stubbed.run("typestubs", "--check", code=1)
    assert stub.read_bytes() == before
    assert "Wrote" in stubbed.run("typestubs")
    assert b"leaves__gte" in stub.read_bytes()
    assert b"pages__gte" not in stub.read_bytes()
    stubbed.run("typestubs", "--check", "--output", "nowhere", code=1)
    assert not (stubbed.folder / "nowhere").exists()


def test_a_stub_that_somebody_wrote_is_not_overwritten(project: Project) -> None:
    project.models(MODELS)
    mine = project.write("typings/blog/models.pyi", "x: int\n")
    output = project.run("typestubs", code=1)
    assert "was not made by typestubs" in output
    assert mine.read_text() == "x: int\n"
    assert not (mine.parent / "__init__.pyi").exists()


def test_an_unknown_app_is_an_error(project: Project) -> None:
    project.models(MODELS)
    assert "Did you mean 'blog'?" in project.run("typestubs", "blgo", code=1)
    assert not (project.folder / "typings").exists()


def test_models_in_a_package_refer_to_each_other(project: Project) -> None:
    project.write("blog/models/__init__.py", "from .one import One\nfrom .two import Two\n")
    project.write(
        "blog/models/one.py",
        "from fastjango.orm import models\n\nclass One(models.Model):\n"
        "    two = models.ForeignKey('Two', on_delete=models.CASCADE)\n"
        "    self_id = models.ForeignKey('self', models.CASCADE, null=True)\n",
    )
    project.write(
        "blog/models/two.py",
        "from fastjango.orm import models\n\nclass Two(models.Model):\n"
        "    objects = models.Manager.from_queryset(models.QuerySet)()\n",
    )
    project.run("typestubs")
    folder = project.folder / "typings/blog/models"
    assert "from .one import One as One" in (folder / "__init__.pyi").read_text()
    one = (folder / "one.pyi").read_text()
    assert "import blog.models.two as _blog_models_two" in one
    assert "two: _orm.ForeignKey[_blog_models_two.Two]" in one
    assert "self_id: _orm.ForeignKey[One | None]" in one
    assert "    two__one__isnull: _typing.Any" in one
    assert "two__one__two_id" not in one
    assert (
        "one_set: _Related[_manager.RelatedManager[_blog_models_one.One]]"
        in (folder / "two.pyi").read_text()
    )
    project.run("typestubs", "--depth", "2")
    assert "    two__one__two_id: _typing.Any" in (folder / "one.pyi").read_text()


def test_two_hundred_models(project: Project) -> None:
    text = "from fastjango.orm import models\n"
    for number in range(200):
        text += f"""
class M{number}(models.Model):
    name = models.CharField(max_length=9)
    count = models.IntegerField(null=True)
    made = models.DateTimeField()
    state = models.CharField(max_length=1, choices=[("a", "A")])
    before = models.ForeignKey("M{(number - 1) % 200}", models.CASCADE, related_name="after")
"""
    project.models(text)
    project.run("typestubs")
    tree = ast.parse((project.folder / "typings/blog/models.pyi").read_text())
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for number in range(200):
        body = ast.unparse(bodies[f"M{number}"])
        assert f"before: _orm.ForeignKey[M{(number - 1) % 200}]" in body
        assert "before_id: _builtins.int" in body
        after = f"M{(number + 1) % 200}"
        assert f"after: _Related[_manager.RelatedManager[{after}]]" in body
        assert "def get_state_display(self) -> _builtins.str" in body
        assert "def get_next_by_made" in body
        lookups = {
            node.target.id
            for node in bodies[f"_M{number}_lookups"].body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        assert {"name", "made__year__gte", "before__name__in", "after__count", "pk__in"} <= lookups
        assert "before__before__name" not in lookups
