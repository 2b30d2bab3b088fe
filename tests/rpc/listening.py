"""The surface on a port of its own, in a thread of this process, with a small chain behind it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from uvicorn import Server as Uvicorn

from sandbox.rpc.http import create_app, only
from sandbox.rpc.server import Bounds, Server
from sandbox.rpc.serving import configured, listening
from tests.rpc.chains import Small, small

SECONDS = 20
"""Longer than anything here may take."""


@dataclass
class Listening:
    """chain: what is asked. port: where."""

    chain: Small
    port: int

    def connect(self) -> socket.socket:
        """A connection that gives up after a while."""
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def raw(self, *pieces: bytes) -> bytes:
        """Everything that comes back, until the server closes."""
        with self.connect() as open_socket:
            for piece in pieces:
                open_socket.sendall(piece)
            return everything(open_socket)

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        """The answer to one request."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        answer = self.raw(posting(body, "Connection: close"))
        return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))

    def answers(self) -> bool:
        """True if an ordinary client is served."""
        return self.ask("eth_chainId")["result"] == "0x7a69"


def posting(body: bytes, *headers: str, kind: str = "application/json", method: str = "POST") -> bytes:
    """A request with a length and a body."""
    head = [f"{method} /rpc HTTP/1.1", "Host: here", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def everything(open_socket: socket.socket) -> bytes:
    """What comes until the end of the connection, however it ends."""
    got = bytearray()
    try:
        while piece := open_socket.recv(65_536):
            got += piece
    except ConnectionError:
        pass
    return bytes(got)


@contextmanager
def serving(bounds: Bounds | None = None) -> Iterator[Listening]:
    """The surface of a fresh chain, ended with the block."""
    chain = small()
    server = Server(chain.server.node, bounds=bounds)
    chain.server = server
    with listening("127.0.0.1", 0) as bound:
        running = Uvicorn(configured(create_app(only(server))))
        running.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        thread = Thread(target=lambda: asyncio.run(running._serve([bound])), daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.005)
        try:
            yield Listening(chain, bound.getsockname()[1])
        finally:
            running.should_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()
