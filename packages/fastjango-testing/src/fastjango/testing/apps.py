"""The plugin that the entry point names."""

from fastjango.core.config import AppConfig


class TestingConfig(AppConfig):
    """Test clients, test cases and the pytest plugin."""

    __test__ = False  # not a class of tests, whatever its name
    name = "fastjango.testing"
    label = "testing"
    verbose_name = "Testing"
