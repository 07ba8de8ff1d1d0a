"""What the developer's pages are put together from: one style, no scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.values.html import escape

__all__ = ["page", "row", "table"]

STYLE = """
:root{color-scheme:light dark;--paper:light-dark(#f6f6f4,#17181b);--ink:light-dark(#222,#e8e6e1)}
:root{--card:light-dark(#fff,#1f2125);--edge:light-dark(#ddd,#3a3d44);--soft:light-dark(#555,#aaa)}
:root{--mark:light-dark(#fff3c4,#4a3f12)}
body{font:14px/1.5 system-ui,sans-serif;margin:0;background:var(--paper);color:var(--ink)}
body{overflow-wrap:anywhere}
header{background:var(--mark);padding:1rem clamp(1rem,4vw,2rem);border-bottom:1px solid var(--edge)}
h1{font-size:1.3rem;margin:0}h2{font-size:1.1rem}h3{font-size:1rem;margin:1rem 0 .3rem}
small{font-weight:normal}main{padding:1rem clamp(1rem,4vw,2rem) 2rem}
footer{padding:0 clamp(1rem,4vw,2rem) 2rem;color:var(--soft)}
pre{white-space:pre-wrap;margin:0}ul.traceback{list-style:none;padding:0}
.frame{background:var(--card);border:1px solid var(--edge);margin:.5rem 0;padding:.5rem}
.frame.fastjango{color:var(--soft)}.line{background:var(--mark);color:var(--ink);font-weight:bold}
textarea{width:100%;box-sizing:border-box;background:var(--card);color:inherit}
table{border-collapse:collapse;width:100%;background:var(--card)}
th,td{border:1px solid var(--edge);padding:.2rem .5rem;text-align:left;vertical-align:top}
th,td:first-child:has(+.code){width:11rem;overflow-wrap:normal}
@media (width < 40rem){th,td:first-child:has(+.code){width:auto}}
"""

WHY = (
    "<p>You are seeing this page because <code>DEBUG</code> is on and you are on this machine or "
    "in <code>INTERNAL_IPS</code>. Everybody else gets the site's own error page.</p>"
)


def page(title: str, summary: str, info: str, explanation: str = "") -> str:
    """Return a page of HTML: what happened, what is known about it, why it is shown.

    Args:
        title: Plain text.
        summary: HTML.
        info: HTML.
        explanation: HTML.
    """
    footer = f'<footer id="explanation">{explanation}</footer>\n' if explanation else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="robots" content="NONE,NOARCHIVE">\n<title>{escape(title)}</title>\n'
        f'<style>{STYLE}</style>\n</head>\n<body>\n<header id="summary">{summary}</header>\n'
        f'<main id="info">{info}</main>\n{footer}</body>\n</html>\n'
    )


def row(name: Any, value: Any) -> str:
    """Return a row of a summary."""
    return f'<tr><th scope="row">{escape(str(name))}:</th><td>{escape(str(value))}</td></tr>'


def table(title: str, items: Iterable[tuple[Any, str]], *, nothing: str) -> str:
    """Return values as they are written in code, under a heading.

    Args:
        title: Plain text.
        items: Names and values.
        nothing: What to say when there are none.
    """
    rows = "".join(
        f'<tr><td>{escape(str(name))}</td><td class="code"><pre>{escape(value)}</pre></td></tr>'
        for name, value in items
    )
    heading = f'<h3 id="{escape(title.lower())}-info">{escape(title)}</h3>' if title else ""
    if not rows:
        return f"{heading}<p>{escape(nothing)}</p>"
    return f"{heading}<table>{rows}</table>"
