"""The errors of the web layer."""

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import exceptions


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_error_has_one_root(name: str) -> None:
    assert issubclass(getattr(exceptions, name), exceptions.HttpError)


def test_a_missing_engine_is_a_mistake_of_the_settings() -> None:
    assert issubclass(exceptions.RenderingUnavailable, ImproperlyConfigured)
