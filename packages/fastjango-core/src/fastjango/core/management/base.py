"""Base classes of management commands, with Django's names."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import ArgumentParser, HelpFormatter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from functools import partial, wraps
from typing import Any, Literal, NoReturn, TypeVar, cast

from fastjango.core import checks, translation
from fastjango.core.config import AppConfig
from fastjango.core.hooks import Hook
from fastjango.core.registry import apps

from .color import Style, color_style, no_style

__all__ = [
    "ALL_CHECKS", "AppCommand", "BaseCommand", "CommandError", "CommandParser",
    "DjangoHelpFormatter", "LabelCommand", "OutputWrapper", "SystemCheckError",
    "check_migrations", "command_finished", "handle_default_options", "no_translations",
    "shell_imports", "wrap_in_transaction",
]  # fmt: skip

ALL_CHECKS = "__all__"
T = TypeVar("T")
Checks = Sequence[str] | Literal["__all__"]


@Hook
def command_finished() -> None:
    """A command ended, well or not; close connections here."""


@Hook
def check_migrations(command: BaseCommand) -> None:
    """A command asks to warn about migrations that are not applied."""


@Hook
def wrap_in_transaction(sql: str, options: dict[str, Any]) -> str:
    """Return SQL text between the statements that begin and end a transaction."""
    return sql


@Hook
def shell_imports() -> Iterable[str]:
    """Return dotted paths of objects and modules that the shell imports by itself."""
    return ()


class CommandError(Exception):
    """A command cannot do its work; the command line prints the text and exits.

    Args:
        returncode: The exit status.
    """

    def __init__(self, *args: object, returncode: int = 1) -> None:
        self.returncode = returncode
        super().__init__(*args)


class SystemCheckError(CommandError):
    """System checks found errors."""


class CommandParser(ArgumentParser):
    """An argument parser that raises `CommandError` when a program calls the command."""

    def __init__(
        self,
        *,
        missing_args_message: str | None = None,
        called_from_command_line: bool | None = None,
        **kwargs: Any,
    ) -> None:
        self.missing_args_message = missing_args_message
        self.called_from_command_line = called_from_command_line
        super().__init__(**kwargs)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:  # pyright: ignore
        """Parse, or say which arguments are missing in the command's own words."""
        if self.missing_args_message and not args:
            self.error(self.missing_args_message)
        return super().parse_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Exit, or raise `CommandError` if a program called."""
        if self.called_from_command_line:
            super().error(message)
        raise CommandError(f"Error: {message}")

    def add_subparsers(self, **kwargs: Any) -> Any:
        """Add subcommands, whose parsers behave as this one."""
        parser_class = kwargs.get("parser_class", type(self))
        if issubclass(parser_class, CommandParser):
            called = self.called_from_command_line
            kwargs["parser_class"] = partial(parser_class, called_from_command_line=called)
        return super().add_subparsers(**kwargs)


class DjangoHelpFormatter(HelpFormatter):
    """Shows a command's own options before those that all commands have."""

    show_last: frozenset[str] = frozenset(
        ("--version", "--verbosity", "--traceback", "--settings", "--pythonpath", "--no-color")
    ) | {"--force-color", "--skip-checks"}

    def _ordered(self, actions: Iterable[argparse.Action]) -> list[argparse.Action]:
        return sorted(actions, key=lambda a: bool(self.show_last & set(a.option_strings)))

    def add_usage(self, usage: Any, actions: Any, *args: Any, **kwargs: Any) -> None:
        """Add the usage line."""
        super().add_usage(usage, self._ordered(actions), *args, **kwargs)

    def add_arguments(self, actions: Any) -> None:
        """Add the list of options."""
        super().add_arguments(self._ordered(actions))


def handle_default_options(options: argparse.Namespace) -> None:
    """Put `--settings` and `--pythonpath` in force before anything reads them."""
    if options.settings:
        os.environ["FASTJANGO_SETTINGS_MODULE"] = options.settings
    if options.pythonpath:
        sys.path.insert(0, options.pythonpath)


