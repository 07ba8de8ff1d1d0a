"""Starts FastJango for one folder of Django's tests: plumbing on public entry points only.

The harness puts this file's folder on the path and calls the methods in the order that its
`adapter_api.py` describes. Names of Django in the settings are replaced by ours; apps, middleware
and other classes that FastJango does not offer yet are left out of the lists.
"""

import os
from importlib.util import find_spec

from adapter_api import SuiteAdapter
from fastjango.cache.apps import CacheConfig
from fastjango.core import AppConfig, apps, settings, setup
from fastjango.core.plugins import discover
from fastjango.django import names
from fastjango.forms.apps import FormsConfig
from fastjango.mail.apps import MailConfig
from fastjango.mail.log import install_handler

LISTS = ("INSTALLED_APPS", "MIDDLEWARE", "AUTHENTICATION_BACKENDS", "PASSWORD_HASHERS")


class CacheApp(CacheConfig):
    """Django's caches are no app: here they always are, under a label that no test app has."""

    label = "fastjango_cache"


class FormsApp(FormsConfig):
    """The same for forms, whose fields models ask for."""

    label = "fastjango_forms"


class MailApp(MailConfig):
    """The same for mail, whose command Django has in its core."""

    label = "fastjango_mail"


class Adapter(SuiteAdapter):
    name = "fastjango"

    def version(self):
        from importlib.metadata import version

        return version("fastjango-core")

    def _ours(self, name):
        """Return our name for one of Django's, of modules whose names are gathered as well."""
        ours = self.ctx.translate(name)
        module, _, last = ours.rpartition(".")
        gathered = names().names.get(module, {})
        where = gathered.get(last) or gathered.get("*")
        if where is None:
            return ours
        return where.replace(":", ".") if last in gathered else f"{where}.{last}"

    def _offered(self, name):
        """Return our name for a module or class of Django, None when nothing stands behind it."""
        ours = self._ours(name)
        parent, _, last = ours.rpartition(".")
        # Looking for a submodule imports its package: modules with models cannot be that yet.
        module = parent if last[:1].isupper() else ours
        if module.partition(".")[0] in ("", "django") or module == "fastjango":
            return None
        try:
            if find_spec(module) is not None:
                return ours
        except ModuleNotFoundError:
            pass
        return None

    def configure(self, settings_module, overrides):
        os.environ["FASTJANGO_SETTINGS_MODULE"] = settings_module
        for key, value in overrides.items():
            if key in LISTS:
                value = [ours for name in value if (ours := self._offered(name))]
            if key == "INSTALLED_APPS":
                value = [name for name in value if find_spec(f"{name}.apps")]
            setattr(settings, key, value)
        # Django checks no passwords by default; FastJango does.
        settings.AUTH_PASSWORD_VALIDATORS = overrides.get("AUTH_PASSWORD_VALIDATORS", [])
        for options in settings.DATABASES.values():
            options["ENGINE"] = self.ctx.translate(options["ENGINE"])
        for options in settings.TEMPLATES:
            # The suite's own; templates that are more than plain Jinja2 fail when they are read.
            options["BACKEND"] = "fastjango.templates.backends.Jinja2"
            processors = map(
                self.ctx.translate, options.get("OPTIONS", {}).get("context_processors", ())
            )
            found = [name for name in processors if self._offered(name.rpartition(".")[0])]
            options["OPTIONS"] = {"context_processors": found}

    def setup(self):
        from fastjango.django.shim import alias_loggers

        alias_loggers()
        # The boot refuses secrets as short as the suite's, whose signatures are compared.
        secret = settings.SECRET_KEY
        settings.SECRET_KEY = secret.ljust(50, "-")
        setup()
        settings.SECRET_KEY = secret
        # Django's default logging mails errors, whether or not there are admins yet.
        install_handler()
        # Django renders without an app for it.
        from fastjango.http.rendering import install_renderer
        from fastjango.templates.renderer import TemplateRenderer

        install_renderer(TemplateRenderer())

    def install_apps(self, names):
        offered = [ours for name in names if (ours := self._offered(name))]
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *offered]
        # A folder that is named like a plugin is meant as the package that it is.
        stems = {plugin.name for plugin in discover()}
        entries = [
            AppConfig.create(name) if name in stems else name for name in settings.INSTALLED_APPS
        ]
        entries += [
            CacheApp.build("fastjango.cache"),
            FormsApp.build("fastjango.forms"),
            MailApp.build("fastjango.mail"),
        ]
        self._keep_engines()
        apps.set_installed_apps(entries)

    def _keep_engines(self):
        """Django's database layer is no app; here a test that lists its apps gets ours as well."""
        install = apps.set_installed_apps

        def set_installed_apps(installed):
            names = [getattr(entry, "name", entry) for entry in installed]
            missing = [name for name in ("fastjango.orm",) if name not in names]
            install([*missing, *installed])

        apps.set_installed_apps = set_installed_apps

    def setup_test_environment(self):
        from fastjango.testing.environment import setup_test_environment

        setup_test_environment(debug=False)

    def teardown_test_environment(self):
        from fastjango.testing.environment import teardown_test_environment

        teardown_test_environment()

    def create_test_db(self, tests):
        self._old = None
        wanted = {}
        for test in tests:
            databases = getattr(test, "databases", None) or ()
            for alias in settings.DATABASES if databases == "__all__" else databases:
                serialize = getattr(test, "serialized_rollback", False)
                wanted[alias] = wanted.get(alias, False) or serialize
        if not wanted:
            return
        from fastjango.testing.orm import setup_databases

        self._old = setup_databases(
            verbosity=0,
            interactive=False,
            aliases=wanted,
            serialized_aliases={alias for alias, serialize in wanted.items() if serialize},
        )

    def teardown_test_db(self):
        if self._old is not None:
            from fastjango.testing.orm import teardown_databases

            teardown_databases(self._old, verbosity=0)
