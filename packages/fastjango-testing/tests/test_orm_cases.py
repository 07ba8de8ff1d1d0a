"""The test classes for databases, in a project of their own with two of them and a mirror."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fastjango.core.exceptions import ImproperlyConfigured

pytest.importorskip("fastjango.orm")

SETTINGS = """
SECRET_KEY = "x" * 50
INSTALLED_APPS = ["fastjango.orm", "shelf", "fastjango.contenttypes"]
DATABASES = {
    "default": {"ENGINE": "sqlite3", "NAME": ":memory:"},
    "other": {"ENGINE": "sqlite3", "NAME": "other.sqlite3"},
    "copy": {"ENGINE": "sqlite3", "NAME": "copy.sqlite3", "TEST": {"MIRROR": "default"}},
}
"""
MODELS = """
from fastjango.orm import models

class Shelf(models.Model):
    room = models.CharField(max_length=20)

class Book(models.Model):
    title = models.CharField(max_length=20)
    shelf = models.ForeignKey(Shelf, models.CASCADE, null=True)
"""
FIXTURE = '[{"model": "shelf.shelf", "pk": 7, "fields": {"room": "hall"}}]'
TESTS = '''
import logging
import unittest

import pytest
from fastjango.core import apps
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import connection, connections, models, transaction
from fastjango.testing.orm import (
    CaptureQueriesContext,
    TestCase,
    TransactionTestCase,
    allow_queries,
    register_lookup,
    skipIfDBFeature,
    skipUnlessAnyDBFeature,
    skipUnlessDBFeature,
)
from shelf.models import Book, Shelf


def outcome(cls, name="test_it"):
    """Run one test of a class that stands for a project's; return its result."""
    result = unittest.TestResult()
    unittest.TestSuite([cls(name)]).run(result)
    return result


def said(result):
    ((_, text),) = result.errors + result.failures
    return text


class Data(TestCase):
    fixtures = ["hall"]

    @classmethod
    def setUpTestData(cls):
        cls.book = Book.objects.create(title="a")
        cls.named = {"first": cls.book}

    def test_one_may_change_what_the_class_has_made(self):
        assert self.named["first"] is self.book
        self.book.title = "changed"
        self.book.save()
        assert Shelf.objects.get().pk == 7

    def test_the_other_one_sees_nothing_of_it(self):
        assert self.book.title == "a"
        assert Book.objects.get().title == "a"
        assert "book" in repr(type(self).__dict__["book"])
        assert type(self).book.title == "a"

    async def test_async_queries_are_in_the_transaction(self):
        assert await Book.objects.acount() == 1

    def test_the_mirror_shows_the_same_rows(self):
        assert connections["copy"].settings_dict["NAME"] == connection.settings_dict["NAME"]

    def test_assertions(self):
        Book.objects.create(title="b")
        titles = Book.objects.order_by("title")
        self.assertQuerySetEqual(titles, ["a", "b"], transform=lambda book: book.title)
        self.assertQuerySetEqual(Book.objects.all(), [*reversed(titles)], ordered=False)
        with self.assertRaisesMessage(ValueError, "Trying to compare non-ordered queryset"):
            self.assertQuerySetEqual(Book.objects.all(), titles)
        self.assertNumQueries(1, Book.objects.count)
        with self.assertRaisesMessage(AssertionError, "1 queries executed, 2 expected"):
            with self.assertNumQueries(2):
                Book.objects.count()
        with self.assertRaises(KeyError), self.assertNumQueries(5):
            raise KeyError

    def test_captured_queries(self):
        with CaptureQueriesContext(connection) as queries:
            Book.objects.count()
            Shelf.objects.count()
        assert len(queries) == 2
        assert "shelf_book" in queries[0]["sql"]
        assert [query["sql"] for query in queries] == [q["sql"] for q in queries[:2]]

    def test_commit_hooks(self):
        done = []

        def again():
            done.append(1)
            transaction.on_commit(lambda: done.append(2))

        with self.captureOnCommitCallbacks(execute=True) as hooks:
            transaction.on_commit(again)
        assert (len(hooks), done) == (2, [1, 2])
        with self.assertLogs("fastjango.orm", logging.ERROR):
            with self.captureOnCommitCallbacks(execute=True):
                transaction.on_commit(lambda: 1 / 0, robust=True)

    def test_lookups_for_a_block(self):
        class Loud(models.Transform):
            lookup_name = "loud"
            function = "UPPER"

        with register_lookup(models.CharField, Loud):
            assert Book.objects.filter(title__loud="A").exists()
        with pytest.raises(Exception, match="loud"):
            Book.objects.filter(title__loud="A").exists()


