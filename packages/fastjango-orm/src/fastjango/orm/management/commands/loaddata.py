"""`loaddata`: fixtures into the database."""

from __future__ import annotations

import bz2
import functools
import glob
import gzip
import lzma
import os
import sys
import warnings
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

from fastjango.core import apps, settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, DatabaseError, serializers
from fastjango.orm.engine.handler import connections
from fastjango.orm.router import router
from fastjango.orm.serializers.labels import parse_apps_and_model_labels
from fastjango.orm.transaction import atomic

__all__ = ["Command", "SingleZipReader"]

READ_STDIN = "-"

#: What says that a file, or a row of it, is wrong.
_FIXTURE_ERRORS = (
    serializers.DeserializationError,
    DatabaseError,
    EOFError,
    OSError,
    ValueError,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


class SingleZipReader(zipfile.ZipFile):
    """A zip file with one member, read like a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.namelist()) != 1:
            raise ValueError("Zip-compressed fixtures must contain one file.")

        self._member = self.open(self.namelist()[0])

    def read(self, size: int = -1, /) -> bytes:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # of the one
        """Read on in the member, to its end without a size."""
        return self._member.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._member)

    def close(self) -> None:
        """Close the member and the file."""
        if hasattr(self, "_member"):
            self._member.close()
        super().close()


def _humanize(directory: str | None) -> str:
    return f"'{directory}'" if directory else "absolute path"


def _stdin(*args: object) -> Any:
    return sys.stdin


class Command(BaseCommand):
    """Reads fixtures and saves their rows, references in any order."""

    help = "Installs the named fixture(s) in the database."
    missing_args_message = (
        "No database fixture specified. Please provide the path of at least one fixture in the "
        "command line."
    )
    compression_formats: ClassVar[dict[Any, tuple[Any, str | None]]] = {
        None: (open, "rb"),
        "gz": (gzip.GzipFile, "rb"),
        "zip": (SingleZipReader, "r"),
        "stdin": (_stdin, None),
        "bz2": (bz2.BZ2File, "r"),
        "lzma": (lzma.LZMAFile, "r"),
        "xz": (lzma.LZMAFile, "r"),
    }

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument("args", metavar="fixture", nargs="+", help="Fixture labels.")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections),
            help="Database to load into.",
        )  # fmt: skip
        parser.add_argument("--app", dest="app_label", help="Only look for fixtures in this app.")
        parser.add_argument(
            "--ignorenonexistent", "-i", action="store_true", dest="ignore",
            help="Ignore fields and models that do not exist any more.",
        )  # fmt: skip
        parser.add_argument(
            "-e", "--exclude", action="append", default=[],
            help="An app_label or app_label.ModelName to exclude (may be repeated).",
        )  # fmt: skip
        parser.add_argument("--format", help="Format of what is read from stdin.")

    def run_reported(self, traceback: bool, **options: Any) -> None:
        """Show what is wrong with a fixture as a message; `call_command` raises it as it is."""
        try:
            super().run_reported(traceback, **options)
        except _FIXTURE_ERRORS as error:
            if traceback:
                raise
            self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(1)

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        """Load the fixtures in one transaction."""
        self.ignore = options["ignore"]
        self.using = options["database"]
        self.app_label = options["app_label"]
        self.verbosity = options["verbosity"]
        self.excluded_models, self.excluded_apps = parse_apps_and_model_labels(options["exclude"])
        self.format = options["format"]
        with atomic(using=self.using):
            self.loaddata(fixture_labels)
        # The connection is not needed for the rest of a command line.
        if connections[self.using].get_autocommit():
            connections[self.using].close()

    def loaddata(self, fixture_labels: Any) -> None:
        """Load the fixtures and report how many rows they held."""
        connection = connections[self.using]
        self.fixture_count = self.loaded_object_count = self.fixture_object_count = 0
        self.models: set[Any] = set()
        self.serialization_formats = serializers.get_public_serializer_formats()
        self.waiting: list[Any] = []
        if not any(self.find_fixtures(label) for label in fixture_labels):
            return
        with connection.constraint_checks_disabled():
            for label in fixture_labels:
                self.load_label(label)
            for obj in self.waiting:
                obj.save_deferred_fields(using=self.using)
        tables = [model._meta.db_table for model in self.models]
        try:
            connection.check_constraints(table_names=tables)
        except Exception as error:
            error.args = (f"Problem installing fixtures: {error}",)
            raise
        if self.loaded_object_count > 0:
            self.reset_sequences(connection, self.models)
        if self.verbosity >= 1:
            every = self.fixture_object_count == self.loaded_object_count
            of = "" if every else f" (of {self.fixture_object_count})"
            self.stdout.write(
                f"Installed {self.loaded_object_count} object(s){of} from {self.fixture_count} "
                "fixture(s)"
            )

    def reset_sequences(self, connection: Any, models: Any) -> None:
        """Let the database's counters go on behind the keys that were loaded."""
        from fastjango.core.management.color import no_style

        statements = connection.ops.sequence_reset_sql(no_style(), models)
        if statements:
            if self.verbosity >= 2:
                self.stdout.write("Resetting sequences")
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def save_obj(self, obj: Any) -> bool:
        """Save a row, unless its model is excluded or lives elsewhere."""
        model = obj.object.__class__
        if model._meta.app_config in self.excluded_apps or model in self.excluded_models:
            return False
        saved = router.allow_migrate_model(self.using, model)
        if saved:
            self.models.add(model)
            try:
                obj.save(using=self.using)
            except (DatabaseError, ValueError) as error:
                error.args = (f"Could not load {model._meta.label}(pk={obj.object.pk}): {error}",)
                raise
        if saved and obj.deferred_fields:
            self.waiting.append(obj)
        return saved

    def load_label(self, fixture_label: str) -> None:
        """Load the files of one label."""
        for path, directory, name in self.find_fixtures(fixture_label):
            _, format, compression = self.parse_name(os.path.basename(path))  # noqa: PTH119
            opener, mode = self.compression_formats[compression]
            self.fixture_count += 1
            if self.verbosity >= 2:
                self.stdout.write(
                    f"Installing {format} fixture '{name}' from {_humanize(directory)}."
                )
            fixture = opener(path, mode)
            try:
                found, loaded = self._load(format, fixture)
            except Exception as error:
                if not isinstance(error, CommandError):
                    error.args = (f"Problem installing fixture '{path}': {error}",)
                raise
            finally:
                if compression != "stdin":
                    fixture.close()
            self.loaded_object_count += loaded
            self.fixture_object_count += found
            if found == 0:
                warnings.warn(
                    f"No fixture data found for '{name}'. (File format may be invalid.)",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def _load(self, format: str, fixture: Any) -> tuple[int, int]:
        found = loaded = 0
        progress = self.verbosity >= 3
        for obj in serializers.deserialize(
            format,
            fixture,
            using=self.using,
            ignorenonexistent=self.ignore,
            handle_forward_references=True,
        ):
            found += 1
            if self.save_obj(obj):
                loaded += 1
                if progress:
                    self.stdout.write(f"\rProcessed {loaded} object(s).", ending="")
        if found and progress:
            self.stdout.write()
        return found, loaded

    # Finding files

    @functools.cache  # noqa: B019 - a command lives for one run
    def find_fixtures(self, fixture_label: str) -> list[tuple[str, str | None, str]]:
        """Files of a label: path, directory and name.

        Raises:
            CommandError: There is none, or several in one directory.
        """
        if fixture_label == READ_STDIN:
            return [(READ_STDIN, None, READ_STDIN)]
        name, format, compression = self.parse_name(fixture_label)
        if self.verbosity >= 2:
            self.stdout.write(f"Loading '{name}' fixtures...")
        base, directories = self._directories(name)
        targets = self._targets(base, format, compression)
        files: list[tuple[str, str | None, str]] = []
        for directory in directories:
            if self.verbosity >= 2:
                self.stdout.write(f"Checking {_humanize(directory)} for fixtures...")
            start = glob.escape(os.path.join(directory, base))  # noqa: PTH118
            here = [
                path
                for path in glob.iglob(start + "*")  # noqa: PTH207
                if os.path.basename(path) in targets  # noqa: PTH119
            ]
            if self.verbosity >= 2 and not here:
                self.stdout.write(f"No fixture '{base}' in {_humanize(directory)}.")
            if len(here) > 1:
                raise CommandError(
                    f"Multiple fixtures named '{base}' in {_humanize(directory)}. Aborting."
                )
            files.extend((path, directory, base) for path in here)
        if not files:
            raise CommandError(f"No fixture named '{base}' found.")
        return files

    def _directories(self, name: str) -> tuple[str, list[str]]:
        directory, base = os.path.split(name)
        if os.path.isabs(name):  # noqa: PTH117
            return base, [directory]
        if os.path.sep in os.path.normpath(name):
            return base, [os.path.join(d, directory) for d in self.fixture_dirs]  # noqa: PTH118
        return base, self.fixture_dirs

    def _targets(self, name: str, format: str | None, compression: str | None) -> set[str]:
        formats = self.serialization_formats if format is None else [format]
        compressions = list(self.compression_formats) if compression is None else [compression]
        return {
            ".".join([name, *(part for part in parts if part)])
            for parts in product([self.using, None], formats, compressions)
        }

    @cached_property
    def fixture_dirs(self) -> list[str]:
        """`fixtures` of each app, `FIXTURE_DIRS`, and the current directory.

        Raises:
            ImproperlyConfigured: `FIXTURE_DIRS` names a directory twice or one of an app.
        """
        given = [str(directory) for directory in settings.FIXTURE_DIRS]
        if len(given) != len(set(given)):
            raise ImproperlyConfigured("settings.FIXTURE_DIRS contains duplicates.")
        found: list[str] = []
        for config in apps.get_app_configs():
            directory = str(Path(config.path) / "fixtures")
            if directory in given:
                raise ImproperlyConfigured(
                    f"'{directory}' is a default fixture directory for the '{config.label}' app "
                    "and cannot be listed in settings.FIXTURE_DIRS."
                )
            if self.app_label in (None, "", config.label) and Path(directory).is_dir():
                found.append(directory)
        return [os.path.realpath(directory) for directory in [*found, *given, ""]]

    def parse_name(self, fixture_name: str) -> tuple[str, Any, Any]:
        """Name, format and compression of a fixture.

        Raises:
            CommandError: The format is not known, or not given for stdin.
        """
        if fixture_name == READ_STDIN:
            if not self.format:
                raise CommandError("--format must be specified when reading from stdin.")
            if self.format not in self.serialization_formats:
                raise CommandError(f"Unknown serialization format: {self.format}")
            return READ_STDIN, self.format, "stdin"
        folder, base = os.path.split(fixture_name)
        parts = base.rsplit(".", 2)
        compression = format = None
        if len(parts) > 1 and parts[-1] in self.compression_formats:
            compression = parts.pop()
        if len(parts) > 1:
            if parts[-1] not in self.serialization_formats:
                raise CommandError(
                    f"Problem installing fixture '{'.'.join(parts[:-1])}': {parts[-1]} is not a "
                    "known serialization format."
                )
            format = parts.pop()
        return os.path.join(folder, ".".join(parts)), format, compression  # noqa: PTH118
