"""A site with view sets on models: the API, the browsable API in pages and forms, and the docs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.management import call_command
from fastjango.orm import connection

SCENARIOS = ("view_sets", "sync_parts", "model_permissions", "pagination", "cursors", "browsable",
             "logins", "filters", "conditions", "docs_pages")  # fmt: skip
SITE = {
    "ROOT_URLCONF": "rest_site",
    "MIDDLEWARE": [
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.http.middleware.csrf.CsrfViewMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    "PASSWORD_HASHERS": ["fastjango.auth.hashers.MD5PasswordHasher"],
}


@pytest.fixture(scope="module", autouse=True)
def tables() -> None:
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def empty(tables: None) -> Iterator[None]:
    """Empty the tables and let keys begin at one again; tests of other modules use them too."""
    clear()
    yield
    clear()


def clear() -> None:
    from fastjango.auth.models import Group, User

    User.objects.all().delete()
    Group.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name IN ('auth_user', 'auth_group')")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_site(scenario: str) -> None:
    with override_settings(**SITE, DEBUG=scenario == "docs_pages"):
        import rest_site

        getattr(rest_site, scenario)()
