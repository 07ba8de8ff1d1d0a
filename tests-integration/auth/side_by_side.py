"""Runs Django and FastJango in one process on one database and prints what holds, as JSON.

The line before has the versions of Django and Python.

    python side_by_side.py DATABASE-AS-JSON FOLDER

DATABASE has the keys of an entry of `DATABASES`, with `ENGINE` as FastJango names it.
"""

import json
import platform
import sys
from pathlib import Path

DATABASE = json.loads(sys.argv[1])
FOLDER = Path(sys.argv[2])
KEY = "shared-by-both-sites-" + "k" * 40
ENGINES = ("db", "cached_db", "cache", "file", "signed_cookies")
HASHERS = (
    "PBKDF2PasswordHasher",
    "PBKDF2SHA1PasswordHasher",
    "Argon2PasswordHasher",
    "BCryptSHA256PasswordHasher",
    "BCryptPasswordHasher",
    "ScryptPasswordHasher",
    "MD5PasswordHasher",
)

found: dict[str, bool] = {}


def shared(root: str) -> dict[str, object]:
    """Return the settings that both sites have, with classes of one of them."""
    return {
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": ["testserver"],
        "USE_TZ": True,
        "SESSION_FILE_PATH": str(FOLDER / "sessions"),
        "PASSWORD_HASHERS": [f"{root}.auth.hashers.{name}" for name in HASHERS],
        "MIDDLEWARE": [
            f"{root}.sessions.middleware.SessionMiddleware",
            f"{root}.auth.middleware.AuthenticationMiddleware",
        ],
    }


def start_django() -> None:
    import django
    from django.conf import settings

    engine = {"sqlite3": "sqlite3", "postgresql": "postgresql"}[DATABASE["ENGINE"]]
    settings.configure(
        **shared("django.contrib"),
        ROOT_URLCONF="django_side",
        # What Django 6 has by default.
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
        ],
        DATABASES={"default": {**DATABASE, "ENGINE": f"django.db.backends.{engine}"}},
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                "LOCATION": str(FOLDER / "cache"),
            }
        },
    )
    django.setup()


def start_fastjango() -> None:
    from fastjango.core import settings, setup

    settings.configure(
        **shared("fastjango"),
        ROOT_URLCONF="fastjango_side",
        INSTALLED_APPS=[
            "fastjango.orm",
            "fastjango.http",
            "fastjango.cache",
            "fastjango.auth",
            "fastjango.contenttypes",
            "fastjango.sessions",
        ],
        DATABASES={"default": DATABASE},
        CACHES={
            "default": {
                "BACKEND": "fastjango.cache.backends.filebased.FileBasedCache",
                "LOCATION": str(FOLDER / "cache"),
            }
        },
    )
    setup()


def check(name: str, holds: object) -> None:
    found[name] = bool(holds)


def text(response: object) -> str:
    content: bytes = response.content  # type: ignore[attr-defined]
    return content.decode()


def hand_over(giver: object, taker: object) -> None:
    """Give one client's session cookie to another, as a browser has one jar for both sites."""
    taker.cookies["sessionid"] = giver.cookies["sessionid"].value  # type: ignore[attr-defined]


TABLES = (
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "auth_user",
    "auth_user_groups",
    "auth_user_user_permissions",
    "django_content_type",
    "django_session",
)


def shape(connection: object) -> dict[str, object]:
    """Return columns and constraints of the tables of users, as Django's connection sees them."""
    found = {}
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        see = connection.introspection  # type: ignore[attr-defined]
        for table in TABLES:
            columns = [
                (c.name, str(c.type_code), str(c.display_size or c.internal_size), c.null_ok)
                for c in see.get_table_description(cursor, table)
            ]
            constraints = see.get_constraints(cursor, table).values()
            kinds = [
                (tuple(c["columns"]), c["primary_key"], c["unique"], c["foreign_key"])
                for c in constraints
                if not c["check"]
            ]
            # Django's SQLite puts a changed column last.
            found[table] = (sorted(columns), sorted(kinds, key=str))
    return found


def migrations() -> None:
    """Both frameworks make the same tables, and agree about permissions."""
    from django.contrib.auth.models import Permission as TheirPermission
    from django.core.management import call_command as their_command
    from django.db import connection
    from fastjango.auth.models import Permission
    from fastjango.core.management import call_command

    call_command("migrate", verbosity=0)
    ours = shape(connection)
    permissions = set(Permission.objects.values_list("codename", "content_type__model", "name"))
    with connection.cursor() as cursor:
        connection.introspection.table_names(cursor)
        for table in (*TABLES, "fastjango_migrations"):
            cascade = "" if connection.vendor == "sqlite" else " CASCADE"
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute(f"DROP TABLE {table}{cascade}")
    their_command("migrate", verbosity=0)
    check("migrations: same tables", ours == shape(connection))
    # FastJango keeps a table of its own about what was applied.
    call_command("migrate", verbosity=0, fake=True)
    theirs = TheirPermission.objects.values_list("codename", "content_type__model", "name")
    check("migrations: same permissions", permissions == set(theirs))
    before = set(TheirPermission.objects.values_list("id", "codename"))
    call_command("migrate", verbosity=0)
    their_command("migrate", verbosity=0)
    after = set(Permission.objects.values_list("id", "codename"))
    check("migrations: nobody adds permissions of the other", before == after)


