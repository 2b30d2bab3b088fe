"""A surface on a port of its own, until somebody asks it to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from starlette.types import ASGIApp
from uvicorn import Config, Server

from sandbox.errors import InputError, MissingDependency, SandboxError
from sandbox.rpc.patience import PatientHttp, PatientWebSocket

log = logging.getLogger(__name__)

_SECONDS_TO_FINISH = 2
_MOST_MESSAGE = 5 * 2**20
"""Bytes of one WebSocket message."""
_SECONDS_IDLE = 75
"""A client's connection may rest: closing it sooner would meet the request of one that pauses between two tests."""


class _Stoppable(Server):
    """uvicorn's server, which after a signal returns instead of dying of it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop it; the handlers before come back."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to a port (0: any free one). Raises MissingDependency if the port is taken, InputError for a host that
    is not this machine's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio sets no TCP_NODELAY
    except (OSError, OverflowError) as error:
        raise InputError(f"{host!r} is no address to listen on", do="use --host 127.0.0.1") from error
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen()
    except OSError as error:
        made.close()
        reason = (error.strerror or str(error)).lower()
        do = "stop what listens there, or choose another with --port (0 takes any free one)"
        raise MissingDependency(f"the port cannot be had: {reason}", where=f"{host}:{port}", do=do) from error
    return made


def serve(app: ASGIApp, bound: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM."""
    asyncio.run(_Stoppable(configured(app)).serve(sockets=[bound]))


def configured(app: ASGIApp) -> Config:
    """How uvicorn runs the application: silently, and patient with its clients, but not without end."""
    return Config(
        app,
        http=PatientHttp,
        ws=PatientWebSocket,
        ws_max_size=_MOST_MESSAGE,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=_SECONDS_IDLE,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        lifespan="off",
    )


class Metronome:
    """Calls `beat` every so many seconds from a thread of its own. interval: asked again whenever `woken` is set; None for
    no beat at all."""

    def __init__(self, beat: Callable[[], None], interval: Callable[[], float | None], woken: Event) -> None:
        self._beat = beat
        self._interval = interval
        self._woken = woken
        self._stopped = False
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Metronome:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._woken.set()
        self._thread.join(_SECONDS_TO_FINISH)

    def _run(self) -> None:
        while not self._stopped:
            if self._woken.wait(self._interval()):
                self._woken.clear()
                continue
            try:
                self._beat()
            except SandboxError:
                log.exception("no block could be made")
