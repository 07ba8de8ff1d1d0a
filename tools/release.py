"""Prepare a release of one distribution, in the environment that ``dev.py`` made:

    .venv/bin/python tools/release.py NAME minor|patch|major [--dry-run]

Bumps the version, raises the ranges of the siblings that require it, builds the changelog from the
fragments, builds and checks the files, installs the wheel alone and beside its siblings, and prints
the tag plan. All of it happens in a copy of the tree; without ``--dry-run`` the changed files are
then written back. Nothing is committed, tagged or uploaded.
"""

from __future__ import annotations

import argparse
import datetime
import difflib
import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from _wheel_steps import Environments, StepError, closure, run, wheel_of
from packaging.version import Version
from repository import NAMESPACE, ROOT, Distribution, distributions, files, requirement_name
from wheels import build, check_rebuilt, content_problems, public_modules, smoke

KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
MARK = "Built from the fragments in `changelog.d/` at release; never edited by hand.\n"


class ReleaseError(Exception):
    """The release cannot be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a release does.

    Attributes:
        raised: Names of the siblings whose range of this distribution is raised, and which need
            a release of their own for it to reach users.
    """

    name: str
    old: str
    new: str
    raised: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The tag of the release."""
        return f"{self.name}-v{self.new}"


def bump(version: str, part: str) -> str:
    """Return the next version."""
    found = Version(version)
    if part == "major":
        return f"{found.major + 1}.0.0"
    if part == "minor":
        return f"{found.major}.{found.minor + 1}.0"
    return f"{found.major}.{found.minor}.{found.micro + 1}"


def compatible(version: str) -> str:
    """Return the range of versions that a sibling may have: a floor and a ceiling."""
    found = Version(version)
    if found.major == 0:
        return f">=0.{found.minor},<0.{found.minor + 1}"
    return f">={found.major}.{found.minor},<{found.major + 1}"


def find(name: str, root: Path) -> Distribution:
    """Return a distribution by stem or full name.

    Raises:
        ReleaseError: There is none; names the nearest.
    """
    members = {member.stem: member for member in distributions(root)}
    stem = name.removeprefix("fastjango-")
    if stem in members:
        return members[stem]
    near = difflib.get_close_matches(stem, members, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ReleaseError(f"There is no distribution {name!r}. Known: {', '.join(members)}.{hint}")


def copy_tree(target: Path) -> None:
    """Copy the files that git knows or would add into an empty folder."""
    for name in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def prepare(name: str, part: str, root: Path, today: str) -> Plan:
    """Change the versions, ranges and changelogs of a tree; return the plan.

    Raises:
        ReleaseError: There are no fragments, so there is nothing to release.
    """
    member = find(name, root)
    fragments = sorted((member.path / "changelog.d").glob("*.md"))
    if not fragments:
        raise ReleaseError(
            f"{member.name} has no fragments in changelog.d, so there is nothing to release. "
            "Describe the change in changelog.d/<slug>.<kind>.md first."
        )
    old, new = member.version, bump(member.version, part)
    _replace(member.path / "pyproject.toml", f'version = "{old}"', f'version = "{new}"')
    raised = _raise_ranges(member, new, root)
    _changelog(member, new, today)
    return Plan(member.name, old, new, tuple(raised))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ReleaseError(f"{file} has to hold {old!r} exactly once")
    file.write_text(text.replace(old, new), encoding="utf-8")


def _raise_ranges(member: Distribution, version: str, root: Path) -> list[str]:
    """Raise the siblings' ranges where they do not admit the version; say so in their fragments."""
    wanted, raised = compatible(version), list[str]()
    pattern = re.compile(rf'"{re.escape(member.name)}(\[[^\]]*\])?([<>=~!][^";]*)"')
    for other in distributions(root):
        file = other.path / "pyproject.toml"
        text = file.read_text(encoding="utf-8")
        published = [
            *other.dependencies,
            *(entry for extra in other.extras.values() for entry in extra),
        ]
        mine, tested = (
            [entry for entry in entries if requirement_name(entry) == member.name]
            for entries in (published, other.test_requirements)
        )
        if all(entry.endswith(wanted) for entry in [*mine, *tested]):
            continue
        file.write_text(pattern.sub(rf'"{member.name}\g<1>{wanted}"', text), encoding="utf-8")
        if not mine:
            continue  # only its tests need it, of which users hear nothing
        slug = f"{member.name}-{version}.changed.md"
        line = f"Requires {member.name} {wanted.replace(',', ' and ')}.\n"
        (other.path / "changelog.d" / slug).write_text(line, encoding="utf-8")
        raised.append(other.name)
    return raised


