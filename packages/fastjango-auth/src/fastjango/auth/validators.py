"""Validators of user names."""

import re

from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators
from fastjango.values.deconstruct import deconstructible

__all__ = ["ASCIIUsernameValidator", "UnicodeUsernameValidator"]


@deconstructible
class ASCIIUsernameValidator(validators.RegexValidator):
    """Takes letters and digits of ASCII, and `@ . + - _`."""

    regex = r"^[\w.@+-]+\Z"
    message = _(
        "Enter a valid username. This value may contain only unaccented lowercase a-z "
        "and uppercase A-Z letters, numbers, and @/./+/-/_ characters."
    )
    flags = re.ASCII


@deconstructible
class UnicodeUsernameValidator(validators.RegexValidator):
    """Takes letters and digits of any script, and `@ . + - _`."""

    regex = r"^[\w.@+-]+\Z"
    message = _(
        "Enter a valid username. This value may contain only letters, "
        "numbers, and @/./+/-/_ characters."
    )
    flags = 0
