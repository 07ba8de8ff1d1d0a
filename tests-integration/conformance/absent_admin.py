"""Stands for `django.contrib.admin`, so that URLconfs which include the admin can be imported.

Sites have no pages: a test that asks for one fails.
"""

from fastjango.auth.decorators import user_passes_test


class AdminSite:
    """A site without pages."""

    def __init__(self, name="admin"):
        self.urls = ([], "admin", name)

    def register(self, *args, **kwargs):
        """Do nothing: there are no pages to add."""


site = AdminSite()


def staff_member_required(view_func=None, redirect_field_name="next", login_url="admin:login"):
    """Let only active members of the staff see a view, as the admin's decorator does."""
    check = user_passes_test(
        lambda user: user.is_active and user.is_staff,
        login_url=login_url,
        redirect_field_name=redirect_field_name,
    )
    return check(view_func) if view_func else check
