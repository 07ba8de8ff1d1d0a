"""Stands for `django.contrib.admin`, so that URLconfs which include the admin can be imported.

Sites have no pages: a test that asks for one fails.
"""


class AdminSite:
    """A site without pages."""

    def __init__(self, name="admin"):
        self.urls = ([], "admin", name)

    def register(self, *args, **kwargs):
        """Do nothing: there are no pages to add."""


site = AdminSite()