def no_translations(handle_func: Callable[..., T]) -> Callable[..., T]:
    """Decorate `handle` so that it runs with translation turned off."""

    @wraps(handle_func)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        with translation.override(None):
            return handle_func(*args, **kwargs)

    return wrapper


def _plain(text: str) -> str:
    return text


class OutputWrapper:
    """A stream that ends lines by itself and colours them on a terminal."""

    def __init__(self, out: Any, ending: str = "\n") -> None:
        self._out = out
        self.ending: str = ending
        self.style_func = None

    @property
    def style_func(self) -> Callable[[str], str]:
        """What colours a text; the identity unless the stream is a terminal."""
        return self._style_func

    @style_func.setter
    def style_func(self, style_func: Callable[[str], str] | None) -> None:
        self._style_func = style_func if style_func and self.isatty() else _plain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def flush(self) -> None:
        """Flush the stream if it can be."""
        if hasattr(self._out, "flush"):
            self._out.flush()

    def isatty(self) -> bool:
        """Tell whether the stream is a terminal."""
        return hasattr(self._out, "isatty") and bool(self._out.isatty())

    def write(
        self,
        msg: str = "",
        style_func: Callable[[str], str] | None = None,
        ending: str | None = None,
    ) -> None:
        """Write a text and the line's end, unless it has one."""
        ending = self.ending if ending is None else ending
        msg += ending if ending and not msg.endswith(ending) else ""
        self._out.write((style_func or self.style_func)(msg))


