"""The cache in the database: needs fastjango-orm, by the extra `orm`."""

__all__: list[str] = []
