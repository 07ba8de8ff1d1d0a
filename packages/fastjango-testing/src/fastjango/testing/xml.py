"""XML compared by meaning: attribute order and white space do not count."""

import re
from typing import Any
from xml.dom.minidom import Node, parseString

__all__ = ["compare_xml"]

_IGNORED = (Node.COMMENT_NODE, Node.DOCUMENT_TYPE_NODE, Node.PROCESSING_INSTRUCTION_NODE)


def compare_xml(want: str, got: str) -> bool:
    """Tell whether two XML texts (documents or fragments) mean the same.

    Comments, processing instructions and the document type are ignored. Meant for texts of your
    own: the parser has no guard against hostile ones.

    Raises:
        xml.parsers.expat.ExpatError: A text is not well-formed.
    """
    texts = [text.strip().replace("\\n", "\n") for text in (want, got)]
    if not texts[0].startswith("<?xml"):
        texts = [f"<root>{text}</root>" for text in texts]
    first, second = (_first_node(parseString(text)) for text in texts)
    return _same(first, second)


def _first_node(document: Any) -> Any:
    return next(node for node in document.childNodes if node.nodeType not in _IGNORED)


def _text(element: Any) -> str:
    parts = [node.data for node in element.childNodes if node.nodeType == Node.TEXT_NODE]
    return re.sub(r"[ \t\n][ \t\n]+", " ", "".join(parts))


def _children(element: Any) -> list[Any]:
    return [node for node in element.childNodes if node.nodeType == Node.ELEMENT_NODE]


def _same(first: Any, second: Any) -> bool:
    if first.tagName != second.tagName or _text(first) != _text(second):
        return False
    if dict(first.attributes.items()) != dict(second.attributes.items()):
        return False
    ours, theirs = _children(first), _children(second)
    return len(ours) == len(theirs) and all(map(_same, ours, theirs))
