"""`avalidate()` and `avalidate_<field>()`: awaited on a loop, never skipped without an error."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.rest import serializers
from fastjango.rest.bodies import Valid


class Alone(serializers.Serializer):
    title = serializers.CharField()

    async def avalidate_title(self, value: str) -> str:
        if value == "taken":
            raise serializers.ValidationError("Taken.", code="unique")
        return value.title()


class Whole(serializers.Serializer):
    title = serializers.CharField()

    async def avalidate(self, attrs: Any) -> Any:
        if attrs["title"] == "taken":
            raise serializers.ValidationError({"title": "Taken."})
        return {**attrs, "seen": True}


class Pair(serializers.Serializer):
    title = serializers.CharField()

    def validate_title(self, value: str) -> str:
        return f"sync {value}"

    async def avalidate_title(self, value: str) -> str:
        return f"async {value}"


class Override(Alone):
    def validate_title(self, value: str) -> str:
        return f"override {value}"


class Outer(serializers.Serializer):
    inner = Alone()


async def test_a_field_is_checked_on_a_loop() -> None:
    serializer = Alone(data={"title": "a book"})
    assert await serializer.ais_valid()
    assert serializer.validated_data == {"title": "A Book"}
    refused = Alone(data={"title": "taken"})
    assert not await refused.ais_valid()
    assert refused.errors["title"][0].code == "unique"


async def test_nested_and_many_are_checked_on_a_loop() -> None:
    outer = Outer(data={"inner": {"title": "taken"}})
    assert not await outer.ais_valid()
    assert outer.errors == {"inner": {"title": ["Taken."]}}
    many = Alone(data=[{"title": "b"}, {"title": "taken"}], many=True)
    assert not await many.ais_valid()
    assert many.errors == {1: {"title": ["Taken."]}}


@pytest.mark.parametrize(
    ("serializer", "sync"),
    [
        (Alone(data={"title": "taken"}), "validate_title"),
        (Whole(data={"title": "taken"}), "validate"),
        (Outer(data={"inner": {"title": "taken"}}), "validate_title"),
    ],
    ids=["field", "whole", "nested"],
)
def test_a_check_that_only_a_loop_can_make_is_not_skipped(serializer: Any, sync: str) -> None:
    with pytest.raises(SynchronousOnlyOperation, match=rf"`ais_valid\(\)`.*or define `{sync}`"):
        serializer.is_valid()


async def test_each_edge_has_its_own_check() -> None:
    serializer = Pair(data={"title": "x"})
    assert await serializer.ais_valid()
    assert serializer.validated_data == {"title": "async x"}


def test_the_synchronous_edge_has_its_own_check() -> None:
    serializer = Pair(data={"title": "x"})
    assert serializer.is_valid()
    assert serializer.validated_data == {"title": "sync x"}


async def test_the_nearest_override_counts_on_a_loop() -> None:
    serializer = Override(data={"title": "x"})
    assert await serializer.ais_valid()
    assert serializer.validated_data == {"title": "override x"}


def test_the_nearest_override_counts_without_a_loop() -> None:
    serializer = Override(data={"title": "taken"})
    assert serializer.is_valid()
    assert serializer.validated_data == {"title": "override taken"}


@pytest.mark.parametrize("kind", [Alone, Whole])
def test_bodies_are_checked_before_the_endpoint(kind: Any) -> None:
    app = FastAPI()
    reached: list[Any] = []

    async def endpoint(body: Any) -> Any:
        reached.append(body.validated_data)
        return {"title": body.validated_data["title"]}

    endpoint.__annotations__["body"] = Valid[kind]
    app.post("/")(endpoint)
    with TestClient(app) as client:
        refused = client.post("/", json={"title": "taken"})
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["body", "title"]
        assert not reached
        assert client.post("/", json={"title": "free"}).status_code == 200
    assert len(reached) == 1


def test_an_asynchronous_save_alone_is_not_skipped() -> None:
    class Saved(Alone):
        async def acreate(self, validated_data: Any) -> Any:
            return validated_data

        def validate_title(self, value: str) -> str:
            return value

    serializer = Saved(data={"title": "x"})
    assert serializer.is_valid()
    with pytest.raises(SynchronousOnlyOperation, match="acreate"):
        serializer.save()
