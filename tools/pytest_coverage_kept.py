"""A pytest plugin under ``coverage run``: writes what was measured before the process ends.

A worker of xdist that takes long to end is killed, and would take its data with it.
"""

from __future__ import annotations

import pytest
from coverage import Coverage


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write the data; what is measured after is added at the end of the process."""
    if (running := Coverage.current()) is not None:
        running.save()
