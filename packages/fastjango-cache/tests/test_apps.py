"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.cache import CacheError
from fastjango.cache.apps import CacheConfig
from fastjango.core.registry import Registry


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="cache")
    assert entry.load() is CacheConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.cache"])
    assert isinstance(registry.get_app_config("cache"), CacheConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(CacheError, Exception)
