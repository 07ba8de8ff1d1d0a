"""Mappings and sequences with web habits."""

import copy
import pickle
from typing import Any

import pytest
from fastjango.values.datastructures import (
    CaseInsensitiveMapping,
    DeferredSubDict,
    DictWrapper,
    ImmutableList,
    MultiValueDict,
    MultiValueDictKeyError,
    OrderedSet,
)
from fastjango.values.hashable import make_hashable
from fastjango.values.itercompat import is_iterable
from fastjango.values.topological_sort import (
    CyclicDependencyError,
    stable_topological_sort,
    topological_sort_as_sets,
)
from fastjango.values.tree import Node


class TestOrderedSet:
    def test_keeps_order_and_drops_doubles(self) -> None:
        found = OrderedSet([3, 1, 3, 2])
        assert list(found) == [3, 1, 2]
        assert list(reversed(found)) == [2, 1, 3]
        assert len(found) == 3
        assert repr(found) == "OrderedSet([3, 1, 2])"
        assert repr(OrderedSet()) == "OrderedSet()"

    def test_changes(self) -> None:
        found: OrderedSet[int] = OrderedSet()
        assert not found
        found.add(1)
        found.add(2)
        assert 1 in found
        found.remove(1)
        found.discard(1)
        assert list(found) == [2]
        with pytest.raises(KeyError):
            found.remove(1)


class TestMultiValueDict:
    def make(self) -> MultiValueDict[str, Any]:
        return MultiValueDict({"name": ["Ada", "Bea"], "none": []})

    def test_answers_with_the_last_value(self) -> None:
        found = self.make()
        assert found["name"] == "Bea"
        assert found["none"] == []
        assert found.get("none", "default") == "default"
        assert found.get("missing") is None
        assert found.getlist("name") == ["Ada", "Bea"]
        assert found.getlist("missing") == []
        assert found.getlist("missing", [1]) == [1]
        assert list(found.items()) == [("name", "Bea"), ("none", [])]
        assert list(found.values()) == ["Bea", []]
        assert list(found.lists()) == [("name", ["Ada", "Bea"]), ("none", [])]
        assert found.dict() == {"name": "Bea", "none": []}
        assert repr(found) == "<MultiValueDict: {'name': ['Ada', 'Bea'], 'none': []}>"
        with pytest.raises(MultiValueDictKeyError, match="missing"):
            found["missing"]

    def test_lists_handed_out_are_copies(self) -> None:
        found = self.make()
        found.getlist("name").append("x")
        assert found.getlist("name") == ["Ada", "Bea"]
        found.setlist("empty", None)  # type: ignore[arg-type]
        assert found.getlist("empty") is None

    def test_changes(self) -> None:
        found = self.make()
        found["name"] = "Cyd"
        assert found.getlist("name") == ["Cyd"]
        found.appendlist("name", "Dee")
        found.appendlist("new", 1)
        assert found.getlist("name") == ["Cyd", "Dee"]
        assert found.setdefault("name", "x") == "Dee"
        assert found.setdefault("other", "x") == "x"
        assert found.setlistdefault("new") == [1]
        assert found.setlistdefault("newer", [2]) == [2]
        assert found.setlistdefault("newest") == []

    def test_update_adds(self) -> None:
        found = self.make()
        found.update({"name": "x"}, more=1)
        found.update(MultiValueDict({"name": ["y", "z"]}))
        found.update([("more", 2)])
        assert found.getlist("name") == ["Ada", "Bea", "x", "y", "z"]
        assert found.getlist("more") == [1, 2]
        with pytest.raises(TypeError, match="update expected at most 1 argument, got 2"):
            found.update({}, {})

    def test_copies(self) -> None:
        found = self.make()
        shallow, deep, pickled = found.copy(), copy.deepcopy(found), pickle.dumps(found)
        found.appendlist("name", "x")
        for one in (shallow, deep, pickle.loads(pickled)):
            assert one.getlist("name") == ["Ada", "Bea"]
            assert isinstance(one, MultiValueDict)


def test_immutable_list() -> None:
    found = ImmutableList([1, 2], warning="Hands off.")
    assert found[0] == 1
    for change in (found.append, found.sort, found.extend, found.pop):
        with pytest.raises(AttributeError, match=r"Hands off\."):
            change(1)
    with pytest.raises(AttributeError, match="ImmutableList object is immutable"):
        ImmutableList([1])[0] = 2  # type: ignore[index]


