"""What an engine keeps of a durable chain, between it and the database.

New entries wait in memory until the database transaction of their block takes them along, and stay readable until that
transaction is over. Of what the database holds, only so many bytes are kept at hand, the least recently used go first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.storage.scratch import ScratchFile

ROOM: Final = 16 * 2**20
"""Bytes of entries kept at hand."""

_OVERHEAD: Final = 200
"""Bytes an entry costs besides its own: two objects and a place in the table."""


MOST_FRESH: Final = 4_096
"""Entries a `SpillingStore` gathers before it writes them."""


class NodeStore:
    """A `Store` in a database. fetch: reads what is committed, None if nothing. room: bytes kept at hand."""

    def __init__(self, fetch: Callable[[bytes], bytes | None], room: int = ROOM) -> None:
        self._fetch = fetch
        self._room = room
        self._used = 0
        self._fresh: dict[bytes, bytes | None] = {}
        self._handed: dict[bytes, bytes | None] = {}
        self._near: OrderedDict[bytes, bytes] = OrderedDict()

    def __getitem__(self, key: bytes, /) -> bytes:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object, /) -> bool:
        return isinstance(key, bytes) and self._find(key) is not None

    def __setitem__(self, key: bytes, value: bytes, /) -> None:
        self._fresh[key] = value

    def __delitem__(self, key: bytes, /) -> None:
        if key not in self:
            raise KeyError(key)
        self._fresh[key] = None

    def hand_over(self) -> Mapping[bytes, bytes | None]:
        """The new entries, to be written (None: to be deleted); they stay readable until `settle` or `drop`."""
        fresh, self._fresh = self._fresh, {}
        self._handed.update(fresh)
        return fresh

    def settle(self) -> None:
        """What was handed over is in the database now."""
        for key, value in self._handed.items():
            self._let_go(key)
            if value is not None:
                self._keep(key, value)
        self._handed = {}

    def drop(self) -> None:
        """What is not in the database is no more."""
        self._fresh, self._handed = {}, {}

    def _find(self, key: bytes) -> bytes | None:
        for some in (self._fresh, self._handed):
            if key in some:
                return some[key]
        if key in self._near:
            self._near.move_to_end(key)
            return self._near[key]
        value = self._fetch(key)
        if value is not None:
            self._keep(key, value)
        return value

    def _let_go(self, key: bytes) -> None:
        before = self._near.pop(key, None)
        if before is not None:
            self._used -= _cost(key, before)

    def _keep(self, key: bytes, value: bytes) -> None:
        self._near[key] = value
        self._used += _cost(key, value)
        while self._used > self._room:
            self._used -= _cost(*self._near.popitem(last=False))


class SpillingStore(NodeStore):
    """A `Store` that lasts as long as its scratch file, and takes a bounded room in memory."""

    def __init__(self, file: ScratchFile, room: int = ROOM) -> None:
        super().__init__(file.read, room)
        self._file = file

    def __setitem__(self, key: bytes, value: bytes, /) -> None:
        super().__setitem__(key, value)
        if len(self._fresh) >= MOST_FRESH:
            self._file.write(self.hand_over())
            self.settle()


def _cost(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + _OVERHEAD
