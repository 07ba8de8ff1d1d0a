"""What a serving process asks of the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from fastjango.core.conf import override_settings
from fastjango.orm import collector, http, nplusone


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Times at which objects would have been frozen; the tests' own are not."""
    times: list[str] = []
    monkeypatch.setattr(collector.gc, "freeze", lambda: times.append("frozen"))
    monkeypatch.setattr(nplusone, "is_watched", lambda: False)
    before = list(gc.callbacks)
    gc.callbacks[:] = [one for one in before if not isinstance(one, collector._Freezer)]
    yield times
    gc.callbacks[:] = before


def served() -> None:
    app = object()
    assert http.watch_requests(app) is app


def test_objects_are_frozen_once_after_the_first_full_collection(frozen: list[str]) -> None:
    for _ in range(2):
        served()
    gc.collect(0)
    gc.collect(1)
    assert frozen == []
    gc.collect()
    gc.collect()
    served()
    gc.collect()
    assert frozen == ["frozen"]


def test_objects_of_the_tests_themselves_stay_with_the_collector() -> None:
    before = gc.get_freeze_count()
    with override_settings(DEBUG=False):
        served()
    gc.collect()
    assert gc.get_freeze_count() == before


def test_nothing_is_frozen_where_the_setting_says_so(frozen: list[str]) -> None:
    with override_settings(ORM_FREEZE_OBJECTS=False):
        served()
    gc.collect()
    assert frozen == []


def test_nothing_is_frozen_while_requests_are_watched() -> None:
    before = list(gc.callbacks)
    with override_settings(DEBUG=True):
        assert isinstance(http.watch_requests(object()), nplusone.NPlusOneMiddleware)
    assert gc.callbacks == before
