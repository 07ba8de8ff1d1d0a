"""The hook that this plugin offers, and answers itself."""

from fastjango.core import Hook


@Hook
def collect_slogans(product: str, loud: bool = False) -> str:
    """Return a slogan for a product."""
    return ""
