"""Types of fields with `null=True`. Lines marked `# E` must be errors."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import assert_type

from fastjango.orm import models


class Row(models.Model):
    char = models.CharField(max_length=5, null=True)
    text = models.TextField(null=True)
    slug = models.SlugField(null=True)
    email = models.EmailField(null=True)
    url = models.URLField(null=True)
    filepath = models.FilePathField(null=True)
    genericipaddress = models.GenericIPAddressField(null=True)
    integer = models.IntegerField(null=True)
    biginteger = models.BigIntegerField(null=True)
    smallinteger = models.SmallIntegerField(null=True)
    positiveinteger = models.PositiveIntegerField(null=True)
    positivebiginteger = models.PositiveBigIntegerField(null=True)
    positivesmallinteger = models.PositiveSmallIntegerField(null=True)
    float = models.FloatField(null=True)
    decimal = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    boolean = models.BooleanField(null=True)
    date = models.DateField(null=True)
    datetime = models.DateTimeField(null=True)
    time = models.TimeField(null=True)
    duration = models.DurationField(null=True)
    uuid = models.UUIDField(null=True)
    binary = models.BinaryField(null=True)


row = Row()
assert_type(row.char, str | None)
row.char = "a"
row.char = None
row.char = object()  # E
assert_type(row.text, str | None)
row.text = "a"
row.text = None
row.text = object()  # E
assert_type(row.slug, str | None)
row.slug = "a"
row.slug = None
row.slug = object()  # E
assert_type(row.email, str | None)
row.email = "a"
row.email = None
row.email = object()  # E
assert_type(row.url, str | None)
row.url = "a"
row.url = None
row.url = object()  # E
assert_type(row.filepath, str | None)
row.filepath = "a"
row.filepath = None
row.filepath = object()  # E
assert_type(row.genericipaddress, str | None)
row.genericipaddress = "::1"
row.genericipaddress = None
row.genericipaddress = object()  # E
assert_type(row.integer, int | None)
row.integer = 1
row.integer = None
row.integer = object()  # E
assert_type(row.biginteger, int | None)
row.biginteger = 1
row.biginteger = None
row.biginteger = object()  # E
assert_type(row.smallinteger, int | None)
row.smallinteger = 1
row.smallinteger = None
row.smallinteger = object()  # E
assert_type(row.positiveinteger, int | None)
row.positiveinteger = 1
row.positiveinteger = None
row.positiveinteger = object()  # E
assert_type(row.positivebiginteger, int | None)
row.positivebiginteger = 1
row.positivebiginteger = None
row.positivebiginteger = object()  # E
assert_type(row.positivesmallinteger, int | None)
row.positivesmallinteger = 1
row.positivesmallinteger = None
row.positivesmallinteger = object()  # E
assert_type(row.float, float | None)
row.float = 1.5
row.float = None
row.float = object()  # E
assert_type(row.decimal, decimal.Decimal | None)
row.decimal = decimal.Decimal("1.5")
row.decimal = None
row.decimal = object()  # E
assert_type(row.boolean, bool | None)
row.boolean = True
row.boolean = None
row.boolean = object()  # E
assert_type(row.date, datetime.date | None)
row.date = datetime.date(2020, 1, 1)
row.date = None
row.date = object()  # E
assert_type(row.datetime, datetime.datetime | None)
row.datetime = datetime.datetime(2020, 1, 1)
row.datetime = None
row.datetime = object()  # E
assert_type(row.time, datetime.time | None)
row.time = datetime.time(1)
row.time = None
row.time = object()  # E
assert_type(row.duration, datetime.timedelta | None)
row.duration = datetime.timedelta(1)
row.duration = None
row.duration = object()  # E
assert_type(row.uuid, uuid.UUID | None)
row.uuid = uuid.UUID(int=1)
row.uuid = None
row.uuid = object()  # E
assert_type(row.binary, bytes | memoryview | None)
row.binary = b"a"
row.binary = None
row.binary = object()  # E
row.char.upper()  # E
row.integer + 1  # E
row.date.year  # noqa: B018  # E
row.uuid.hex  # noqa: B018  # E
row.decimal * 2  # E
row.duration.days  # noqa: B018  # E
assert_type(row.char, str)  # E
assert_type(row.integer, int)  # E
assert_type(row.boolean, bool)  # E
fresh = Row()
if fresh.text is not None:
    assert_type(fresh.text, str)
    assert_type(fresh.text.upper(), str)
assert_type(fresh.date.year if fresh.date else None, int | None)


class Never(models.Model):
    """`null=False` said aloud is the default."""

    char = models.CharField(max_length=5, null=False)
    integer = models.IntegerField(null=False)
    date = models.DateField(null=False, blank=True)
    text = models.TextField(blank=True)


never = Never()
assert_type(never.char, str)
assert_type(never.integer, int)
assert_type(never.date, datetime.date)
assert_type(never.text, str)
never.char = None  # E
never.integer = None  # E
never.date = None  # E
never.text = None  # E
