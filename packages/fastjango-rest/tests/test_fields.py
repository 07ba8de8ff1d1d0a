"""Fields beside REST framework's: input, output, errors, defaults, forms, `repr`."""

from __future__ import annotations

import copy
import datetime
import decimal
import enum
import re
import uuid
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_sides import ours, plain, theirs

UTC = datetime.UTC
VALUES = [
    None, "", " ", "a", "abc", " padded ", "1", "1.0", "1.5", "-3", "true", "No", "null", "nan",
    "inf", "1e5", "9" * 1001, 0, 1, 5, -1, 2**70, 1.0, 1.5, float("nan"), float("inf"), True,
    False, [], [1], ["a", "a"], ["a", 5, None],
    [float("nan")], ["\ud800"], {"a": float("inf")}, {"a": {"\ud800": 1}},
    {}, {"a": 1}, {"a": None, "b": "x"}, {1: [2]},
    "a@b.co", "http://x.org/", "a-b_c", "été", "\x00", "\ud800", "a b", b"x",
    "10.0.0.1", "::1", "::ffff:10.0.0.1", "1.2.3", "12345678-1234-5678-1234-567812345678",
    "2024-01-02", "2024-13-02", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+05:00",
    "2024-03-10T02:30:00", "2024-11-03T01:30:00", "0001-01-01T00:00:00+14:00", "03:04",
    "25:00", "03:04:05.123456", "1 02:03:04", "P3DT2H", "02/01/2024", "999999999999 00:00:00",
    datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4), datetime.time(3, 4),
    datetime.datetime(2024, 1, 2, 3, 4, tzinfo=UTC), datetime.timedelta(days=2, seconds=3),
    decimal.Decimal("1.50"), decimal.Decimal("NaN"), decimal.Decimal("123456.789"),
    uuid.UUID(int=5), object, set(), (1, 2),
    SimpleNamespace(name="f.txt", size=3, url="/f.txt"), SimpleNamespace(name="", size=3),
    SimpleNamespace(name="e.txt", size=0), SimpleNamespace(name="x" * 40, size=1),
]  # fmt: skip


class Word(enum.Enum):
    A = "a"
    ONE = 1


FIELDS = [
    ("BooleanField", {}),
    ("BooleanField", {"allow_null": True}),
    ("CharField", {}),
    ("CharField", {"allow_blank": True, "trim_whitespace": False}),
    ("CharField", {"max_length": 3, "min_length": 2, "allow_null": True}),
    ("CharField", {"error_messages": {"blank": "Say.", "null": "No."}}),
    ("EmailField", {}),
    ("RegexField", {"regex": "^[a-c]+$"}),
    ("SlugField", {}),
    ("SlugField", {"allow_unicode": True}),
    ("URLField", {}),
    ("UUIDField", {}),
    ("UUIDField", {"format": "hex"}),
    ("UUIDField", {"format": "int"}),
    ("UUIDField", {"format": "urn"}),
    ("IPAddressField", {}),
    ("IPAddressField", {"protocol": "ipv4"}),
    ("IPAddressField", {"protocol": "IPv6"}),
    ("IntegerField", {}),
    ("IntegerField", {"min_value": 1, "max_value": 4}),
    ("BigIntegerField", {}),
    ("BigIntegerField", {"coerce_to_string": True}),
    ("FloatField", {"min_value": 0, "max_value": 2}),
    ("DecimalField", {"max_digits": 4, "decimal_places": 2}),
    ("DecimalField", {"max_digits": 4, "decimal_places": 2, "allow_null": True,
                      "coerce_to_string": False, "min_value": 0, "max_value": 2}),
    ("DecimalField", {"max_digits": None, "decimal_places": None, "normalize_output": True}),
    ("DecimalField", {"max_digits": 5, "decimal_places": 1, "rounding": "ROUND_UP"}),
    ("DecimalField", {"max_digits": 4, "decimal_places": 1, "localize": True}),
    ("DateTimeField", {}),
    ("DateTimeField", {"default_timezone": UTC}),
    ("DateTimeField", {"format": "%d.%m.%y", "input_formats": ["%d/%m/%Y", "iso-8601"]}),
    ("DateTimeField", {"format": None}),
    ("DateField", {}),
    ("DateField", {"format": "%d %b", "input_formats": ["%d/%m/%Y"]}),
    ("DateField", {"format": None}),
    ("TimeField", {}),
    ("TimeField", {"format": "%H", "input_formats": ["%H:%M", "%I %p"]}),
    ("TimeField", {"format": None}),
    ("DurationField", {}),
    ("DurationField", {"format": "iso-8601", "max_value": datetime.timedelta(days=1),
                       "min_value": datetime.timedelta(hours=3)}),
    ("DurationField", {"format": None}),
    ("ChoiceField", {"choices": [("a", "A"), ("b", "B")]}),
    ("ChoiceField", {"choices": ["a", 1, 2], "allow_blank": True}),
    ("ChoiceField", {"choices": [("G", [("a", "A"), 5]), (1, "One")], "allow_null": True}),
    ("ChoiceField", {"choices": [(Word.A, "A"), (Word.ONE, "One")]}),
    ("MultipleChoiceField", {"choices": ["a", (5, "Five")]}),
    ("MultipleChoiceField", {"choices": ["a"], "allow_empty": False}),
    ("FileField", {}),
    ("FileField", {"max_length": 10, "allow_empty_file": True, "use_url": False}),
    ("ListField", {}),
    ("ListField", {"child": ("IntegerField", {"min_value": 2}), "max_length": 1}),
    ("ListField", {"child": ("CharField", {}), "min_length": 2, "allow_empty": False}),
    ("DictField", {}),
    ("DictField", {"child": ("CharField", {}), "allow_empty": False}),
    ("DictField", {"child": ("ListField", {"child": ("IntegerField", {})})}),
    ("HStoreField", {}),
    ("JSONField", {}),
    ("JSONField", {"binary": True}),
    ("ReadOnlyField", {}),
    ("HiddenField", {"default": 5}),
]  # fmt: skip


