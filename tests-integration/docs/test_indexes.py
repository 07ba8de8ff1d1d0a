"""The index pages are those that the code makes, and know what it holds."""

import contents
import indexes
import pytest
from repository import ROOT, plugins

MEMBERS = {member.stem: member for member in plugins()}


def test_the_pages_are_current() -> None:
    found = {**indexes.stale(), **contents.stale()}
    stale = [path.relative_to(ROOT).as_posix() for path in found]
    assert not stale, f"run python tools/indexes.py and contents.py with --write for {stale}"


def test_what_the_pages_are_made_of() -> None:
    assert ("DEBUG", "bool", "False") in set(indexes.settings_of(MEMBERS["core"]))
    hooks = [f.name for module in MEMBERS["http"].modules for f in indexes.hooks_of(module)]
    assert {"view_guards", "page_cache"} <= set(hooks)
    ids = {found for module in MEMBERS["auth"].modules for found, _ in indexes.texts_of(module)}
    assert {"auth.E001", "auth.W004"} <= ids


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("settings", "| `SECRET_KEY` | [core](../reference/core.md) |"),
        ("commands", "| `migrate` | `fastjango.orm` |"),
        ("checks", "| `auth.E001` | auth | 'REQUIRED_FIELDS' must be a list or tuple. |"),
        ("checks", "| `models.E028` | orm | db_table '…' is used by multiple models: …. |"),
        ("signals", "| `post_save` | `fastjango.orm.signals` |"),
        ("django-names", "| `django.http` | `fastjango.http` |"),
    ],
)
def test_lines_of_the_pages(page: str, line: str) -> None:
    assert f"\n{line}" in indexes.PAGES[page]()
