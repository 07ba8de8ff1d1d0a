"""Generated code that takes the parameters of one function from the request and validates them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request

from . import runtime
from .mirror import (
    UNDEFINED,
    Dependant,
    ModelField,
    field_annotation_is_sequence,
    is_json_field,
    param_aliases,
    param_model,
    request_params_to_args,
    validate_value,
)
from .source import Source

__all__ = ["Arguments", "Parameters", "emit_validation"]

_IMMUTABLE = (type(None), bool, int, float, str, bytes)


@dataclass(slots=True)
class Arguments:
    """Expressions for the keyword arguments of one call, in FastAPI's order."""

    parts: list[str] = field(default_factory=list[str])

    def add(self, name: str, expression: str) -> None:
        """Pass `expression` as the keyword `name`."""
        self.parts.append(f"{name}={expression}")

    def spread(self, expression: str) -> None:
        """Pass a dictionary of keywords."""
        self.parts.append(f"**{expression}")

    def __str__(self) -> str:
        return ", ".join(self.parts)


class Parameters:
    """Writes the path, query, header and cookie parameters of each dependant of one endpoint."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._query_pairs: str | None = None
        self._query: str | None = None
        self._cookies: str | None = None
        source.globals.update(
            add_errors=runtime.add_errors,
            add_missing=runtime.add_missing,
            all_headers=runtime.all_headers,
            cookies_of=runtime.cookies_of,
            first_header=runtime.first_header,
            query_pairs=runtime.query_pairs,
            request_params_to_args=request_params_to_args,
            validate_value=validate_value,
            Headers=Headers,
            QueryParams=QueryParams,
            Request=Request,
            UNDEFINED=UNDEFINED,
            ValidationError=ValidationError,
        )

    def prepare(self, nodes: Sequence[Dependant]) -> None:
        """Write what several dependants share: the parsed query string and cookies."""
        scalars = lists = cookies = False
        for node in nodes:
            if node.query_params and all(map(_is_simple, node.query_params)):
                lists = lists or any(map(_is_list, node.query_params))
                scalars = scalars or not all(map(_is_list, node.query_params))
            if node.cookie_params and all(map(_is_simple_flat, node.cookie_params)):
                cookies = True
        if lists:
            self._query_pairs = "pairs"
            self.source.line("pairs = query_pairs(scope['query_string'])")
        if scalars:
            self._query = "query"
            made = "pairs" if lists else "query_pairs(scope['query_string'])"
            empty = "pairs" if lists else "scope['query_string']"
            self.source.line(f"query = dict({made}) if {empty} else {{}}")
        if cookies:
            self._cookies = "cookies"
            self.source.line("cookies = cookies_of(scope)")

    def write(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        """Write the four groups of `node`.

        Args:
            arguments: Receives the validated values.
            failed: The flag to set when a value does not validate.
        """
        self._path(node, arguments, failed)
        self._queries(node, arguments, failed)
        self._headers(node, arguments, failed)
        self._cookie_group(node, arguments, failed)

    def _path(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        if not node.path_params:
            return
        if not all(map(_is_simple_flat, node.path_params)):
            self._library(node.path_params, "scope['path_params']", arguments, failed)
            return
        for one in node.path_params:
            alias = _alias(one)
            self._value(
                one, f"scope['path_params'].get({alias!r})", ("path", alias), arguments, failed
            )

    def _queries(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        if not node.query_params:
            return
        if not all(map(_is_simple, node.query_params)):
            made = "QueryParams(scope['query_string'])"
            self._library(node.query_params, made, arguments, failed)
            return
        for one in node.query_params:
            alias = _alias(one)
            if _is_list(one):
                read = f"[v for k, v in {self._query_pairs} if k == {alias!r}] or None"
            else:
                read = f"{self._query}.get({alias!r})"
            self._value(one, read, ("query", alias), arguments, failed)

    def _headers(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        if not node.header_params:
            return
        if not all(map(_is_simple, node.header_params)):
            self._library(node.header_params, "Headers(scope=scope)", arguments, failed)
            return
        for one in node.header_params:
            alias = _alias(one)
            key = alias.lower().encode("latin-1")
            if _is_list(one):
                read = f"all_headers(scope, {key!r}) or None"
            else:
                read = f"first_header(scope, {key!r})"
            self._value(one, read, ("header", alias), arguments, failed)

    def _cookie_group(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        if not node.cookie_params:
            return
        if not all(map(_is_simple_flat, node.cookie_params)):
            self._library(node.cookie_params, "Request(scope).cookies", arguments, failed)
            return
        for one in node.cookie_params:
            alias = _alias(one)
            self._value(
                one, f"{self._cookies}.get({alias!r})", ("cookie", alias), arguments, failed
            )

    def _value(
        self,
        one: ModelField,
        read: str,
        loc: tuple[str, ...],
        arguments: Arguments,
        failed: str | None,
    ) -> None:
        name = self.source.name("v")
        self.source.line(f"{name} = {read}")
        emit_validation(self.source, one, name, loc, failed, absent="None")
        arguments.add(one.name, name)

    def _library(
        self, fields: list[ModelField], received: str, arguments: Arguments, failed: str | None
    ) -> None:
        """Write a call of FastAPI's own function, for parameters that are models and the like."""
        values, found = self.source.name("values"), self.source.name("found")
        bound = self.source.bind(fields)
        self.source.line(f"{values}, {found} = request_params_to_args({bound}, {received})")
        emit_failure(self.source, found, failed)
        arguments.spread(values)


