"""Every table of the sandbox's database. Times are ISO 8601 texts handed in by the caller; hashes are lower-case hex."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TextClause,
)

from sandbox.storage.chain_tables import BOOK_FACTS as BOOK_FACTS
from sandbox.storage.chain_tables import BOOK_PAST as BOOK_PAST
from sandbox.storage.chain_tables import BOOK_SERIES as BOOK_SERIES
from sandbox.storage.chain_tables import CHAIN_BLOCKS as CHAIN_BLOCKS
from sandbox.storage.chain_tables import CHAIN_LOGS as CHAIN_LOGS
from sandbox.storage.chain_tables import CHAIN_NODES as CHAIN_NODES
from sandbox.storage.chain_tables import CHAIN_SNAPSHOTS as CHAIN_SNAPSHOTS
from sandbox.storage.chain_tables import CHAIN_TRANSACTIONS as CHAIN_TRANSACTIONS
from sandbox.storage.chain_tables import CHAINS as CHAINS
from sandbox.storage.metadata import METADATA as METADATA

_EMPTY: Final = TextClause("''")
"""Of columns that came with a later migration, for the rows that were there before."""

LOGS: Final = Table(
    "logs",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", String(40), nullable=False),
)

ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("log_id", String(64), ForeignKey("logs.id"), primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("type", String(40), nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

NODES: Final = Table(
    "nodes",
    METADATA,
    Column("log_id", String(64), ForeignKey("logs.id"), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

CHECKPOINTS: Final = Table(
    "checkpoints",
    METADATA,
    Column("log_id", String(64), ForeignKey("logs.id"), primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

PILOTS: Final = Table(
    "pilots",
    METADATA,
    Column("slug", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("category", String(32), nullable=False),
    Column("firm", Text, nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("status", String(32), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("manifest_hash", String(64), nullable=False),
    Column("limits_hash", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("submitted_at", String(40), nullable=False),
    Column("stage", String(2), nullable=False, server_default=_EMPTY),
    Column("mentor", Text, nullable=False, server_default=_EMPTY),
)

ACTS: Final = Table(
    "acts",
    METADATA,
    Column("pilot", String(64), ForeignKey("pilots.slug"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", Integer, nullable=False, unique=True),
)
"""Where the sandbox's own log tells of a pilot's acts; the log itself holds them."""

CONTRACTS: Final = Table(
    "contracts",
    METADATA,
    Column("pilot", String(64), ForeignKey("pilots.slug"), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("source_path", Text, nullable=False),
    Column("compiler", Text, nullable=False),
    Column("source_hash", String(64), nullable=False),
    Column("init_code_hash", String(64), nullable=False),
    Column("artifact", Text, nullable=False),
)

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("pilot", String(64), nullable=False),
    Column("scenario", String(128), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("log_id", String(64), ForeignKey("logs.id"), nullable=False),
    Column("log_root", String(64), nullable=False),
    Column("ended_at", String(40), nullable=False),
    Column("summary", Text, nullable=False),
    Index(None, "pilot", "ended_at"),
)

FINDINGS: Final = Table(
    "findings",
    METADATA,
    Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True),
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("pilot", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("grade", String(2), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("observed", Text, nullable=False),
    Column("bound", Text, nullable=False),
    Column("transaction", String(66), nullable=True),
    Index(None, "pilot", "grade", "code"),
)
