"""A short run of the differential fuzzer; `python packages/fastjango-http/tests/fuzz` runs long."""

import logging
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def fuzzer(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import the fuzzer, which lives beside the tests and not in a package."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "fuzz"))
    logging.disable(logging.CRITICAL)
    import fuzz_compare

    yield fuzz_compare
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", [11, 400, 7000])
def test_no_application_answers_differently(fuzzer: ModuleType, seed: int) -> None:
    done, differences = fuzzer.fuzz(200, seed=seed)

    assert done == 200
    assert not differences, f"{differences[0]}\n{differences[0].source}"


def test_a_difference_is_found(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.http.dispatch import runtime

    monkeypatch.setattr(runtime, "first_header", lambda scope, name: None)
    monkeypatch.setattr(runtime, "query_pairs", lambda query: [])

    _, differences = fuzzer.fuzz(400, seed=11)

    assert differences
    assert "FastJango" in str(differences[0])
