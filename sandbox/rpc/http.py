"""The surface over HTTP and WebSocket: `POST /rpc`, `POST /rpc/{name}`, a WebSocket on the same paths, `GET /healthz`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from sandbox.errors import NotFound
from sandbox.rpc.errors import INVALID_REQUEST, RpcError, translated
from sandbox.rpc.ground import answering
from sandbox.rpc.server import Server
from sandbox.rpc.sockets import Sockets

PATHS: Final = ("/rpc", "/rpc/{name}")
"""Where the surface is, unless told otherwise."""

SECONDS_FOR_A_BODY: Final = 20.0
"""How long a body may take to come in."""

JSON_TYPES: Final = frozenset({"application/json", "application/json-rpc", "application/jsonrequest"})
"""What a request may say it is. A page of somebody else's cannot send these without asking (CORS), other types it can."""

_NO_SUCH: Final = 404
_TOO_SLOW: Final = 408
_TOO_LARGE: Final = 413
_NOT_JSON: Final = 415
_POLICY: Final = 1_008

Servers = Callable[[str], Server]
"""The server of a chain by its name ("" for the only one). Raises NotFound."""


def create_app(servers: Servers, paths: Sequence[str] = PATHS, *, from_pages: bool = False) -> FastAPI:
    """The application. Everything that runs the EVM runs in worker threads. paths: where it answers. from_pages: pages of any
    origin may ask in a browser (CORS), as wallets do."""
    app = FastAPI(title="Taishan sandbox JSON-RPC", docs_url=None, redoc_url=None, openapi_url=None)
    if from_pages:
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["POST"], allow_headers=["*"])
    sockets = Sockets()

    async def health() -> dict[str, str]:
        return {"status": "ok"}

    async def post(request: Request) -> Response:
        try:
            server = servers(request.path_params.get("name", ""))
        except NotFound as error:
            return JSONResponse(_shown(translated(error)), status_code=_NO_SUCH)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in JSON_TYPES:
            return _turned_away(_NOT_JSON, "the content type is not application/json")
        try:
            async with asyncio.timeout(SECONDS_FOR_A_BODY):
                body = await _read(request, server.bounds.body)
        except TimeoutError:
            return _turned_away(_TOO_SLOW, f"the request took longer than {SECONDS_FOR_A_BODY:.0f} seconds to come in")
        if body is None:
            return _turned_away(_TOO_LARGE, f"the request is larger than {server.bounds.body} bytes")
        answering.set(request.query_params.get("request"))
        return Response(await run_in_threadpool(server.handle, body), media_type="application/json")

    async def connect(socket: WebSocket, name: str = "") -> None:
        await socket.accept()
        try:
            server = servers(name)
        except NotFound as error:
            await socket.close(_POLICY, str(error))
            return
        answering.set(socket.query_params.get("request"))
        await sockets.serve(socket, server)

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


def _turned_away(status: int, what: str) -> Response:
    """A request that was not read to its end, so that the connection ends with it."""
    return JSONResponse(_shown(RpcError(INVALID_REQUEST, what)), status_code=status, headers={"Connection": "close"})


async def _read(request: Request, most: int) -> bytes | None:
    """The body, None if it is larger than allowed (the rest is not read). A client that is gone sent nothing."""
    body = bytearray()
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return None
    return bytes(body)