def make(side, kind, kwargs):
    """Make a field of a side; children are made along."""
    options = dict(kwargs)
    if isinstance(options.get("child"), tuple):
        options["child"] = make(side, *options["child"])
    return getattr(side.serializers, kind)(**options)


def attempt(side, call):
    """Return the result of a call, or its error, in a form that both sides share."""
    try:
        return "gives", same(call())
    except side.exceptions.ValidationError as error:
        return "invalid", plain(error.detail)
    except side.core.ValidationError as error:
        return "invalid", sorted(error.messages)
    except AssertionError as error:
        return "assertion", str(error)
    except Exception as error:
        return "raises", type(error).__name__, str(error)


def same(value):
    """NaN equals itself here, and types count."""
    if isinstance(value, (float, decimal.Decimal)) and value != value:
        return "nan"
    return type(value).__name__, plain(value)


# Where REST framework breaks on what a client can send, and we refuse it; or text that UTF-8
# cannot hold would end up in the answer.
def beyond_json(value):
    return "nan" in repr(value) or "inf" in repr(value) or "\\ud" in ascii(value)


def improved(kind, value, mine, reference):
    if reference[0] == "raises":
        return mine[0] == "invalid"
    if "overflow" in str(reference) and len(str(value)) > 200:
        # Longer texts are no duration, however they begin.
        return kind == "DurationField" and mine[0] == "invalid"
    if kind in ("ListField", "DictField") and reference[0] == "gives" and beyond_json(value):
        # No JSON text holds it: the answer could not be written.
        return mine[0] == "invalid"
    if kind == "MultipleChoiceField" and isinstance(value, dict):
        # A mapping is no list of choices.
        return mine[0] == "invalid"
    return "\\ud800" in ascii(reference) and mine[0] == "invalid"


@pytest.mark.parametrize(("kind", "kwargs"), FIELDS, ids=str)
def test_input_is_read_alike(oracle, kind, kwargs):
    for value in VALUES:
        mine, reference = (
            attempt(side, lambda s=side, v=value: make(s, kind, kwargs).run_validation(v))
            for side in (ours(), theirs())
        )
        assert mine == reference or improved(kind, value, mine, reference), repr(value)


@pytest.mark.parametrize(("kind", "kwargs"), FIELDS, ids=str)
def test_output_is_written_alike(oracle, kind, kwargs):
    for value in VALUES:
        results = [
            attempt(side, lambda s=side, v=value: make(s, kind, kwargs).to_representation(v))
            for side in (ours(), theirs())
        ]
        # What cannot be shown raises on both sides, if not always the same.
        if results[1][0] == "raises":
            continue
        assert results[0] == results[1], repr(value)


@pytest.mark.parametrize(("kind", "kwargs"), FIELDS, ids=str)
async def test_asynchronous_code_reads_the_same(kind, kwargs):
    side = ours()
    for value in VALUES:
        expected = attempt(side, lambda v=value: make(side, kind, kwargs).run_validation(v))
        field = make(side, kind, kwargs)
        try:
            found = "gives", same(await field.arun_validation(value))
        except side.exceptions.ValidationError as error:
            found = "invalid", plain(error.detail)
        except side.core.ValidationError as error:
            found = "invalid", sorted(error.messages)
        except Exception as error:
            assert expected[0] == "raises", repr(value)
            found = "raises", type(error).__name__, str(error)
        assert found == expected, repr(value)


@pytest.mark.parametrize(("kind", "kwargs"), FIELDS, ids=str)
def test_fields_copy_and_show_themselves_alike(oracle, kind, kwargs):
    mine, reference = (make(side, kind, kwargs) for side in (ours(), theirs()))
    assert repr(mine) == repr(reference)
    assert repr(copy.deepcopy(mine)) == repr(mine)
    assert type(mine).__class_getitem__(int) is type(mine)
    assert plain(mine.get_initial()) == plain(reference.get_initial())


