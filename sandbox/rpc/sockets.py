"""WebSocket connections: requests and their answers, and news of what a client subscribed to."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.rpc.errors import RpcError
from sandbox.rpc.params import Params
from sandbox.rpc.server import Server, parsed
from sandbox.rpc.subscriptions import Subscriptions

SECONDS_BETWEEN_LOOKS: Final = 0.05
"""How often somebody looks for news while there are subscriptions."""

MOST_SOCKETS: Final = 1_000
"""WebSocket connections at once; whoever comes later is told to try again."""

TRY_AGAIN: Final = 1_013

_ID_BYTES: Final = 16
_GONE: Final = (WebSocketDisconnect, RuntimeError)
"""What sending raises when the client is gone."""


class Pulse:
    """Looks at one chain for all who wait for news of it, as long as somebody does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._waiting: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self, woken: asyncio.Event) -> None:
        """From now on the event is set whenever something happened."""
        self._waiting.add(woken)
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def leave(self, woken: asyncio.Event) -> None:
        """No longer."""
        self._waiting.discard(woken)

    async def _watch(self) -> None:
        seen: object = None
        while self._waiting:
            moment = await run_in_threadpool(self._moment)
            if moment != seen:
                seen = moment
                for woken in self._waiting:
                    woken.set()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        self._task = None

    def _moment(self) -> object:
        node = self._server.node
        with self._server.lock:
            return node.archive.head.hash, node.inbox.arrivals(), len(node.returns)


class Sockets:
    """All WebSocket connections of an application. Used on its event loop only."""

    def __init__(self) -> None:
        self._open = 0
        self._pulses: dict[Server, Pulse] = {}

    async def serve(self, socket: WebSocket, server: Server) -> None:
        """One connection that was accepted, until its client is gone."""
        if self._open >= MOST_SOCKETS:
            await socket.close(TRY_AGAIN, f"there are {MOST_SOCKETS} connections already")
            return
        self._open += 1
        try:
            await _Connection(socket, server, self._pulses.setdefault(server, Pulse(server))).serve()
        finally:
            self._open -= 1


class _Connection:
    """One WebSocket. Requests are answered one after the other: whoever does not take the answers is not asked for more."""

    def __init__(self, socket: WebSocket, server: Server, pulse: Pulse) -> None:
        self._socket = socket
        self._server = server
        self._pulse = pulse
        self._woken = asyncio.Event()
        self._subscriptions = Subscriptions(server.node, lambda: "0x" + token_hex(_ID_BYTES))
        self._sending = asyncio.Lock()
        self._own = {"eth_subscribe": self._subscriptions.subscribe, "eth_unsubscribe": self._subscriptions.unsubscribe}

    async def serve(self) -> None:
        """Until the client is gone."""
        watcher = asyncio.create_task(self._watch())
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                await self._send(await run_in_threadpool(self._answer, message.get("bytes") or b"" if text is None else text))
                self._follow()
        except _GONE:
            return
        finally:
            self._pulse.leave(self._woken)
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    def _follow(self) -> None:
        if len(self._subscriptions):
            self._pulse.join(self._woken)
        else:
            self._pulse.leave(self._woken)

    async def _send(self, text: bytes) -> None:
        if text:
            async with self._sending:
                await self._socket.send_text(text.decode())

    async def _watch(self) -> None:
        with suppress(*_GONE):
            while True:
                await self._woken.wait()
                self._woken.clear()
                while news := await run_in_threadpool(self._news):
                    for one in news:
                        await self._send(one)

    def _news(self) -> list[bytes]:
        """What is due, as much as may wait in memory for a client that takes it slowly."""
        with self._server.lock:
            return [json.dumps(one, separators=(",", ":")).encode() for one in self._subscriptions.news()]

    def _answer(self, body: str | bytes) -> bytes:
        """Answer a request; the two methods that only a connection has are answered here."""
        raw = body.encode() if isinstance(body, str) else body
        if len(raw) <= self._server.bounds.body and b"subscribe" in raw:
            with suppress(RpcError):
                request = parsed(raw)
                if isinstance(request, dict) and request.get("method") in self._own:
                    return self._subscribe(request)
        return self._server.handle(raw)

    def _subscribe(self, request: dict[str, Any]) -> bytes:
        shown: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
        values = request.get("params")
        try:
            with self._server.lock:
                shown["result"] = self._own[request["method"]](Params(values if isinstance(values, list) else []))
        except RpcError as error:
            shown["error"] = error.shown()
        return json.dumps(shown).encode()
