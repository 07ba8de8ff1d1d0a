"""Models and rows that FastJango and Django build alike, and a server that asks Django.

Run as a program it reads one expression a line, evaluates it with Django, and answers with one
line of text. The expressions come from the tests beside it only.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib.machinery import ModuleSpec
from typing import Any

NAMES = ("Ann", "bob", "Cid", "dora", "%_x")

_defined: dict[str, dict[str, Any]] = {}


def define(models: Any, label: str, module: str) -> dict[str, Any]:
    """Build the model classes with the given `models` namespace; once for each app."""
    if label in _defined:
        return _defined[label]

    def meta(**options: Any) -> Any:
        return type("Meta", (), {"app_label": label, **options})

    author = type(
        "OAuthor",
        (models.Model,),
        {
            "__module__": module,
            "Meta": meta(db_table="o_author"),
            "name": models.CharField(max_length=20),
            "age": models.IntegerField(null=True),
            "boss": models.ForeignKey("self", models.SET_NULL, null=True, related_name="staff"),
        },
    )
    tag = type(
        "OTag",
        (models.Model,),
        {
            "__module__": module,
            "Meta": meta(db_table="o_tag"),
            "name": models.CharField(max_length=20),
        },
    )
    book = type(
        "OBook",
        (models.Model,),
        {
            "__module__": module,
            "Meta": meta(db_table="o_book", ordering=["title", "pk"]),
            "title": models.CharField(max_length=20),
            "author": models.ForeignKey(author, models.CASCADE, related_name="books"),
            "editor": models.ForeignKey(author, models.SET_NULL, null=True, related_name="edited"),
            "pages": models.IntegerField(null=True),
            "price": models.DecimalField(max_digits=6, decimal_places=2, null=True),
            "published": models.DateField(null=True),
            "tags": models.ManyToManyField(tag, related_name="books", db_table="o_book_tags"),
        },
    )
    return _defined.setdefault(label, {"OAuthor": author, "OTag": tag, "OBook": book})


def fill(classes: dict[str, Any]) -> None:
    """Insert the same rows each time."""
    author, tag, book = classes["OAuthor"], classes["OTag"], classes["OBook"]
    for number in range(1, 8):
        author.objects.create(
            pk=number,
            name=NAMES[number % 5],
            age=None if number % 3 == 0 else number % 4,
            boss_id=None if number < 3 else number // 2,
        )
    for number in range(1, 6):
        tag.objects.create(pk=number, name=NAMES[(number * 2) % 5])
    for number in range(1, 15):
        row = book.objects.create(
            pk=number,
            title=NAMES[(number * 3) % 5],
            author_id=1 + number % 6,
            editor_id=None if number % 4 == 0 else 1 + (number * 5) % 7,
            pages=None if number % 5 == 0 else number % 6,
            price=None if number % 6 == 0 else Decimal(number % 7) / 4,
            published=None
            if number % 7 == 0
            else datetime.date(2019 + number % 3, 1 + number % 12, 1 + number),
        )
        row.tags.set([1 + (number + shift) % 5 for shift in range(number % 4)])


def shown(value: Any) -> str:
    """Return a text that is the same for equal results of both frameworks."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, Decimal):
        return f"D{value.normalize():f}"
    if isinstance(value, float):
        return f"F{value:.6f}"
    if hasattr(value, "_meta"):
        return f"<{type(value).__name__} {value.pk}>"
    return repr(value)


def answer(expression: str, names: dict[str, Any]) -> str:
    """Evaluate an expression; an error becomes its class."""
    try:
        value = eval(expression, dict(names))
        if not isinstance(value, (dict, bool, int, str, type(None), list)) and not hasattr(
            value, "_meta"
        ):
            value = list(value)
        return shown(value)
    except Exception as error:
        return f"raises {type(error).__name__}"


def namespace(models: Any, functions: Any, classes: dict[str, Any]) -> dict[str, Any]:
    """Return what expressions may name."""
    names = {name: getattr(models, name) for name in models.__all__ if hasattr(models, name)}
    names.update({name: getattr(functions, name) for name in functions.__all__})
    return {**names, **classes, "datetime": datetime, "Decimal": Decimal}


@contextmanager
def asked() -> Iterator[Callable[[str], str]]:
    """Start a process with Django; gives the function that asks it."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def question(expression: str) -> str:
            stdin.write(expression + "\n")
            stdin.flush()
            return stdout.readline().rstrip("\n")

        assert stdout.readline().strip() == "ready"
        yield question


def serve() -> None:
    """Answer expressions with Django until the input ends."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["qoracle"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    package = types.ModuleType("qoracle")
    package.__path__ = ["."]
    module = types.ModuleType("qoracle.models")
    for entry in (package, module):
        entry.__spec__ = ModuleSpec(entry.__name__, None)
    sys.modules.update({"qoracle": package, "qoracle.models": module})
    django.setup()
    from django.db import connection, models
    from django.db.models import functions

    classes = define(models, "qoracle", "qoracle.models")
    with connection.schema_editor() as editor:
        for model in classes.values():
            editor.create_model(model)
    fill(classes)
    names = namespace(models, functions, classes)
    print("ready", flush=True)
    for line in sys.stdin:
        print(answer(line.strip(), names), flush=True)


if __name__ == "__main__":
    serve()