WRONG = [
    ("CharField", {"read_only": True, "write_only": True}),
    ("CharField", {"read_only": True, "required": True}),
    ("CharField", {"required": True, "default": 1}),
    ("Field", {"read_only": True}),
    ("HiddenField", {}),
    ("UUIDField", {"format": "oct"}),
    ("DurationField", {"format": "x"}),
    ("DurationField", {"format": 5}),
    ("DecimalField", {"max_digits": 2, "decimal_places": 1, "rounding": "up"}),
    ("ListField", {"child": str}),
    ("ListField", {"child": ("CharField", {"source": "x"})}),
    ("DictField", {"child": ("CharField", {"source": "x"})}),
    ("HStoreField", {"child": ("IntegerField", {})}),
    ("SlugRelatedField", {"read_only": True}),
    ("PrimaryKeyRelatedField", {}),
    ("PrimaryKeyRelatedField", {"read_only": True, "queryset": []}),
    ("ManyRelatedField", {}),
    ("HyperlinkedIdentityField", {}),
    ("HyperlinkedRelatedField", {"read_only": True}),
]


@pytest.mark.parametrize(("kind", "kwargs"), WRONG, ids=str)
def test_wrong_options_are_refused_alike(oracle, kind, kwargs):
    results = [attempt(side, lambda side=side: make(side, kind, kwargs)) for side in
               (ours(), theirs())]  # fmt: skip
    assert results[0][0] in ("assertion", "raises")
    kinds = [re.sub(r"Valid values for rounding are: .*", "", str(result)) for result in results]
    assert kinds[0] == kinds[1]


def forms(side):
    """Return a serializer with a field of each kind, for form input."""
    s = side.serializers

    class Inner(s.Serializer):
        name = s.CharField()
        size = s.IntegerField(required=False)

    class Form(s.Serializer):
        text = s.CharField(required=False, allow_blank=True)
        nothing = s.CharField(required=False, allow_null=True)
        number = s.IntegerField(required=False)
        flag = s.BooleanField(required=False)
        maybe = s.BooleanField(allow_null=True, required=False)
        one = s.ChoiceField(choices=["a", "b"], required=False, allow_blank=True)
        some = s.MultipleChoiceField(choices=["a", "b"], required=False)
        items = s.ListField(child=s.CharField(), required=False)
        pairs = s.DictField(child=s.CharField(), required=False)
        data = s.JSONField(required=False)
        inner = Inner(required=False)
        inners = Inner(many=True, required=False)
        hidden = s.HiddenField(default=7)
        later = s.CharField(default="later")

    return Form


QUERIES = [
    "",
    "text=&nothing=&number=&flag=&maybe=&one=&some=",
    "text=x&number=3&flag=on&maybe=false&one=a&some=a&some=b",
    "items=a&items=b&pairs.k=v&pairs.l=w&data=%7B%22a%22:1%7D",
    "items[1]=b&items[0]=a&pairs=&data=nope",
    "inner.name=n&inner.size=x&inners[0]name=a&inners[0]size=1&inners[1]size=2",
    "some=c&one=z&number=x",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("partial", [False, True])
def test_forms_are_read_alike(oracle, query, partial):
    from django.http import QueryDict as DjangoQueryDict
    from fastjango.http import QueryDict

    results = []
    for side, kind in ((ours(), QueryDict), (theirs(), DjangoQueryDict)):
        serializer = forms(side)(data=kind(query), partial=partial)
        valid = serializer.is_valid()
        results.append((valid, plain(serializer.errors), plain(serializer.validated_data),
                        plain(serializer.get_initial())))  # fmt: skip
    assert results[0] == results[1]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=()), max_size=8), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=json_values)
@pytest.mark.parametrize(("kind", "kwargs"), FIELDS, ids=str)
def test_any_json_is_a_value_or_an_error(kind, kwargs, data):
    side = ours()
    field = make(side, kind, kwargs)
    try:
        field.run_validation(data)
    except side.exceptions.ValidationError as error:
        # Errors can be sent, whatever was in the input.
        str(plain(error.detail)).encode()
    except (side.core.ValidationError, side.serializers.SkipField):
        pass


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.dictionaries(
        st.sampled_from([
            "title", "slug", "author", "tags", "editor", "words", "big", "extra", "level", "price",
            "published", "key", "address",
        ]),
        json_values,
    )
    | json_values
)  # fmt: skip
def test_any_json_for_a_model_is_valid_or_an_error(data):
    side = ours()

    class ArticleSerializer(side.serializers.ModelSerializer):
        class Meta:
            model = side.models.Article
            fields = "__all__"

    serializer = ArticleSerializer(data=data)
    serializer.is_valid()
    str(plain(serializer.errors)).encode()
