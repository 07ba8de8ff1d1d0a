"""The package map of the documentation, made of the pyproject files (``--write``)."""

from __future__ import annotations

import sys
from pathlib import Path

from made_pages import not_current, run
from reference import page_path
from repository import ROOT, Distribution, layers, plugins, requirement_name

PAGE = Path("docs/packages.md")
HEAD = """\
# Packages

Every part of FastJango is a distribution of its own, with one subpackage of the same name:
`fastjango-orm` holds `fastjango.orm` and nothing else. `fastjango` is the metapackage, which has an
extra for each of them. Install what you use, and list it in `INSTALLED_APPS`.

<!-- Made by tools/package_map.py from the pyproject files. -->

## Who may import whom

Imports go downwards only, and those of one line are strangers to each other. Where two of one line
work together, or a lower one offers something to a higher one, a module named after the other side
does it (`fastjango.sessions.backends.cache`), which is loaded by that side alone.

```text
"""
TABLE = """\
```

## What each one requires

"With extras" are the distributions that an extra brings, `pip install "fastjango-sessions[db]"`.

| distribution | holds | requires | with extras | of others |
| --- | --- | --- | --- | --- |
"""


def package_map(root: Path = ROOT) -> str:
    """Return the page for the distributions of a tree."""
    members = plugins(root)
    stems = {member.stem for member in members}
    lines = [[stem for stem in names if stem in stems] for names in layers(root)]
    drawn = "".join(f"{'   '.join(names)}\n" for names in lines if names)
    order = [stem for names in reversed(lines) for stem in names]
    by_stem = {member.stem: member for member in members}
    return HEAD + drawn + TABLE + "".join(_row(by_stem[stem]) for stem in order)


def _row(member: Distribution) -> str:
    required = member.siblings()
    optional = [stem for stem in member.siblings(with_extras=True) if stem not in required]
    others = sorted(
        name
        for name in map(requirement_name, member.dependencies)
        if not name.startswith("fastjango")
    )
    page = page_path(member).relative_to(ROOT / "docs")
    held = str(member.project["description"]).rstrip(".").replace("|", "\\|")
    cells = [f"[{member.name}]({page.as_posix()})", held]
    cells += [", ".join(names) or "-" for names in (required, optional, others)]
    return f"| {' | '.join(cells)} |\n"


def stale() -> dict[Path, str]:
    """Return the page if it is not as the files say, with the text that it should have."""
    return not_current({ROOT / PAGE: package_map()})


if __name__ == "__main__":
    sys.exit(run("package_map.py", __doc__, stale()))
