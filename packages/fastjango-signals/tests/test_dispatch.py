"""`Signal`: connecting, sending and what is left of blinker's habits."""

import gc
import logging
import weakref
from functools import partial
from typing import Any

import blinker
import pytest
from fastjango.core.conf import settings
from fastjango.signals import Signal, receiver


class Thing:
    """A sender."""


class Part(Thing):
    """A sender of a subclass."""


def answer(**kwargs: Any) -> str:
    return "answer"


def other(**kwargs: Any) -> str:
    return "other"


def fail(**kwargs: Any) -> None:
    raise ValueError("it broke")


class Listener:
    def hear(self, **kwargs: Any) -> tuple[Any, Any]:
        return kwargs["sender"], kwargs["value"]


@pytest.fixture
def signal() -> Signal:
    return Signal()


def test_receivers_get_signal_sender_and_arguments(signal: Signal) -> None:
    seen: list[dict[str, Any]] = []
    signal.connect(lambda **kwargs: seen.append(kwargs), weak=False)
    signal.send(Thing, value=3)
    assert seen == [{"signal": signal, "sender": Thing, "value": 3}]


def test_send_returns_pairs(signal: Signal) -> None:
    signal.connect(answer)
    assert signal.send(Thing) == [(answer, "answer")]


def test_nobody_connected(signal: Signal) -> None:
    assert signal.send(Thing) == []
    assert signal.send_robust(Thing) == []
    assert not signal.has_listeners(Thing)


def test_order_of_connection_is_kept(signal: Signal) -> None:
    # blinker keeps receivers in a set
    receivers = [partial(lambda number, **kwargs: number, number) for number in range(50)]
    for one in receivers:
        signal.connect(one)
    assert [value for _, value in signal.send(Thing)] == list(range(50))


def test_same_receiver_for_two_senders_is_two_connections(signal: Signal) -> None:
    # blinker would call it once
    signal.connect(answer)
    signal.connect(answer, sender=Thing)
    assert len(signal.send(Thing)) == 2
    assert len(signal.send(Part)) == 1


def test_connecting_twice_connects_once(signal: Signal) -> None:
    signal.connect(answer)
    signal.connect(answer)
    assert len(signal.receivers) == 1


def test_dispatch_uid_names_a_connection(signal: Signal) -> None:
    signal.connect(answer, dispatch_uid="one")
    signal.connect(other, dispatch_uid="one")
    assert signal.send(Thing) == [(answer, "answer")]
    assert signal.disconnect(dispatch_uid="one")
    assert not signal.has_listeners()


def test_sender_is_compared_by_identity(signal: Signal) -> None:
    signal.connect(answer, sender=Thing)
    assert signal.has_listeners(Thing)
    assert not signal.has_listeners(Part)
    assert not signal.has_listeners(Thing())


def test_sender_with_subclasses(signal: Signal) -> None:
    signal.connect(answer, sender=Thing, subclasses=True)
    assert signal.has_listeners(Part)
    assert not signal.has_listeners(Part())
    assert not signal.has_listeners(Listener)


def test_numbers_and_text_can_be_senders(signal: Signal) -> None:
    # blinker takes the sender 0 for "any"
    signal.connect(answer, sender=0)
    assert signal.has_listeners(0)
    assert not signal.has_listeners("x")


def test_disconnect_tells_whether_it_was_connected(signal: Signal) -> None:
    signal.connect(answer, sender=Thing)
    assert not signal.disconnect(answer)
    assert not signal.disconnect(other, sender=Thing)
    assert signal.disconnect(answer, sender=Thing)
    assert signal.receivers == []


def test_weak_receivers_vanish(signal: Signal) -> None:
    def local(**kwargs: Any) -> None:
        """Collected after the deletion."""

    signal.connect(local)
    assert signal.has_listeners()
    del local
    gc.collect()
    assert not signal.has_listeners()
    assert signal.receivers == []


def test_strong_receivers_stay(signal: Signal) -> None:
    signal.connect(lambda **kwargs: "kept", weak=False)
    gc.collect()
    assert [value for _, value in signal.send(Thing)] == ["kept"]


def test_bound_methods_live_with_their_object(signal: Signal) -> None:
    listener = Listener()
    signal.connect(listener.hear)
    signal.connect(listener.hear)
    assert signal.send("me", value=1) == [(listener.hear, ("me", 1))]
    assert signal.disconnect(listener.hear)
    signal.connect(listener.hear)
    del listener
    gc.collect()
    assert signal.send("me", value=1) == []


