"""Models that Django and FastJango define alike, their rows, and what the database says of both.

It is copied into an app `library` of either framework, beside a module `side` that names the
framework's `models`, `functions`, `connection` and version.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from side import CHECKED_BY_6, VENDOR, connection, functions, models  # type: ignore

UTC = datetime.UTC
PARTIAL = VENDOR != "mysql"  # indexes with a condition or of expressions; MariaDB has neither
POSTGRESQL = VENDOR == "postgresql"
COLLATION = {"sqlite": "nocase", "postgresql": "C", "mysql": "utf8mb4_bin"}[VENDOR]


class Colour(models.TextChoices):
    RED = "r", "Red"
    BLUE = "b", "Blue"


class Author(models.Model):
    name = models.CharField(max_length=30, unique=True)


class Tag(models.Model):
    label = models.SlugField()


class Book(models.Model):
    title = models.CharField(max_length=30, db_index=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)
    price = models.DecimalField(max_digits=7, decimal_places=3, null=True)
    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    hour = models.TimeField(null=True)
    span = models.DurationField(null=True)
    uid = models.UUIDField(null=True)
    data = models.JSONField(null=True)
    flag = models.BooleanField(default=False)
    raw = models.BinaryField(null=True)
    ratio = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=0)
    ip = models.GenericIPAddressField(null=True)
    text = models.TextField(blank=True)

    class Meta:
        unique_together = [("title", "author")]
        indexes = [models.Index(fields=["day", "-count"])]
        constraints = [models.UniqueConstraint(fields=["uid"], name="one_uid")]


class Novel(Book):
    genre = models.CharField(max_length=10)


class Fields(models.Model):
    """Every field type of one column, with the options that change names or types."""

    big = models.BigIntegerField(null=True)
    small = models.SmallIntegerField(default=1)
    positive = models.PositiveIntegerField(default=1)
    positive_big = models.PositiveBigIntegerField(null=True)
    positive_small = models.PositiveSmallIntegerField(default=1)
    integer = models.IntegerField(null=True, unique=True)
    char = models.CharField(max_length=30, db_index=True)
    char_unique = models.CharField(max_length=30, unique=True)
    choice = models.CharField(max_length=1, choices=Colour.choices, default=Colour.RED)
    slug = models.SlugField()
    slug_unique = models.SlugField(unique=True)
    slug_bare = models.SlugField(db_index=False, allow_unicode=True, max_length=80)
    email = models.EmailField(unique=True)
    url = models.URLField(db_index=True)
    path = models.FilePathField(path="/")
    file = models.FileField(upload_to="x")
    text = models.TextField()
    flag = models.BooleanField(default=False)
    flag_null = models.BooleanField(null=True, db_index=True)
    date = models.DateField(db_index=True)
    moment = models.DateTimeField(unique=True)
    time = models.TimeField(null=True)
    span = models.DurationField(db_index=True)
    decimal = models.DecimalField(max_digits=20, decimal_places=6, db_index=True)
    float = models.FloatField()
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    uid_null = models.UUIDField(db_index=True, null=True)
    ip4 = models.GenericIPAddressField(protocol="IPv4", db_index=True)
    ip = models.GenericIPAddressField(unpack_ipv4=True)
    raw = models.BinaryField()
    data = models.JSONField(default=dict)
    data_null = models.JSONField(null=True)
    named = models.IntegerField(db_column="Odd Name", db_index=True)
    select = models.IntegerField(default=0)
    filled = models.IntegerField(db_default=5)
    filled_text = models.CharField(max_length=10, db_default="a'b")
    sum = models.GeneratedField(
        expression=models.F("small") + 1,
        output_field=models.IntegerField(),
        db_persist=VENDOR != "mysql",  # a mere difference of the kinds
    )
    if VENDOR != "sqlite":
        commented = models.IntegerField(default=0, db_comment="what 'it' is")


class SmallKey(models.Model):
    id = models.SmallAutoField(primary_key=True)


class IntKey(models.Model):
    id = models.AutoField(primary_key=True)


class TextKey(models.Model):
    code = models.CharField(primary_key=True, max_length=20)


class UuidKey(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class ColumnKey(models.Model):
    key = models.IntegerField(primary_key=True, db_column="the_key")


class Relations(models.Model):
    """A relation to every kind of key, with every option that changes names."""

    tag = models.ForeignKey(Tag, models.CASCADE)
    small = models.ForeignKey(SmallKey, models.PROTECT, null=True)
    integer = models.ForeignKey(IntKey, models.SET_NULL, null=True)
    text = models.ForeignKey(TextKey, models.DO_NOTHING, null=True)
    uid = models.ForeignKey(UuidKey, models.RESTRICT, null=True, db_index=False)
    column = models.ForeignKey(ColumnKey, models.CASCADE, null=True, db_column="col")
    free = models.ForeignKey(Tag, models.CASCADE, null=True, db_constraint=False, related_name="+")
    by_text = models.ForeignKey(Fields, models.CASCADE, to_field="char_unique", null=True)
    by_number = models.ForeignKey(
        Fields, models.CASCADE, to_field="integer", null=True, related_name="+"
    )
    one = models.OneToOneField(Author, models.CASCADE, null=True)
    me = models.ForeignKey("self", models.CASCADE, null=True, related_name="followed")
    unique = models.ForeignKey(Author, models.CASCADE, null=True, unique=True, related_name="+")
    many_text = models.ManyToManyField(TextKey)
    many_uid = models.ManyToManyField(UuidKey, db_table="odd_join_Table")
    many_column = models.ManyToManyField(ColumnKey)
    friends = models.ManyToManyField("self")
    follows = models.ManyToManyField("self", symmetrical=False, related_name="followers")
    unbound = models.ManyToManyField(IntKey, db_constraint=False, related_name="+")
    through = models.ManyToManyField(Tag, through="Membership", related_name="through_of")
    later = models.ForeignKey("Later", models.CASCADE, null=True)


class Later(models.Model):
    back = models.ForeignKey(Relations, models.CASCADE, null=True, related_name="+")


class Membership(models.Model):
    relations = models.ForeignKey(Relations, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)
    since = models.DateField()

    class Meta:
        unique_together = ("relations", "tag")


class Base(models.Model):
    created = models.DateTimeField(db_index=True)
    owner = models.ForeignKey(Tag, models.CASCADE, related_name="%(app_label)s_%(class)s_set")
    texts = models.ManyToManyField(TextKey)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["created", "owner"]),
            models.Index(fields=["-created"], name="%(app_label)s_%(class)s_cr"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["created", "owner"], name="%(class)s_uniq"),
            models.CheckConstraint(
                condition=models.Q(created__gt=datetime.datetime(2000, 1, 1, tzinfo=UTC)),
                name="%(class)s_check",
            ),
        ]


class ChildOne(Base):
    title = models.CharField(max_length=10)


class ChildTwo(Base):
    title = models.CharField(max_length=10)

    class Meta(Base.Meta):
        db_table = "Library Two With Spaces"


class GrandNovel(Novel):
    more = models.CharField(max_length=10)
    kin = models.ManyToManyField(Novel, related_name="grand")


class NamedLink(Author):
    link = models.OneToOneField(Author, models.CASCADE, parent_link=True, db_column="lnk")


class Proxy(Novel):
    class Meta:
        proxy = True


class AVeryLongNameForAModelThatMustBeShortenedInDatabases(models.Model):
    another_rather_long_name_for_a_relation_that_is_cut_off_so = models.ForeignKey(
        Book, models.CASCADE
    )
    others_with_a_long_name_that_is_so_long_that = models.ManyToManyField(Author)
    indexed_text_with_a_quite_long_name_that_goes_on_and_on = models.CharField(
        max_length=20, db_index=True
    )
    unique_text_with_a_quite_long_name_that_goes_on_and_on = models.CharField(
        max_length=20, unique=True
    )
    positive_number_with_a_quite_long_name_that_goes_on_and_on = models.PositiveIntegerField()

    class Meta:
        unique_together = [
            (
                "indexed_text_with_a_quite_long_name_that_goes_on_and_on",
                "unique_text_with_a_quite_long_name_that_goes_on_and_on",
            )
        ]
        indexes = [
            models.Index(
                fields=[
                    "indexed_text_with_a_quite_long_name_that_goes_on_and_on",
                    "-positive_number_with_a_quite_long_name_that_goes_on_and_on",
                ]
            )
        ]


def indexes() -> list[Any]:
    """Return the kinds of index that the database has."""
    found = [
        models.Index(fields=["a"]),
        models.Index(fields=["-a", "b"], name="named_ix"),
        models.Index(fields=["tag", "d"]),
    ]
    if PARTIAL:
        found += [
            models.Index(
                fields=["b"], name="part_ix", condition=models.Q(b__gt=3, c__startswith="x")
            ),
            models.Index(functions.Lower("c"), models.F("a").desc(), name="expr_ix"),
        ]
    if POSTGRESQL:
        found += [
            models.Index(fields=["c"], name="op_ix", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["a"], name="inc_ix", include=["b", "c"]),
            models.Index(functions.Lower("c"), name="both_ix", condition=models.Q(a__in=[1, 2])),
        ]
    return found


def constraints() -> list[Any]:
    """Return the kinds of constraint that the database has."""
    Q, F = models.Q, models.F
    found = [
        models.UniqueConstraint(fields=["a", "d"], name="u_plain"),
        models.CheckConstraint(condition=Q(a__gt=0) | Q(b__isnull=True), name="c_or"),
        models.CheckConstraint(condition=Q(a__gt=F("b") * 2 - 1), name="c_expression"),
        models.CheckConstraint(condition=~Q(c="it's 100%"), name="c_quoted"),
        models.CheckConstraint(
            condition=Q(c__in=["a", "b"]) & Q(d__lt=datetime.date(2030, 1, 2)), name="c_in"
        ),
        models.CheckConstraint(condition=Q(a__range=(0, 100)), name="c_range"),
    ]
    if PARTIAL:
        found += [
            models.UniqueConstraint(fields=["c"], name="u_some", condition=Q(d__isnull=False)),
            models.UniqueConstraint(functions.Lower("c"), "a", name="u_expression"),
        ]
    if POSTGRESQL:
        deferred, immediate = models.Deferrable.DEFERRED, models.Deferrable.IMMEDIATE
        found += [
            models.UniqueConstraint(fields=["b", "d"], name="u_deferred", deferrable=deferred),
            models.UniqueConstraint(fields=["d", "a"], name="u_immediate", deferrable=immediate),
            models.UniqueConstraint(fields=["d", "c"], name="u_include", include=["a"]),
            models.UniqueConstraint(fields=["d"], name="u_operators", opclasses=["date_ops"]),
            models.UniqueConstraint(fields=["b"], name="u_nulls", nulls_distinct=False),
            models.UniqueConstraint(
                functions.Upper("c").desc(), name="u_both", condition=Q(a__gte=5)
            ),
        ]
    return found


class Constraints(models.Model):
    a = models.IntegerField()
    b = models.IntegerField(null=True)
    c = models.CharField(max_length=20)
    d = models.DateField(null=True)
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        unique_together = [("a", "b"), ("c", "tag")]
        indexes = indexes()
        constraints = constraints()


class Composite(models.Model):
    pk = models.CompositePrimaryKey("tenant", "number")
    tenant = models.ForeignKey(Author, models.CASCADE)
    number = models.IntegerField()
    name = models.CharField(max_length=5)


class Collated(models.Model):
    name = models.CharField(max_length=20, db_collation=COLLATION, unique=True)
    body = models.TextField(db_collation=COLLATION)

    class Meta:
        db_table = "library_weird-Table"
        if VENDOR != "sqlite":
            db_table_comment = "a 'comment'"


class Ordered(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)

    class Meta:
        order_with_respect_to = "author"


ALL = [
    *(Author, Tag, Book, Novel, Fields, SmallKey, IntKey, TextKey, UuidKey, ColumnKey, Later),
    *(Relations, Membership, ChildOne, ChildTwo, GrandNovel, NamedLink),
    *(AVeryLongNameForAModelThatMustBeShortenedInDatabases, Constraints, Composite, Collated),
    Ordered,
]

if CHECKED_BY_6:  # Django has these since 6.1

    class Cascades(models.Model):
        tag = models.ForeignKey(Tag, models.DB_CASCADE, related_name="+")
        other = models.ForeignKey(Tag, models.DB_SET_NULL, null=True, related_name="+")
        if VENDOR != "mysql":
            filled = models.ForeignKey(Tag, models.DB_SET_DEFAULT, db_default=1, related_name="+")

    ALL.append(Cascades)


# -- rows -----------------------------------------------------------------------------------------


def write(side: str) -> None:
    """Write rows of every kind; `side` keeps those of the two frameworks apart."""
    author, _ = Author.objects.get_or_create(name="Ann é")
    number = {"django": 1, "fastjango": 2}[side]
    write_books(side, author)
    write_fields(side, number)
    tag = Tag.objects.create(label=f"{side}-x")
    text = TextKey.objects.create(code=f"k {side} é")
    uid = UuidKey.objects.create()
    column = ColumnKey.objects.create(key=number)
    row = Relations.objects.create(
        tag=tag,
        small=SmallKey.objects.create(),
        integer=IntKey.objects.create(),
        text=text,
        uid=uid,
        column=column,
        free_id=999,
        by_text_id=f"{side} least",
        by_number_id=number,
        one=Author.objects.create(name=f"{side} one"),
    )
    row.me = row
    row.later = Later.objects.create(back=row)
    row.save()
    other = Relations.objects.create(tag=tag)
    row.many_text.add(text)
    row.many_uid.add(uid)
    row.many_column.add(column)
    row.friends.add(other)
    other.follows.add(row)
    row.follows.add(row)
    row.through.add(tag, through_defaults={"since": datetime.date(2001, 2, 3)})
    child = ChildTwo.objects.create(
        created=datetime.datetime(2010 + number, 1, 1, tzinfo=UTC), owner=tag, title=side
    )
    child.texts.add(text)
    grand = GrandNovel.objects.create(
        title=f"{side} grand", author=author, genre="g", more="m", day=datetime.date(1, 1, 1)
    )
    grand.kin.add(Proxy.objects.get(title=f"{side} novel"))
    Constraints.objects.create(
        a=number, b=number - 1, c="ab"[number - 1], d=datetime.date(2020, 1, number), tag=tag
    )
    Composite.objects.create(tenant=author, number=number, name=side[:5])
    Composite.objects.create(pk=(author.pk, number + 10), name="ten")
    Collated.objects.create(name=side, body=side)
    for _ in range(2):
        Ordered.objects.create(author=author)


def write_books(side: str, author: Author) -> None:
    """Write rows whose every column is filled, some, and none."""
    rows: list[dict[str, Any]] = [
        {
            "price": decimal.Decimal("1.500"),
            "day": datetime.date(2020, 2, 29),
            "at": datetime.datetime(2020, 1, 1, 12, tzinfo=UTC),
            "hour": datetime.time(1, 2, 3),
            "span": datetime.timedelta(days=-1, microseconds=1),
            "uid": uuid.uuid4(),
            "data": {"a": [1, None, "é"]},
            "flag": True,
            "raw": b"\x00\xff",
            "ratio": 0.1,
            "count": 3,
            "ip": "2001:db8::1",
            "text": "x" * 300,
        },
        {
            "at": datetime.datetime(2020, 1, 1, 12, 0, 0, 5, tzinfo=UTC),
            "data": "text",
            "flag": False,
            "hour": datetime.time(1, 2, 3, 4),
            "price": decimal.Decimal("-0.001"),
        },
        {},
    ]
    for number, row in enumerate(rows):
        book = Book.objects.create(title=f"{side}{number}", author=author, **row)
        book.tags.add(Tag.objects.create(label=f"{side}{number}"))
    Novel.objects.create(title=f"{side} novel", author=author, genre="g")


def write_fields(side: str, number: int) -> None:
    """Write the least and the greatest that each type holds."""
    Fields.objects.create(
        big=-(2**63),
        small=-(2**15),
        positive=0,
        positive_big=0,
        positive_small=0,
        integer=number,
        char="",
        char_unique=f"{side} least",
        choice=Colour.BLUE,
        slug="",
        slug_unique=f"{side}-least",
        slug_bare="",
        email=f"{side}@example.com",
        url="",
        path="",
        file="",
        text="",
        date=datetime.date(1000, 1, 1),
        moment=datetime.datetime(1000, 1, number, tzinfo=UTC),
        time=datetime.time(0),
        span=datetime.timedelta(0),
        decimal=decimal.Decimal("-999999999.999999"),
        float=-1e300,
        ip4="0.0.0.0",
        ip="::",
        raw=b"",
        data=[],
        data_null={},
        named=-(2**31),
    )
    Fields.objects.create(
        big=2**63 - 1,
        small=2**15 - 1,
        positive=2**31 - 1,
        positive_big=2**63 - 1,
        positive_small=2**15 - 1,
        char="\N{GRINNING FACE} '\"\\%_\n\t é",
        char_unique=f"{side} most",
        slug="a-b_c",
        slug_unique=f"{side}-most",
        slug_bare="é",
        email=f"{side}2@example.com",
        url="https://example.com/?a=%C3%A9&b=1",
        path="/a b",
        file="x/y é.txt",
        text="\N{GRINNING FACE}" * 5000,
        flag=True,
        flag_null=False,
        date=datetime.date(9999, 12, 31),
        moment=datetime.datetime(9999, 12, 30, 23, 59, 59, 999990 + number, tzinfo=UTC),
        time=datetime.time(23, 59, 59, 999999),
        span=datetime.timedelta(days=36500, hours=23, microseconds=1),
        decimal=decimal.Decimal("999999999.999999"),
        float=1.7976931348623157e308,
        uid_null=uuid.UUID(int=2**128 - 1),
        ip4="255.255.255.255",
        ip="::ffff:10.0.0.1",
        raw=bytes(range(256)),
        data={"é": [1.5, -(2**40), True, None, {"": []}, '\\ " \N{GRINNING FACE}']},
        data_null="text",
        named=2**31 - 1,
        filled=6,
        filled_text="",
    )


def change() -> None:
    """Change and remove rows by queries that touch several tables."""
    Book.objects.filter(title__endswith="1").update(count=9, text="changed")
    Book.objects.filter(title__endswith="2").delete()
    Novel.objects.filter(genre="g").update(genre="h", text="both tables")
    Fields.objects.filter(char="").update(
        small=models.F("small") + 1, date=datetime.date(1999, 1, 1), data={"new": [1]}
    )
    Relations.objects.filter(me=None).delete()
    Ordered.objects.filter(_order=0).delete()
    Composite.objects.filter(pk__in=[(1, 1), (1, 12)]).update(name="upd")


def shown(value: Any) -> str:
    """Return a text that is equal for equal values of the two frameworks."""
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, datetime.datetime):
        value = value.astimezone(UTC)
    if type(value).__name__ == "FieldFile":
        value = value.name
    return repr(value)


def rows() -> list[Any]:
    """Return every column of every row, the pairs of relations, and what filters find."""
    found: list[Any] = []
    for model in ALL:
        names = [field.attname for field in model._meta.concrete_fields]
        many = [field.name for field in model._meta.many_to_many]
        for row in model.objects.order_by("pk"):
            shows = {name: shown(getattr(row, name)) for name in names}
            for name in many:
                shows[name] = sorted(shown(other.pk) for other in getattr(row, name).all())
            found.append([model.__name__, shows])
    return [found, [sorted(shown(row.pk) for row in query) for query in filtered()]]


def filtered() -> list[Any]:
    """Return queries whose parameters are of every type."""
    books, fields, relations = Book.objects, Fields.objects, Relations.objects
    return [
        books.filter(at=datetime.datetime(2020, 1, 1, 12, tzinfo=UTC)),
        books.filter(price__lt=0),
        books.filter(flag=True),
        books.filter(span__lt=datetime.timedelta(0)),
        books.filter(data__a__1=None),
        books.filter(day__year=2020),
        books.filter(author__name="Ann é"),
        books.filter(novel__genre="h"),
        books.filter(uid__isnull=False),
        fields.filter(big=2**63 - 1),
        fields.filter(char__contains="'\"\\%_"),
        fields.filter(text__startswith="\N{GRINNING FACE}"),
        fields.filter(date=datetime.date(9999, 12, 31)),
        fields.filter(moment__lt=datetime.datetime(1500, 1, 1, tzinfo=UTC)),
        fields.filter(time__gt=datetime.time(12)),
        fields.filter(span=datetime.timedelta(days=36500, hours=23, microseconds=1)),
        fields.filter(decimal=decimal.Decimal("999999999.999999")),
        fields.filter(float__gt=1e307),
        fields.filter(uid_null=uuid.UUID(int=2**128 - 1)),
        fields.filter(ip="10.0.0.1"),
        fields.filter(raw=bytes(range(256))),
        fields.filter(data__new=[1]),
        fields.filter(data_null="text"),
        fields.filter(file="x/y é.txt"),
        fields.filter(sum=2**15),
        relations.filter(text__code__endswith="é"),
        relations.filter(many_column__key=1),
        relations.filter(by_text__small__lt=0),
        relations.filter(followers__isnull=False),
        Composite.objects.filter(name="upd"),
        Ordered.objects.order_by("author", "_order"),
    ]


# -- names ----------------------------------------------------------------------------------------


def names() -> dict[str, Any]:
    """Return the definition of each table as the database tells it, names and all."""
    with connection.cursor() as cursor:

        def asked(sql: str, *parameters: str) -> list[Any]:
            cursor.execute(sql, parameters or None)
            found = [[None if v is None else str(v) for v in row] for row in cursor.fetchall()]
            return sorted(found, key=repr)

        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name.lower().startswith(("library", "odd_"))
        ]
        return {table: TELL[VENDOR](asked, table) for table in tables}


def tell_sqlite(asked: Any, table: str) -> Any:
    constraints = connection.introspection.get_constraints(connection.cursor(), table)
    return [
        asked(f'PRAGMA table_xinfo("{table}")'),
        asked("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s", table),
        [key[2:] for key in asked(f'PRAGMA foreign_key_list("{table}")')],
        sorted([name, repr(c["columns"])] for name, c in constraints.items() if c["check"]),
    ]


def tell_postgresql(asked: Any, table: str) -> Any:
    quoted = f'"{table}"'
    return [
        asked(
            "SELECT attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,"
            " attgenerated, pg_get_expr(adbin, adrelid), attcollation::regcollation,"
            " col_description(attrelid, attnum) FROM pg_attribute LEFT JOIN pg_attrdef"
            " ON adrelid = attrelid AND adnum = attnum"
            " WHERE attrelid = %s::regclass AND attnum > 0",
            quoted,
        ),
        asked("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", table),
        asked(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass",
            quoted,
        ),
        asked("SELECT obj_description(%s::regclass)", quoted),
    ]


def tell_mysql(asked: Any, table: str) -> Any:
    [[_, text]] = asked(f"SHOW CREATE TABLE `{table}`")
    return sorted(line.strip().rstrip(",") for line in text.splitlines())


TELL = {"sqlite": tell_sqlite, "postgresql": tell_postgresql, "mysql": tell_mysql}
