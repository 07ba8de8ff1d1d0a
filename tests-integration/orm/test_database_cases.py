"""TestCase and TransactionTestCase on real models."""

import asyncio
import unittest
from collections.abc import Iterator

import pytest
from fastjango.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from fastjango.orm import connection, connections, models, transaction
from fastjango.orm.engine.wrapper import blocked
from fastjango.signals import request_started
from fastjango.testing import SimpleTestCase, TestCase, TransactionTestCase
from fastjango.testing.orm import (
    CaptureQueriesContext,
    DatabaseOperationForbidden,
    connections_support_savepoints,
    dependency_ordered,
    get_unique_databases_and_mirrors,
    skipIfDBFeature,
    skipUnlessAnyDBFeature,
    skipUnlessDBFeature,
)


class Note(models.Model):
    """A row to test with."""

    text = models.CharField(max_length=50)

    class Meta:
        app_label = "database_cases"


@pytest.fixture(autouse=True)
def databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(blocked)
    blocked.clear()
    connections.reconfigure(
        {
            "default": {"ENGINE": "sqlite", "NAME": ":memory:"},
            "other": {"ENGINE": "sqlite", "NAME": ":memory:"},
        }
    )
    with connection.schema_editor() as editor:
        editor.create_model(Note)
    introspection = type(connection.introspection)
    monkeypatch.setattr(introspection, "get_migratable_models", lambda self: iter([Note]))
    yield
    blocked.clear()
    blocked.update(before)
    connections.reconfigure(None)


def passes(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = outcome(case)
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]
    return result


