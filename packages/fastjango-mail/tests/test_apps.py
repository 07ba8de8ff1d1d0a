"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.mail import MailError
from fastjango.mail.apps import MailConfig


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="mail")
    assert entry.load() is MailConfig


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.mail"])
    assert isinstance(registry.get_app_config("mail"), MailConfig)


def test_errors_have_one_root() -> None:
    assert issubclass(MailError, Exception)
