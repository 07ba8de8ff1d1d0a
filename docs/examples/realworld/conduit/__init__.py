"""The project conduit."""
