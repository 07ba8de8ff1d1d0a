"""What Django does with sessions: run by itself, with a JSON of instructions on stdin."""

import importlib
import json
import sys


def main() -> None:
    """Write a session, or read one, with Django's own engines."""
    given = json.load(sys.stdin)
    from django.conf import settings

    settings.configure(
        SECRET_KEY=given["secret"],
        INSTALLED_APPS=["django.contrib.sessions"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": given["database"]}},
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                "LOCATION": given["values"],
            }
        },
        SESSION_FILE_PATH=given["folder"],
        USE_TZ=True,
    )
    import django

    django.setup()
    if given["do"] == "migrate":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps({}))
        return
    store = importlib.import_module(f"django.contrib.sessions.backends.{given['engine']}")
    session = store.SessionStore(given.get("key"))
    if given["do"] == "write":
        session.update(given["data"])
        session.set_expiry(given["expiry"])
        session.save()
    elif given["do"] == "end":
        session.flush()
    content = dict(session.items())
    print(json.dumps({"key": session.session_key, "data": content}))


if __name__ == "__main__":
    main()
