"""The reference pages: one per distribution, every public name with one line.

``reference.py NAME`` compares ``docs/reference/NAME.md`` with the ``__all__`` of the modules and
lists what differs; ``--write`` brings the page up to date. The one-line texts of a page are kept;
a new name gets the first sentence of its docstring.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

from repository import NAMESPACE, ROOT, Distribution, Module, markdown_sections, plugins

SHOWN = 15  # lines per distribution
BULLET = re.compile(r"^- `([A-Za-z_][A-Za-z0-9_]*)(\([^`]*\))?`:? ?(.*)$")


def page_path(member: Distribution, root: Path = ROOT) -> Path:
    """Return where the reference page of a distribution is."""
    return root / "docs" / "reference" / f"{member.stem}.md"


def public_names(member: Distribution) -> dict[str, list[str]]:
    """Return the sorted names of every public module that has an ``__all__``."""
    return {
        module.name: sorted(module.exports)
        for module in member.modules
        if module.is_public and module.exports
    }


def listed_names(text: str) -> dict[str, list[str]]:
    """Return the names that a reference page lists, by module."""
    found = dict[str, list[str]]()
    for heading, body in markdown_sections(text).items():
        module = heading.strip("`")
        if module.startswith(f"{NAMESPACE}."):
            matches = [BULLET.match(line) for line in body.splitlines()]
            found[module] = sorted(match.group(1) for match in matches if match)
    return found


def listed_texts(member: Distribution, root: Path = ROOT) -> dict[str, tuple[str, str]]:
    """Return, for every name that a reference page lists, its module and what is said of it."""
    page, found = page_path(member, root), dict[str, tuple[str, str]]()
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for heading, body in markdown_sections(text).items():
        for name, said in _bullets(body)[0].items():
            found.setdefault(name, (heading.strip("`"), " ".join(said.removeprefix(": ").split())))
    return found


def differences(member: Distribution, root: Path = ROOT) -> list[str]:
    """Return one line for every public name that the page lacks or has too much."""
    page = page_path(member, root)
    wanted = public_names(member)
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    listed = listed_names(text)
    found = [] if page.exists() or not wanted else [f"{page.relative_to(root)} is missing"]
    for module in sorted(wanted.keys() | listed.keys()):
        have, need = listed.get(module, []), wanted.get(module, [])
        found += [f"{module}.{name} is not listed" for name in need if name not in have]
        found += [f"{module}.{name} is listed, not public" for name in have if name not in need]
        found += [f"{module}.{name} is listed twice" for name in {*have} if have.count(name) > 1]
    return found


def write(member: Distribution, root: Path = ROOT) -> None:
    """Bring the page of a distribution up to date, keeping the texts it has."""
    page = page_path(member, root)
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    head = re.split(r"^## ", text, maxsplit=1, flags=re.M)[0].rstrip()
    head = head or f"# {NAMESPACE}.{member.stem}\n\n{member.project['description']}"
    sections = markdown_sections(text)
    modules = {module.name: module for module in member.modules}
    parts = [head]
    for heading, body in sections.items():
        if not heading.strip("`").startswith(f"{NAMESPACE}."):
            parts.append(f"## {heading}\n{body.rstrip()}")
    summaries = _summaries(member)
    for name, names in public_names(member).items():
        body = sections.get(f"`{name}`", "")
        kept, intro = _bullets(body)
        lines = [
            f"- `{entry}`{kept.get(entry) or _said(summaries, name, entry)}" for entry in names
        ]
        intro = intro or (first_sentence(ast.get_docstring(modules[name].tree) or "") or "").strip()
        parts.append("\n".join([f"## `{name}`", "", *([intro, ""] if intro else []), *lines]))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _bullets(body: str) -> tuple[dict[str, str], str]:
    """Return the texts of a section's bullets, continuation lines included, and what is before."""
    kept, intro, current = dict[str, str](), list[str](), ""
    for line in body.splitlines():
        if match := BULLET.match(line):
            current = match.group(1)
            kept[current] = f": {match.group(3)}" if match.group(3) else ""
        elif current and line.startswith("  "):
            kept[current] += "\n" + line
        elif not current:
            intro.append(line)
    return kept, "\n".join(intro).strip()


def _said(summaries: dict[str, str], module: str, name: str) -> str:
    said = summaries.get(f"{module}.{name}") or summaries.get(name) or ""
    return f": {said}" if said else ""


def _summaries(member: Distribution) -> dict[str, str]:
    """Return the first sentence of every class, function and constant, by name."""
    found = dict[str, str]()
    for module in member.modules:
        for name, said in _module_summaries(module).items():
            found.setdefault(name, said)
            found[f"{module.name}.{name}"] = said
    return found


def _module_summaries(module: Module) -> dict[str, str]:
    found = dict[str, str]()
    body = module.tree.body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if said := first_sentence(ast.get_docstring(node) or ""):
                found[node.name] = said
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            text = _string(after)
            for target in targets:
                if isinstance(target, ast.Name) and text:
                    found[target.id] = first_sentence(text)
    return found


def _string(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node.value.value if isinstance(node.value.value, str) else ""
    return ""


def first_sentence(text: str) -> str:
    """Return the first sentence of a docstring, on one line."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split()).replace("``", "`")
    match = re.match(r"(.+?[.!?])(\s|$)", paragraph)
    return (match.group(1) if match else paragraph).strip()


def main() -> int:
    """Compare or write pages; return the exit status."""
    parser = argparse.ArgumentParser(prog="reference.py", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a stem such as orm; default: all")
    parser.add_argument("--write", action="store_true", help="bring the pages up to date")
    options = parser.parse_args()
    members = {member.stem: member for member in plugins()}
    status = 0
    for name in options.names or members:
        if name not in members:
            print(f"reference: there is no {name!r}. Distributions: {', '.join(members)}.")
            return 2
        if options.write:
            write(members[name])
        found = differences(members[name])
        for line in found[:SHOWN]:
            print(line)
        if len(found) > SHOWN:
            print(f"... and {len(found) - SHOWN} more in fastjango.{name}")
        status = status or int(bool(found))
    return status


if __name__ == "__main__":
    sys.exit(main())