def outcome(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def texts() -> list[str]:
    return list(Note.objects.order_by("pk").values_list("text", flat=True))


def test_each_test_starts_with_the_rows_of_the_class() -> None:
    class Case(TestCase):
        note: Note
        same: list[Note]

        @classmethod
        def setUpTestData(cls) -> None:
            cls.note = Note.objects.create(text="class")
            cls.same = [cls.note]

        def test_a(self) -> None:
            self.assertEqual(texts(), ["class"])
            self.assertIs(self.same[0], self.note)
            self.note.text = "changed"
            self.note.save()
            Note.objects.create(text="a")

        def test_b(self) -> None:
            self.assertEqual(texts(), ["class"])
            self.assertEqual(self.note.text, "class")
            Note.objects.create(text="b")

        async def test_async(self) -> None:
            self.assertEqual([n.text async for n in Note.objects.all()], ["class"])
            async with transaction.atomic():
                await Note.objects.acreate(text="async")
            with self.assertRaises(SynchronousOnlyOperation):
                texts()
            self.assertEqual(await asyncio.to_thread(texts), ["class", "async"])

        async def test_async_numbers(self) -> None:
            with self.assertNumQueries(1):
                await Note.objects.acount()

    result = passes(Case)
    assert result.testsRun == 4
    assert texts() == []
    assert not connections.shared


def test_transaction_test_case_commits_and_empties() -> None:
    seen: list[str] = []

    class Case(TransactionTestCase):
        def test_a(self) -> None:
            with transaction.atomic():
                Note.objects.create(text="a")
                transaction.on_commit(lambda: seen.append("committed"))

        def test_b(self) -> None:
            self.assertEqual(texts(), [])
            Note.objects.create(text="b")

        async def test_async(self) -> None:
            self.assertEqual(await Note.objects.acount(), 0)
            async with transaction.atomic():
                await Note.objects.acreate(text="c")
            self.assertEqual(await Note.objects.acount(), 1)

    passes(Case)
    assert seen == ["committed"]
    assert texts() == []


def test_sequences_can_be_reset() -> None:
    Note.objects.create(text="x")
    Note.objects.all().delete()

    class Case(TransactionTestCase):
        reset_sequences = True

        def test_first_key(self) -> None:
            self.assertEqual(Note.objects.create(text="a").pk, 1)

    passes(Case)

    class Wrong(TestCase):
        reset_sequences = True

        def test_nothing(self) -> None: ...

    assert "reset_sequences cannot be used on TestCase" in outcome(Wrong).errors[0][1]


def test_commit_hooks_can_be_captured() -> None:
    class Case(TestCase):
        def test_captured(self) -> None:
            calls: list[int] = []
            with self.captureOnCommitCallbacks() as callbacks:
                transaction.on_commit(lambda: calls.append(1))
            self.assertEqual((len(callbacks), calls), (1, []))
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                transaction.on_commit(
                    lambda: transaction.on_commit(lambda: calls.append(3), robust=True)
                )
            self.assertEqual((len(callbacks), calls), (2, [3]))

    passes(Case)


def test_databases_that_are_not_listed_are_refused() -> None:
    class Simple(SimpleTestCase):
        def test_refused(self) -> None:
            message = "Database queries to 'default' are not allowed in SimpleTestCase subclasses"
            with self.assertRaisesMessage(DatabaseOperationForbidden, message):
                Note.objects.first()
            message = "Database connections to 'default' are not allowed"
            with self.assertRaisesMessage(DatabaseOperationForbidden, message):
                connection.connect()

    class One(TestCase):
        def test_refused(self) -> None:
            with self.assertRaisesMessage(
                DatabaseOperationForbidden,
                "Database queries to 'other' are not allowed in this test. Add 'other' to",
            ):
                connections["other"].cursor()

    class All(TestCase):
        databases = "__all__"

        def test_allowed(self) -> None:
            connections["other"].cursor().close()

    class Unknown(TestCase):
        databases = {"othr"}

        def test_nothing(self) -> None: ...

    for case in (Simple, One, All):
        passes(case)
    assert "Did you mean 'other'?" in outcome(Unknown).errors[0][1]
    Note.objects.first()


def test_query_counts_and_querysets_are_asserted() -> None:
    class Case(TestCase):
        def test_counts(self) -> None:
            with self.assertNumQueries(2):
                texts()
                texts()
            self.assertNumQueries(1, texts)
            with (
                self.assertRaisesRegex(
                    AssertionError, r"(?s)1 queries executed, 0 expected\nCaptured.*SELECT"
                ),
                self.assertNumQueries(0),
            ):
                texts()
            with CaptureQueriesContext(connection) as captured:
                texts()
            self.assertIn("SELECT", captured[0]["sql"])
            self.assertEqual([len(captured), len(list(captured))], [1, 1])

        def test_a_nested_count_leaves_the_outer_one_alone(self) -> None:
            with self.assertNumQueries(2):
                texts()
                with self.assertNumQueries(0):
                    pass
                request_started.send(sender=None)  # as a request of the test client does
                texts()

        def test_querysets(self) -> None:
            for text in "ba":
                Note.objects.create(text=text)
            ordered = Note.objects.order_by("text")
            self.assertQuerySetEqual(ordered, ["a", "b"], transform=lambda n: n.text)
            notes = Note.objects.all()
            self.assertQuerySetEqual(notes, list(ordered), ordered=False)
            with self.assertRaisesMessage(ValueError, "non-ordered queryset"):
                self.assertQuerySetEqual(notes, list(ordered))

    passes(Case)


def test_tests_are_skipped_by_feature() -> None:
    class Case(TestCase):
        @skipIfDBFeature("supports_transactions")
        def test_a(self) -> None:
            raise AssertionError

        @skipUnlessDBFeature("supports_transactions", "no_such_feature")
        async def test_b(self) -> None:
            raise AssertionError

        @skipUnlessAnyDBFeature("supports_transactions", "no_such_feature")
        def test_c(self) -> None:
            Note.objects.first()

    result = passes(Case)
    assert [reason for _, reason in result.skipped] == [
        "Database has feature(s) supports_transactions",
        "Database doesn't support feature(s): supports_transactions, no_such_feature",
    ]

    @skipUnlessDBFeature("no_such_feature")
    class Skipped(TestCase):
        def test_a(self) -> None:
            raise AssertionError

    assert len(passes(Skipped).skipped) == 1
    with pytest.raises(ValueError, match="'default' is not in its databases"):

        @skipUnlessDBFeature("x")
        class Foreign(SimpleTestCase):
            databases = {"other"}

    assert connections_support_savepoints(["default"])


def test_databases_are_ordered_by_dependency() -> None:
    raw = [("s1", ("d1", ["alpha"])), ("s2", ("d2", ["bravo"])), ("s3", ("d3", ["charlie"]))]
    ordered = dependency_ordered(raw, {"alpha": ["charlie"], "bravo": ["charlie"]})
    assert [signature for signature, _ in ordered] == ["s3", "s1", "s2"]
    with pytest.raises(ImproperlyConfigured, match="Circular dependency in TEST"):
        dependency_ordered(raw, {"alpha": ["bravo"], "bravo": ["alpha"]})
    with pytest.raises(ImproperlyConfigured, match="Circular dependency"):
        dependency_ordered([("s", ("d", ["a", "b"]))], {"a": ["b"]})
    connections.reconfigure(
        {
            "default": {"ENGINE": "sqlite", "NAME": "x"},
            "replica": {"ENGINE": "sqlite", "NAME": "y", "TEST": {"MIRROR": "default"}},
            "log": {"ENGINE": "sqlite", "NAME": "z", "TEST": {"DEPENDENCIES": []}},
        }
    )
    found, mirrored = get_unique_databases_and_mirrors()
    assert sorted(name for name, _ in found.values()) == ["x", "z"]
    assert mirrored == {"replica": "default"}
