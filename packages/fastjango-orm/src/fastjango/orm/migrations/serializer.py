"""Turns values into the Python source that makes them, for migration files."""

from __future__ import annotations

import builtins
import collections
import collections.abc
import datetime
import decimal
import enum
import functools
import math
import os
import pathlib
import re
import sys
import types
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from fastjango.core.functional import LazyObject, Promise
from fastjango.orm.names import SettingsReference

__all__ = ["BaseSerializer", "Serializer", "serialize", "serializer_factory"]

Source = tuple[str, set[str]]


class BaseSerializer:
    """Writes the source of one kind of value.

    Subclass it and `MigrationWriter.register_serializer` it for a type of your own.

    Args:
        value: The value to write.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def serialize(self) -> Source:
        """The source of an expression, and the import lines that it needs."""
        raise NotImplementedError("Subclasses of BaseSerializer must define serialize().")


class _Plain(BaseSerializer):
    """Values whose `repr` is their source."""

    def serialize(self) -> Source:
        return repr(self.value), set()


class _Float(BaseSerializer):
    def serialize(self) -> Source:
        if math.isnan(self.value) or math.isinf(self.value):
            return f'float("{self.value}")', set()
        return repr(self.value), set()


class _Decimal(BaseSerializer):
    def serialize(self) -> Source:
        return repr(self.value), {"from decimal import Decimal"}


class _DateTime(BaseSerializer):
    def serialize(self) -> Source:
        value: datetime.datetime = self.value
        if value.tzinfo is None:
            return repr(value), {"import datetime"}
        if value.tzinfo is not datetime.UTC:
            value = value.astimezone(datetime.UTC)
        return repr(value), {"import datetime"}


class _DateTimeParts(BaseSerializer):
    """Dates, times, durations and fixed zones: their `repr` names the module `datetime`."""

    def serialize(self) -> Source:
        return repr(self.value), {"import datetime"}


class _ZoneInfo(BaseSerializer):
    def serialize(self) -> Source:
        return f"zoneinfo.ZoneInfo(key={self.value.key!r})", {"import zoneinfo"}


class _UUID(BaseSerializer):
    def serialize(self) -> Source:
        return f"uuid.{self.value!r}", {"import uuid"}


class _Regex(BaseSerializer):
    def serialize(self) -> Source:
        pattern, imports = serialize(self.value.pattern)
        # `re.compile` adds the flag itself for text patterns.
        default = re.compile("" if isinstance(self.value.pattern, str) else b"").flags
        flags = self.value.flags & ~default
        arguments = [pattern]
        if flags:
            flag_source, flag_imports = serialize(re.RegexFlag(flags))
            arguments.append(flag_source)
            imports = imports | flag_imports
        return f"re.compile({', '.join(arguments)})", imports | {"import re"}


class _Enum(BaseSerializer):
    def serialize(self) -> Source:
        cls = self.value.__class__
        if isinstance(self.value, enum.Flag):
            members = list(self.value)
        else:
            members = [self.value]
        name, imports = _Type(cls).serialize()
        if not members:
            return f"{name}(0)", imports
        return " | ".join(f"{name}[{member.name!r}]" for member in members), imports


class _Choices(BaseSerializer):
    def serialize(self) -> Source:
        return serialize(self.value.value)


class _Setting(BaseSerializer):
    """The name of a model that a setting gives: the setting."""

    def serialize(self) -> Source:
        name = self.value.setting_name
        return f"settings.{name}", {"from fastjango.core import settings"}


class _Lazy(BaseSerializer):
    """Lazy text: the text in the source language."""

    def serialize(self) -> Source:
        return repr(str(self.value)), set()


class _Sequence(BaseSerializer):
    template: ClassVar[str] = "[%s]"

    def items(self) -> Iterable[Any]:
        return cast("Iterable[Any]", self.value)

    def serialize(self) -> Source:
        imports: set[str] = set()
        parts: list[str] = []
        for item in self.items():
            source, needed = serialize(item)
            parts.append(source)
            imports |= needed
        return self.wrap(parts), imports

    def wrap(self, parts: list[str]) -> str:
        return self.template % ", ".join(parts)


class _Tuple(_Sequence):
    def wrap(self, parts: list[str]) -> str:
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


class _Unordered(_Sequence):
    """Sets, sorted by their source, so that the file is the same every time."""

    def wrap(self, parts: list[str]) -> str:
        inner = ", ".join(sorted(parts))
        if isinstance(self.value, frozenset):
            return f"frozenset([{inner}])"
        return f"{{{inner}}}" if parts else "set()"


class _Dict(BaseSerializer):
    def serialize(self) -> Source:
        imports: set[str] = set()
        parts: list[str] = []
        for key, value in self.value.items():
            key_source, key_imports = serialize(key)
            value_source, value_imports = serialize(value)
            imports |= key_imports | value_imports
            parts.append(f"{key_source}: {value_source}")
        return f"{{{', '.join(parts)}}}", imports


class _Path(BaseSerializer):
    def serialize(self) -> Source:
        # Without the file system, so that the migration can be read on any platform.
        is_windows = isinstance(self.value, pathlib.PureWindowsPath)
        pure = pathlib.PureWindowsPath if is_windows else pathlib.PurePosixPath
        path = pure(self.value)
        return f"pathlib.{path!r}", {"import pathlib"}


class _PathLike(BaseSerializer):
    def serialize(self) -> Source:
        path = cast("str", os.fspath(self.value))
        return repr(path), set()


class _Partial(BaseSerializer):
    def serialize(self) -> Source:
        func, imports = serialize(self.value.func)
        args, arg_imports = serialize(self.value.args)
        keywords, keyword_imports = serialize(self.value.keywords)
        name = type(self.value).__name__
        source = f"functools.{name}({func}, *{args}, **{keywords})"
        return source, {"import functools", *imports, *arg_imports, *keyword_imports}


class _Deconstructible(BaseSerializer):
    """Objects that say by `deconstruct()` how to make them again."""

    @staticmethod
    def write(path: str, args: Iterable[Any], kwargs: dict[str, Any]) -> Source:
        name, imports = _Deconstructible.name(path)
        parts: list[str] = []
        for arg in args:
            source, needed = serialize(arg)
            parts.append(source)
            imports |= needed
        for key, value in kwargs.items():
            source, needed = serialize(value)
            if key.isidentifier():
                parts.append(f"{key}={source}")
            else:
                parts.append(f"**{{{key!r}: {source}}}")
            imports |= needed
        return f"{name}({', '.join(parts)})", imports

    @staticmethod
    def name(path: str) -> tuple[str, set[str]]:
        module, _, name = path.rpartition(".")
        module = _nearest_package(module, name)
        if module == "fastjango.orm.models":
            return f"models.{name}", {"from fastjango.orm import models"}
        return f"{module}.{name}", {f"import {module}"}

    def serialize(self) -> Source:
        path, args, kwargs = self.value.deconstruct()
        return self.write(path, args, kwargs)


class _Field(_Deconstructible):
    def serialize(self) -> Source:
        _, path, args, kwargs = self.value.deconstruct()
        return self.write(path, args, kwargs)


class _Manager(_Deconstructible):
    def serialize(self) -> Source:
        as_manager, manager_path, qs_path, args, kwargs = self.value.deconstruct()
        if as_manager:
            name, imports = self.name(qs_path)
            return f"{name}.as_manager()", imports
        return self.write(manager_path, args, kwargs)


class _Operation(BaseSerializer):
    def serialize(self) -> Source:
        from .writer import OperationWriter

        source, imports = OperationWriter(self.value, indentation=0).serialize()
        return source.rstrip(","), imports


def _nearest_package(module: str, name: str) -> str:
    """The package of this framework that offers what one of its modules defines.

    Files outlive the modules behind a package, which may be cut another way.
    """
    parent, _, _ = module.rpartition(".")
    if not parent.startswith("fastjango."):
        return module
    offered = getattr(sys.modules.get(parent), name, None)
    if offered is None or offered is not getattr(sys.modules.get(module), name, None):
        return module
    return _nearest_package(parent, name)


def _public(value: Any) -> Source | None:
    """A class or function under its name in `models`, if it has one there."""
    from fastjango.orm import models

    name = getattr(value, "__name__", "")
    if name and getattr(models, name, None) is value:
        return f"models.{name}", {"from fastjango.orm import models"}
    return None


class _Type(BaseSerializer):
    def serialize(self) -> Source:
        public = _public(self.value)
        if public is not None:
            return public
        if self.value is type(None):
            return "types.NoneType", {"import types"}
        module = self.value.__module__
        if module == builtins.__name__:
            return self.value.__name__, set()
        return f"{module}.{self.value.__qualname__}", {f"import {module}"}


class _DatabaseRule(BaseSerializer):
    """A rule for `on_delete` that the database carries out."""

    def serialize(self) -> Source:
        public = _public(self.value)
        if public is None:
            raise ValueError(f"Cannot serialize: {self.value!r}, which is no rule of `models`.")
        return public


class _Function(BaseSerializer):
    """Functions and methods that can be imported by name."""

    def serialize(self) -> Source:
        function = self.value
        public = _public(function)
        if public is not None:
            return public
        owner = getattr(function, "__self__", None)
        if isinstance(owner, type):
            return (
                f"{owner.__module__}.{owner.__qualname__}.{function.__name__}",
                {f"import {owner.__module__}"},
            )
        if function.__name__ == "<lambda>":
            raise ValueError("Cannot serialize function: lambda. Define it with `def` in a module.")
        module = function.__module__
        if module is None:
            raise ValueError(f"Cannot serialize function {function!r}: No module")
        if "<" in function.__qualname__:
            raise ValueError(
                f"Could not find function {function.__name__} in {module}.\n"
                "Functions inside functions cannot be imported: move it to the top of its module."
            )
        if module == builtins.__name__:
            return function.__name__, set()
        return f"{module}.{function.__qualname__}", {f"import {module}"}


class _Iterator(_Tuple):
    """Any other iterable, written as a tuple of what it yields."""


def _is_choices(value: Any) -> bool:
    from fastjango.orm.enums import Choices

    return isinstance(value, Choices)


class Serializer:
    """The registry of serializers, asked in order; later registrations come first."""

    registry: ClassVar[dict[Any, type[BaseSerializer]]] = {
        SettingsReference: _Setting,
        frozenset: _Unordered,
        list: _Sequence,
        set: _Unordered,
        tuple: _Tuple,
        dict: _Dict,
        enum.Enum: _Enum,
        datetime.datetime: _DateTime,
        (datetime.date, datetime.timedelta, datetime.time, datetime.timezone): _DateTimeParts,
        zoneinfo.ZoneInfo: _ZoneInfo,
        decimal.Decimal: _Decimal,
        float: _Float,
        (bool, int, types.NoneType, bytes, str, range, complex): _Plain,
        (functools.partial, functools.partialmethod): _Partial,
        (types.FunctionType, types.BuiltinFunctionType, types.MethodType): _Function,
        collections.abc.Iterable: _Iterator,
        re.Pattern: _Regex,
        uuid.UUID: _UUID,
        pathlib.PurePath: _Path,
        os.PathLike: _PathLike,
    }

    @classmethod
    def register(cls, type_: type, serializer: type[BaseSerializer]) -> None:
        """Let `serializer` write values of `type_`, before every other serializer.

        Raises:
            ValueError: It is no subclass of `BaseSerializer`.
        """
        if not issubclass(cast("type[object]", serializer), BaseSerializer):
            raise ValueError(f"'{serializer.__name__}' must inherit from 'BaseSerializer'.")
        cls.registry = {type_: serializer, **cls.registry}

    @classmethod
    def unregister(cls, type_: type) -> None:
        """Forget the serializer of `type_`."""
        cls.registry.pop(type_)


def serializer_factory(value: Any) -> BaseSerializer:
    """The serializer for a value.

    Raises:
        ValueError: Nothing can write the value.
    """
    from fastjango.orm.fields import Field
    from fastjango.orm.manager import BaseManager
    from fastjango.orm.on_delete import DatabaseOnDelete

    from .operations.base import Operation

    if isinstance(value, Promise):
        return _Lazy(value)
    if isinstance(value, LazyObject):
        # Compiled patterns of validators, for one.
        return serializer_factory(_unwrap(value))
    if isinstance(value, Field):
        return _Field(value)
    if isinstance(value, BaseManager):
        return _Manager(value)
    if isinstance(value, Operation):
        return _Operation(value)
    if isinstance(value, type):
        return _Type(value)
    if isinstance(value, DatabaseOnDelete):
        return _DatabaseRule(value)
    if hasattr(value, "deconstruct"):
        return _Deconstructible(value)
    if _is_choices(value):
        return _Choices(value)
    for kind, serializer in Serializer.registry.items():
        if isinstance(value, kind):
            return serializer(value)
    raise ValueError(
        f"Cannot serialize: {value!r}\nThere are some values FastJango cannot write into a"
        " migration file. Give the object a deconstruct() method (see @deconstructible), or use a"
        " function of a module."
    )


def _unwrap(value: Any) -> Any:
    return value.__reduce__()[1][0]


def serialize(value: Any) -> Source:
    """The source of a value, and the import lines that it needs.

    Raises:
        ValueError: Nothing can write the value.
    """
    return serializer_factory(value).serialize()
