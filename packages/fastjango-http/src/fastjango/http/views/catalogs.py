"""Reading compiled catalogs (`.mo`) for scripts in the browser, with Python's gettext."""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from fastjango.core import apps, settings
from fastjango.core.translation import to_locale

__all__ = ["Catalog", "load_catalog"]

_PLAIN_NAME = re.compile(r"[\w.-]+")


class Catalog:
    """The messages of one language, with what stands in for those it lacks.

    Attributes:
        messages: Texts by their message; `(message, number of the form)` for plurals.
        fallbacks: Further messages, the nearest first.
    """

    def __init__(self) -> None:
        self.messages: dict[Any, str] = {}
        self.fallbacks: list[dict[Any, str]] = []

    def add(self, folder: Path, domain: str, locale: str) -> None:
        """Add what a `locale` folder has; it wins over what is there."""
        found: Any = gettext.translation(domain, folder, languages=[locale], fallback=True)
        messages = getattr(found, "_catalog", None)
        if not messages:
            return
        self.messages.update(messages)
        # `es` for `es_MX`.
        while (found := found._fallback) is not None:
            self.fallbacks.append(found._catalog)

    @property
    def plural_forms(self) -> str | None:
        """The header `Plural-Forms`, `nplurals=2; plural=(n != 1);`."""
        for line in self.messages.get("", "").split("\n"):
            name, _, value = line.partition(":")
            if name == "Plural-Forms":
                return value.strip()
        return None

    @property
    def plural(self) -> str | None:
        """The expression that gives the number of the form for `n`."""
        for part in (self.plural_forms or "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "plural":
                return value.strip()
        return None

    def flat(self) -> dict[str, str | list[str]]:
        """Return one text, or the list of plural forms, for each message."""
        count = re.search(r"nplurals=\s*(\d+)", self.plural_forms or "")
        forms = int(count[1]) if count else 2
        flat: dict[str, str | list[str]] = {}
        plurals: dict[str, dict[int, str]] = {}
        for messages in reversed([self.messages, *self.fallbacks]):
            for key, text in messages.items():
                if isinstance(key, tuple):
                    message, number = cast("tuple[str, int]", key)
                    plurals.setdefault(message, {})[number] = text
                elif key:
                    flat[key] = text
        for key, texts in plurals.items():
            flat[key] = [texts.get(number, "") for number in range(forms)]
        return flat


def load_catalog(
    language: str | None, domain: str, folders: Iterable[str | os.PathLike[str]] | None = None
) -> Catalog:
    """Read the messages of a language.

    Args:
        language: The language's code; `None`, for no translation, gives an empty catalog.
        domain: Name of the `.mo` files.
        folders: The `locale` folders to look in; those of the installed apps if `None`. Those of
            `LOCALE_PATHS` come on top.

    Raises:
        ValueError: The domain is no plain name.
    """
    if not _PLAIN_NAME.fullmatch(domain):
        raise ValueError(
            f"A gettext domain is the name of a file without its folder, not {domain!r}."
        )
    catalog = Catalog()
    if language is None:
        return catalog
    if folders is None:
        # A site in a single file has no apps. With several, the first wins.
        installed = list(apps.get_app_configs()) if apps.apps_ready else []
        folders = [Path(config.path) / "locale" for config in reversed(installed)]
    chosen = [Path(folder) for folder in folders]
    locale = to_locale(language)
    for folder in [*chosen, *(Path(path) for path in reversed(settings.LOCALE_PATHS))]:
        catalog.add(folder, domain, locale)
    # English messages are their own translation.
    if language != settings.LANGUAGE_CODE and not language.startswith("en"):
        default = load_catalog(settings.LANGUAGE_CODE, domain, chosen)
        catalog.fallbacks += [default.messages, *default.fallbacks]
    return catalog
