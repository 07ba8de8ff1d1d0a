"""The operators that build expressions out of expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from fastjango.orm.query.expressions.combined import CombinedExpression

__all__ = ["Combinable"]

_BITWISE_HINT = "Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations."


class Combinable:
    """Arithmetic, bit and boolean operators that build new expressions."""

    ADD: ClassVar[str] = "+"
    SUB: ClassVar[str] = "-"
    MUL: ClassVar[str] = "*"
    DIV: ClassVar[str] = "/"
    POW: ClassVar[str] = "^"
    # Doubled, because the text also goes through parameter formatting.
    MOD: ClassVar[str] = "%%"
    BITAND: ClassVar[str] = "&"
    BITOR: ClassVar[str] = "|"
    BITLEFTSHIFT: ClassVar[str] = "<<"
    BITRIGHTSHIFT: ClassVar[str] = ">>"
    BITXOR: ClassVar[str] = "#"

    def _combine(self, other: Any, connector: str, reversed: bool) -> CombinedExpression:
        from fastjango.orm.query.expressions.combined import CombinedExpression
        from fastjango.orm.query.expressions.values import Value

        operand = other if hasattr(other, "resolve_expression") else Value(other)
        if reversed:
            return CombinedExpression(operand, connector, self)
        return CombinedExpression(self, connector, operand)

    def _logical(self, other: Any, name: str) -> Any:
        if getattr(self, "conditional", False) and getattr(other, "conditional", False):
            from fastjango.orm.query.q import Q

            return getattr(Q(self), name)(Q(other))
        raise NotImplementedError(_BITWISE_HINT)

    def __neg__(self) -> CombinedExpression:
        return self._combine(-1, self.MUL, False)

    def __add__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.ADD, False)

    def __sub__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.SUB, False)

    def __mul__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.MUL, False)

    def __truediv__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.DIV, False)

    def __mod__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.MOD, False)

    def __pow__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.POW, False)

    def __radd__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.ADD, True)

    def __rsub__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.SUB, True)

    def __rmul__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.MUL, True)

    def __rtruediv__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.DIV, True)

    def __rmod__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.MOD, True)

    def __rpow__(self, other: Any) -> CombinedExpression:
        return self._combine(other, self.POW, True)

    def __and__(self, other: Any) -> Any:
        return self._logical(other, "__and__")

    def __or__(self, other: Any) -> Any:
        return self._logical(other, "__or__")

    def __xor__(self, other: Any) -> Any:
        return self._logical(other, "__xor__")

    def __rand__(self, other: Any) -> Any:
        raise NotImplementedError(_BITWISE_HINT)

    def __ror__(self, other: Any) -> Any:
        raise NotImplementedError(_BITWISE_HINT)

    def __rxor__(self, other: Any) -> Any:
        raise NotImplementedError(_BITWISE_HINT)

    def __invert__(self) -> Any:
        from fastjango.orm.query.expressions.wrappers import NegatedExpression

        return NegatedExpression(self)

    def bitand(self, other: Any) -> CombinedExpression:
        """Return the bitwise AND with `other`."""
        return self._combine(other, self.BITAND, False)

    def bitor(self, other: Any) -> CombinedExpression:
        """Return the bitwise OR with `other`."""
        return self._combine(other, self.BITOR, False)

    def bitxor(self, other: Any) -> CombinedExpression:
        """Return the bitwise XOR with `other`."""
        return self._combine(other, self.BITXOR, False)

    def bitleftshift(self, other: Any) -> CombinedExpression:
        """Return the value shifted left by `other` bits."""
        return self._combine(other, self.BITLEFTSHIFT, False)

    def bitrightshift(self, other: Any) -> CombinedExpression:
        """Return the value shifted right by `other` bits."""
        return self._combine(other, self.BITRIGHTSHIFT, False)
