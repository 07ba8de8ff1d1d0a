"""One plan for both edges."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.twins import Step, afollow, calls_twin, check_twins, follow, twin


async def divide(value: int) -> int:
    return 10 // value


def plan(value: int) -> Any:
    try:
        got = yield Step(lambda: 10 // value, lambda: divide(value))
    except ZeroDivisionError:
        got = yield Step(lambda: 0, lambda: divide(100))
    return got + 1


async def test_a_plan_is_followed_in_both_ways() -> None:
    assert (follow(plan(5)), await afollow(plan(5))) == (3, 3)


async def test_a_plan_may_handle_an_error_of_a_step() -> None:
    assert (follow(plan(0)), await afollow(plan(0))) == (1, 1)


async def test_an_error_that_no_plan_handles_comes_out() -> None:
    def failing() -> Any:
        yield Step(lambda: 1 // 0, lambda: divide(0))

    with pytest.raises(ZeroDivisionError):
        follow(failing())
    with pytest.raises(ZeroDivisionError):
        await afollow(failing())


class Both:
    def read(self, name: str, *, size: int) -> str:
        return f"{name}{size}"

    async def aread(self, name: str, *, size: int) -> str:
        return f"a{name}{size}"

    def quick(self) -> None: ...
    @calls_twin
    async def aquick(self) -> None: ...


async def test_a_step_may_call_a_method_and_its_twin() -> None:
    step = twin(Both(), "read", "x", size=1)
    assert (step.call(), await step.acall()) == ("x1", "ax1")


def test_overriding_what_is_never_called_is_told() -> None:
    class Fine(Both):
        def quick(self) -> None: ...

    class Wrong(Fine):
        def read(self, name: str, *, size: int) -> str:
            return ""

    check_twins(Fine)
    check_twins(Wrong, exempt=frozenset({"read"}))
    with pytest.raises(ImproperlyConfigured, match=r"Override aread\(\) instead, or as well"):
        check_twins(Wrong)
