"""Fields that only read, only write, call a method, or follow any model field."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core.translation import gettext_lazy as _
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.messages import add_length_validators
from fastjango.values.encoding import is_protected_type

__all__ = ["HiddenField", "ModelField", "ReadOnlyField", "SerializerMethodField"]


class ReadOnlyField(Field):
    """Shows a value as it is; methods without parameters are called.

    Args:
        **kwargs: Options of every field; `read_only` is always True.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs["read_only"] = True
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> Any:
        """Return the value."""
        return value


class HiddenField(Field):
    """Puts its default into the validated data; takes no input and shows nothing.

    Args:
        **kwargs: Options of every field; `default` is required, `write_only` always True.
    """

    def __init__(self, **kwargs: Any) -> None:
        if "default" not in kwargs:
            raise AssertionError("default is a required argument.")
        kwargs["write_only"] = True
        super().__init__(**kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """Return `empty`, whatever the input has."""
        return empty

    def to_internal_value(self, data: Any) -> Any:
        """Return the default."""
        return data


class SerializerMethodField(Field):
    """Shows what a method of the serializer returns for the object.

    An ``async def`` method is awaited by `adata` and `ato_json`.

    Args:
        method_name: The method; `get_` and the field's name if `None`.
        **kwargs: Options of every field.
    """

    def __init__(self, method_name: str | None = None, **kwargs: Any) -> None:
        self.method_name = method_name
        kwargs["source"] = "*"
        kwargs["read_only"] = True
        super().__init__(**kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        """Take a name, which names the method too."""
        if self.method_name is None:
            self.method_name = f"get_{field_name}"
        super().bind(field_name, parent)

    def to_representation(self, value: Any) -> Any:
        """Return what the method says about the object."""
        assert self.method_name is not None
        return getattr(self.parent, self.method_name)(value)


class ModelField(Field):
    """Follows a model field that no other class fits.

    Args:
        model_field: The model field.
        max_length: The most characters.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "max_length": _("Ensure this field has no more than {max_length} characters.")
    }

    def __init__(self, model_field: Any, *, max_length: int | None = None, **kwargs: Any) -> None:
        self.model_field = model_field
        self.max_length = max_length
        super().__init__(**kwargs)
        add_length_validators(self, max_length, None)

    def to_internal_value(self, data: Any) -> Any:
        """Return what the model field, or the one it refers to, makes of the input."""
        relation = self.model_field.remote_field
        if relation is not None:
            return relation.model._meta.get_field(relation.field_name).to_python(data)
        return self.model_field.to_python(data)

    def get_attribute(self, instance: Any) -> Any:
        """Return the whole object: the model field knows where its value is."""
        return instance

    def to_representation(self, value: Any) -> Any:
        """Return the model field's value of the object, as text unless JSON knows it."""
        found = self.model_field.value_from_object(value)
        return found if is_protected_type(found) else self.model_field.value_to_string(value)
