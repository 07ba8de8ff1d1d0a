"""The one command of this repository: ``python3 tools/dev.py VERB [arguments]``.

It needs nothing but Python 3.11 or newer: it makes its own environment in ``.venv`` on first use,
keeps it up to date afterwards, and runs the verb in it. This file stays readable for old Pythons,
so that they get an answer instead of a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is the one line old Pythons must reach
    sys.stderr.write(
        f"dev: Python {sys.version_info[0]}.{sys.version_info[1]} is too old, FastJango needs 3.11 "
        "or newer. Run this with a newer one, for example: python3.13 tools/dev.py\n"
    )
    sys.exit(2)

from _verbs import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
