"""Management commands of the ORM."""
