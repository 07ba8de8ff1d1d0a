"""Pages and forms: what each field becomes, what a page offers, and templates of a project."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import FastJango, path
from fastjango.rest import exceptions, generics, serializers
from fastjango.rest.browsable import BrowsableAPIRenderer, HTMLFormRenderer
from fastjango.rest.filters import BaseFilterBackend, SearchFilter
from fastjango.rest.metadata import BaseMetadata, SimpleMetadata
from fastjango.rest.pagination import LimitOffsetPagination
from fastjango.rest.parsers import JSONParser
from fastjango.rest.renderers import (
    BaseRenderer,
    JSONRenderer,
    MultiPartRenderer,
    StaticHTMLRenderer,
    TemplateHTMLRenderer,
)
from fastjango.rest.response import Response
from fastjango.rest.testing import APIClient
from fastjango.rest.views import APIView
from rest_site_models import ArticleSerializer, TagSerializer, shop

Tag = shop.Tag


pytestmark = pytest.mark.usefixtures("shop_rows")


# --- forms ---------------------------------------------------------------------------------


class Inner(serializers.Serializer):
    street = serializers.CharField(help_text="And number.")


class Everything(serializers.Serializer):
    mail = serializers.EmailField()
    link = serializers.URLField(label="Home page")
    count = serializers.IntegerField()
    ratio = serializers.FloatField()
    at = serializers.DateTimeField()
    day = serializers.DateField()
    hour = serializers.TimeField()
    paper = serializers.FileField()
    agreed = serializers.BooleanField()
    many = serializers.ListField()
    extra = serializers.JSONField()
    secret = serializers.CharField(style={"input_type": "password"})
    text = serializers.CharField(style={"base_template": "textarea.html"})
    name = serializers.CharField()
    shown = serializers.CharField(read_only=True)
    hidden = serializers.HiddenField(default=1)
    place = Inner()


def entries(serializer: Any) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in HTMLFormRenderer()._entries(serializer)}


def test_every_field_has_an_input_of_its_kind() -> None:
    found = entries(Everything())
    assert {name: entry["kind"] for name, entry in found.items()} == {
        "mail": "email", "link": "url", "count": "number", "ratio": "number",
        "at": "datetime-local", "day": "date", "hour": "time", "paper": "file",
        "agreed": "checkbox", "many": "textarea", "extra": "textarea", "secret": "password",
        "text": "textarea", "name": "text", "place": "fieldset",
    }  # fmt: skip
    # Browsers take whole numbers alone unless told.
    assert [name for name, entry in found.items() if entry.get("step")] == ["ratio"]
    html = HTMLFormRenderer().render_form(Everything())
    assert '<label for="field-link">Home page</label>' in html
    assert 'name="place.street"' in html
    assert "And number." in html
    assert 'name="shown"' not in html
    assert 'name="hidden"' not in html


@override_settings(TIME_ZONE="UTC")
def test_values_stand_in_the_inputs() -> None:
    values: dict[str, Any] = {
        "at": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "agreed": True,
        "many": [1, "<b>"], "extra": {"a": None}, "secret": "hush", "name": None,
        "place": {"street": "<High>"}, "mail": "a@b.cc", "link": "", "count": 0, "ratio": 0.5,
        "day": None, "hour": None, "paper": None, "text": "", "shown": "",
    }  # fmt: skip
    found = entries(Everything(values))
    # An input of that kind takes neither seconds nor a zone.
    assert found["at"]["value"] == "2026-01-02T03:04"
    assert found["agreed"]["checked"]
    assert found["many"]["value"] == '[\n  1,\n  "<b>"\n]'
    assert found["extra"]["value"] == '{\n  "a": null\n}'
    assert (found["secret"]["value"], found["name"]["value"]) == ("", "")
    html = HTMLFormRenderer().render_form(Everything(values))
    assert "hush" not in html
    assert 'value="&lt;High&gt;"' in html
    assert 'name="agreed" value="true" checked>' in html


def test_errors_stand_beside_the_inputs() -> None:
    class Strict(serializers.Serializer):
        name = serializers.CharField()
        place = Inner()

        def validate(self, attrs: Any) -> Any:
            raise serializers.ValidationError("Nothing is right.")

    serializer = Strict(data={"name": "", "place": {}})
    assert not serializer.is_valid()
    html = HTMLFormRenderer().render(serializer.data)
    assert html.count("This field may not be blank.") == 1
    assert html.count("This field is required.") == 1
    serializer = Strict(data={"name": "a", "place": {"street": "b"}})
    assert not serializer.is_valid()
    assert html.count("Nothing is right.") == 0
    assert HTMLFormRenderer().render(serializer.data).count("Nothing is right.") == 1


class Choosing(serializers.Serializer):
    one = serializers.ChoiceField([("a", "A"), ("b", "B")])
    maybe = serializers.ChoiceField([("a", "A")], allow_null=True)
    some = serializers.MultipleChoiceField([("a", "A"), ("b", "B")])
    grouped = serializers.ChoiceField([("Group", [("c", "C")]), ("d", "D")])
    tag = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), required=False)
    tags = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), many=True)


def test_choices_become_options() -> None:
    tags = list(Tag.objects.order_by("id"))
    values = SimpleNamespace(
        one="b", maybe=None, some=["b"], grouped="c", tag=tags[1], tags=SimpleNamespace(
            all=lambda: tags[:2]),
    )  # fmt: skip
    found = entries(Choosing(values))
    assert {entry["kind"] for entry in found.values()} == {"select"}
    assert found["one"]["options"] == [("a", "A", False), ("b", "B", True)]
    assert found["maybe"]["options"] == [("", "---------", True), ("a", "A", False)]
    assert (found["some"]["multiple"], found["one"]["multiple"]) == (True, False)
    assert found["some"]["options"] == [("a", "A", False), ("b", "B", True)]
    assert [option[0] for option in found["grouped"]["options"]] == ["c", "d"]
    assert [option for option in found["tag"]["options"] if option[2]] == [("2", "t2", True)]
    assert found["tag"]["options"][0] == ("", "---------", False)
    assert [option[0] for option in found["tags"]["options"] if option[2]] == ["1", "2"]
    # Before anything is chosen, nothing is.
    empty = entries(Choosing())
    assert empty["one"]["options"][0] == ("", "---------", True)
    assert not any(option[2] for option in empty["some"]["options"])
    assert "multiple" in HTMLFormRenderer().render_form(Choosing())


# --- pages ---------------------------------------------------------------------------------


class Pages(LimitOffsetPagination):
    default_limit = 2


class Bytes(BaseRenderer):
    media_type = "image/png"
    format = "png"
    charset = None
    render_style = "binary"

    def render(self, data: Any, *args: Any) -> bytes:
        return b"12345"


class Mute(BaseFilterBackend):
    """A filter that has no form."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset


