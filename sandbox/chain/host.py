"""Many durable chains in one database: opened when somebody needs them, isolated, one user of each at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Final

from sandbox.chain.durable import Clock, DurableChain
from sandbox.engines.base import Genesis
from sandbox.errors import EngineError, NotFound
from sandbox.storage.chains import ChainRepository
from sandbox.storage.database import Database

SHARED: Final = "shared"
"""Name of the chain that pilots without one of their own live on."""

MOST: Final = 16
"""Chains held open at most."""


@dataclass(slots=True)
class _Slot:
    lock: RLock = field(default_factory=RLock)
    users: int = 0
    chain: DurableChain | None = None


class ChainHost:
    """genesis: of the shared chain, made when it is first used. clock: gives blocks their time. now: wall-clock time as text,
    for the record of when a chain was made. most: chains held open; the least recently used is closed first."""

    def __init__(
        self,
        database: Database,
        genesis: Callable[[], Genesis],
        *,
        clock: Clock | None,
        now: Callable[[], str],
        most: int = MOST,
        seconds: float = 10.0,
    ) -> None:
        self._database = database
        self._genesis = genesis
        self._clock = clock
        self._now = now
        self._most = most
        self._seconds = seconds
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._lock = Lock()
        self._closed = False

    def names(self) -> list[str]:
        """All chains there are, in the order they were made."""
        with self._database.read() as connection:
            return ChainRepository(connection).names()

    def create(self, name: str, genesis: Genesis) -> None:
        """Make a chain. Raises Conflict if there is one of that name."""
        DurableChain.create(self._database, name, genesis, self._now()).close()

    @contextmanager
    def use(self, name: str = SHARED) -> Iterator[DurableChain]:
        """A chain for oneself as long as the block lasts, as the database has it when that begins; others in this process
        wait, and another process that stores a block meanwhile makes one's own fail with Conflict. What is not stored by then
        never happened. Raises NotFound for a chain nobody made, Conflict for one in an unknown format."""
        slot = self._enter(name)
        try:
            with slot.lock:
                if slot.chain is None:
                    slot.chain = self._opened(name)
                slot.chain.catch_up()
                try:
                    yield slot.chain
                finally:
                    if slot.chain.unsaved:
                        slot.chain.reload()
        finally:
            self._leave(slot)

    def close(self) -> None:
        """Close every chain. Nobody may be using one."""
        with self._lock:
            self._closed = True
            slots, self._slots = list(self._slots.values()), OrderedDict()
        for slot in slots:
            _close(slot)

    def _opened(self, name: str) -> DurableChain:
        try:
            return DurableChain(self._database, name, clock=self._clock, seconds=self._seconds)
        except NotFound:
            if name != SHARED:
                raise
        self.create(SHARED, self._genesis())
        return DurableChain(self._database, name, clock=self._clock, seconds=self._seconds)

    def _enter(self, name: str) -> _Slot:
        with self._lock:
            if self._closed:
                raise EngineError("the chains are closed", do="open the sandbox again")
            slot = self._slots.setdefault(name, _Slot())
            self._slots.move_to_end(name)
            slot.users += 1
            self._make_room()
            return slot

    def _leave(self, slot: _Slot) -> None:
        with self._lock:
            slot.users -= 1
            self._make_room()

    def _make_room(self) -> None:
        idle = [name for name, one in self._slots.items() if not one.users]
        for name in idle[: max(0, len(self._slots) - self._most)]:
            _close(self._slots.pop(name))


def _close(slot: _Slot) -> None:
    if slot.chain is not None:
        slot.chain.close()
        slot.chain = None
