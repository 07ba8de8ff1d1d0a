"""The peer "fastapi"."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi_like import fill
from shapes import MIDDLEWARE
from starlette_like import SEVEN

app = FastAPI(openapi_url=None)
fill(app, APIRouter)
if MIDDLEWARE:
    for middleware in reversed(SEVEN):
        app.add_middleware(middleware)
