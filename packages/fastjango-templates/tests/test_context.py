"""`Context` has the layers of Django's."""

from copy import copy
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import HttpRequest
from fastjango.templates import Context, ContextPopException, RequestContext
from fastjango.templates import context_processors as processors


@pytest.fixture(params=["ours", "theirs"])
def make(request: pytest.FixtureRequest) -> Any:
    """The class, and Django's as the oracle."""
    if request.param == "theirs":
        return pytest.importorskip("django.template").Context
    return Context


def test_layers(make: Any) -> None:
    context = make({"a": 1})
    context.push(b=2)
    context["c"] = 3
    assert (context["a"], context["b"], context["c"]) == (1, 2, 3)
    assert "c" in context
    assert context.pop() == {"b": 2, "c": 3}
    assert context.get("c", "none") == "none"
    with context.push({"a": 5}):
        assert context["a"] == 5
        context.set_upward("a", 6)
    assert context["a"] == 1
    context.set_upward("new", 1)
    assert context["new"] == 1
    del context["new"]
    with context.update({"x": 1}):
        assert context.flatten() == {"True": True, "False": False, "None": None, "a": 1, "x": 1}
    assert context.setdefault("a", 9) == 1
    assert context.setdefault("d", 9) == 9
    with pytest.raises(KeyError):
        context["nothing"]
    with pytest.raises(TypeError, match="other_dict must be a mapping"):
        context.update(5)


def test_copies(make: Any) -> None:
    context = make({"a": 1})
    other = copy(context)
    other.push(b=1)
    assert "b" not in context
    assert context.new({"z": 1}).get("a") is None
    assert context.new({"z": 1})["z"] == 1
    assert context == make({"a": 1})
    assert context != make({"a": 2})
    assert context.new().get("a") is None
    outer = make({"b": 2})
    context.push(outer, c=3)
    assert context["b"] == 2
    context.update(outer)
    assert context["b"] == 2


def test_the_first_layer_stays() -> None:
    context = Context()
    with pytest.raises(ContextPopException):
        context.pop()
    assert repr(Context({"a": 1})) == "[{'True': True, 'False': False, 'None': None}, {'a': 1}]"
    assert Context(Context({"a": 1}))["a"] == 1
    assert [set(layer) for layer in Context({"a": 1})] == [{"a"}, {"True", "False", "None"}]
    assert Context().template_variables() == {}


def test_request_contexts(request_: HttpRequest) -> None:
    context = RequestContext(request_, {"a": 1}, [lambda request: {"a": 0, "b": request}])
    assert (context["a"], context["b"], context.request) == (1, request_, request_)


def test_processors(request_: HttpRequest) -> None:
    assert processors.request(request_) == {"request": request_}
    assert len(processors.csrf(request_)["csrf_token"]) == 64
    assert processors.static(request_) == {"STATIC_URL": "/static/"}
    assert processors.media(request_) == {"MEDIA_URL": "/media/"}
    assert processors.tz(request_) == {"TIME_ZONE": "Europe/Paris"}
    assert processors.i18n(request_)["LANGUAGE_CODE"] == "en-us"
    assert processors.i18n(request_)["LANGUAGE_BIDI"] is False
    request_._csp_nonce = "n"  # type: ignore[attr-defined]
    assert processors.csp(request_) == {"csp_nonce": "n"}
    assert processors.debug(request_) == {}
    request_.META["REMOTE_ADDR"] = "127.0.0.1"
    with override_settings(DEBUG=True, INTERNAL_IPS=["127.0.0.1"]):
        found = processors.debug(request_)
    assert found["debug"] is True
    assert list(found["sql_queries"]) == []
