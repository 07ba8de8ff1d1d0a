"""Click commands as management commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import click

from .base import BaseCommand, CommandError, CommandParser, handle_default_options

__all__ = ["ClickCommand"]


class ClickCommand(BaseCommand):
    """Gives a click command the options, checks and error output of every command.

    The common options are taken out of the arguments first, wherever they stand.
    """

    def __init__(self, command: click.Command, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.command = command
        self.help: str = command.get_short_help_str(100)
        self.stealth_options: Sequence[str] = [p.name for p in command.params if p.name] + [
            "click_args"
        ]

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Make the parser of the common options."""
        return super().create_parser(
            prog_name, subcommand, add_help=False, allow_abbrev=False, **kwargs
        )

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print click's help text."""
        with click.Context(self.command, info_name=f"{prog_name} {subcommand}") as context:
            click.echo(context.get_help())

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Run as the command line asks."""
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        options, rest = parser.parse_known_args(list(argv[2:]))
        handle_default_options(options)
        self.run_reported(**vars(options), click_args=rest, name=f"{argv[0]} {argv[1]}")

    def parse_call(
        self, parser: CommandParser, args: list[str], given: dict[str, Any]
    ) -> argparse.Namespace:
        """Take all arguments of `call_command` for click."""
        return argparse.Namespace(**vars(parser.parse_args([])), click_args=args)

    def handle(self, *args: Any, click_args: Sequence[str] = (), **options: Any) -> Any:
        """Invoke the click command."""
        values = {p.name: options[p.name] for p in self.command.params if p.name in options}
        name = options.get("name", self.command.name)
        try:
            context = self.command.make_context(name, list(click_args), default_map=values)
            with context:
                return self.command.invoke(context)
        except click.exceptions.Exit as error:
            if error.exit_code:
                sys.exit(error.exit_code)
        except click.Abort:
            raise CommandError("Aborted.") from None
        except click.ClickException as error:
            raise CommandError(error.format_message(), returncode=error.exit_code) from error
        return None
