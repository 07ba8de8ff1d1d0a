"""What the plugin contributes."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastjango.core import AppConfig


class AcmeConfig(AppConfig):
    """Uses every contribution point there is."""

    name = "acme_plugin"
    label = "acme"
    kernel = ">=1.0,<2"
    requires = ("fastjango.http",)
    settings_class = "acme_plugin.conf.AcmeSettings"
    alive = False

    def ready(self) -> None:
        """Answer the plugin's own hook."""
        from acme_plugin.hooks import collect_slogans

        collect_slogans.register(self.slogan)

    def slogan(self, product: str) -> str:
        """Return the slogan from the settings."""
        from fastjango.core import settings

        return f"{product}: {settings.ACME_SLOGAN}"

    def commands(self) -> Mapping[str, Any]:
        """Offer a command without a `management` folder."""
        return {"acme_offered": "acme_plugin.offered.Command"}

    def checks(self) -> Iterable[Callable[..., Any]]:
        """Offer a check."""
        from acme_plugin.offered import check_limit

        return [check_limit]

    def middleware(self) -> Iterable[Any]:
        """Mark responses."""
        return ["acme_plugin.web.AcmeMiddleware"]

    def routes(self) -> Iterable[Any]:
        """Offer a page."""
        from fastjango.http import path

        from acme_plugin import web

        return [path("acme/", web.status, name="acme-status")]

    def lifespan(self, app: Any) -> AbstractAsyncContextManager[Any]:
        """Be alive while the site is."""

        @asynccontextmanager
        async def living() -> AsyncIterator[None]:
            self.alive = True
            yield
            self.alive = False

        return living()

    def template_globals(self) -> Mapping[str, Any]:
        """Offer a name to templates."""
        return {"acme": "Acme"}

    def context_processors(self) -> Iterable[Any]:
        """Offer a context processor."""
        return ["acme_plugin.offered.context"]

    def health_checks(self) -> Mapping[str, Callable[[], Any]]:
        """Offer a probe."""
        return {"acme": self.probe}

    def probe(self) -> None:
        """Fail while the site is not alive."""
        if not self.alive:
            raise RuntimeError("Acme is asleep.")
