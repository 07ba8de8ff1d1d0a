"""Stands for apps of Django that FastJango does not have yet, so that tests can be imported.

The stand-ins know nothing: a test that uses one fails.
"""

from fastjango.orm.models import Manager


class _Absent:
    """A class that cannot be used."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(f"FastJango has no {type(self).__name__}.")


class GroupAdmin(_Absent):
    """Of `django.contrib.auth.admin`."""


class LogEntry(_Absent):
    """Of `django.contrib.admin.models`."""


class RequestSite(_Absent):
    """Of `django.contrib.sites.requests`."""


class _Sites:
    """A manager without sites."""

    def clear_cache(self):
        """Do nothing: nothing is kept."""


class SiteManager(Manager):
    """Of `django.contrib.sites.models`: a manager that knows no current site."""

    use_in_migrations = True

    def clear_cache(self):
        """Do nothing: nothing is kept."""


class Site:
    """Of `django.contrib.sites.models`: made and saved by tests that are about other things."""

    objects = _Sites()

    def __init__(self, **fields):
        vars(self).update(fields)

    def save(self):
        """Do nothing: sites are kept nowhere, and nothing looks for one."""


class UserAdmin(_Absent):
    """Of `django.contrib.auth.admin`."""
