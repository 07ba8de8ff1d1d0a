"""What PostgreSQL can do."""

from __future__ import annotations

from typing import Any

from fastjango.core.functional import cached_property
from fastjango.orm.backends.base.features import BaseDatabaseFeatures
from fastjango.orm.exceptions import DataError, InterfaceError

__all__ = ["DatabaseFeatures"]

_TEST_PROCEDURE = """
    CREATE FUNCTION test_procedure ({parameter}) RETURNS void AS $$
    DECLARE
        V_I INTEGER;
    BEGIN
        V_I := {value};
    END;
$$ LANGUAGE plpgsql;"""


class DatabaseFeatures(BaseDatabaseFeatures):
    """Abilities of PostgreSQL 13 and later."""

    minimum_database_version = (13,)
    allows_group_by_selected_pks = True
    can_clone_databases = True
    can_defer_constraint_checks = True
    can_distinct_on_fields = True
    can_introspect_materialized_views = True
    can_release_savepoints = True
    can_rename_index = True
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True
    can_return_rows_from_update = True
    can_rollback_ddl = True
    closed_cursor_error_class = InterfaceError
    create_test_procedure_with_int_param_sql = _TEST_PROCEDURE.format(
        parameter="P_I INTEGER", value="P_I"
    )
    create_test_procedure_without_params_sql = _TEST_PROCEDURE.format(parameter="", value="1")
    greatest_least_ignores_nulls = True
    has_json_operators = True
    has_native_boolean_field = True
    has_native_duration_field = True
    has_native_json_field = True
    has_native_uuid_field = True
    has_real_datatype = True
    has_select_for_no_key_update = True
    has_select_for_update = True
    has_select_for_update_nowait = True
    has_select_for_update_of = True
    has_select_for_update_skip_locked = True
    insert_test_table_with_defaults = "INSERT INTO {} DEFAULT VALUES"
    json_key_contains_list_matching_requires_list = True
    nulls_order_largest = True
    only_supports_unbounded_with_preceding_and_following = True
    prohibits_null_characters_in_text_exception: tuple[type[Exception], str] | None = (
        DataError,
        "PostgreSQL text fields cannot contain NUL (0x00) bytes",
    )
    requires_casted_case_in_updates = True
    schema_editor_uses_clientside_param_binding = True
    supported_explain_formats: set[str] = {"JSON", "TEXT", "XML", "YAML"}
    supports_aggregate_filter_clause = True
    supports_aggregate_order_by_clause = True
    supports_combined_alters = True
    supports_comments = True
    supports_covering_indexes = True
    supports_deferrable_unique_constraints = True
    supports_frame_exclusion = True
    supports_no_precision_decimalfield = True
    supports_over_clause = True
    supports_slicing_ordering_in_compound = True
    supports_stored_generated_columns = True
    supports_tablespaces = True
    supports_temporal_subtraction = True
    supports_transactions = True
    supports_unlimited_charfield = True
    supports_update_conflicts = True
    supports_update_conflicts_with_target = True
    supports_uuid4_function = True
    supports_uuid4_function_in_default = True
    test_collations: dict[str, str | None] = {
        "deterministic": "C",
        "non_default": "sv-x-icu",
        "swedish_ci": "sv-x-icu",
        "virtual": "sv-x-icu",
    }
    test_now_utc_template = "STATEMENT_TIMESTAMP() AT TIME ZONE 'UTC'"

    @cached_property
    def uses_server_side_binding(self) -> bool:
        """Whether the synchronous driver sends parameters apart from the SQL."""
        return self.connection.settings_dict["OPTIONS"].get("server_side_binding") is True

    @cached_property
    def max_query_params(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] # by server
        """A 16-bit count of the wire protocol, which the asynchronous edge always uses."""
        return 2**16 - 1

    @cached_property
    def introspected_field_types(self) -> dict[str, str]:  # pyright: ignore[reportIncompatibleVariableOverride] # by server
        """Fields that come back as another one."""
        return {
            **BaseDatabaseFeatures.introspected_field_types,
            "PositiveBigIntegerField": "BigIntegerField",
            "PositiveIntegerField": "IntegerField",
            "PositiveSmallIntegerField": "SmallIntegerField",
        }

    def _since(self, major: int) -> bool:
        connection: Any = self.connection
        return bool(connection.pg_version >= major * 10000)

    @cached_property
    def is_postgresql_14(self) -> bool:
        """Version 14 or later."""
        return self._since(14)

    @cached_property
    def is_postgresql_15(self) -> bool:
        """Version 15 or later."""
        return self._since(15)

    @cached_property
    def is_postgresql_16(self) -> bool:
        """Version 16 or later."""
        return self._since(16)

    @cached_property
    def is_postgresql_17(self) -> bool:
        """Version 17 or later."""
        return self._since(17)

    @cached_property
    def is_postgresql_18(self) -> bool:
        """Version 18 or later."""
        return self._since(18)

    @property
    def supports_nulls_distinct_unique_constraints(self) -> bool:  # type: ignore[override] # by version
        """NULLS [NOT] DISTINCT."""
        return self.is_postgresql_15

    @property
    def supports_any_value(self) -> bool:  # type: ignore[override] # by version
        """ANY_VALUE."""
        return self.is_postgresql_16

    @property
    def supports_bit_aggregations(self) -> bool:  # type: ignore[override] # by version
        """BIT_AND, BIT_OR and, since 14, BIT_XOR."""
        return self.is_postgresql_14

    @property
    def supports_virtual_generated_columns(self) -> bool:  # type: ignore[override] # by version
        """VIRTUAL."""
        return self.is_postgresql_18

    @property
    def supports_uuid7_function(self) -> bool:  # type: ignore[override] # by version
        """UUIDV7."""
        return self.is_postgresql_18

    @property
    def supports_uuid7_function_shift(self) -> bool:  # type: ignore[override] # by version
        """UUIDV7 with an offset."""
        return self.is_postgresql_18
