"""The surface over HTTP and WebSocket: `POST /rpc`, `POST /rpc/{name}`, a WebSocket on the same paths, `GET /healthz`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from sandbox.errors import Conflict, NotFound, SandboxError
from sandbox.rpc.errors import INVALID_REQUEST, RpcError, translated
from sandbox.rpc.ground import answering
from sandbox.rpc.server import Server
from sandbox.rpc.sockets import Sockets

PATHS: Final = ("/rpc", "/rpc/{name}")
"""Where the surface is, unless told otherwise."""

SECONDS_FOR_A_BODY: Final = 20.0
"""How long a body may take to come in."""

WORKERS: Final = 32
"""Requests that may wait for their chains at once."""

JSON_TYPES: Final = frozenset({"application/json", "application/json-rpc", "application/jsonrequest"})
"""What a request may say it is. A page of somebody else's cannot send these without asking (CORS), other types it can."""

_NOT_ALLOWED: Final = 405
_TOO_SLOW: Final = 408
_TOO_LARGE: Final = 413
_NOT_JSON: Final = 415
_UNAVAILABLE: Final = 503
_STATUS: Final = ((NotFound, 404), (Conflict, 409))
"""Why there is no chain to ask -> HTTP status; anything else is the server's own trouble."""
_POLICY: Final = 1_008

_ONLY_POST: Final = PlainTextResponse("Method Not Allowed", _NOT_ALLOWED, {"Allow": "POST"})

Servers = Callable[[str], Server]
"""The server of a chain by its name ("" for the only one). Raises NotFound."""


class Surface:
    """The application. Everything that runs the EVM runs in worker threads. A POST goes straight to its chain: what a framework
    does around a request would take longer than most answers."""

    def __init__(self, servers: Servers, paths: Sequence[str]) -> None:
        self._servers = servers
        self._paths = [compile_path(path)[0] for path in paths]
        self._sockets = Sockets()
        self._workers = ThreadPoolExecutor(WORKERS, "rpc")
        sockets = [WebSocketRoute(path, self._connect) for path in paths]
        self._others = Starlette(routes=[Route("/healthz", _health), *sockets])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http":
            found = next((match for path in self._paths if (match := path.match(scope["path"]))), None)
        if found is None:
            await self._others(scope, receive, send)
        elif scope["method"] != "POST":
            await _ONLY_POST(scope, receive, send)
        else:
            response = await self._post(Request(scope, receive), found.groupdict().get("name", ""))
            await response(scope, receive, send)

    async def _post(self, request: Request, name: str) -> Response:
        try:
            server = self._servers(name)
        except SandboxError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), _UNAVAILABLE)
            return JSONResponse(_shown(translated(error)), status_code=status)
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
        answer = asyncio.get_running_loop().run_in_executor(self._workers, copy_context().run, server.handle, body)
        return Response(await answer, media_type="application/json")

    async def _connect(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            server = self._servers(socket.path_params.get("name", ""))
        except SandboxError as error:
            await socket.close(_POLICY, str(error))
            return
        answering.set(socket.query_params.get("request"))
        await self._sockets.serve(socket, server)


def create_app(servers: Servers, paths: Sequence[str] = PATHS, *, from_pages: bool = False) -> ASGIApp:
    """The application. paths: where it answers. from_pages: pages of any origin may ask in a browser (CORS), as wallets do."""
    app: ASGIApp = Surface(servers, paths)
    if from_pages:
        app = CORSMiddleware(app, allow_origins=["*"], allow_methods=["POST"], allow_headers=["*"])
    return app


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


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
