"""`QueryDict`, held against Django's where that is installed."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from fastjango.core.exceptions import TooManyFieldsSent
from fastjango.http import QueryDict
from fastjango.http.querydict import bytes_to_text
from fastjango.values.datastructures import MultiValueDictKeyError
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.fixture(scope="module")
def django_querydict() -> Any:
    pytest.importorskip("django")
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
    from django.http import QueryDict as DjangoQueryDict

    return DjangoQueryDict


@given(pairs=st.lists(st.tuples(texts, texts), max_size=6), safe=st.sampled_from([None, "/", "/&"]))
def test_parsing_and_writing_equal_djangos(
    django_querydict: Any, pairs: list[tuple[str, str]], safe: str | None
) -> None:
    from fastjango.core import settings

    ours, theirs = QueryDict(mutable=True), django_querydict(mutable=True)
    for key, value in pairs:
        ours.appendlist(key, value)
        theirs.appendlist(key, value)
    written = ours.urlencode(safe)
    assert written == theirs.urlencode(safe)
    assert list(QueryDict(written).lists()) == list(django_querydict(written).lists())
    assert settings.DEFAULT_CHARSET == "utf-8"


@given(st.binary(max_size=30))
def test_any_bytes_parse_as_in_django(django_querydict: Any, raw: bytes) -> None:
    assert list(QueryDict(raw).lists()) == list(django_querydict(raw).lists())


def test_empty() -> None:
    query = QueryDict()
    assert not query
    assert query.get("a", 5) == 5
    assert query.getlist("a") == []
    assert query.urlencode() == ""
    with pytest.raises(MultiValueDictKeyError):
        query["a"]


def test_last_value_counts() -> None:
    query = QueryDict("a=1&a=2&b=&c")
    assert query["a"] == "2"
    assert query.getlist("a") == ["1", "2"]
    assert query["b"] == query["c"] == ""
    assert query.dict() == {"a": "2", "b": "", "c": ""}


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q.__setitem__("a", "1"),
        lambda q: q.__delitem__("a"),
        lambda q: q.setlist("a", ["1"]),
        lambda q: q.appendlist("a", "1"),
        lambda q: q.setlistdefault("a"),
        lambda q: q.setdefault("z", "1"),
        lambda q: q.pop("a"),
        lambda q: q.popitem(),
        lambda q: q.clear(),
        lambda q: q.update({"a": "1"}),
    ],
)
def test_immutable(change: Callable[[QueryDict], Any]) -> None:
    query = QueryDict("a=5")
    with pytest.raises(AttributeError, match="This QueryDict instance is immutable"):
        change(query)
    assert query.getlist("a") == ["5"]


def test_copies_are_mutable_and_deep() -> None:
    query = QueryDict("a=1")
    for made in (query.copy(), copy.copy(query), copy.deepcopy(query)):
        made["a"] = b"\xc3\xa9"
        assert made["a"] == "é"
        assert made.encoding == "utf-8"
    assert query["a"] == "1"


def test_mutable_changes() -> None:
    query = QueryDict("a=1&a=2", mutable=True)
    assert query.setdefault("a", "9") == "2"
    assert query.setdefault("b", b"3") == "3"
    assert query.setlistdefault("c", ["4"]) == ["4"]
    assert query.pop("a") == ["1", "2"]
    assert query.pop("a", None) is None
    assert query.popitem() == ("c", ["4"])
    query.update({"b": "5"})
    assert query.getlist("b") == ["3", "5"]
    del query["b"]
    query.clear()
    assert len(query) == 0


def test_pickling() -> None:
    query = QueryDict("a=1&a=2")
    restored = pickle.loads(pickle.dumps(query))
    assert restored == query
    with pytest.raises(AttributeError):
        restored["a"] = "3"


def test_fromkeys() -> None:
    query = QueryDict.fromkeys(["a", "a", b"b"], value="x")
    assert query.getlist("a") == ["x", "x"]
    assert query["b"] == "x"
    with pytest.raises(AttributeError):
        query["a"] = "y"
    assert QueryDict.fromkeys("a", mutable=True, encoding="latin-1").encoding == "latin-1"


def test_encoding_can_be_reset() -> None:
    query = QueryDict("a=%E9", encoding="latin-1")
    assert query["a"] == "é"
    assert query.urlencode() == "a=%E9"
    query.encoding = None
    assert query.encoding == "utf-8"


def test_bytes_that_are_not_in_the_charset_are_read_as_latin_1() -> None:
    assert QueryDict(b"a=\xe9")["a"] == "é"


def test_field_limit(configured: Callable[..., None]) -> None:
    configured(DATA_UPLOAD_MAX_NUMBER_FIELDS=2)
    assert len(QueryDict("a=1&b=2")) == 2
    with pytest.raises(TooManyFieldsSent, match="DATA_UPLOAD_MAX_NUMBER_FIELDS"):
        QueryDict("a=1&b=2&c=3")
    configured(DATA_UPLOAD_MAX_NUMBER_FIELDS=None)
    assert len(QueryDict("&".join(f"a{n}=1" for n in range(2000)))) == 2000


def test_bytes_to_text() -> None:
    assert bytes_to_text(b"\xff", "utf-8") == "�"
    assert bytes_to_text(5, "utf-8") == 5
