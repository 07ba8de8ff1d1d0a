"""Hooks: registration, order, freezing and calling."""

import pytest
from fastjango.core import Hook
from fastjango.core.exceptions import HookError


def collect(request: str, extra: int = 1) -> str:
    """Return what this plugin adds to a request."""
    return ""


@pytest.fixture
def hook():
    return Hook(collect)


def test_implementations_take_fewer_arguments(hook):
    hook.register(lambda: "none")
    hook.register(lambda extra: f"extra {extra}")
    hook.register(lambda *, request: f"request {request}")
    hook.register(lambda **kwargs: f"all {sorted(kwargs)}")
    hook.register(lambda request, own="x": f"default {own}")
    assert hook.call("r", extra=2) == [
        "none",
        "extra 2",
        "request r",
        "all ['extra', 'request']",
        "default x",
    ]
    assert hook.call(request="r")[1] == "extra 1"
    assert repr(hook) == f"<Hook {__name__}.collect (5 implementations)>"
    assert hook.__doc__ == collect.__doc__


def test_other_arguments_are_refused(hook):
    def impl(request, user):
        return ""

    with pytest.raises(HookError) as caught:
        hook.register(impl)
    assert str(caught.value) == (
        f"{__name__}.test_other_arguments_are_refused.<locals>.impl takes the argument 'user', "
        f"which hook '{__name__}.collect' does not give. Its arguments: request, extra."
    )
    with pytest.raises(HookError, match="takes the argument 'x'"):
        hook.register(lambda x, /: "")


def test_a_specification_has_named_parameters():
    with pytest.raises(HookError, match="has the parameter 'args', which cannot be passed by name"):
        Hook(lambda *args: None).register(lambda: None)


def test_calls_are_bound_to_the_specification(hook):
    hook.register(lambda: "")
    with pytest.raises(TypeError, match="missing a required argument: 'request'"):
        hook.call()


def test_order_hints(hook):
    hook.register(lambda: "last", order="last")
    hook.register(lambda: "b")
    hook.register(lambda: "c")
    hook.register(lambda: "first", order="first")
    assert hook.call("r") == ["first", "b", "c", "last"]


def test_registering_twice_registers_once(hook):
    @hook.register
    def impl():
        return 1

    hook.register(impl)
    assert list(hook) == [impl]
    assert hook.unregister(impl)
    assert not hook.unregister(impl)
    assert len(hook) == 0


async def test_async_implementations(hook):
    @hook.register
    async def slow(request):
        return f"slow {request}"

    hook.register(lambda: "quick")
    assert await hook.acall("r") == ["slow r", "quick"]
    with pytest.raises(HookError, match=r"async implementation .*slow\. Ask it with `await hook"):
        hook.call("r")


def test_errors_pass_through(hook):
    hook.register(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hook.call("r")


def test_freezing(hook):
    late = Hook(collect, late=True)
    for each in (hook, late):
        each.frozen = True
    late.register(lambda: "late")
    with pytest.raises(HookError, match=r"is too late for hook .*: the application has started"):
        hook.register(lambda: "x")
    with hook.implemented(lambda: "for a test"):
        assert hook.call("r") == ["for a test"]
    assert (hook.call("r"), hook.frozen) == ([], True)
