"""Texts that contain, start with, end with or match a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.orm.query.lookups.base import BuiltinLookup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Contains",
    "EndsWith",
    "IContains",
    "IEndsWith",
    "IRegex",
    "IStartsWith",
    "PatternLookup",
    "Regex",
    "StartsWith",
]


class PatternLookup(BuiltinLookup):
    """A LIKE lookup."""

    param_pattern = "%%%s%%"
    prepare_rhs = False

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        """Return the operator; a right side in SQL is escaped in SQL."""
        if self.is_simple_lookup:
            return super().get_rhs_op(connection, rhs)
        pattern: str = connection.pattern_ops[self.lookup_name].format(connection.pattern_esc)
        return pattern.format(rhs)

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Escape a plain value and put it into the pattern."""
        rhs, params = super().process_rhs(compiler, connection)
        if self.is_simple_lookup:
            param = connection.ops.prep_for_like_query(params[0])
            if connection.features.pattern_lookup_needs_param_pattern:
                param = self.param_pattern % param
            params = (param, *params[1:])
        return rhs, params

    @property
    def is_simple_lookup(self) -> bool:
        """Whether the right side is a plain value that nothing transforms."""
        return self.rhs_is_direct_value() and not self.bilateral_transforms


class Contains(PatternLookup):
    """Contains the text."""

    lookup_name = "contains"


class IContains(Contains):
    """Contains the text, ignoring case."""

    lookup_name = "icontains"


class StartsWith(PatternLookup):
    """Starts with the text."""

    lookup_name = "startswith"
    param_pattern = "%s%%"


class IStartsWith(StartsWith):
    """Starts with the text, ignoring case."""

    lookup_name = "istartswith"


class EndsWith(PatternLookup):
    """Ends with the text."""

    lookup_name = "endswith"
    param_pattern = "%%%s"


class IEndsWith(EndsWith):
    """Ends with the text, ignoring case."""

    lookup_name = "iendswith"


class Regex(BuiltinLookup):
    """Matches a regular expression."""

    lookup_name = "regex"
    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        """Return the pattern; a number stands for its text, which is what drivers take."""
        value = super().get_prep_lookup()
        if value is None or isinstance(value, str) or hasattr(value, "as_sql"):
            return value
        return str(value)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the database's operator or function."""
        if self.lookup_name in connection.operators:
            return super().as_sql(compiler, connection)
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        template: str = connection.ops.regex_lookup(self.lookup_name)
        return template % (lhs, rhs), (*lhs_params, *rhs_params)


class IRegex(Regex):
    """Matches a regular expression, ignoring case."""

    lookup_name = "iregex"


PATTERN_LOOKUPS: Final = (
    Contains,
    IContains,
    StartsWith,
    IStartsWith,
    EndsWith,
    IEndsWith,
    Regex,
    IRegex,
)
"""What every field is asked by as text."""
