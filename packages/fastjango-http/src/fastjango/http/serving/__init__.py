"""Running a site: uvicorn with the deadlines and the bounded shutdown that it lacks."""

from __future__ import annotations

from fastjango.http.serving.options import ServeOptions
from fastjango.http.serving.run import serve
from fastjango.http.serving.shutdown import is_shutting_down, wait_for_shutdown

__all__ = ["ServeOptions", "is_shutting_down", "serve", "wait_for_shutdown"]
