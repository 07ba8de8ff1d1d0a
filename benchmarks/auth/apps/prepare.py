"""Makes the tables, a hundred users and the session of one of them; prints key and user as JSON."""

from __future__ import annotations

import json

import our_settings  # noqa: F401 - settings come first
from fastjango.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from fastjango.auth.models import User
from fastjango.core.management import call_command
from fastjango.sessions.backends.db import SessionStore
from shared import shown

call_command("migrate", verbosity=0)
User.objects.bulk_create(
    User(
        username=f"user{number}",
        email=f"user{number}@example.com",
        first_name="First",
        last_name="Last",
        password=f"pbkdf2_sha256$1500000$salt{number}$hash",
    )
    for number in range(1, 101)
)
user = User.objects.get(username="user50")
session = SessionStore()
session.update(
    {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
)
session.save()
print(json.dumps({"key": session.session_key, "user": shown(user)}))