def _changelog(member: Distribution, version: str, today: str) -> None:
    """Build the changelog with towncrier, which removes the fragments."""
    lines = [
        "[tool.towncrier]",
        f"name = {json.dumps(member.name)}",
        'directory = "changelog.d"',
        'filename = "CHANGELOG.md"',
        f"template = {json.dumps(str(ROOT / 'tools' / 'changelog.jinja'))}",
        f"start_string = {json.dumps(MARK)}",
        'title_format = "## {version} ({project_date})"',
        'underlines = ["", "", ""]',
        "wrap = false",
    ]
    for kind in KINDS:
        lines += [
            "[[tool.towncrier.type]]",
            f'directory = "{kind}"',
            f'name = "{kind.capitalize()}"',
        ]
        lines += ["showcontent = true"]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "towncrier.toml"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "towncrier", "build", "--yes", "--config", str(config)]
        command += ["--dir", str(member.path), "--version", version, "--date", today]
        run(command, cwd=member.path)
    for fragment in (member.path / "changelog.d").glob("*.md"):
        fragment.unlink()  # where there is no git, towncrier leaves them
    if f"## {version} " not in (member.path / "CHANGELOG.md").read_text(encoding="utf-8"):
        raise ReleaseError(f"towncrier wrote no section for {version}")


def prove(plan: Plan, root: Path, folder: Path) -> None:
    """Build the distribution and its siblings, check the files, install them alone and together.

    Raises:
        StepError: Something is wrong; the release must not happen.
    """
    dist = folder / "dist"
    dist.mkdir()
    members = distributions(root)
    for member in members:
        build(member, dist)
    released = next(member for member in members if member.name == plan.name)
    say(f"built {wheel_of(released, dist).name} and its siblings")
    problems = content_problems(released, wheel_of(released, dist))
    rebuilt = folder / "rebuilt"
    rebuilt.mkdir()
    problems += check_rebuilt(released, dist, rebuilt)
    if problems:
        raise StepError("\n".join(problems))
    built = [str(path) for path in sorted(dist.iterdir())]
    run([sys.executable, "-m", "twine", "check", "--strict", *built])
    say("twine check --strict passed, the sdist builds the same wheel")
    by_stem = {member.stem: member for member in members}
    environments = Environments(folder, sys.executable)
    alone = closure([released.stem], root)
    for name, stems in (("alone", alone), ("siblings", frozenset(by_stem))):
        wheels = [str(wheel_of(by_stem[stem], dist)) for stem in sorted(stems)]
        python = environments.make(name, wheels)
        modules = [] if released.is_meta else public_modules(released, stems)
        smoke(python, stems - {NAMESPACE}, modules)
        say(f"installed and imported {'alone' if name == 'alone' else 'beside all its siblings'}")


def write_back(root: Path) -> list[str]:
    """Copy what changed in the copy into the tree, and remove what is gone; return the names."""
    changed = list[str]()
    for member in distributions(root):
        inside = member.path.relative_to(root)
        for name in ("pyproject.toml", "CHANGELOG.md"):
            text = (root / inside / name).read_text(encoding="utf-8")
            if (ROOT / inside / name).read_text(encoding="utf-8") != text:
                (ROOT / inside / name).write_text(text, encoding="utf-8")
                changed.append(f"{inside}/{name}")
        new = {path.name for path in (root / inside / "changelog.d").glob("*.md")}
        old = {path.name for path in (ROOT / inside / "changelog.d").glob("*.md")}
        for name in old - new:
            (ROOT / inside / "changelog.d" / name).unlink()
        for name in new - old:
            shutil.copy(root / inside / "changelog.d" / name, ROOT / inside / "changelog.d")
        changed += [f"{inside}/changelog.d/{name}" for name in sorted(old ^ new)]
    return changed


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"release: {text}", flush=True)


def tag_plan(plan: Plan) -> str:
    """Return what is left for a person to do."""
    lines = [
        "The tag plan, after the changed files are committed:",
        f"  git tag -a {plan.tag} -m '{plan.name} {plan.new}'",
        f"  git push origin {plan.tag}",
        "Pushing the tag makes the release workflow build, check and upload these files.",
    ]
    if plan.raised:
        lines += [
            f"These siblings now require {plan.name} {compatible(plan.new)}; release them next:",
            *(f"  python tools/release.py {name} patch" for name in plan.raised),
        ]
    return "\n".join(lines)


def main() -> int:
    """Prepare the release named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="release.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a stem such as orm, or the full name")
    parser.add_argument("part", choices=("major", "minor", "patch"))
    parser.add_argument("--dry-run", action="store_true", help="leave the tree as it is")
    options = parser.parse_args()
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    try:
        with tempfile.TemporaryDirectory(prefix="fastjango-release-") as name:
            folder = Path(name)
            root = folder / "tree"
            root.mkdir()
            copy_tree(root)
            plan = prepare(options.name, options.part, root, today)
            say(f"{plan.name} {plan.old} -> {plan.new}")
            prove(plan, root, folder)
            changed = [] if options.dry_run else write_back(root)
    except (ReleaseError, StepError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    for path in changed:
        say(f"changed {path}")
    if options.dry_run:
        say("this was a dry run: the tree is as it was")
    print(tag_plan(plan))
    return 0


if __name__ == "__main__":
    sys.exit(main())
