"""`eth_subscribe`: what one connection wants to hear of, and what is new for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from sandbox.rpc import encoding, requests
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid
from sandbox.rpc.log_methods import changes
from sandbox.rpc.node import Node, Watching
from sandbox.rpc.params import Params, hex_text, text
from sandbox.rpc.requests import LogFilter

MOST_SUBSCRIPTIONS: Final = 100
"""Subscriptions of one connection."""

_BLOCKS_AT_ONCE: Final = 32
"""So that news of many blocks is never all in memory."""


class Subscriptions:
    """Of one connection. Nothing here waits; somebody asks `news` from time to time. new_id: makes ids nobody can guess."""

    def __init__(self, node: Node, new_id: Callable[[], str]) -> None:
        self._node = node
        self._new_id = new_id
        self._open: dict[str, tuple[str, Watching]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def subscribe(self, params: Params) -> Json:
        """`eth_subscribe`; the id. Raises RpcError."""
        kind = params.read(0, text)
        if kind not in _KINDS:
            raise invalid(f"no {kind!r} subscription in eth namespace", 0)
        if len(self._open) >= MOST_SUBSCRIPTIONS:
            raise RpcError(LIMIT_EXCEEDED, f"a connection has at most {MOST_SUBSCRIPTIONS} subscriptions")
        wanted = params.optional(1, requests.log_filter, _EVERYTHING) if kind == "logs" else None
        if wanted is not None and wanted.block is not None:
            raise invalid("a subscription follows the chain, not one block", 1)
        sent = kind == "newPendingTransactions"
        name = self._new_id()
        self._open[name] = (kind, self._node.watching(wanted, sent=sent))
        return name

    def unsubscribe(self, params: Params) -> Json:
        """`eth_unsubscribe`; False if there was none."""
        return self._open.pop("0x" + params.read(0, hex_text), None) is not None

    def news(self) -> Iterator[dict[str, Any]]:
        """Notifications that are due, of a few blocks at a time; ask again until there are none."""
        for name, (kind, watching) in list(self._open.items()):
            for item in _KINDS[kind](self._node, watching, _BLOCKS_AT_ONCE):
                yield {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": name, "result": item}}


_EVERYTHING: Final = LogFilter(None, "latest", "latest", frozenset(), ())


def _heads(node: Node, watching: Watching, blocks: int) -> Iterator[Json]:
    for at in node.fresh(watching, blocks):
        watching.block = at
        yield encoding.header(node.archive.header(at))


_KINDS: Final[dict[str, Callable[[Node, Watching, int], Iterable[Json]]]] = {
    "newHeads": _heads,
    "logs": changes,
    "newPendingTransactions": changes,
}
