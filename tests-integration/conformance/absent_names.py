"""Names of Django that FastJango has not: of its deprecations, of WSGI, of files.

Tests silence warnings by the first; those that use the others fail. The module also stands for
`django.__main__`, which tests name as the program that was started.
"""

from absent_apps import _Absent


class ASGIHandler(_Absent):
    """Of `django.core.handlers.asgi`."""


class WSGIHandler(_Absent):
    """Of `django.core.handlers.wsgi`."""


class WSGIServer(_Absent):
    """Of `django.core.servers.basehttp`."""


class ThreadedWSGIServer(WSGIServer):
    """Of `django.core.servers.basehttp`."""


class WSGIRequestHandler(_Absent):
    """Of `django.core.servers.basehttp`."""


class QuietWSGIRequestHandler(WSGIRequestHandler):
    """Of `django.test.testcases`."""


class LiveServerThread(_Absent):
    """Of `django.test.testcases`: the thread of Django's WSGI server."""


class _Finders(_Absent):
    """Of `django.contrib.staticfiles.finders`: functions, which every call of refuses."""


class _CommandHelpers(_Absent):
    """Of `django.core.management.utils`: functions, which every call of refuses."""


get_finder = get_finders = _Finders
find_command = is_ignored_path = normalize_path_patterns = popen_wrapper = _CommandHelpers
run_formatters = _CommandHelpers
DEFAULT_STORAGE_ALIAS = "default"
USE_BLANK_CHOICE_DASH_DEPRECATED_MSG = "The USE_BLANK_CHOICE_DASH setting is deprecated."
DEPRECATED_EMAIL_SETTINGS: frozenset[str] = frozenset()
EMAIL_SETTING_DEPRECATED_MSG = "The {name} setting is deprecated."
NO_DEFAULT_MAILER_WARNING = "There is no default mailer."
AUTH_ARGS_WARNING = "The arguments 'auth_user' and 'auth_password' are deprecated."
CONNECTION_ARG_WARNING = "The argument 'connection' is deprecated."
FAIL_SILENTLY_ARG_WARNING = "The argument 'fail_silently' is deprecated."
