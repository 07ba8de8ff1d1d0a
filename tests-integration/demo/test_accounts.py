"""Accounts of the demo over a real socket: what works, and the right refusal of everything else."""

import email
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import demo
import httpx2
import pytest
from pytest_services import made_once

PASSWORD = "a-Long-enough-1"
NEW = {"title": "A New Article", "body": "Text."}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve the demo, whose mail goes to files."""
    folder = tmp_path_factory.mktemp("accounts")
    project, mails = folder / "demo", folder / "mail"
    shutil.copytree(made_once("demo", lambda made: demo.make(made, 200)), project)
    environment = {
        **demo.environment(),
        "FASTJANGO_EMAIL_BACKEND": "fastjango.mail.backends.filebased.EmailBackend",
        "FASTJANGO_EMAIL_FILE_PATH": str(mails),
    }
    port = demo.free_port(0)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            demo.server_command(port), cwd=project, env=environment, stdout=log, stderr=log
        )
    try:
        demo.wait_until_up(process, port)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        while CLIENTS:
            CLIENTS.pop().close()
        demo.stop(process)


def manage(folder: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        cwd=folder / "demo", env=demo.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CLIENTS: list[httpx2.Client] = []


def visitor(site: tuple[str, Path], **options: Any) -> httpx2.Client:
    client = httpx2.Client(base_url=site[0], timeout=30, **options)
    CLIENTS.append(client)
    return client


def sign_up(site: tuple[str, Path], name: str) -> httpx2.Client:
    """Sign up, confirm by the link of the message, and log in."""
    client = visitor(site)
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    assert client.post("/api/account/signup", json=body).status_code == 202
    token = link(site, f"Hello {name},", r"/account/verify/(\S+)/")[1]
    assert login(client, name).status_code == 401
    assert client.post("/api/account/verify", json={"token": token[:-1]}).status_code == 400
    assert client.post("/api/account/verify", json={"token": token}).status_code == 200
    assert login(client, name).status_code == 200
    return client


def link(site: tuple[str, Path], words: str, pattern: str) -> re.Match[str]:
    """Return the link of the message with some words, once it was sent."""
    for _ in range(600):
        texts = [text_of(path) for path in (site[1] / "mail").glob("*.log")]
        for text in texts:
            if words in text and (match := re.search(pattern, text)):
                return match
        time.sleep(0.05)
    raise AssertionError((site[1] / "log").read_text()[-3000:])


def text_of(path: Path) -> str:
    """Return the text of a message in a file."""
    raw = path.read_bytes().rpartition(b"\n" + b"-" * 79)[0]
    return email.message_from_bytes(raw).get_payload(decode=True).decode()


def login(client: httpx2.Client, name: str, password: str = PASSWORD) -> Any:
    return client.post("/api/account/login", json={"username": name, "password": password})


@pytest.mark.slow
def test_accounts_of_the_demo(site: tuple[str, Path]) -> None:
    assert visitor(site).get("/account/signup/").status_code == 200
    ada, bob = sign_up(site, "ada"), sign_up(site, "bob")
    stranger = visitor(site)

    # own articles only
    mine = ada.post("/api/desk", json=NEW)
    assert mine.status_code == 201, mine.text
    pk = mine.json()["id"]
    assert [article["id"] for article in ada.get("/api/desk").json()] == [pk]
    assert bob.get("/api/desk").json() == []
    changed = {**NEW, "title": "Another Title"}
    assert ada.put(f"/api/desk/{pk}", json=changed).json()["title"] == "Another Title"

    # a foreign object's id is as unknown as one that is not there
    for client in (bob,):
        for number in (pk, 999_999):
            for answer in (
                client.put(f"/api/desk/{number}", json=NEW),
                client.delete(f"/api/desk/{number}"),
            ):
                assert answer.status_code == 404
                assert answer.json() == {"detail": "You have no such article."}
    assert stranger.get("/api/desk").status_code == 401
    assert stranger.post("/api/desk", json=NEW).status_code == 401

    # a wrong password, of somebody and of nobody
    wrong, nobody = login(visitor(site), "ada", "wrong"), login(visitor(site), "nobody", "wrong")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text == nobody.text

    # a forged cookie, and a session from before the logout
    forged = visitor(site, cookies={"sessionid": "a" * 32})
    assert forged.get("/api/desk").status_code == 401
    old = dict(bob.cookies)["sessionid"]
    assert bob.post("/api/account/logout").status_code == 200
    replayed = visitor(site, cookies={"sessionid": old})
    assert replayed.get("/api/desk").status_code == 401

    # tokens: good, forged, of another kind, used twice, given back
    pair = stranger.post("/api/token", json={"username": "ada", "password": PASSWORD}).json()

    def bearer(token: str) -> Any:
        return stranger.get("/api/desk", headers={"Authorization": f"Bearer {token}"})

    assert [article["id"] for article in bearer(pair["access"]).json()] == [pk]
    for token in (pair["access"][:-4] + "AAAA", pair["refresh"], "a.b.c"):
        refused = bearer(token)
        assert refused.status_code == 401
        assert "invalid_token" in refused.headers["www-authenticate"]
    body = {"refresh": pair["refresh"]}
    newer = stranger.post("/api/token/refresh", json=body).json()
    assert bearer(newer["access"]).status_code == 200
    assert stranger.post("/api/token/refresh", json=body).status_code == 401  # stale
    assert bearer(newer["access"]).status_code == 401  # its login ended with that

    # a request from another site
    cross = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert ada.delete(f"/api/desk/{pk}", headers=cross).status_code == 403

    # the staff sees and changes all
    code = "from fastjango.auth.models import User; "
    manage(site[1], code + "print(User.objects.filter(username='bob').update(is_staff=True))")
    assert login(bob, "bob").status_code == 200
    assert pk in [article["id"] for article in bob.get("/api/desk").json()]
    assert bob.delete(f"/api/desk/{pk}").status_code == 204


@pytest.mark.slow
def test_a_link_from_a_reset_is_good_once(site: tuple[str, Path]) -> None:
    cleo, stranger = sign_up(site, "cleo"), visitor(site)
    asked = {"email": "cleo@example.com"}
    unknown = stranger.post("/api/account/password/reset", json={"email": "no@example.com"})
    known = stranger.post("/api/account/password/reset", json=asked)
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    uid, token = link(
        site, "name, in case you forgot it: cleo", r"/reset/([^/]+)/([^/]+)/"
    ).groups()

    def reset(token: str, password: str) -> int:
        body = {"uid": uid, "token": token, "new_password": password}
        return stranger.post("/api/account/password/reset/confirm", json=body).status_code

    assert cleo.get("/api/desk").status_code == 200
    assert reset(token[:-1], "Another-long-one-2") == 400  # forged
    assert reset(token, "Another-long-one-2") == 200
    assert reset(token, "A-third-long-one-3") == 400  # stale
    # The password is another one: sessions from before have ended, and the old one is wrong.
    assert cleo.get("/api/desk").status_code == 401
    assert login(visitor(site), "cleo").status_code == 401
    assert login(visitor(site), "cleo", "Another-long-one-2").status_code == 200
