"""The script `fastjango-admin`."""

from . import execute_from_command_line

__all__ = ["main"]


def main() -> None:
    """Run the command that the process arguments name."""
    execute_from_command_line()
