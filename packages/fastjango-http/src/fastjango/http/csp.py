"""Content-Security-Policy: its keywords, its nonce, and how a policy is written.

Source: https://docs.djangoproject.com/en/6.1/ref/csp/ and https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fastjango.core.functional import SimpleLazyObject, empty

__all__ = ["CSP", "LazyNonce", "build_policy", "generate_nonce"]


class CSP(StrEnum):
    """Keywords of policies, quoted as the header wants them."""

    HEADER_ENFORCE = "Content-Security-Policy"
    HEADER_REPORT_ONLY = "Content-Security-Policy-Report-Only"

    NONE = "'none'"
    REPORT_SAMPLE = "'report-sample'"
    SELF = "'self'"
    STRICT_DYNAMIC = "'strict-dynamic'"
    UNSAFE_EVAL = "'unsafe-eval'"
    UNSAFE_HASHES = "'unsafe-hashes'"
    UNSAFE_INLINE = "'unsafe-inline'"
    WASM_UNSAFE_EVAL = "'wasm-unsafe-eval'"

    #: Stands for the nonce of the request.
    NONCE = "<CSP_NONCE_SENTINEL>"


def generate_nonce() -> str:
    """A fresh nonce of 128 random bits, in URL-safe Base64."""
    return secrets.token_urlsafe(16)


class LazyNonce(SimpleLazyObject):
    """A nonce that is made when it is first looked at.

    False until then: a policy without a used nonce is sent without one.
    """

    def __init__(self) -> None:
        super().__init__(generate_nonce)

    def __bool__(self) -> bool:
        return self._wrapped is not empty


def build_policy(config: Mapping[str, Any], nonce: object = None) -> str:
    """Write a policy as a header.

    Args:
        config: Directives: a text, a collection of sources, `True` for a directive without sources,
            `False` or `None` for none.
        nonce: The request's nonce, in place of `CSP.NONCE`; without one, `CSP.NONCE` is left out.
    """
    policy: list[str] = []
    for directive, values in config.items():
        if values is None or values is False:
            continue
        if values is True:
            policy.append(directive)
            continue
        sources = [values] if isinstance(values, str) else list(values)
        if isinstance(values, set | frozenset):
            sources.sort()
        written: list[str] = []
        for source in sources:
            if source == CSP.NONCE:
                if nonce:
                    written.append(f"'nonce-{nonce}'")
            else:
                written.append(str(source))
        # A directive of nothing but an unused nonce says nothing.
        if written:
            policy.append(f"{directive} {' '.join(written)}")
    return "; ".join(policy)
