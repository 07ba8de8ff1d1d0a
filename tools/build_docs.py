"""Build the documentation: ``python3 tools/dev.py docs [--output FOLDER] [--serve]``.

The pages are those of ``docs/``, plus one per public module made from its docstrings. The build is
strict (a broken link fails it) and offline (nothing is fetched, by the build or by the pages).
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from examples import FENCE, TITLE
from repository import ROOT, Distribution, is_replaceable, plugins

STAGE = ROOT / ".fastjango" / "docs"
LLMS = "llms.txt"  # which every build holds
FOLDERS = {
    "tutorial": "Tutorial",
    "concepts": "Concepts",
    "guides": "Guides",
    "indexes": "Indexes",
    "reference": "Reference",
    "differences": "Differences from Django",
    "benchmarks": "Benchmarks",
    "decisions": "Decisions",
}
FEATURES = [
    "navigation.indexes",
    "navigation.prune",  # pages name their neighbours, not all pages: 223 MB in place of 270
    "navigation.top",
    "content.code.copy",
]
WIDE = "---\nhide:\n  - toc\n---\n\n"  # a long table gets the room of the empty list of headings
STYLE = "tables.css"
NAMES_ARE_WHOLE = "td:first-child code { white-space: nowrap; }\n"
LINK = re.compile(r"\]\(([^)#:]+\.md)")
Nav = list[dict[str, "str | Nav"]]


def main() -> int:
    """Stage the pages, write the configuration, build; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py docs", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "docs", metavar="FOLDER",
        help="where the pages go; an earlier build there is replaced (build/docs)",
    )  # fmt: skip
    parser.add_argument("--serve", action="store_true", help="serve the pages on a loopback port")
    parser.add_argument("--no-api", action="store_true", help="leave out the docstring pages")
    options = parser.parse_args()
    if not is_replaceable(options.output, LLMS):
        parser.error(f"{options.output} holds something else than a build. Name another folder.")
    started = time.monotonic()
    source = stage(api=not options.no_api)
    file = STAGE / "zensical.toml"
    file.write_text(configuration(source), encoding="utf-8")
    verb = ["serve"] if options.serve else ["build", "--clean", "--strict"]
    status = run([sys.executable, "-m", "zensical", *verb, "--config-file", str(file)])
    if status == 0 and not options.serve:
        (STAGE / "site" / LLMS).write_text(llms_text(source), encoding="utf-8")
        shutil.rmtree(options.output, ignore_errors=True)
        shutil.copytree(STAGE / "site", options.output)
        pages = sum(1 for _ in options.output.rglob("*.html"))
        problems = offline_problems(options.output)
        for problem in problems:
            print(f"docs: {problem}")
        status = int(bool(problems) or not pages)
        seconds = time.monotonic() - started
        print(f"docs: {pages} pages in {options.output} after {seconds:.1f} s")
    return status


def run(command: list[str]) -> int:
    """Run the builder; warnings count as errors even where it only prints them."""
    return subprocess.run(command, cwd=STAGE, check=False).returncode


def stage(*, api: bool) -> Path:
    """Copy the pages into a folder of their own and add those made of docstrings."""
    shutil.rmtree(STAGE, ignore_errors=True)
    source = STAGE / "pages"
    ignore = shutil.ignore_patterns(
        "*.py", "*.toml", "__pycache__", "*.sqlite3", "static", "templates"
    )
    shutil.copytree(ROOT / "docs", source, ignore=ignore)
    for path in source.rglob("*.md"):
        text = for_readers(path.read_text(encoding="utf-8"))
        if path.parent.name == "indexes" and "\n## " not in text:
            text = f"{WIDE}{text}"
        path.write_text(text, encoding="utf-8")
    (source / STYLE).write_text(NAMES_ARE_WHOLE, encoding="utf-8")
    if api:
        for member in plugins():
            _write_api(member, source / "reference" / "api")
    return source


def for_readers(text: str) -> str:
    """Return a page without the words that its code blocks have for the tests.

    The builder knows a language and a title; a block with more it takes for a paragraph. It takes
    a bar within code for no end of a cell, and shows the backslash that others need there.
    """

    def cleaned(match: re.Match[str]) -> str:
        title = TITLE.search(match["info"])
        kept = [*match["info"].split()[:1], *([title[0]] if title else [])]
        head = f"{match['indent']}{match['fence']}{' '.join(kept)}\n"
        return head + match[0].split("\n", 1)[1]

    def with_bars(row: re.Match[str]) -> str:
        return re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), row[0])

    return re.sub(r"^\|.*$", with_bars, FENCE.sub(cleaned, text), flags=re.M)


