"""Operations: what OpenAPI says about each method of a view."""

# pyright: reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# What `responses` names is the project's, of any type.

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, get_args, get_origin

from fastjango.rest import _refusals
from fastjango.rest._refusals import (
    ErrorOut,
    ParameterErrorOut,
    ProblemOut,
    RefusalOut,
    ValidationErrorOut,
)
from fastjango.rest.exceptions import RestConfigurationError

__all__ = ["ErrorOut", "Operation", "ParameterErrorOut", "ProblemOut", "RefusalOut",
           "ValidationErrorOut", "extend_schema", "operations_of",
           "refuse_inspector"]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
MARK = "rest_operation"
_DOCUMENTED = ("get", "post", "put", "patch", "delete")
_PURPOSES = {"list": "List", "create": "Create", "retrieve": "Retrieve", "update": "Update",
             "partial_update": "Update parts of", "destroy": "Delete"}  # fmt: skip


@dataclass
class Operation:
    """One method of a view.

    Attributes:
        name: The name, unique within the view; the operation id is made of it.
        handler: The function that answers.
        description: Markdown.
        body: The model of the body, or `None`.
        media_type: The media type of the body.
        answers: Models by status; `None` for an empty answer.
        options: What FastAPI's `add_api_route()` takes.
        is_declared: Whether somebody wrote down the answers, so that there are no others.
        refusals: What it refuses with, by status, beside what is written down.
        has_parameters: Whether the handler declares parameters that FastAPI provides.
        has_path_parameters: Whether the address has parameters.
    """

    name: str
    handler: Any
    description: str = ""
    body: Any = None
    media_type: str = "application/json"
    answers: dict[int, Any] = field(default_factory=dict[int, Any])
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    is_declared: bool = False
    refusals: dict[Any, _refusals.Refusal] = field(default_factory=dict[Any, "_refusals.Refusal"])
    has_parameters: bool = False
    has_path_parameters: bool = False


def extend_schema(
    *,
    request: Any = ...,
    responses: Any = ...,
    parameters: Sequence[Mapping[str, Any]] = (),
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
    operation_id: str | None = None,
    deprecated: bool | None = None,
    exclude: bool = False,
) -> Callable[[F], F]:
    """Say what OpenAPI tells about a handler; answers are compared with it in tests and DEBUG.

    Args:
        request: A serializer class, a pydantic model or type of the body; `None` for none.
        responses: One of these for the usual status, or a dict of them by status.
        parameters: Parameter objects as in OpenAPI: `name`, `in`, `schema` and so on.
        summary: One line.
        description: Markdown; the handler's docstring by default.
        tags: Groups it is listed under.
        operation_id: A name for generated clients.
        deprecated: Whether to warn of it.
        exclude: Whether to leave it out.
    """
    given = {
        "request": request,
        "responses": responses,
        "parameters": list(parameters),
        "summary": summary,
        "description": description,
        "tags": tags,
        "operation_id": operation_id,
        "deprecated": deprecated,
        "exclude": exclude,
    }

    def decorator(handler: F) -> F:
        known: dict[str, Any] = getattr(handler, MARK, {})
        setattr(handler, MARK, {**known, **given})
        return handler

    return decorator


def operations_of(view: Any, chain: Any) -> Iterator[tuple[str, Operation]]:
    """Yield the methods of a view with their operations.

    Args:
        view: What `as_view()` or `@api_view` returned.
        chain: The patterns it stands under.
    """
    cls = view.view_class
    if getattr(cls, "exclude_from_schema", False) or not _is_documented(view, cls):
        return
    actions: Mapping[str, str] = getattr(view, "actions", None) or {}
    for method in _DOCUMENTED:
        name = actions.get(method) if actions else method
        handler = getattr(cls, name, None) if name else None
        if handler is None or (not actions and method not in cls.http_method_names):
            continue
        operation = _describe(view, cls, method, str(name), handler, chain)
        if operation is not None:
            yield method.upper(), operation


