"""The index pages of the documentation, read out of the code: ``indexes.py [--write]``.

Settings, commands, checks, signals and hooks of every distribution, and the table of Django names.
Nothing is imported: the sources are parsed.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from check_texts import texts_of, words
from made_pages import not_current, run
from reference import first_sentence, listed_texts
from repository import ROOT, Distribution, Module, plugins

FOLDER = ROOT / "docs" / "indexes"
# What only the program knows.
AT_RUN_TIME = {
    "core.C002": "The error with which a plugin failed to start.",
    "core.E001": "A setting that nothing installed knows; with the nearest name that is known.",
}
ROW = re.compile(r"^\|\s*`(?P<name>[A-Z][A-Z0-9_]+)`\s*\|(?P<cells>.*)\|\s*$", re.M)


def sentence(text: str) -> str:
    """Return the first sentence of a docstring on one line, fit for a table."""
    return first_sentence(text).replace("|", "\\|")


def code(text: str) -> str:
    """Return a text as code in a cell of a table."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return f"`{short}`".replace("|", "\\|")


def reference_link(member: Distribution) -> str:
    """Return a link to the reference page of a distribution."""
    return f"[{member.stem}](../reference/{member.stem}.md)"


def name_of(node: ast.expr) -> str:
    """Return the last part of the name that an expression is, empty if it is none."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Subscript):
        return name_of(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# -- settings --------------------------------------------------------------------------------------


def settings_of(member: Distribution) -> Iterator[tuple[str, str, str]]:
    """Yield name, annotation and default of every setting that a distribution owns."""
    for module in member.modules:
        if module.name.rpartition(".")[2] not in ("conf", "schema", "settings"):
            continue
        for owner in module.tree.body:
            if not isinstance(owner, ast.ClassDef):
                continue
            if not any(name_of(base).endswith("Settings") for base in owner.bases):
                continue
            for node in owner.body:
                if isinstance(node, ast.AnnAssign) and name_of(node.target).isupper():
                    default = ast.unparse(node.value) if node.value else ""
                    yield name_of(node.target), ast.unparse(node.annotation), default


def meanings() -> dict[str, tuple[str, str]]:
    """Return the default and the meaning of every setting, as the tables of the pages tell them."""
    files = [*ROOT.glob("packages/*/README.md"), *ROOT.glob("docs/reference/*.md")]
    found = dict[str, tuple[str, str]]()
    for path in sorted(files):
        for row in ROW.finditer(path.read_text(encoding="utf-8")):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row["cells"])]
            if len(cells) >= 3:
                found.setdefault(row["name"], (cells[1], cells[-1]))
    return found


def settings_page() -> str:
    """Return the page of all settings."""
    told, rows = meanings(), list[tuple[str, str]]()
    for member in plugins():
        for name, annotation, default in settings_of(member):
            shown, meaning = told.get(name, (code(default), ""))
            cells = [f"`{name}`", reference_link(member), code(annotation), shown, meaning]
            rows.append((name, "| " + " | ".join(cells) + " |"))
    lines = [
        "# Settings",
        "",
        "Every setting of every distribution. A value comes from the environment",
        "(`FASTJANGO_<NAME>`), from `.env`, from the settings module, or from here; the",
        "[guide](../guides/settings.md) tells how.",
        "",
        f"{len(rows)} settings.",
        "",
        "| setting | distribution | type | default | meaning |",
        "| --- | --- | --- | --- | --- |",
        *(row for _, row in sorted(rows)),
    ]
    return "\n".join(lines) + "\n"


# -- commands --------------------------------------------------------------------------------------


def commands_page() -> str:
    """Return the page of all management commands."""
    rows = list[str]()
    for member in plugins():
        for module in member.modules:
            parent, _, name = module.name.rpartition(".")
            if not parent.endswith("management.commands") or name.startswith("_"):
                continue
            helps = [
                words(node.value)
                for owner in module.tree.body
                if isinstance(owner, ast.ClassDef)
                for node in owner.body
                if isinstance(node, ast.Assign) and name_of(node.targets[0]) == "help"
            ]
            said = (helps or [ast.get_docstring(module.tree) or ""])[0]
            app = parent.removesuffix(".management.commands")
            rows.append(f"| `{name}` | `{app}` | {sentence(said)} |")
    lines = [
        "# Commands",
        "",
        "What `manage.py`, `fastjango-admin` and `python -m fastjango.core` offer. Those of the",
        "kernel are always there, the others once their app is in `INSTALLED_APPS`;",
        "`manage.py help NAME` lists the options.",
        "",
        "| command | of the app | does |",
        "| --- | --- | --- |",
        *sorted(rows),
    ]
    return "\n".join(lines) + "\n"


# -- checks ----------------------------------------------------------------------------------------


def checks_page() -> str:
    """Return the page of all system checks."""
    rows, ids = dict[str, tuple[str, str]](), re.compile(r"[\"']([a-z_0-9]+\.[EWICD]\d{3})[\"']")
    for member in plugins():
        for module in member.modules:
            text = module.path.read_text(encoding="utf-8")
            named = ids.findall(text)
            for found in named:
                rows.setdefault(found, (member.stem, ""))
            for found, said in texts_of(module) if named else ():
                if said and not rows.get(found, ("", ""))[1]:
                    rows[found] = (member.stem, sentence(said))
    rows |= {name: (rows[name][0], said) for name, said in AT_RUN_TIME.items()}
    lines = [
        "# Checks",
        "",
        "The messages of `manage.py check`, by the id that `SILENCED_SYSTEM_CHECKS` takes. The",
        "letter is the level: C critical, E error, W warning, I information. `…` in a text stands",
        "for what is put in.",
        "",
        "| id | distribution | says |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {stem} | {said} |" for name, (stem, said) in sorted(rows.items())),
    ]
    return "\n".join(lines) + "\n"


# -- signals and hooks -----------------------------------------------------------------------------


def _assigned(module: Module, classes: set[str]) -> Iterator[tuple[str, str]]:
    body = module.tree.body
    for node, after in zip(body, [*body[1:], None], strict=True):
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Call) and name_of(value.func) in classes:
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            said = words(after.value) if isinstance(after, ast.Expr) else ""
            yield name_of(target), said


SENT = {
    "class_prepared": "A model class is complete.",
    "got_request_exception": "A view raised an exception that nobody answered.",
    "m2m_changed": "A many-to-many relation changes or has changed; `action` says which.",
    "post_delete": "A row was deleted.",
    "post_init": "A model instance was made.",
    "post_migrate": "`migrate` or `flush` has ended for an app.",
    "post_save": "A row was saved; `created` says whether it is new.",
    "pre_delete": "A row is about to be deleted.",
    "pre_init": "A model instance is about to be made.",
    "pre_migrate": "`migrate` begins for an app.",
    "pre_save": "A row is about to be saved.",
    "request_finished": "A response was sent.",
    "request_started": "A request came in.",
    "setting_changed": "A test changes a setting, or puts it back.",
    "template_rendered": "A test client's request rendered a template.",
    "user_logged_in": "Somebody logged in.",
    "user_logged_out": "Somebody logged out.",
    "user_login_failed": "A login was refused; `credentials` come without passwords.",
}
"""What Django's documentation says of signals whose definition has no text of its own."""


