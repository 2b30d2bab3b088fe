"""A chain that lasts: blocks, state after each of them, receipts, index and exposure books in one database.

Everything that happened since the last time is written by `persist` into a transaction of the caller's, to which the caller
adds what else belongs to it (entries of the log): after the end of the program at any moment they agree. What is acknowledged
must be committed first, so acknowledge after `recording`. A chain that is opened again goes on from its last block; nothing is
run again, and nothing in memory grows with its length.

    with chain.recording() as connection:       # one block, one database transaction
        log.append(entries)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection

from sandbox.chain.books import Books
from sandbox.chain.chain import BLOCK_SIZE, Chain
from sandbox.chain.nodes import NodeStore
from sandbox.chain.receipts import Receipt
from sandbox.chain.stored import StoredHistory, stored_block
from sandbox.domain.effects import Log
from sandbox.domain.keeping import KeptBook
from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.engines import durable
from sandbox.engines.base import TX_GAS_LIMIT, Block, Execution, Genesis, StateView, Store
from sandbox.errors import EngineError
from sandbox.storage.chain_blocks import BlockRepository, BlockRow, LogQuery
from sandbox.storage.chains import ChainRepository, ChainRow, SnapshotRow
from sandbox.storage.database import Database

Clock = Callable[[], int]
"""Unix seconds now."""


class DurableChain(Chain):
    """A `Chain` in a database. Not thread-safe.

    clock: gives each block its time, which never runs backwards; without one, time goes on by one second a block and by
    `advance`. Raises NotFound if there is no chain of that name, Conflict if its format is not known.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        clock: Clock | None = None,
        block_size: int = BLOCK_SIZE,
        gas_limit: int = TX_GAS_LIMIT,
        seconds: float = 10.0,
    ) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._reader = database.reader()
        self._row = self._stored()
        self._written: ChainRow | None = None
        self._transaction: Any = None
        self._shift = self._row.shift
        self._store = NodeStore(self._fetch)
        self._past = StoredHistory(self._reader, self._row.number)
        self._books = Books(self._row.number)
        genesis = Genesis(0, chain_id=self._row.chain_id, coinbase=Address(self._row.coinbase))
        head = self._past.head
        self._durable = durable(self._row.engine, genesis, self._store, head, gas_limit=gas_limit, seconds=seconds)
        super().__init__(self._durable, block_size=block_size, gas_limit=gas_limit, history=self._past)
        self._durable.restart(head, self._row.next_time)

    @classmethod
    def create(
        cls, database: Database, name: str, genesis: Genesis, now: str, *, engine: str = "pyevm", **options: Any
    ) -> Self:
        """Make a chain and open it. now: wall-clock time as text. options: as for opening. Raises Conflict if there is one of
        that name."""
        store = NodeStore(lambda _: None)
        head = durable(engine, genesis, store).head
        row = ChainRow(name, engine, genesis.chain_id, genesis.coinbase, head.hash, now, head.timestamp + 1)
        with database.begin() as connection:
            chains = ChainRepository(connection)
            number = chains.create(row)
            chains.put(number, store.hand_over())
            BlockRepository(connection, number).add([BlockRow(0, head.hash, head.timestamp, head.header, ())])
        return cls(database, name, **options)

    @contextmanager
    def recording(self) -> Iterator[Connection]:
        """A transaction for everything that happened since the last one, and for what the caller writes besides. If any of it
        fails, none of it happened: the chain and its books stand again as the database has them."""
        try:
            with self._database.begin() as connection:
                yield connection
                self.persist(connection)
        except BaseException:
            self.reload()
            raise
        self._confirm()

    def persist(self, connection: Connection) -> None:
        """Write what happened since the last time into the caller's transaction. Call `settle` when that is over, however it
        ended. Raises EngineError inside an anchor or while the pending block holds transactions, Conflict if another process
        wrote to the chain."""
        if self._depth or self._pending:
            raise EngineError("a block that is still being built cannot be stored", do="seal it first")
        self._join(connection)
        BlockRepository(connection, self._row.number).add(self._past.hand_over())
        ChainRepository(connection).put(self._row.number, self._store.hand_over())
        self._books.save(connection, self.head.number)
        self._mark(connection)

    def settle(self) -> None:
        """Find out what became of the transaction `persist` wrote into, and go by it. Raises EngineError while it is open."""
        if self._written is None:
            return
        if self._transaction is not None and self._transaction.is_active:
            raise EngineError("the database transaction of the last block is still open", do="leave it before going on")
        if self._stored().writes == self._written.writes:
            self._confirm()
        else:
            self.reload()

    def catch_up(self) -> None:
        """Stand where the database stands, if another process has written to the chain since. For when nothing is unsaved."""
        if self._stored().writes != self._row.writes:
            self.reload()

    def reload(self) -> None:
        """Give up everything that is not in the database."""
        self._written = self._transaction = None
        self._row = self._stored()
        self._store.drop()
        with self._reader.look() as connection:
            self._go_back(connection, self._row.next_time, self._row.shift)

    def book(self, name: str, window: int | None = None) -> KeptBook:
        """The exposure book of a pilot on this chain, an empty one if it has none. It is stored with the next block, and goes
        back with the chain: what it then holds is another `Book`, so reach that through it. window:
        seconds the longest rolling sum must reach back, `LimitSet.longest_window`; None: to the beginning. Asking for a longer
        one reads the book again, for which there must be nothing new in it."""
        with self._reader.look() as connection:
            return self._books.open(connection, name, window, self.head)

    def snapshot(self, connection: Connection) -> int:
        """Mark the end of the last block, in the caller's transaction. The mark outlives the program. Raises as `persist`."""
        self.persist(connection)
        number = self._current.snapshots + 1
        row = SnapshotRow(number, self.head.number, self.timestamp, self._shift)
        ChainRepository(connection).add_snapshot(self._row.number, row)
        self._mark(connection, snapshots=number)
        return number

    def revert(self, connection: Connection, snapshot: int) -> None:
        """Go back to a snapshot, in the caller's transaction: blocks, state, receipts, books and clock. It and all later ones
        are used up. Raises NotFound if it is gone already, EngineError inside an anchor."""
        if self._depth:
            raise EngineError("a chain cannot go back while a transaction is being judged", do="leave the anchor first")
        self._join(connection)
        chains, number = ChainRepository(connection), self._row.number
        point = chains.snapshot(number, snapshot)
        blocks = BlockRepository(connection, number)
        blocks.cut(point.block)
        target = stored_block(blocks, point.block)
        assert target is not None  # blocks are only ever cut above a snapshot
        self._books.undo(connection, target)
        chains.drop_snapshots(number, snapshot)
        self._go_back(connection, point.next_time, point.shift)
        chains.put(number, self._store.hand_over())
        self._mark(connection)

    def state_at(self, number: int) -> StateView:
        """The state after any sealed block. Raises NotFound."""
        return self._durable.state_after(self.block(number))

    def logs(self, query: LogQuery) -> Iterator[tuple[Receipt, Log]]:
        """Logs of stored blocks that a query asks for, in order, with the receipts they stand in; at most `query.most`."""
        with self._reader.look() as connection:
            places = list(BlockRepository(connection, self._row.number).logs(query))
        block, receipts = -1, tuple[Receipt, ...]()
        for place in places:
            if place.block != block:
                block, receipts = place.block, self._past.receipts(place.block)
            receipt = receipts[place.index]
            yield receipt, receipt.logs[place.position - receipt.first_log]

    @property
    def store(self) -> Store:
        """What the engine keeps, unsaved entries included, for whoever reads a chain from its store."""
        return self._store

    @property
    def unsaved(self) -> bool:
        """True if there is anything the database does not have for certain."""
        return bool(self._depth or self._pending or self._past.waiting or self._written or self._books.dirty)

    def view(self, to: Address, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0) -> Execution:
        """Run on the pending state and leave no trace (see `Chain.view`)."""
        self._tick()
        return super().view(to, data, sender=sender, value=value)

    def seal(self) -> Block:
        """Close the pending block and open the next (see `Chain.seal`)."""
        self.settle()
        return super().seal()

    def advance(self, seconds: int) -> None:
        """Let time pass (see `Chain.advance`); with a clock, from now on the chain runs ahead of it by as much."""
        self.settle()
        super().advance(seconds)
        self._shift += seconds

    def close(self) -> None:
        """Give up the engine and the connection. What was not stored is lost."""
        super().close()
        self._reader.close()

    @property
    def _current(self) -> ChainRow:
        return self._row if self._written is None else self._written

    def _make_room(self) -> None:
        if self._depth:
            return
        self.settle()
        super()._make_room()
        self._tick()

    def _tick(self) -> None:
        """Give the pending block the present time, as long as it is empty; never the head's or an earlier one."""
        if self._clock is None or self._pending or self._depth:
            return
        now = max(self._clock() + self._shift, self.head.timestamp + 1)
        if now != self.timestamp:
            self.engine.set_time(now)

    def _stored(self) -> ChainRow:
        with self._reader.look() as connection:
            return ChainRepository(connection).named(self.name)

    def _fetch(self, key: bytes) -> bytes | None:
        with self._reader.look() as connection:
            return ChainRepository(connection).node(self._row.number, key)

    def _join(self, connection: Connection) -> None:
        """Take part in a transaction; one may take several blocks along."""
        transaction = connection.get_transaction()
        if transaction is not self._transaction:
            self.settle()
            self._transaction = transaction

    def _mark(self, connection: Connection, snapshots: int | None = None) -> None:
        count = self._current.snapshots if snapshots is None else snapshots
        chains = ChainRepository(connection)
        self._written = chains.mark(self._current, next_time=self.timestamp, shift=self._shift, snapshots=count)

    def _confirm(self) -> None:
        self._row, self._written, self._transaction = self._current, None, None
        self._store.settle()
        self._past.settle()

    def _go_back(self, connection: Connection, next_time: int, shift: int) -> None:
        """Stand where the database stands, as the connection sees it."""
        head = self._past.reload(BlockRepository(connection, self._row.number))
        self._pending, self._places, self._tried, self._shift = [], {}, [], shift
        self._durable.restart(head, next_time)
        self._books.reload(connection, head)