def emit_failure(source: Source, found: str, failed: str | None) -> None:
    """Write the collecting of a list of errors that FastAPI's own function returned."""
    with source.block(f"if {found}:"):
        source.line(f"errors = {found} if errors is None else errors + {found}")
        if failed:
            source.line(f"{failed} = True")


def emit_validation(
    source: Source,
    one: ModelField,
    name: str,
    loc: tuple[str | int, ...],
    failed: str | None,
    *,
    absent: str,
) -> None:
    """Write the validation of the local `name`, in place.

    Args:
        absent: The expression for "the request does not have it".
    """
    where = source.bind(loc)
    with source.block(f"if {name} is {absent}:"):
        info = one.field_info
        default = None if info.is_required() else info.default
        if info.is_required():
            source.line(f"errors = add_missing(errors, {where})")
            if failed:
                source.line(f"{failed} = True")
        elif (
            info.default_factory is None
            and not info.validate_default
            and isinstance(default, _IMMUTABLE)
            and type(default) in _IMMUTABLE
        ):
            source.line(f"{name} = {source.constant(default)}")
        else:
            found = source.name("found")
            bound = source.bind(one)
            source.line(
                f"{name}, {found} = validate_value("
                f"field={bound}, value=UNDEFINED, values={{}}, loc={where})"
            )
            emit_failure(source, found, failed)
    with source.block("else:"):
        validate = _validator(one)
        with source.block("try:"):
            source.line(f"{name} = {source.bind(validate)}({name}, from_attributes=True)")
        with source.block("except ValidationError as error:"):
            source.line(f"errors = add_errors(errors, error, {where})")
            if failed:
                source.line(f"{failed} = True")


def _validator(one: ModelField) -> Any:
    return one._type_adapter.validator.validate_python  # pyright: ignore[reportPrivateUsage]


def _alias(one: ModelField) -> str:
    return param_aliases(one)[0][1]


def _is_simple(one: ModelField) -> bool:
    """Whether a parameter is one named value, or a list of equally named ones."""
    return (
        param_model(one) is None
        and len(param_aliases(one)) == 1
        and type(_alias(one)) is str
        and one.name.isidentifier()
    )


def _is_simple_flat(one: ModelField) -> bool:
    return _is_simple(one) and not field_annotation_is_sequence(one.field_info.annotation)


def _is_list(one: ModelField) -> bool:
    return not is_json_field(one) and field_annotation_is_sequence(one.field_info.annotation)
