"""Rows as XML, in Django's form."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from xml.dom import pulldom
from xml.sax import SAXParseException, handler
from xml.sax.expatreader import ExpatParser

from fastjango.core.exceptions import SuspiciousOperation
from fastjango.values.xmlutils import SimplerXMLGenerator, UnserializableContentError

from . import base
from .python import Deserializer as PythonDeserializer

__all__ = [
    "DTDForbidden",
    "DefusedExpatParser",
    "DefusedXmlException",
    "Deserializer",
    "EntitiesForbidden",
    "ExternalReferenceForbidden",
    "Serializer",
]


class DefusedXmlException(ValueError):
    """The XML holds something that could be used for an attack."""


class DTDForbidden(DefusedXmlException):
    """It has a document type."""


class EntitiesForbidden(DefusedXmlException):
    """It defines entities."""


class ExternalReferenceForbidden(DefusedXmlException):
    """It refers to something outside."""


class DefusedExpatParser(ExpatParser):
    """A parser that refuses document types, entities and references to the outside."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.setFeature(handler.feature_external_ges, False)
        self.setFeature(handler.feature_external_pes, False)

    def start_doctype_decl(
        self, name: Any, sysid: Any, pubid: Any, has_internal_subset: Any
    ) -> None:
        """Refuse a document type."""
        raise DTDForbidden(f"DTDForbidden(name='{name}', system_id={sysid!r}, public_id={pubid!r})")

    def _forbid_entity(self, name: Any, *args: Any) -> None:
        raise EntitiesForbidden(f"EntitiesForbidden(name='{name}')")

    def _forbid_external(self, context: Any, base: Any, sysid: Any, pubid: Any) -> None:
        raise ExternalReferenceForbidden(
            f"ExternalReferenceForbidden(system_id='{sysid}', public_id={pubid})"
        )

    def reset(self) -> None:
        """Start over, with the refusals in place."""
        super().reset()
        parser: Any = self._parser  # type: ignore[attr-defined]  # expat's
        parser.StartDoctypeDeclHandler = self.start_doctype_decl
        parser.EntityDeclHandler = self._forbid_entity
        parser.UnparsedEntityDeclHandler = self._forbid_entity
        parser.ExternalEntityRefHandler = self._forbid_external


@contextmanager
def _naming(what: str, obj: Any) -> Generator[None]:
    """Name the object, and the field, whose characters XML cannot hold."""
    try:
        yield
    except UnserializableContentError as error:
        raise ValueError(f"{what} (pk:{obj.pk}) contains unserializable characters") from error


class Serializer(base.Serializer):
    """Writes `<object model="app.model" pk="1"><field ...>`."""

    def _break(self, level: int) -> None:
        indent = self.options.get("indent")
        if indent is not None:
            self.xml.ignorableWhitespace("\n" + " " * indent * level)

    def start_serialization(self) -> None:
        """Open the document."""
        encoding = self.options.get("encoding", "utf-8")
        self.xml: Any = SimplerXMLGenerator(self.stream, encoding)
        self.xml.startDocument()
        self.xml.startElement("django-objects", {"version": "1.0"})

    def end_serialization(self) -> None:
        """Close the document."""
        self._break(0)
        self.xml.endElement("django-objects")
        self.xml.endDocument()

    def start_object(self, obj: Any) -> None:
        """Open the object."""
        self._break(1)
        attrs = {"model": str(obj._meta)}
        natural = self.use_natural_primary_keys and self._resolve_natural_key(obj)
        if not natural and obj.pk is not None:
            attrs["pk"] = obj._meta.pk.value_to_string(obj)
        with _naming(type(obj).__name__, obj):
            self.xml.startElement("object", attrs)

    def end_object(self, obj: Any) -> None:
        """Close the object."""
        self._break(1)
        self.xml.endElement("object")

    def _empty(self, name: str, attrs: dict[str, str] | None = None) -> None:
        self.xml.startElement(name, attrs or {})
        self.xml.endElement(name)

    def handle_field(self, obj: Any, field: Any) -> None:
        """Write the value as text."""
        self._break(2)
        attrs = {"name": field.name, "type": field.get_internal_type()}
        self.xml.startElement("field", attrs)
        value = getattr(obj, field.attname)
        if value is not None:
            text = field.value_to_string(obj)
            if field.get_internal_type() == "JSONField":
                text = json.dumps(value, cls=field.encoder)
            with _naming(f"{type(obj).__name__}.{field.name}", obj):
                self.xml.characters(text)
        else:
            self._empty("None")
        self.xml.endElement("field")

    def _start_relation(self, field: Any) -> None:
        self._break(2)
        rel = field.remote_field
        attrs = {"name": field.name, "rel": type(rel).__name__, "to": str(rel.model._meta)}
        self.xml.startElement("field", attrs)

    def _natural(self, key: Any) -> None:
        for part in key:
            self.xml.startElement("natural", {})
            if part is None:
                self._empty("None")
            else:
                self.xml.characters(str(part))
            self.xml.endElement("natural")

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        """Write the key, or the natural key."""
        self._start_relation(field)
        value = getattr(obj, field.attname)
        natural = (
            self.use_natural_foreign_keys
            and value is not None
            and self._resolve_fk_natural_key(obj, field)
        )
        if value is None:
            self._empty("None")
        elif natural:
            self._natural(natural)
        else:
            self.xml.characters(str(value))
        self.xml.endElement("field")

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        """Write the keys, or the natural keys."""
        if not field.remote_field.through._meta.auto_created:
            return
        self._start_relation(field)
        found = False
        for related in self._related_objects(obj, field):
            found = True
            natural = self.use_natural_foreign_keys and self._resolve_natural_key(related)
            if natural:
                self.xml.startElement("object", {})
                self._natural(natural)
                self.xml.endElement("object")
            else:
                self._break(3)
                self._empty("object", {"pk": str(related.pk)})
        if found:
            self._break(2)
        self.xml.endElement("field")


