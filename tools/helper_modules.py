"""Modules beside tests that several of them use: folders of tests are no packages."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

__all__ = ["module_beside"]


def module_beside(test: str, name: str) -> ModuleType:
    """Return a module in the folder of a test, made once in a process.

    Args:
        test: The `__file__` of the test.
        name: The name of the module.
    """
    path = Path(test).with_name(f"{name}.py").resolve()
    # Distributions may have helpers of one name.
    key = f"helper_modules:{path}"
    if key in sys.modules:
        return sys.modules[key]
    spec = spec_from_file_location(key, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module.")
    module = sys.modules[key] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[key]
        raise
    return module
