"""Read the README of an installed plugin, offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any, cast

from fastjango.core.exceptions import did_you_mean
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.core.management.base import Checks
from fastjango.core.plugins import discover

__all__ = ["Command", "purpose", "search"]

METAPACKAGE = "fastjango"
ANSWERS = "fastjango.docs"  # entry points: functions that take a word and return lines about it


def readmes() -> dict[str, str]:
    """Return the README of the kernel and of every distribution with a plugin, by its name.

    It travels in the metadata of the wheel, so that nothing has to be fetched. The metapackage,
    which has no plugin, is among them where it is installed.
    """
    from importlib.metadata import PackageNotFoundError, metadata

    found: dict[str, str] = {}
    for name in {METAPACKAGE, "fastjango-core", *(plugin.distribution for plugin in discover())}:
        try:
            about = cast("Message", metadata(name))
        except PackageNotFoundError:
            if name != METAPACKAGE:
                raise
            continue
        found[name] = str(about.get("Description") or about.get_payload()).strip() + "\n"
    return dict(sorted(found.items()))


def purpose(text: str) -> str:
    """Return the bold line of a README that says what the distribution is for."""
    match = re.search(r"\*\*(.+?)\*\*", text, re.S)
    return " ".join(match[1].split()) if match else ""


def search(text: str, word: str) -> Iterator[tuple[str, str]]:
    """Yield heading and line of every place where a text has a word, in any case."""
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if word.lower() in line.lower():
            yield heading, line.strip()


def answers(word: str) -> Iterator[str]:
    """Yield what installed distributions say about a word, beside what their READMEs hold."""
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=ANSWERS), key=lambda one: one.name):
        yield from entry.load()(word)


class Command(BaseCommand):
    """Lists the distributions, shows the README of one, or looks for a word in all of them."""

    help = "Shows the documentation of the installed plugins, offline."
    requires_system_checks: Checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the name and the word."""
        parser.add_argument("name", nargs="?", help="A distribution, such as fastjango-orm or orm.")
        parser.add_argument("--search", metavar="WORD", help="Show the lines that hold this word.")

    def handle(self, *args: Any, **options: Any) -> str:
        """Return what was asked for.

        Raises:
            CommandError: There is no such distribution, or the word is nowhere.
        """
        found, name, word = readmes(), options["name"], options["search"]
        if name is not None:
            found = {one: text for one, text in found.items() if _is_meant(name, one)}
            if not found:
                known = [one.removeprefix("fastjango-") for one in readmes()]
                near = did_you_mean(name, known) or f" Distributions: {', '.join(known)}."
                raise CommandError(f"No plugin is installed by a distribution {name!r}.{near}")
        if word:
            lines = [] if name is not None else list(answers(word))
            lines += [
                f"{one}, {heading}: {line}"
                for one, text in found.items()
                for heading, line in search(text, word)
            ]
            if not lines:
                raise CommandError(f"{word!r} is in none of {', '.join(found)}.")
            return "\n".join(lines)
        if name is not None:
            return "\n".join(found.values()).rstrip()
        width = max(map(len, found))
        return "\n".join(f"{one.ljust(width)}  {purpose(text)}" for one, text in found.items())


def _is_meant(name: str, distribution: str) -> bool:
    return name.lower() in (distribution.lower(), distribution.lower().removeprefix("fastjango-"))
