"""`python -m fastjango.core` is `fastjango-admin`."""

from .management import execute_from_command_line

execute_from_command_line()
