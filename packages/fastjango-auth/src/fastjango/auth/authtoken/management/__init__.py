"""Commands of opaque tokens."""