def _is_documented(view: Any, cls: Any) -> bool:
    """Whether a view is part of the document.

    Raises:
        RestConfigurationError: Its `schema` is an object that describes views elsewhere.
    """
    schema = view.view_initkwargs.get("schema", getattr(cls, "schema", True))
    if schema is not None and schema is not True:
        refuse_inspector(f"{cls.__module__}.{cls.__qualname__}", schema)
    return schema is not None


def refuse_inspector(owner: str, schema: Any) -> NoReturn:
    """Refuse a schema object of REST framework, which nobody would ask.

    Raises:
        RestConfigurationError: Always.
    """
    raise RestConfigurationError(
        f"{owner} has the schema {schema!r}, but nothing describes views by such objects: the "
        "OpenAPI document follows from serializers and handlers. Use `extend_schema` to say more, "
        "or `schema = None` to leave the view out."
    )


def _describe(
    view: Any, cls: Any, method: str, name: str, handler: Any, chain: Any
) -> Operation | None:
    given: dict[str, Any] = {**getattr(cls, MARK, {}), **getattr(handler, MARK, {})}
    if given.get("exclude"):
        return None
    instance = _instance(view, cls, method, name)
    operation = Operation(_operation_name(cls, name), handler)
    operation.description = given.get("description") or _description(handler)
    request, responses = given.get("request", ...), given.get("responses", ...)
    kind = _kind(method, name, chain, cls)
    if method in ("post", "put", "patch"):
        operation.body = _body(instance, method, request)
        operation.media_type = _media_type(instance)
    operation.answers = _answers(instance, method, kind, responses)
    operation.is_declared = responses is not ...
    operation.options = _options(operation, given, cls, method, name)
    path = [_path_parameter(chain, cls, parameter) for parameter in chain.parameters]
    query = _query_parameters(instance) if kind == "list" else []
    from fastjango.rest._routes import declares_parameters

    operation.has_parameters = declares_parameters(handler)
    operation.has_path_parameters = bool(path)
    operation.refusals = _refusals.refusals_of(instance, method, kind, operation)
    operation.options["parameters"] = _merged(path, query, given.get("parameters") or [])
    return operation


def _merged(*lists: Any) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for parameter in (item for part in lists for item in part):
        found[parameter["name"], parameter["in"]] = dict(parameter)
    return list(found.values())


def _instance(view: Any, cls: Any, method: str, name: str) -> Any:
    """Return a view without a request, to be asked for its serializer and filters."""
    instance = cls(**view.view_initkwargs)
    instance.action = name
    instance.action_map = getattr(view, "actions", None)
    instance.request, instance.args, instance.kwargs = None, (), {}
    instance.format_kwarg = None
    instance.is_schema_generation = True
    return instance


def _operation_name(cls: Any, name: str) -> str:
    base = cls.__name__.removesuffix("ViewSet").removesuffix("APIView").removesuffix("View")
    base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", base).lower() or "api"
    return f"{base}_{name}"


def _description(handler: Any) -> str:
    return inspect.getdoc(inspect.unwrap(handler)) or ""


def _kind(method: str, name: str, chain: Any, cls: Any) -> str:
    """Return whether an operation lists, creates, and so on."""
    if name in _PURPOSES:
        return name
    if method == "get":
        lists = hasattr(cls, "list") and not hasattr(cls, "retrieve")
        return "list" if lists else "retrieve"
    return {"post": "create", "put": "update", "patch": "partial_update", "delete": "destroy"}[
        method
    ]


def _serializer_class(instance: Any) -> Any:
    """Return the serializer class of a view; `None` if it depends on the request."""
    if not hasattr(instance, "get_serializer_class"):
        return None
    try:
        return instance.get_serializer_class()
    except Exception:
        # Written for a request, which there is none of: nothing can be said about the body.
        return None


def _is_serializer(value: Any) -> bool:
    return inspect.isclass(value) and hasattr(value, "output_model")


