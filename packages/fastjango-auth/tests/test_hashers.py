"""Stored passwords, compared with Django where it has an answer."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango.auth import hashers
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation

CHEAP: list[type[Any]] = [
    type("Pbkdf2", (hashers.PBKDF2PasswordHasher,), {"iterations": 2}),
    type("Pbkdf2Sha1", (hashers.PBKDF2SHA1PasswordHasher,), {"iterations": 2}),
    type(
        "Argon2",
        (hashers.Argon2PasswordHasher,),
        {"time_cost": 1, "memory_cost": 8, "parallelism": 1},
    ),
    type("BCrypt", (hashers.BCryptPasswordHasher,), {"rounds": 4}),
    type("BCryptSha256", (hashers.BCryptSHA256PasswordHasher,), {"rounds": 4}),
    type("Scrypt", (hashers.ScryptPasswordHasher,), {"work_factor": 4, "parallelism": 1}),
    hashers.MD5PasswordHasher,
]
REAL = [
    f"fastjango.auth.hashers.{name}"
    for name in ("MD5PasswordHasher", "PBKDF2PasswordHasher", "Argon2PasswordHasher")
]


@pytest.mark.parametrize("kind", CHEAP)
def test_every_algorithm(kind: type[Any]) -> None:
    hasher = kind()
    encoded = hasher.encode("pä55", hasher.salt())
    assert encoded.startswith(f"{hasher.algorithm}$")
    assert len(encoded) <= 128
    assert hasher.verify("pä55", encoded)
    assert not hasher.verify("other", encoded)
    assert not hasher.must_update(encoded)
    assert hasher.decode(encoded)["algorithm"] == hasher.algorithm
    shown = hasher.safe_summary(encoded)
    assert shown["algorithm"] == hasher.algorithm
    assert "pä55" not in str(shown)
    hasher.harden_runtime("pä55", encoded)
    with pytest.raises(AssertionError, match="was given to the hasher"):
        type("Other", (kind,), {"algorithm": "other"})().decode(encoded)


@pytest.mark.parametrize("kind", CHEAP)
def test_passwords_may_be_long(kind: type[Any]) -> None:
    hasher = kind()
    password = "ä" * 36 + "b"  # 73 bytes
    encoded = hasher.encode(password, hasher.salt())
    assert hasher.verify(password, encoded)
    assert not hasher.verify("c" + password, encoded)
    # What bcrypt itself does not look at tells no passwords apart.
    assert hasher.verify("ä" * 36 + "c", encoded) == (hasher.algorithm == "bcrypt")


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (CHEAP[0], type("P", (CHEAP[0],), {"iterations": 3})),
        (CHEAP[2], type("A", (CHEAP[2],), {"time_cost": 2})),
        (CHEAP[3], type("B", (CHEAP[3],), {"rounds": 5})),
        (CHEAP[5], type("S", (CHEAP[5],), {"work_factor": 8})),
    ],
)
def test_another_cost_is_an_update(weak: type[Any], strong: type[Any]) -> None:
    encoded = weak().encode("p", weak().salt())
    assert strong().must_update(encoded)
    strong().harden_runtime("p", encoded)
    assert not strong().verify("q", encoded)


def test_harden_runtime_does_the_missing_work() -> None:
    calls: list[int] = []

    class Counting(CHEAP[0]):  # type: ignore[misc, valid-type]
        def encode(self, password: Any, salt: Any, iterations: int | None = None) -> str:
            calls.append(iterations or self.iterations)
            return str(super().encode(password, salt, iterations))

    encoded = CHEAP[0]().encode("p", "salt" * 8)
    stronger = Counting()
    stronger.iterations = 10
    stronger.harden_runtime("p", encoded)
    assert calls == [8]
    stronger.iterations = 1
    stronger.harden_runtime("p", encoded)
    assert calls == [8]


def test_short_salts_are_updated() -> None:
    hasher = hashers.MD5PasswordHasher()
    assert hasher.must_update(hasher.encode("p", "short"))
    for salt in ("", "a$b", None):
        with pytest.raises(ValueError, match=r"salt must be provided and cannot contain \$"):
            hasher.encode("p", salt)
    with pytest.raises(TypeError, match="password must be provided"):
        hasher.encode(None, "salt")


def test_the_base_class_asks_for_methods() -> None:
    base = hashers.BasePasswordHasher()
    for method, arguments in (
        ("verify", ("p", "e")),
        ("encode", ("p", "s")),
        ("decode", ("e",)),
        ("safe_summary", ("e",)),
    ):
        with pytest.raises(NotImplementedError, match=rf"must provide an? {method}\(\) method"):
            getattr(base, method)(*arguments)
    assert base.must_update("e") is False
    with pytest.warns(UserWarning, match="should provide a harden_runtime"):
        base.harden_runtime("p", "e")
    with pytest.raises(ValueError, match="doesn't specify a library attribute"):
        base._load_library()
    missing = type("Missing", (hashers.BasePasswordHasher,), {"library": "no_such_module_at_all"})
    with pytest.raises(ValueError, match="Couldn't load 'Missing' algorithm library"):
        missing()._load_library()


def test_make_and_check() -> None:
    encoded = hashers.make_password("right")
    assert encoded.startswith("md5$")
    assert hashers.check_password("right", encoded)
    assert not hashers.check_password("wrong", encoded)
    assert not hashers.check_password(None, encoded)
    assert not hashers.check_password("right", "no format at all")
    unusable = hashers.make_password(None)
    assert not hashers.is_password_usable(unusable)
    assert len(unusable) == 41
    assert not hashers.check_password("", unusable)
    assert hashers.is_password_usable(None)
    with pytest.raises(TypeError, match="Password must be a string or bytes, got int"):
        hashers.make_password(1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Unknown password hashing algorithm 'lol'"):
        hashers.get_hasher("lol")
    for old in ("a" * 32, "md5$$" + "a" * 32, "sha1$$" + "a" * 40):
        with pytest.raises(ValueError, match="unsalted_"):
            hashers.identify_hasher(old)


@override_settings(PASSWORD_HASHERS=REAL[::-1])
def test_upgrade_calls_the_setter() -> None:
    kept: list[str] = []
    old = hashers.make_password("p", hasher="md5")
    assert hashers.check_password("p", old, kept.append)
    assert kept == ["p"]
    assert not hashers.check_password("q", old, kept.append)
    assert kept == ["p"]


async def test_hashing_stays_off_the_loop() -> None:
    with override_settings(PASSWORD_HASHERS=[REAL[2]]):
        for call in (
            lambda: hashers.make_password("p"),
            lambda: hashers.check_password("p", "x"),
            lambda: hashers.verify_password("p", "x"),
        ):
            with pytest.raises(SynchronousOnlyOperation, match=r"Use `await a\w+\(\)` instead"):
                call()
        encoded = await hashers.amake_password("p")
        assert encoded.startswith("argon2$argon2id$")
        assert await hashers.acheck_password("p", encoded)
        assert await hashers.averify_password("q", encoded) == (False, False)
        assert not hashers.is_password_usable(await hashers.amake_password(None))
    kept: list[str] = []

    async def setter(password: str) -> None:
        kept.append(password)

    with override_settings(PASSWORD_HASHERS=REAL[::-1]):
        old = hashers.get_hasher("md5").encode("p", "s" * 22)
        assert await hashers.acheck_password("p", old, setter)
    assert kept == ["p"]


def test_settings_of_django_are_understood() -> None:
    names = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=names):
        assert type(hashers.get_hasher()) is hashers.MD5PasswordHasher
    with (
        override_settings(PASSWORD_HASHERS=["fastjango.auth.hashers.BasePasswordHasher"]),
        pytest.raises(ImproperlyConfigured, match="hasher doesn't specify an algorithm name"),
    ):
        hashers.get_hasher()


def test_django_reads_and_writes_the_same() -> None:
    theirs = pytest.importorskip("django.contrib.auth.hashers")
    for ours in CHEAP:
        base = next(c for c in ours.__mro__ if c.__module__ == "fastjango.auth._algorithms")
        cost = {
            k: v
            for k, v in vars(ours).items()
            if k
            in ("iterations", "rounds", "time_cost", "memory_cost", "parallelism", "work_factor")
        }
        their = type("Theirs", (getattr(theirs, base.__name__),), cost)()
        mine = ours()
        assert mine.verify("pä55", their.encode("pä55", their.salt()))
        assert their.verify("pä55", mine.encode("pä55", mine.salt()))
        encoded = their.encode("pä55", their.salt())
        assert mine.decode(encoded).keys() == their.decode(encoded).keys()
        assert not mine.must_update(encoded)
