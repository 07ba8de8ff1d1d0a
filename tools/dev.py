"""The one command of this repository: ``python3 tools/dev.py VERB [arguments]``.

It needs nothing but Python 3.11 or newer: it makes its own environment in ``.venv`` on first use,
keeps it up to date afterwards, and runs the verb in it. This file stays readable for old Pythons,
Python 2 included, so that they get an answer instead of a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is the one line old Pythons must reach
    sys.stderr.write(
        "dev: Python %d.%d is too old, FastJango needs 3.11 or newer. "  # noqa: UP031 - as above
        "Run this with a newer one, for example: python3.13 tools/dev.py\n" % sys.version_info[:2]
    )
    sys.exit(2)

from _verbs import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
