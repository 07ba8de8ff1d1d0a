"""Stands for `django.core.files.storage` until FastJango stores files.

Django's suite makes storages in the models of folders that are about forms. The stand-in lets
such a module be imported and knows nothing else: a test that stores a file fails.
"""


class FileSystemStorage:
    """Takes the arguments of a storage; every use of it is an error."""

    def __init__(self, *args, **kwargs):
        self._arguments = args, kwargs

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"FastJango stores no files: {name!r} is not there.")
