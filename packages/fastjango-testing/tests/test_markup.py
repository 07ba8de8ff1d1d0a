"""HTML, XML and JSON compared, with the messages of failures."""

import unittest
from typing import Any

import pytest
from fastjango.testing.html import Element, HTMLParseError, RootElement, parse_html
from fastjango.testing.testcases import SimpleTestCase
from fastjango.testing.xml import compare_xml


class Case(SimpleTestCase):
    def runTest(self) -> None: ...


@pytest.fixture
def case() -> Any:
    return Case()


def failure(function: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


class TestParsing:
    def test_tree(self) -> None:
        tree = parse_html('<div class="b a" checked="checked">text <b>x</b><br/> </div>')
        assert tree.name == "div"
        assert tree.attributes == [("checked", None), ("class", "a b")]
        assert tree[0] == "text"
        assert str(tree[1]) == "<b>\nx\n</b>"
        assert repr(tree[2]) == "<br>"
        assert hash(tree) == hash(parse_html('<div class="a b" checked></div>'))
        assert str(parse_html("a &lt; b")) == "a &lt; b"
        assert str(Element("i", [("a", "1"), ("b", None)])) == '<i a="1" b>'

    def test_errors(self) -> None:
        with pytest.raises(HTMLParseError, match=r"Unexpected end tag `b` \(Line 1, Column 3\)"):
            parse_html("<a></b>")
        with pytest.raises(HTMLParseError):
            parse_html("</p>")

    def test_implied_ends(self) -> None:
        assert parse_html("<ul><li>a</ul>") == parse_html("<ul><li>a</li></ul>")
        assert parse_html("<p/>") == parse_html("<p></p>")

    @pytest.mark.parametrize(
        ("needle", "haystack", "count"),
        [
            ("<b>x</b>", "<p><b>x</b> and <b>x</b></p>", 2),
            ("<b>y</b>", "<p><b>x</b></p>", 0),
            ("x", "<p>x x<b>x</b></p>", 3),
            ("<i></i><b></b>", "<p><i></i><b></b><u></u><i></i><b></b></p>", 2),
            ("<i></i><b></b>", "<i></i><b></b>", 1),
            ("<i></i><b></b>", "<i></i><u></u><b></b>", 0),
        ],
    )
    def test_counting(self, needle: str, haystack: str, count: int) -> None:
        tree, part = parse_html(haystack), parse_html(needle)
        assert (
            tree.count(
                part
                if (isinstance(part, RootElement) and len(part.children) > 1) or part.name
                else needle
            )
            == count
        )
        assert ((part if part.name or len(part.children) > 1 else needle) in tree) is bool(count)


class TestHtmlAssertions:
    def test_equal(self, case: Any) -> None:
        case.assertHTMLEqual("<p  class='b a' id=x> a </p>", '<p id="x" class="a b">a</p>')
        case.assertHTMLNotEqual("<p>a</p>", "<p>b</p>")
        case.assertHTMLEqual("<input value>", '<input value="">')

    def test_failures(self, case: Any) -> None:
        shown = failure(case.assertHTMLEqual, "<p>a</p>", "<p>b</p>", "because")
        assert "<p>\na\n</p> != <p>\nb\n</p>" in shown
        assert "- a" in shown
        assert shown.endswith(": because")
        assert "==" in failure(case.assertHTMLNotEqual, "<p>a</p>", "<p>a</p>")
        assert "First argument is not valid HTML:" in failure(case.assertHTMLEqual, "</p>", "")
        assert "Second argument is not valid HTML:" in failure(case.assertHTMLEqual, "", "</p>")
        case.maxDiff = 5
        assert "Set self.maxDiff to None" in failure(case.assertHTMLEqual, "<p>a</p>", "<p>b</p>")

    def test_in(self, case: Any) -> None:
        case.assertInHTML("<b>x</b>", "<p><b>x</b></p>")
        case.assertInHTML("<b>x</b>", "<p><b>x</b><b>x</b></p>", count=2)
        case.assertNotInHTML("<i>", "<p></p>")
        shown = failure(case.assertInHTML, "<b>", "<p></p>", msg_prefix="Note")
        assert shown == (
            "False is not true : Note: Couldn't find '<b>' in the following response\n'<p></p>'"
        )
        assert failure(case.assertInHTML, "<b>", "<b><b>", count=5).startswith(
            "1 != 5 : Found 1 instances of '<b>' (expected 5) in the following response"
        )
        assert failure(case.assertNotInHTML, "<b>", "<b>").startswith(
            "1 != 0 : '<b>' unexpectedly found in the following response"
        )


class TestJsonAssertions:
    def test_all(self, case: Any) -> None:
        case.assertJSONEqual('{"a": 1}', {"a": 1})
        case.assertJSONEqual(b"[1]", "[1]")
        case.assertJSONNotEqual('{"a": 1}', {"a": 2})
        case.assertJSONNotEqual("[1]", "[2]")
        assert "First argument is not valid JSON: '{'" in failure(case.assertJSONEqual, "{", {})
        assert "Second argument is not valid JSON: '{'" in failure(case.assertJSONEqual, "{}", "{")
        failure(case.assertJSONEqual, "1", 2)
        failure(case.assertJSONNotEqual, "1", 1)
        failure(case.assertJSONNotEqual, "{", 1)


class TestXmlAssertions:
    def test_comparison(self) -> None:
        assert compare_xml('<a b="1" c="2"/>', '<a c="2" b="1"></a>')
        assert compare_xml("<?xml version='1.0'?><!-- x --><a>x  y</a>", "<a>x y</a>")
        assert not compare_xml("<a/>", "<b/>")
        assert not compare_xml("<a>x</a>", "<a>y</a>")
        assert not compare_xml('<a b="1"/>', "<a/>")
        assert not compare_xml("<a/><b/>", "<a/>")

    def test_assertions(self, case: Any) -> None:
        case.assertXMLEqual("<a/>", "<a></a>")
        case.assertXMLNotEqual("<a/>", "<b/>")
        assert "<a/>" in failure(case.assertXMLEqual, "<a/>", "<b/>")
        assert "==" in failure(case.assertXMLNotEqual, "<a/>", "<a/>")
        shown = failure(case.assertXMLEqual, "<a>", "<a/>")
        assert "First or second argument is not valid XML" in shown
        failure(case.assertXMLNotEqual, "<a>", "<a/>")


class TestMessages:
    def test_raises(self, case: Any) -> None:
        with case.assertRaisesMessage(ValueError, "wrong"):
            raise ValueError("all wrong")
        case.assertRaisesMessage(ValueError, "literal", int, "x", base=10)
        failure(case.assertRaisesMessage, ValueError, "other", int, "x")
        failure(case.assertRaisesMessage, ValueError, "other", int, "1")

    def test_warns(self, case: Any) -> None:
        import warnings

        with case.assertWarnsMessage(UserWarning, "watch"):
            warnings.warn("watch out", stacklevel=1)
        case.assertWarnsMessage(UserWarning, "watch", warnings.warn, "watch out")


def test_cases_are_unittest_cases() -> None:
    assert issubclass(SimpleTestCase, unittest.TestCase)
