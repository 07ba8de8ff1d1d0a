"""A small magazine: authors write articles, articles have tags, readers comment."""