def _input(value: Any, partial: bool) -> Any:
    if hasattr(value, "child"):
        return list[_input(type(value.child), partial)]  # type: ignore[misc]
    if _is_serializer(value):
        return value.input_model(partial=partial)
    item = _item(value)
    return value if item is None else list[_input(item, partial)]  # type: ignore[misc]


def _output(value: Any) -> Any:
    if hasattr(value, "child"):
        return list[_output(type(value.child))]  # type: ignore[misc]
    if _is_serializer(value):
        return value.output_model()
    item = _item(value)
    return value if item is None else list[_output(item)]  # type: ignore[misc]


def _item(value: Any) -> Any:
    """Return the serializer class in `list[Serializer]`; `None` for anything else."""
    args = get_args(value)
    return args[0] if get_origin(value) is list and _is_serializer(args[0]) else None


def _body(instance: Any, method: str, request: Any) -> Any:
    if request is ...:
        request = _serializer_class(instance)
    return None if request is None else _input(request, method == "patch")


def _media_type(instance: Any) -> str:
    types = [parser.media_type for parser in instance.parser_classes]
    return "application/json" if "application/json" in types or not types else str(types[0])


def _answers(instance: Any, method: str, kind: str, responses: Any) -> dict[int, Any]:
    """Return the models of the answers by status."""
    usual = {"create": 201, "destroy": 204}.get(kind, 200)
    if isinstance(responses, Mapping):
        return {int(code): _output(model) for code, model in responses.items()}
    if responses is not ...:
        return {usual: _output(responses)}
    if kind == "destroy":
        return {204: None}
    serializer = _serializer_class(instance)
    if serializer is None:
        return {usual: Any}
    model = _output(serializer)
    if kind == "list":
        model = _page(instance, model)
    return {usual: model}


def _page(instance: Any, model: Any) -> Any:
    """Return the model of a list: of a page of it, if the view has pages."""
    paginator = getattr(instance, "paginator", None)
    if paginator is None:
        return list[model]
    made = paginator.get_response_model(model)
    return list[model] if made is None else made


def _options(
    operation: Operation, given: dict[str, Any], cls: Any, method: str, name: str
) -> dict[str, Any]:
    success, model = next(iter(operation.answers.items()))
    phrase = cls.__name__.removesuffix("ViewSet").removesuffix("APIView").removesuffix("View")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", phrase).lower()
    summary = given.get("summary") or (
        f"{_PURPOSES[name]} {words}"
        if name in _PURPOSES
        else f"{name.replace('_', ' ').capitalize()} {words}"
    )
    responses = {
        code: {"model": other} if other is not None else {"description": "No content"}
        for code, other in list(operation.answers.items())[1:]
    }
    return {
        "status_code": success,
        "response_model": None if model is Any else model,
        "responses": responses,
        "summary": summary,
        "tags": list(given.get("tags") or [words.replace(" ", "-")]),
        "operation_id": given.get("operation_id"),
        "deprecated": given.get("deprecated"),
        "parameters": [],
    }


def _path_parameter(chain: Any, cls: Any, name: str) -> dict[str, Any]:
    converter = dict(chain.converters).get(name)
    kinds = {"IntConverter": {"type": "integer"},
             "UUIDConverter": {"type": "string", "format": "uuid"}}  # fmt: skip
    schema = kinds.get(type(converter).__name__, {"type": "string"})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(instance: Any) -> list[dict[str, Any]]:
    """Return the parameters of pagination and filters."""
    found: list[dict[str, Any]] = []
    for backend in getattr(instance, "filter_backends", None) or ():
        found.extend(backend().get_schema_operation_parameters(instance))
    paginator = getattr(instance, "paginator", None)
    if paginator is not None:
        found.extend(paginator.get_schema_operation_parameters(instance))
    return found


def take_parameters(options: dict[str, Any]) -> dict[str, Any] | None:
    """Take the parameter objects out of the options and return them as FastAPI's extra."""
    parameters = options.pop("parameters", None)
    return {"parameters": parameters} if parameters else None
