"""Serializers as pydantic types: bodies and responses of FastAPI, and parts of OpenAPI documents.

A parameter typed as a serializer takes the body and hands over a validated serializer; as a
`response_model` the class shows what the endpoint returns. Its two sides are the components
`<Name>Input` and `<Name>Output`.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Data may be anything.

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.rest._steps import run_steps
from fastjango.rest.settings import api_settings
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic import ValidationError as PydanticValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

__all__ = ["PydanticBridge", "Valid", "line_errors", "request_error"]

_lock = threading.RLock()
T = TypeVar("T")


def line_errors(detail: Any, loc: tuple[Any, ...] = ()) -> Iterator[InitErrorDetails]:
    """Yield a serializer's errors as pydantic's, each with the path of its field and its code.

    Args:
        detail: The errors.
        loc: The path so far.
    """
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = loc if name == api_settings.NON_FIELD_ERRORS_KEY else (*loc, name)
            yield from line_errors(inner, own)
    elif isinstance(detail, (list, tuple)):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list, tuple))
            yield from line_errors(inner, (*loc, index) if nested else loc)
    else:
        code = getattr(detail, "code", None) or "invalid"
        text: Any = str(detail)
        yield InitErrorDetails(type=PydanticCustomError(code, text), loc=loc, input=None)


def pydantic_error(title: str, detail: Any) -> PydanticValidationError:
    """Return a serializer's errors as one pydantic error."""
    return PydanticValidationError.from_exception_data(title, list(line_errors(detail)))


def request_error(detail: Any, body: Any = None) -> Exception:
    """Return a serializer's errors as FastAPI's: an answer of 422 with the paths of the fields.

    Args:
        detail: The errors.
        body: The body, for handlers that show it.
    """
    from fastapi.exceptions import RequestValidationError

    errors = [
        {
            "type": error["type"].type,  # type: ignore[union-attr]
            "loc": ("body", *error.get("loc", ())),
            "msg": error["type"].message(),  # type: ignore[union-attr]  # pyright: ignore
            "input": body,
        }
        for error in line_errors(detail)
    ]
    return RequestValidationError(errors, body=body)


class _NoFields(dict[str, Any]):
    """Refuses to be read: a serializer is no dataclass, it only counts as a body like one."""

    def values(self) -> Any:
        raise TypeError(
            "A serializer cannot be encoded as it is. Return its `.data` (or await `.adata`), or "
            "declare the serializer class as `response_model`."
        )


class PydanticBridge:
    """What makes a serializer a pydantic type."""

    # FastAPI takes parameters from the body if their class is a model or a dataclass.
    __dataclass_fields__: ClassVar[dict[str, Any]] = _NoFields()
    __dataclass_params__: ClassVar[Any] = SimpleNamespace(repr=False)

    instance: Any
    initial_data: Any
    _body: bool = False
    # Set while a body is validated where nothing may wait.
    _offline: bool = False
    _has_waited: bool = False

    @classmethod
    def input_model(cls, *, partial: bool = False) -> type[BaseModel]:
        """Return the pydantic model of the input, with all rules that need no database.

        Args:
            partial: Whether fields may be left out, as for PATCH.
        """
        return _model(cls, "input", partial)

    @classmethod
    def output_model(cls) -> type[BaseModel]:
        """Return the pydantic model of the output."""
        return _model(cls, "output", False)

    # -- validating bodies --------------------------------------------------------------------

    @classmethod
    def _from_body(cls, data: Any) -> Any:
        """Return a serializer for a body; whatever needs the database is left for later on a loop.

        Raises:
            pydantic.ValidationError: The body is not valid.
        """
        if isinstance(data, PydanticBridge):
            data._body = False
            return data
        if _is_shown(cls, data):
            return cls(instance=data)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        serializer: Any = cls(data=data)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        serializer._body = True
        serializer._offline = True
        try:
            run_steps(serializer._validity_steps())
        except SynchronousOnlyOperation:
            serializer._has_waited = True
        finally:
            serializer._offline = False
        if getattr(serializer, "_errors", None):
            raise pydantic_error(cls.__name__, serializer.errors)
        if serializer._has_waited:
            # The rest is up to afinish_validation(): what is known so far is not all.
            serializer.__dict__.pop("_validated_data", None)
            serializer.__dict__.pop("_errors", None)
        return serializer

    async def afinish_validation(self) -> None:
        """Finish what validating a body left to the database; nothing for other serializers.

        Raises:
            fastapi.exceptions.RequestValidationError: The body is not valid (422).
        """
        me: Any = self
        if self._body and not hasattr(me, "_validated_data"):
            await me.ais_valid()
            if me._errors:
                raise request_error(me.errors, me.initial_data)

    def finish_validation(self) -> None:
        """`afinish_validation` for synchronous code, such as endpoints in a thread."""
        me: Any = self
        if self._body and not hasattr(me, "_validated_data"):
            me.is_valid()
            if me._errors:
                raise request_error(me.errors, me.initial_data)

    # -- pydantic's hooks ---------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._from_body,
            serialization=core_schema.plain_serializer_function_ser_schema(_shown),
            # Not `__get_pydantic_json_schema__`: what that returns is written out in place, while
            # this keeps the reference to a component.
            metadata={"pydantic_js_annotation_functions": [cls._json_schema]},
        )

    @classmethod
    def _json_schema(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        output = handler.mode == "serialization"
        model = cls.output_model() if output else cls.input_model()
        # The handler would write the model out; the generator behind it makes it a component.
        generator: Any = handler.generate_json_schema  # type: ignore[attr-defined]  # pyright: ignore
        return generator.generate_inner(model.__pydantic_core_schema__)  # type: ignore[no-any-return]


def _is_shown(cls: Any, data: Any) -> bool:
    """Whether a value is an object to show, and no input."""
    if isinstance(data, Mapping):
        # What `.data` gave knows its serializer; other mappings are input.
        return hasattr(data, "serializer")
    return not (data is None or isinstance(data, (str, bytes, int, float, list, tuple)))


def _shown(serializer: Any) -> Any:
    """Return the data of a serializer that an endpoint returns."""
    if hasattr(serializer.instance, "serializer"):
        return dict(serializer.instance)
    if serializer._body and serializer.instance is None:
        # An endpoint that declares the serializer as response_model returned a plain mapping.
        return serializer.to_representation(serializer.initial_data)
    return serializer.data


def _model(cls: Any, mode: Any, partial: bool) -> type[BaseModel]:
    from fastjango.rest._models import make_model

    key = mode, partial
    with _lock:
        models: dict[Any, Any] | None = cls.__dict__.get("_pydantic_models")
        if models is None:
            models = {}
            cls._pydantic_models = models
        if key not in models:
            models[key] = make_model(cls, mode, partial)
        return models[key]  # type: ignore[no-any-return]


class _Finished:
    """A dependency that takes a body and hands over a serializer that is validated to the end."""

    def __class_getitem__(cls, serializer: Any) -> Any:
        from fastapi import Depends

        async def finished(body: Any) -> Any:
            await body.afinish_validation()
            return body

        finished.__annotations__["body"] = serializer
        return Annotated[serializer, Depends(finished)]


if TYPE_CHECKING:
    Valid = Annotated[T, None]
else:
    Valid = _Finished
