"""`dumpdata`: rows as a fixture."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, serializers
from fastjango.orm.engine.handler import connections
from fastjango.orm.router import router
from fastjango.orm.serializers.labels import chosen_models, parse_apps_and_model_labels

__all__ = ["Command", "ProxyModelWarning"]

_COMPRESSED: dict[str, Any] = {
    ".bz2": (bz2.open, {}),
    ".gz": (gzip.open, {}),
    ".lzma": (lzma.open, {"format": lzma.FORMAT_ALONE}),
    ".xz": (lzma.open, {}),
}


class ProxyModelWarning(Warning):
    """A proxy was named without the model behind it, so nothing of it is dumped."""


class _Shown(io.TextIOBase):
    """The command's output as a stream of text, which the writer of XML asks for."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, text: str, /) -> int:
        self._out.write(text, ending="")
        return len(text)

    def flush(self) -> None:
        self._out.flush()


class Command(BaseCommand):
    """Writes the rows of models in a format that `loaddata` reads."""

    help = (
        "Output the contents of the database as a fixture of the given format (using each model's "
        "default manager unless --all is specified)."
    )

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument("args", metavar="app_label[.ModelName]", nargs="*")
        parser.add_argument("--format", default="json", help="Format of the fixture.")
        parser.add_argument("--indent", type=int, help="Spaces to indent by.")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections),
            help="Database to dump.",
        )  # fmt: skip
        parser.add_argument(
            "-e", "--exclude", action="append", default=[],
            help="An app_label or app_label.ModelName to exclude (may be repeated).",
        )  # fmt: skip
        parser.add_argument(
            "--natural-foreign", action="store_true", dest="use_natural_foreign_keys",
            help="Use natural foreign keys if they are available.",
        )  # fmt: skip
        parser.add_argument(
            "--natural-primary", action="store_true", dest="use_natural_primary_keys",
            help="Use natural primary keys if they are available.",
        )  # fmt: skip
        parser.add_argument(
            "-a", "--all", action="store_true", dest="use_base_manager",
            help="Dump rows that custom managers would hide, too.",
        )  # fmt: skip
        parser.add_argument(
            "--pks", dest="primary_keys", help="Keys of the only rows to dump, by commas."
        )
        parser.add_argument("-o", "--output", help="File to write to.")

    def handle(self, *app_labels: str, **options: Any) -> None:
        """Write the fixture."""
        keys = [pk.strip() for pk in (options["primary_keys"] or "").split(",") if pk.strip()]
        models, configs = parse_apps_and_model_labels(options["exclude"])
        chosen = chosen_models(app_labels, configs, one_only=bool(keys))
        if options["format"] not in serializers.get_public_serializer_formats():
            raise CommandError(f"Unknown serialization format: {options['format']}")
        self.using = options["database"]
        output = options["output"]
        count = 0
        shown = _Shown(self.stdout)
        progress = None
        try:
            querysets = list(self._querysets(chosen, models, keys, options))
            if output and self.stdout.isatty() and options["verbosity"] > 0:
                progress = shown
                count = sum(rows.order_by().count() for rows in querysets)
            stream = _open(output) if output else None
            try:
                serializers.serialize(
                    options["format"],
                    (row for rows in querysets for row in rows.iterator(chunk_size=2000)),
                    indent=options["indent"],
                    use_natural_foreign_keys=options["use_natural_foreign_keys"],
                    use_natural_primary_keys=options["use_natural_primary_keys"],
                    stream=stream or shown,
                    progress_output=progress,
                    object_count=count,
                )
            finally:
                if stream is not None:
                    stream.close()
        except Exception as error:
            if options["traceback"]:
                raise
            raise CommandError(f"Unable to serialize database: {error}") from error

    def _querysets(
        self, chosen: dict[Any, Any], excluded: set[Any], keys: list[str], options: dict[str, Any]
    ) -> Iterator[Any]:
        if options["use_natural_foreign_keys"]:
            models = serializers.sort_dependencies(chosen.items(), allow_cycles=True)
        else:
            models = [
                model
                for config, listed in chosen.items()
                for model in (config.get_models() if listed is None else listed)
            ]
        for model in models:
            opts = model._meta
            if model in excluded:
                continue
            if opts.proxy:
                if opts.proxy_for_model not in models:
                    warnings.warn(
                        f"{opts.label} is a proxy model and won't be serialized.",
                        category=ProxyModelWarning,
                        stacklevel=2,
                    )
                continue
            if not router.allow_migrate_model(self.using, model):
                continue
            every = options["use_base_manager"]
            manager = model._base_manager if every else model._default_manager
            rows = manager.using(self.using).order_by(opts.pk.name)
            if keys:
                rows = rows.filter(pk__in=keys)
            yield rows


def _open(output: str) -> Any:
    root, extension = os.path.splitext(output)  # noqa: PTH122 - the extension decides
    if extension in _COMPRESSED:
        opener, kwargs = _COMPRESSED[extension]
        return opener(output, "wt", encoding="utf-8", **kwargs)
    path = output
    if extension == ".zip":
        path = root
        warnings.warn(
            f"Unsupported file extension ({extension}). Fixtures saved in '{Path(path).name}'.",
            RuntimeWarning,
            stacklevel=2,
        )
    return Path(path).open("w", encoding="utf-8")
