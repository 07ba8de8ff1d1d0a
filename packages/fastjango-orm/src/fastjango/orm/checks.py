"""System checks of all models together, and of the databases themselves."""

from __future__ import annotations

import inspect
import types
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from fastjango.core import apps as default_apps
from fastjango.core import checks, settings
from fastjango.core.checks import Error

__all__ = [
    "check_all_models",
    "check_database_backends",
    "check_lazy_references",
    "lazy_reference_errors",
]


def check_all_models(app_configs: Iterable[Any] | None, **kwargs: Any) -> list[Any]:
    """Run the checks of every model, and look for tables and names that two of them share."""
    tables: defaultdict[str, list[str]] = defaultdict(list)
    indexes: defaultdict[str, list[str]] = defaultdict(list)
    constraints: defaultdict[str, list[str]] = defaultdict(list)
    errors: list[Any] = []
    if app_configs is None:
        models = list(default_apps.get_models())
    else:
        models = [model for config in app_configs for model in config.get_models()]
    for model in models:
        opts: Any = model._meta
        if opts.managed and not opts.proxy:
            tables[opts.db_table].append(opts.label)
        if inspect.ismethod(model.check):
            errors.extend(model.check(**kwargs))
        else:
            errors.append(
                Error(
                    f"The '{model.__name__}.check()' class method is currently overridden by "
                    f"{model.check!r}.",
                    obj=model,
                    id="models.E020",
                )
            )
        for index in opts.indexes:
            indexes[index.name].append(opts.label)
        for constraint in opts.constraints:
            constraints[constraint.name].append(opts.label)
    errors.extend(_shared_tables(tables))
    errors.extend(_shared_names("index", indexes, "models.E029", "models.E030"))
    errors.extend(_shared_names("constraint", constraints, "models.E031", "models.E032"))
    return errors


def check_database_backends(
    app_configs: Iterable[Any] | None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[Any]:
    """Ask the backends of databases what is wrong with the servers; they may query them.

    Args:
        databases: Aliases; nothing is asked if `None`.
    """
    from fastjango.orm.engine.handler import connections

    found: list[Any] = []
    for alias in databases or ():
        validation = getattr(connections[alias], "validation", None)
        if validation is not None:
            found.extend(validation.check(**kwargs))
    return found


def _shared_tables(tables: dict[str, list[str]]) -> Iterable[Any]:
    for table, labels in tables.items():
        if len(labels) == 1:
            continue
        names = ", ".join(labels)
        text = f"db_table '{table}' is used by multiple models: {names}."
        if settings.DATABASE_ROUTERS:
            hint = (
                "You have configured settings.DATABASE_ROUTERS. Verify that "
                f"{names} are correctly routed to separate databases."
            )
            yield checks.Warning(text, obj=table, hint=hint, id="models.W035")
        else:
            yield Error(text, obj=table, id="models.E028")


def _shared_names(kind: str, names: dict[str, list[str]], within: str, among: str) -> Iterable[Any]:
    for name, labels in names.items():
        if len(labels) < 2:
            continue
        models = sorted(set(labels))
        one = len(models) == 1
        where = "for model" if one else "among models:"
        yield Error(
            f"{kind} name '{name}' is not unique {where} {', '.join(models)}.",
            id=within if one else among,
        )


def _original(operation: Any) -> tuple[Any, list[Any], dict[str, Any]]:
    """The function behind partials (and what looks like them), with its arguments."""
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    while hasattr(operation, "func"):
        args.extend(getattr(operation, "args", []))
        keywords.update(getattr(operation, "keywords", {}))
        operation = operation.func
    return operation, args, keywords


def lazy_reference_errors(registry: Any, ignore: set[Any] | None = None) -> list[Any]:
    """Names of models that something still waits for.

    Args:
        ignore: Pairs of label and name that may be missing.
    """
    pending = set(registry._pending_operations) - (ignore or set())
    errors = [
        error
        for key in pending
        for operation in registry._pending_operations[key]
        if (error := _lazy_error(registry, key, operation)) is not None
    ]
    return sorted(errors, key=lambda error: error.msg)


def _problem(registry: Any, key: tuple[str, str]) -> str:
    try:
        registry.get_app_config(key[0])
    except LookupError:
        return f"app '{key[0]}' isn't installed"
    return f"app '{key[0]}' doesn't provide model '{key[1]}'"


def _lazy_error(registry: Any, key: tuple[str, str], operation: Any) -> Any:
    function, args, keywords = _original(operation)
    model = ".".join(key)
    problem = _problem(registry, key)
    kind = (getattr(function, "__module__", ""), getattr(function, "__name__", ""))
    if kind == ("fastjango.orm.fields.related", "resolve_related_class"):
        field = keywords["field"]
        return Error(
            f"The field {field} was declared with a lazy reference to '{model}', but {problem}.",
            obj=field,
            id="fields.E307",
        )
    if kind == ("fastjango.orm.fields.many_to_many", "set_managed"):
        return None
    if kind == ("fastjango.orm.signals", "connect_now"):
        receiver = args[0]
        return Error(
            f"{_description(receiver)} was connected to the '{_signal_name(keywords['signal'])}' "
            f"signal with a lazy reference to the sender '{model}', but {problem}.",
            obj=receiver.__module__,
            id="signals.E001",
        )
    return Error(
        f"{function} contains a lazy reference to {model}, but {problem}.",
        obj=function,
        id="models.E022",
    )


def _description(receiver: Callable[..., Any]) -> str:
    if isinstance(receiver, types.FunctionType):
        return f"The function '{receiver.__name__}'"
    if isinstance(receiver, types.MethodType):
        owner = type(receiver.__self__).__name__
        return f"Bound method '{owner}.{receiver.__name__}'"
    return f"An instance of class '{type(receiver).__name__}'"


def _signal_name(signal: Any) -> str:
    from . import signals

    return next((name for name, one in vars(signals).items() if one is signal), "unknown")


def check_lazy_references(app_configs: Iterable[Any] | None, **kwargs: Any) -> list[Any]:
    """Complain of models that relations or signals name and that do not exist."""
    return lazy_reference_errors(default_apps)


#: Django's own tests ask for it by this name.
_check_lazy_references = lazy_reference_errors