def _write_api(member: Distribution, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for module in member.modules:
        if not module.is_public or not module.exports or module.path.name == "__init__.py":
            continue  # packages re-export what their modules document
        text = f"# {module.name}\n\n::: {module.name}\n"
        if has_private_base(module.tree):
            text += "    options:\n      inherited_members: true\n"
        (folder / f"{module.name.removeprefix('fastjango.')}.md").write_text(text, encoding="utf-8")


def has_private_base(tree: ast.Module) -> bool:
    """Tell whether a class has a base of a private module: its members are on no other page."""
    private = {
        name.asname or name.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and re.match(r"fastjango\..*\b_", node.module or "")
        for name in node.names
    }
    bases = (base for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(ast.unparse(base).partition("[")[0] in private for base in bases)


def configuration(source: Path) -> str:
    """Return ``zensical.toml`` for the staged pages."""
    paths = [str(member.path / "src") for member in plugins()]
    options = {
        "docstring_style": "google",
        "show_root_heading": False,
        "show_root_toc_entry": False,
        "show_source": False,
        "show_if_no_docstring": False,
        "separate_signature": True,
        "show_signature_annotations": True,
        "heading_level": 2,
    }
    lines = [
        "[project]",
        'site_name = "FastJango"',
        'site_description = "A web framework that reads like Django and is FastAPI."',
        f"docs_dir = {json.dumps(source.name)}",
        'site_dir = "site"',
        "use_directory_urls = false",
        f"extra_css = {json.dumps([STYLE])}",
        f"nav = {_toml_nav(navigation(source))}",
        "[project.theme]",
        "font = false",
        f"features = {json.dumps(FEATURES)}",
        "[[project.theme.palette]]",
        'media = "(prefers-color-scheme: light)"',
        'scheme = "default"',
        'toggle = { icon = "lucide/sun", name = "Dark" }',
        "[[project.theme.palette]]",
        'media = "(prefers-color-scheme: dark)"',
        'scheme = "slate"',
        'toggle = { icon = "lucide/moon", name = "Light" }',
        "[project.plugins.mkdocstrings.handlers.python]",
        f"paths = {json.dumps(paths)}",
        "[project.plugins.mkdocstrings.handlers.python.options]",
        *(f"{name} = {json.dumps(value)}" for name, value in options.items()),
        "[project.plugins.mkdocstrings.handlers.python.options.docstring_options]",
        "warn_unknown_params = false",
        "warn_missing_types = false",
    ]
    return "\n".join(lines) + "\n"


def navigation(source: Path) -> Nav:
    """Return the tree of pages: the top pages first, then each folder."""
    nav: Nav = [{"FastJango": "index.md"}]
    for path in _ordered(source):
        if path.name != "index.md":
            nav.append({title(path): path.name})
    known = [folder for folder in FOLDERS if (source / folder).is_dir()]
    others = sorted({path.name for path in source.iterdir() if path.is_dir()} - set(known))
    for folder in [*known, *others]:
        if inner := _folder(source, source / folder):
            nav.append({FOLDERS.get(folder, folder.capitalize()): inner})
    return nav


def _ordered(folder: Path) -> list[Path]:
    """Return the pages of a folder as its first page names them, the others by name after them."""
    first = folder / "index.md"
    named = LINK.findall(first.read_text(encoding="utf-8")) if first.exists() else []
    order = ["index.md", *named]
    pages = {path.name: path for path in sorted(folder.glob("*.md"))}
    return [pages[name] for name in dict.fromkeys([*order, *pages]) if name in pages]


def _folder(source: Path, folder: Path) -> Nav:
    nav: Nav = [{title(path): path.relative_to(source).as_posix()} for path in _ordered(folder)]
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        if pages_inside := _folder(source, inner):
            nav.append({"By module" if inner.name == "api" else inner.name: pages_inside})
    return nav


def llms_text(source: Path) -> str:
    """Return ``llms.txt``: what the site holds, one line for each page, for programs that read."""
    home = (source / "index.md").read_text(encoding="utf-8")
    about = next((line for line in home.splitlines() if line and not line.startswith("#")), "")
    lines = ["# FastJango", "", f"> {about}", ""]
    folders = sorted({path.parent for path in source.rglob("*.md")} - {source / "reference/api"})
    for folder in folders:
        name = folder.relative_to(source).as_posix()
        lines += [f"## {'Start' if folder == source else FOLDERS.get(name, name)}", ""]
        for path in _ordered(folder):
            place = path.relative_to(source).with_suffix(".html").as_posix()
            lines.append(f"- [{title(path)}]({place}): {summary(path)}".rstrip(": "))
        lines.append("")
    return "\n".join(lines)


def summary(path: Path) -> str:
    """Return the first sentence of a page, without its links."""
    paragraphs = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    plain = [part for part in paragraphs if re.match(r"[A-Z*\[]|`[^`]", part.strip())]
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(plain[0].split())) if plain else ""
    return (re.match(r".+?[.:](?=\s|$)", text) or [text])[0]


def title(path: Path) -> str:
    """Return the first heading of a page, its file name where there is none."""
    match = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.M)
    return match.group(1).strip("`") if match else path.stem


def _toml_nav(nav: Nav) -> str:
    parts = list[str]()
    for entry in nav:
        for name, value in entry.items():
            inner = json.dumps(value) if isinstance(value, str) else _toml_nav(value)
            parts.append("{" + f"{json.dumps(name, ensure_ascii=False)} = {inner}" + "}")
    return "[" + ", ".join(parts) + "]"


def offline_problems(output: Path) -> list[str]:
    """Return what a built page would fetch from elsewhere."""
    pattern = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(https?://[^\" >]+)")
    found = list[str]()
    for page in sorted(output.rglob("*.html")):
        for match in pattern.finditer(page.read_text(encoding="utf-8")):
            if 'rel="canonical"' not in match.group(0):
                found.append(f"{page.relative_to(output)} fetches {match.group(1)}")
    return found


if __name__ == "__main__":
    sys.exit(main())
