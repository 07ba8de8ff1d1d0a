"""MySQL and MariaDB by PyMySQL and asyncmy."""
