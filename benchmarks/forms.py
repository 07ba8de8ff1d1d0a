"""A form of twenty fields: CPU to show, check and show again, of FastJango beside Django.

The same class, made with each framework's `forms`, in one process; each renders with the renderer
it has by default. Prints a table and whether the target is met; exits with 1 if it is missed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from _measure import Table, compare_calls
from _tables import Target

ALL = "all three, as a visitor does"
TARGET = Target(f"{ALL}: at most half of Django's", ALL, "fastjango", "django", 0.5)

CHOICES = [(str(number), f"Choice {number}") for number in range(10)]
DATA = {
    "name": "Ada Lovelace",
    "title": "Countess",
    "email": "ada@example.com",
    "homepage": "https://example.com/ada",
    "slug": "ada",
    "age": "36",
    "height": "1.65",
    "price": "12.50",
    "born": "1815-12-10",
    "at": "12:30",
    "seen": "1851-05-01 10:00",
    "address": "192.0.2.1",
    "key": "12345678-1234-5678-1234-567812345678",
    "about": "Wrote the first program. <b>",
    "secret": "correct horse",
    "colour": "3",
    "size": "4",
    "tags": ["1", "2"],
    "agreed": "on",
    "token": "t",
}
WRONG = {**DATA, "email": "ada", "age": "x", "price": "1.234", "born": "never", "colour": "99"}

Calls = dict[str, Callable[[], object]]


def define(forms: Any) -> Any:
    """Build the form with a `forms` namespace."""
    text = {"help_text": "As on your passport."}
    fields = {
        "name": forms.CharField(max_length=100, **text),
        "title": forms.CharField(max_length=50, required=False),
        "email": forms.EmailField(),
        "homepage": forms.URLField(required=False, assume_scheme="https"),
        "slug": forms.SlugField(max_length=50),
        "age": forms.IntegerField(min_value=0, max_value=150),
        "height": forms.FloatField(required=False),
        "price": forms.DecimalField(max_digits=8, decimal_places=2),
        "born": forms.DateField(),
        "at": forms.TimeField(required=False),
        "seen": forms.DateTimeField(),
        "address": forms.GenericIPAddressField(required=False),
        "key": forms.UUIDField(),
        "about": forms.CharField(widget=forms.Textarea, **text),
        "secret": forms.CharField(widget=forms.PasswordInput, min_length=8),
        "colour": forms.ChoiceField(choices=CHOICES),
        "size": forms.TypedChoiceField(choices=CHOICES, coerce=int, widget=forms.RadioSelect),
        "tags": forms.MultipleChoiceField(choices=CHOICES),
        "agreed": forms.BooleanField(),
        "token": forms.CharField(widget=forms.HiddenInput),
    }
    return type("BenchForm", (forms.Form,), fields)


def calls_of(form: Any) -> Calls:
    """Return the workloads of one framework, after a look at their results."""

    def invalid() -> str:
        bound = form(WRONG)
        assert not bound.is_valid()
        return str(bound)

    def valid() -> None:
        assert form(DATA).is_valid()

    valid()
    assert invalid().count("errorlist") == 5
    assert str(form()).count("<label") == 28

    def everything() -> None:
        str(form())
        invalid()
        valid()

    return {
        "show": lambda: str(form()),
        "check": valid,
        "check and show errors": invalid,
        ALL: everything,
    }


def fastjango_calls() -> Calls:
    """Set FastJango up and return its workloads."""
    from fastjango.core import settings, setup

    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50, INSTALLED_APPS=["fastjango.forms"]
    )
    setup()
    from fastjango import forms

    return calls_of(define(forms))


def django_calls() -> Calls:
    """Set Django up and return its workloads."""
    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]

    # Neither side looks up translations.
    settings.configure(USE_TZ=True, USE_I18N=False)
    django.setup()
    from django import forms

    return calls_of(define(forms))


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench forms", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="Three short rounds.")
    options = parser.parse_args()
    rounds, number = (3, 20) if options.quick else (options.rounds, 100)
    peers = {"fastjango": fastjango_calls(), "django": django_calls()}
    table = Table(
        "A form of twenty fields",
        "µs CPU per form",
        "django",
        command="python3 tools/dev.py bench forms",
        notes=["The same class in one process, each side with the renderer it has by default."],
        targets=[TARGET],
    )
    for workload in peers["fastjango"]:
        measured = {name: calls[workload] for name, calls in peers.items()}
        compare_calls(table, {workload: measured}, number=number, rounds=rounds)
    return table.conclude("forms")


if __name__ == "__main__":
    raise SystemExit(main())
