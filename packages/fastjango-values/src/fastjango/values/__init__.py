"""Parsing, validating, formatting and escaping of values: dates, numbers, text, HTML, addresses.

Import from the modules, which are named as in Django: `fastjango.values.html`, `.text`, `.http`,
`.validators`, `.dateparse` and so on. This package itself imports none of them.
"""

__all__: list[str] = []
