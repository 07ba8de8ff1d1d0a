"""A site whose templates are wrong, with `DEBUG`: run by the tests in a process of its own."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fastjango.core import settings, setup

TEMPLATES = Path(tempfile.mkdtemp(prefix="error-site"))
PAGES = {
    "base.html": "<main>{% block main %}{% endblock %}</main>\n",
    "filter.html": '{% extends "base.html" %}\n{% block main %}\n{{ word|titel }}\n{% endblock %}',
    "name.html": '{% extends "base.html" %}\n{% block main %}\n{{ wrod }}\n{% endblock %}',
}
for name, source in PAGES.items():
    (TEMPLATES / name).write_text(source, encoding="utf-8")
settings.configure(
    DEBUG=True,
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["fastjango.http", "fastjango.templates"],
    TEMPLATES=[{"BACKEND": "fastjango.templates.backends.Jinja2", "DIRS": [TEMPLATES]}],
    ROOT_URLCONF="__main__",
)
setup()

import uvicorn  # noqa: E402  # after the settings
from fastjango.http import HttpRequest, HttpResponse, get_asgi_application, path  # noqa: E402
from fastjango.http.shortcuts import render  # noqa: E402


def show(request: HttpRequest, name: str) -> HttpResponse:
    """Render a template."""
    return render(request, f"{name}.html", {"word": "x"})


urlpatterns = [path("<slug:name>/", show)]

if __name__ == "__main__":
    uvicorn.run(
        get_asgi_application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical"
    )
