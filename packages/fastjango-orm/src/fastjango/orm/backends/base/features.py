"""What a database can do, as flags that tests and applications read.

The names and the defaults are Django's. A vendor's class overrides them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.functional import cached_property
from fastjango.orm.exceptions import ProgrammingError

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["BaseDatabaseFeatures"]

_INTROSPECTED_AS_THEMSELVES = (
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BinaryField",
    "BooleanField",
    "CharField",
    "DurationField",
    "GenericIPAddressField",
    "IntegerField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SmallAutoField",
    "SmallIntegerField",
    "TimeField",
)


class BaseDatabaseFeatures:
    """Abilities of a database; `connection.features`."""

    minimum_database_version: tuple[int, ...] | None = None
    empty_fetchmany_value: Any = []
    max_query_params: int | None = None
    closed_cursor_error_class: type[Exception] = ProgrammingError
    supported_explain_formats: set[str] = set()
    prohibits_null_characters_in_text_exception: tuple[type[Exception], str] | None = None
    introspected_field_types: dict[str, str] = {k: k for k in _INTROSPECTED_AS_THEMSELVES}
    test_collations: dict[str, str | None] = {
        "ci": None,
        "cs": None,
        "non_default": None,
        "swedish_ci": None,
        "virtual": None,
    }
    django_test_expected_failures: set[str] = set()
    django_test_skips: dict[str, set[str]] = {}
    disallowed_simple_test_case_connection_methods: list[tuple[str, str]] = [
        ("connect", "connections"),
        ("temporary_connection", "connections"),
        ("cursor", "queries"),
        ("chunked_cursor", "queries"),
    ]

    allow_sliced_subqueries_with_in: bool = True
    allows_auto_pk_0: bool = True
    allows_group_by_lob: bool = True
    allows_group_by_select_index: bool = True
    allows_group_by_selected_pks: bool = False
    allows_multiple_constraints_on_same_fields: bool = True
    atomic_transactions: bool = True
    bare_select_suffix: str = ""
    can_clone_databases: bool = False
    can_create_inline_fk: bool = True
    can_defer_constraint_checks: bool = False
    can_distinct_on_fields: bool = False
    can_introspect_check_constraints: bool = True
    can_introspect_default: bool = True
    can_introspect_foreign_keys: bool = True
    can_introspect_json_field: bool = True
    can_introspect_materialized_views: bool = False
    can_release_savepoints: bool = False
    can_rename_index: bool = False
    can_return_columns_from_insert: bool = False
    can_return_rows_from_bulk_insert: bool = False
    can_return_rows_from_update: bool = False
    can_rollback_ddl: bool = False
    can_use_chunked_reads: bool = True
    collate_as_index_expression: bool = False
    connection_persists_old_columns: bool = False
    create_test_procedure_with_int_param_sql: str | None = None
    create_test_procedure_without_params_sql: str | None = None
    delete_can_self_reference_subquery: bool = True
    for_update_after_from: bool = False
    gis_enabled: bool = False
    greatest_least_ignores_nulls: bool = False
    has_bulk_insert: bool = True
    has_case_insensitive_like: bool = False
    has_json_object_function: bool = True
    has_json_operators: bool = False
    has_native_boolean_field: bool = False
    has_native_duration_field: bool = False
    has_native_json_field: bool = False
    has_native_uuid_field: bool = False
    has_real_datatype: bool = False
    has_select_for_no_key_update: bool = False
    has_select_for_update: bool = False
    has_select_for_update_nowait: bool = False
    has_select_for_update_of: bool = False
    has_select_for_update_skip_locked: bool = False
    has_zoneinfo_database: bool = True
    ignores_table_name_case: bool = False
    ignores_unnecessary_order_by_in_subqueries: bool = True
    implied_column_null: bool = False
    indexes_foreign_keys: bool = True
    insert_test_table_with_defaults: str | None = None
    interprets_empty_strings_as_nulls: bool = False
    json_key_contains_list_matching_requires_list: bool = False
    nulls_order_largest: bool = False
    only_supports_unbounded_with_preceding_and_following: bool = False
    order_by_nulls_first: bool = False
    pattern_lookup_needs_param_pattern: bool = True
    related_fields_match_type: bool = False
    requires_casted_case_in_updates: bool = False
    requires_compound_order_by_subquery: bool = False
    requires_explicit_null_ordering_when_grouping: bool = False
    requires_literal_defaults: bool = False
    rounds_to_even: bool = False
    schema_editor_uses_clientside_param_binding: bool = False
    select_for_update_of_column: bool = False
    supports_aggregate_distinct_multiple_argument: bool = True
    supports_aggregate_filter_clause: bool = False
    supports_aggregate_order_by_clause: bool = False
    supports_alter_generated_column_data_type: bool = True
    supports_any_value: bool = False
    supports_bit_aggregations: bool = True
    supports_boolean_expr_in_select_clause: bool = True
    supports_callproc_kwargs: bool = False
    supports_cast_with_precision: bool = True
    supports_collation_on_charfield: bool = True
    supports_collation_on_textfield: bool = True
    supports_column_check_constraints: bool = True
    supports_combined_alters: bool = False
    supports_comments: bool = False
    supports_comments_inline: bool = False
    supports_comparing_boolean_expr: bool = True
    supports_covering_indexes: bool = False
    supports_date_lookup_using_string: bool = True
    supports_default_in_bit_aggregations: bool = True
    supports_default_in_lead_lag: bool = True
    supports_default_keyword_in_bulk_insert: bool = True
    supports_default_keyword_in_insert: bool = True
    supports_deferrable_unique_constraints: bool = False
    supports_expression_defaults: bool = True
    supports_expression_indexes: bool = True
    supports_foreign_keys: bool = True
    supports_forward_references: bool = True
    supports_frame_exclusion: bool = False
    supports_frame_range_fixed_distance: bool = False
    supports_functions_in_partial_indexes: bool = True
    supports_ignore_conflicts: bool = True
    supports_index_column_ordering: bool = True
    supports_index_on_text_field: bool = True
    supports_inspectdb: bool = True
    supports_json_field: bool = True
    supports_json_field_contains: bool = True
    supports_json_negative_indexing: bool = True
    supports_logical_xor: bool = False
    supports_no_precision_decimalfield: bool = False
    supports_non_deterministic_collations: bool = True
    supports_nullable_unique_constraints: bool = True
    supports_nulls_distinct_unique_constraints: bool = False
    supports_on_delete_db_cascade: bool = True
    supports_on_delete_db_default: bool = True
    supports_on_delete_db_null: bool = True
    supports_order_by_nulls_modifier: bool = True
    supports_over_clause: bool = False
    supports_paramstyle_pyformat: bool = True
    supports_parentheses_in_compound: bool = True
    supports_partial_indexes: bool = True
    supports_partially_nullable_unique_constraints: bool = True
    supports_primitives_in_json_field: bool = True
    supports_regex_backreferencing: bool = True
    supports_select_difference: bool = True
    supports_select_for_update_with_limit: bool = True
    supports_select_intersection: bool = True
    supports_select_union: bool = True
    supports_sequence_reset: bool = True
    supports_slicing_ordering_in_compound: bool = False
    supports_stored_generated_columns: bool = False
    supports_subqueries_in_group_by: bool = True
    supports_table_check_constraints: bool = True
    supports_tablespaces: bool = False
    supports_temporal_subtraction: bool = False
    supports_timezones: bool = True
    supports_transactions: bool = True
    supports_tuple_comparison_against_subquery: bool = True
    supports_tuple_lookups: bool = True
    supports_unlimited_charfield: bool = False
    supports_unspecified_pk: bool = False
    supports_update_conflicts: bool = False
    supports_update_conflicts_with_target: bool = False
    supports_uuid4_function: bool = False
    supports_uuid4_function_in_default: bool = False
    supports_uuid7_function: bool = False
    supports_uuid7_function_shift: bool = False
    supports_virtual_generated_columns: bool = False
    test_db_allows_multiple_connections: bool = True
    test_now_utc_template: str | None = None
    time_cast_precision: int = 6
    truncates_names: bool = False
    update_can_self_select: bool = True
    uses_savepoints: bool = True

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    @cached_property
    def supports_explaining_query_execution(self) -> bool:
        """Whether the database can explain a query."""
        return self.connection.ops.explain_prefix is not None

    def allows_group_by_selected_pks_on_model(self, model: Any) -> bool:
        """Whether grouping by the primary key of `model` stands for all of its columns."""
        return self.allows_group_by_selected_pks and bool(model._meta.managed)
