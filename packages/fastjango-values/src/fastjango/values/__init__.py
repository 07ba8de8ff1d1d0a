"""Parsing, validating, formatting and escaping of values: dates, numbers, text, HTML, addresses."""
