"""Asks what the models alone do not tell: renames, and values for existing rows."""

from __future__ import annotations

import datetime
import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fastjango.core import apps, timezone
from fastjango.core.management import CommandError

from .loader import MigrationLoader

__all__ = [
    "InteractiveMigrationQuestioner",
    "MigrationQuestioner",
    "NonInteractiveMigrationQuestioner",
    "Renames",
]


class Renames:
    """Renames given on the command line.

    Args:
        given: `"app.Old:New"` for models and `"app.Model.old:new"` for fields.
        denied: `"app.Model"` and `"app.Model.field"` that were not renamed to anything.

    Raises:
        CommandError: A value has neither form.
    """

    def __init__(self, given: Iterable[str] = (), denied: Iterable[str] = ()) -> None:
        self._unused: dict[tuple[str, ...], str] = {}
        self.pairs: set[tuple[str, ...]] = set()
        for text in given:
            old, colon, new = text.partition(":")
            parts = old.split(".")
            new_name = new.rpartition(".")[2]
            if not colon or not new_name.isidentifier() or len(parts) not in (2, 3):
                raise CommandError(
                    f"--rename {text!r} is not understood. Write --rename app.OldModel:NewModel"
                    " for a model, or --rename app.Model.old_field:new_field for a field."
                )
            pair = (*self._lower(parts), new_name.lower())
            self.pairs.add(pair)
            self._unused[pair] = f"--rename {text}"
        self.denied: set[tuple[str, ...]] = set()
        for text in denied:
            key = self._lower(text.split("."))
            self.denied.add(key)
            self._unused[key] = f"--not-renamed {text}"

    @staticmethod
    def _lower(parts: list[str]) -> tuple[str, ...]:
        return (parts[0], *(part.lower() for part in parts[1:]))

    def answer(self, old: tuple[str, ...], new_name: str) -> bool | None:
        """Whether `old` was renamed to `new_name`; `None` when nothing was said of it."""
        key = self._lower(list(old))
        pair = (*key, new_name.lower())
        if pair in self.pairs:
            self._unused.pop(pair, None)
            return True
        if key in self.denied:
            self._unused.pop(key, None)
            return False
        if any(pair[:-1] == key for pair in self.pairs):
            return False
        return None

    def refuse_unused(self) -> None:
        """Refuse what was said of models and fields that are not gone, as a typing error is.

        Raises:
            CommandError: Names the arguments that no change of the models fits.
        """
        if self._unused:
            listed = ", ".join(self._unused.values())
            raise CommandError(
                f"No change of the models fits {listed}: the old name must be in the migrations and"
                " gone from the models, the new one in the models and not yet in the migrations."
                " Nothing was written. Run makemigrations --dry-run to see what changed."
            )


class MigrationQuestioner:
    """Answers with what it was given; the base of those who ask.

    Args:
        defaults: Answers by the name of the question.
        specified_apps: Apps named on the command line.
        dry_run: Whether nothing will be written.
        renames: Renames given on the command line.
    """

    def __init__(
        self,
        defaults: Mapping[str, Any] | None = None,
        specified_apps: Iterable[str] | None = None,
        dry_run: bool | None = None,
        renames: Renames | None = None,
    ) -> None:
        self.defaults = dict(defaults or {})
        self.specified_apps = set(specified_apps or ())
        self.dry_run = dry_run
        self.renames = renames or Renames()

    def ask_initial(self, app_label: str) -> bool:
        """Whether an app without migrations gets its first one."""
        if app_label in self.specified_apps:
            return True
        try:
            app_config = apps.get_app_config(app_label)
        except LookupError:
            return bool(self.defaults.get("ask_initial", False))
        package, _ = MigrationLoader.migrations_module(app_config.label)
        if package is None:
            return bool(self.defaults.get("ask_initial", False))
        try:
            module = importlib.import_module(package)
        except ImportError:
            return bool(self.defaults.get("ask_initial", False))
        places: list[str] = list(getattr(module, "__path__", []))
        names: set[str] = {path.name for path in Path(places[0]).iterdir()} if places else set()
        return not any(name.endswith(".py") for name in names if name != "__init__.py")

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        """A value for existing rows of a new NOT NULL column."""
        return None

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        """A value for rows whose column is NULL and may no longer be."""
        return None

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field: Any) -> bool:
        """Whether a field was renamed."""
        return bool(self.defaults.get("ask_rename", False))

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        """Whether a model was renamed."""
        return bool(self.defaults.get("ask_rename_model", False))

    def ask_merge(self, app_label: str) -> bool:
        """Whether conflicting migrations are to be merged."""
        return bool(self.defaults.get("ask_merge", False))

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        """A value for existing rows of a new `auto_now_add` column."""
        return None

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        """Whether to go on with a unique column whose default is called once for all rows."""
        return None


