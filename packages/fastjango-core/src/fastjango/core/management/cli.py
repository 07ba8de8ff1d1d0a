"""The script `fastjango-admin`."""

from . import execute_from_command_line


def main() -> None:
    """Run the command that the process arguments name."""
    execute_from_command_line()
