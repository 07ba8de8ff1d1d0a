"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.messages import MessagesError
from fastjango.messages.apps import MessagesConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="messages")
    assert entry.load() is MessagesConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.messages"])
    assert isinstance(registry.get_app_config("messages"), MessagesConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(MessagesError, Exception)