def test_connections_end_with_their_sender(signal: Signal) -> None:
    sender = Thing()
    signal.connect(answer, sender=sender)
    gone = weakref.ref(sender)
    del sender
    gc.collect()
    assert gone() is None
    for _ in range(100):  # one of them is likely to get the id of the dead sender
        assert not signal.has_listeners(Thing())
    assert signal.receivers == []


def test_first_error_ends_the_sending(signal: Signal) -> None:
    signal.connect(fail)
    signal.connect(answer)
    with pytest.raises(ValueError, match="it broke"):
        signal.send(Thing)


def test_robust_sending_goes_on_and_logs(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    signal.connect(fail)
    signal.connect(answer)
    with caplog.at_level(logging.ERROR, "fastjango.signals"):
        (first, error), second = signal.send_robust(Thing)
    assert first is fail
    assert str(error) == "it broke"
    assert second == (answer, "answer")
    assert caplog.messages == ["Error calling fail in Signal.send_robust() (it broke)"]
    assert caplog.records[0].exc_info is not None


def test_robust_sending_logs_callables_without_a_name(
    signal: Signal, caplog: pytest.LogCaptureFixture
) -> None:
    nameless = partial(fail)
    signal.connect(nameless)
    signal.send_robust(Thing)
    assert "Error calling functools.partial(" in caplog.text


def test_receiver_decorator(signal: Signal) -> None:
    second = Signal()

    @receiver(signal, sender=Thing)
    @receiver([signal, second])
    def heard(**kwargs: Any) -> str:
        return "heard"

    assert signal.send(Thing) == [(heard, "heard"), (heard, "heard")]
    assert second.send(None) == [(heard, "heard")]


def test_debug_checks_receivers(signal: Signal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Debug:
        DEBUG = True

    monkeypatch.setitem(settings.__dict__, "_wrapped", Debug())
    monkeypatch.setitem(settings.__dict__, "DEBUG", True)
    with pytest.raises(TypeError, match="Signal receivers must be callable"):
        signal.connect("text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must accept keyword arguments \(\*\*kwargs\)"):
        signal.connect(lambda sender: None)
    signal.connect(answer)
    assert signal.has_listeners()


class TestCaching:
    def test_receivers_are_remembered_by_sender(self) -> None:
        signal = Signal(use_caching=True)
        signal.connect(answer, sender=Thing)
        assert signal.send(Thing) == [(answer, "answer")]
        assert list(signal.sender_receivers_cache) == [Thing]
        assert signal.send(Thing) == [(answer, "answer")]
        assert signal.send(Part) == []

    def test_connecting_forgets(self) -> None:
        signal = Signal(use_caching=True)
        signal.connect(answer, sender=Thing)
        signal.send(Thing)
        signal.connect(other, sender=Thing)
        assert len(signal.send(Thing)) == 2
        signal.disconnect(answer, sender=Thing)
        assert signal.send(Thing) == [(other, "other")]

    def test_no_sender_is_not_remembered(self) -> None:
        signal = Signal(use_caching=True)
        signal.connect(answer)
        assert signal.send(None) == [(answer, "answer")]
        assert not signal.sender_receivers_cache

    def test_dead_receivers_are_not_called(self) -> None:
        signal = Signal(use_caching=True)
        listener = Listener()
        signal.connect(listener.hear, sender=Thing)
        signal.connect(answer, sender=Thing)
        assert len(signal.send(Thing, value=1)) == 2
        del listener
        gc.collect()
        assert signal.send(Thing, value=1) == [(answer, "answer")]
        assert len(signal.receivers) == 1


def test_a_receiver_that_dies_while_sending_is_skipped(signal: Signal) -> None:
    listeners = [Listener()]

    def drop(**kwargs: Any) -> None:
        listeners.clear()
        gc.collect()

    signal.connect(drop)
    signal.connect(listeners[0].hear)
    connections = signal._connections(Thing)
    drop()
    assert [one.receiver() for one in connections] == [drop, None]
    assert len(signal.send(Thing, value=1)) == 1


def test_storage_is_blinkers(signal: Signal) -> None:
    signal.connect(answer)
    assert isinstance(signal.receivers[0].slot, blinker.Signal)
