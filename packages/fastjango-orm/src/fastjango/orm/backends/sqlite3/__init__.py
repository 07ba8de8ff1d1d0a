"""SQLite by the standard library's driver."""
