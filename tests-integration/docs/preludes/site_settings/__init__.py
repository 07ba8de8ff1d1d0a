"""A place for the settings that pages show."""
