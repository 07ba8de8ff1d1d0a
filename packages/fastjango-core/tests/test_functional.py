"""Lazy values and cached properties."""

import copy
import json
import operator
import pickle

import pytest
from fastjango.core.functional import (
    LazyObject,
    Promise,
    SimpleLazyObject,
    cached_property,
    classproperty,
    empty,
    force_promise,
    json_default,
    keep_lazy,
    keep_lazy_text,
    lazy,
    lazystr,
    new_method_proxy,
    partition,
    unpickle_lazyobject,
)
from pydantic import BaseModel, ValidationError


def shout(text: str, times: int = 1) -> str:
    return text.upper() + "!" * times


shout_lazy = lazy(shout, str)


class Box:
    def __init__(self, value):
        self.value, self.calls = value, 0

    @cached_property
    def double(self):
        """Twice the value."""
        self.calls += 1
        return self.value * 2

    other = cached_property(lambda self: self.value)


def test_cached_property_computes_once():
    box = Box(2)
    assert (box.double, box.double, box.calls, box.other) == (4, 4, 1, 2)
    del box.double
    assert (box.double, box.calls) == (4, 2)
    assert isinstance(Box.double, cached_property)
    assert Box.double.__doc__ == "Twice the value."


def test_cached_property_needs_one_name():
    loose = cached_property(lambda self: 1)
    with pytest.raises(TypeError, match="without calling __set_name__"):
        loose.__get__(Box(1))
    with pytest.raises(TypeError, match=r"two different names \('double' and 'third'\)"):
        Box.double.__set_name__(Box, "third")
    Box.double.__set_name__(Box, "double")


def test_classproperty():
    class Thing:
        @classproperty
        def label(cls):
            return cls.__name__.lower()

        kind = classproperty()
        kind = kind.getter(lambda cls: f"kind of {cls.__name__}")

    assert (Thing.label, Thing().label, Thing.kind) == ("thing", "thing", "kind of Thing")


def test_lazy_text_is_evaluated_on_each_use():
    seen = []
    text = lazy(lambda: seen.append(1) or f"v{len(seen)}", str)()
    assert seen == []
    assert (str(text), str(text)) == ("v1", "v2")


def test_lazy_text_behaves_as_text():
    text = shout_lazy("ab", times=2)
    assert isinstance(text, Promise)
    assert (f"{text:>6}", format(text, ""), text + "?", "=" + text) == (
        "  AB!!",
        "AB!!",
        "AB!!?",
        "=AB!!",
    )
    assert (text.lower(), len(text), text[0], "B" in text, text * 2) == (
        "ab!!",
        4,
        "A",
        True,
        "AB!!AB!!",
    )
    assert (text == "AB!!", text != "AB!!", text == shout_lazy("ab", 2)) == (True, False, True)
    assert (text < "AC", text <= "AB!!", text > "AA", text >= "B") == (True, True, True, False)
    assert (hash(text), repr(text)) == (hash("AB!!"), "'AB!!'")
    assert lazystr("%s-%s") % ("a", "b") == "a-b"
    assert {text: 1}["AB!!"] == 1
    assert copy.deepcopy(text) is text
    assert list(lazy(lambda: [1, 2], list)()) == [1, 2]


def test_lazy_text_survives_pickle_and_json():
    text = shout_lazy("ab", times=2)
    again = pickle.loads(pickle.dumps(text))
    assert isinstance(again, Promise)
    assert again == text
    assert json.dumps({"a": text}, default=json_default) == '{"a": "AB!!"}'
    with pytest.raises(TypeError, match="Object of type object is not JSON serializable"):
        json.dumps(object(), default=json_default)


