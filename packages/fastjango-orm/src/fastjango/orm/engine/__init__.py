"""Connections, drivers, pools and the two edges that run statements.

Nothing here knows a model or a query. The layers above yield `Statement` objects from plain
generators; `run` drives such a generator on a synchronous driver and `arun` on an asynchronous
one.
"""
