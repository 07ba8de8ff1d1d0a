"""Writing XML, as in `django.utils.xmlutils`."""

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import XMLGenerator

from fastjango.values.regex_helper import lazy_re_compile

__all__ = ["SimplerXMLGenerator", "UnserializableContentError"]

_CONTROL: Final = lazy_re_compile(r"[\x00-\x08\x0B-\x0C\x0E-\x1F]")  # not allowed in XML 1.0


class UnserializableContentError(ValueError):
    """Text holds control characters, which XML 1.0 does not allow."""

    def __init__(self, msg: str = "Control characters are not supported in XML 1.0") -> None:
        super().__init__(msg)


class SimplerXMLGenerator(XMLGenerator):
    """A generator that refuses control characters and writes attributes in order of name."""

    def addQuickElement(  # noqa: N802  # in the style of xml.sax
        self, name: str, contents: str | None = None, attrs: Mapping[str, Any] | None = None
    ) -> None:
        """Write an element that holds text only.

        Raises:
            UnserializableContentError: The text or an attribute holds control characters.
        """
        self.startElement(name, attrs or {})
        if contents is not None:
            self.characters(contents)
        self.endElement(name)

    def characters(self, content: str) -> None:
        """Write text.

        Raises:
            UnserializableContentError: It holds control characters.
        """
        if content and _CONTROL.search(content):
            raise UnserializableContentError
        super().characters(content)

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # in the style of xml.sax
        """Write a start tag.

        Raises:
            UnserializableContentError: An attribute holds control characters.
        """
        for value in attrs.values():
            if isinstance(value, str) and _CONTROL.search(value):
                raise UnserializableContentError
        super().startElement(name, dict(sorted(attrs.items())) if attrs else attrs)  # type: ignore[arg-type]  # any mapping does
