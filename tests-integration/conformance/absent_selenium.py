"""Stands for `django.test.selenium`: its tests are skipped, as they are without browsers."""

import unittest
from typing import ClassVar


class SeleniumTestCase(unittest.TestCase):
    """A test case that a browser would be needed for."""

    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("no browsers specified")


def screenshot_cases(*_cases):
    """Decorate a test without doing anything."""
    return lambda test: test


class AdminSeleniumTestCase(SeleniumTestCase):
    """The same for `django.contrib.admin.tests`."""

    available_apps: ClassVar[list[str]] = []
