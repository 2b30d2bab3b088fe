"""Tables of durable chains and of the exposure books on them. Hashes and addresses are bytes here: there are many of them.

A chain's tables begin with its number, which stands for its name. State is never deleted from `chain_nodes`: it holds what was
after every block there ever was.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from sandbox.storage.metadata import METADATA

CHAINS: Final = Table(
    "chains",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("format", Integer, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("coinbase", String(42), nullable=False),
    Column("genesis", LargeBinary(32), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("writes", BigInteger, nullable=False),
    Column("next_time", BigInteger, nullable=False),
    Column("shift", BigInteger, nullable=False),
    Column("snapshots", Integer, nullable=False),
)
"""writes: times the chain was written to so far. next_time: of the block after the head. shift: seconds its time runs
ahead of the clock. snapshots: taken so far."""


CHAIN_NODES: Final = Table(
    "chain_nodes",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("key", LargeBinary, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What the engine keeps: trie nodes and code by hash, headers, its own indices."""

CHAIN_BLOCKS: Final = Table(
    "chain_blocks",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Index(None, "chain", "hash", unique=True),
    sqlite_with_rowid=False,
)

CHAIN_TRANSACTIONS: Final = Table(
    "chain_transactions",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Index(None, "chain", "hash", unique=True),
)

CHAIN_LOGS: Final = Table(
    "chain_logs",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, nullable=False),
    Column("address", LargeBinary(20), nullable=False),
    Column("topic0", LargeBinary(32)),
    Column("topic1", LargeBinary(32)),
    Column("topic2", LargeBinary(32)),
    Column("topic3", LargeBinary(32)),
    Index(None, "chain", "address", "block"),
    Index(None, "chain", "topic0", "block"),
    sqlite_with_rowid=False,
)
"""Where logs are: position in the block, idx of their transaction. The receipt holds the log itself."""

CHAIN_SNAPSHOTS: Final = Table(
    "chain_snapshots",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("block", Integer, nullable=False),
    Column("next_time", BigInteger, nullable=False),
    Column("shift", BigInteger, nullable=False),
)

BOOK_FACTS: Final = Table(
    "book_facts",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("book", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What stands in the exposure book of a pilot after the head."""

BOOK_PAST: Final = Table(
    "book_past",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("book", String(64), primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text),
    sqlite_with_rowid=False,
)
"""What stood in a book before a block changed it; no value: nothing."""

BOOK_SERIES: Final = Table(
    "book_series",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.number"), primary_key=True, autoincrement=False),
    Column("book", String(64), primary_key=True),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("amount", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Amounts over block time; by time first, since what is needed is the last window of all of them."""
