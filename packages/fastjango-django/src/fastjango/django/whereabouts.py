"""Where a name of Django is in FastJango: `fastjango-admin docs --search django.db.models.Q`."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from fastjango.core.exceptions import did_you_mean
from fastjango.django.shim import ROOTS, load
from fastjango.django.table import WHOLE_MODULE, names

__all__ = ["whereabouts"]


def whereabouts(word: str) -> list[str]:
    """Return where a dotted name of Django or REST framework is, or why it is nowhere.

    The modules of FastJango that hold it are imported, where they can be without settings.

    Args:
        word: The name: a module, what a module holds, or an attribute of that.

    Returns:
        A line, or one for each name of a module whose names are in several places here; none for
        words that are no such name.
    """
    parts = word.split(".")
    if parts[0] not in ROOTS or not all(part.isidentifier() for part in parts):
        return []
    table = names()
    if (refused := table.refusal(word)) is not None:
        return [str(refused)]
    if (gathered := table.names.get(word)) is not None:
        return [
            f"{word if name == WHOLE_MODULE else f'{word}.{name}'}: {_import(where)}"
            for name, where in sorted(gathered.items())
        ]
    ours = table.module(word)
    if ours is not None and _exists(ours):
        return [f"{word}: import {ours}"]
    nearest = ""
    for end in range(len(parts) - 1, 0, -1):
        module, (name, *rest) = ".".join(parts[:end]), parts[end:]
        if (missing := table.missing.get(module, {}).get(name)) is not None:
            return [str(missing)]
        where = table.target(module, name)
        if where is None:
            continue
        stem = where.split(".")[1].partition(":")[0]
        if not _exists(f"fastjango.{stem}"):
            return [f"{word}: {_import(where)} (pip install fastjango-{stem})"]
        try:
            found = load(where)
            for part in rest:
                found = getattr(found, part)
        except (AttributeError, ModuleNotFoundError):
            if not rest:
                nearest = did_you_mean(name, _offered(where))
        except Exception:
            # It needs settings, or the apps: then the table has the last word.
            return [f"{word}: {_import(where)}"]
        else:
            below = f", then .{'.'.join(rest)}" if rest else ""
            return [f"{word}: {_import(where)}{below}"]
    return [f"FastJango has no {word}.{nearest}"]


def _import(where: str) -> str:
    """Return the statement that imports what an entry of the table names."""
    module, _, attribute = where.partition(":")
    first, _, rest = attribute.partition(".")
    if not first:
        return f"import {module}"
    return f"from {module} import {first}" + (f", then .{rest}" if rest else "")


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except Exception:
        return False  # below a module that is none, or that cannot be imported without settings


def _offered(where: str) -> Iterator[str]:
    """Yield the public names beside one that is not there."""
    try:
        module: Any = load(where.partition(":")[0])
    except Exception:
        return
    yield from (name for name in dir(module) if not name.startswith("_"))
