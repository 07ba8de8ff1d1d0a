"""Importing this module switches the import shim on: the one line at the top of `manage.py`.

    import fastjango.django.imports

`FASTJANGO_DJANGO_IMPORTS=1` in the environment does the same in every interpreter, before its
first line, by a `.pth` file that this distribution installs. That is why importing this sets the
variable: the processes that a server or a test run starts are meant too.
"""

import os
from typing import Final

from fastjango.django.projects import adopt
from fastjango.django.shim import install

__all__ = ["VARIABLE"]

VARIABLE: Final = "FASTJANGO_DJANGO_IMPORTS"

os.environ[VARIABLE] = "1"
install()
adopt()
