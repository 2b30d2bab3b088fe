"""uvicorn's protocols for clients that may be slow, but not without end: who neither sends nor takes anything is dropped."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SECONDS: Final = 20.0
"""How long a client may take over the head of a request, and how long over taking nothing of an answer."""


class _Taking:
    """Mixed into a protocol: a client that leaves an answer lying is cut off, and what waits for it is thrown away."""

    loop: Any
    transport: Any
    patience = SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting: TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client is behind."""
        super().pause_writing()  # type: ignore[misc]
        self._look_again()

    def resume_writing(self) -> None:
        """The client caught up."""
        self._stop()
        super().resume_writing()  # type: ignore[misc]

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self._stop()
        super().connection_lost(error)  # type: ignore[misc]

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._waiting = self.loop.call_later(self.patience, self._look, left)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._look_again()
        else:
            self.transport.abort()

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class PatientHttp(_Taking, AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """HTTP; the head of a request has to come in time."""

    cycle: Any

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: TimerHandle | None = None
        self._last: Any = None

    def connection_made(self, transport: Any) -> None:
        """A client came."""
        super().connection_made(transport)
        self._reading = self.loop.call_later(self.patience, transport.abort)

    def data_received(self, data: bytes) -> None:
        """A piece of a request: of its head until there is a cycle for it."""
        super().data_received(data)
        if self.cycle is not self._last:
            self._last = self.cycle
            self._read()
        elif self._reading is None and (self.cycle is None or self.cycle.response_complete):
            self._reading = self.loop.call_later(self.patience, self.transport.abort)

    def handle_websocket_upgrade(self, *arguments: Any) -> None:
        """The head asked for a WebSocket, which goes on from here."""
        self._read()
        super().handle_websocket_upgrade(*arguments)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self._read()
        super().connection_lost(error)

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


class PatientWebSocket(_Taking, WebSocketsSansIOProtocol):
    """WebSocket."""
