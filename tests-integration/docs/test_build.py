"""The documentation builds strictly and fetches nothing."""

import ast
import re
import tomllib
from pathlib import Path

import build_docs
import pytest
from repository import ROOT, distributions, plugins


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "index.md").write_text("# Home\n")
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "index.md").write_text("# Reference\n")
    (tmp_path / "reference" / "orm.md").write_text("# `fastjango.orm`\n")
    (tmp_path / "reference" / "api").mkdir()
    (tmp_path / "reference" / "api" / "orm.base.md").write_text("# fastjango.orm.base\n")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "page.md").write_text("no heading\n")
    return tmp_path


def test_the_navigation_holds_every_page(pages: Path) -> None:
    assert build_docs.navigation(pages) == [
        {"FastJango": "index.md"},
        {
            "Reference": [
                {"Reference": "reference/index.md"},
                {"fastjango.orm": "reference/orm.md"},
                {"By module": [{"fastjango.orm.base": "reference/api/orm.base.md"}]},
            ]
        },
        {"Odd": [{"page": "odd/page.md"}]},
    ]


def test_pages_stand_in_the_order_of_their_first_page(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Home\n\n[Z](z.md), [inner](inner/index.md)\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "index.md").write_text("# Inner\n\n[c](c.md) [a](a.md#x) [c](c.md)\n")
    for name in ("a", "z", "inner/a", "inner/b", "inner/c"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n")
    nav = build_docs.navigation(tmp_path)
    assert nav[:3] == [{"FastJango": "index.md"}, {"z": "z.md"}, {"a": "a.md"}]
    assert nav[3] == {
        "Inner": [
            {"Inner": "inner/index.md"},
            {"inner/c": "inner/c.md"},
            {"inner/a": "inner/a.md"},
            {"inner/b": "inner/b.md"},
        ]
    }


def test_bars_in_code_of_tables_have_no_backslash() -> None:
    text = "| `int \\| None` | a \\| b |\n\n`a \\| b`\n"
    assert build_docs.for_readers(text) == "| `int | None` | a \\| b |\n\n`a \\| b`\n"


def test_words_for_the_tests_are_not_on_the_page() -> None:
    text = "```python no-run needs a user\na\n```\n\n- b\n\n  ````python in=blog\n  ```\n  ````\n"
    text += (
        '```python title="a.py, at the end" fresh\nb\n```\n\n```console\n$ c\n```\n\n```\nd\n```\n'
    )
    assert build_docs.for_readers(text) == (
        "```python\na\n```\n\n- b\n\n  ````python\n  ```\n  ````\n"
        '```python title="a.py, at the end"\nb\n```\n\n```console\n$ c\n```\n\n```\nd\n```\n'
    )


def test_llms_txt_names_every_page_with_its_first_sentence(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Home\n\nAll of [it](a.md) in one. More.\n")
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "b.md").write_text("# `b`\n\n- no sentence\n")
    (tmp_path / "guides" / "c.md").write_text("# C\n\nTwo things: one and\nanother.\n")
    text = build_docs.llms_text(tmp_path)
    assert "- [Home](index.html): All of it in one.\n" in text
    assert "## Guides\n\n- [b](guides/b.html)\n- [C](guides/c.html): Two things\n" in text


def test_members_of_private_bases_are_shown() -> None:
    def told(text: str) -> bool:
        return build_docs.has_private_base(ast.parse(text))

    assert told("from fastjango.x._y import Z\n\n\nclass A(Z[int]): ...\n")
    assert told("from fastjango._x.y import Z as Q\n\n\nclass A(B, Q): ...\n")
    assert not told("from fastjango.x._y import Z\n\n\nclass A(B[Z]): ...\n")
    assert not told("from fastjango.x.y import Z\n\n\nclass A(Z): ...\n")


def test_the_pictures_are_small() -> None:
    pictures = [*(ROOT / "docs").rglob("*.png")]
    assert {"magazine.png", "article.png"} <= {path.name for path in pictures}
    assert [path.name for path in pictures if path.stat().st_size > 150 * 1024] == []


def test_every_page_is_reachable_from_the_home_page() -> None:
    """By links, from page to page, not by the navigation alone."""
    docs = ROOT / "docs"
    seen, waiting = set[Path](), [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8")):
            linked = (page.parent / target).resolve()
            if linked.is_relative_to(docs) and linked.exists():
                waiting.append(linked)
    pages = {path for path in docs.rglob("*.md") if "examples" not in path.parts}
    lost = sorted(path.relative_to(docs).as_posix() for path in pages - seen)
    assert not lost


def test_the_configuration_is_toml_and_offline(pages: Path) -> None:
    found = tomllib.loads(build_docs.configuration(pages))["project"]
    assert found["theme"]["font"] is False
    assert found["nav"][0] == {"FastJango": "index.md"}
    handler = found["plugins"]["mkdocstrings"]["handlers"]["python"]
    assert handler["paths"] == [str(member.path / "src") for member in plugins()]


def test_what_a_page_would_fetch_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(
        '<script src="a.js"></script><link href="a.css"><a href="https://example.org">x</a>'
    )
    (tmp_path / "bad.html").write_text('<script async src="https://cdn.example/x.js"></script>')
    assert build_docs.offline_problems(tmp_path) == ["bad.html fetches https://cdn.example/x.js"]


def test_there_is_a_reference_page_for_every_distribution() -> None:
    index = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    for member in distributions():
        if not member.is_meta:
            assert f"({member.stem}.md)" in index


@pytest.mark.slow
def test_the_documentation_builds_strictly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_docs, "STAGE", tmp_path / "stage")
    monkeypatch.setattr("sys.argv", ["docs", "--no-api", "--output", str(tmp_path / "out")])
    status = build_docs.main()
    shown = capfd.readouterr()
    assert status == 0, shown.out[-3000:] + shown.err[-3000:]
    assert (tmp_path / "out" / "index.html").is_file()
    assert (tmp_path / "out" / "reference" / "core.html").is_file()
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "out").rglob("*.html")]
    assert not [
        page for page in pages if re.search(r"<code>\w+( (no-run|fresh|in=|settings)[^<]*)\n", page)
    ]
    assert "pages in" in shown.out


@pytest.mark.slow
def test_a_broken_link_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "index.md").write_text("# Home\n\n[nowhere](missing.md)\n")
    monkeypatch.setattr(build_docs, "ROOT", root)
    monkeypatch.setattr(build_docs, "STAGE", tmp_path / "stage")
    monkeypatch.setattr("sys.argv", ["docs", "--no-api", "--output", str(tmp_path / "out")])
    assert build_docs.main() != 0
    assert "page does not exist" in "".join(capfd.readouterr())
