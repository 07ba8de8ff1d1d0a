"""Entity tags and times of change: reading what is known already, changing what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastjango.http import FastJango
from fastjango.rest import viewsets
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.testing import APIAsyncClient, APIClient
from rest_site_models import TagSerializer, shop


class Whole(viewsets.ModelViewSet):
    """Tags are made of the content."""

    queryset = shop.Tag.objects.all()
    serializer_class = TagSerializer
    etags = True

    def get_serializer_class(self) -> Any:
        """Show more after a change; the tag is that of reading all the same."""
        if self.action in ("update", "partial_update"):
            return type("Other", (TagSerializer,), {})
        return TagSerializer


class Versions(Whole):
    require_if_match = True

    def etag_for(self, instance: Any) -> str:
        """Return a tag without quotes, made of a column."""
        return f"v-{instance.name}"


class Later(Whole):
    async def etag_for(self, instance: Any) -> str:  # type: ignore[override]
        return f'"{await shop.Tag.objects.filter(pk=instance.pk).acount()}"'


class Times(Whole):
    etags = False

    def last_modified_for(self, instance: Any) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)


class Naive(Whole):
    def last_modified_for(self, instance: Any) -> datetime:
        return datetime(2026, 1, 2)


router = SimpleRouter()
for view in (Whole, Versions, Later, Times, Naive):
    router.register(view.__name__.lower(), view, basename=view.__name__.lower())
app = FastJango(urlpatterns=router.urls)
client = APIClient(app=app)
OLD, NEW = "Thu, 01 Jan 2026 00:00:00 GMT", "Sat, 03 Jan 2026 00:00:00 GMT"


pytestmark = pytest.mark.usefixtures("shop_rows")


def test_an_object_that_is_known_is_not_sent_again() -> None:
    first = client.get("/whole/1/")
    tag = first["ETag"]
    assert tag.startswith('"')
    again = client.get("/whole/1/", HTTP_IF_NONE_MATCH=f'"x", W/{tag}')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert client.head("/whole/1/", HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert client.get("/whole/2/", HTTP_IF_NONE_MATCH=tag).status_code == 200
    assert client.get("/whole/1/", HTTP_IF_MATCH='"x"').status_code == 412
    # A page holds more than the object.
    page = client.get("/whole/1/", HTTP_IF_NONE_MATCH=tag, HTTP_ACCEPT="text/html")
    assert (page.status_code, "ETag" in page.headers) == (200, False)


async def test_asynchronously_too() -> None:
    api = APIAsyncClient(app=app)
    tag = (await api.get("/whole/1/"))["ETag"]
    assert (await api.get("/whole/1/", headers={"If-None-Match": tag})).status_code == 304
    assert (await api.get("/later/1/", headers={"If-None-Match": '"1"'})).status_code == 304


def test_a_list_that_is_known_is_not_sent_again() -> None:
    first = client.get("/whole/")
    assert client.get("/whole/", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    shop.Tag.objects.create(name="new")
    second = client.get("/whole/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert second.status_code == 200
    assert len(second.json()) == 4
    assert "ETag" not in client.get("/times/").headers


def test_a_change_needs_what_was_read() -> None:
    tag = client.get("/whole/1/")["ETag"]
    new = {"name": "new"}
    assert client.patch("/whole/1/", new, format="json", HTTP_IF_MATCH='"x"').status_code == 412
    done = client.patch("/whole/1/", new, format="json", HTTP_IF_MATCH=tag)
    assert done.status_code == 200
    assert done["ETag"] == client.get("/whole/1/")["ETag"] != tag
    assert client.delete("/whole/1/", HTTP_IF_MATCH=tag).status_code == 412
    assert client.delete("/whole/1/", HTTP_IF_MATCH="*").status_code == 204
    made = client.post("/whole/", new, format="json")
    assert made["ETag"] == client.get(f"/whole/{made.json()['id']}/")["ETag"]
    # "Only if there is none yet": there is.
    put = client.put("/whole/2/", new, format="json", HTTP_IF_NONE_MATCH="*")
    assert put.status_code == 412


def test_tags_of_the_project() -> None:
    assert client.get("/versions/1/")["ETag"] == '"v-t1"'
    new = {"name": "new"}
    assert client.put("/versions/1/", new, format="json").status_code == 428
    done = client.put("/versions/1/", new, format="json", HTTP_IF_MATCH='"v-t1"')
    assert (done.status_code, done["ETag"]) == (200, '"v-new"')
    assert client.delete("/versions/1/").status_code == 428
    assert client.delete("/later/1/", HTTP_IF_MATCH='"1"').status_code == 204


def test_times_of_change() -> None:
    first = client.get("/times/1/")
    assert first["Last-Modified"] == "Fri, 02 Jan 2026 00:00:00 GMT"
    assert client.get("/times/1/", HTTP_IF_MODIFIED_SINCE=NEW).status_code == 304
    assert client.get("/times/1/", HTTP_IF_MODIFIED_SINCE=OLD).status_code == 200
    assert client.delete("/times/1/", HTTP_IF_UNMODIFIED_SINCE=OLD).status_code == 412
    assert client.delete("/times/1/", HTTP_IF_UNMODIFIED_SINCE=NEW).status_code == 204
    with pytest.raises(TypeError, match="no time zone"):
        client.get("/naive/2/")
