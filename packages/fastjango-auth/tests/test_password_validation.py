"""Validators of passwords."""

from __future__ import annotations

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.auth import password_validation as validation
from fastjango.auth.models import User
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, ValidationError


def refusals(password: str, user: Any = None, validators: Any = None) -> list[str]:
    try:
        validation.validate_password(password, user, validators)
    except ValidationError as error:
        return [str(message) for message in error.messages]
    return []


def test_the_default_validators() -> None:
    assert refusals("12345") == [
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
        "This password is entirely numeric.",
    ]
    assert refusals("Password") == ["This password is too common."]
    assert refusals("michael") == [
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
    ]
    assert refusals("hatstand-velocity-9") == []
    user = User(username="hatstandvelocity", email="jo@example.com")
    assert refusals("hatstand-velocity", user) == ["The password is too similar to the username."]


def test_the_list_is_long_enough() -> None:
    assert len(validation._known_passwords()) >= 20_000


def test_passwords_have_a_documented_limit() -> None:
    assert refusals("é" * 4096) == []
    assert refusals("é" * 4097) == [
        "This password is too long. It must contain at most 4096 characters."
    ]
    with override_settings(AUTH_PASSWORD_MAX_LENGTH=10):  # never below 64
        assert refusals("x7" * 32) == []
        assert len(refusals("x7" * 33)) == 1
    with override_settings(AUTH_PASSWORD_MAX_LENGTH=9999):  # nor longer than what pages take
        assert refusals("é" * 4096) == []
        assert len(refusals("é" * 4097)) == 1


def test_similarity_looks_at_parts_and_at_any_object() -> None:
    validator = validation.UserAttributeSimilarityValidator(user_attributes=["email", "age"])
    user = SimpleNamespace(email="somebody@example.com", age=3)
    with pytest.raises(ValidationError, match="too similar"):
        user._meta = User._meta
        validator.validate("somebody1", user)
    validator.validate("somebody1", None)
    assert "personal information" in validator.get_help_text()
    with pytest.raises(ValueError, match=r"max_similarity must be at least 0\.1"):
        validation.UserAttributeSimilarityValidator(max_similarity=0.09)
    assert validation.exceeds_maximum_length_ratio("x" * 100, 0.7, "x")
    assert validation.UserAttributeSimilarityValidator._verbose_name(user, "age") == "age"


def test_own_lists(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("from-my-list\n")
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(b"from-my-list\n"))
    for path in (plain, packed):
        validator = validation.CommonPasswordValidator(password_list_path=path)
        assert validator.passwords == {"from-my-list"}
        with pytest.raises(ValidationError, match="too common"):
            validator.validate("From-My-List")


def test_help_texts() -> None:
    assert len(validation.password_validators_help_texts()) == 4
    html = validation.password_validators_help_text_html()
    assert html.startswith("<ul><li>")
    assert str(validation.password_validators_help_text_html([])) == ""
    amp = SimpleNamespace(get_help_text=lambda: "A & B")
    assert "A &amp; B" in str(validation.password_validators_help_text_html([amp]))


def test_validators_hear_of_changes_on_both_edges() -> None:
    heard: list[str] = []

    class Hearing:
        def validate(self, password: str, user: Any = None) -> None: ...

        def password_changed(self, password: str, user: Any = None) -> None:
            heard.append(password)

    validation.password_changed("x", None, [Hearing(), validation.NumericPasswordValidator()])
    assert heard == ["x"]


def test_unknown_validator() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"could not be imported: no\.such\.Validator"):
        validation.get_password_validators([{"NAME": "no.such.Validator"}])
    (known,) = validation.get_password_validators(
        [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 3},
            }
        ]
    )
    assert known.min_length == 3
    assert known.get_help_text() == "Your password must contain at least 3 characters."
