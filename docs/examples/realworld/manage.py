#!/usr/bin/env python
"""The command line of conduit: `python manage.py help` lists its commands."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("FASTJANGO_SETTINGS_MODULE", "conduit.settings")
    try:
        from fastjango.core.management import execute_from_command_line
    except ImportError as error:
        raise ImportError(
            "FastJango cannot be imported. Is it installed, and is its environment active?"
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
