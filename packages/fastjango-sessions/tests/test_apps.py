"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.sessions import SessionsError
from fastjango.sessions.apps import SessionsConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="sessions")
    assert entry.load() is SessionsConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.sessions"])
    assert isinstance(registry.get_app_config("sessions"), SessionsConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(SessionsError, Exception)
