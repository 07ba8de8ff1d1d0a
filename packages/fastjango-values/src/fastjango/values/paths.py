"""File paths that stay where they belong, as in `django.utils._os`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import tempfile
from os.path import abspath, dirname, join, normcase, sep
from pathlib import Path
from typing import Any

from fastjango.core.exceptions import SuspiciousFileOperation

__all__ = ["safe_join", "symlinks_supported", "to_path"]


def safe_join(base: Any, *paths: Any) -> str:
    """Join paths to a base directory and make sure that the result lies inside it.

    Symbolic links are not resolved.

    Returns:
        The absolute, normalized path.

    Raises:
        SuspiciousFileOperation: The result lies outside the base.
    """
    final_path: str = abspath(join(base, *paths))  # noqa: PTH100, PTH118  # text in, text out
    base_path = abspath(base)  # noqa: PTH100
    base_case = normcase(base_path)
    inside = normcase(final_path).startswith(normcase(base_path + sep))
    is_root = dirname(base_case) == base_case  # noqa: PTH120
    if not (inside or is_root or normcase(final_path) == base_case):
        raise SuspiciousFileOperation(
            f"The joined path ({final_path}) is located outside of the base path component "
            f"({base_path})"
        )
    return final_path


def symlinks_supported() -> bool:
    """Tell whether this process may make symbolic links in the temporary directory."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            (Path(directory) / "link").symlink_to(Path(directory) / "target")
        except (OSError, NotImplementedError):
            return False
        return True


def to_path(value: Any) -> Path:
    """Return a `pathlib.Path` for a path or text.

    Raises:
        TypeError: The value is neither.
    """
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise TypeError(f"Invalid path type: {type(value).__name__}")
    return Path(value)
