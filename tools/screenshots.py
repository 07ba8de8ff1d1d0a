"""Take the pictures of the documentation from the demo: ``screenshots.py ADDRESS``.

The demo has to be served there (``dev.py demo --port 8123``), and Chromium has to be installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from repository import ROOT
from service_kinds import SERVICES

FOLDER = ROOT / "docs" / "images"
LIMIT = 150 * 1024
PAGES = {"magazine": "/", "article": "", "login": "/account/login/", "api": "/api/articles"}
COLOURS = 96  # of the palette, which makes the files a third


def shrink(path: Path) -> int:
    """Write a picture again with a palette; return its size in bytes."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    return path.stat().st_size


def take(address: str) -> dict[str, int]:
    """Take every picture; return the sizes by name."""
    from playwright.sync_api import sync_playwright

    chromium = SERVICES["browser"].probe(0)
    if chromium is None:
        raise SystemExit("screenshots: Chromium is not installed")
    sizes = dict[str, int]()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 720}, color_scheme="light")
        for name, path in PAGES.items():
            page.goto(address + (path or "/"))
            if not path:
                page.click("ul.grid h2 a")
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file)
            sizes[name] = shrink(file)
        browser.close()
    return sizes


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(prog="screenshots.py", description=__doc__)
    parser.add_argument("address", help="where the demo is served")
    sizes = take(parser.parse_args().address.rstrip("/"))
    for name, size in sizes.items():
        print(f"{name}.png: {size / 1024:.0f} KiB{'' if size <= LIMIT else ', too large'}")
    return int(any(size > LIMIT for size in sizes.values()))


if __name__ == "__main__":
    sys.exit(main())
