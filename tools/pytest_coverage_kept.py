"""A pytest plugin under ``coverage run``: a worker of xdist writes what it measured as it finishes.

One that takes long to end is killed, and would take its data with it.
"""

from __future__ import annotations

import pytest
from coverage import Coverage


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the data; what is measured after is added at the end of the process."""
    running = Coverage.current()
    if running is not None and hasattr(session.config, "workerinput"):
        running.save()
