"""Settings of the documentation's pages: put in force, and checked."""

import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from fastjango.core import setup
from fastjango.core.checks import ERROR, run_checks
from fastjango.core.conf import settings


def names() -> dict[str, Any]:
    """Return what a page's settings build on."""
    sys.path.insert(0, str(Path(__file__).parent / "apps"))
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = [
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        for key in (first, second)
    ]
    private = first.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "INSTALLED_APPS": [
            "fastjango.http",
            "fastjango.orm",
            "fastjango.templates",
            "fastjango.forms",
            "fastjango.cache",
            "fastjango.contenttypes",
            "fastjango.sessions",
            "fastjango.auth",
        ],
        "PRIVATE_PEM": private,
        "PUBLIC_PEM": public[0],
        "OLD_PUBLIC_PEM": public[1],
    }


def finish(scope: dict[str, Any]) -> None:
    """Put the settings in force; a check that finds an error fails the example."""
    given = {name: value for name, value in scope.items() if name.isupper() and "PEM" not in name}
    given.setdefault("DATABASES", {"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})
    settings.configure(SECRET_KEY="for-the-examples-of-the-pages-only-0123456789", **given)
    setup()
    wrong = [message for message in run_checks() if message.level >= ERROR]
    assert not wrong, wrong
