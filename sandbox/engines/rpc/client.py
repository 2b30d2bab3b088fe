"""JSON-RPC over HTTP on one lasting connection. What a node answers is data from outside; its address may hold secrets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import urllib3

from sandbox.errors import EngineError, InputError, MissingDependency

Question = tuple[str, Sequence[Any]]
"""A method and its parameters."""

CONNECT_SECONDS: Final = 5.0
MOST_BYTES: Final = 256 * 1024 * 1024
"""Longest answer that is read: the trace of a large transaction."""

_FLAT: Final = 200
_STACK: Final = 64 * 1024 * 1024
_SCHEMES: Final = frozenset({"http", "https"})
_OK: Final = 200
_UNREACHABLE: Final = "start it, or name another by --rpc-url"


class NodeError(EngineError):
    """A node answered with an error. code: JSON-RPC's. message: the node's own words. data: what came with it."""

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what, where=where, do=do)
        self.code = 0
        self.message = what
        self.data: Any = None

    @classmethod
    def of(cls, method: str, shown: str, error: Any) -> NodeError:
        """From the `error` member of an answer."""
        body: Mapping[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        made = cls(f"the node refuses {method}: {body.get('message', '')}", where=shown, do="see what the node logs")
        made.code, made.message, made.data = int(body.get("code") or 0), str(body.get("message", "")), body.get("data")
        return made


def masked(url: str) -> str:
    """A node's address fit to be shown: no user, no password, no path and no query, where keys are kept."""
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.HTTPError:
        return "(an address that cannot be read)"
    port = f":{parts.port}" if parts.port else ""
    rest = "/…" if (parts.path or "/") != "/" or parts.query else ""
    return f"{parts.scheme or 'http'}://{parts.host or ''}{port}{rest}"


class Client:
    """Asks one node, one question or one batch at a time. seconds: longest the node may think about an answer. thin: what each
    object of an answer is kept as, while it is read.

    Raises InputError for an address that is none, MissingDependency where nobody answers or not in JSON-RPC, NodeError for an
    error the node answers, EngineError past the time.
    """

    def __init__(self, url: str, seconds: float, thin: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.shown = masked(url)
        try:
            parts = urllib3.util.parse_url(url)
        except urllib3.exceptions.HTTPError:
            parts = urllib3.util.Url()
        if parts.scheme not in _SCHEMES or not parts.host:
            raise InputError(f"{self.shown} is no address of a node", do="give --rpc-url as http://host:port or https://…")
        self._path = parts.request_uri
        self._headers = {"content-type": "application/json"}
        if parts.auth:
            self._headers |= urllib3.util.make_headers(basic_auth=parts.auth)
        self._pool = urllib3.connection_from_url(f"{parts.scheme}://{parts.netloc}", maxsize=1, retries=False)
        self._seconds = seconds
        self._thin = thin
        self._next = 0

    def ask(self, method: str, *params: Any, seconds: float | None = None) -> Any:
        """The result of one method. seconds: for this once, longest the node may think."""
        return self._result(method, self._post(self._request(method, params), seconds))

    def batch(self, questions: Sequence[Question]) -> list[Any]:
        """Results of many, in order. A question the node refuses has its NodeError in its place."""
        if not questions:
            return []
        requests = [self._request(method, params) for method, params in questions]
        answers = self._post(requests)
        if not isinstance(answers, list):
            raise MissingDependency("the node takes no batches", where=self.shown, do="put a node that does behind --rpc-url")
        known = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        results: list[Any] = []
        for request in requests:
            try:
                results.append(self._result(request["method"], known.get(request["id"])))
            except NodeError as error:
                results.append(error)
        return results

    def close(self) -> None:
        """Give up the connection."""
        self._pool.close()

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        self._next += 1
        return {"jsonrpc": "2.0", "id": self._next, "method": method, "params": list(params)}

    def _result(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise MissingDependency(f"the answer to {method} is no JSON-RPC", where=self.shown, do=_UNREACHABLE)
        if answer.get("error") is not None:
            raise NodeError.of(method, self.shown, answer["error"])
        return answer.get("result")

    def _post(self, body: Any, seconds: float | None = None) -> Any:
        raw = self._read(json.dumps(body).encode(), self._seconds if seconds is None else seconds)
        try:
            return _parsed(raw, self._thin)
        except RecursionError as error:
            raise EngineError("the node's answer is nested too deep", where=self.shown, do="use fewer nested calls") from error
        except ValueError as error:
            raise MissingDependency("the node does not speak JSON-RPC", where=self.shown, do=_UNREACHABLE) from error

    def _read(self, body: bytes, seconds: float) -> bytes:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)
        try:
            answer = self._pool.request(
                "POST", self._path, body=body, headers=self._headers, timeout=timeout, preload_content=False
            )
            raw: bytes = answer.read(MOST_BYTES + 1)
            answer.release_conn()
        except urllib3.exceptions.ReadTimeoutError as error:
            raise EngineError(
                f"the node used up the time budget of {seconds:g} seconds", where=self.shown, do="use less gas"
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise MissingDependency("the node cannot be reached", where=self.shown, do=_UNREACHABLE) from error
        if answer.status != _OK and not raw.lstrip().startswith((b"{", b"[")):
            raise MissingDependency(f"the node answers with HTTP status {answer.status}", where=self.shown, do=_UNREACHABLE)
        if len(raw) > MOST_BYTES:
            raise EngineError(f"the node's answer is longer than {MOST_BYTES} bytes", where=self.shown, do="use less gas")
        return raw


def _parsed(raw: bytes, thin: Callable[[dict[str, Any]], Any] | None) -> Any:
    """JSON as values. What may be deeply nested, as the trace of many calls is, is read on a stack that Python's own limit is
    reached on first. Raises ValueError, RecursionError."""
    if raw.count(b"[") + raw.count(b"{") <= _FLAT:
        return json.loads(raw, object_hook=thin)
    with _roomy(), ThreadPoolExecutor(max_workers=1) as reader:
        return reader.submit(json.loads, raw, object_hook=thin).result()


@contextmanager
def _roomy() -> Iterator[None]:
    before = threading.stack_size(_STACK)
    try:
        yield
    finally:
        threading.stack_size(before)
