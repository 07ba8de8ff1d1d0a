# ruff: noqa: N802, PT009  # the names and the means of unittest
"""Assertions about HTML, XML, JSON, messages and warnings."""

import difflib
import json
import unittest
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from unittest.util import safe_repr

from fastjango.testing.html import Element, HTMLParseError, parse_html
from fastjango.testing.xml import compare_xml

__unittest = True  # failures show the test's frame instead of this module's

FIRST = "First argument is not valid HTML:"
SECOND = "Second argument is not valid HTML:"


def _diff(first: str, second: str) -> str:
    return "\n" + "\n".join(difflib.ndiff(first.splitlines(), second.splitlines()))


class MarkupAssertions(unittest.TestCase):
    """Assertions that need no response."""

    def _shortened(self, message: str, difference: str) -> str:
        """Add a difference to a message, unless it is longer than `maxDiff`."""
        if self.maxDiff is None or len(difference) <= self.maxDiff:
            return message + difference
        size = f"Diff is {len(difference)} characters long."
        return f"{message}\n{size} Set self.maxDiff to None to see it."

    def _parse_html(self, html: str, msg: Any, complaint: str) -> Element:
        try:
            return parse_html(html)
        except HTMLParseError as error:
            self.fail(self._formatMessage(msg, f"{complaint}\n{error}"))

    def assertHTMLEqual(self, html1: str, html2: str, msg: Any = None) -> None:
        """Assert that two HTML texts mean the same; see `fastjango.testing.html`."""
        first = self._parse_html(html1, msg, FIRST)
        second = self._parse_html(html2, msg, SECOND)
        if first != second:
            shown = f"{safe_repr(first, True)} != {safe_repr(second, True)}"
            shown = self._shortened(shown, _diff(str(first), str(second)))
            self.fail(self._formatMessage(msg, shown))

    def assertHTMLNotEqual(self, html1: str, html2: str, msg: Any = None) -> None:
        """Assert that two HTML texts do not mean the same."""
        first = self._parse_html(html1, msg, FIRST)
        second = self._parse_html(html2, msg, SECOND)
        if first == second:
            shown = f"{safe_repr(first, True)} == {safe_repr(second, True)}"
            self.fail(self._formatMessage(msg, shown))

    def assertInHTML(
        self, needle: str, haystack: str, count: int | None = None, msg_prefix: str = ""
    ) -> None:
        """Assert that an HTML snippet occurs in an HTML text.

        Args:
            count: How often it occurs; None for at least once.
        """
        snippet = self._parse_html(needle, None, FIRST)
        found = self._parse_html(haystack, None, SECOND).count(snippet)
        if found == count or (count is None and found > 0):
            return
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if count is None:
            complaint = f"False is not true : {prefix}Couldn't find {needle!r} in the"
        elif count == 0:
            complaint = f"{found} != 0 : {prefix}{needle!r} unexpectedly found in the"
        else:
            complaint = (
                f"{found} != {count} : {prefix}Found {found} instances of {needle!r} "
                f"(expected {count}) in the"
            )
        self.fail(f"{complaint} following response\n{safe_repr(haystack)}")

    def assertNotInHTML(self, needle: str, haystack: str, msg_prefix: str = "") -> None:
        """Assert that an HTML snippet does not occur in an HTML text."""
        self.assertInHTML(needle, haystack, count=0, msg_prefix=msg_prefix)

    def _load_json(self, raw: Any, which: str) -> Any:
        try:
            return json.loads(raw)
        except ValueError:
            self.fail(f"{which} argument is not valid JSON: {raw!r}")

    def assertJSONEqual(self, raw: str | bytes, expected_data: Any, msg: Any = None) -> None:
        """Assert that a JSON text holds the expected data (or that of another JSON text)."""
        data = self._load_json(raw, "First")
        if isinstance(expected_data, str):
            expected_data = self._load_json(expected_data, "Second")
        self.assertEqual(data, expected_data, msg=msg)

    def assertJSONNotEqual(self, raw: str | bytes, expected_data: Any, msg: Any = None) -> None:
        """Assert that a JSON text does not hold the given data (or that of another JSON text)."""
        data = self._load_json(raw, "First")
        if isinstance(expected_data, str):
            expected_data = self._load_json(expected_data, "Second")
        self.assertNotEqual(data, expected_data, msg=msg)

    def _compare_xml(self, xml1: str, xml2: str, msg: Any) -> bool:
        try:
            return compare_xml(xml1, xml2)
        except Exception as error:
            complaint = f"First or second argument is not valid XML\n{error}"
            self.fail(self._formatMessage(msg, complaint))

    def assertXMLEqual(self, xml1: str, xml2: str, msg: Any = None) -> None:
        """Assert that two XML texts mean the same; see `fastjango.testing.xml`."""
        if not self._compare_xml(xml1, xml2, msg):
            shown = f"{safe_repr(xml1, True)} != {safe_repr(xml2, True)}"
            shown = self._shortened(shown, _diff(xml1, xml2))
            self.fail(self._formatMessage(msg, shown))

    def assertXMLNotEqual(self, xml1: str, xml2: str, msg: Any = None) -> None:
        """Assert that two XML texts do not mean the same."""
        if self._compare_xml(xml1, xml2, msg):
            shown = f"{safe_repr(xml1, True)} == {safe_repr(xml2, True)}"
            self.fail(self._formatMessage(msg, shown))

    def assertRaisesMessage(
        self, expected_exception: Any, expected_message: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Assert that an exception is raised whose message contains a text.

        Args:
            args: A function and its positional arguments; without them a context manager is
                returned, as by `assertRaises`.
            kwargs: The function's keyword arguments.
        """
        return self._with_message(
            self.assertRaises, "exception", expected_exception, expected_message, args, kwargs
        )

    def assertWarnsMessage(
        self, expected_warning: Any, expected_message: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Assert that a warning is given whose message contains a text.

        The arguments are those of `assertRaisesMessage`.
        """
        return self._with_message(
            self.assertWarns, "warning", expected_warning, expected_message, args, kwargs
        )

    def _with_message(
        self,
        assertion: Callable[..., Any],
        attribute: str,
        expected: Any,
        message: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        @contextmanager
        def asserting() -> Generator[Any]:
            with assertion(expected) as caught:
                yield caught
            self.assertIn(message, str(getattr(caught, attribute)))

        manager = asserting()
        if not args:
            return manager
        function, *positional = args
        with manager:
            function(*positional, **kwargs)
        return None