def test_lazy_text_in_a_pydantic_model():
    class Page(BaseModel):
        title: Promise
        note: Promise = shout_lazy("late")

    page = Page(title=shout_lazy("a"))
    assert page.title == "A!"
    assert type(page.title) is str
    assert page.model_dump_json() == '{"title":"A!","note":"LATE!"}'
    assert type(page.model_dump()["note"]) is str
    assert Page.model_validate_json('{"title": "b"}').title == "b"
    assert Page.model_json_schema()["properties"]["title"]["type"] == "string"
    assert Page.model_json_schema(mode="serialization")["properties"]["title"]["type"] == "string"
    with pytest.raises(ValidationError):
        Page(title=3)


def test_force_promise():
    assert (force_promise(shout_lazy("a")), force_promise(3)) == ("A!", 3)


def test_keep_lazy():
    joined = keep_lazy_text(lambda a, b="": a + b)
    assert joined("a", b="b") == "ab"
    assert not isinstance(joined("a"), Promise)
    assert isinstance(joined("a", b=lazystr("c")), Promise)
    assert joined(lazystr("a"), b="c") == "ac"
    with pytest.raises(TypeError, match="at least one argument"):
        keep_lazy()


class Lazy(LazyObject):
    def _setup(self):
        self._wrapped = Box(5)


def test_lazy_object_is_made_on_first_use():
    lazy_box = Lazy()
    assert lazy_box._wrapped is empty
    assert lazy_box.value == 5
    lazy_box.value = 6
    assert lazy_box._wrapped.value == 6
    del lazy_box.value
    assert not hasattr(lazy_box._wrapped, "value")
    with pytest.raises(TypeError, match="can't delete _wrapped"):
        del lazy_box._wrapped
    fresh = Lazy()
    fresh.value = 7
    assert fresh.value == 7
    other = Lazy()
    del other.value
    assert not hasattr(other, "value")
    with pytest.raises(NotImplementedError, match="must provide a _setup"):
        LazyObject().anything  # noqa: B018


def test_simple_lazy_object_stands_for_the_object():
    numbers = SimpleLazyObject(lambda: [1, 2])
    assert "function" in repr(numbers)
    assert (len(numbers), 2 in numbers, numbers[0], list(numbers), bool(numbers)) == (
        2,
        True,
        1,
        [1, 2],
        True,
    )
    assert repr(numbers) == "<SimpleLazyObject: [1, 2]>"
    numbers[0] = 9
    del numbers[1]
    assert (operator.add(numbers, [1]), operator.add([0], numbers), numbers == [9]) == (
        [9, 1],
        [0, 9],
        True,
    )
    assert isinstance(numbers, list)
    assert "append" in dir(numbers)
    word = SimpleLazyObject(lambda: "b")
    assert (str(word), hash(word), word > "a", word < "c", word != "x") == (
        "b",
        hash("b"),
        True,
        True,
        True,
    )
    assert bytes(SimpleLazyObject(lambda: b"x")) == b"x"

    class Bound(SimpleLazyObject):
        def __init__(self):
            super().__init__(self.make)

        def make(self):
            return 1

    assert repr(Bound()) == "<Bound: '<bound method make>'>"


def test_lazy_objects_copy_and_pickle():
    made = []

    def make():
        made.append(1)
        return [1, [2]]

    thing = SimpleLazyObject(make)
    assert isinstance(copy.copy(thing), SimpleLazyObject)
    memo = {}
    assert copy.deepcopy(thing, memo)._wrapped is empty
    assert made == []
    assert pickle.loads(pickle.dumps(thing)) == [1, [2]]
    assert copy.copy(thing) == [1, [2]]
    deep = copy.deepcopy(thing)
    deep[1].append(3)
    assert thing == [1, [2]]
    assert copy.copy(Lazy())._wrapped is empty
    assert unpickle_lazyobject(3) == 3


def test_masked_methods_of_the_wrapped_object_are_not_found():
    class Only(LazyObject):
        go = new_method_proxy(lambda wrapped: wrapped)

        def _setup(self):
            self._wrapped = 3

    assert not hasattr(Only(), "go")


def test_partition():
    assert partition(lambda x: x > 1, [1, 2, 3]) == ([1], [2, 3])
