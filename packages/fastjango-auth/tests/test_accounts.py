"""The flows, through pages and JSON API: what they do, say, refuse and do not give away."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastjango import mail
from fastjango.auth import jwt
from fastjango.auth.accounts import accounts_router
from fastjango.auth.accounts.background import asettle, settle
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.authtoken.models import Token
from fastjango.auth.fastapi_users.models import AccessToken
from fastjango.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.models import User
from fastjango.auth.throttles import memory
from fastjango.cache import cache
from fastjango.core import timezone
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ValidationError
from fastjango.http.urls import include, path
from fastjango.testing import Client

PASSWORD = "a-Long-enough-1"
OTHER = "another-Long-2"
NAMES = {"username": "ada", "email": "Ada@Example.com", "password": PASSWORD}
MIDDLEWARE = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.http.middleware.csrf.CsrfViewMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    """Serve pages and API, with counters and outbox of this test alone."""
    cache.clear()
    memory.clear()
    mail.outbox = []
    patterns = [
        path("account/", include("fastjango.auth.accounts.urls")),
        path("api/", include(accounts_router())),
    ]
    with override_settings(
        ROOT_URLCONF=patterns, MIDDLEWARE=MIDDLEWARE, LOGIN_REDIRECT_URL="/api/account/session"
    ):
        yield
    AccountEmail.objects.all().delete()


class Visitor:
    """A browser, or a script; after each request the work that it began is done."""

    def __init__(self, kind: str) -> None:
        self.kind, self.client = kind, Client()

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        if self.kind == "api":
            url, kwargs = f"/api/account/{path}", {"content_type": "application/json"}
        else:
            url, kwargs = PAGES.get(path, path), {}
            if data and path == "signup":
                data = {**data, "password_again": data["password"]}
            if data and "new_password" in data:
                data = {**data, "password_again": data["new_password"]}
        response = self.client.post(url, data or {}, **kwargs)
        wait()
        return response

    def done(self, response: Any) -> bool:
        """Tell whether the flow went through."""
        return response.status_code in ((200, 202) if self.kind == "api" else (302,))

    def refused(self, response: Any) -> bool:
        return not self.done(response)

    @property
    def name(self) -> str | None:
        return self.client.get("/api/account/session").json()["username"]


PAGES = {
    "signup": "/account/signup/",
    "login": "/account/login/",
    "logout": "/account/logout/",
    "reauthenticate": "/account/reauthenticate/",
    "password/change": "/account/password/",
    "password/reset": "/account/reset/",
    "email/change": "/account/email/",
    "delete": "/account/delete/",
}


def wait() -> None:
    """Wait for the work of flows."""
    import time

    from fastjango.auth.accounts import background

    settle()
    for _ in range(500):
        if not background._tasks:
            return
        time.sleep(0.01)
    raise AssertionError("the work goes on")


@pytest.fixture(params=["pages", "api"])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    return Visitor(request.param)


def sent(subject: str, to: str | None = None) -> str:
    """Return the one new message, which is of this kind."""
    (message,) = mail.outbox
    mail.outbox = []
    assert message.subject.startswith(subject), message.subject
    assert to is None or message.to == [to]
    return message.body


def token_in(body: str) -> str:
    return re.search(r"http://testserver\S*/([^/\s]+)/$", body, re.MULTILINE)[1]


def make(visitor: Visitor, **changes: str) -> User:
    """Sign up and confirm."""
    names = {**NAMES, **changes}
    assert visitor.done(visitor.post("signup", names))
    token = token_in(sent("Confirm your address"))
    follow(visitor, "verify", token)
    return User.objects.get(username=names["username"])


def follow(visitor: Visitor, kind: str, token: str) -> Any:
    if visitor.kind == "api":
        path = {"verify": "verify", "email": "email/change/confirm"}[kind]
        return visitor.post(path, {"token": token})
    return visitor.post(f"/account/{kind}/{token}/")


def test_from_sign_up_to_deletion(visitor: Visitor) -> None:
    assert visitor.done(visitor.post("signup", NAMES))
    user = User.objects.get(username="ada")
    assert user.email == "Ada@example.com"
    assert not user.is_active
    assert visitor.refused(visitor.post("login", NAMES))
    body = sent("Confirm your address for testserver", "Ada@example.com")
    assert "Hello ada," in body
    for _ in range(2):
        assert visitor.done(follow(visitor, "verify", token_in(body)))
    assert AccountEmail.objects.get(user=user).verified is not None
    assert str(user.account_email) == "ada@example.com"
    assert visitor.name is None
    assert visitor.done(visitor.post("login", {**NAMES, "username": "ADA@EXAMPLE.COM"}))
    assert visitor.name == "ada"
    assert visitor.done(visitor.post("logout"))
    assert visitor.name is None
    assert visitor.done(visitor.post("login", NAMES))
    wrong = visitor.post("delete", {"password": "wrong"})
    assert visitor.refused(wrong)
    assert visitor.done(visitor.post("delete", {"password": PASSWORD}))
    assert not User.objects.exists()
    assert visitor.name is None
    assert "ada" in sent("Your account at testserver was deleted", "Ada@example.com")


def test_sign_ups_say_nothing_of_accounts(visitor: Visitor) -> None:
    make(visitor)
    answers = []
    for names in (
        {"username": "new", "email": "new@example.com"},
        {"username": "ada", "email": "other@example.com"},
        {"username": "ADA", "email": "third@example.com"},
        {"username": "other", "email": "ADA@example.com"},
    ):
        response = visitor.post("signup", {**NAMES, **names})
        answers.append((response.status_code, response.content, response.headers.get("location")))
    assert len(set(answers)) == 1
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["new@example.com"], "Confirm your address for testserver"),
        (["other@example.com"], "Choose another name for testserver"),
        (["third@example.com"], "Choose another name for testserver"),
        (["ADA@example.com"], "Your account at testserver"),
    ]
    assert sorted(user.username for user in User.objects.all()) == ["ada", "new"]


def test_sign_ups_that_were_not_confirmed_make_room(visitor: Visitor) -> None:
    visitor.post("signup", NAMES)
    stale = token_in(sent("Confirm"))
    # somebody who owns the address is not kept out by somebody who entered it first
    visitor.post("signup", {**NAMES, "username": "owner"})
    good = token_in(sent("Confirm"))
    assert [user.username for user in User.objects.all()] == ["owner"]
    assert visitor.refused(follow(visitor, "verify", stale))
    # the name is kept for as long as the link is good
    visitor.post("signup", {**NAMES, "username": "owner", "email": "b@example.com"})
    sent("Choose another name")
    AccountEmail.objects.update(created=timezone.now() - timedelta(days=4))
    visitor.post("signup", {**NAMES, "username": "owner", "email": "b@example.com"})
    sent("Confirm")
    assert visitor.refused(follow(visitor, "verify", good))


def test_values_that_nobody_may_use(visitor: Visitor) -> None:
    for changes in (
        {"username": "Admin"},
        {"username": "a@example.com"},
        {"username": "no spaces"},
        {"email": "no address"},
        {"email": "a" * 250 + "@example.com"},
        {"password": "12345678"},
        {"password": "ada"},
    ):
        response = visitor.post("signup", {**NAMES, **changes})
        assert response.status_code == (422 if visitor.kind == "api" else 200)
        assert next(iter(changes)) in response.text
    assert not User.objects.exists()
    assert mail.outbox == []


def test_closed_sites(visitor: Visitor) -> None:
    with override_settings(ACCOUNTS_SIGNUP_OPEN=False):
        assert visitor.post("signup", NAMES).status_code == 403
    assert not User.objects.exists()


def test_twenty_people_sign_up_from_one_address(visitor: Visitor) -> None:
    for number in range(20):
        names = {"username": f"pupil{number}", "email": f"p{number}@example.com"}
        assert visitor.done(visitor.post("signup", {**NAMES, **names}))
    assert User.objects.count() == 20
    statuses = []
    for number in range(20, 35):
        names = {"username": f"pupil{number}", "email": f"p{number}@example.com"}
        statuses.append(visitor.post("signup", {**NAMES, **names}))
    assert statuses[-1].status_code == 429
    assert int(statuses[-1].headers["Retry-After"]) > 0
    assert User.objects.count() == 30


def test_wrong_logins_look_alike(visitor: Visitor) -> None:
    user = make(visitor)
    User.objects.create_user("off", password=PASSWORD, is_active=False)

    def attempt(name: str, password: str) -> tuple[int, str]:
        response = visitor.post("login", {"username": name, "password": password})
        text = re.sub(r'value="[^"]*"', "", response.text)
        return response.status_code, text

    answers = {
        attempt("ada", "wrong"),
        attempt("nobody", "wrong"),
        attempt("ada@example.com", "wrong"),
        attempt("nobody@example.com", "wrong"),
        attempt("off", PASSWORD),
    }
    assert len(answers) == 1
    with override_settings(AUTH_RATE_LIMITS={"login:account": "2/h"}):
        limited = [[attempt(name, "wrong")[0] for _ in range(3)][-1] for name in ("x", "y")]
        assert limited == [429, 429]
    # two accounts with one address: an address means nobody
    User.objects.create_user("twin", user.email, OTHER)
    assert attempt(user.email, OTHER)[0] != 302


def test_wrong_logins_hash_once(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    make(visitor)
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    User.objects.create_user("without", "without@example.com")
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    for name, password in (
        ("ada", "wrong"), ("nobody", "wrong"), ("off", PASSWORD), ("without", "wrong"),
        ("ada@example.com", "wrong"), ("nobody@example.com", "wrong"),
        ("off@example.com", PASSWORD), ("without@example.com", "wrong"),
    ):  # fmt: skip
        hashed.clear()
        assert visitor.refused(visitor.post("login", {"username": name, "password": password}))
        assert len(hashed) == 1, name


def test_a_password_that_is_stored_anew_ends_no_session(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(visitor)
    visitor.post("login", NAMES)
    names = ["PBKDF2PasswordHasher", "MD5PasswordHasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    with override_settings(PASSWORD_HASHERS=[f"fastjango.auth.hashers.{name}" for name in names]):
        assert visitor.done(visitor.post("reauthenticate", {"password": PASSWORD}))
        assert User.objects.get().password.startswith("pbkdf2_sha256$")
        assert visitor.name == "ada"


class Remembering:
    """A validator that asks the database."""

    def validate(self, password: str, user: Any = None) -> None:
        if User.objects.filter(first_name=password).exists():
            raise ValidationError("This password was used before.")

    def get_help_text(self) -> str:
        return "New."


def test_validators_may_ask_the_database(visitor: Visitor) -> None:
    User.objects.create_user("eve", first_name=OTHER)
    names = [{"NAME": f"{__name__}.Remembering"}]
    with override_settings(AUTH_PASSWORD_VALIDATORS=names):
        refused = visitor.post("signup", {**NAMES, "password": OTHER})
        assert "This password was used before." in refused.text
        make(visitor)
        visitor.post("login", {"username": "ada", "password": PASSWORD})
        change = {"old_password": PASSWORD, "new_password": OTHER}
        refused = visitor.post("password/change", change)
        assert "This password was used before." in refused.text
        assert visitor.done(
            visitor.post("password/change", {**change, "new_password": "New-one-5"})
        )


def test_a_new_password_ends_other_sessions(visitor: Visitor) -> None:
    make(visitor)
    other = Visitor(visitor.kind)
    for one in (visitor, other):
        assert one.done(one.post("login", NAMES))
    for data in (
        {"old_password": "wrong", "new_password": OTHER},
        {"old_password": PASSWORD, "new_password": "123"},
    ):
        assert visitor.refused(visitor.post("password/change", data))
    data = {"old_password": PASSWORD, "new_password": OTHER}
    assert visitor.done(visitor.post("password/change", data))
    sent("Your password at testserver was changed", "Ada@example.com")
    assert (visitor.name, other.name) == ("ada", None)
    assert other.refused(other.post("login", NAMES))
    assert other.done(other.post("login", {**NAMES, "password": OTHER}))


def test_a_new_password_ends_tokens(visitor: Visitor) -> None:
    user = make(visitor)
    other = User.objects.create_user("bob", password=PASSWORD)

    def give() -> str:
        for one in (user, other):
            Token.objects.get_or_create(user=one)
            AccessToken.objects.get_or_create(digest=str(one.pk), user=one)
        user.refresh_from_db()
        return jwt.issue(user).access

    def is_ended(access: str) -> bool:
        with pytest.raises(jwt.InvalidTokenError):
            jwt.verify(access)
        kept = [row.user for kind in (Token, AccessToken) for row in kind.objects.all()]
        return kept == [other, other]

    access = give()
    visitor.post("login", NAMES)
    data = {"old_password": PASSWORD, "new_password": OTHER}
    assert visitor.done(visitor.post("password/change", data))
    assert is_ended(access)
    access = give()
    mail.outbox = []
    visitor.post("password/reset", {"email": user.email})
    uid, token = re.search(r"/reset/([^/]+)/([^/]+)/", sent("Password reset")).groups()
    stranger = Visitor("api")
    new = {"uid": uid, "token": token, "new_password": PASSWORD}
    assert stranger.done(stranger.post("password/reset/confirm", new))
    assert is_ended(access)


def test_resets(visitor: Visitor) -> None:
    user = make(visitor)
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    without = User(username="without", email="without@example.com")
    without.set_unusable_password()
    without.save()
    answers = set()
    for address in ("ADA@example.com", "nobody@example.com", "off@example.com", without.email):
        response = visitor.post("password/reset", {"email": address})
        answers.add((response.status_code, response.content, response.headers.get("location")))
    assert len(answers) == 1
    body = sent("Password reset on testserver", "Ada@example.com")
    assert "Your user name, in case you forgot it: ada" in body
    uid, token = re.search(r"/reset/([^/]+)/([^/]+)/", body).groups()

    def reset(uid: str, token: str, password: str) -> Any:
        data = {"new_password": password}
        if visitor.kind == "api":
            return visitor.post("password/reset/confirm", {"uid": uid, "token": token, **data})
        visitor.client.get(f"/account/reset/{uid}/{token}/", follow=True)
        return visitor.post(f"/account/reset/{uid}/set/", data)

    assert visitor.refused(reset(uid, "wrong", OTHER))
    assert visitor.refused(reset("!", token, OTHER))
    assert visitor.refused(reset(uid, token, "123"))
    assert visitor.done(reset(uid, token, OTHER))
    assert visitor.refused(reset(uid, token, PASSWORD))
    user.refresh_from_db()
    assert user.check_password(OTHER)
    assert visitor.refused(visitor.post("password/reset", {"email": "no address"}))
    for _ in range(5):
        last = visitor.post("password/reset", {"email": "often@example.com"})
    assert visitor.done(last)
    assert visitor.post("password/reset", {"email": "often@example.com"}).status_code == 429


def test_every_account_of_an_address_can_be_reset(visitor: Visitor) -> None:
    # Staff and older sites make accounts that share an address.
    User.objects.create_user("first", "team@example.com")
    for name in ("second", "third"):
        User.objects.create_user(name, "team@example.com", PASSWORD)
    assert visitor.done(visitor.post("password/reset", {"email": "Team@example.com"}))
    said = [re.search(r"in case you forgot it: (\w+)", one.body)[1] for one in mail.outbox]
    assert sorted(said) == ["second", "third"]
    assert {one.to[0] for one in mail.outbox} == {"team@example.com"}


def test_another_address(visitor: Visitor) -> None:
    user = make(visitor)
    User.objects.create_user("bob", "bob@example.com", PASSWORD)
    visitor.post("login", NAMES)
    data = {"email": "new@example.com", "password": PASSWORD}
    assert visitor.refused(visitor.post("email/change", {**data, "password": "wrong"}))
    assert visitor.refused(visitor.post("email/change", {**data, "email": "no address"}))
    free = visitor.post("email/change", data)
    confirm, notice = mail.outbox
    assert (confirm.to, notice.to) == (["new@example.com"], ["Ada@example.com"])
    assert "new@example.com" in notice.body
    mail.outbox = []
    taken = visitor.post("email/change", {**data, "email": "bob@example.com"})
    assert (free.status_code, free.content) == (taken.status_code, taken.content)
    sent("Your account at testserver", "bob@example.com")
    token = token_in(confirm.body)
    assert visitor.refused(follow(visitor, "email", "wrong"))
    assert visitor.done(follow(visitor, "email", token))
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert visitor.refused(follow(visitor, "email", token))


def test_disabled_accounts_stay_disabled(visitor: Visitor) -> None:
    visitor.post("signup", NAMES)
    token = token_in(sent("Confirm"))
    follow(visitor, "verify", token)
    User.objects.update(is_active=False)
    assert visitor.refused(follow(visitor, "verify", token))
    assert not User.objects.get().is_active


def test_pages_of_accounts_need_a_login(visitor: Visitor) -> None:
    for name in ("password/change", "email/change", "delete", "reauthenticate"):
        data = {"password": "x", "old_password": "x", "new_password": "x", "email": "a@b.test"}
        response = visitor.post(name, data)
        if visitor.kind == "api":
            assert response.status_code == 401
        else:
            assert response.headers["location"].startswith("/accounts/login/?next=/account/")


def test_reauthentication(visitor: Visitor) -> None:
    make(visitor)
    visitor.post("login", NAMES)
    assert visitor.refused(visitor.post("reauthenticate", {"password": "wrong"}))
    assert visitor.done(visitor.post("reauthenticate", {"password": PASSWORD}))
    for _ in range(11):
        response = visitor.post("reauthenticate", {"password": "wrong"})
    assert response.status_code == 429


def test_second_factors(visitor: Visitor) -> None:
    make(visitor)

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")] if user.username == "ada" else []

    with second_factors.implemented(factors):
        response = visitor.post("login", NAMES)
    if visitor.kind == "api":
        assert response.json()["second_factors"] == [{"name": "code", "url": "/second/"}]
        assert not response.json()["authenticated"]
    else:
        assert response.headers["location"] == "/second/"
    assert visitor.name is None


def test_pages_can_be_read() -> None:
    make(Visitor("api"))
    client = Client()
    for name in ("signup", "signup/done", "verify/x", "verified", "login", "logout", "reset",
                 "reset/sent", "reset/x/set", "email/x", "deleted"):  # fmt: skip
        response = client.get(f"/account/{name}/")
        assert response.status_code == 200, name
        assert "<h1>" in response.text
    client.post("/account/login/", NAMES)
    for name in ("password", "email", "delete", "reauthenticate"):
        assert client.get(f"/account/{name}/").status_code == 200
    response = client.get("/account/login/", {"next": "/somewhere/"})
    assert 'name="next" value="/somewhere/"' in response.text
    wish = {**NAMES, "next": "/somewhere/"}
    assert client.post("/account/login/", wish).headers["location"] == "/somewhere/"
    wish["next"] = "https://elsewhere.example/"
    location = client.post("/account/login/", wish).headers["location"]
    assert location == "/api/account/session"


def test_forged_requests_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/account/login/", NAMES).status_code == 403
    response = client.post(
        "/api/account/login", NAMES, content_type="application/json",
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
    )  # fmt: skip
    assert response.status_code == 403
    response = client.post("/api/account/login", NAMES, content_type="application/json")
    assert response.status_code == 401


def test_links_to_other_sites() -> None:
    links = {"verify": "https://app.example/verify?token={token}"}
    with override_settings(ACCOUNTS_LINKS=links):
        Visitor("api").post("signup", NAMES)
    assert "https://app.example/verify?token=" in sent("Confirm")


async def test_nothing_is_left_undone() -> None:
    await asettle()


class Plain:
    """As much of a request as the sync flows look at."""

    META = {"REMOTE_ADDR": "192.0.2.1"}

    def __init__(self) -> None:
        from fastjango.sessions.backends.db import SessionStore

        self.session = SessionStore()
        self.scope: dict[str, Any] = {}

    def build_absolute_uri(self, path: str) -> str:
        return f"http://testserver{path}"

    def get_host(self) -> str:
        return "testserver"


def test_flows_in_sync_code() -> None:
    from fastjango.auth.accounts import changes, complete_second_factor, logins, signups
    from fastjango.auth.reauthentication import is_recent, note, reauthenticate

    request = Plain()
    signups.sign_up(request, "ada", "ada@example.com", PASSWORD)
    settle()
    user = signups.verify_email(request, token_in(sent("Confirm")))
    assert user.is_active
    assert signups.verify_email(request, "wrong") is None

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    with second_factors.implemented(factors):
        assert complete_second_factor(request) is None
        result = logins.begin_login(request, "ada", PASSWORD)
    assert result.second_factors
    assert logins.half_logged_in(request) == user
    assert "_auth_user_id" not in request.session
    assert complete_second_factor(request) == user
    assert request.session["_auth_user_id"] == str(user.pk)
    assert is_recent(request)
    del request.session["_auth_reauthenticated"]
    assert not is_recent(request)
    assert not reauthenticate(request, user, "wrong")
    note(request)
    assert is_recent(request)
    request.user = user
    changes.change_password(request, user, PASSWORD, OTHER)
    changes.request_reset(request, "nobody@example.com")
    changes.request_email_change(request, user, OTHER, "new@example.com")
    settle()
    token = token_in(next(m.body for m in mail.outbox if m.to == ["new@example.com"]))
    mail.outbox = []
    assert changes.confirm_email_change(request, token).email == "new@example.com"
    assert changes.reset_password(request, "x", "y", PASSWORD) is None
    changes.delete_account(request, user, OTHER)
    settle()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("setting", "said", "closes"),
    [
        (None, False, True),
        (None, True, False),
        (True, False, False),
        (False, True, True),
    ],
)
def test_remembering_logins(
    visitor: Visitor, setting: bool | None, said: bool, closes: bool
) -> None:
    User.objects.create_user("ada", password=PASSWORD)
    # A site that forgets by default remembers whom it was asked to remember.
    with override_settings(ACCOUNTS_REMEMBER=setting, SESSION_EXPIRE_AT_BROWSER_CLOSE=True):
        data: dict[str, Any] = {"username": "ada", "password": PASSWORD}
        if visitor.kind == "api":
            data["remember"] = said
        elif said:
            data["remember"] = "on"
        assert visitor.done(visitor.post("login", data))
        assert visitor.name == "ada"
        age = visitor.client.cookies["sessionid"]["max-age"]
    assert (age == "") is closes
    assert closes or int(age) == 14 * 24 * 60 * 60


def test_who_says_nothing_is_remembered_as_sessions_are() -> None:
    User.objects.create_user("ada", password=PASSWORD)
    for closes in (True, False):
        visitor = Visitor("api")
        with override_settings(SESSION_EXPIRE_AT_BROWSER_CLOSE=closes):
            visitor.post("login", {"username": "ada", "password": PASSWORD})
            assert (visitor.client.cookies["sessionid"]["max-age"] == "") is closes
    page = Client().get("/account/login/").text
    assert 'name="remember"' in page
    with override_settings(ACCOUNTS_REMEMBER=False):
        assert 'name="remember"' not in Client().get("/account/login/").text


def test_a_new_password_ends_half_a_login() -> None:
    from fastjango.auth.accounts import complete_second_factor, logins

    user = User.objects.create_user("ada", password=PASSWORD)

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    request = Plain()
    with second_factors.implemented(factors):
        logins.begin_login(request, "ada", PASSWORD)
    assert logins.half_logged_in(request) == user
    user.set_password(OTHER)
    user.save()
    assert logins.half_logged_in(request) is None
    assert complete_second_factor(request) is None
    assert "_auth_user_id" not in request.session


def test_second_factors_keep_the_wish_to_be_remembered() -> None:
    from fastjango.auth.accounts import complete_second_factor, logins

    User.objects.create_user("ada", password=PASSWORD)

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    for remember in (True, False, None):
        request = Plain()
        with second_factors.implemented(factors):
            logins.begin_login(request, "ada", PASSWORD, remember=remember)
        assert complete_second_factor(request) is not None
        expected = {True: 14 * 24 * 60 * 60, False: 0, None: None}[remember]
        assert request.session.get("_session_expiry") == expected
    # What an older version has left in a session is no half login.
    request = Plain()
    request.session["_auth_half_login"] = ["1", "backend"]
    assert logins.half_logged_in(request) is None


def test_accounts_that_staff_activated_are_nobodys_to_remove(visitor: Visitor) -> None:
    visitor.post("signup", NAMES)
    sent("Confirm")
    User.objects.update(is_active=True)
    AccountEmail.objects.update(created=timezone.now() - timedelta(days=9))
    for names in (NAMES, {**NAMES, "email": "new@example.com"}):
        visitor.post("signup", names)
        mail.outbox = []
    user = User.objects.get()
    assert (user.username, user.is_active) == ("ada", True)


def test_a_site_with_too_much_to_send_says_so(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastjango.auth.accounts.background.MOST", 0)
    visitor.client.raise_request_exception = False
    assert visitor.post("signup", NAMES).status_code == 503
    assert not User.objects.exists()
