"""Serializers, fixtures and inspectdb."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import uuid
import zipfile
from pathlib import Path

import pytest
from fastjango.core import apps
from fastjango.core.management import CommandError, call_command
from fastjango.orm import connection, models, serializers


class SerAuthorManager(models.Manager):
    def get_by_natural_key(self, name):
        return self.get(name=name)


class SerAuthor(models.Model):
    name = models.CharField(max_length=20, unique=True)
    objects = SerAuthorManager()

    class Meta:
        app_label = "orm"

    def natural_key(self):
        return (self.name,)


class SerTag(models.Model):
    label = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class SerBook(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey(SerAuthor, models.CASCADE, null=True)
    tags = models.ManyToManyField(SerTag)
    readers = models.ManyToManyField(SerAuthor, related_name="read")
    price = models.DecimalField(max_digits=5, decimal_places=2, default=decimal.Decimal("1.50"))
    at = models.DateTimeField(default=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    hour = models.TimeField(default=datetime.time(1, 2, 3))
    data = models.JSONField(default=dict)
    raw = models.BinaryField(default=b"\x01")
    uid = models.UUIDField(default=uuid.UUID(int=7))
    span = models.DurationField(default=datetime.timedelta(1))

    class Meta:
        app_label = "orm"


MODELS = (SerAuthor, SerTag, SerBook)
pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def book() -> SerBook:
    author = SerAuthor.objects.create(name="Ann & <Bob>")
    book = SerBook.objects.create(title="é", author=author, data={"a": [1, None]})
    book.tags.add(SerTag.objects.create(label="x"), SerTag.objects.create(label="y"))
    book.readers.add(author)
    return book


FORMATS = ["json", "jsonl", "xml", "python", "yaml"]


@pytest.mark.parametrize("natural", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(book, format, natural):
    if format == "yaml":
        pytest.importorskip("yaml")
    text = (
        serializers.serialize(
            format, SerBook.objects.all(), use_natural_foreign_keys=natural, indent=2
        )
        if format not in ("python", "yaml")
        else serializers.serialize(format, SerBook.objects.all(), use_natural_foreign_keys=natural)
    )
    before = SerBook.objects.get()
    SerBook.objects.all().delete()
    [found] = serializers.deserialize(format, text)
    assert repr(found) == f"<DeserializedObject: orm.SerBook(pk={book.pk})>"
    found.save()
    after = SerBook.objects.get()
    for field in SerBook._meta.concrete_fields:
        a, b = getattr(before, field.attname), getattr(after, field.attname)
        assert (bytes(a), bytes(b)) if isinstance(a, memoryview) else a == b, field.name
    assert [t.label for t in after.tags.order_by("pk")] == ["x", "y"]
    assert after.readers.get().name == "Ann & <Bob>"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x1c"])
@pytest.mark.parametrize("kind", [str, str.encode, io.StringIO])
def test_lines_end_at_newlines_alone(separator, kind):
    tag = SerTag(pk=1, label=f"a{separator}b")
    text = serializers.serialize("jsonl", [tag, tag])
    read = list(serializers.deserialize("jsonl", kind(text)))
    assert [found.object.label for found in read] == [tag.label] * 2


def test_natural_primary_keys_find_the_row(book):
    text = serializers.serialize("json", SerAuthor.objects.all(), use_natural_primary_keys=True)
    assert "pk" not in json.loads(text)[0]
    [found] = serializers.deserialize("json", text)
    assert found.object.pk == book.author_id


def test_forward_references_wait(book):
    text = json.dumps(
        [
            {
                "model": "orm.serbook",
                "pk": 50,
                "fields": {"title": "a", "author": ["new"], "readers": [["new"]]},
            },
            {"model": "orm.serauthor", "pk": 60, "fields": {"name": "new"}},
        ]
    )
    objects = list(serializers.deserialize("json", text, handle_forward_references=True))
    assert len(objects[0].deferred_fields) == 2
    for obj in objects:
        obj.save()
    objects[0].save_deferred_fields()
    assert SerBook.objects.get(pk=50).author_id == 60
    with pytest.raises(serializers.DeserializationError):
        list(serializers.deserialize("json", text.replace("new", "nobody")))


def test_mistakes_are_named():
    for format, text in (
        ("json", "{"),
        ("json", '[{"model": "orm.nope", "fields": {}}]'),
        ("json", '[{"model": "orm.sertag", "pk": "x", "fields": {}}]'),
        ("json", '[{"model": "orm.serbook", "fields": {"price": "x"}}]'),
        ("json", '[{"model": "orm.serbook", "fields": {"tags": 5}}]'),
        ("json", '[{"pk": 1}]'),
        ("jsonl", "{"),
        ("xml", "<django-objects><object/></django-objects>"),
        ("xml", '<django-objects><object model="orm.nope"/></django-objects>'),
        ("xml", '<django-objects><object model="orm.sertag"><field/></object></django-objects>'),
    ):
        with pytest.raises(serializers.DeserializationError):
            list(serializers.deserialize(format, text))
    ignored = '[{"model": "orm.nope", "fields": {}}, {"model": "orm.sertag", "fields": {"z": 1}}]'
    assert len(list(serializers.deserialize("json", ignored, ignorenonexistent=True))) == 1
    with pytest.raises(serializers.SerializerDoesNotExist):
        serializers.serialize("nope", [])
    with pytest.raises(ValueError, match="unserializable characters"):
        serializers.serialize("xml", [SerTag(label="\x00")])
    with pytest.raises(ValueError, match=r"^SerTag \(pk:\x01\) contains unserializable"):
        serializers.serialize("xml", [SerTag(pk="\x01", label="a")])
    with pytest.raises(ValueError, match="DTDForbidden"):
        list(serializers.deserialize("xml", "<!DOCTYPE x><django-objects/>"))


def test_formats_can_be_added_and_removed():
    serializers.register_serializer("again", "fastjango.orm.serializers.json")
    assert "again" in serializers.get_serializer_formats()
    serializers.unregister_serializer("again")
    assert "again" not in serializers.get_public_serializer_formats()
    assert "python" not in serializers.get_public_serializer_formats()
    serializers.register_serializer("broken", "fastjango.nowhere")
    try:
        with pytest.raises(ImportError):
            serializers.serialize("broken", [])
    finally:
        serializers.unregister_serializer("broken")
    order = serializers.sort_dependencies([(apps.get_app_config("orm"), [SerBook, SerAuthor])])
    assert order == [SerAuthor, SerBook]


def check_loaded(path: Path) -> None:
    """A fixture of the book brings all of it back."""
    SerBook.objects.all().delete()
    SerTag.objects.all().delete()
    out = io.StringIO()
    call_command("loaddata", str(path), stdout=out)
    assert "Installed 4 object(s) from 1 fixture(s)" in out.getvalue()
    assert SerBook.objects.get().tags.count() == 2


def test_fixtures_are_dumped_and_loaded(book, tmp_path: Path):
    for name in ("f.json", "f.json.gz", "f.json.xz"):
        path = tmp_path / name
        labels = ("orm.SerAuthor", "orm.SerTag", "orm.SerBook")
        call_command("dumpdata", *labels, output=str(path), verbosity=0)
        check_loaded(path)
    out = io.StringIO()
    call_command("dumpdata", "orm.SerTag", primary_keys="1", stdout=out)
    assert len(json.loads(out.getvalue())) == 1
    for args, options, message in (
        (("orm.Nope",), {}, "Unknown model: orm.Nope"),
        (("nope",), {}, "nope"),
        (("orm.SerTag",), {"format": "nope"}, "Unknown serialization format: nope"),
        (("orm",), {"primary_keys": "1"}, "one model"),
        ((), {"exclude": ["orm.Nope"]}, "Unknown model"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command("dumpdata", *args, **options)
    with pytest.raises(CommandError, match="No fixture named 'nope' found"):
        call_command("loaddata", "nope")
    with pytest.raises(CommandError, match="not a known serialization format"):
        call_command("loaddata", "nope.txt.zip")
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    with pytest.warns(RuntimeWarning, match="No fixture data found"):
        call_command("loaddata", str(empty), verbosity=0)


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz", "lzma", "zip"])
@pytest.mark.parametrize("format", ["json", "jsonl", "xml", "yaml"])
def test_every_format_is_read_from_every_compression(book, tmp_path, format, compression):
    path = tmp_path / f"f.{format}"
    labels = ("orm.SerAuthor", "orm.SerTag", "orm.SerBook")
    if compression == "zip":
        plain, path = path, tmp_path / f"f.{format}.zip"
        call_command("dumpdata", *labels, format=format, output=str(plain), verbosity=0)
        with zipfile.ZipFile(path, "w") as file:
            file.write(plain, plain.name)
    else:
        path = tmp_path / ".".join(filter(None, ("f", format, compression)))
        call_command("dumpdata", *labels, format=format, output=str(path), verbosity=0)
    check_loaded(path)


def test_a_zip_of_two_files_is_refused(book, tmp_path):
    path = tmp_path / "f.json.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.json", "[]")
        file.writestr("b.json", "[]")
    with pytest.raises(ValueError, match="must contain one file"):
        call_command("loaddata", str(path), verbosity=0)


def test_inspectdb_writes_models(book):
    out = io.StringIO()
    call_command("inspectdb", "orm_serbook", "orm_serauthor", stdout=out)
    text = out.getvalue()
    assert "class OrmSerbook(models.Model):" in text
    assert "author = models.ForeignKey('OrmSerauthor', models.DO_NOTHING" in text
    assert "title = models.CharField(max_length=20)" in text
    assert "db_table = 'orm_serbook'" in text
    compile(text, "models.py", "exec")


def test_inspectdb_tells_relations_collations_and_views():
    statements = (
        "CREATE TABLE insp_place (id integer PRIMARY KEY, code varchar(5) NOT NULL UNIQUE)",
        """CREATE TABLE insp_trip (
            id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
            start_id varchar(5) NOT NULL REFERENCES insp_place (code),
            goal_id integer NULL REFERENCES insp_place (id) ON DELETE SET NULL,
            label varchar(9) COLLATE nocase NOT NULL,
            price decimal NOT NULL,
            UNIQUE (start_id, goal_id))""",
        "CREATE VIEW insp_view AS SELECT label FROM insp_trip",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    try:
        out = io.StringIO()
        wanted = ("insp_place", "insp_trip", "insp_view")
        call_command("inspectdb", *wanted, "--include-views", stdout=out)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW insp_view")
            cursor.execute("DROP TABLE insp_trip")
            cursor.execute("DROP TABLE insp_place")
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert "start = models.ForeignKey(InspPlace, models.DO_NOTHING, to_field='code')" in lines
    assert (
        "goal = models.ForeignKey(InspPlace, models.DB_SET_NULL, "
        "related_name='insptrip_goal_set', blank=True, null=True)"
    ) in lines
    assert "label = models.CharField(max_length=9, db_collation='nocase')" in lines
    assert "price = models.DecimalField()" in lines
    assert "unique_together = (('start', 'goal'),)" in lines
    assert "managed = False  # Created from a view. Don't remove." in lines
    compile(out.getvalue(), "models.py", "exec")


def test_cycles_of_natural_keys_are_broken_in_the_order_of_the_models(book, tmp_path):
    class Left(models.Model):
        right = models.ForeignKey("orm.Right", models.CASCADE)

        class Meta:
            app_label = "orm"

        def natural_key(self):
            return (self.pk,)

    class Right(models.Model):
        left = models.ForeignKey(Left, models.CASCADE)

        class Meta:
            app_label = "orm"

        def natural_key(self):
            return (self.pk,)

    chosen = [(apps.get_app_config("orm"), [Left, Right, SerAuthor])]
    order = serializers.sort_dependencies(chosen, allow_cycles=True)
    assert order == [SerAuthor, Left, Right]
    with pytest.raises(RuntimeError, match=r"Can't resolve dependencies for orm\.Left, orm\.Right"):
        serializers.sort_dependencies(chosen)


def test_options_of_a_format_reach_its_writer():
    tag = SerTag(pk=1, label="x")
    pages = {sort: serializers.serialize("yaml", [tag], sort_keys=sort) for sort in (False, True)}
    assert pages[False].index("model:") < pages[False].index("fields:")
    assert pages[True].index("model:") > pages[True].index("fields:")
    assert serializers.serialize("json", [tag]).endswith("}}]\n")
