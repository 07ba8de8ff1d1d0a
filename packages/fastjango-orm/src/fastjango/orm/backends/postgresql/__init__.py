"""PostgreSQL by psycopg 3 and asyncpg."""
