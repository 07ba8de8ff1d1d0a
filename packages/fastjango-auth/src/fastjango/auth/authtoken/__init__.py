"""Opaque tokens in the table and header of Django REST framework.

List `fastjango.auth.authtoken` in `INSTALLED_APPS`. A client sends `Authorization: Token KEY`.
"""
