"""FastJango; with BENCH_MIDDLEWARE=1 behind seven of the middlewares that it ships."""

from __future__ import annotations

from fastapi_like import fill
from fastjango.core import settings
from fastjango.http import FastJango, Router
from shapes import MIDDLEWARE

SEVEN = [
    "fastjango.http.middleware.security.SecurityMiddleware",
    "fastjango.http.middleware.csp.ContentSecurityPolicyMiddleware",
    "fastjango.http.middleware.request_id.RequestIdMiddleware",
    "fastjango.http.middleware.common.CommonMiddleware",
    "fastjango.http.middleware.cors.CorsMiddleware",
    "fastjango.http.middleware.csrf.CsrfViewMiddleware",
    "fastjango.http.middleware.clickjacking.XFrameOptionsMiddleware",
]

settings.configure(
    SECRET_KEY="benchmark-" + "x" * 50,
    ALLOWED_HOSTS=["*"],
    SECURE_CSP={"default-src": ["'self'"]},
    CORS_ALLOWED_ORIGINS=["https://example.com"],
)
app = FastJango(openapi_url=None, django_middleware=SEVEN if MIDDLEWARE else ())
fill(app, Router)
