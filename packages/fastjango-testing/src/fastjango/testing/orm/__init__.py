"""Test cases and fixtures with databases: the integration with `fastjango.orm`.

Loaded only where the ORM is in use.
"""

from fastjango.orm import DEFAULT_DB_ALIAS
from fastjango.testing.orm.access import (
    DatabaseOperationForbidden,
    allow_queries,
    forbid_queries,
)
from fastjango.testing.orm.cases import (
    LiveServerTestCase,
    TestCase,
    TestData,
    TransactionTestCase,
)
from fastjango.testing.orm.databases import (
    dependency_ordered,
    get_unique_databases_and_mirrors,
    setup_databases,
    teardown_databases,
)
from fastjango.testing.orm.features import (
    connections_support_savepoints,
    connections_support_transactions,
    skipIfDBFeature,
    skipUnlessAnyDBFeature,
    skipUnlessDBFeature,
)
from fastjango.testing.orm.queries import CaptureQueriesContext, register_lookup

__all__ = [
    "DEFAULT_DB_ALIAS",
    "CaptureQueriesContext",
    "DatabaseOperationForbidden",
    "LiveServerTestCase",
    "TestCase",
    "TestData",
    "TransactionTestCase",
    "allow_queries",
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