class Committing(TransactionTestCase):
    reset_sequences = True
    available_apps = ["shelf"]
    fixtures = ["hall"]

    def test_rows_are_committed_and_numbered_from_one(self):
        assert not connection.in_atomic_block
        assert Book.objects.create(title="a").pk == 1
        assert Shelf.objects.get().room == "hall"
        assert [config.label for config in apps.get_app_configs()] == ["shelf"]

    def test_the_table_is_empty_again(self):
        assert Book.objects.create(title="b").pk == 1

    async def test_the_asynchronous_driver(self):
        await Book.objects.acreate(title="c")
        assert await Book.objects.acount() == 1


@pytest.fixture
def unblocked(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("unblocked")
class TestRefusals:
    def test_a_database_that_the_class_does_not_name(self):
        class Case(TestCase):
            def test_it(self):
                Book.objects.using("other").count()

        assert "Database queries to 'other' are not allowed" in said(outcome(Case))

    def test_closing_what_is_old_asks_no_database(self):
        from fastjango.orm import close_old_connections

        connections["other"].ensure_connection()

        class Case(TestCase):
            def test_it(self):
                close_old_connections()

        assert outcome(Case).wasSuccessful()

    def test_an_unknown_database(self):
        class Case(TestCase):
            databases = {"oher"}

            def test_it(self):
                """Never run."""

        assert "Did you mean 'other'?" in said(outcome(Case))

    def test_sequences_of_what_is_rolled_back(self):
        class Case(TestCase):
            reset_sequences = True

            def test_it(self):
                """Never run."""

        assert "reset_sequences cannot be used on TestCase instances" in said(outcome(Case))

    @pytest.mark.parametrize("missing", ["supports_transactions", "uses_savepoints"])
    def test_a_database_that_cannot_roll_back(self, missing, monkeypatch):
        monkeypatch.setattr(type(connection.features), missing, False)

        class Case(TestCase):
            fixtures = ["hall"]

            @classmethod
            def setUpTestData(cls):
                Book.objects.create(title="a")

            def test_it(self):
                assert (Book.objects.count(), Shelf.objects.count()) == (1, 1)

        assert outcome(Case).wasSuccessful()
        assert not Book.objects.exists()

    def test_databases_are_allowed_again(self):
        class Case(TestCase):
            def test_it(self):
                allow_queries(type(self))
                assert Book.objects.using("other").count() == 0

        assert outcome(Case).wasSuccessful()

    def test_fixtures_that_there_are_not(self):
        class Case(TransactionTestCase):
            available_apps = ["shelf"]
            fixtures = ["cellar"]

            def test_it(self):
                """Never run."""

        assert "No fixture named 'cellar' found" in said(outcome(Case))
        assert len(list(apps.get_app_configs())) > 1

    def test_data_that_cannot_be_made(self):
        class Case(TestCase):
            @classmethod
            def setUpTestData(cls):
                Book.objects.create(title="half")
                raise LookupError("no data")

            def test_it(self):
                """Never run."""

        assert "no data" in said(outcome(Case))
        assert not Book.objects.exists()

    def test_a_row_that_points_nowhere(self):
        class Case(TestCase):
            def test_it(self):
                Book.objects.create(title="lost", shelf_id=99)

        assert "IntegrityError" in said(outcome(Case))


@pytest.mark.usefixtures("unblocked")
class TestFeatures:
    def test_classes_and_functions(self):
        @skipIfDBFeature("supports_transactions")
        class Never(TestCase):
            def test_it(self):
                """Never run."""

        @skipUnlessDBFeature("supports_transactions", "no_such_feature")
        class NotBoth(TestCase):
            def test_it(self):
                """Never run."""

        @skipUnlessAnyDBFeature("supports_transactions", "no_such_feature")
        class One(TestCase):
            @skipUnlessDBFeature("no_such_feature")
            def test_it(self):
                """Never run."""

            @skipIfDBFeature("no_such_feature")
            async def test_async(self):
                assert await Book.objects.acount() == 0

        class Below(Never):
            """A class below one that is skipped."""

        why = "Database has feature(s) supports_transactions"
        assert [reason for _, reason in outcome(Never).skipped] == [why]
        assert len(outcome(Below).skipped) == 1
        assert "doesn't support feature(s)" in outcome(NotBoth).skipped[0][1]
        assert len(outcome(One).skipped) == 1
        assert outcome(One, "test_async").wasSuccessful()

    def test_what_the_condition_cannot_ask(self):
        with pytest.raises(ValueError, match="it is no TestCase"):
            skipIfDBFeature("x")(type("Plain", (), {}))
        with pytest.raises(ValueError, match="'default' is not in its databases"):

            @skipIfDBFeature("x")
            class Case(TestCase):
                databases = {"other"}

        class Method(TestCase):
            databases = {"other"}

            @skipIfDBFeature("x")
            def test_it(self):
                """Never run."""

        assert "doesn't allow queries against the 'default' database" in said(outcome(Method))
'''


def test_the_classes(apart: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "my_settings")
    apart.makepyfile(my_settings=SETTINGS)
    shelf: Path = apart.mkpydir("shelf")
    (shelf / "models.py").write_text(MODELS)
    (shelf / "fixtures").mkdir()
    (shelf / "fixtures" / "hall.json").write_text(FIXTURE)
    apart.makepyfile(test_shelf=TESTS)
    result = apart.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=23)


SCRIPT = """
import json
from pathlib import Path
from fastjango.core import setup
setup()
from fastjango.orm import connections
from fastjango.testing.orm import setup_databases, teardown_databases
from shelf.models import Book

def files():
    return sorted(path.name for path in Path().glob("*.sqlite3"))

names = [connections[alias].settings_dict["NAME"] for alias in ("main", "same", "copy")]
old = setup_databases(
    0, False, parallel=2, debug_sql=True, aliases=["main", "same", "copy"],
    serialized_aliases=["main"],
)
assert files() == ["tests.sqlite3", "tests_1.sqlite3", "tests_2.sqlite3"], files()
Book.objects.using("main").create(title="a")
assert Book.objects.using("same").count() == Book.objects.using("copy").count() == 1
assert connections["main"].force_debug_cursor
assert json.loads(connections["main"]._test_serialized_contents) == []
assert sorted((c.alias, first) for c, name, first in old) == [("main", True), ("same", False)]
connections["same"].close()
connections["copy"].close()
teardown_databases(old, 0, parallel=2)
assert files() == [], files()
assert connections["main"].settings_dict["NAME"] == names[0]
"""


def test_databases_are_made_with_clones_and_mirrors(
    apart: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "my_settings")
    made = '{"ENGINE": "sqlite3", "NAME": "site.sqlite3", "TEST": {"NAME": "tests.sqlite3"}}'
    mirror = '{"ENGINE": "sqlite3", "NAME": "c", "TEST": {"MIRROR": "main", "DEPENDENCIES": []}}'
    apart.makepyfile(
        my_settings=f"""
        SECRET_KEY = "x" * 50
        INSTALLED_APPS = ["fastjango.orm", "shelf"]
        DATABASES = {{"default": {{}}, "main": {made}, "same": {made}, "copy": {mirror}}}
        """
    )
    (apart.mkpydir("shelf") / "models.py").write_text(MODELS)
    script = apart.makepyfile(make=SCRIPT)
    assert apart.run(sys.executable, script).ret == 0


def entry(name: str, *aliases: str) -> tuple[str, tuple[str, list[str]]]:
    return name, (name, list(aliases))


def test_databases_are_made_after_those_that_they_need() -> None:
    from fastjango.testing.orm import dependency_ordered

    entries = [entry("s1", "b"), entry("s2", "a"), entry("s3", "c", "d")]
    ordered = dependency_ordered(entries, {"b": ["a"], "a": ["d"]})
    assert [signature for signature, _ in ordered] == ["s3", "s2", "s1"]
    with pytest.raises(ImproperlyConfigured, match="Circular dependency in TEST"):
        dependency_ordered(entries, {"a": ["b"], "b": ["a"]})
    with pytest.raises(ImproperlyConfigured, match=r"databases \['c', 'd'\] depend on each other"):
        dependency_ordered(entries, {"c": ["d"]})
