"""Compiled dispatch: how a request finds its endpoint, and the shortest way through it.

Nothing here changes what FastAPI answers. The index only prunes the routes that FastAPI would try
in turn; a compiled endpoint is a straight-line version of FastAPI's own request handler, generated
once per route and refused for whatever it does not recognise; the fused core stands in for the
middleware that would only pass the request on. Everything falls back to FastAPI itself.
"""
