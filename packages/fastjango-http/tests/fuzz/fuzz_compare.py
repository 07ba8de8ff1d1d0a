"""Runs random applications on FastAPI and on FastJango and compares everything that comes out."""

from __future__ import annotations

import asyncio
import random
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastjango.http import FastJango, Router
from fuzz_grammar import Writer
from fuzz_requests import Case, random_case

_ADDRESS = re.compile(r"0x[0-9a-f]+")


@dataclass
class Outcome:
    """What one request gave."""

    messages: list[dict[str, Any]]
    error: str | None
    log: str


@dataclass
class Difference:
    """A request that two applications answered differently."""

    seed: int
    case: Case
    expected: Outcome
    found: Outcome
    source: str

    def __str__(self) -> str:
        scope = {k: v for k, v in self.case.scope.items() if k not in ("asgi", "raw_path")}
        return (
            f"seed {self.seed}\n{scope}\nbody {self.case.chunks!r}\n"
            f"FastAPI   {self.expected}\nFastJango {self.found}\n"
        )


def build(source: str, app: type[FastAPI], router: type[APIRouter]) -> dict[str, Any]:
    """Run the source of an application with the given classes; return its globals."""
    names: dict[str, Any] = {"App": app, "Router": router, "__name__": "fuzzed"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "<fuzzed>", "exec", dont_inherit=True), names)
    return names


async def run(names: dict[str, Any], case: Case) -> Outcome:
    """Send one case to an application."""
    log: list[Any] = names["LOG"]
    log.clear()
    messages: list[dict[str, Any]] = []
    pending = list(case.chunks) or [b""]
    connected = False
    spoken = False

    async def receive() -> dict[str, Any]:
        nonlocal connected, spoken
        await asyncio.sleep(0)
        if case.scope["type"] == "websocket":
            if not connected:
                connected = True
                return {"type": "websocket.connect"}
            if not spoken:
                spoken = True
                return {"type": "websocket.receive", "text": "hi"}
            return {"type": "websocket.disconnect", "code": 1000}
        if not pending or (case.disconnects and len(pending) == 1):
            return {"type": "http.disconnect"}
        chunk = pending.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(pending)}

    async def send(message: dict[str, Any]) -> None:
        copied = dict(message)
        if "headers" in copied:
            copied["headers"] = list(copied["headers"])
        messages.append(copied)

    error: str | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await asyncio.wait_for(names["app"](case.fresh_scope(), receive, send), 20)
    except Exception as raised:
        error = _stable(_describe(raised))
    return Outcome(messages, error, _stable(repr(log)))


def _describe(error: BaseException, depth: int = 0) -> str:
    if depth > 4:
        return "..."
    if isinstance(error, BaseExceptionGroup):
        inner = ", ".join(_describe(one, depth + 1) for one in error.exceptions)
        return f"{type(error).__name__}[{inner}]"
    cause = f" from {_describe(error.__cause__, depth + 1)}" if error.__cause__ else ""
    return f"{type(error).__name__}: {error}{cause}"


def _stable(text: str) -> str:
    return _ADDRESS.sub("0x", text)


def _same(expected: Outcome, found: Outcome) -> bool:
    if expected.log != found.log or expected.error != found.error:
        return False
    if expected.messages == found.messages:
        return True
    # A debug page shows the frames it went through.
    start = expected.messages[:1]
    return bool(
        start
        and start[0].get("status") == 500
        and found.messages[:1]
        and found.messages[0].get("status") == 500
        and any(b"Traceback" in m.get("body", b"") for m in expected.messages)
        and any(b"Traceback" in m.get("body", b"") for m in found.messages)
    )


async def _compare(seed: int, per_app: int, differences: list[Difference]) -> int:
    writer = Writer(seed)
    source = writer.application()
    try:
        plain = build(source, FastAPI, APIRouter)
    except Exception:
        # The grammar may write what FastAPI refuses; then both have to.
        try:
            build(source, FastJango, Router)
        except Exception:
            return 0
        raise
    # A router of a library is a plain APIRouter, whatever the application is.
    ours = build(source, FastJango, APIRouter if seed % 3 == 0 else Router)
    rng = random.Random(seed)
    for number in range(per_app):
        if number and number % 10 == 0:
            for names in (plain, ours):
                names["change"](number // 10 - 1)
        case = random_case(rng, writer.paths, writer.websockets)
        expected, found = await run(plain, case), await run(ours, case)
        if not _same(expected, found):
            differences.append(Difference(seed, case, expected, found, source))
    return per_app


def fuzz(
    requests: int,
    *,
    seed: int = 0,
    per_app: int = 40,
    stop_after: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[int, list[Difference]]:
    """Compare until so many requests have been sent.

    Args:
        requests: How many.
        seed: Seed of the first application; each next one takes the next number.
        per_app: Requests to one application.
        stop_after: Differences to stop at.

    Returns:
        The number of requests compared and the differences found.
    """
    done = 0
    differences: list[Difference] = []
    while done < requests and len(differences) < stop_after:
        done += asyncio.run(_compare(seed, min(per_app, requests - done), differences))
        seed += 1
        if progress is not None:
            progress(done)
    return done, differences