class InteractiveMigrationQuestioner(MigrationQuestioner):
    """Asks at the terminal."""

    def __init__(self, *args: Any, prompt_output: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prompt_output = prompt_output or sys.stdout

    def _say(self, text: str = "") -> None:
        self.prompt_output.write(f"{text}\n")

    def _read(self, prompt: str) -> str:
        self.prompt_output.write(prompt)
        self.prompt_output.flush()
        try:
            return input().strip()
        except (KeyboardInterrupt, EOFError):
            self._say("\nCancelled; nothing was written.")
            raise SystemExit(1) from None

    def _yes(self, question: str, default: bool | None = None) -> bool:
        answer = self._read(f"{question} ")
        while True:
            if not answer and default is not None:
                return default
            if answer and answer[0].lower() in "yn":
                return answer[0].lower() == "y"
            answer = self._read("Please answer yes or no: ")

    def _choose(self, question: str, choices: list[str]) -> int:
        self._say(question)
        for number, choice in enumerate(choices, 1):
            self._say(f" {number}) {choice}")
        while True:
            answer = self._read("Select an option: ")
            if answer.isdigit() and 0 < int(answer) <= len(choices):
                return int(answer)
            self._say("Please select a valid option.")

    def _value(self, default: str = "") -> Any:
        """Read a Python expression; `datetime` and `timezone` are at hand."""
        self._say("Please enter the default value as valid Python.")
        if default:
            self._say(
                f"Accept the default '{default}' by pressing 'Enter' or provide another value."
            )
        self._say("The datetime and fastjango.core.timezone modules are available.")
        self._say("Type 'exit' to exit this prompt")
        while True:
            code = self._read(f"[default: {default}] >>> " if default else ">>> ") or default
            if not code:
                self._say("Please enter some code, or 'exit' (without quotes) to exit.")
            elif code == "exit":
                raise SystemExit(1)
            else:
                try:
                    return eval(
                        code, {}, {"datetime": datetime, "timezone": timezone}
                    )  # the developer's own terminal
                except Exception as error:  # whatever the typed expression raises
                    self._say(f"{type(error).__name__}: {error}")

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choose(
            f"It is impossible to add a non-nullable field '{field_name}' to {model_name} without"
            " specifying a default. This is because the database needs something to populate"
            " existing rows.\nPlease select a fix:",
            [
                "Provide a one-off default now (will be set on all existing rows with a null value"
                " for this column)",
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            raise SystemExit(3)
        return self._value()

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        from fastjango.orm.fields import NOT_PROVIDED

        if self.dry_run:
            return None
        choice = self._choose(
            f"It is impossible to change a nullable field '{field_name}' on {model_name} to"
            " non-nullable without providing a default. This is because the database needs"
            " something to populate existing rows.\nPlease select a fix:",
            [
                "Provide a one-off default now (will be set on all existing rows with a null value"
                " for this column)",
                "Ignore for now. Existing rows that contain NULL values will have to be handled"
                " manually, for example with a RunPython or RunSQL operation.",
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            return NOT_PROVIDED
        if choice == 3:
            raise SystemExit(3)
        return self._value()

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field: Any) -> bool:
        return self._yes(
            f"Was {model_name}.{old_name} renamed to {model_name}.{new_name}"
            f" (a {type(field).__name__})? [y/N]",
            default=False,
        )

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        return self._yes(
            f"Was the model {old_model_state.app_label}.{old_model_state.name} renamed to"
            f" {new_model_state.name}? [y/N]",
            default=False,
        )

    def ask_merge(self, app_label: str) -> bool:
        return self._yes(
            "\nMerging will only work if the operations printed above do not conflict\n"
            "with each other (working on different fields or models)\n"
            "Should these migration branches be merged? [y/N]",
            default=False,
        )

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choose(
            f"It is impossible to add the field '{field_name}' with 'auto_now_add=True' to"
            f" {model_name} without providing a default. This is because the database needs"
            " something to populate existing rows.\nPlease select a fix:",
            [
                "Provide a one-off default now which will be set on all existing rows",
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            raise SystemExit(3)
        return self._value(default="timezone.now")

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choose(
            f"Callable default on unique field {model_name}.{field_name} will not generate unique"
            " values upon migrating.\nPlease choose how to proceed:",
            [
                "Continue making this migration as the first step in writing a manual migration to"
                " generate unique values.",
                "Quit and edit field options in models.py.",
            ],
        )
        if choice == 2:
            raise SystemExit(3)
        return None


class NonInteractiveMigrationQuestioner(MigrationQuestioner):
    """Asks nobody: what cannot be told without asking is refused, never guessed."""

    def __init__(
        self,
        defaults: Mapping[str, Any] | None = None,
        specified_apps: Iterable[str] | None = None,
        dry_run: bool | None = None,
        renames: Renames | None = None,
        verbosity: int = 1,
        log: Any = None,
    ) -> None:
        super().__init__(defaults, specified_apps, dry_run, renames)
        self.verbosity = verbosity
        self.log = log

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        raise CommandError(
            f"Field '{field_name}' on model '{model_name}' not migrated: it is impossible to add a"
            " non-nullable field without specifying a default. Give it a default, allow NULL, or"
            " run makemigrations at a terminal to be asked for a value for existing rows."
        )

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        from fastjango.orm.fields import NOT_PROVIDED

        if self.log is not None:
            self.log(
                f"Field '{field_name}' on model '{model_name}' given a default of NOT PROVIDED and"
                " must be corrected."
            )
        return NOT_PROVIDED

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        raise CommandError(
            f"Field '{field_name}' on model '{model_name}' not migrated: it is impossible to add a"
            " field with 'auto_now_add=True' without specifying a default. Give it a default, or"
            " run makemigrations at a terminal to be asked for one."
        )

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field: Any) -> bool:
        raise CommandError(
            f"The field {model_name}.{old_name} is gone and {model_name}.{new_name} looks just"
            " like it. Say whether it was renamed: --rename"
            f" APP.{model_name}.{old_name}:{new_name} keeps its data, --not-renamed"
            f" APP.{model_name}.{old_name} drops it."
        )

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        old = f"{old_model_state.app_label}.{old_model_state.name}"
        raise CommandError(
            f"The model {old} is gone and {new_model_state.name} looks just like it. Say whether it"
            f" was renamed: --rename {old}:{new_model_state.name} keeps its rows, --not-renamed"
            f" {old} drops its table."
        )