class Tags(generics.ListCreateAPIView):
    authentication_classes: list[Any] = []
    queryset = Tag.objects.order_by("id")
    serializer_class = TagSerializer
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    filter_backends = [SearchFilter, Mute]
    search_fields = ["name"]
    pagination_class = None


class OneTag(generics.RetrieveUpdateDestroyAPIView):
    authentication_classes: list[Any] = []
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]


def shown(view: Any, address: str = "/tags/1/", method: str = "get", **data: Any) -> Any:
    routes = [path("tags/", Tags.as_view()), path("tags/<int:pk>/", view.as_view())]
    api = APIClient(app=FastJango(urlpatterns=routes), HTTP_ACCEPT="text/html")
    return getattr(api, method)(address, data or None)


def test_a_page_shows_what_may_be_done() -> None:
    page = shown(OneTag).content.decode()
    assert 'value="DELETE"' in page
    assert 'name="name" value="t1"' in page
    assert "&#34;name&#34;: &#34;t1&#34;" in page or "&quot;name&quot;: &quot;t1&quot;" in page
    assert ">Tags<" in page
    deleted = shown(OneTag, method="delete")
    # A browser would stay on the old page.
    assert (deleted.status_code, Tag.objects.filter(pk=1).exists()) == (200, False)
    missing = shown(OneTag).content.decode()
    assert "No Tag matches" in missing or "Not found" in missing


def test_what_is_forbidden_for_an_object_is_not_offered() -> None:
    class Locked(OneTag):
        def check_object_permissions(self, request: Any, obj: Any) -> None:
            if request.method != "GET":
                raise exceptions.PermissionDenied

        async def acheck_object_permissions(self, request: Any, obj: Any) -> None:
            self.check_object_permissions(request, obj)

    page = shown(Locked).content.decode()
    assert 'name="name"' not in page
    assert 'name="name"' in shown(OneTag).content.decode()


