"""`serve()`: runs a site until it is told to stop."""

from __future__ import annotations

import logging
import math
import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.serving.options import Deadlines, ServeOptions
from fastjango.http.serving.site import PROXIES_VARIABLE

__all__ = ["serve"]

logger: logging.Logger = logging.getLogger("fastjango.server")

_LOADER = "fastjango.http.serving.site:application"


def serve(options: ServeOptions) -> int:
    """Serve until a signal to stop; requests in flight get the grace time to finish.

    Side effects: sets environment variables, which is how worker processes learn the options.

    Returns:
        The exit status: 0, or 3 when the site could not start.

    Raises:
        ImproperlyConfigured: The engine is unknown or not installed.
    """
    from fastjango.http.serving import site
    from fastjango.http.serving.protocol import pass_deadlines

    os.environ[site.APP_VARIABLE] = options.app
    os.environ[site.FACTORY_VARIABLE] = "1" if options.factory else "0"
    os.environ[site.GRACE_VARIABLE] = str(options.grace)
    pass_deadlines(options.deadlines)
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    if options.engine == "uvicorn":
        return _serve_uvicorn(options)
    if options.engine == "granian":
        return _serve_granian(options)
    raise ImproperlyConfigured(
        f"There is no server engine {options.engine!r}. Choices: 'granian', 'uvicorn'."
    )


def _serve_uvicorn(options: ServeOptions) -> int:
    import uvicorn
    from uvicorn.supervisors import ChangeReload, Multiprocess

    config = uvicorn.Config(
        _LOADER,
        factory=True,
        host=options.host,
        port=options.port,
        uds=options.uds,
        workers=options.workers,
        http="fastjango.http.serving.protocol:GuardedProtocol",
        # Not "auto": the protocol is made for one of uvicorn's parsers.
        lifespan="on",
        timeout_graceful_shutdown=math.ceil(options.grace),
        access_log=options.access_log,
        log_level="info" if options.access_log or options.reload else "warning",
        server_header=False,
        proxy_headers=options.proxies is not None,
        forwarded_allow_ips=options.proxies,
        reload=bool(options.reload),
        reload_dirs=list(options.reload) or None,
    )
    if config.should_reload:
        target = uvicorn.Server(config).run
        ChangeReload(config, target=target, sockets=[config.bind_socket()]).run()
        return 0
    if config.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return 0
    server = uvicorn.Server(config)
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    return 0 if server.started else 3


def _serve_granian(options: ServeOptions) -> int:
    try:
        constants, server, http = (
            import_module(f"granian.{name}") for name in ("constants", "server", "http")
        )
    except ImportError as error:
        raise ImproperlyConfigured(
            "The engine 'granian' is not installed. Install fastjango-http[granian], or serve "
            "with 'uvicorn'."
        ) from error
    if options.proxies is not None:
        os.environ[PROXIES_VARIABLE] = options.proxies
    deadlines = options.deadlines
    settings = http.HTTP1Settings()
    if deadlines.head > 0:
        settings = replace(settings, header_read_timeout=math.ceil(deadlines.head * 1000))
    if (deadlines.body, deadlines.write) != (Deadlines().body, Deadlines().write):
        logger.warning(
            "granian has no deadlines for bodies and readers: serve with 'uvicorn', or behind a "
            "proxy that has them."
        )
    server.Server(
        _LOADER,
        factory=True,
        address=options.host,
        port=options.port,
        uds=Path(options.uds) if options.uds else None,
        http1_settings=settings,
        reload=bool(options.reload),
        reload_paths=[Path(folder) for folder in options.reload] or None,
        interface=constants.Interfaces.ASGI,
        workers=options.workers,
        workers_kill_timeout=math.ceil(options.grace),
        respawn_failed_workers=True,
        log_access=options.access_log,
    ).serve()
    return 0