def signals_page() -> str:
    """Return the page of all signals."""
    rows = list[str]()
    for member in plugins():
        told = listed_texts(member)
        for module in member.modules:
            for name, said in _assigned(module, {"Signal", "ModelSignal"}):
                if name.startswith("_"):
                    continue
                where, text = told.get(name, (module.name, ""))
                rows.append(
                    f"| `{name}` | `{where}` | {sentence(said or text or SENT.get(name, ''))} |"
                )
    lines = [
        "# Signals",
        "",
        "What is sent, and where to import it from. How to receive it: the",
        "[guide](../guides/signals.md).",
        "",
        "| signal | in | sent |",
        "| --- | --- | --- |",
        *sorted(set(rows)),
    ]
    return "\n".join(lines) + "\n"


def hooks_of(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the specification of every hook, under the name of the hook."""
    functions = {
        node.name: node
        for node in module.tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    for function in functions.values():
        if any(name_of(entry) == "Hook" for entry in function.decorator_list):
            yield function
    for node in module.tree.body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Call) and name_of(value.func) == "Hook" and value.args:
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            specification = functions.get(name_of(value.args[0]))
            if specification is not None:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                specification.name = name_of(target)
                yield specification


def hooks_page() -> str:
    """Return the page of all hooks."""
    rows = list[str]()
    for member in plugins():
        for module in member.modules:
            for node in hooks_of(module):
                arguments = ", ".join(a.arg for a in [*node.args.args, *node.args.kwonlyargs])
                said = sentence(ast.get_docstring(node) or "")
                rows.append(f"| `{node.name}({arguments})` | `{module.name}` | {said} |")
    lines = [
        "# Hooks",
        "",
        "Questions that one plugin asks and others answer: `register` a function that takes any of",
        "the arguments. [Write a plugin](../guides/plugins.md) shows how.",
        "",
        "| hook | in | what it is for |",
        "| --- | --- | --- |",
        *sorted(rows),
    ]
    return "\n".join(lines) + "\n"


# -- names ----------------------------------------------------------------------------------------


def names_page() -> str:
    """Return the table of Django names."""
    file = ROOT / "packages/fastjango-django/src/fastjango/django/names.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    lines = [
        "# Where Django's names are",
        "",
        "The table behind the import shim. A module of ours that stands for one of Django's has",
        "its names; `*` stands for all names that are not listed. See",
        "[Coming from Django](../coming-from-django.md).",
        "",
        "## Modules",
        "",
        "| Django | FastJango |",
        "| --- | --- |",
    ]
    modules: dict[str, str] = {**data["modules"], **{f"{k}.*": v for k, v in data["trees"].items()}}
    lines += [f"| `{theirs}` | `{ours}` |" for theirs, ours in sorted(modules.items())]
    lines += ["", "## Names that are spread out", "", "| Django | FastJango |", "| --- | --- |"]
    for module, found in sorted(data["names"].items()):
        for name, where in found.items():
            lines.append(f"| `{module}.{name}` | `{where.replace(':', '.')}` |")
    lines += ["", "## Apps", "", "| `INSTALLED_APPS` of Django | FastJango |", "| --- | --- |"]
    for theirs, ours in sorted(data["apps"].items()):
        lines.append(f"| `{theirs}` | {code(ours) if ours else 'nothing to install'} |")
    lines += ["", "## What is not offered", "", "| Django | why | more |", "| --- | --- | --- |"]
    missing = {
        f"{module}.{name}": entry
        for module, found in data["missing"].items()
        for name, entry in found.items()
    }
    for name, (reason, page) in sorted({**data["refused"], **missing}.items()):
        lines.append(f"| `{name}` | {reason} | [{Path(page).stem}](../{page}) |")
    return "\n".join(lines) + "\n"


PAGES = {
    "settings": settings_page,
    "commands": commands_page,
    "checks": checks_page,
    "signals": signals_page,
    "hooks": hooks_page,
    "django-names": names_page,
}


def stale() -> dict[Path, str]:
    """Return the pages that are not as the code says, with the text that they should have."""
    return not_current({FOLDER / f"{name}.md": make() for name, make in PAGES.items()})


if __name__ == "__main__":
    sys.exit(run("indexes.py", __doc__, stale()))
