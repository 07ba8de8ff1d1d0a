"""Pages made with Jinja2: one environment, escaping on."""

from pathlib import Path
from typing import Any

from fastjango.http import HttpRequest, HttpResponse, reverse
from fastjango.http.csrf import get_token
from jinja2 import Environment, FileSystemLoader, StrictUndefined

environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals["url"] = reverse
environment.globals["csrf_token"] = get_token


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Answer with a page."""
    text = environment.get_template(template).render(request=request, **context)
    return HttpResponse(text, status=status)
