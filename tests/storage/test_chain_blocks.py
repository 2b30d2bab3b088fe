"""Blocks, transactions and places of logs of a chain: found by an index, however long the chain is, and cut off cleanly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from sandbox.errors import Conflict, NotFound
from sandbox.storage.chain_blocks import BlockRepository, BlockRow, LogPlace, LogQuery, LogRow, TransactionRow
from sandbox.storage.chains import ChainRepository, ChainRow, SnapshotRow
from sandbox.storage.database import Database

ROW = ChainRow("one", "pyevm", 1, "0x" + "00" * 20, bytes(32), "2027-01-01T00:00:00Z", 7)
ADDRESS = b"\x0a" * 20


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def block(number: int) -> BlockRow:
    """Two transactions, the second with a log whose topic is the block's number."""
    logs = (LogRow(0, ADDRESS, (word(number), word(1))),)
    sent = tuple(TransactionRow(word(number * 10 + at), b"raw", b"receipt", logs[:at]) for at in (0, 1))
    return BlockRow(number, word(number), number, b"header", sent)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.begin() as one:
        yield one


@pytest.fixture
def blocks(connection: Connection) -> BlockRepository:
    made = BlockRepository(connection, ChainRepository(connection).create(ROW))
    made.add(map(block, range(6)))
    return made


def test_blocks_and_transactions_are_found_by_number_and_hash(blocks: BlockRepository) -> None:
    assert blocks.highest() == 5
    assert blocks.block(3) == blocks.block(word(3)) == (3, b"header")
    assert (blocks.block(6), blocks.block(word(6)), blocks.transaction(word(1_000))) == (None, None, None)
    assert [one.hash for one in blocks.transactions(3)] == [word(30), word(31)]
    assert blocks.transaction(word(31)) == TransactionRow(word(31), b"raw", b"receipt")


def test_what_is_cut_off_is_gone_and_can_be_made_again(blocks: BlockRepository) -> None:
    blocks.cut(2)
    assert (blocks.highest(), blocks.block(3), blocks.transaction(word(30))) == (2, None, None)
    assert list(blocks.logs(LogQuery(3, 9))) == []
    blocks.add([block(3)])
    assert list(blocks.logs(LogQuery(0, 9, topics=((word(3),),)))) == [LogPlace(3, 1, 0)]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT header FROM chain_blocks WHERE chain = 1 AND number = 1",
        "SELECT header FROM chain_blocks WHERE chain = 1 AND hash = x'00'",
        "SELECT receipt FROM chain_transactions WHERE chain = 1 AND hash = x'00'",
        "SELECT receipt FROM chain_transactions WHERE chain = 1 AND block = 1 ORDER BY idx",
        "SELECT max(number) FROM chain_blocks WHERE chain = 1",
        "SELECT value FROM chain_nodes WHERE chain = 1 AND key = x'00'",
        "SELECT block FROM chain_logs WHERE chain = 1 AND address = x'00' AND block BETWEEN 1 AND 9 ORDER BY block, position",
        "SELECT amount FROM book_series WHERE chain = 1 AND book = 'a' AND time > 5 ORDER BY time",
        "SELECT value FROM book_past WHERE chain = 1 AND book = 'a' AND block > 5",
    ],
)
def test_no_question_reads_a_whole_table(connection: Connection, question: str) -> None:
    plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {question}"))]
    assert not [step for step in plan if step.startswith("SCAN")], plan


def test_a_chain_is_marked_by_one_writer_at_a_time(connection: Connection) -> None:
    chains = ChainRepository(connection)
    chains.create(ROW)
    first = chains.named("one")
    second = chains.mark(first, next_time=9, shift=2, snapshots=1)
    assert second == chains.named("one")
    assert (second.writes, second.next_time, second.shift, second.snapshots) == (1, 9, 2, 1)
    with pytest.raises(Conflict, match="somebody else"):
        chains.mark(first, next_time=9, shift=0, snapshots=0)


def test_a_snapshot_is_forgotten_with_all_later_ones(connection: Connection) -> None:
    chains = ChainRepository(connection)
    number = chains.create(ROW)
    for at in (1, 2, 3):
        chains.add_snapshot(number, SnapshotRow(at, 5, 6, 7))
    chains.drop_snapshots(number, 2)
    assert chains.snapshot(number, 1) == SnapshotRow(1, 5, 6, 7)
    with pytest.raises(NotFound):
        chains.snapshot(number, 2)


def test_entries_of_an_engine_are_replaced_by_later_ones(connection: Connection) -> None:
    chains = ChainRepository(connection)
    number = chains.create(ROW)
    chains.put(number, {b"a": b"1", b"b": b"1"})
    chains.put(number, {b"a": b"2"})
    chains.put(number, {})
    assert [chains.node(number, key) for key in (b"a", b"b", b"c")] == [b"2", b"1", None]
    chains.put(number, {b"a": None, b"c": b"3", b"d": None})
    assert [chains.node(number, key) for key in (b"a", b"b", b"c")] == [None, b"1", b"3"]