def test_a_wrong_form_comes_back_with_its_errors() -> None:
    page = shown(OneTag, "/tags/", "post", name="a b").content.decode()
    assert 'value="a b"' in page
    assert "Enter a valid" in page


def test_lists_have_search_forms_and_links() -> None:
    class Paged(Tags):
        pagination_class = Pages

    for view in (Tags, Paged):
        routes = [path("tags/", view.as_view())]
        api = APIClient(app=FastJango(urlpatterns=routes), HTTP_ACCEPT="text/html")
        page = api.get("/tags/?search=t").content.decode()
        assert 'name="search"' in page
        assert ("offset=2" in page) is (view is Paged)


@override_settings(REST_FRAMEWORK={"VALIDATE_RESPONSES": False})
def test_lists_that_are_made_in_another_way_have_no_search_form() -> None:
    class Made(Tags):
        def get_queryset(self) -> Any:
            raise RuntimeError("not for lists")

        def list(self, request: Any) -> Response:
            return Response([1])

        async def alist(self, request: Any) -> Response:
            return Response([1])

    class Counted(Tags):
        pagination_class = Pages

        def list(self, request: Any) -> Response:
            return Response({"count": 1})

        async def alist(self, request: Any) -> Response:
            return Response({"count": 1})

    for view in (Made, Counted):
        routes = [path("tags/", view.as_view())]
        api = APIClient(app=FastJango(urlpatterns=routes), HTTP_ACCEPT="text/html")
        answer = api.get("/tags/")
        assert answer.status_code == 200
        assert 'name="search"' not in answer.content.decode()


def test_content_that_no_page_can_show() -> None:
    class Picture(APIView):
        renderer_classes = [Bytes, BrowsableAPIRenderer]

        def get(self, request: Any, pk: int) -> Response:
            return Response({"a": 1})

    class Bare(Picture):
        renderer_classes = [BrowsableAPIRenderer]

    assert "[5 bytes of binary content]" in shown(Picture).content.decode()
    assert "{&#39;a&#39;: 1}" in shown(Bare).content.decode()


def test_views_without_serializers_and_forms() -> None:
    class Plain(APIView):
        parser_classes = [JSONParser]
        renderer_classes = [JSONRenderer, BrowsableAPIRenderer]

        def get(self, request: Any, pk: int) -> Response:
            return Response()

        post = put = get

    class Late(OneTag):
        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            if self.request.method == "PUT":
                raise KeyError("kind")
            return super().get_serializer(*args, **kwargs)

    page = shown(Plain).content.decode()
    assert '<textarea id="raw-' in page or "_content" in page
    assert "multipart/form-data" not in page
    # A serializer that depends on what was sent has no form, and the page is there all the same.
    late = shown(Late)
    assert (late.status_code, 'name="name"' in late.content.decode()) == (200, False)


# --- templates -----------------------------------------------------------------------------


class Templated(APIView):
    authentication_classes: list[Any] = []
    renderer_classes = [TemplateHTMLRenderer]
    template_name: str | None = "rest/filters/search.html"

    def get(self, request: Any, pk: int) -> Response:
        if pk == 2:
            raise exceptions.PermissionDenied
        return Response({"param": "q", "term": "<t>"})


class ByMethod(Templated):
    template_name = None

    def get_template_names(self) -> list[str]:
        return ["missing.html", "rest/filters/search.html"]


class ByResponse(Templated):
    template_name = "missing.html"

    def get(self, request: Any, pk: int) -> Response:
        return Response({"param": "q", "term": "<t>"}, template_name="rest/filters/search.html")


class OwnRenderer(TemplateHTMLRenderer):
    template_name = "rest/filters/search.html"


class ByRenderer(Templated):
    renderer_classes = [OwnRenderer]
    template_name = "missing.html"


@pytest.mark.parametrize("view", [Templated, ByMethod, ByResponse, ByRenderer])
def test_templates_are_named_in_four_places(view: Any) -> None:
    page = shown(view).content.decode()
    assert 'name="q"' in page
    assert "&lt;t&gt;" in page


def test_a_template_has_to_be_named() -> None:
    renderer, response = TemplateHTMLRenderer(), SimpleNamespace(template_name=None)
    with pytest.raises(ImproperlyConfigured, match="no `template_name`"):
        renderer.get_template_names(response, object())


