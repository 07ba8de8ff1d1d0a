"""Cold start and memory: CPU and resident memory of fresh processes until the first answer.

Each process imports its framework, makes an application with a number of routes, and answers one
request to the last of them; the answer is checked. ``start --quick`` takes three rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from _tables import RESULTS, Table

ASGI = """
import asyncio, json, resource, sys, time
count = int(sys.argv[1])
{make}

async def ask(path):
    sent, given = [], []
    async def receive():
        if given:
            await asyncio.Event().wait()  # nobody hangs up
        given.append(True)
        return {{"type": "http.request", "body": b"", "more_body": False}}
    async def send(message):
        sent.append(message)
    scope = {{"type": "http", "asgi": {{"version": "3.0"}}, "http_version": "1.1", "method": "GET",
             "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
             "query_string": b"", "headers": [(b"host", b"localhost")],
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}}
    await app(scope, receive, send)
    assert sent[0]["status"] == 200, sent
    assert b"".join(part.get("body", b"") for part in sent[1:]) == b'{{"item":7}}', sent

asyncio.run(ask(f"/r{{count - 1}}/item/7"))
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps([time.process_time() * 1000, pages * resource.getpagesize() / 1e6]))
"""
ROUTES = """
for number in range(count):
    @app.get(f"/r{number}/item/{{item}}", name=f"r{number}")
    async def view(item: int) -> dict[str, int]:
        return {"item": item}
"""
MAKE = {
    "FastJango": f"from fastjango.http import FastJango\napp = FastJango()\n{ROUTES}",
    "FastAPI": f"from fastapi import FastAPI\napp = FastAPI()\n{ROUTES}",
    "Starlette": """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def view(request):
    return JSONResponse({"item": request.path_params["item"]})
app = Starlette(routes=[Route(f"/r{n}/item/{{item:int}}", view) for n in range(count)])
""",
    "Django": """
import django
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"])
django.setup()
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path
async def view(request, item):
    return HttpResponse(json.dumps({"item": item}, separators=(",", ":")))
urlpatterns = [path(f"r{n}/item/<int:item>", view) for n in range(count)]
app = get_asgi_application()
""",
}
COUNTS = (1, 10, 100, 1000)


def once(peer: str, count: int) -> tuple[float, float]:
    """Return CPU milliseconds and resident megabytes of one fresh process.

    Raises:
        RuntimeError: It failed or gave a wrong answer; says what it printed.
    """
    code = ASGI.format(make=MAKE[peer])
    command = [sys.executable, "-W", "ignore", "-c", code, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer} failed: {done.stderr[-2000:]}")
    milliseconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return float(milliseconds), float(megabytes)


def main() -> int:
    """Measure, print and save; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    command = "python3 tools/dev.py bench start"
    note = (
        "From a fresh interpreter to the first checked answer, which the last route gives; no "
        "server, no database. FastJango compiles an endpoint when it is first asked for."
    )
    cpu = Table("Cold start", "ms CPU", "FastJango", x="routes", command=command, notes=[note])
    title = "Memory after the first answer"
    rss = Table(title, "MB resident", "FastJango", x="routes", command=command)
    for turn in range(3 if options.quick else options.rounds):
        for count in COUNTS:
            peers = list(MAKE)
            for peer in peers[turn % len(peers) :] + peers[: turn % len(peers)]:
                milliseconds, megabytes = once(peer, count)
                cpu.add(str(count), peer, milliseconds)
                rss.add(str(count), peer, megabytes)
    cpu.conclude("start-cpu", options.results)
    return rss.conclude("start-memory", options.results)


if __name__ == "__main__":
    sys.exit(main())
