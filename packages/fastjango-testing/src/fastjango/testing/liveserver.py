"""A real server for tests that need one: browsers, HTTP clients, WebSockets."""

import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from fastjango.core.functional import classproperty
from fastjango.testing.setting_lists import modify_settings
from fastjango.testing.testcases import SimpleTestCase

if TYPE_CHECKING:
    import uvicorn

__all__ = ["LiveServer", "LiveServerTestCase", "WithLiveServer"]

START_TIMEOUT = 30  # seconds


class LiveServer:
    """uvicorn in a thread, on a free port of the loopback address.

    Args:
        app: The ASGI application; by default the site that the settings describe.
        host: The address to listen on.
        port: The port; 0 takes a free one.
    """

    def __init__(self, app: Any = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self._app = app
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    @property
    def url(self) -> str:
        """The address of the server, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def __str__(self) -> str:
        return self.url

    def __add__(self, path: str) -> str:
        return f"{self.url}{path}"

    def start(self) -> "LiveServer":
        """Start serving and wait until requests are taken.

        Raises:
            RuntimeError: The server did not start.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        if self._app is None:
            from fastjango.http.asgi import get_asgi_application  # boots

            self._app = get_asgi_application()
        import uvicorn  # costs more than all test cases, and few have a server

        config = uvicorn.Config(
            self._app, log_level="warning", lifespan="auto", timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="live-server", daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(START_TIMEOUT * 100):
            if self._server.started:
                return
            if self._error is not None or not self._thread.is_alive():
                break
            waited.wait(0.01)
        raise RuntimeError("The live server did not start.") from self._error

    def _serve(self) -> None:
        if self._server is None:
            return
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:
            self._error = error
        finally:
            pools: Any = sys.modules.get("fastjango.orm.engine.pools")
            if pools is not None:
                pools.discard_pools()  # the loop that they belong to is gone

    def stop(self) -> None:
        """Stop serving and wait until open requests are done (5 seconds at most)."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(START_TIMEOUT)
        self._socket.close()

    def __enter__(self) -> "LiveServer":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class WithLiveServer(SimpleTestCase):
    """What test cases with a server have in common."""

    host = "127.0.0.1"
    port = 0
    server: LiveServer

    @classproperty
    def live_server_url(cls) -> str:  # noqa: N805  # a property of the class
        """The address of the server."""
        server: LiveServer = cls.server  # pyright: ignore[reportGeneralTypeIssues]
        return server.url

    @classproperty
    def allowed_host(cls) -> str:  # noqa: N805  # a property of the class
        """The host added to ALLOWED_HOSTS."""
        host: str = cls.host  # pyright: ignore[reportGeneralTypeIssues]
        return host

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server."""
        super().setUpClass()
        cls.enterClassContext(modify_settings(ALLOWED_HOSTS={"append": cls.allowed_host}))
        cls.server = cls.enterClassContext(LiveServer(host=cls.host, port=cls.port))


class LiveServerTestCase(WithLiveServer):
    """A test case with a server that runs for the time of the class; see `live_server_url`.

    Queries are refused. With the ORM, `fastjango.testing.LiveServerTestCase` is the one of
    `fastjango.testing.orm`, whose tests commit.
    """
