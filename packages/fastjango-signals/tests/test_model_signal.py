"""`ModelSignal`: senders that are named before they exist."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.registry import Registry
from fastjango.signals import ModelSignal


def hear(**kwargs: Any) -> str:
    return "heard"


def make_model(label: str, name: str) -> Any:
    meta = SimpleNamespace(app_label=label, model_name=name.lower())
    return type(name, (), {"_meta": meta, "__module__": "models"})


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_named_before_it_exists(registry: Registry) -> None:
    signal, model = ModelSignal(), make_model("shop", "Item")
    signal.connect(hear, sender="shop.Item", apps=registry)
    assert not signal.receivers
    registry.register_model("shop", model)
    assert signal.send(model) == [(hear, "heard")]


def test_named_after_it_exists(registry: Registry) -> None:
    signal, model = ModelSignal(), make_model("shop", "Item")
    registry.register_model("shop", model)
    signal.connect(hear, sender="shop.item", apps=registry, dispatch_uid="x", inline=True)
    assert signal.send(model) == [(hear, "heard")]
    assert signal.disconnect(sender="shop.Item", dispatch_uid="x", apps=registry)
    assert not signal.disconnect(sender="shop.Item", dispatch_uid="x", apps=registry)


def test_disconnected_when_it_comes_to_exist(registry: Registry) -> None:
    signal, model = ModelSignal(), make_model("shop", "Item")
    signal.connect(hear, sender="shop.Item", apps=registry)
    assert not signal.disconnect(hear, sender="shop.Item", apps=registry)
    registry.register_model("shop", model)
    assert signal.send(model) == []


def test_classes_and_none_need_no_registry() -> None:
    signal, model = ModelSignal(), make_model("shop", "Item")
    signal.connect(hear, sender=model)
    signal.connect(hear)
    assert len(signal.send(model)) == 2
    assert signal.disconnect(hear, sender=model)
    assert signal.disconnect(hear)


@pytest.mark.parametrize("name", ["Item", "shop.", ".Item", "a.shop.Item", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"must be of the form 'app_label\.ModelName'"):
        ModelSignal().connect(hear, sender=name)


async def test_twin(registry: Registry) -> None:
    async def ahear(**kwargs: Any) -> str:
        return "heard while waiting"

    signal, model = ModelSignal(), make_model("shop", "Item")
    signal.connect(hear, sender="shop.Item", twin=ahear, apps=registry)
    registry.register_model("shop", model)
    assert signal.send(model) == [(hear, "heard")]
    assert await signal.asend(model) == [(ahear, "heard while waiting")]
