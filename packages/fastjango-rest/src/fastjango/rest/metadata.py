"""What a view tells about itself in answer to OPTIONS."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core.exceptions import PermissionDenied
from fastjango.http.exceptions import Http404
from fastjango.rest import exceptions
from fastjango.rest.request import override_method

__all__ = ["BaseMetadata", "SimpleMetadata"]

_TYPES = [
    ("BooleanField", "boolean"),
    ("UUIDField", "string"),
    ("URLField", "url"),
    ("EmailField", "email"),
    ("RegexField", "regex"),
    ("SlugField", "slug"),
    ("CharField", "string"),
    ("IntegerField", "integer"),
    ("FloatField", "float"),
    ("DecimalField", "decimal"),
    ("DateTimeField", "datetime"),
    ("DateField", "date"),
    ("TimeField", "time"),
    ("DurationField", "duration"),
    ("MultipleChoiceField", "multiple choice"),
    ("FilePathField", "choice"),
    ("ChoiceField", "choice"),
    ("ImageField", "image upload"),
    ("FileField", "file upload"),
    ("ListField", "list"),
    ("DictField", "nested object"),
    ("ListSerializer", "field"),
    ("Serializer", "nested object"),
]


class BaseMetadata:
    """What a metadata class has to offer."""

    def determine_metadata(self, request: Any, view: Any) -> Any:
        """Return the data of the answer to OPTIONS."""
        raise NotImplementedError(f"{type(self).__name__} must define determine_metadata().")


class SimpleMetadata(BaseMetadata):
    """Name, description, media types, and the fields of what may be written by who asks."""

    label_lookup: ClassVar[dict[str, str]] = dict(_TYPES)

    def determine_metadata(self, request: Any, view: Any) -> dict[str, Any]:
        """Return what there is to know about a view."""
        metadata: dict[str, Any] = {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "renders": [renderer.media_type for renderer in view.renderer_classes],
            "parses": [parser.media_type for parser in view.parser_classes],
        }
        if hasattr(view, "get_serializer"):
            actions = self.determine_actions(request, view)
            if actions:
                metadata["actions"] = actions
        return metadata

    def determine_actions(self, request: Any, view: Any) -> dict[str, Any]:
        """Return the fields by method, for PUT and POST if they would be permitted."""
        actions: dict[str, Any] = {}
        for method in {"PUT", "POST"} & set(view.allowed_methods):
            with override_method(view, request, method) as asked:
                try:
                    if hasattr(view, "check_permissions"):
                        view.check_permissions(asked)
                    if method == "PUT" and hasattr(view, "get_object"):
                        view.get_object()
                except (exceptions.APIException, PermissionDenied, Http404):
                    continue
                actions[method] = self.get_serializer_info(view.get_serializer())
        return actions

    def get_serializer_info(self, serializer: Any) -> dict[str, Any]:
        """Return what there is to know about the fields of a serializer."""
        if hasattr(serializer, "child"):
            serializer = serializer.child
        hidden = {"HiddenField"}
        return {
            name: self.get_field_info(field)
            for name, field in serializer.fields.items()
            if type(field).__name__ not in hidden
        }

    def get_field_info(self, field: Any) -> dict[str, Any]:
        """Return what there is to know about a field."""
        info: dict[str, Any] = {
            "type": self._label(field),
            "required": getattr(field, "required", False),
        }
        for name in ("read_only", "label", "help_text", "min_length", "max_length", "min_value",
                     "max_value", "max_digits", "decimal_places"):  # fmt: skip
            value = getattr(field, name, None)
            if value is not None and value != "":
                info[name] = str(value) if hasattr(value, "_proxy____cast") else value
        if getattr(field, "child", None):
            info["child"] = self.get_field_info(field.child)
        elif getattr(field, "fields", None):
            info["children"] = self.get_serializer_info(field)
        related = any(
            kind.__name__ in {"RelatedField", "ManyRelatedField"} for kind in type(field).__mro__
        )
        if not info.get("read_only") and not related and hasattr(field, "choices"):
            info["choices"] = [
                {"value": value, "display_name": str(label)}
                for value, label in field.choices.items()
            ]
        return info

    def _label(self, field: Any) -> str:
        for kind in type(field).__mro__:
            if kind.__name__ in self.label_lookup:
                return self.label_lookup[kind.__name__]
        return "field"
