"""The pages about security name tests that there are, and settings with the values that hold."""

from __future__ import annotations

import re
from pathlib import Path

from fastjango.auth.throttles import DEFAULT_RATES

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:tests-integration/|fastjango-)[\w./-]+)(?:::(\w+))?`")
LIMIT = re.compile(r"\| ((?:`[\w:]+`(?:, )?)+) \| ((?:`[\w/]+`(?:, )?)+) \|")


def test_the_tests_that_prove_the_owasp_page_exist() -> None:
    page = (ROOT / "docs/security/owasp-2025.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| A")]
    assert [row[2:5] for row in rows] == [f"A{number:02}" for number in range(1, 11)]
    missing: list[str] = []
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, test in named:
            path = ROOT / (file if file.startswith("tests-integration") else f"packages/{file}")
            if not path.exists() or (test and f"def {test}(" not in path.read_text("utf-8")):
                missing.append(f"{file}::{test}")
    assert missing == []


def test_the_limits_of_the_guide_are_those_of_the_code() -> None:
    page = (ROOT / "docs/guides/accounts.md").read_text(encoding="utf-8")
    said: dict[str, str] = {}
    for names, rates in LIMIT.findall(page):
        said |= zip(re.findall(r"`(.+?)`", names), re.findall(r"`(.+?)`", rates), strict=True)
    assert said == DEFAULT_RATES
