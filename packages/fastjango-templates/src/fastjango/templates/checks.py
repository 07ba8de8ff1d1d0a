"""System checks: the engines can be made, and every template of the project compiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jinja2
from fastjango.core.checks import CheckMessage, Error, Tags
from fastjango.core.checks import Warning as CheckWarning
from fastjango.templates.exceptions import TemplateSyntaxError
from fastjango.templates.undefined import suggest
from jinja2 import nodes

__all__ = ["ALL", "check_setting_app_dirs_loaders", "check_templates"]

E001 = "templates.E001"
E010 = "templates.E010"
E011 = "templates.E011"
W012 = "templates.W012"


def check_setting_app_dirs_loaders(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse `APP_DIRS` together with the option `loaders`."""
    from fastjango.core import settings

    for entry in settings.TEMPLATES:
        if entry.get("APP_DIRS") and "loaders" in entry.get("OPTIONS", {}):
            return [
                Error(
                    "You have 'APP_DIRS': True in your TEMPLATES but also specify 'loaders' in "
                    "OPTIONS. Either remove APP_DIRS or remove the 'loaders' option.",
                    id=E001,
                )
            ]
    return []


def check_templates(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Compile every template of every engine."""
    from fastjango.templates.handler import engines

    found: list[CheckMessage] = []
    try:
        aliases = list(engines)
    except Exception as error:
        return [Error(f"TEMPLATES cannot be used: {error}", id=E011)]
    for alias in aliases:
        try:
            engine = engines[alias]
            environment = getattr(engine, "env", None)
        except Exception as error:
            found.append(Error(f"The template engine {alias!r} cannot be made: {error}", id=E011))
            continue
        found.extend(engine.check(app_configs=app_configs))
        if isinstance(environment, jinja2.Environment) and environment.loader is not None:
            found.extend(_compile_all(engine, environment))
    return found


def _compile_all(engine: Any, environment: jinja2.Environment) -> Iterator[CheckMessage]:
    try:
        names = environment.list_templates()
    except TypeError:  # a loader that cannot list
        return
    for name in names:
        try:
            engine.load(name)
        except UnicodeDecodeError:
            continue  # an image or the like, not a template
        except TemplateSyntaxError as error:
            info = error.template_debug or {}
            yield Error(
                f"The template {name!r} does not compile: {error}",
                hint=f"{info.get('name')}, line {info.get('line')}: {info.get('during', '')}",
                obj=name,
                id=E010,
            )
        except Exception as error:
            yield Error(f"The template {name!r} cannot be loaded: {error}", obj=name, id=E010)
        else:
            yield from _lost_blocks(environment, name)


def _parsed(environment: jinja2.Environment, name: str) -> nodes.Template:
    assert environment.loader is not None  # the caller has looked
    source, filename, _ = environment.loader.get_source(environment, name)
    return environment.parse(source, name, filename)


def _parent(tree: nodes.Template) -> str | None:
    """Return the template that one extends, if that is plain to see."""
    extends = tree.find(nodes.Extends)
    if extends is None or not isinstance(extends.template, nodes.Const):
        return None
    value = extends.template.value
    return value if isinstance(value, str) else None


def _outer_blocks(node: nodes.Node) -> Iterator[nodes.Block]:
    """Yield the blocks that are not inside of another one."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block):
            yield child
        elif not isinstance(child, nodes.If):  # where definitions of partials are
            yield from _outer_blocks(child)


def _lost_blocks(environment: jinja2.Environment, name: str) -> Iterator[CheckMessage]:
    """Tell of blocks that no template of the inheritance has a place for."""
    tree = _parsed(environment, name)
    parent = _parent(tree)
    if parent is None:
        return
    known: set[str] = set()
    seen = {name}
    while parent is not None and parent not in seen:
        seen.add(parent)
        try:
            above = _parsed(environment, parent)
        except (jinja2.TemplateError, UnicodeDecodeError):
            return  # told of elsewhere
        known.update(block.name for block in above.find_all(nodes.Block))
        has_parent = above.find(nodes.Extends) is not None
        parent = _parent(above)
        if has_parent and parent is None:
            return  # which one is known at run time only
    for block in _outer_blocks(tree):
        if block.name not in known:
            yield CheckWarning(
                f"The block {block.name!r} of the template {name!r} is never shown: none of the "
                f"templates it extends has a block of that name.{suggest(block.name, known)}",
                obj=name,
                id=W012,
            )


def _tagged(*functions: Callable[..., Any]) -> Iterable[Callable[..., Any]]:
    for function in functions:
        target: Any = function
        target.tags = (Tags.templates,)
    return functions


ALL = _tagged(check_setting_app_dirs_loaders, check_templates)
"""The checks that the plugin contributes."""
