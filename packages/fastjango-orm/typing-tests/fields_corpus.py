"""Types of fields: what reading gives, what may be written, which options are known.

Lines marked `# E` must be errors.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import assert_type

from fastjango.orm import models


class Row(models.Model):
    char = models.CharField(max_length=5)
    text = models.TextField()
    slug = models.SlugField()
    email = models.EmailField()
    url = models.URLField()
    filepath = models.FilePathField()
    genericipaddress = models.GenericIPAddressField()
    integer = models.IntegerField()
    biginteger = models.BigIntegerField()
    smallinteger = models.SmallIntegerField()
    positiveinteger = models.PositiveIntegerField()
    positivebiginteger = models.PositiveBigIntegerField()
    positivesmallinteger = models.PositiveSmallIntegerField()
    float = models.FloatField()
    decimal = models.DecimalField(max_digits=5, decimal_places=2)
    boolean = models.BooleanField()
    date = models.DateField()
    datetime = models.DateTimeField()
    time = models.TimeField()
    duration = models.DurationField()
    uuid = models.UUIDField()
    binary = models.BinaryField()


row = Row()
assert_type(row.char, str)
row.char = "a"
row.char = models.F("x")
row.char = None  # E
row.char = object()  # E
assert_type(row.text, str)
row.text = "a"
row.text = models.F("x")
row.text = None  # E
row.text = object()  # E
assert_type(row.slug, str)
row.slug = "a"
row.slug = models.F("x")
row.slug = None  # E
row.slug = object()  # E
assert_type(row.email, str)
row.email = "a"
row.email = models.F("x")
row.email = None  # E
row.email = object()  # E
assert_type(row.url, str)
row.url = "a"
row.url = models.F("x")
row.url = None  # E
row.url = object()  # E
assert_type(row.filepath, str)
row.filepath = "a"
row.filepath = models.F("x")
row.filepath = None  # E
row.filepath = object()  # E
assert_type(row.genericipaddress, str)
row.genericipaddress = "::1"
row.genericipaddress = models.F("x")
row.genericipaddress = None  # E
row.genericipaddress = object()  # E
assert_type(row.integer, int)
row.integer = 1
row.integer = models.F("x")
row.integer = None  # E
row.integer = object()  # E
assert_type(row.biginteger, int)
row.biginteger = 1
row.biginteger = models.F("x")
row.biginteger = None  # E
row.biginteger = object()  # E
assert_type(row.smallinteger, int)
row.smallinteger = 1
row.smallinteger = models.F("x")
row.smallinteger = None  # E
row.smallinteger = object()  # E
assert_type(row.positiveinteger, int)
row.positiveinteger = 1
row.positiveinteger = models.F("x")
row.positiveinteger = None  # E
row.positiveinteger = object()  # E
assert_type(row.positivebiginteger, int)
row.positivebiginteger = 1
row.positivebiginteger = models.F("x")
row.positivebiginteger = None  # E
row.positivebiginteger = object()  # E
assert_type(row.positivesmallinteger, int)
row.positivesmallinteger = 1
row.positivesmallinteger = models.F("x")
row.positivesmallinteger = None  # E
row.positivesmallinteger = object()  # E
assert_type(row.float, float)
row.float = 1.5
row.float = models.F("x")
row.float = None  # E
row.float = object()  # E
assert_type(row.decimal, decimal.Decimal)
row.decimal = decimal.Decimal("1.5")
row.decimal = models.F("x")
row.decimal = None  # E
row.decimal = object()  # E
assert_type(row.boolean, bool)
row.boolean = True
row.boolean = models.F("x")
row.boolean = None  # E
row.boolean = object()  # E
assert_type(row.date, datetime.date)
row.date = datetime.date(2020, 1, 1)
row.date = models.F("x")
row.date = None  # E
row.date = object()  # E
assert_type(row.datetime, datetime.datetime)
row.datetime = datetime.datetime(2020, 1, 1)
row.datetime = models.F("x")
row.datetime = None  # E
row.datetime = object()  # E
assert_type(row.time, datetime.time)
row.time = datetime.time(1)
row.time = models.F("x")
row.time = None  # E
row.time = object()  # E
assert_type(row.duration, datetime.timedelta)
row.duration = datetime.timedelta(1)
row.duration = models.F("x")
row.duration = None  # E
row.duration = object()  # E
assert_type(row.uuid, uuid.UUID)
row.uuid = uuid.UUID(int=1)
row.uuid = models.F("x")
row.uuid = None  # E
row.uuid = object()  # E
assert_type(row.binary, bytes | memoryview)
row.binary = b"a"
row.binary = models.F("x")
row.binary = None  # E
row.binary = object()  # E


class Kinds(models.TextChoices):
    NOVEL = "n", "Novel"
    ESSAY = "e"


class Sizes(models.IntegerChoices):
    SMALL = 1, "Small"


class More(models.Model):
    small_key = models.SmallAutoField(primary_key=True)
    data = models.JSONField(default=dict)
    file = models.FileField(upload_to="files")
    image = models.ImageField(width_field="width", height_field="height")
    width = models.PositiveIntegerField()
    kind = models.CharField(max_length=1, choices=Kinds)
    size = models.IntegerField(choices=Sizes, default=Sizes.SMALL)
    pairs = models.CharField("what it is", max_length=1, choices=[("a", "A")])
    doubled = models.GeneratedField(
        expression=models.F("width") * 2, output_field=models.IntegerField(), db_persist=True
    )
    shout = models.GeneratedField(
        expression=models.F("kind"), output_field=models.CharField(max_length=9), db_persist=True
    )


class BigKey(models.Model):
    big_key = models.BigAutoField(primary_key=True)


class Key(models.Model):
    key = models.AutoField(primary_key=True)


class Options(models.Model):
    a = models.CharField(max_length="x")  # E
    b = models.IntegerField(nope=1)  # E, not ty: it checks no `Unpack`
    c = models.DateField(auto_now="yes")  # E
    d = models.DecimalField(max_digits="x")  # E
    e = models.CharField(null="x")  # E
    f = models.BooleanField(db_index="x")  # E
    g = models.SlugField(allow_unicode="x")  # E
    h = models.GenericIPAddressField(protocol=5)  # E
    i = models.FilePathField(recursive="x")  # E
    j = models.UUIDField(unique="x")  # E
    k = models.TextField(choices=5)  # E
    ll = models.JSONField(encoder="x")  # E
    m = models.FileField(upload_to=5)  # E
    n = models.TimeField(auto_now_add=None)  # E
    o = models.DecimalField(decimal_places=1.5)  # E
    p = models.CharField(validators=5)  # E
    q = models.FloatField(verbose_name=5)  # E


more = More()
assert_type(more.small_key, int)
assert_type(BigKey().big_key, int)
assert_type(Key().key, int)
assert_type(more.kind, str)
assert_type(more.size, int)
assert_type(more.pairs, str)
assert_type(more.doubled, int)
assert_type(more.shout, str)
assert_type(more.file.name, str | None)
assert_type(more.image.name, str | None)
assert_type(Kinds.NOVEL.label, str)
assert_type(Kinds.NOVEL.value, str)
assert_type(Sizes.SMALL.value, int)
more.data = [1, {"a": None}]
more.kind = Kinds.ESSAY
more.size = Sizes.SMALL
more.file = "name"
more.kind = Sizes.SMALL  # E
more.doubled.upper()  # E
more.file = 5  # E
Kinds.POEM  # noqa: B018  # E
more.kind = None  # E
more.nothing  # noqa: B018  # E
more.width.upper()  # E
row.char + 1  # E
row.date.hour  # noqa: B018  # E
row.uuid.upper()  # E
assert_type(row.datetime.date(), datetime.date)
assert_type(row.char.upper(), str)
assert_type(row.integer + row.smallinteger, int)
assert_type(row.duration * 2, datetime.timedelta)
assert_type(row.decimal * 2, decimal.Decimal)
assert_type(row.char, int)  # E
assert_type(row.integer, str)  # E