class Deserializer(PythonDeserializer):
    """Reads the XML, turning each object into the dictionary form first."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        # The base class wraps text into a stream.
        super().__init__(stream_or_string, **options)
        self.event_stream = pulldom.parse(self.stream, self._make_parser())

    def _make_parser(self) -> Any:
        return DefusedExpatParser()

    def __iter__(self) -> Iterator[Any]:
        events: Any = self.event_stream
        try:
            for event, node in events:
                if event == "START_ELEMENT" and node.nodeName == "object":
                    events.expandNode(node)
                    yield from self._handle_object(self._dictionary(node))
        except SAXParseException as error:
            raise base.DeserializationError(f"Error parsing XML: {error}") from error

    def _dictionary(self, node: Any) -> dict[str, Any]:
        label = node.getAttribute("model")
        if not label:
            raise base.DeserializationError(
                f"<{node.nodeName}> node is missing the required 'model' attribute"
            )
        fields: dict[str, Any] = {}
        data: dict[str, Any] = {"model": label, "fields": fields}
        if node.hasAttribute("pk"):
            data["pk"] = node.getAttribute("pk")
        for field in _children(node, "field"):
            name = field.getAttribute("name")
            if not name:
                raise base.DeserializationError("<field> node is missing the 'name' attribute")
            fields[name] = self._value(field)
        return data

    def _value(self, node: Any) -> Any:
        if node.getAttribute("rel") == "ManyToManyRel":
            return [
                _natural_key(one) or one.getAttribute("pk") for one in _children(node, "object")
            ]
        natural = _natural_key(node)
        if natural:
            return natural
        if _children(node, "None"):
            return None
        text = _text(node).strip()
        return json.loads(text) if node.getAttribute("type") == "JSONField" else text

    @staticmethod
    def _get_model_from_node(model_identifier: str) -> Any:
        try:
            return PythonDeserializer._get_model_from_node(model_identifier)
        except base.DeserializationError:
            raise base.DeserializationError(
                f"<object> node has invalid model identifier: '{model_identifier}'"
            ) from None


def _children(node: Any, tag: str) -> list[Any]:
    """Elements directly below, not those of nested objects."""
    return [c for c in node.childNodes if c.nodeType == c.ELEMENT_NODE and c.tagName == tag]


def _text(node: Any) -> str:
    """Text directly below; an element between could hide something."""
    parts: list[str] = []
    for child in node.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            raise SuspiciousOperation(f"Unexpected element: {child.tagName!r}")
        if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
            parts.append(child.data)
    return "".join(parts)


def _natural_key(node: Any) -> list[Any] | None:
    parts = _children(node, "natural")
    return [None if _children(p, "None") else _text(p).strip() for p in parts] or None
