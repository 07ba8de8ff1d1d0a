"""Types of fields: what reading gives, what may be written. Lines marked `# E` must be errors."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import assert_type

from fastjango.orm import models


class Row(models.Model):
    char = models.CharField(max_length=5)
    char_null = models.CharField(max_length=5, null=True)
    text = models.TextField()
    text_null = models.TextField(null=True)
    slug = models.SlugField()
    slug_null = models.SlugField(null=True)
    email = models.EmailField()
    email_null = models.EmailField(null=True)
    url = models.URLField()
    url_null = models.URLField(null=True)
    filepath = models.FilePathField()
    filepath_null = models.FilePathField(null=True)
    genericipaddress = models.GenericIPAddressField()
    genericipaddress_null = models.GenericIPAddressField(null=True)
    integer = models.IntegerField()
    integer_null = models.IntegerField(null=True)
    biginteger = models.BigIntegerField()
    biginteger_null = models.BigIntegerField(null=True)
    smallinteger = models.SmallIntegerField()
    smallinteger_null = models.SmallIntegerField(null=True)
    positiveinteger = models.PositiveIntegerField()
    positiveinteger_null = models.PositiveIntegerField(null=True)
    positivebiginteger = models.PositiveBigIntegerField()
    positivebiginteger_null = models.PositiveBigIntegerField(null=True)
    positivesmallinteger = models.PositiveSmallIntegerField()
    positivesmallinteger_null = models.PositiveSmallIntegerField(null=True)
    float = models.FloatField()
    float_null = models.FloatField(null=True)
    decimal = models.DecimalField(max_digits=5, decimal_places=2)
    decimal_null = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    boolean = models.BooleanField()
    boolean_null = models.BooleanField(null=True)
    date = models.DateField()
    date_null = models.DateField(null=True)
    datetime = models.DateTimeField()
    datetime_null = models.DateTimeField(null=True)
    time = models.TimeField()
    time_null = models.TimeField(null=True)
    duration = models.DurationField()
    duration_null = models.DurationField(null=True)
    uuid = models.UUIDField()
    uuid_null = models.UUIDField(null=True)
    binary = models.BinaryField()
    binary_null = models.BinaryField(null=True)


row = Row()
assert_type(row.char, str)
assert_type(row.char_null, str | None)
row.char = "a"
row.char_null = "a"
row.char_null = None
row.char = models.F("x")
row.char = None  # E
row.char = object()  # E
row.char_null = object()  # E
assert_type(row.text, str)
assert_type(row.text_null, str | None)
row.text = "a"
row.text_null = "a"
row.text_null = None
row.text = models.F("x")
row.text = None  # E
row.text = object()  # E
row.text_null = object()  # E
assert_type(row.slug, str)
assert_type(row.slug_null, str | None)
row.slug = "a"
row.slug_null = "a"
row.slug_null = None
row.slug = models.F("x")
row.slug = None  # E
row.slug = object()  # E
row.slug_null = object()  # E
assert_type(row.email, str)
assert_type(row.email_null, str | None)
row.email = "a"
row.email_null = "a"
row.email_null = None
row.email = models.F("x")
row.email = None  # E
row.email = object()  # E
row.email_null = object()  # E
assert_type(row.url, str)
assert_type(row.url_null, str | None)
row.url = "a"
row.url_null = "a"
row.url_null = None
row.url = models.F("x")
row.url = None  # E
row.url = object()  # E
row.url_null = object()  # E
assert_type(row.filepath, str)
assert_type(row.filepath_null, str | None)
row.filepath = "a"
row.filepath_null = "a"
row.filepath_null = None
row.filepath = models.F("x")
row.filepath = None  # E
row.filepath = object()  # E
row.filepath_null = object()  # E
assert_type(row.genericipaddress, str)
assert_type(row.genericipaddress_null, str | None)
row.genericipaddress = "::1"
row.genericipaddress_null = "::1"
row.genericipaddress_null = None
row.genericipaddress = models.F("x")
row.genericipaddress = None  # E
row.genericipaddress = object()  # E
row.genericipaddress_null = object()  # E
assert_type(row.integer, int)
assert_type(row.integer_null, int | None)
row.integer = 1
row.integer_null = 1
row.integer_null = None
row.integer = models.F("x")
row.integer = None  # E
row.integer = object()  # E
row.integer_null = object()  # E
assert_type(row.biginteger, int)
assert_type(row.biginteger_null, int | None)
row.biginteger = 1
row.biginteger_null = 1
row.biginteger_null = None
row.biginteger = models.F("x")
row.biginteger = None  # E
row.biginteger = object()  # E
row.biginteger_null = object()  # E
assert_type(row.smallinteger, int)
assert_type(row.smallinteger_null, int | None)
row.smallinteger = 1
row.smallinteger_null = 1
row.smallinteger_null = None
row.smallinteger = models.F("x")
row.smallinteger = None  # E
row.smallinteger = object()  # E
row.smallinteger_null = object()  # E
assert_type(row.positiveinteger, int)
assert_type(row.positiveinteger_null, int | None)
row.positiveinteger = 1
row.positiveinteger_null = 1
row.positiveinteger_null = None
row.positiveinteger = models.F("x")
row.positiveinteger = None  # E
row.positiveinteger = object()  # E
row.positiveinteger_null = object()  # E
assert_type(row.positivebiginteger, int)
assert_type(row.positivebiginteger_null, int | None)
row.positivebiginteger = 1
row.positivebiginteger_null = 1
row.positivebiginteger_null = None
row.positivebiginteger = models.F("x")
row.positivebiginteger = None  # E
row.positivebiginteger = object()  # E
row.positivebiginteger_null = object()  # E
assert_type(row.positivesmallinteger, int)
assert_type(row.positivesmallinteger_null, int | None)
row.positivesmallinteger = 1
row.positivesmallinteger_null = 1
row.positivesmallinteger_null = None
row.positivesmallinteger = models.F("x")
row.positivesmallinteger = None  # E
row.positivesmallinteger = object()  # E
row.positivesmallinteger_null = object()  # E
assert_type(row.float, float)
assert_type(row.float_null, float | None)
row.float = 1.5
row.float_null = 1.5
row.float_null = None
row.float = models.F("x")
row.float = None  # E
row.float = object()  # E
row.float_null = object()  # E
assert_type(row.decimal, decimal.Decimal)
assert_type(row.decimal_null, decimal.Decimal | None)
row.decimal = decimal.Decimal("1.5")
row.decimal_null = decimal.Decimal("1.5")
row.decimal_null = None
row.decimal = models.F("x")
row.decimal = None  # E
row.decimal = object()  # E
row.decimal_null = object()  # E
assert_type(row.boolean, bool)
assert_type(row.boolean_null, bool | None)
row.boolean = True
row.boolean_null = True
row.boolean_null = None
row.boolean = models.F("x")
row.boolean = None  # E
row.boolean = object()  # E
row.boolean_null = object()  # E
assert_type(row.date, datetime.date)
assert_type(row.date_null, datetime.date | None)
row.date = datetime.date(2020, 1, 1)
row.date_null = datetime.date(2020, 1, 1)
row.date_null = None
row.date = models.F("x")
row.date = None  # E
row.date = object()  # E
row.date_null = object()  # E
assert_type(row.datetime, datetime.datetime)
assert_type(row.datetime_null, datetime.datetime | None)
row.datetime = datetime.datetime(2020, 1, 1)
row.datetime_null = datetime.datetime(2020, 1, 1)
row.datetime_null = None
row.datetime = models.F("x")
row.datetime = None  # E
row.datetime = object()  # E
row.datetime_null = object()  # E
assert_type(row.time, datetime.time)
assert_type(row.time_null, datetime.time | None)
row.time = datetime.time(1)
row.time_null = datetime.time(1)
row.time_null = None
row.time = models.F("x")
row.time = None  # E
row.time = object()  # E
row.time_null = object()  # E
assert_type(row.duration, datetime.timedelta)
assert_type(row.duration_null, datetime.timedelta | None)
row.duration = datetime.timedelta(1)
row.duration_null = datetime.timedelta(1)
row.duration_null = None
row.duration = models.F("x")
row.duration = None  # E
row.duration = object()  # E
row.duration_null = object()  # E
assert_type(row.uuid, uuid.UUID)
assert_type(row.uuid_null, uuid.UUID | None)
row.uuid = uuid.UUID(int=1)
row.uuid_null = uuid.UUID(int=1)
row.uuid_null = None
row.uuid = models.F("x")
row.uuid = None  # E
row.uuid = object()  # E
row.uuid_null = object()  # E
assert_type(row.binary, bytes | memoryview)
assert_type(row.binary_null, bytes | memoryview | None)
row.binary = b"a"
row.binary_null = b"a"
row.binary_null = None
row.binary = models.F("x")
row.binary = None  # E
row.binary = object()  # E
row.binary_null = object()  # E
