"""Runs the two listeners in one event loop, and ends both in order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import h11
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from demo_service import correlation
from demo_service.app import Stores, create_app
from demo_service.metrics import Instruments
from demo_service.metrics_listener import metrics_app
from demo_service.settings import Settings

log = structlog.get_logger(__name__)

_BACKLOG = 512


class CorrelatedH11Protocol(H11Protocol):
    """Puts a correlation id on the one answer that no application sees: 400 for what is no HTTP."""

    def send_400_response(self, msg: str) -> None:
        correlation_id = correlation.new_correlation_id()
        log.info("request", method=None, route=None, status=400, correlation_id=correlation_id)
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"connection", b"close"),
            (correlation.HEADER.lower().encode(), correlation_id.encode()),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=msg.encode("ascii", "replace")),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class _Listener(uvicorn.Server):
    """A uvicorn server that leaves the process's signals to ``serve``: two of them would fight over it."""

    def __init__(self, app: ASGIApp, settings: Settings, *, lifespan: bool) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CorrelatedH11Protocol,
                ws="none",
                lifespan="on" if lifespan else "off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_graceful_shutdown=settings.shutdown_seconds,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``OSError`` when an address cannot be bound.

    The public listener ends first and may finish what it began; the internal one ends after it, so that
    the last requests can still be scraped.
    """
    public_socket = _bind(settings.host, settings.port)
    metrics_socket = _bind(settings.metrics_host, settings.metrics_port)
    instruments = Instruments()
    app = create_app(settings, Stores.open(settings), instruments)
    public = _Listener(app, settings, lifespan=True)
    internal = _Listener(metrics_app(instruments.registry), settings, lifespan=False)

    def stop(signal_name: str) -> None:
        log.info("stopping", signal=signal_name)
        public.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number.name)

    ports = {
        "port": public_socket.getsockname()[1],
        "metrics_port": metrics_socket.getsockname()[1],
    }
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(internal.serve(sockets=[metrics_socket]))
        serving = tasks.create_task(public.serve(sockets=[public_socket]))
        tasks.create_task(_announce(public, internal, host=settings.host, **ports))
        await asyncio.wait([serving])
        internal.should_exit = True
    log.info("stopped")


async def _announce(
    public: _Listener, internal: _Listener, *, host: str, port: int, metrics_port: int
) -> None:
    """Log the ports once connections are accepted: whoever starts the process waits for this line."""
    while not (public.started and internal.started):
        if public.should_exit:
            return
        await asyncio.sleep(0.01)  # uvicorn has no event for it
    log.info("listening", host=host, port=port, metrics_port=metrics_port)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # Accepted connections inherit it. asyncio sets it only on sockets whose protocol number is TCP's, which
    # create_server leaves at 0; without it, every answer waits 40 ms for the client's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
