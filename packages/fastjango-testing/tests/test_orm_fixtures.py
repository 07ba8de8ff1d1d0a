"""The fixtures and the mark for tests that query, in a project of their own."""

from __future__ import annotations

import re

import pytest

SETTINGS = """
SECRET_KEY = "x" * 50
ROOT_URLCONF = "my_urls"
ALLOWED_HOSTS = []
INSTALLED_APPS = ["fastjango.orm", "shelf"]
DATABASES = {
    "default": {"ENGINE": "sqlite3", "NAME": "site.sqlite3", "TEST": {"NAME": "tests.sqlite3"}},
    "other": {"ENGINE": "sqlite3", "NAME": "other.sqlite3"},
}
"""
URLS = """
from fastjango.http import HttpResponse
from fastjango.http.urls import path

def count(request):
    from shelf.models import Book
    return HttpResponse(str(Book.objects.count()))

urlpatterns = [path("", count)]
"""
MODELS = """
from fastjango.orm import models

class Book(models.Model):
    title = models.CharField(max_length=20)
"""
TESTS = """
import urllib.request

import pytest
from fastjango.orm import connection, connections, transaction
from fastjango.testing.orm import TestCase, TransactionTestCase
from shelf.models import Book

DENIED = 'Database access not allowed, use the "django_db" mark'


def test_no_database():
    with pytest.raises(RuntimeError, match=DENIED):
        Book.objects.count()


def test_the_blocker(django_db_blocker, django_db_setup):
    with django_db_blocker.unblock():
        assert Book.objects.count() == 0
        with django_db_blocker.block(), pytest.raises(RuntimeError, match=DENIED):
            Book.objects.count()
    with pytest.raises(RuntimeError, match=DENIED):
        Book.objects.count()


def test_commits(transactional_db):
    assert not connection.in_atomic_block
    Book.objects.create(title="a")
    assert Book.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_commits_by_mark():
    assert not connection.in_atomic_block
    assert Book.objects.count() == 0


def test_numbers_begin_anew(django_db_reset_sequences):
    assert Book.objects.create(title="a").pk == 1


def test_a_server(live_server):
    Book.objects.create(title="a")
    assert urllib.request.urlopen(str(live_server) + "/").read() == b"1"


class CommittingCase(TransactionTestCase):
    def test_case(self):
        assert not connection.in_atomic_block


class RolledBackCase(TestCase):
    def test_case(self):
        assert connection.in_atomic_block
        Book.objects.create(title="a")
        assert Book.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("again", [1, 2])
def test_rolled_back(again):
    assert connection.in_atomic_block
    Book.objects.create(title="a")
    assert Book.objects.count() == 1


def test_rolled_back_by_fixture(db):
    assert Book.objects.count() == 0
    with pytest.raises(AssertionError, match="Database queries to 'other' are not allowed"):
        Book.objects.using("other").count()


@pytest.mark.django_db(databases=["default", "other"])
def test_another_database():
    assert Book.objects.using("other").count() == 0


def test_counted(db, django_assert_num_queries, django_assert_max_num_queries):
    with django_assert_num_queries(1) as context:
        Book.objects.count()
    assert len(context) == 1
    with django_assert_max_num_queries(2, connection=connections["default"]):
        Book.objects.count()
    with (
        pytest.raises(pytest.fail.Exception, match="Expected to perform 2 queries but 1 were done"),
        django_assert_num_queries(2),
    ):
        Book.objects.count()
    wrong = "(?s)0 queries or less but 1 were done.*for a reason.*1[.] SELECT"
    with (
        pytest.raises(pytest.fail.Exception, match=wrong),
        django_assert_max_num_queries(0, using="default", info="for a reason"),
    ):
        Book.objects.count()
    with pytest.raises(KeyError), django_assert_num_queries(5):
        raise KeyError("the error of the block")
    with pytest.raises(ValueError, match="two ways to say one thing"):
        django_assert_num_queries(1, connection=connection, using="default")


def test_what_waits_for_the_commit(db, django_capture_on_commit_callbacks):
    done = []
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        transaction.on_commit(lambda: done.append(1))
    assert (len(callbacks), done) == (1, [1])
"""
PLAIN = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-v")


@pytest.fixture
def project(apart: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with one model, whose tests find it by the environment."""
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "my_settings")
    apart.makepyfile(my_settings=SETTINGS, my_urls=URLS)
    shelf = apart.mkpydir("shelf")
    (shelf / "models.py").write_text(MODELS)
    return apart


def test_the_fixtures_and_the_mark(project: pytest.Pytester) -> None:
    project.makepyfile(test_books=TESTS)
    result = project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=14)
    order = re.findall(r"::(\w+)(?:\[\d\])? PASSED", result.stdout.str())
    names = ["test_rolled_back", "test_commits", "test_no_database"]
    assert [order.index(name) for name in names] == sorted(map(order.index, names))
    # Django's order: what is rolled back, what commits, what has no database.
    assert order[-2:] == ["test_no_database", "test_the_blocker"]
    assert not list(project.path.glob("*.sqlite3"))


def test_workers_have_databases_of_their_own_and_keep_them(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_name="""
        import pytest
        from fastjango.orm import connection

        @pytest.mark.django_db
        def test_name():
            assert "gw0" in str(connection.settings_dict["NAME"])
        """
    )
    for options in (["--reuse-db"], ["--reuse-db"], ["--reuse-db", "--create-db"]):
        result = project.runpytest_subprocess(*PLAIN, "-n", "1", *options)
        result.assert_outcomes(passed=1)
        kept = [path.name for path in project.path.glob("*gw0.sqlite3")]
        assert len(kept) == 1


def test_an_unknown_argument_of_the_mark_is_refused(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_mark="""
        import pytest

        @pytest.mark.django_db(transactional=True)
        def test_mark():
            pass
        """
    )
    result = project.runpytest_subprocess(*PLAIN)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*The mark django_db has no argument 'transactional'.*"])
