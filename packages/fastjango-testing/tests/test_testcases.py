"""`SimpleTestCase`: running, settings, and the assertions about responses and forms."""

import threading
import unittest
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.conf import override_settings, settings
from fastjango.core.exceptions import ValidationError
from fastjango.http import HttpResponse
from fastjango.signals import setting_changed
from fastjango.testing import Client, environment, hooks
from fastjango.testing.setting_lists import modify_settings
from fastjango.testing.signals import template_rendered
from fastjango.testing.testcases import SerializeMixin, SimpleTestCase


def run(cls: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(cls).run(result)
    return result


def failure(function: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


class Case(SimpleTestCase):
    def runTest(self) -> None: ...


@pytest.fixture
def case() -> Any:
    return Case()


class TestRunning:
    def test_sync_and_async(self) -> None:
        seen: list[str] = []

        class Tests(SimpleTestCase):
            def test_sync(self) -> None:
                seen.append(threading.current_thread().name)
                assert isinstance(self.client, Client)

            async def test_async(self) -> None:
                seen.append(threading.current_thread().name)

            @unittest.skip("not now")
            async def test_skipped(self) -> None: ...

        result = run(Tests)
        assert result.wasSuccessful(), result.errors
        assert sorted(seen) == sorted([threading.current_thread().name, "fastjango-tests"])
        assert len(result.skipped) == 1

    def test_failures_of_async_tests(self) -> None:
        class Tests(SimpleTestCase):
            async def test_async(self) -> None:
                self.fail("as meant")

        assert "as meant" in run(Tests).failures[0][1]

    def test_errors_around_a_test(self) -> None:
        class Before(SimpleTestCase):
            @classmethod
            def _pre_setup(cls) -> None:
                raise ValueError("before")

            def test_it(self) -> None:
                raise AssertionError("not reached")

        class After(SimpleTestCase):
            def _post_teardown(self) -> None:
                raise ValueError("after")

            def test_it(self) -> None: ...

        assert "ValueError: before" in run(Before).errors[0][1]
        assert "ValueError: after" in run(After).errors[0][1]
        with pytest.raises(ValueError, match="before"):
            Before("test_it").debug()

    def test_debug(self) -> None:
        class Tests(SimpleTestCase):
            def test_it(self) -> None:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            Tests("test_it").debug()

    def test_settings_of_classes(self) -> None:
        seen: list[Any] = []

        @modify_settings(A_LIST={"append": "b"})
        @override_settings(A_LIST=["a"], ANSWER=42)
        class Tests(SimpleTestCase):
            def test_it(self) -> None:
                seen.extend([settings.ANSWER, settings.A_LIST])
                with self.settings(ANSWER=1), self.modify_settings(A_LIST={"remove": "a"}):
                    seen.extend([settings.ANSWER, settings.A_LIST])

        assert run(Tests).wasSuccessful()
        assert seen == [42, ["a", "b"], 1, ["b"]]
        assert not hasattr(settings, "ANSWER")

    def test_plugins_are_told_of_each_test(self) -> None:
        calls: list[int] = []

        class Tests(SimpleTestCase):
            def test_one(self) -> None: ...

            def test_two(self) -> None: ...

        with hooks.test_started.implemented(lambda: calls.append(1)):
            run(Tests)
        assert calls == [1, 1]

    def test_prepared_classes(self) -> None:
        class Tests(SimpleTestCase):
            prepared = 0

            @classmethod
            def setUpClass(cls) -> None:
                super().setUpClass()
                cls._pre_setup()
                cls._pre_setup_ran_eagerly = True

            @classmethod
            def _pre_setup(cls) -> None:
                cls.prepared += 1

            def test_one(self) -> None: ...

            def test_two(self) -> None: ...

        assert run(Tests).wasSuccessful()
        assert Tests.prepared == 2

    def test_running_tests_can_be_sent_away(self) -> None:
        import pickle

        case = Case()
        assert case.__getstate__() == case.__dict__
        case._outcome = object()  # type: ignore[attr-defined]
        case.unsendable = lambda: None  # type: ignore[attr-defined]
        case.sendable = 5  # type: ignore[attr-defined]
        state = case.__getstate__()
        assert state["_outcome"] is None
        assert state["sendable"] == 5
        assert "unsendable" not in state
        assert pickle.dumps(state)

    def test_serialize_mixin(self) -> None:
        with pytest.raises(ValueError, match=r"Bad\.lockfile isn't set"):

            class Bad(SerializeMixin): ...

        class Good(SerializeMixin, SimpleTestCase):
            lockfile = __file__

            def test_it(self) -> None: ...

        assert run(Good).wasSuccessful()


class TestEnvironment:
    def test_setup_and_teardown(self) -> None:
        entered: list[str] = []

        class Manager:
            def __enter__(self) -> None:
                entered.append("in")

            def __exit__(self, *exc_info: object) -> None:
                entered.append("out")

        hosts = settings.ALLOWED_HOSTS
        with hooks.test_environment.implemented(Manager):
            environment.setup_test_environment(debug=True)
            try:
                assert settings.DEBUG
                assert [*hosts, "testserver"] == settings.ALLOWED_HOSTS
                with pytest.raises(RuntimeError, match="was already called"):
                    environment.setup_test_environment()
            finally:
                environment.teardown_test_environment()
        assert entered == ["in", "out"]
        assert not settings.DEBUG
        assert hosts == settings.ALLOWED_HOSTS
        with pytest.raises(RuntimeError, match="needs a setup_test_environment"):
            environment.teardown_test_environment()

    def test_failing_plugins_leave_nothing(self) -> None:
        def fail() -> Any:
            raise ValueError("not ready")

        hosts = settings.ALLOWED_HOSTS
        with hooks.test_environment.implemented(fail), pytest.raises(ValueError, match="not ready"):
            environment.setup_test_environment()
        assert hosts == settings.ALLOWED_HOSTS

    def test_time_zone_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import os
        import time

        monkeypatch.setenv("TZ", "UTC")
        with override_settings(TIME_ZONE="Asia/Tokyo"):
            assert os.environ["TZ"] == "Asia/Tokyo"
            assert time.strftime("%Z") == "JST"
        setting_changed.send(None, setting="TIME_ZONE", value=None, enter=True)
        assert "TZ" not in os.environ

    def test_settings_that_reach_not_everything_warn(self) -> None:
        message = "Overriding setting DATABASES can lead to unexpected behavior."
        with pytest.warns(UserWarning, match=message) as caught, override_settings(DATABASES={}):
            pass
        assert [warning.filename for warning in caught] == [__file__]


class TestContent:
    def test_contains(self, case: Any) -> None:
        response = HttpResponse("<p>one two two</p>")
        case.assertContains(response, "two")
        case.assertContains(response, "two", count=2)
        case.assertContains(response, b"one")
        case.assertContains(response, "<p > one two two </p>", html=True)
        case.assertContains(HttpResponse("x", status=404), "x", status_code=404)
        case.assertNotContains(response, "three")

    def test_streams_can_be_checked_again(self, case: Any) -> None:
        from fastjango.http import StreamingHttpResponse

        response = StreamingHttpResponse(["a", "b"])
        case.assertContains(response, "ab")
        case.assertContains(response, "ab")

    def test_unrendered_responses_are_rendered(self, case: Any) -> None:
        class Late(HttpResponse):
            is_rendered = False

            def render(self) -> None:
                self.content, self.is_rendered = b"late", True

        case.assertContains(Late(), "late")

    def test_failures(self, case: Any) -> None:
        response = HttpResponse("one")
        assert failure(case.assertContains, response, "two", msg_prefix="Note") == (
            "False is not true : Note: Couldn't find 'two' in the following response\nb'one'"
        )
        assert failure(case.assertContains, response, "one", 2) == (
            "1 != 2 : Found 1 instances of 'one' (expected 2) in the following response\nb'one'"
        )
        assert failure(case.assertContains, response, b"two").startswith(
            "False is not true : Couldn't find b'two'"
        )
        assert failure(case.assertNotContains, response, "one") == (
            "1 != 0 : 'one' unexpectedly found in the following response\nb'one'"
        )
        assert "Couldn't retrieve content: Response code was 200 (expected 404)" in failure(
            case.assertContains, response, "one", status_code=404
        )
        bad = HttpResponse("</p>")
        assert "Response's content is not valid HTML:" in failure(
            case.assertContains, bad, "x", html=True
        )


class TestRedirectAssertions:
    def test_redirects(self, case: Any, site: Any) -> None:
        client = Client(app=site)
        case.assertRedirects(client.get("/redirect/index/"), "/")
        case.assertRedirects(client.get("/redirect/echo/"), "/echo/?x=1")
        case.assertRedirects(
            client.get("/redirect/far/"), "http://far.example/", fetch_redirect_response=False
        )
        case.assertRedirects(client.get("/redirect/index/", follow=True), "/")
        case.assertRedirects(client.get("/redirect/relative/"), "/redirect/index/", 302, 302)
        case.assertRedirects(client.get("/redirect/secure/"), "https://testserver/echo/")

    def test_failures(self, case: Any, site: Any) -> None:
        client = Client(app=site)
        with pytest.raises(ValueError, match="unable to fetch remote URLs"):
            case.assertRedirects(client.get("/redirect/far/"), "http://far.example/")
        assert "Response code was 200 (expected 302)" in failure(
            case.assertRedirects, client.get("/"), "/"
        )
        assert "Couldn't retrieve redirection page '/': response code was 200 (expected 404)" in (
            failure(case.assertRedirects, client.get("/redirect/index/"), "/", 302, 404)
        )
        assert "Response redirected to '/', expected '/x/'" in failure(
            case.assertRedirects, client.get("/redirect/index/"), "/x/"
        )
        assert "Response didn't redirect as expected: Response code was 200" in failure(
            case.assertRedirects, client.get("/", follow=True), "/", msg_prefix="Note"
        )
        followed = client.get("/redirect/index/", follow=True)
        assert "Initial response didn't redirect as expected" in failure(
            case.assertRedirects, followed, "/", 301
        )
        assert "Final Response code was 200 (expected 404)" in failure(
            case.assertRedirects, followed, "/", 302, 404
        )

    def test_urls(self, case: Any) -> None:
        case.assertURLEqual("/?a=1&b=2", "/?b=2&a=1")
        assert "Note: Expected '/?a=1&a=2' to equal '/?a=2&a=1'." in failure(
            case.assertURLEqual, "/?a=1&a=2", "/?a=2&a=1", msg_prefix="Note"
        )


class TestTemplateAssertions:
    def make(self, *names: str | None) -> Any:
        return SimpleNamespace(templates=[SimpleNamespace(name=name) for name in names])

    def test_responses(self, case: Any) -> None:
        response = self.make("a.html", None, "b.html", "a.html")
        case.assertTemplateUsed(response, "a.html", count=2)
        case.assertTemplateNotUsed(response, "c.html")
        assert "Template 'c.html' was not a template used to render the response. Actual " in (
            failure(case.assertTemplateUsed, response, "c.html")
        )
        assert "was expected to be rendered 1 time(s) but was actually rendered 2 time(s)." in (
            failure(case.assertTemplateUsed, response, "a.html", count=1)
        )
        assert "Template 'a.html' was used unexpectedly" in failure(
            case.assertTemplateNotUsed, response, "a.html"
        )
        assert "No templates used to render the response" in failure(
            case.assertTemplateUsed, self.make(), "a.html", "Note"
        )
        with pytest.raises(TypeError, match="response and/or template_name argument"):
            case.assertTemplateUsed()
        with pytest.raises(ValueError, match=r"assertTemplateUsed\(\) is only usable on"):
            case.assertTemplateUsed(HttpResponse(), "a.html")

    def test_blocks(self, case: Any) -> None:
        def render(name: str) -> None:
            template = SimpleNamespace(name=name)
            template_rendered.send(None, template=template, context={"x": 1})

        with case.assertTemplateUsed("a.html") as block:
            render("a.html")
        assert block.context["x"] == 1
        with case.assertTemplateUsed(template_name="a.html", count=1):
            render("a.html")
        with case.assertTemplateNotUsed("b.html"):
            render("a.html")
        with (
            pytest.raises(AssertionError, match="used unexpectedly"),
            case.assertTemplateNotUsed(template_name="a.html"),
        ):
            render("a.html")
        with pytest.raises(ZeroDivisionError), case.assertTemplateUsed("a.html"):
            raise ZeroDivisionError


class Form:
    is_bound = True
    fields = {"name": 1}
    errors = {"name": ["Wrong."]}

    def non_field_errors(self) -> list[str]:
        return ["All wrong."]

    def __repr__(self) -> str:
        return "<Form>"


class FormSet:
    is_bound = True
    forms = [Form()]

    def total_form_count(self) -> int:
        return len(self.forms)

    def non_form_errors(self) -> list[str]:
        return ["Too many."]

    def __repr__(self) -> str:
        return "<FormSet>"


class TestFormAssertions:
    def test_forms(self, case: Any) -> None:
        case.assertFormError(Form(), "name", "Wrong.")
        case.assertFormError(Form(), None, ["All wrong."])
        assert "The errors of field 'name' on form <Form> don't match." in failure(
            case.assertFormError, Form(), "name", []
        )
        assert "The non-field errors of form <Form> don't match." in failure(
            case.assertFormError, Form(), None, []
        )
        assert "Note: The form <Form> does not contain the field 'x'." in failure(
            case.assertFormError, Form(), "x", [], "Note"
        )
        unbound = Form()
        unbound.is_bound = False
        assert "is not bound, it will never have any errors." in failure(
            case.assertFormError, unbound, "name", []
        )

    def test_formsets(self, case: Any) -> None:
        case.assertFormSetError(FormSet(), 0, "name", "Wrong.")
        case.assertFormSetError(FormSet(), None, None, "Too many.")
        assert "The errors of field 'name' on form 0 of formset <FormSet> don't match." in failure(
            case.assertFormSetError, FormSet(), 0, "name", []
        )
        assert "The non-form errors of formset <FormSet> don't match." in failure(
            case.assertFormSetError, FormSet(), None, None, []
        )
        assert "The formset <FormSet> only has 1 form." in failure(
            case.assertFormSetError, FormSet(), 4, "name", []
        )
        unbound = FormSet()
        unbound.is_bound = False
        assert "Note: The formset <FormSet> is not bound" in failure(
            case.assertFormSetError, unbound, 0, "name", [], "Note"
        )
        with pytest.raises(ValueError, match="You must use field=None with form_index=None"):
            case.assertFormSetError(FormSet(), None, "name", [])

    def test_fields(self, case: Any) -> None:
        class CharField:
            empty_values = ("", None)
            error_messages = {"required": "Needed."}

            def __init__(self, required: bool = True, **options: Any) -> None:
                self.required = required

            def clean(self, value: Any) -> Any:
                if value in self.empty_values:
                    if self.required:
                        raise ValidationError("Needed.")
                    return ""
                if value == "bad":
                    raise ValidationError("Bad.")
                return value.strip()

        case.assertFieldOutput(CharField, {" a ": "a"}, {"bad": ["Bad."]})
        failure(case.assertFieldOutput, CharField, {"a": "b"}, {})
        failure(case.assertFieldOutput, CharField, {}, {"good": ["Bad."]})
