"""The page for forged requests: built in, or the project's own template."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.http import HttpRequest
from fastjango.http.rendering import install_renderer
from fastjango.http.views.csrf import csrf_failure


class _Missing(Exception):
    pass


class _Renderer:
    not_found = _Missing
    response_class: Any = None

    def __init__(self, **templates: str) -> None:
        self.templates = templates

    def render_to_string(
        self, template_name: Any, context: Any = None, request: Any = None, using: Any = None
    ) -> str:
        try:
            return self.templates[template_name.removesuffix(".html")] % context
        except KeyError:
            raise _Missing(template_name) from None


@pytest.fixture
def own_pages() -> Iterator[None]:
    previous = install_renderer(_Renderer(**{"403_csrf": "own: %(reason)s", "other": "other"}))
    yield
    install_renderer(previous)


def post(**meta: str) -> HttpRequest:
    request = HttpRequest()
    request.method, request.path = "POST", "/"
    request.META.update(meta)
    return request


def fail(**options: Any) -> Any:
    return csrf_failure(post(), **options)


def test_the_built_in_page_tells_the_reason_in_debug_only(configured: Any) -> None:
    response = fail(reason="CSRF cookie <not> set.")
    assert response.status_code == 403
    assert b"sent no CSRF cookie" in response.content
    assert b"&lt;not&gt;" not in response.content
    configured(DEBUG=True)
    assert b"CSRF cookie &lt;not&gt; set." in fail(reason="CSRF cookie <not> set.").content


@pytest.mark.usefixtures("own_pages")
def test_the_project_may_have_a_page_of_its_own() -> None:
    assert fail(reason="why").content == b"own: why"
    assert fail(template_name="other.html").content == b"other"
    with pytest.raises(_Missing):
        fail(template_name="gone.html")


def test_without_an_own_page_the_built_in_one_is_sent() -> None:
    previous = install_renderer(_Renderer())
    try:
        assert b"CSRF verification failed" in fail().content
    finally:
        install_renderer(previous)


def test_programs_get_json() -> None:
    response = csrf_failure(
        post(HTTP_ACCEPT="application/json"), "Referer checking failed - no Referer."
    )
    assert response.headers["content-type"] == "application/json"
    assert b"hides which page" in response.content
