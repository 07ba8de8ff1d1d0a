"""Loads what the tests of every distribution share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "tools"))

pytest_plugins = ["pytest_services"]