def test_dict_wrapper() -> None:
    found = DictWrapper({"a": "x"}, str.upper, "up_")
    assert found["a"] == "x"
    assert found["up_a"] == "X"


class TestCaseInsensitiveMapping:
    def test_finds_in_any_case(self) -> None:
        found = CaseInsensitiveMapping({"Accept": 1})
        assert found["ACCEPT"] == 1
        assert list(found) == ["Accept"]
        assert len(found) == 1
        assert found == {"aCCEPT": 1}
        assert found != {"accept": 2}
        assert found != 1
        assert repr(found) == "{'Accept': 1}"
        assert found.copy() is found

    def test_takes_pairs(self) -> None:
        assert CaseInsensitiveMapping([("a", 1)])["A"] == 1
        with pytest.raises(ValueError, match=r"element #0 has length 3; 2 is required\."):
            CaseInsensitiveMapping([("a", 1, 2)])  # type: ignore[list-item]
        with pytest.raises(ValueError, match="Element key 1 invalid, only strings are allowed"):
            CaseInsensitiveMapping([(1, 2)])  # type: ignore[list-item]


def test_deferred_sub_dict_sees_changes() -> None:
    parent: dict[str, dict[str, int]] = {"child": {}}
    found = DeferredSubDict(parent, "child")
    parent["child"] = {"x": 1}
    assert found["x"] == 1


def test_make_hashable() -> None:
    assert make_hashable({"b": [1, {2}], "a": "x"}) == (("a", "x"), ("b", (1, (2,))))
    assert make_hashable("text") == "text"

    class Odd:
        __hash__ = None  # type: ignore[assignment]

    with pytest.raises(TypeError):
        make_hashable([Odd()])


def test_is_iterable() -> None:
    assert is_iterable([])
    assert not is_iterable(1)


class TestTopologicalSort:
    def test_layers(self) -> None:
        graph = {1: {2, 3}, 2: set[int](), 3: set[int](), 4: {5, 6}, 5: set[int](), 6: {5}}
        assert list(topological_sort_as_sets(graph)) == [{2, 3, 5}, {1, 6}, {4}]
        assert stable_topological_sort([1, 2, 3, 4, 5, 6], graph) == [2, 3, 5, 1, 6, 4]

    def test_circle(self) -> None:
        with pytest.raises(CyclicDependencyError, match="Cyclic dependency in graph: 1, 2"):
            list(topological_sort_as_sets({1: {2}, 2: {1}}))


class TestNode:
    def test_looks(self) -> None:
        node = Node([("a", 1), "b"], "AND")
        assert str(node) == "(AND: ('a', 1), b)"
        node.negate()
        assert str(node) == "(NOT (AND: ('a', 1), b))"
        assert repr(node) == "<Node: (NOT (AND: ('a', 1), b))>"
        assert len(node) == 2
        assert "b" in node
        assert node
        assert not Node()

    def test_equality_and_hash(self) -> None:
        assert Node([{"a": 1}]) == Node([{"a": 1}])
        assert hash(Node([{"a": [1]}])) == hash(Node([{"a": [1]}]))
        assert Node(["a"]) != Node(["a"], negated=True)
        assert Node(["a"]) != 1

    def test_copies(self) -> None:
        node = Node([["a"]], "OR", True)
        shallow, deep = copy.copy(node), copy.deepcopy(node)
        assert shallow == deep == node
        assert shallow.children is node.children
        assert deep.children[0] is not node.children[0]

    def test_add_with_another_connector(self) -> None:
        node = Node(["a", "b"], "AND")
        assert node.add("c", "OR") == "c"
        assert str(node) == "(OR: (AND: a, b), c)"

    def test_add_merges_what_it_can(self) -> None:
        node = Node(["a"], "AND")
        assert node.add(Node(["b", "c"], "AND"), "AND") is node
        assert node.add(Node(["d"], "OR"), "AND") is node
        assert node.children == ["a", "b", "c", "d"]
        negated = Node(["e"], "AND", True)
        assert node.add(negated, "AND") is negated
        assert len(node) == 5

    def test_create_ignores_init(self) -> None:
        class Special(Node):
            default = "X"

            def __init__(self, needed: object) -> None:
                raise AssertionError

        assert Special.create(["a"]).connector == "X"
        assert type(Special.create()) is Special
