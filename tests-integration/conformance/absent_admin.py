"""Stands for `django.contrib.admin`, so that URLconfs which include the admin can be imported."""

from absent_apps import _Absent


class AdminSite(_Absent):
    """A site that cannot be made."""


class _Site:
    """The default site, without pages."""

    urls = ([], "admin", "admin")


site = _Site()
