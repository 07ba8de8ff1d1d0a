"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.templates import TemplatesError
from fastjango.templates.apps import TemplatesConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="templates")
    assert entry.load() is TemplatesConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.templates"])
    assert isinstance(registry.get_app_config("templates"), TemplatesConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(TemplatesError, Exception)


def test_it_contributes_checks() -> None:
    registry = Registry(["fastjango.templates"])
    config = registry.get_app_config("templates")
    assert [check.__name__ for check in config.checks()] == [
        "check_setting_app_dirs_loaders",
        "check_templates",
    ]
