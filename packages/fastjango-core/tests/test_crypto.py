"""Crypto helpers against Django's."""

import hashlib
import warnings

import pytest
from fastjango.core.checks import is_strong_secret
from fastjango.core.crypto import (
    InvalidAlgorithm,
    constant_time_compare,
    get_random_secret_key,
    get_random_string,
    pbkdf2,
    salted_hmac,
    to_bytes,
)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("secret", ["short", b"bytes", "x" * 500])
def test_salted_hmac_is_djangos(algorithm, secret):
    django = pytest.importorskip("django.utils.crypto")
    ours = salted_hmac("salt", "välue", secret, algorithm=algorithm).hexdigest()
    assert ours == django.salted_hmac("salt", "välue", secret, algorithm=algorithm).hexdigest()


def test_salted_hmac_gives_each_caller_its_own():
    first, second = salted_hmac("s", "v", "k"), salted_hmac("s", "v", "k")
    first.update(b"more")
    assert first.digest() != second.digest() == salted_hmac("s", "v", "k").digest()


def test_salted_hmac_defaults(configured):
    configured(SECRET_KEY="a key")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert salted_hmac("s", "v").digest() == salted_hmac("s", "v", "a key").digest()
    assert salted_hmac("s", "v").name == "hmac-sha1"
    with pytest.raises(InvalidAlgorithm, match="'whatever' is not an algorithm accepted"):
        salted_hmac("s", "v", "k", algorithm="whatever")


def test_pbkdf2_is_djangos():
    django = pytest.importorskip("django.utils.crypto")
    for args in [("p", "s", 10), ("p", b"s", 10, 20), ("p", "s", 3, 0, hashlib.sha1)]:
        assert pbkdf2(*args) == django.pbkdf2(*args)


def test_random_strings():
    assert len(get_random_string(20)) == 20
    assert get_random_string(50) != get_random_string(50)
    assert set(get_random_string(50, "ab")) <= {"a", "b"}


def test_secret_keys():
    assert len(get_random_secret_key()) == 50
    assert is_strong_secret(get_random_secret_key())


def test_compare_and_bytes():
    assert constant_time_compare("ä", "ä".encode())
    assert not constant_time_compare("a", "b")
    assert (to_bytes(memoryview(b"x")), to_bytes(3)) == (b"x", b"3")
