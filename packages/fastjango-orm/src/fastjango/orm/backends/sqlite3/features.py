"""What SQLite can do."""

from __future__ import annotations

import functools
import sqlite3
import uuid
from typing import Any

from fastjango.core.functional import cached_property
from fastjango.orm.backends.base.features import BaseDatabaseFeatures

__all__ = ["DatabaseFeatures"]

_VERSION = sqlite3.sqlite_version_info


@functools.cache
def _default_limit() -> int:
    probe = sqlite3.connect(":memory:")
    try:
        return probe.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    finally:
        probe.close()


class DatabaseFeatures(BaseDatabaseFeatures):
    """Abilities of SQLite; the file format and functions decide, not the driver."""

    minimum_database_version = (3, 37)
    atomic_transactions = False
    can_clone_databases = True
    can_create_inline_fk = False
    can_defer_constraint_checks = True
    can_release_savepoints = True
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True
    can_return_rows_from_update = True
    can_rollback_ddl = True
    has_case_insensitive_like = True
    ignores_table_name_case = True
    insert_test_table_with_defaults = 'INSERT INTO {} ("null") VALUES (1)'
    order_by_nulls_first = True
    requires_literal_defaults = True
    supports_aggregate_distinct_multiple_argument = False
    supports_aggregate_filter_clause = True
    supports_aggregate_order_by_clause = _VERSION >= (3, 44, 0)
    supports_any_value = True
    supports_cast_with_precision = False
    supports_default_keyword_in_insert = False
    supports_frame_exclusion = True
    supports_frame_range_fixed_distance = True
    supports_json_field_contains = False
    supports_no_precision_decimalfield = True
    supports_over_clause = True
    supports_parentheses_in_compound = False
    supports_stored_generated_columns = True
    supports_temporal_subtraction = True
    supports_timezones = False
    supports_transactions = True
    supports_unlimited_charfield = True
    supports_unspecified_pk = True
    supports_update_conflicts = True
    supports_update_conflicts_with_target = True
    supports_uuid4_function = True
    supports_uuid4_function_in_default = True
    supports_uuid7_function = hasattr(uuid, "uuid7")
    supports_virtual_generated_columns = True
    test_collations: dict[str, str | None] = {
        "ci": "nocase",
        "cs": "binary",
        "non_default": "nocase",
        "virtual": "nocase",
    }
    test_db_allows_multiple_connections = False
    time_cast_precision = 3

    @property
    def max_query_params(self) -> int:  # type: ignore[override] # asked of the connection
        """Parameters per query: 32766 unless SQLite was built otherwise or a limit was set."""
        driver: Any = self.connection.connection
        if driver is None:
            return _default_limit()
        return int(driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))

    @cached_property
    def introspected_field_types(self) -> dict[str, str]:  # pyright: ignore[reportIncompatibleVariableOverride] # by server
        """Fields that come back as another one."""
        return {
            **BaseDatabaseFeatures.introspected_field_types,
            "BigAutoField": "AutoField",
            "DurationField": "BigIntegerField",
            "GenericIPAddressField": "CharField",
            "SmallAutoField": "AutoField",
        }
