"""The repository of a chain's blocks, transactions and receipts, each found through an index however long the chain is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, delete, false, func, insert, select

from sandbox.storage.chain_tables import CHAIN_BLOCKS, CHAIN_LOGS, CHAIN_TRANSACTIONS
from sandbox.storage.logs import as_bytes

_BATCH: Final = 500
_TOPICS: Final = 4

_CHAIN: Final[BindParameter[int]] = bindparam("chain")
_NUMBER: Final = select(CHAIN_BLOCKS.c.number, CHAIN_BLOCKS.c.header).where(
    CHAIN_BLOCKS.c.chain == _CHAIN, CHAIN_BLOCKS.c.number == bindparam("key")
)
_HASH: Final = select(CHAIN_BLOCKS.c.number, CHAIN_BLOCKS.c.header).where(
    CHAIN_BLOCKS.c.chain == _CHAIN, CHAIN_BLOCKS.c.hash == bindparam("key")
)
_HIGHEST: Final = select(func.max(CHAIN_BLOCKS.c.number)).where(CHAIN_BLOCKS.c.chain == _CHAIN)
_FOUND: Final = (CHAIN_TRANSACTIONS.c.hash, CHAIN_TRANSACTIONS.c.raw, CHAIN_TRANSACTIONS.c.receipt)
_IN_BLOCK: Final = (
    select(*_FOUND)
    .where(CHAIN_TRANSACTIONS.c.chain == _CHAIN, CHAIN_TRANSACTIONS.c.block == bindparam("block"))
    .order_by(CHAIN_TRANSACTIONS.c.idx)
)
_BY_HASH: Final = select(*_FOUND).where(CHAIN_TRANSACTIONS.c.chain == _CHAIN, CHAIN_TRANSACTIONS.c.hash == bindparam("hash"))
_ADD_BLOCK: Final = insert(CHAIN_BLOCKS)
_ADD_TRANSACTIONS: Final = insert(CHAIN_TRANSACTIONS)
_ADD_LOGS: Final = insert(CHAIN_LOGS)


@dataclass(frozen=True, slots=True)
class LogRow:
    """Where a log is. position: in the block. topics: 32 bytes each."""

    position: int
    address: bytes
    topics: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A transaction of a block. raw: as signed. receipt: as `chain.receipts` writes it. logs: filled when it is added."""

    hash: bytes
    raw: bytes
    receipt: bytes
    logs: tuple[LogRow, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block. header: RLP."""

    number: int
    hash: bytes
    timestamp: int
    header: bytes
    transactions: tuple[TransactionRow, ...]


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A log that was looked for: its block, its transaction's index there, its own position in the block."""

    block: int
    index: int
    position: int


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs to look for, first and last: numbers of blocks. addresses: any of these; none: anybody's. topics: by position,
    any of these; none: anything, but a topic. most: places wanted at most."""

    first: int
    last: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()
    most: int = 10_000


class BlockRepository:
    """Reads and appends to one chain within the caller's transaction. chain: its number."""

    def __init__(self, connection: Connection, chain: int) -> None:
        self._connection = connection
        self._chain = chain

    def add(self, blocks: Iterable[BlockRow]) -> None:
        """Append blocks with their transactions, receipts and places of logs."""
        for block in blocks:
            here = {"chain": self._chain, "block": block.number}
            row = {"number": block.number, "hash": block.hash, "timestamp": block.timestamp, "header": block.header}
            self._connection.execute(_ADD_BLOCK, {"chain": self._chain, **row})
            places = list(enumerate(block.transactions))
            rows = [{**here, "idx": at, "hash": one.hash, "raw": one.raw, "receipt": one.receipt} for at, one in places]
            if rows:
                self._connection.execute(_ADD_TRANSACTIONS, rows)
            logs = [{**here, "idx": at, **_log(log)} for at, one in places for log in one.logs]
            if logs:
                self._connection.execute(_ADD_LOGS, logs)

    def highest(self) -> int:
        """Number of the last block, -1 if there is none."""
        found = self._connection.execute(_HIGHEST, {"chain": self._chain}).scalar()
        return -1 if found is None else int(found)

    def block(self, key: int | bytes) -> tuple[int, bytes] | None:
        """Number and header of a block by number or hash, None if there is none."""
        query = _NUMBER if isinstance(key, int) else _HASH
        found = self._connection.execute(query, {"chain": self._chain, "key": key}).first()
        return None if found is None else (found.number, as_bytes(found.header))

    def transactions(self, block: int) -> tuple[TransactionRow, ...]:
        """Transactions of a block, in order."""
        found = self._connection.execute(_IN_BLOCK, {"chain": self._chain, "block": block})
        return tuple(TransactionRow(*row) for row in found)

    def transaction(self, digest: bytes) -> TransactionRow | None:
        """A transaction by its hash, None if there is none."""
        found = self._connection.execute(_BY_HASH, {"chain": self._chain, "hash": digest}).first()
        return None if found is None else TransactionRow(*found)

    def logs(self, query: LogQuery) -> Iterator[LogPlace]:
        """Places of logs, in order, streamed; at most so many as the query wants."""
        wanted = (
            select(CHAIN_LOGS.c.block, CHAIN_LOGS.c.idx, CHAIN_LOGS.c.position)
            .where(CHAIN_LOGS.c.chain == self._chain, CHAIN_LOGS.c.block.between(query.first, query.last), *_filters(query))
            .order_by(CHAIN_LOGS.c.block, CHAIN_LOGS.c.position)
            .limit(query.most)
        )
        for row in self._connection.execute(wanted.execution_options(yield_per=_BATCH)):
            yield LogPlace(row.block, row.idx, row.position)

    def cut(self, above: int) -> None:
        """Take back every block above a number. What the engine kept of them stays, but nothing leads there."""
        for table, column in (
            (CHAIN_LOGS, CHAIN_LOGS.c.block),
            (CHAIN_TRANSACTIONS, CHAIN_TRANSACTIONS.c.block),
            (CHAIN_BLOCKS, CHAIN_BLOCKS.c.number),
        ):
            self._connection.execute(delete(table).where(table.c.chain == self._chain, column > above))


def _log(log: LogRow) -> dict[str, Any]:
    topics = (*log.topics, *(None,) * (_TOPICS - len(log.topics)))
    return {"position": log.position, "address": log.address, **{f"topic{at}": topic for at, topic in enumerate(topics)}}


def _filters(query: LogQuery) -> Iterator[ColumnElement[bool]]:
    if query.addresses:
        yield CHAIN_LOGS.c.address.in_(query.addresses)
    if len(query.topics) > _TOPICS:
        yield false()
    for at, topics in enumerate(query.topics[:_TOPICS]):
        column = CHAIN_LOGS.c[f"topic{at}"]
        yield column.in_(topics) if topics else column.is_not(None)
