"""Check that a tag such as ``fastjango-orm-v0.2.0`` agrees with the tree: ``check_tag.py TAG``.

Standard library only: the release workflow runs it before it makes an environment.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from repository import ROOT, distributions


def problem(tag: str, root: Path = ROOT) -> str:
    """Return why a tag cannot be released from this tree, empty when it can."""
    match = re.fullmatch(r"(fastjango(?:-[a-z0-9]+)?)-v(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)", tag)
    if not match:
        return f"{tag!r} is no release tag; they look like 'fastjango-orm-v0.2.0'."
    name, version = match.groups()
    member = {found.name: found for found in distributions(root)}.get(name)
    if member is None:
        return f"There is no distribution {name!r} in packages/."
    if member.version != version:
        return f"{name} has version {member.version} in pyproject.toml, the tag says {version}."
    changelog = (member.path / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (\S+)", changelog, re.M)
    if not heads or heads[0] != version:
        newest = heads[0] if heads else "none"
        return f"The newest entry of {name}'s CHANGELOG.md is {newest}, the tag says {version}."
    if list((member.path / "changelog.d").glob("*.md")):
        return f"{name} has fragments in changelog.d that its changelog lacks."
    return ""


def main() -> int:
    """Check the tag of the command line; return the exit status."""
    if len(sys.argv) != 2:
        print("usage: check_tag.py TAG", file=sys.stderr)
        return 2
    if found := problem(sys.argv[1]):
        print(f"check_tag: {found}", file=sys.stderr)
        return 1
    print(f"check_tag: {sys.argv[1]} agrees with the tree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
