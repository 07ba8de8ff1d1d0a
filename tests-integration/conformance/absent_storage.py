"""Stands for the modules of stored and static files until FastJango has them.

Django's suite makes storages in the models of folders that are about forms, and imports the rest
where one test of many uses it. The stand-ins let such a module be imported and know nothing else:
a test that stores a file or looks for a static one fails.
"""

from absent_apps import _Absent
from fastjango.http.uploads.files import File
from fastjango.testing import LiveServerTestCase


class FileSystemStorage:
    """Takes the arguments of a storage; every use of it is an error."""

    def __init__(self, *args, **kwargs):
        self._arguments = args, kwargs

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"FastJango stores no files: {name!r} is not there.")


Storage = FileSystemStorage
default_storage = FileSystemStorage()
staticfiles_storage = FileSystemStorage()


class ASGIStaticFilesHandler(_Absent):
    """Of `django.contrib.staticfiles.handlers`."""


class ImageFile(File):
    """Of `django.core.files.images`: a file that does not know its size."""


class file_move_safe(_Absent):  # named as the function is
    """Of `django.core.files.move`: a function, which every call of refuses."""


class get_image_dimensions(_Absent):  # named as the function is
    """Of `django.core.files.images`: the same."""


class StaticLiveServerTestCase(LiveServerTestCase):
    """Of `django.contrib.staticfiles.testing`: a live server without static files."""