def test_errors_have_pages_of_their_own() -> None:
    answer = shown(Templated, "/tags/2/")
    assert (answer.status_code, answer.content) == (403, b"403 Forbidden")

    class Own(TemplateHTMLRenderer):
        exception_template_names = ["%(status_code)s-missing.html", "rest/filters/search.html"]

        def get_template_context(self, data: Any, renderer_context: Any) -> Any:
            context = super().get_template_context(data, renderer_context)
            return {"param": context["status_code"], "term": context["detail"]}

    class Shown(Templated):
        renderer_classes = [Own]

    page = shown(Shown, "/tags/2/").content.decode()
    assert 'name="403"' in page
    assert "You do not have permission" in page


def test_contexts_of_templates() -> None:
    renderer = TemplateHTMLRenderer()
    fine = {"response": SimpleNamespace(exception=False, status_code=200)}
    wrong = {"response": SimpleNamespace(exception=True, status_code=400)}
    data = {"a": 1}
    assert renderer.get_template_context(data, fine) is data
    assert renderer.get_template_context(data, wrong) == {"a": 1, "status_code": 400}
    assert renderer.get_template_context(["a"], wrong) == {"details": ["a"], "status_code": 400}
    assert data == {"a": 1}


def test_finished_pages() -> None:
    class Finished(APIView):
        authentication_classes: list[Any] = []
        renderer_classes = [StaticHTMLRenderer]

        def get(self, request: Any, pk: int) -> Response:
            if pk == 2:
                raise exceptions.PermissionDenied
            return Response("<h1>Hi</h1>")

    assert shown(Finished).content == b"<h1>Hi</h1>"
    assert shown(Finished, "/tags/2/").content == b"403 Forbidden"
    assert shown(Finished, method="options").content.startswith(b"<pre>{")


def test_forms_cannot_nest() -> None:
    assert b'name="a"' in bytes(MultiPartRenderer().render({"a": [1, 2]}))
    with pytest.raises(TypeError, match="dictionary value for key 'a'"):
        MultiPartRenderer().render({"a": {"b": 1}})


# --- metadata ------------------------------------------------------------------------------


def test_fields_tell_about_themselves() -> None:
    class Own(serializers.Field):
        pass

    class Told(Everything):
        own = Own(required=False)
        lines = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=3)
        rows = Inner(many=True)
        chosen = serializers.ChoiceField([("a", "A")])
        fixed = serializers.ChoiceField([("a", "A")], read_only=True)
        tag = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all())
        price = serializers.DecimalField(max_digits=4, decimal_places=2, max_value=9)

    info = SimpleMetadata().get_serializer_info(Told(many=True))
    assert "hidden" not in info
    types = {name: entry["type"] for name, entry in info.items()}
    assert (types["own"], types["mail"], types["place"]) == ("field", "email", "nested object")
    assert info["own"]["required"] is False
    assert info["lines"]["child"] == {
        "type": "integer", "required": True, "read_only": False, "min_value": 1,
    }  # fmt: skip
    assert info["place"]["children"]["street"]["help_text"] == "And number."
    assert (types["rows"], info["rows"]["child"]["type"]) == ("field", "nested object")
    assert info["rows"]["child"]["children"]["street"]["label"] == "Street"
    assert info["chosen"]["choices"] == [{"value": "a", "display_name": "A"}]
    # Of a read-only field nothing can be chosen; related rows may be too many to list.
    assert "choices" not in info["fixed"]
    assert "choices" not in info["tag"]
    assert (info["price"]["max_digits"], info["price"]["max_value"]) == (4, 9)
    with pytest.raises(NotImplementedError, match="determine_metadata"):
        BaseMetadata().determine_metadata(None, None)


def test_options_tell_what_may_be_written() -> None:
    class Locked(OneTag):
        def get_permissions(self) -> list[Any]:
            if self.request.method == "PUT":
                raise exceptions.PermissionDenied
            return []

    assert set(shown(OneTag, method="options").data["actions"]) == {"PUT"}
    assert "actions" not in shown(OneTag, "/tags/99/", "options").data
    assert "actions" not in shown(Locked, method="options").data
    assert set(shown(OneTag, "/tags/", "options").data["actions"]) == {"POST"}
    assert "author" in SimpleMetadata().get_serializer_info(ArticleSerializer())
