"""File paths that stay where they belong, as in `django.utils._os`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import tempfile
from os.path import abspath, dirname, join, normcase, sep
from pathlib import Path
from typing import Any

from fastjango.core.exceptions import SuspiciousFileOperation

__all__ = ["safe_join", "safe_makedirs", "symlinks_supported", "to_path"]


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


def safe_makedirs(name: Any, mode: int = 0o777, exist_ok: bool = False) -> None:
    """Make a directory and those above it that are missing, all with exactly these permissions.

    The process's umask does not take permissions away.

    Args:
        name: The path, text or `pathlib.Path`.
        mode: The permissions of every directory that is made.
        exist_ok: Accept a directory that is there already, as it is.

    Raises:
        FileExistsError: The path exists, and is no directory or not accepted.
    """
    path = Path(name)
    missing = [parent for parent in path.parents if not parent.exists()]
    for parent in reversed(missing):
        _make(parent, mode, exist_ok=True)  # another process may be faster
    _make(path, mode, exist_ok=exist_ok)


def _make(path: Path, mode: int, *, exist_ok: bool) -> None:
    try:
        path.mkdir(mode)
    except OSError:
        if not exist_ok or not path.is_dir():
            raise
    else:
        path.chmod(mode)


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
