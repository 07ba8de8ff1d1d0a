"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.forms import FormsError
from fastjango.forms.apps import FormsConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="forms")
    assert entry.load() is FormsConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.forms"])
    assert isinstance(registry.get_app_config("forms"), FormsConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(FormsError, Exception)
