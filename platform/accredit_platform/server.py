"""The service as one command: API, pages and an embedded worker that is kept alive."""

import logging
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from accredit_governance.operations.identity import system_actor
from accredit_governance.questions.work import serving_bundles
from accredit_platform.api.limits import MAX_HEADER_BYTES
from accredit_platform.app import create_app
from accredit_platform.errors import PlatformError
from accredit_platform.jobs.embedded import EmbeddedWorker
from accredit_platform.log_lines import write_log
from accredit_platform.settings import Settings
from accredit_platform.slow_heads import TimedHeads
from accredit_platform.wiring import Services, open_services, prepare

WORKER: Final = (sys.executable, "-P", "-m", "accredit_platform.cli.main", "worker", "--lifeline")
EXIT_NOT_STARTED: Final = 3
KEEP_ALIVE_S: Final = 5
MAX_CONNECTIONS: Final = 1_000
RESTART_AFTER_S: Final = 0.5
LIVED_LONG_S: Final = 60.0
STOP_WITHIN_S: Final = 10
_LOG: Final = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run until stopped. Prepares the installation first, so a new release migrates by itself."""
    write_log()
    prepare(settings)
    # The worker finds its settings where this process does.
    os.environ["ACCREDIT_HOME"] = str(settings.home.absolute())
    services = open_services(settings)
    app = create_app(services)
    stop = threading.Event()
    threading.Thread(target=_warm, args=(services,), daemon=True, name="warm").start()
    keeper = threading.Thread(target=_keep_worker, args=(stop,), name="worker keeper")
    if settings.embedded_worker:
        keeper.start()
    try:
        service = Service(bounded(app, settings), services.stopping)
        with suppress(KeyboardInterrupt):
            service.run()
        if not service.started:
            sys.exit(EXIT_NOT_STARTED)
    finally:
        stop.set()
        if keeper.is_alive():
            keeper.join()


class Service(uvicorn.Server):
    """The server, which says that it stops before it waits for the answers that are being sent."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end, the other answers are waited for."""
        self._stopping.set()
        await super().shutdown(sockets)


def bounded(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the application is served: bounded in heads, connections and waiting.

    What a proxy says of the caller counts only where the settings name the proxy.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        http=TimedHeads,  # h11, because httptools takes heads of any length
        h11_max_incomplete_event_size=2 * MAX_HEADER_BYTES,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        limit_concurrency=MAX_CONNECTIONS,
    )


def _keep_worker(stop: threading.Event) -> None:
    """Start the worker, and start another one should it die; ever later if it never lives long."""
    pause_s = RESTART_AFTER_S
    while not stop.is_set():
        started = time.monotonic()
        with EmbeddedWorker(WORKER) as worker:
            while worker.is_alive and not stop.wait(0.5):
                pass
        if stop.is_set():
            return
        lived_s = time.monotonic() - started
        pause_s = RESTART_AFTER_S if lived_s > LIVED_LONG_S else min(2 * pause_s, LIVED_LONG_S)
        _LOG.error("the worker died after %.0f s; starting another one", lived_s)
        stop.wait(pause_s)


def _warm(services: Services) -> None:
    """Start the model processes of what is deployed, so that no consumer waits for them."""
    wanted = serving_bundles(services.database, system_actor(services.database))
    for digest in wanted:
        try:
            services.hosts.warm(digest)
        except PlatformError as error:
            _LOG.error("model %s does not serve: %s", digest[:12], error.message)
