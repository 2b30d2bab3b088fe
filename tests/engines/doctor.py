"""A node that is not quite right: passes everything on to another one, and alters some of what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import urllib3

Alter = Callable[[str, list[Any], Any], Any]
"""(method, parameters, result) -> the result handed on."""


@contextmanager
def raw_server(said: bytes | Callable[[bytes], bytes], status: int = 200) -> Iterator[str]:
    """An HTTP server on a free port that always says the same, or what the function makes of the question; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"]))
            body = said if isinstance(said, bytes) else said(asked)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[str]:
    """A JSON-RPC server; its address. answer: what is said to one request."""

    def reply(raw: bytes) -> bytes:
        asked = json.loads(raw)
        return json.dumps([answer(one) for one in asked] if isinstance(asked, list) else answer(asked)).encode()

    with raw_server(reply) as url:
        yield url


@contextmanager
def doctored(url: str, alter: Alter) -> Iterator[str]:
    """Another address for the node at `url`, behind which its results are altered."""
    pool = urllib3.connection_from_url(url, maxsize=4, retries=False)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        reply = pool.request("POST", "/", body=json.dumps(request), headers={"content-type": "application/json"})
        told: dict[str, Any] = json.loads(reply.data)
        if "result" in told:
            told["result"] = alter(request["method"], request["params"], told["result"])
        return told

    with served(answer) as address:
        yield address
    pool.close()
