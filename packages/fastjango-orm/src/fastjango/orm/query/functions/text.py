"""Functions of text."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.query.expressions import Func, Value
from fastjango.orm.query.fieldtypes import FixedField, fields
from fastjango.orm.query.functions.comparison import Cast, Coalesce
from fastjango.orm.query.functions.mixins import IntegerArgumentsMixin
from fastjango.orm.query.lookups.base import Transform

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MD5",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "Chr",
    "Concat",
    "ConcatPair",
    "LPad",
    "LTrim",
    "Left",
    "Length",
    "Lower",
    "Ord",
    "RPad",
    "RTrim",
    "Repeat",
    "Replace",
    "Reverse",
    "Right",
    "StrIndex",
    "Substr",
    "Trim",
    "Upper",
]

_EMPTY = Value("")
_SPACE = Value(" ")


class _MySQLSHA2Mixin:
    def as_mysql(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use SHA2 with the number of bits."""
        compiled: tuple[str, Sequence[Any]] = super().as_sql(  # type: ignore[misc]  # a mixin of Func
            compiler,
            connection,
            template=f"SHA2(%(expressions)s, {self.function[3:]})",
            **extra_context,
        )
        return compiled


class _PostgreSQLSHAMixin:
    def as_postgresql(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use DIGEST of the pgcrypto extension."""
        compiled: tuple[str, Sequence[Any]] = super().as_sql(  # type: ignore[misc]  # a mixin of Func
            compiler,
            connection,
            template="ENCODE(DIGEST(%(expressions)s, '%(function)s'), 'hex')",
            function=self.function.lower(),
            **extra_context,
        )
        return compiled


class Chr(IntegerArgumentsMixin, Transform):
    """The character of a code point."""

    integer_arguments = (0,)

    function = "CHR"
    lookup_name = "chr"
    output_field = FixedField("CharField")

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use CHAR in UTF-16."""
        return super().as_sql(
            compiler,
            connection,
            function="CHAR",
            template="%(function)s(%(expressions)s USING utf16)",
            **extra_context,
        )

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use CHAR."""
        return super().as_sql(compiler, connection, function="CHAR", **extra_context)


class ConcatPair(Func):
    """Two texts, one after the other; NULL counts as empty."""

    function = "CONCAT"

    def pipes_concat_sql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Join with `||`."""
        return super(ConcatPair, self.coalesce()).as_sql(
            compiler,
            connection,
            template="(%(expressions)s)",
            arg_joiner=" || ",
            **extra_context,
        )

    as_sqlite = pipes_concat_sql

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast what is not text."""
        text_types = (fields.CharField, fields.TextField)
        clone = self.copy()
        clone.set_source_expressions(
            [
                source
                if isinstance(source.output_field, text_types)
                else Cast(source, fields.TextField())
                for source in clone.get_source_expressions()
            ]
        )
        return clone.pipes_concat_sql(compiler, connection, **extra_context)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use CONCAT_WS, which skips NULL."""
        return super().as_sql(
            compiler,
            connection,
            function="CONCAT_WS",
            template="%(function)s('', %(expressions)s)",
            **extra_context,
        )

    def coalesce(self) -> ConcatPair:
        """Return a copy whose parts are never NULL."""
        clone = self.copy()
        clone.set_source_expressions(
            [Coalesce(source, Value("")) for source in clone.get_source_expressions()]
        )
        return clone


class Concat(Func):
    """Texts, one after the other; NULL counts as empty."""

    function = None
    template = "%(expressions)s"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        if len(expressions) < 2:
            raise ValueError("Concat must take at least two expressions")
        super().__init__(self._paired(expressions, extra.get("output_field")), **extra)

    def _paired(self, expressions: Sequence[Any], output_field: Any) -> ConcatPair:
        first, *rest = expressions
        second = rest[0] if len(rest) == 1 else self._paired(rest, output_field)
        return ConcatPair(first, second, output_field=output_field)


class Left(IntegerArgumentsMixin, Func):
    """The first characters.

    Args:
        expression: The text.
        length: How many characters.
    """

    function = "LEFT"
    arity = 2
    output_field = FixedField("CharField")

    def __init__(self, expression: Any, length: Any, **extra: Any) -> None:
        if not hasattr(length, "resolve_expression") and length < 1:
            raise ValueError("'length' must be greater than 0.")
        super().__init__(expression, length, **extra)

    def get_substr(self) -> Substr:
        """Return the same as a substring."""
        return Substr(self.source_expressions[0], Value(1), self.source_expressions[1])

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use SUBSTR."""
        return self.get_substr().as_sqlite(compiler, connection, **extra_context)


class Length(Transform):
    """The number of characters."""

    function = "LENGTH"
    lookup_name = "length"
    output_field = FixedField("IntegerField")

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Count characters: LENGTH counts bytes."""
        return super().as_sql(compiler, connection, function="CHAR_LENGTH", **extra_context)


class Lower(Transform):
    """The text in lower case."""

    function = "LOWER"
    lookup_name = "lower"


class LPad(IntegerArgumentsMixin, Func):
    """The text filled up on the left to `length` characters."""

    function = "LPAD"
    output_field = FixedField("CharField")

    def __init__(self, expression: Any, length: Any, fill_text: Any = _SPACE, **extra: Any) -> None:
        if not hasattr(length, "resolve_expression") and length is not None and length < 0:
            raise ValueError("'length' must be greater or equal to 0.")
        super().__init__(expression, length, fill_text, **extra)


class LTrim(Transform):
    """The text without spaces at its start."""

    function = "LTRIM"
    lookup_name = "ltrim"


class MD5(Transform):
    """The MD5 digest in hexadecimal."""

    function = "MD5"
    lookup_name = "md5"


class Ord(Transform):
    """The code point of the first character."""

    function = "ASCII"
    lookup_name = "ord"
    output_field = FixedField("IntegerField")

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use ORD."""
        return super().as_sql(compiler, connection, function="ORD", **extra_context)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use UNICODE."""
        return super().as_sql(compiler, connection, function="UNICODE", **extra_context)


class Repeat(IntegerArgumentsMixin, Func):
    """The text repeated."""

    function = "REPEAT"
    output_field = FixedField("CharField")

    def __init__(self, expression: Any, number: Any, **extra: Any) -> None:
        if not hasattr(number, "resolve_expression") and number is not None and number < 0:
            raise ValueError("'number' must be greater or equal to 0.")
        super().__init__(expression, number, **extra)


class Replace(Func):
    """The text with every occurrence of one part replaced by another."""

    function = "REPLACE"

    def __init__(self, expression: Any, text: Any, replacement: Any = _EMPTY, **extra: Any) -> None:
        super().__init__(expression, text, replacement, **extra)


class Reverse(Transform):
    """The text from end to start."""

    function = "REVERSE"
    lookup_name = "reverse"


class Right(Left):
    """The last characters."""

    function = "RIGHT"

    def get_substr(self) -> Substr:
        """Return the same as a substring."""
        text, length = self.source_expressions
        return Substr(text, length * Value(-1), length)


class RPad(LPad):
    """The text filled up on the right to `length` characters."""

    function = "RPAD"


class RTrim(Transform):
    """The text without spaces at its end."""

    function = "RTRIM"
    lookup_name = "rtrim"


class SHA1(_PostgreSQLSHAMixin, Transform):
    """The SHA-1 digest in hexadecimal."""

    function = "SHA1"
    lookup_name = "sha1"


class SHA224(_MySQLSHA2Mixin, _PostgreSQLSHAMixin, Transform):
    """The SHA-224 digest in hexadecimal."""

    function = "SHA224"
    lookup_name = "sha224"


class SHA256(_MySQLSHA2Mixin, _PostgreSQLSHAMixin, Transform):
    """The SHA-256 digest in hexadecimal."""

    function = "SHA256"
    lookup_name = "sha256"


class SHA384(_MySQLSHA2Mixin, _PostgreSQLSHAMixin, Transform):
    """The SHA-384 digest in hexadecimal."""

    function = "SHA384"
    lookup_name = "sha384"


class SHA512(_MySQLSHA2Mixin, _PostgreSQLSHAMixin, Transform):
    """The SHA-512 digest in hexadecimal."""

    function = "SHA512"
    lookup_name = "sha512"


class StrIndex(Func):
    """The place (from 1) of the first occurrence of a part in a text, 0 if there is none."""

    function = "INSTR"
    arity = 2
    output_field = FixedField("IntegerField")

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use STRPOS."""
        return super().as_sql(compiler, connection, function="STRPOS", **extra_context)


class Substr(IntegerArgumentsMixin, Func):
    """A part of a text.

    Args:
        expression: The text.
        pos: The first character, counted from 1.
        length: How many characters; all the rest if absent.
    """

    function = "SUBSTRING"
    integer_arguments = (1, 2)
    output_field = FixedField("CharField")

    def __init__(self, expression: Any, pos: Any, length: Any = None, **extra: Any) -> None:
        if not hasattr(pos, "resolve_expression") and pos < 1:
            raise ValueError("'pos' must be greater than 0")
        arguments = (expression, pos) if length is None else (expression, pos, length)
        super().__init__(*arguments, **extra)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use SUBSTR."""
        return super().as_sql(compiler, connection, function="SUBSTR", **extra_context)


class Trim(Transform):
    """The text without spaces at both ends."""

    function = "TRIM"
    lookup_name = "trim"


class Upper(Transform):
    """The text in upper case."""

    function = "UPPER"
    lookup_name = "upper"
