"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.auth import AuthError
from fastjango.auth.apps import AuthConfig
from fastjango.core.registry import Registry


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="auth")
    assert entry.load() is AuthConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.orm", "fastjango.contenttypes", "fastjango.auth"])
    assert isinstance(registry.get_app_config("auth"), AuthConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(AuthError, Exception)
