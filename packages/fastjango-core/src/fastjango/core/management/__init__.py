"""Management commands: finding them, running them from the command line and from code."""

# pyright: reportPrivateUsage=false
# (argparse has no public way to list a parser's options.)

from __future__ import annotations

import argparse
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from fastjango.core.boot import setup
from fastjango.core.conf import settings, settings_module
from fastjango.core.config import AppConfig
from fastjango.core.exceptions import ImproperlyConfigured, did_you_mean
from fastjango.core.imports import import_string
from fastjango.core.plugins import by_name, discover, select
from fastjango.core.registry import apps

from .base import (
    AppCommand,
    BaseCommand,
    CommandError,
    CommandParser,
    LabelCommand,
    SystemCheckError,
    handle_default_options,
    no_translations,
)
from .color import color_style, no_style

if TYPE_CHECKING:
    import click

__all__ = [
    "AppCommand",
    "BaseCommand",
    "CommandError",
    "CommandParser",
    "LabelCommand",
    "ManagementUtility",
    "SystemCheckError",
    "call_command",
    "color_style",
    "execute_from_command_line",
    "find_commands",
    "get_commands",
    "handle_default_options",
    "load_command_class",
    "no_style",
    "no_translations",
]
CORE = "fastjango.core"
WITHOUT_APPS = {"docs", "help", "startapp", "startproject", "version", "--help", "-h", "--version"}
DESPITE_BROKEN_PLUGINS = {"check", "plugins"}


def find_commands(management_dir: str) -> list[str]:
    """Return the names of the commands in a `management` folder."""
    found = pkgutil.iter_modules([str(Path(management_dir) / "commands")])
    return [name for _, name, is_pkg in found if not is_pkg and not name.startswith("_")]


def load_command_class(app_name: str, name: str) -> BaseCommand:
    """Make a command: the app's `Command` class, its click command, or what its config offers."""
    for config in (*apps.app_configs.values(), *apps.hidden):
        if config.name == app_name and name in (offered := config.commands()):
            found = offered[name]
            return _as_command(import_string(found) if isinstance(found, str) else found)
    module = import_module(f"{app_name}.management.commands.{name}")
    return _as_command(getattr(module, "Command", None) or module.command)


def _as_command(found: Any) -> BaseCommand:
    made = cast("Any", found)() if isinstance(found, type) else found
    if isinstance(made, BaseCommand):
        return made
    from .clicks import ClickCommand

    return ClickCommand(cast("click.Command", found))


def get_commands(configs: Iterable[AppConfig] | None = None) -> dict[str, str]:
    """Return the app of every command; an app that comes first wins.

    Args:
        configs: The apps to look at; those of the default registry, once booted, if `None`.
    """
    found = dict.fromkeys(find_commands(str(Path(__file__).parent)), CORE)
    if configs is None:
        # A test that shows only some apps still needs the commands of the others, such as `flush`.
        configs = [*apps.get_app_configs(), *apps.hidden] if apps.apps_ready else ()
    for config in reversed(list(configs)):
        names = [*find_commands(str(Path(config.path) / "management")), *config.commands()]
        found.update(dict.fromkeys(names, config.name))
    return found


def call_command(command_name: str | BaseCommand, *args: Any, **options: Any) -> Any:
    """Run a command from code and return what its `handle` returns; checks are skipped.

    Args:
        command_name: A name, or a command object.
        args: Arguments as on the command line; lists are flattened.
        options: Options by name, as values that need no parsing.

    Raises:
        CommandError: The command is unknown, or failed.
        TypeError: It has no such option.
    """
    if isinstance(command_name, BaseCommand):
        command, name = command_name, type(command_name).__module__.rpartition(".")[2]
    elif (app_name := (found := get_commands()).get(command_name)) is None:
        hint = did_you_mean(command_name, found)
        raise CommandError(f"Unknown command: {command_name!r}.{hint}")
    else:
        command, name = load_command_class(app_name, command_name), command_name
    flat = [text for arg in args for text in _texts(arg)]
    parser = command.create_parser("", name)
    aliases = {_long(action).replace("-", "_"): action.dest for action in _options(parser)}
    given = {aliases.get(key, key): value for key, value in options.items()}
    _check_options(command, parser, name, options, aliases)
    for action in _required(parser):
        if action.dest in given:
            if action.option_strings and list(aliases.values()).count(action.dest) > 1:
                raise TypeError(
                    f"Cannot pass the dest {action.dest!r} that matches multiple arguments via "
                    "**options."
                )
            flat += _as_arguments(action, given[action.dest])
    defaults = {**vars(command.parse_call(parser, flat, given)), **given}
    positional = defaults.pop("args", ())
    if "skip_checks" not in options:
        defaults["skip_checks"] = True
    return command.execute(*positional, **defaults)


def _long(action: argparse.Action) -> str:
    return min(action.option_strings).lstrip("-")


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings]


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in vars(action)["choices"].values():
                yield from _actions(sub)
        else:
            yield action


