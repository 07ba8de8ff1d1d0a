"""A site that takes an upload and tells what it cost: run by the tests in a process of its own."""

from __future__ import annotations

import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fastjango.core import settings, setup

settings.configure(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["fastjango.http"],
    MIDDLEWARE=["fastjango.http.middleware.limits.LimitsMiddleware"],
    ROOT_URLCONF="__main__",
    REQUEST_MAX_BODY_SIZE=int(sys.argv[2]),
    REQUEST_TIMEOUT=280.0,
)
setup()

import uvicorn  # noqa: E402  # after the settings
from fastjango.http import JsonResponse, get_asgi_application, path  # noqa: E402
from fastjango.http.views.decorators.csrf import csrf_exempt  # noqa: E402


def resident() -> int:
    """Return the resident memory now, in bytes; the page cache is not part of it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


PEAK = {"bytes": 0}


def watch() -> None:
    """Keep the highest resident memory."""
    while True:
        PEAK["bytes"] = max(PEAK["bytes"], resident())
        time.sleep(0.005)


@csrf_exempt
def begin(request: Any) -> JsonResponse:
    """Start measuring, after everything has been imported and used once."""
    PEAK["bytes"] = resident()
    return JsonResponse({"resident": PEAK["bytes"]})


@csrf_exempt
def upload(request: Any) -> JsonResponse:
    """Take the files in, and say what they are and what the peak was."""
    files = [
        {"name": file.name, "size": file.size, "on_disk": hasattr(file, "temporary_file_path")}
        for file in request.FILES.getlist("file")
    ]
    last = [file.chunks() for file in request.FILES.getlist("file")]
    total = sum(len(chunk) for chunks in last for chunk in chunks)
    return JsonResponse(
        {"files": files, "read": total, "note": request.POST.get("note"), "peak": PEAK["bytes"]}
    )


urlpatterns = [path("begin/", begin), path("upload/", upload)]

if __name__ == "__main__":
    app = get_asgi_application()
    threading.Thread(target=watch, daemon=True).start()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
