"""Dependencies that trust a session: requests that another site may have sent are refused."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends
from fastjango.http import FastJango, path
from fastjango.rest.response import Response
from fastjango.rest.testing import APIClient
from fastjango.rest.views import APIView

ELSEWHERE = {"HTTP_ORIGIN": "https://elsewhere.example", "HTTP_SEC_FETCH_SITE": "cross-site"}


async def whoever(session: Any = None) -> str:
    """Stand for a dependency that knows who has the session."""
    return "ada"


class Desk(APIView):
    authentication_classes: Any = []

    async def get(self, request: Any, name: Annotated[str, Depends(whoever)]) -> Response:
        return Response({"name": name})

    async def delete(self, request: Any, name: Annotated[str, Depends(whoever)]) -> Response:
        return Response(status=204)


@pytest.fixture
def client() -> APIClient:
    made = APIClient(
        app=FastJango(urlpatterns=[path("desk/", Desk.as_view())]), enforce_csrf_checks=True
    )
    made.cookies["sessionid"] = "a" * 32
    return made


def test_another_site_is_refused(client: APIClient) -> None:
    refused = client.delete("/desk/", **ELSEWHERE)
    assert refused.status_code == 403
    assert "CSRF Failed" in refused.json()["detail"]
    assert client.get("/desk/", **ELSEWHERE).status_code == 200
    # No browser, or a page of this site: there is nothing to suspect.
    assert client.delete("/desk/").status_code == 204
    own = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
    assert client.delete("/desk/", **own).status_code == 204


def test_tokens_and_requests_without_a_session_pass(client: APIClient) -> None:
    bearer = client.delete("/desk/", HTTP_AUTHORIZATION="Bearer x", **ELSEWHERE)
    assert bearer.status_code == 204
    client.cookies.clear()
    assert client.delete("/desk/", **ELSEWHERE).status_code == 204
