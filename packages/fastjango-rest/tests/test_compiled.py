"""Compiled JSON beside the general path: the same bytes, whatever serializers are made of."""

from __future__ import annotations

import datetime
import random
import uuid
from decimal import Decimal

import pytest
from fastjango.core import timezone
from fastjango.orm import connection, connections
from fastjango.orm.router import router
from fastjango.orm.signals import post_init
from fastjango.rest import serializers
from fastjango.rest._known_shapes import known_shape
from fastjango.rest.compile import encoded, to_json
from fastjango.testing.orm.queries import CaptureQueriesContext
from rest_sides import ours

shop = ours().models
TEXTS = [
    "", "plain", 'a "quoted" \\ text', "\x00\x1f\x7f\n\t\b\f\r", "äöü", "\u2028\u2029",
    "\U0001f600", "{braces} %s 'single'",
]  # fmt: skip
FLOATS = [0.0, -0.0, 1e16, 1e-7, 1.5, 1e300, 3.0]
COLUMNS = [
    "title", "slug", "body", "status", "level", "rating", "price", "words", "big", "featured",
    "published", "opened", "took", "key", "extra", "address", "link", "created", "author",
    "editor", "tags",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def rows():
    chance = random.Random(1)
    for model in reversed(shop.all):
        model.objects.all().delete()
    authors = [
        shop.Author.objects.create(
            name=f"{text[:20]}{i}", email=f"{i}@b.co",
            born=None if i % 2 else datetime.date(1, 1, i + 1),
        )
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip
    for author in authors[::2]:
        shop.Profile.objects.create(author=author, bio=author.name)
    tags = [shop.Tag.objects.create(name=f"t{i}") for i in range(5)]
    for i in range(30):
        article = shop.Article.objects.create(
            title=chance.choice(TEXTS), slug=f"s{i}", body=chance.choice(TEXTS),
            status=chance.choice(["draft", "live"]), rating=chance.choice([None, *FLOATS]),
            price=Decimal(i) / 4, words=i, big=chance.choice([None, 2**62, -(2**62)]),
            featured=bool(i % 2), level=1 + i % 2,
            published=chance.choice([None, datetime.datetime(2024, 5, i + 1, 3, 4, 5, i * 1000,
                                                             tzinfo=datetime.UTC)]),
            opened=chance.choice([None, datetime.time(1, 2), datetime.time(3, 4, 5, 678900)]),
            took=chance.choice([None, datetime.timedelta(days=3, microseconds=5)]),
            key=chance.choice([None, uuid.UUID(int=i)]),
            extra=chance.choice([None, [1.5, {"a": TEXTS}], "x", {"é": None}]),
            address=chance.choice([None, "::1", "127.0.0.1"]),
            author=chance.choice(authors), editor=chance.choice([None, *authors]),
        )  # fmt: skip
        article.tags.set(chance.sample(tags, i % 4))
        for n in range(i % 3):
            shop.Comment.objects.create(article=article, text=chance.choice(TEXTS), slug=f"{i}-{n}")
    yield
    for model in reversed(shop.all):
        model.objects.all().delete()


def made(chance, model, names, fields=None, **extra):
    """Return a serializer class with some of the names, and the fields."""
    fields = fields or {}
    picked = [*chance.sample(names, chance.randint(1, len(names))), *fields]
    chance.shuffle(picked)
    meta = type("Meta", (), {"model": model, "fields": picked, "extra_kwargs": extra})
    return type("Made", (serializers.ModelSerializer,), {**fields, "Meta": meta})


def some_author(chance):
    fields = {}
    if chance.random() < 0.3:
        fields["said"] = serializers.CharField(source="name", read_only=True)
    if chance.random() < 0.3:
        profile = made(chance, shop.Profile, ["id", "bio", "author", "site"])
        fields["profile"] = profile(read_only=True)
    return made(chance, shop.Author, ["id", "name", "email", "born"], fields)


def some_article(chance):
    tag = made(chance, shop.Tag, ["id", "name"])
    if chance.random() < 0.2:
        back = made(chance, shop.Article, ["id", "title"])
        tag = made(chance, shop.Tag, ["id", "name"], {"articles": back(many=True)})
    comment = made(chance, shop.Comment, ["id", "text", "slug", "article"])
    choices = {
        "author": lambda: some_author(chance)(read_only=True),
        "editor": lambda: some_author(chance)(read_only=True),
        "tags": lambda: tag(many=True, read_only=True),
        "comments": lambda: comment(many=True, read_only=True),
        "names": lambda: serializers.SlugRelatedField("name", source="tags", many=True,
                                                      read_only=True),
        "who": lambda: serializers.SlugRelatedField("name", source="editor", read_only=True),
        "texts": lambda: serializers.SlugRelatedField("text", source="comments", many=True,
                                                      read_only=True),
        "day": lambda: serializers.DateTimeField(source="published", format="%Y-%m-%d"),
        "cost": lambda: serializers.DecimalField(6, 1, source="price", coerce_to_string=False),
        "born": lambda: serializers.DateField(source="author.born", default=None),
        "shown": lambda: serializers.CharField(source="get_status_display", read_only=True),
        "method": lambda: serializers.SerializerMethodField(),
        "@odd'{key}\\\"": lambda: serializers.IntegerField(source="words"),
    }  # fmt: skip
    wanted = chance.sample(sorted(choices), chance.randint(0, 5))
    fields = {name: choices[name]() for name in wanted}
    columns = [name for name in COLUMNS if name not in fields]
    found = made(chance, shop.Article, columns, fields)
    found.get_method = lambda self, obj: [obj.title, obj.pk]
    return found


@pytest.mark.parametrize("seed", range(80))
def test_compiled_texts_are_those_of_the_general_path(seed):
    chance = random.Random(seed)
    serializer = some_article(chance)
    zone = chance.choice(["UTC", "Europe/Berlin"])
    with timezone.override(zone):
        expected = encoded(serializer(shop.Article.objects.all(), many=True).data)
        # The second time the shape of the class is known, the third time the queryset's plan.
        for _ in range(3):
            assert to_json(serializer(shop.Article.objects.all(), many=True)) == expected
        loaded = list(shop.Article.objects.all())
        assert to_json(serializer(loaded, many=True)) == expected
        one = loaded[seed % 30]
        assert to_json(serializer(one)) == encoded(serializer(one).data)
        part = shop.Article.objects.filter(words__gte=seed % 10).order_by("-id")[2:9]
        again = encoded(serializer(list(part), many=True).data)
        assert to_json(serializer(part.all(), many=True)) == again


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Tag
        fields = ["name"]


class ShortSerializer(serializers.ModelSerializer):
    tags = TagSerializer(many=True, read_only=True)

    class Meta:
        model = shop.Article
        fields = ["id", "published", "tags"]


def test_a_known_shape_is_left_when_something_changes():
    queryset = shop.Article.objects.exclude(published=None).order_by("id")[:1]
    first = known_shape(ShortSerializer())
    assert known_shape(ShortSerializer()) is first
    with timezone.override("Asia/Tokyo"):
        assert b"+09:00" in to_json(ShortSerializer(queryset.all(), many=True))
    assert b"+09:00" not in to_json(ShortSerializer(queryset.all(), many=True))
    changed = ShortSerializer(queryset.all(), many=True)
    del changed.child.fields["tags"]
    assert b"tags" not in to_json(changed)
    before, TagSerializer.Meta.fields = TagSerializer.Meta.fields, ["id"]
    try:
        assert b'"tags":[{"id":' in to_json(ShortSerializer(shop.Article.objects.all(), many=True))
    finally:
        TagSerializer.Meta.fields = before


def test_serializers_that_differ_from_one_to_the_next_have_no_known_shape():
    class Chosen(ShortSerializer):
        def __init__(self, *args, names=(), **kwargs):
            super().__init__(*args, **kwargs)
            for name in set(self.fields) - set(names):
                del self.fields[name]

    class Asked(ShortSerializer):
        def get_fields(self):
            fields = super().get_fields()
            return {name: fields[name] for name in self.context["names"]}

    rows = shop.Article.objects.order_by("id")[:1]
    for name in ("id", "published"):
        shown = to_json(Chosen(rows.all(), many=True, names=[name]))
        assert shown.startswith(f'[{{"{name}":'.encode())
        context = {"names": [name]}
        assert to_json(Asked(rows.all(), many=True, context=context)).startswith(
            f'[{{"{name}":'.encode()
        )


def test_rows_are_read_as_they_are_only_while_nobody_listens():
    seen = []

    def listen(sender, instance, **kwargs):
        seen.append(instance.pk)
        instance.name = "changed"

    rows = shop.Article.objects.filter(words=2)
    assert b"changed" not in to_json(ShortSerializer(rows.all(), many=True))
    post_init.connect(listen, sender=shop.Tag)
    try:
        assert b'"name":"changed"' in to_json(ShortSerializer(rows.all(), many=True))
    finally:
        post_init.disconnect(listen, sender=shop.Tag)
    assert seen


def test_a_list_takes_one_query_for_each_table():
    with CaptureQueriesContext(connection) as captured:
        content = to_json(ShortSerializer(shop.Article.objects.all(), many=True))
    assert len(captured) == 2
    assert content.count(b'"tags"') == 30


def test_surrogates_are_refused_by_both_paths():
    article = shop.Article(title="\ud800", author_id=1)

    class Title(serializers.ModelSerializer):
        class Meta:
            model = shop.Article
            fields = ["title"]

    for show in (lambda: Title(article).to_json(), lambda: encoded(Title(article).data)):
        with pytest.raises(UnicodeEncodeError):
            show()


class RoutesTagsElsewhere:
    def db_for_read(self, model, **hints):
        return "other" if model is shop.Tag and "instance" in hints else None


def test_related_rows_come_from_the_database_of_the_list(monkeypatch):
    with connections["other"].schema_editor() as editor:
        for model in shop.all:
            editor.create_model(model)
    author = shop.Author.objects.using("other").create(name="o")
    article = shop.Article.objects.using("other").create(id=1, title="o", author=author)
    article.tags.add(shop.Tag.objects.using("other").create(name="there"))
    assert b'"tags":[{"name":"there"}]' in to_json(
        ShortSerializer(shop.Article.objects.using("other"), many=True)
    )
    monkeypatch.setattr(router, "routers", [RoutesTagsElsewhere()])
    routed = shop.Article.objects.using("default").all()
    expected = encoded(ShortSerializer(list(routed), many=True).data)
    assert to_json(ShortSerializer(routed, many=True)) == expected
