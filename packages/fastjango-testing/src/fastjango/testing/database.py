"""Test cases that use the databases: the integration with `fastjango.orm`.

Loaded only where the ORM is in use.
"""

from fastjango.testing._database_cases import TestCase, TestData, TransactionTestCase
from fastjango.testing._database_guard import DatabaseOperationForbidden, forbid_queries
from fastjango.testing._database_queries import (
    AssertNumQueriesContext,
    CaptureQueriesContext,
    register_lookup,
)
from fastjango.testing._database_setup import (
    dependency_ordered,
    get_unique_databases_and_mirrors,
    setup_databases,
    teardown_databases,
)
from fastjango.testing._database_skips import (
    connections_support_savepoints,
    connections_support_transactions,
    skipIfDBFeature,
    skipUnlessAnyDBFeature,
    skipUnlessDBFeature,
)

__all__ = [
    "AssertNumQueriesContext",
    "CaptureQueriesContext",
    "DatabaseOperationForbidden",
    "TestCase",
    "TestData",
    "TransactionTestCase",
    "connections_support_savepoints",
    "connections_support_transactions",
    "dependency_ordered",
    "forbid_queries",
    "get_unique_databases_and_mirrors",
    "register_lookup",
    "setup_databases",
    "skipIfDBFeature",
    "skipUnlessAnyDBFeature",
    "skipUnlessDBFeature",
    "teardown_databases",
]
