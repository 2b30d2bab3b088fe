"""What the methods work on: a chain's archive, an inbox for transactions, and the filters clients have open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sandbox.domain.units import Address
from sandbox.engines.archive import Archive, FullBlock
from sandbox.engines.wire import Header, WireTransaction
from sandbox.errors import NotFound
from sandbox.rpc.errors import LIMIT_EXCEEDED, SERVER_ERROR, RpcError
from sandbox.rpc.requests import LogFilter

MOST_FILTERS: Final = 1_000
"""Filters that may be open at once; the oldest gives way."""

By = Mapping[Address, tuple[WireTransaction, ...]]
"""Transactions by sender, in the order of their nonces."""


class Inbox(Protocol):
    """Where sent transactions go. A supervised chain executes them here and now; an imported one keeps them."""

    def submit(self, raw: bytes) -> bytes:
        """Take a signed transaction, blobs included; its hash. Raises Rejected, Refused, InputError."""

    def find(self, digest: bytes) -> WireTransaction | None:
        """A transaction that is in no block yet."""

    def nonce(self, address: Address) -> int | None:
        """The nonce after those waiting, None if none wait."""

    def pending(self) -> By:
        """Those that could be in the next block."""

    def queued(self) -> By:
        """Those that wait for one before them."""

    def arrivals(self) -> int:
        """How many ever arrived."""

    def since(self, arrival: int) -> tuple[bytes, ...]:
        """Hashes of those that arrived after so many others, the oldest forgotten ones left out."""


@dataclass(slots=True)
class Watching:
    """An open filter. logs: which, None for blocks or (with `sent`) for transactions. block: the last one reported.
    arrival: the last transaction reported. returns: how often the chain had gone back by then."""

    logs: LogFilter | None
    sent: bool
    block: int
    arrival: int
    returns: int = 0


class Filters:
    """Open filters by id. Not for several threads at once."""

    def __init__(self) -> None:
        self._open: dict[int, Watching] = {}
        self._next = 1

    def open(self, watching: Watching) -> int:
        """Its id."""
        while len(self._open) >= MOST_FILTERS:
            del self._open[next(iter(self._open))]
        number, self._next = self._next, self._next + 1
        self._open[number] = watching
        return number

    def get(self, number: int) -> Watching:
        """Raises RpcError if there is none."""
        if number not in self._open:
            raise RpcError(SERVER_ERROR, "filter not found")
        return self._open[number]

    def close(self, number: int) -> bool:
        """False if there was none."""
        return self._open.pop(number, None) is not None


@dataclass(slots=True)
class Limits:
    """Bounds on what one question may cost. blocks, logs: of a log query."""

    blocks: int = 10_000
    logs: int = 10_000

    def check(self, what: str, count: int, most: int) -> None:
        """Raises RpcError past a bound."""
        if count > most:
            raise RpcError(LIMIT_EXCEEDED, f"query exceeds the limit of {most} {what}")


@dataclass(slots=True)
class Node:
    """A chain as JSON-RPC sees it. version: what `web3_clientVersion` says. now: unix seconds of a block not yet sealed.
    returns: the head after each time the chain went back, a list that grows."""

    archive: Archive
    inbox: Inbox
    version: str = "taishan"
    limits: Limits = field(default_factory=Limits)
    filters: Filters = field(default_factory=Filters)
    now: Callable[[], int] | None = None
    returns: Sequence[int] = ()

    def watching(self, logs: LogFilter | None, *, sent: bool) -> Watching:
        """A filter that reports what happens from now on."""
        return Watching(logs, sent, self.archive.head.number, self.inbox.arrivals(), len(self.returns))

    def fresh(self, watching: Watching, most: int) -> range:
        """Blocks that were not reported yet, at most so many; where the chain went back, those that took their places."""
        since = min((watching.block, *self.returns[watching.returns :]))
        watching.block, watching.returns = since, len(self.returns)
        return range(since + 1, min(self.archive.head.number, since + most) + 1)

    def header(self, key: int | bytes | str) -> Header:
        """A header by number, hash or tag. Blocks are final at once; of a pending block the state is the latest one.
        Raises RpcError if there is none."""
        try:
            return self.archive.head if isinstance(key, str) and key != "earliest" else self.archive.header(_plain(key))
        except NotFound as error:
            raise RpcError(SERVER_ERROR, "header not found") from error

    def block(self, key: int | bytes | str) -> FullBlock | None:
        """A block by number, hash or tag, None if there is none."""
        try:
            return self.archive.block(self.header(key).hash)
        except RpcError:
            return None


def _plain(key: int | bytes | str) -> int | bytes:
    return 0 if isinstance(key, str) else key
