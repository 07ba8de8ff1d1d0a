"""The kinds of caches; `CACHES` names their classes."""

__all__: list[str] = []
