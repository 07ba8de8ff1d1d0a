"""Django's models and queries, SQLModel underneath, async to the driver."""