class BaseCommand:
    """A management command: a class named `Command` in `<app>/management/commands/<name>.py`.

    Attributes:
        help: What the command does, for `--help`.
        output_transaction: Whether the text that `handle` returns is SQL to run in a transaction.
        requires_migrations_checks: Whether to warn about migrations that are not applied.
        requires_system_checks: Tags of the checks to run first, `"__all__"` or an empty list.
        requires_apps: Whether a broken plugin keeps the command from running.
        stealth_options: Options of `call_command` that the parser does not define.
    """

    help = ""
    _called_from_command_line = False
    output_transaction = False
    requires_migrations_checks = False
    requires_system_checks: Checks = ALL_CHECKS
    requires_apps = True
    base_stealth_options: tuple[str, ...] = ("stderr", "stdout")
    stealth_options: Sequence[str] = ()
    suppressed_base_arguments: Iterable[str] = frozenset()
    missing_args_message: str | None = None
    stdout: OutputWrapper
    stderr: OutputWrapper
    style: Style

    def __init__(
        self,
        stdout: Any = None,
        stderr: Any = None,
        no_color: bool = False,
        force_color: bool = False,
    ) -> None:
        self.stdout = OutputWrapper(stdout or sys.stdout)
        self.stderr = OutputWrapper(stderr or sys.stderr)
        if no_color and force_color:
            raise CommandError("'no_color' and 'force_color' can't be used together.")
        self.style = no_style() if no_color else color_style(force_color)
        self.stderr.style_func = None if no_color else self.style.ERROR
        required: Any = self.requires_system_checks
        if not isinstance(required, list | tuple) and required != ALL_CHECKS:
            raise TypeError("requires_system_checks must be a list or tuple.")

    def get_version(self) -> str:
        """Return the version that `--version` prints, the kernel's unless overridden."""
        from importlib.metadata import version

        return version("fastjango-core")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Make the parser of the command's arguments."""
        kwargs.setdefault("formatter_class", DjangoHelpFormatter)
        parser = CommandParser(
            prog=f"{os.path.basename(prog_name)} {subcommand}",  # noqa: PTH119 - may be no path
            description=self.help or None,
            missing_args_message=self.missing_args_message,
            called_from_command_line=self._called_from_command_line,
            **kwargs,
        )
        add = partial(self.add_base_argument, parser)
        add("--version", action=_Version, command=self, help="Show the version and exit.")
        text = "Verbosity level; 0=minimal output, 1=normal output, 2=verbose output, 3=all"
        add("-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3], help=text)
        text = "Python path of a settings module; FASTJANGO_SETTINGS_MODULE if not given."
        add("--settings", help=text)
        add("--pythonpath", help="A directory to add to the Python path.")
        text = "Show the whole traceback of a CommandError."
        add("--traceback", action="store_true", help=text)
        add("--no-color", action="store_true", help="Don't colour the output.")
        add("--force-color", action="store_true", help="Colour the output in any case.")
        if self.requires_system_checks:
            add("--skip-checks", action="store_true", help="Skip system checks.")
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the command's own arguments."""

    def add_base_argument(self, parser: CommandParser, *args: str, **kwargs: Any) -> None:
        """Add an argument that all commands have, hidden if the command says so."""
        if set(args) & set(self.suppressed_base_arguments):
            kwargs["help"] = argparse.SUPPRESS
        parser.add_argument(*args, **kwargs)

    def parse_call(
        self, parser: CommandParser, args: list[str], given: dict[str, Any]
    ) -> argparse.Namespace:
        """Parse the arguments that `call_command` got, for it alone."""
        return parser.parse_args(args)  # type: ignore[no-any-return]  # argparse's default

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print the help text."""
        self.create_parser(prog_name, subcommand).print_help()

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Run as the command line asks: print a `CommandError` and exit with its status."""
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        options: argparse.Namespace = parser.parse_args(argv[2:])
        handle_default_options(options)
        self.run_reported(**vars(options))

    def run_reported(self, traceback: bool, **options: Any) -> None:
        """Execute the command and turn a `CommandError` into a message and an exit status."""
        try:
            self.execute(*options.pop("args", ()), **options, traceback=traceback)
        except CommandError as error:
            if traceback:
                raise
            if isinstance(error, SystemCheckError):
                self.stderr.write(str(error), lambda text: text)
            else:
                self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(error.returncode)
        finally:
            command_finished.call()

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run checks, then `handle`, and write the text that it returns."""
        if options["force_color"] and options["no_color"]:
            raise CommandError("The --no-color and --force-color options can't be used together.")
        if options["force_color"]:
            self.style = color_style(force_color=True)
        elif options["no_color"]:
            self.style = no_style()
            self.stderr.style_func = None
        for stream in ("stdout", "stderr"):
            if options.get(stream):
                setattr(self, stream, OutputWrapper(options[stream]))
        if self.requires_system_checks and not options["skip_checks"]:
            self.check(**self.get_check_kwargs(options))
        if self.requires_migrations_checks:
            self.check_migrations()
        output = self.handle(*args, **options)
        if isinstance(output, Coroutine):
            import asyncio  # slow to load, and rarely needed

            output = asyncio.run(cast("Any", output))
        if output and isinstance(output, str):
            if self.output_transaction:
                for wrapped in wrap_in_transaction.call(sql=output, options=options):
                    output = wrapped
            self.stdout.write(output)
        return output

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of the `check` before the command."""
        required = self.requires_system_checks
        return {} if required == ALL_CHECKS else {"tags": required}

    def check(
        self,
        app_configs: Sequence[AppConfig] | None = None,
        tags: Iterable[str] | None = None,
        display_num_errors: bool = False,
        include_deployment_checks: bool = False,
        fail_level: int = checks.ERROR,
        databases: Iterable[str] | None = None,
    ) -> None:
        """Run system checks and print what they found.

        Raises:
            SystemCheckError: A finding that is not silenced has at least `fail_level`.
        """
        found: list[checks.CheckMessage] = list(map(_plugin_failure, apps.failures))
        found += checks.run_checks(app_configs, tags, include_deployment_checks, databases)
        shown = [message for message in found if not message.is_silenced()]
        body = "".join(self._check_groups(shown))
        header = "System check identified some issues:\n" if shown else ""
        footer = ""
        if display_num_errors:
            count = "no issues" if not shown else f"{len(shown)} issue{'s'[: len(shown) != 1]}"
            silenced = len(found) - len(shown)
            footer = "\n" if shown else ""
            footer += f"System check identified {count} ({silenced} silenced)."
        if any(message.is_serious(fail_level) for message in shown):
            head = self.style.ERROR(f"SystemCheckError: {header}")
            raise SystemCheckError(head + body + footer)
        if message := header + body + footer:
            (self.stderr if shown else self.stdout).write(message, lambda text: text)

    def _check_groups(self, found: list[checks.CheckMessage]) -> Iterator[str]:
        limits = [*range(checks.CRITICAL, 0, -10), 0]
        names = ["CRITICALS", "ERRORS", "WARNINGS", "INFOS", "DEBUGS"]
        for name, low in zip(names, limits, strict=False):
            low = 0 if name == "DEBUGS" else low
            high = sys.maxsize if name == "CRITICALS" else low + 10 if low else checks.INFO
            style = self.style.ERROR if low >= checks.ERROR else self.style.WARNING
            if lines := sorted(style(str(m)) for m in found if low <= m.level < high):
                yield f"\n{name}:\n" + "\n".join(lines) + "\n"

    def check_migrations(self) -> None:
        """Warn if migrations are not applied; the distribution with the database does it."""
        check_migrations.call(command=self)

    def progress(
        self, items: Iterable[T], description: str, total: int | None = None
    ) -> Iterable[T]:
        """Iterate over `items` with a progress bar on standard error if that is a terminal."""
        if not self.stderr.isatty():
            return items
        from rich.console import Console
        from rich.progress import track

        return track(items, description, total, console=Console(stderr=True))

    def handle(self, *args: Any, **options: Any) -> Any:
        """Do the work; `async def` works too. A returned text is written to `stdout`."""
        raise NotImplementedError("subclasses of BaseCommand must provide a handle() method")


class _Version(argparse.Action):
    def __init__(
        self, command: BaseCommand, option_strings: list[str], help: str, **_: Any
    ) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, 0, default=argparse.SUPPRESS, help=help)
        self.command = command

    def __call__(self, parser: ArgumentParser, *args: Any) -> None:
        print(self.command.get_version())  # noqa: T201 - as argparse's own action does
        parser.exit()


