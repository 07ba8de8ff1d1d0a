"""What MySQL and MariaDB can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.functional import cached_property
from fastjango.orm.backends.base.features import BaseDatabaseFeatures

if TYPE_CHECKING:
    from fastjango.orm.backends.mysql.base import DatabaseWrapper

__all__ = ["DatabaseFeatures"]

_TEST_PROCEDURE = """
    CREATE PROCEDURE test_procedure ({parameter})
    BEGIN
        DECLARE V_I INTEGER;
        SET V_I = {value};
    END;
"""


class DatabaseFeatures(BaseDatabaseFeatures):
    """Abilities of MariaDB 10.6 and MySQL 8 and later."""

    allow_sliced_subqueries_with_in = False
    atomic_transactions = False
    can_clone_databases = True
    can_release_savepoints = True
    can_rename_index = True
    collate_as_index_expression = True
    create_test_procedure_with_int_param_sql = _TEST_PROCEDURE.format(
        parameter="P_I INTEGER", value="P_I"
    )
    create_test_procedure_without_params_sql = _TEST_PROCEDURE.format(parameter="", value="1")
    delete_can_self_reference_subquery = False
    empty_fetchmany_value: Any = ()
    has_select_for_update = True
    has_select_for_update_nowait = True
    has_select_for_update_skip_locked = True
    insert_test_table_with_defaults = "INSERT INTO {} () VALUES ()"
    order_by_nulls_first = True
    related_fields_match_type = True
    requires_explicit_null_ordering_when_grouping = True
    supports_aggregate_order_by_clause = True
    supports_comments = True
    supports_comments_inline = True
    supports_date_lookup_using_string = False
    supports_default_in_bit_aggregations = False
    supports_forward_references = False
    supports_frame_range_fixed_distance = True
    supports_index_on_text_field = False
    supports_json_negative_indexing = False
    supports_logical_xor = True
    supports_on_delete_db_default = False
    supports_order_by_nulls_modifier = False
    supports_over_clause = True
    supports_partial_indexes = False
    supports_regex_backreferencing = False
    supports_slicing_ordering_in_compound = True
    supports_stored_generated_columns = True
    supports_temporal_subtraction = True
    supports_timezones = False
    supports_update_conflicts = True
    supports_virtual_generated_columns = True
    test_collations: dict[str, str | None] = {
        "ci": "utf8mb4_general_ci",
        "non_default": "utf8mb4_esperanto_ci",
        "swedish_ci": "utf8mb4_swedish_ci",
        "virtual": "utf8mb4_esperanto_ci",
    }
    test_now_utc_template = "UTC_TIMESTAMP(6)"

    connection: DatabaseWrapper

    @property
    def _is_mariadb(self) -> bool:
        return self.connection.mysql_is_mariadb

    @property
    def minimum_database_version(self) -> tuple[int, ...]:  # type: ignore[override] # by server
        """10.6 of MariaDB, 8.0 of MySQL."""
        return (10, 6) if self._is_mariadb else (8, 0)

    @property
    def _mysql_storage_engine(self) -> str:
        return str(self.connection.mysql_server_data["default_storage_engine"])

    @cached_property
    def introspected_field_types(self) -> dict[str, str]:  # pyright: ignore[reportIncompatibleVariableOverride] # by server
        """Fields that come back as another one."""
        return {
            **BaseDatabaseFeatures.introspected_field_types,
            "BinaryField": "TextField",
            "BooleanField": "IntegerField",
            "DurationField": "BigIntegerField",
            "GenericIPAddressField": "CharField",
        }

    @property
    def allows_auto_pk_0(self) -> bool:  # type: ignore[override] # by server
        """Whether a key may be 0."""
        return "NO_AUTO_VALUE_ON_ZERO" in self.connection.sql_mode

    @property
    def update_can_self_select(self) -> bool:  # type: ignore[override] # by server
        """Whether UPDATE may read its own table in a subquery."""
        return self._is_mariadb

    @property
    def can_return_columns_from_insert(self) -> bool:  # type: ignore[override] # by server
        """RETURNING: MariaDB's."""
        return self._is_mariadb

    @property
    def can_return_rows_from_bulk_insert(self) -> bool:  # type: ignore[override] # by server
        """RETURNING: MariaDB's."""
        return self._is_mariadb

    @property
    def has_native_uuid_field(self) -> bool:  # type: ignore[override] # by server
        """Type UUID: MariaDB's since 10.7."""
        return self._is_mariadb and self.connection.mysql_version >= (10, 7)

    @property
    def has_zoneinfo_database(self) -> bool:  # type: ignore[override] # by server
        """Whether the server's time zone tables are filled."""
        return bool(self.connection.mysql_server_data["has_zoneinfo_database"])

    @property
    def is_sql_auto_is_null_enabled(self) -> bool:
        """Whether ``id IS NULL`` finds the row just inserted."""
        return bool(self.connection.mysql_server_data["sql_auto_is_null"])

    @property
    def has_select_for_update_of(self) -> bool:  # type: ignore[override] # by server
        """FOR UPDATE OF: MySQL's."""
        return not self._is_mariadb

    @property
    def supported_explain_formats(self) -> set[str]:  # type: ignore[override] # by server
        """JSON, TEXT (which the server calls TRADITIONAL) and MySQL's TREE."""
        formats = {"JSON", "TEXT", "TRADITIONAL"}
        return formats if self._is_mariadb else formats | {"TREE"}

    @property
    def supports_transactions(self) -> bool:  # type: ignore[override] # pyright: ignore[reportIncompatibleVariableOverride] # by server
        """Every engine but MyISAM."""
        return self._mysql_storage_engine != "MyISAM"

    @property
    def can_introspect_foreign_keys(self) -> bool:  # type: ignore[override] # by server
        """Every engine but MyISAM."""
        return self._mysql_storage_engine != "MyISAM"

    @property
    def ignores_table_name_case(self) -> bool:  # type: ignore[override] # by server
        """``lower_case_table_names``."""
        return bool(self.connection.mysql_server_data["lower_case_table_names"])

    @property
    def supports_default_in_lead_lag(self) -> bool:  # type: ignore[override] # by server
        """A third argument of LEAD and LAG: MySQL's."""
        return not self._is_mariadb

    @property
    def supports_index_column_ordering(self) -> bool:  # type: ignore[override] # by server
        """Whether indexes keep ASC and DESC."""
        if self._mysql_storage_engine != "InnoDB":
            return False
        return not self._is_mariadb or self.connection.mysql_version >= (10, 8)

    @property
    def supports_expression_indexes(self) -> bool:  # type: ignore[override] # by server
        """Indexes on expressions: MySQL's."""
        return not self._is_mariadb and self._mysql_storage_engine != "MyISAM"

    @property
    def allows_group_by_selected_pks(self) -> bool:  # type: ignore[override] # by server
        """Whether grouping by the key is grouping by the row."""
        return not self._is_mariadb or "ONLY_FULL_GROUP_BY" not in self.connection.sql_mode

    @property
    def supports_any_value(self) -> bool:  # type: ignore[override] # by server
        """ANY_VALUE: MySQL's."""
        return not self._is_mariadb

    @property
    def supports_uuid4_function(self) -> bool:  # type: ignore[override] # by server
        """UUID_V4: MariaDB's since 11.7."""
        return self._is_mariadb and self.connection.mysql_version >= (11, 7)

    @property
    def supports_uuid4_function_in_default(self) -> bool:  # type: ignore[override] # by server
        """UUID_V4 in DEFAULT."""
        return self.supports_uuid4_function

    @property
    def supports_uuid7_function(self) -> bool:  # type: ignore[override] # by server
        """UUID_V7: MariaDB's since 11.7."""
        return self.supports_uuid4_function