def _required(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    groups = [group for group in parser._mutually_exclusive_groups if group.required]
    exclusive = [action for group in groups for action in group._group_actions]
    for action in _actions(parser):
        if action.option_strings and (action.required or action in exclusive):
            yield action


def _as_arguments(action: argparse.Action, value: Any) -> list[str]:
    if action.nargs == 0:
        return [min(action.option_strings)]
    return [min(action.option_strings), *_texts(value)]


def _texts(value: Any) -> list[str]:
    values = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return [str(item) for item in values]


def _check_options(
    command: BaseCommand,
    parser: argparse.ArgumentParser,
    name: str,
    options: dict[str, Any],
    aliases: dict[str, str],
) -> None:
    stealth = {*command.base_stealth_options, *command.stealth_options}
    valid = stealth | {action.dest for action in _actions(parser)} | set(aliases)
    valid.discard(argparse.SUPPRESS)
    if unknown := set(options) - valid:
        raise TypeError(
            f"Unknown option(s) for {name} command: {', '.join(sorted(unknown))}. Valid options "
            f"are: {', '.join(sorted(valid))}."
        )


class ManagementUtility:
    """The logic of `fastjango-admin` and `manage.py`."""

    def __init__(self, argv: Sequence[str] | None = None) -> None:
        self.argv: list[str] = list(argv or sys.argv)
        self.prog_name: str = Path(self.argv[0]).name
        if self.prog_name == "__main__.py":
            self.prog_name = "python -m fastjango.core"
        self.settings_exception: Exception | None = None

    def main_help_text(self, commands_only: bool = False) -> str:
        """Return the list of commands; of the apps, only their `apps` modules are loaded."""
        commands = get_commands(self._configs())
        if commands_only:
            return "\n".join(sorted(commands))
        style, groups = color_style(), defaultdict[str, list[str]](list)
        for name, app in commands.items():
            groups["fastjango" if app == CORE else app.rpartition(".")[2]].append(name)
        lines = [
            "",
            f"Type '{self.prog_name} help <subcommand>' for help on a specific subcommand.",
            "",
            "Available subcommands:",
        ]
        for app in sorted(groups):
            lines += ["", style.NOTICE(f"[{app}]"), *(f"    {n}" for n in sorted(groups[app]))]
        if self.settings_exception is not None:
            lines.append(
                style.NOTICE(
                    "Note that only FastJango core commands are listed as settings are not "
                    f"properly configured (error: {self.settings_exception})."
                )
            )
        return "\n".join(lines)

    def _configs(self) -> list[AppConfig]:
        if apps.ready or not settings.configured:
            return list(apps.app_configs.values())
        try:
            plugins = by_name(discover())
            return [select(e, plugins) for e in settings.INSTALLED_APPS if isinstance(e, str)]
        except Exception as error:
            self.settings_exception = error
            return []

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Make the command of a name, or print the nearest name and exit."""
        commands = get_commands()
        if subcommand in commands:
            return load_command_class(commands[subcommand], subcommand)
        if settings_module():
            settings.INSTALLED_APPS  # noqa: B018 - broken settings are the better error
        elif not settings.configured:
            sys.stderr.write("No FastJango settings specified.\n")
        hint = did_you_mean(subcommand, commands).strip()
        sys.stderr.write(f"Unknown command: {subcommand!r}. {hint}".rstrip() + "\n")
        sys.stderr.write(f"Type '{self.prog_name} help' for usage.\n")
        sys.exit(1)

    def execute(self) -> None:
        """Run the command that the arguments name."""
        subcommand = self.argv[1] if len(self.argv) > 1 else "help"
        parser = CommandParser(prog=self.prog_name, add_help=False, allow_abbrev=False)
        parser.add_argument("--settings")
        parser.add_argument("--pythonpath")
        parser.add_argument("args", nargs="*")
        options, rest = argparse.Namespace(args=[]), list[str]()
        try:
            options, rest = parser.parse_known_args(self.argv[2:])
            handle_default_options(options)
        except CommandError:
            pass  # the command's own parser reports it
        try:
            settings.INSTALLED_APPS  # noqa: B018 - reads the settings
        except (ImproperlyConfigured, ImportError) as error:
            self.settings_exception = error
        try:
            self._run(subcommand, options.args, rest)
        except ImproperlyConfigured as error:
            self._refuse(error, str(error))
        except ModuleNotFoundError as error:
            if ours := re.fullmatch(r"fastjango\.(\w+)", error.name or ""):
                notes: list[str] = getattr(error, "__notes__", [])
                source = f"It comes with 'fastjango-{ours[1]}', which is not installed."
                self._refuse(error, " ".join([f"{error}.", *notes, source]))
            module = settings_module()
            if not module or not error.name or not f"{module}.".startswith(f"{error.name}."):
                raise
            self._refuse(
                error,
                f"{error}. The settings module is {module!r}, named by --settings or by "
                "FASTJANGO_SETTINGS_MODULE: correct the name, or start where it can be imported.",
            )

    def _refuse(self, error: Exception, text: str) -> NoReturn:
        """End with the text of an error, unless its traceback was asked for."""
        if "--traceback" in self.argv:
            raise error
        sys.stderr.write(color_style().ERROR(f"{type(error).__name__}: {text}") + "\n")
        sys.exit(1)

    def _run(self, subcommand: str, names: list[str], rest: list[str]) -> None:
        asked = names[0] if subcommand == "help" and names else subcommand
        if settings.configured and asked not in WITHOUT_APPS:
            setup(tolerant=asked in DESPITE_BROKEN_PLUGINS)
        if asked in {"help", "--help", "-h"}:
            sys.stdout.write(self.main_help_text("--commands" in rest) + "\n")
        elif subcommand == "help":
            self.fetch_command(asked).print_help(self.prog_name, asked)
        elif subcommand == "--version":
            print(BaseCommand().get_version())  # noqa: T201
        else:
            self.fetch_command(subcommand).run_from_argv(self.argv)


def execute_from_command_line(argv: Sequence[str] | None = None) -> None:
    """Run the command that the process arguments name; what `manage.py` calls."""
    ManagementUtility(argv).execute()