def _plugin_failure(error: Exception) -> checks.CheckMessage:
    return checks.Critical(str(error), id="core.C002")


class AppCommand(BaseCommand):
    """A command for each of some installed apps; define `handle_app_config`."""

    missing_args_message: str | None = "Enter at least one application label."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take labels of apps."""
        parser.add_argument("args", metavar="app_label", nargs="+", help="Label of an app.")

    def handle(self, *args: str, **options: Any) -> str:
        """Call `handle_app_config` for each app and join the results."""
        try:
            configs = [apps.get_app_config(label) for label in args]
        except (LookupError, ImportError) as error:
            raise CommandError(
                f"{error}. Are you sure your INSTALLED_APPS setting is correct?"
            ) from error
        output = [self.handle_app_config(config, **options) for config in configs]
        return "\n".join(text for text in output if text)

    def handle_app_config(self, app_config: AppConfig, **options: Any) -> str | None:
        """Do the work for one app."""
        raise NotImplementedError(
            "Subclasses of AppCommand must provide a handle_app_config() method."
        )


class LabelCommand(BaseCommand):
    """A command for each of some texts; define `handle_label`."""

    label = "label"
    missing_args_message: str | None = "Enter at least one %s."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        message = self.missing_args_message
        if message and message == LabelCommand.missing_args_message:
            self.missing_args_message = message % self.label

    def add_arguments(self, parser: CommandParser) -> None:
        """Take texts."""
        parser.add_argument("args", metavar=self.label, nargs="+")

    def handle(self, *args: str, **options: Any) -> str:
        """Call `handle_label` for each text and join the results."""
        output = [self.handle_label(label, **options) for label in args]
        return "\n".join(text for text in output if text)

    def handle_label(self, label: str, **options: Any) -> str | None:
        """Do the work for one text."""
        raise NotImplementedError("subclasses of LabelCommand must provide a handle_label() method")
