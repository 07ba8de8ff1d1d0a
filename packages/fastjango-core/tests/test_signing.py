"""Signing, both ways with Django as the other side."""

import datetime
from types import SimpleNamespace

import pytest
from fastjango.core import signing
from fastjango.core.signing import (
    BadSignature,
    SignatureExpired,
    Signer,
    TimestampSigner,
    b62_decode,
    b62_encode,
    cookie_signer_salt,
    dumps,
    get_cookie_signer,
    loads,
    unsign_cookie,
)
from hypothesis import given
from hypothesis import strategies as st

OBJECTS = [1, "ünï", None, [1, [2, {"a": "b"}]], {"k": "v" * 300}]


@pytest.fixture
def django(monkeypatch):
    """Django's signing, with the settings of the test given to it directly."""
    module = pytest.importorskip("django.core.signing")
    monkeypatch.setattr(
        module,
        "settings",
        SimpleNamespace(
            SECRET_KEY="k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
            SECRET_KEY_FALLBACKS=[],
            SIGNING_BACKEND="django.core.signing.TimestampSigner",
        ),
    )
    return module


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("obj", OBJECTS)
def test_objects_both_ways(configured, django, obj, compress):
    assert loads(django.dumps(obj, compress=compress), max_age=60) == obj
    assert django.loads(dumps(obj, compress=compress), max_age=60) == obj


@pytest.mark.parametrize("name", ["Signer", "TimestampSigner"])
@pytest.mark.parametrize("options", [{}, {"salt": "s"}, {"sep": "/"}, {"algorithm": "sha512"}])
def test_texts_both_ways(configured, django, name, options):
    ours, theirs = getattr(signing, name)(**options), getattr(django, name)(**options)
    assert ours.salt == theirs.salt
    for value in ("", "plain", "with:colon/and slash", "ünï"):
        assert ours.unsign(theirs.sign(value)) == value
        assert theirs.unsign(ours.sign(value)) == value
    assert Signer(**options).sign("v") == django.Signer(**options).sign("v")


def test_cookie_signers_agree(configured, django):
    value = get_cookie_signer("name").sign("v")
    assert django.get_cookie_signer("name").unsign(value) == "v"
    assert get_cookie_signer().salt == django.get_cookie_signer().salt


@given(st.integers())
def test_base_62_round_trip(number):
    assert b62_decode(b62_encode(number)) == number


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_base_62_is_djangos(number):
    django = pytest.importorskip("django.core.signing")
    assert b62_encode(number) == django.b62_encode(number)


def test_changed_texts_are_refused(configured):
    signed = Signer().sign("v")
    with pytest.raises(BadSignature, match="does not match"):
        Signer().unsign(signed + "x")
    with pytest.raises(BadSignature, match='No ":" found in value'):
        Signer().unsign("nothing")
    with pytest.raises(BadSignature):
        loads(dumps([1], salt="a"), salt="b")
    with pytest.raises(BadSignature):
        Signer(key="other").unsign(signed)


def test_old_keys_still_verify(configured):
    configured(SECRET_KEY="old" * 20)
    signed, packed = Signer().sign("v"), dumps({"a": 1})
    configured(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=["old" * 20])
    assert (Signer().unsign(signed), loads(packed)) == ("v", {"a": 1})
    assert loads(packed, fallback_keys=["old" * 20]) == {"a": 1}
    with pytest.raises(BadSignature):
        Signer(fallback_keys=[]).unsign(signed)


@pytest.mark.parametrize("sep", ["", "-", "abc", "="])
def test_separators_that_could_be_in_a_signature(configured, sep):
    with pytest.raises(ValueError, match="Unsafe Signer separator"):
        Signer(sep=sep)


def test_signatures_expire(configured, monkeypatch):
    now = 1_000_000_000.0
    monkeypatch.setattr("fastjango.core.signing.time.time", lambda: now)
    signed = TimestampSigner().sign("v")
    now += 10
    assert TimestampSigner().unsign(signed) == "v"
    assert TimestampSigner().unsign(signed, max_age=10) == "v"
    assert TimestampSigner().unsign(signed, max_age=datetime.timedelta(seconds=11)) == "v"
    with pytest.raises(SignatureExpired, match=r"Signature age 10\.0 > 9 seconds"):
        TimestampSigner().unsign(signed, max_age=9)


def test_subclasses_have_a_salt_of_their_own(configured):
    class Mine(Signer):
        pass

    assert Mine().salt.endswith(".Mine")
    with pytest.raises(BadSignature):
        Signer().unsign(Mine().sign("v"))


def test_cookies_with_old_and_new_salts(configured):
    signed = get_cookie_signer(cookie_signer_salt("name", "salt")).sign("v")
    assert unsign_cookie(signed, cookie_name="name", salt="salt", max_age=60) == "v"
    old = get_cookie_signer("namesalt").sign("v")
    with pytest.raises(BadSignature):
        unsign_cookie(old, cookie_name="name", salt="salt")
    configured(SIGNED_COOKIE_LEGACY_SALT_FALLBACK=True)
    assert unsign_cookie(old, cookie_name="name", salt="salt") == "v"
    with pytest.raises(SignatureExpired):
        unsign_cookie(signed, cookie_name="name", salt="salt", max_age=-1)


def test_a_given_serializer(configured):
    class Plain:
        def dumps(self, obj):
            return obj.encode()

        def loads(self, data):
            return data.decode()

    signed = Signer().sign_object("text", serializer=Plain)
    assert Signer().unsign_object(signed, serializer=Plain) == "text"
