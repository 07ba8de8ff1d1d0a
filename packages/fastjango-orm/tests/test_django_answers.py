"""Whole pages of cases that Django and FastJango must answer alike.

A page is a module of models and of functions `case_...(show)`, or `free_case_...` for what runs
outside of a transaction. It runs once with either framework, each in a process of its own, on a
database in memory; what the cases show is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django")
pytestmark = pytest.mark.slow

PAGES = sorted(Path(__file__).parent.glob("answers_*.py"))

SIDE = {
    "django": """
from django.core import checks
from django.core.exceptions import *
from django.db import *
from django.db import connection, migrations, models, transaction
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.serializer import serializer_factory
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.writer import OperationWriter
from django.db.models import functions
from django.utils import timezone
""",
    "fastjango": """
from fastjango.core import checks, timezone
from fastjango.core.exceptions import *
from fastjango.orm import connection, models, transaction
from fastjango.orm.exceptions import *
from fastjango.orm import migrations
from fastjango.orm.migrations.optimizer import MigrationOptimizer
from fastjango.orm.migrations.serializer import serializer_factory
from fastjango.orm.migrations.state import ModelState, ProjectState
from fastjango.orm.migrations.autodetector import MigrationAutodetector
from fastjango.orm.migrations.graph import MigrationGraph
from fastjango.orm.migrations.questioner import MigrationQuestioner
from fastjango.orm.migrations.writer import OperationWriter
from fastjango.orm.models import functions
""",
}
START = {
    "django": """
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                   "NAME": ":memory:"}}, INSTALLED_APPS=["page"], USE_TZ=True, TIME_ZONE="UTC",
                   DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
import django
django.setup()
""",
    "fastjango": """
from fastjango.core import settings, setup
settings.configure(SECRET_KEY="x" * 50, DATABASES={"default": {"ENGINE": "sqlite3",
                   "NAME": ":memory:"}}, INSTALLED_APPS=["fastjango.orm", "page"], USE_TZ=True,
                   TIME_ZONE="UTC")
setup()
""",
}
RUN = """
import datetime, decimal, json
from contextlib import nullcontext
from side import connection, models, transaction
from page import models as page

def shown(value):
    if isinstance(value, models.Model):
        return f"<{type(value).__name__} {value.pk}>"
    if isinstance(value, models.Field):
        return f"<{type(value).__name__}>"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, models.QuerySet)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(shown, value)) + ")"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    if isinstance(value, decimal.Decimal):
        return f"D{value.normalize():f}"
    if isinstance(value, float):
        return f"F{value:.6f}"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, type):
        return value.__name__
    return repr(value)

class Show(list):
    def __call__(self, *values):
        for value in values:
            try:
                self.append(shown(value))
            except Exception as error:
                self.append(f"raises {type(error).__name__}")

    def of(self, *calls):
        for call in calls:
            try:
                with transaction.atomic() if connection.in_atomic_block else nullcontext():
                    self(call())
            except Exception as error:
                self.append(f"raises {type(error).__name__}")

class Undo(Exception):
    pass

if hasattr(page, "TABLES"):
    with connection.schema_editor() as editor:
        for model in page.TABLES:
            editor.create_model(model)
    page.fill()
answers = {}
for name, case in list(vars(page).items()):
    if name.startswith(("case_", "free_case_")):
        show = Show()
        try:
            with transaction.atomic() if name.startswith("case_") else nullcontext():
                case(show)
                raise Undo
        except Undo:
            pass
        except Exception as error:
            import traceback
            traceback.print_exc()
            show.append(f"ends with {type(error).__name__}")
        answers[name] = show
print(json.dumps(answers))
"""


def answers(page: Path, side: str, folder: Path) -> dict[str, list[str]]:
    """Run the page with one framework."""
    home = folder / side
    (home / "page").mkdir(parents=True)
    (home / "page/__init__.py").write_text("")
    (home / "page/models.py").write_text(page.read_text())
    (home / "side.py").write_text(SIDE[side])
    (home / "run.py").write_text(START[side] + RUN)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "run.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        # Django leaves an inherited zone as it is, where ours becomes that of the settings.
        env={**os.environ, "TZ": "UTC"},
    )
    assert done.returncode == 0, f"{side}: {done.stderr[-3000:]}"
    print(done.stderr[-3000:])
    return json.loads(done.stdout)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_both_frameworks_answer_alike(page: Path, tmp_path: Path) -> None:
    theirs = answers(page, "django", tmp_path)
    ours = answers(page, "fastjango", tmp_path)
    different = {
        name: [pair for pair in zip(ours.get(name, []), shown, strict=False) if pair[0] != pair[1]]
        or [len(ours.get(name, [])), len(shown)]
        for name, shown in theirs.items()
        if ours.get(name) != shown
    }
    assert different == {}
    assert all(theirs.values()), "a case shows something"
