"""What the N+1 guard advises for relations to objects of any model."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastjango.contenttypes.fields import GenericForeignKey, GenericRelation
from fastjango.contenttypes.models import ContentType
from fastjango.orm import connections, models
from fastjango.orm.models import FETCH_ONE
from fastjango.orm.nplusone import detect_n_plus_one


class NpWriter(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "contenttypes"


class NpNote(models.Model):
    kind = models.ForeignKey(ContentType, models.CASCADE)
    key = models.PositiveIntegerField()
    subject = GenericForeignKey("kind", "key")

    class Meta:
        app_label = "contenttypes"


class NpBook(models.Model):
    writer = models.ForeignKey(NpWriter, models.CASCADE)
    notes = GenericRelation(NpNote, "key", "kind")

    class Meta:
        app_label = "contenttypes"


@pytest.fixture(autouse=True)
def rows(tables: None) -> None:
    for number in range(5):
        writer = NpWriter.objects.create(name=f"w{number}")
        book = NpBook.objects.create(writer=writer)
        NpNote.objects.create(subject=book)
        NpNote.objects.create(subject=writer)


def books() -> Any:
    kind = ContentType.objects.get_for_model(NpBook)
    return NpNote.objects.filter(kind=kind).fetch_mode(FETCH_ONE)


def test_a_generic_key_is_prefetched() -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for note in books():
            assert note.subject.pk
    assert [r.advice for r in reports] == ["NpNote.objects.prefetch_related('subject')"]


def test_what_follows_a_generic_key_is_its_path() -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for note in books().prefetch_related("subject"):
            assert note.subject.writer.name
    assert [r.advice for r in reports] == ["NpNote.objects.prefetch_related('subject__writer')"]


def test_a_generic_relation_is_prefetched_on_both_edges() -> None:
    async def main() -> None:
        async for book in NpBook.objects.all():
            async for _ in book.notes.all():
                pass
        await connections.aclose_all()

    advice = ["NpBook.objects.prefetch_related('notes')"]
    with detect_n_plus_one(3, raise_error=False) as reports:
        for book in NpBook.objects.all():
            list(book.notes.all())
    assert [r.advice for r in reports] == advice
    with detect_n_plus_one(3, raise_error=False) as reports:
        for book in NpBook.objects.all():
            book.notes.count()
    assert [r.advice for r in reports] == advice
    with detect_n_plus_one(3, raise_error=False) as reports:
        asyncio.run(main())
    assert [r.advice for r in reports] == advice


def test_following_the_advice_silences_the_guard() -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for note in books().prefetch_related("subject__writer"):
            assert note.subject.writer.name
        for book in NpBook.objects.prefetch_related("notes"):
            assert list(book.notes.all())
    assert reports == []
