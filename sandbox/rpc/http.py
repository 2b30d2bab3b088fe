"""The surface over HTTP and WebSocket: `POST /rpc`, `POST /rpc/{name}`, a WebSocket on the same paths, `GET /healthz`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect
from starlette.websockets import WebSocketDisconnect

from sandbox.errors import NotFound, SandboxError
from sandbox.rpc.errors import INVALID_REQUEST, RpcError, translated
from sandbox.rpc.params import Params
from sandbox.rpc.server import Server, parsed
from sandbox.rpc.subscriptions import Subscriptions

PATHS: Final = ("/rpc", "/rpc/{name}")
"""Where the surface is, unless told otherwise."""

SECONDS_BETWEEN_LOOKS: Final = 0.05
"""How often an open subscription looks for news."""

_TOO_LARGE: Final = 413
_NO_SUCH: Final = 404
_POLICY: Final = 1_008
_ID_BYTES: Final = 16

Servers = Callable[[str], Server]
"""The server of a chain by its name ("" for the only one). Raises NotFound."""


def create_app(servers: Servers, paths: Sequence[str] = PATHS) -> FastAPI:
    """The application. Everything that runs the EVM runs in worker threads. paths: where it answers."""
    app = FastAPI(title="Taishan sandbox JSON-RPC", docs_url=None, redoc_url=None, openapi_url=None)

    async def health() -> dict[str, str]:
        return {"status": "ok"}

    async def post(request: Request) -> Response:
        try:
            server = servers(request.path_params.get("name", ""))
        except NotFound as error:
            return JSONResponse(_shown(translated(error)), status_code=_NO_SUCH)
        body = await _read(request, server.bounds.body)
        if body is None:
            too_large = RpcError(INVALID_REQUEST, f"the request is larger than {server.bounds.body} bytes")
            return JSONResponse(_shown(too_large), status_code=_TOO_LARGE)
        return Response(await run_in_threadpool(server.handle, body), media_type="application/json")

    async def connect(socket: WebSocket, name: str = "") -> None:
        await socket.accept()
        try:
            server = servers(name)
        except NotFound as error:
            await socket.close(_POLICY, str(error))
            return
        await Connection(socket, server).serve()

    for path in paths:
        app.add_route(path, post, methods=["POST"])  # no API route: reading parameters costs as much as an answer
        app.add_api_websocket_route(path, connect)
    app.add_api_route("/healthz", health, methods=["GET"])
    return app


def only(server: Server) -> Servers:
    """The same chain under no name. Raises NotFound for any other."""

    def find(name: str) -> Server:
        if name:
            raise NotFound(f"there is no chain {name!r} here", do="use /rpc")
        return server

    return find


def _shown(error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": None, "error": error.shown()}


async def _read(request: Request, most: int) -> bytes | None:
    """The body, None if it is larger than allowed (the rest is not read). A client that is gone sent nothing."""
    body = bytearray()
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return None
    return bytes(body)


class Connection:
    """One WebSocket: answers requests, and tells of what its client subscribed to."""

    def __init__(self, socket: WebSocket, server: Server) -> None:
        self._socket = socket
        self._server = server
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
        except (WebSocketDisconnect, RuntimeError):  # gone while we sent
            return
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    async def _send(self, text: bytes) -> None:
        if text:
            async with self._sending:
                await self._socket.send_text(text.decode())

    async def _watch(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
                if len(self._subscriptions):
                    for one in await run_in_threadpool(self._news):
                        await self._send(json.dumps(one, separators=(",", ":")).encode())

    def _news(self) -> list[dict[str, Any]]:
        with self._server.lock:
            try:
                return list(self._subscriptions.news())
            except SandboxError:  # more logs than one answer may hold: the client asks for them itself
                return []

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
