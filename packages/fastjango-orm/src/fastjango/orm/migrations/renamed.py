"""Indexes, constraints and expressions with one field under another name."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["names_in", "rename_in", "renamed_item"]


def renamed_item(item: Any, old: str, new: str) -> Any:
    """A copy of an index or constraint in which a field has another name."""
    path, args, kwargs = item.deconstruct()
    del path
    changed = {key: rename_in(value, old, new, key) for key, value in kwargs.items()}
    return type(item)(*[rename_in(arg, old, new) for arg in args], **changed)


def names_in(value: Any) -> set[str]:
    """The fields that an index, a constraint, a condition or an expression names."""
    from fastjango.orm.query.expressions import F
    from fastjango.orm.query.q import Q

    if isinstance(value, Q):
        found: set[str] = set()
        children: list[Any] = value.children
        for child in children:
            if isinstance(child, tuple):
                lookup, right = cast("tuple[str, Any]", child)
                found |= {lookup.partition("__")[0]} | names_in(right)
            else:
                found |= names_in(child)
        return found
    if isinstance(value, F):
        return {value.name.partition("__")[0]}
    if isinstance(value, list | tuple):
        return set[str]().union(*(names_in(item) for item in cast("list[Any]", value)))
    if hasattr(value, "get_source_expressions"):
        return names_in(list(value.get_source_expressions()))
    if hasattr(value, "fields") or hasattr(value, "condition"):
        plain = {name.removeprefix("-") for name in getattr(value, "fields", ())}
        plain |= set(getattr(value, "include", None) or ())
        inner = [getattr(value, "condition", None), *(getattr(value, "expressions", None) or ())]
        return plain | names_in(inner)
    return set()


def _name(text: str, old: str, new: str) -> str:
    """A field name, or a lookup that begins with one, perhaps with a sign before it."""
    sign = "-" if text.startswith("-") else ""
    head, separator, tail = text.removeprefix("-").partition("__")
    return f"{sign}{new if head == old else head}{separator}{tail}"


def rename_in(value: Any, old: str, new: str, key: str = "fields") -> Any:
    """A condition, an expression or a list of names in which a field has another name.

    Args:
        value: What to look through.
        old: The field's old name.
        new: Its new name.
        key: Argument that the value belongs to: plain texts are names in `fields` and `include`.
    """
    from fastjango.orm.query.expressions import F
    from fastjango.orm.query.q import Q

    if isinstance(value, Q):
        copy = value.copy()
        children: list[Any] = value.children
        copy.children = [_renamed_child(child, old, new) for child in children]
        return copy
    if isinstance(value, F):
        return type(value)(_name(value.name, old, new))
    if isinstance(value, str):
        return _name(value, old, new) if key in ("fields", "include") else value
    if isinstance(value, list | tuple):
        items = [rename_in(item, old, new, key) for item in cast("list[Any]", value)]
        return items if isinstance(value, list) else tuple(items)
    if hasattr(value, "get_source_expressions") and hasattr(value, "copy"):
        sources = [
            source if source is None else rename_in(source, old, new, "value")
            for source in value.get_source_expressions()
        ]
        copy = value.copy()
        copy.set_source_expressions(sources)
        # What `deconstruct` gives back must be the renamed arguments as well.
        constructor = getattr(value, "_constructor_args", None)
        if constructor is not None:
            args, kwargs = constructor
            copy._constructor_args = (
                tuple(_argument(arg, old, new) for arg in args),
                {name: _argument(arg, old, new) for name, arg in kwargs.items()},
            )
        return copy
    return value


def _renamed_child(child: Any, old: str, new: str) -> Any:
    if isinstance(child, tuple):
        lookup, right = cast("tuple[str, Any]", child)
        return _name(lookup, old, new), rename_in(right, old, new, "value")
    return rename_in(child, old, new)


def _argument(value: Any, old: str, new: str) -> Any:
    """A constructor argument of an expression, where a text means a field."""
    if isinstance(value, str):
        return _name(value, old, new)
    return rename_in(value, old, new, "value")
