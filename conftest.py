"""Loads what the tests of every distribution share."""

import gc
import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tools"))

# For the pytests that tests start in projects of their own; see addopts in pyproject.toml.
os.environ.setdefault("PYTEST_ADDOPTS", "-p no:schemathesis")

pytest_plugins = ["pytest_services", "pytester"]


def pytest_configure() -> None:
    """Keep sites under test from freezing the objects of their test process.

    A site that is served asks for it (`ORM_FREEZE_OBJECTS`). Whoever then asks the collector who
    refers to an object finds nobody, and Hypothesis does: it would warn of its own generator of
    random numbers, depending on the order of the tests.
    """
    pytest.MonkeyPatch().setattr(gc, "freeze", lambda: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that hold a memory address: the workers of a run could not agree on them."""
    strange = [item.nodeid for item in items if re.search(r" at 0x[0-9a-f]{6,}", item.nodeid)]
    if strange:
        raise pytest.UsageError(
            f"{len(strange)} tests have the address of an object in their name, the first: "
            f"{strange[0]}. Name the cases by ids=... in parametrize."
        )
