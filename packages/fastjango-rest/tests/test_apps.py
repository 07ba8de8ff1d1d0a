"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.rest import RestError
from fastjango.rest.apps import RestConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="rest")
    assert entry.load() is RestConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.rest"])
    assert isinstance(registry.get_app_config("rest"), RestConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(RestError, Exception)
