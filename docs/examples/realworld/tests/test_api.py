"""The API from the outside: accounts, profiles, articles, comments, favorites, tags."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import call_command
from fastjango.rest.testing import APITransactionTestCase

from articles.models import Article
from articles.serializers import set_tags
from users.models import User


class ConduitTests(APITransactionTestCase):
    """What a client of the document sees."""

    def ask(self, method: str, path: str, token: str = "", body: Any = None) -> Any:
        """Send a request and return the response."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        send = getattr(self.client, method.lower())
        extra = {} if body is None else {"data": body, "format": "json"}
        return send(f"/api{path}", headers=headers, **extra)

    def expect(self, response: Any, status: int, errors: Any = None) -> Any:
        """Check the status, and the errors if they are given; return the content."""
        self.assertEqual(response.status_code, status, response.content)
        if status == 204:
            self.assertEqual(response.content, b"")
            return None
        content = response.json()
        if errors is not None:
            self.assertEqual(content, {"errors": errors})
        return content

    def register(self, name: str) -> str:
        """Create an account and return its token."""
        account = {"username": name, "email": f"{name}@x.example", "password": "secret"}
        response = self.ask("POST", "/users", body={"user": account})
        return str(self.expect(response, 201)["user"]["token"])

    def publish(self, token: str, title: str, **more: Any) -> str:
        """Publish an article and return its slug."""
        article = {"title": title, "description": "About it", "body": "It is so.", **more}
        response = self.ask("POST", "/articles", token, {"article": article})
        return str(self.expect(response, 201)["article"]["slug"])

    def test_accounts(self) -> None:
        """Registering, logging in, the own account."""
        token = self.register("jake")
        again = {"username": "jake", "email": "JAKE@x.example", "password": "secret"}
        taken = ["has already been taken"]
        response = self.ask("POST", "/users", body={"user": again})
        self.expect(response, 409, {"username": taken, "email": taken})
        blank = ["can't be blank"]
        response = self.ask("POST", "/users", body={"user": {"username": ""}})
        self.expect(response, 422, {"username": blank, "email": blank, "password": blank})
        self.expect(self.ask("POST", "/users", body={}), 422, {"user": blank})
        login = {"email": "jake@x.example", "password": "secret"}
        found = self.expect(self.ask("POST", "/users/login", body={"user": login}), 200)
        self.assertEqual(found["user"]["username"], "jake")
        self.assertIsNone(found["user"]["bio"])
        login["password"] = "wrong"
        response = self.ask("POST", "/users/login", body={"user": login})
        self.expect(response, 401, {"credentials": ["invalid"]})
        self.expect(self.ask("GET", "/user"), 401, {"token": ["is missing"]})
        self.expect(self.ask("GET", "/user", "nonsense"), 401, {"token": ["is invalid"]})
        changed = self.ask("PUT", "/user", token, {"user": {"bio": "Hi", "password": "new one"}})
        self.assertEqual(self.expect(changed, 200)["user"]["bio"], "Hi")
        self.expect(self.ask("GET", "/user", token), 200)
        for nothing in ({}, {"nickname": "J"}):
            self.expect(self.ask("PUT", "/user", token, {"user": nothing}), 422, {"user": blank})
        other = found["user"]["token"]
        self.expect(self.ask("GET", "/user", other), 401, {"token": ["is invalid"]})
        login["password"] = "new one"
        self.expect(self.ask("POST", "/users/login", body={"user": login}), 200)

    def test_names_of_others_cannot_be_taken_later(self) -> None:
        """The document has no 409 for a change."""
        self.register("jake")
        token = self.register("ann")
        response = self.ask("PUT", "/user", token, {"user": {"username": "jake"}})
        self.expect(response, 422, {"username": ["has already been taken"]})

    def test_profiles(self) -> None:
        """Following changes what one sees, and only that."""
        self.register("jake")
        token = self.register("ann")
        self.expect(self.ask("GET", "/profiles/nobody"), 404, {"profile": ["not found"]})
        self.expect(self.ask("POST", "/profiles/jake/follow"), 401)
        for _ in range(2):
            found = self.expect(self.ask("POST", "/profiles/jake/follow", token), 200)
            self.assertTrue(found["profile"]["following"])
        found = self.expect(self.ask("GET", "/profiles/jake"), 200)
        self.assertFalse(found["profile"]["following"])
        found = self.expect(self.ask("GET", "/profiles/jake", token), 200)
        self.assertTrue(found["profile"]["following"])
        found = self.expect(self.ask("DELETE", "/profiles/jake/follow", token), 200)
        self.assertFalse(found["profile"]["following"])

    def test_articles(self) -> None:
        """Publishing, changing, deleting; who may, and in which order it is asked."""
        jake, ann = self.register("jake"), self.register("ann")
        slug = self.publish(jake, "How to bake", tagList=["rye", "oven", "rye"])
        self.assertEqual(slug, "how-to-bake")
        same = {"title": "How to bake", "description": "d", "body": "b"}
        response = self.ask("POST", "/articles", ann, {"article": same})
        self.expect(response, 409, {"title": ["has already been taken"]})
        article = self.expect(self.ask("GET", f"/articles/{slug}", "nonsense"), 200)["article"]
        self.assertEqual(article["tagList"], ["rye", "oven"])
        self.assertEqual(article["author"]["username"], "jake")
        change = {"article": {"body": "New."}}
        self.expect(self.ask("PUT", f"/articles/{slug}", body=change), 401)
        missing = {"article": ["not found"]}
        self.expect(self.ask("PUT", "/articles/none", ann, change), 404, missing)
        response = self.ask("PUT", f"/articles/{slug}", ann, {"nonsense": 1})
        self.expect(response, 403, {"article": ["forbidden"]})
        change = {"article": {"title": "How to bake well", "tagList": []}}
        article = self.expect(self.ask("PUT", f"/articles/{slug}", jake, change), 200)["article"]
        self.assertEqual((article["slug"], article["tagList"]), ("how-to-bake-well", []))
        self.assertEqual(article["body"], "It is so.")
        self.expect(self.ask("DELETE", f"/articles/{article['slug']}", ann), 403)
        self.expect(self.ask("DELETE", f"/articles/{article['slug']}", jake), 204)
        self.expect(self.ask("DELETE", f"/articles/{article['slug']}", jake), 404)

    def test_titles_that_make_no_address(self) -> None:
        """Without letters, or named as another address: the article is found all the same."""
        token = self.register("jake")
        slugs = [self.publish(token, title) for title in ("Feed", "feed", "!", "!", "Brot für 名")]
        self.assertEqual(len(set(slugs)), 5)
        self.assertEqual(slugs[4], "brot-für-名")
        for slug in slugs:
            found = self.expect(self.ask("GET", f"/articles/{slug}"), 200)
            self.assertEqual(found["article"]["slug"], slug)

    def test_lists(self) -> None:
        """Filters, pages, the feed, and no text in lists."""
        jake, ann = self.register("jake"), self.register("ann")
        for number in range(3):
            self.publish(jake, f"Part {number}", tagList=["parts"])
        self.publish(ann, "Alone")
        self.expect(self.ask("POST", "/articles/part-1/favorite", ann), 200)
        self.expect(self.ask("POST", "/profiles/jake/follow", ann), 200)

        def slugs(query: str, token: str = "") -> list[str]:
            found = self.expect(self.ask("GET", f"/articles{query}", token), 200)
            self.assertTrue(all("body" not in article for article in found["articles"]))
            return [article["slug"] for article in found["articles"]]

        self.assertEqual(slugs(""), ["alone", "part-2", "part-1", "part-0"])
        self.assertEqual(slugs("?limit=1&offset=1"), ["part-2"])
        self.assertEqual(slugs("?tag=parts&author=jake&favorited=ann"), ["part-1"])
        self.assertEqual(slugs("?author=nobody"), [])
        self.assertEqual(slugs("/feed?limit=2", ann), ["part-2", "part-1"])
        self.assertEqual(slugs("/feed", jake), [])
        self.assertEqual(slugs("?limit=99999999999999999999"), slugs(""))
        self.expect(self.ask("GET", "/articles?limit=0"), 422, {"limit": ["must be at least 1"]})
        self.expect(self.ask("GET", "/articles?offset=x"), 422, {"offset": ["is not a number"]})
        self.expect(self.ask("GET", "/articles/feed"), 401)

    async def test_a_list_takes_a_fixed_number_of_queries(self) -> None:
        """Three more articles cost no more queries."""
        author = await User.objects.acreate_user("jake", "jake@x.example", "secret")
        for number in range(1, 5):
            article = await Article.objects.acreate(
                slug=f"a-{number}", title="A", description="d", body="b", author=author
            )
            await set_tags(article, ["a", "b"])
            if number in (1, 4):
                with self.assertNumQueries(3):
                    response = await self.async_client.get("/api/articles")
                self.assertEqual(response.json()["articlesCount"], number)

    def test_comments(self) -> None:
        """Saying something, and taking it back."""
        jake, ann = self.register("jake"), self.register("ann")
        slug = self.publish(jake, "Talk")
        path = f"/articles/{slug}/comments"
        self.expect(self.ask("POST", path, body={"comment": {"body": "Hm"}}), 401)
        response = self.ask("POST", "/articles/none/comments", ann, {"comment": {"body": ""}})
        self.expect(response, 404, {"article": ["not found"]})
        response = self.ask("POST", path, ann, {"comment": {"body": ""}})
        self.expect(response, 422, {"body": ["can't be blank"]})
        response = self.ask("POST", path, ann, {"comment": {"body": 0}})
        self.expect(response, 422, {"body": ["Not a valid string."]})
        made = self.expect(self.ask("POST", path, ann, {"comment": {"body": "Hm"}}), 201)
        listed = self.expect(self.ask("GET", path), 200)
        self.assertEqual(listed, {"comments": [made["comment"]]})
        one = f"{path}/{made['comment']['id']}"
        self.expect(self.ask("DELETE", one, jake), 403, {"comment": ["forbidden"]})
        self.expect(self.ask("DELETE", f"{path}/x", jake), 404, {"comment": ["not found"]})
        self.expect(self.ask("DELETE", one, ann), 204)
        self.expect(self.ask("DELETE", one, ann), 404)

    def test_favorites_and_tags(self) -> None:
        """Liking twice counts once; tags without articles are not shown."""
        jake, ann = self.register("jake"), self.register("ann")
        slug = self.publish(jake, "Liked", tagList=["b", "a"])
        for _ in range(2):
            found = self.expect(self.ask("POST", f"/articles/{slug}/favorite", ann), 200)
            self.assertEqual(found["article"]["favoritesCount"], 1)
            self.assertTrue(found["article"]["favorited"])
        found = self.expect(self.ask("GET", f"/articles/{slug}"), 200)
        self.assertFalse(found["article"]["favorited"])
        found = self.expect(self.ask("DELETE", f"/articles/{slug}/favorite", ann), 200)
        self.assertEqual(found["article"]["favoritesCount"], 0)
        self.assertEqual(self.expect(self.ask("GET", "/tags"), 200), {"tags": ["a", "b"]})
        self.expect(self.ask("DELETE", f"/articles/{slug}", jake), 204)
        self.assertEqual(self.expect(self.ask("GET", "/tags"), 200), {"tags": []})

    def test_everything_else_is_json_too(self) -> None:
        """Addresses that do not exist, methods that are not there, bodies nobody can read."""
        self.expect(self.ask("GET", "/nowhere"), 404, {"resource": ["not found"]})
        self.expect(self.ask("GET", "/profiles/%00"), 422, {"request": ["is malformed"]})
        self.expect(self.ask("PATCH", "/tags"), 405)
        response = self.client.post("/api/users", b"{", content_type="application/json")
        self.assertEqual(list(self.expect(response, 422)["errors"]), ["body"])
        response = self.client.post("/api/users", b"x", content_type="text/plain")
        self.assertEqual(list(self.expect(response, 422)["errors"]), ["body"])

    def test_the_sample_data(self) -> None:
        """`seed` fills an empty database, and leaves one with its data alone."""
        call_command("seed", articles=5, verbosity=0)
        call_command("seed", articles=5, verbosity=0)
        found = self.expect(self.ask("GET", "/articles"), 200)
        self.assertEqual(found["articlesCount"], 5)
