"""What REST framework has and this package has not: refused with a reason, never ignored."""

from __future__ import annotations

import pytest
from fastjango.http import FastJango, path
from fastjango.rest.conf import RestSettings
from fastjango.rest.decorators import action, api_view, schema
from fastjango.rest.exceptions import RestConfigurationError
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.views import APIView
from fastjango.rest.viewsets import ViewSet
from pydantic import ValidationError


class Hidden(APIView):
    schema = None

    def get(self, request):
        return Response(1)


class Shown(Hidden):
    schema = True


class Inspected(Hidden):
    schema = object()


def paths(*patterns):
    return set(FastJango(urlpatterns=list(patterns)).openapi()["paths"])


def test_views_without_a_schema_are_left_out():
    hidden = path("hidden/", Hidden.as_view())
    late = path("late/", Shown.as_view(schema=None))
    assert paths(hidden, late, path("shown/", Shown.as_view())) == {"/shown/"}


def test_actions_and_functions_without_a_schema_are_left_out():
    class Things(ViewSet):
        def list(self, request):
            return Response([])

        @action(detail=False, schema=None)
        def secret(self, request):
            return Response(1)

    @api_view()
    @schema(None)
    def function(request):
        return Response(1)

    router = SimpleRouter()
    router.register("things", Things, basename="thing")
    assert paths(*router.urls, path("function/", function)) == {"/things/"}


def test_objects_that_describe_views_are_refused():
    with pytest.raises(RestConfigurationError, match=r"Inspected has the schema .*extend_schema"):
        FastJango(urlpatterns=[path("x/", Inspected.as_view())])
    with pytest.raises(RestConfigurationError, match="or `schema = None`"):
        schema(object())(lambda request: None)


def test_settings_that_do_not_exist_are_refused():
    with pytest.raises(ValidationError, match="'DEFAULT_SCHEMA_CLASS': The OpenAPI document is"):
        RestSettings(REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "x.AutoSchema"})
    with pytest.raises(ValidationError, match="Did you mean 'PAGE_SIZE'"):
        RestSettings(REST_FRAMEWORK={"PAGE_SIZ": 3})
