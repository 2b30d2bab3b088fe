"""The way in: bytes of a JSON-RPC 2.0 request or batch to bytes of its answer. Nothing gets past it but an answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import isfinite
from threading import RLock
from time import monotonic
from typing import Any, Final

from sandbox.domain.nesting import too_deep
from sandbox.errors import SandboxError
from sandbox.rpc.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RpcError,
    invalid,
    translated,
)
from sandbox.rpc.methods import METHODS, Method
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params

log = logging.getLogger(__name__)

_VERSION: Final = "2.0"
_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one request may be. body, answer: bytes. batch: requests in one batch, seconds: until the last may start."""

    body: int = 5 * 2**20
    batch: int = 100
    answer: int = 64 * 2**20
    seconds: float = 60.0


class Server:
    """Answers for one node, one request at a time. methods: the table, `METHODS` unless told otherwise. turn: entered, by the
    same thread again too, whenever the node is asked; a lock of its own unless told otherwise."""

    def __init__(
        self,
        node: Node,
        *,
        methods: Mapping[str, Method] = METHODS,
        bounds: Bounds | None = None,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self.node = node
        self.methods = methods
        self.bounds = bounds if bounds is not None else Bounds()
        self.lock: AbstractContextManager[object] = RLock() if turn is None else turn

    def handle(self, body: bytes | str) -> bytes:
        """The answer to a request or batch; empty if it was all notifications."""
        try:
            request = self._parsed(body)
        except RpcError as error:
            return _encoded(_answer(None, error))
        if isinstance(request, list):
            answers = self._batch(request)
        else:
            one = self.answer(request)
            return b"" if one is None else _encoded(one)
        return _encoded(answers) if answers else b""

    def answer(self, request: Any) -> dict[str, Any] | None:
        """The answer to one request that was parsed; None for a notification."""
        try:
            method, values, key, wanted = _request(request)
        except RpcError as error:
            return _answer(_key_of(request), error)
        try:
            result = self.call(method, values)
        except SandboxError as error:
            return _answer(key, translated(error)) if wanted else None
        except Exception:
            log.exception("%s failed", method)
            return _answer(key, RpcError(INTERNAL_ERROR, "internal error")) if wanted else None
        return {"jsonrpc": _VERSION, "id": key, "result": result} if wanted else None

    def call(self, method: str, values: list[Any]) -> Any:
        """The result of a method. Raises SandboxError."""
        row = self.methods.get(method)
        if row is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
        if len(values) > row.most:
            raise invalid(f"too many arguments, want at most {row.most}")
        if len(values) < row.least:
            raise invalid(f"missing value for required argument {len(values)}")
        with self.lock:
            return row.run(self.node, Params(values))

    def _parsed(self, body: bytes | str) -> Any:
        if len(body) > self.bounds.body:
            raise RpcError(INVALID_REQUEST, f"the request is larger than {self.bounds.body} bytes")
        request = parsed(body)
        if isinstance(request, list):
            if not request:
                raise RpcError(INVALID_REQUEST, "empty batch")
            if len(request) > self.bounds.batch:
                raise RpcError(INVALID_REQUEST, f"a batch holds at most {self.bounds.batch} requests")
        return request

    def _batch(self, requests: list[Any]) -> list[dict[str, Any]]:
        answers, size, deadline = [], 0, monotonic() + self.bounds.seconds
        for request in requests:
            if size > self.bounds.answer or monotonic() > deadline:
                one: dict[str, Any] | None = _answer(_key_of(request), RpcError(LIMIT_EXCEEDED, "the batch is too much work"))
            else:
                one = self.answer(request)
            if one is not None:
                answers.append(one)
                size += len(_encoded(one))
        return answers


def parsed(body: bytes | str) -> Any:
    """The value of a JSON text from outside. Raises RpcError."""
    try:
        raw = body.encode() if isinstance(body, str) else body
        if too_deep(raw, _DEEPEST):
            raise RpcError(PARSE_ERROR, f"parse error: nested deeper than {_DEEPEST}")
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RpcError(PARSE_ERROR, "parse error") from error


def _request(request: Any) -> tuple[str, list[Any], Any, bool]:
    """Method, parameters, id, and whether an answer is wanted. Raises RpcError."""
    if not isinstance(request, dict) or request.get("jsonrpc") != _VERSION or not isinstance(request.get("method"), str):
        raise RpcError(INVALID_REQUEST, "invalid request")
    key = request.get("id")
    if isinstance(key, bool | dict | list) or (isinstance(key, float) and not isfinite(key)):
        raise RpcError(INVALID_REQUEST, "an id is a string, a number or null")
    values = request.get("params")
    if values is None:
        values = []
    if not isinstance(values, list):
        raise invalid("non-array args")
    return request["method"], values, request.get("id"), "id" in request


def _key_of(request: Any) -> Any:
    key = request.get("id") if isinstance(request, dict) else None
    return key if isinstance(key, str | int | float) and not isinstance(key, bool) else None


def _answer(key: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": _VERSION, "id": key, "error": error.shown()}


def _encoded(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