def hashers() -> None:
    """A password stored by either is right on the other, whatever the hasher."""
    from django.contrib.auth import authenticate as their_authenticate
    from django.contrib.auth.hashers import make_password as their_make
    from django.contrib.auth.models import User as Their
    from fastjango.auth import authenticate
    from fastjango.auth.hashers import identify_hasher, make_password
    from fastjango.auth.models import User

    for name in HASHERS:
        algorithm = {
            "PBKDF2PasswordHasher": "pbkdf2_sha256",
            "PBKDF2SHA1PasswordHasher": "pbkdf2_sha1",
            "Argon2PasswordHasher": "argon2",
            "BCryptSHA256PasswordHasher": "bcrypt_sha256",
            "BCryptPasswordHasher": "bcrypt",
            "ScryptPasswordHasher": "scrypt",
            "MD5PasswordHasher": "md5",
        }[name]
        Their.objects.create(
            username=f"d-{algorithm}", password=their_make("pä55", hasher=algorithm)
        )
        stored = User.objects.get(username=f"d-{algorithm}")
        check(
            f"hasher {algorithm}: of Django",
            identify_hasher(stored.password).verify("pä55", stored.password),
        )
        User.objects.create(
            username=f"f-{algorithm}", password=make_password("pä55", hasher=algorithm)
        )
        check(
            f"hasher {algorithm}: of FastJango",
            their_authenticate(username=f"f-{algorithm}", password="pä55"),
        )
    check("upgrade at login", authenticate(username="d-md5", password="pä55"))
    upgraded = Their.objects.get(username="d-md5")
    check("upgrade at login: stored", upgraded.password.startswith("pbkdf2_sha256$1500000$"))
    # Django 5.2 writes it back at its own, lower cost.
    check("upgrade at login: still good there", upgraded.check_password("pä55"))


def reset_tokens() -> None:
    from django.contrib.auth.models import User as Their
    from django.contrib.auth.tokens import default_token_generator as theirs
    from fastjango.auth.models import User
    from fastjango.auth.tokens import default_token_generator as ours

    user, their = User.objects.get(username="d-md5"), Their.objects.get(username="d-md5")
    check("reset token: of Django", ours.check_token(user, theirs.make_token(their)))
    check("reset token: of FastJango", theirs.check_token(their, ours.make_token(user)))


def sessions(engine: str) -> None:
    from django.contrib.auth.models import User as Their
    from django.test import Client as TheirClient
    from django.test import override_settings as their_override
    from fastjango.core.conf import override_settings
    from fastjango.testing import Client

    cheap = "django.contrib.auth.hashers.MD5PasswordHasher"
    with (
        their_override(
            SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
            PASSWORD_HASHERS=[cheap],
        ),
        override_settings(
            SESSION_ENGINE=f"fastjango.sessions.backends.{engine}", PASSWORD_HASHERS=[cheap]
        ),
    ):
        name = f"user-{engine}"
        Their.objects.create_user(name, password="first")
        pairs = {"Django": (TheirClient, Client), "FastJango": (Client, TheirClient)}
        for where, (here, there) in pairs.items():
            case = f"{engine}: login on {where}"
            first, second = here(), there()
            check(case, text(first.get(f"/in/?u={name}&p=first")) == "in")
            hand_over(first, second)
            check(f"{case}: known on the other", text(second.get("/me/")) == name)
            check(f"{case}: known where it was", text(first.get("/me/")) == name)
            if engine != "signed_cookies":  # a copy of such a cookie outlives a logout
                second.get("/out/")
                check(f"{case}: logout on the other", text(first.get("/me/")) == "nobody")
            third, fourth = here(), there()
            third.get(f"/in/?u={name}&p=first")
            hand_over(third, fourth)
            fourth.get("/change/?p=second&keep=1")
            check(f"{case}: old session ends", text(third.get("/me/")) == "nobody")
            check(f"{case}: changing session stays", text(fourth.get("/me/")) == name)
            fifth = here()
            check(f"{case}: old password", fifth.get(f"/in/?u={name}&p=first").status_code == 403)
            check(f"{case}: new password", text(fifth.get(f"/in/?u={name}&p=second")) == "in")
            hand_over(fifth, fourth)
            fifth.get("/change/?p=first")
            check(
                f"{case}: both end",
                (text(fifth.get("/me/")), text(fourth.get("/me/"))) == ("nobody", "nobody"),
            )
        forged = Client()
        forged.cookies["sessionid"] = "a" * 32
        check(f"{engine}: forged cookie", text(forged.get("/ame/")) == "nobody")


def main() -> None:
    (FOLDER / "sessions").mkdir()
    start_django()
    start_fastjango()
    migrations()
    hashers()
    reset_tokens()
    for engine in ENGINES:
        sessions(engine)
    import django

    print(django.__version__, platform.python_version())
    print(json.dumps(found))


main()
