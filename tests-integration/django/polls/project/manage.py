#!/usr/bin/env python
"""The project's command line."""

import os
import sys


def main():
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as exc:
        raise ImportError("Django is not there. Is the right environment active?") from exc
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
