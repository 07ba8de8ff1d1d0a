"""Names of Django that FastJango has not: of its deprecations, and of WSGI.

Tests silence warnings by the first; those that use the second fail.
"""

from absent_apps import _Absent


class WSGIHandler(_Absent):
    """Of `django.core.handlers.wsgi`."""


USE_BLANK_CHOICE_DASH_DEPRECATED_MSG = "The USE_BLANK_CHOICE_DASH setting is deprecated."
DEPRECATED_EMAIL_SETTINGS: frozenset[str] = frozenset()
EMAIL_SETTING_DEPRECATED_MSG = "The {name} setting is deprecated."
NO_DEFAULT_MAILER_WARNING = "There is no default mailer."
AUTH_ARGS_WARNING = "The arguments 'auth_user' and 'auth_password' are deprecated."
CONNECTION_ARG_WARNING = "The argument 'connection' is deprecated."
FAIL_SILENTLY_ARG_WARNING = "The argument 'fail_silently' is deprecated."
