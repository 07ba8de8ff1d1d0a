"""Loads what the tests of every distribution share."""

import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tools"))

# For the pytests that tests start in projects of their own; see addopts in pyproject.toml.
os.environ.setdefault("PYTEST_ADDOPTS", "-p no:schemathesis")

pytest_plugins = ["pytest_services", "pytester"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that hold a memory address: the workers of a run could not agree on them."""
    strange = [item.nodeid for item in items if re.search(r" at 0x[0-9a-f]{6,}", item.nodeid)]
    if strange:
        raise pytest.UsageError(
            f"{len(strange)} tests have the address of an object in their name, the first: "
            f"{strange[0]}. Name the cases by ids=... in parametrize."
        )
