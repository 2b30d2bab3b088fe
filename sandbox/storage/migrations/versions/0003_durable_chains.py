"""durable chains, and the exposure books on them"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("coinbase", sa.String(length=42), nullable=False),
        sa.Column("genesis", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("writes", sa.BigInteger(), nullable=False),
        sa.Column("next_time", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chains")),
        sa.UniqueConstraint("name", name=op.f("uq_chains_name")),
    )
    _chain_table(
        "chain_snapshots",
        _key("number", sa.Integer()),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("next_time", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
    )
    _blocks()
    _books()


def downgrade() -> None:
    for table in (
        "book_series", "book_past", "book_facts", "chain_logs", "chain_transactions", "chain_blocks", "chain_nodes",
        "chain_snapshots", "chains",
    ):  # fmt: skip
        op.drop_table(table)


def _blocks() -> None:
    _chain_table("chain_nodes", _key("key", sa.LargeBinary()), sa.Column("value", sa.LargeBinary(), nullable=False), rows=False)
    _chain_table(
        "chain_blocks",
        _key("number", sa.Integer()),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        rows=False,
    )
    _chain_table(
        "chain_transactions",
        _key("block", sa.Integer()),
        _key("idx", sa.Integer()),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
    )
    _chain_table(
        "chain_logs",
        _key("block", sa.Integer()),
        _key("position", sa.Integer()),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        *(sa.Column(f"topic{number}", sa.LargeBinary(length=32), nullable=True) for number in range(4)),
        rows=False,
    )
    op.create_index(op.f("ix_chain_blocks_chain_hash"), "chain_blocks", ["chain", "hash"], unique=True)
    op.create_index(op.f("ix_chain_transactions_chain_hash"), "chain_transactions", ["chain", "hash"], unique=True)
    op.create_index(op.f("ix_chain_logs_chain_address_block"), "chain_logs", ["chain", "address", "block"])
    op.create_index(op.f("ix_chain_logs_chain_topic0_block"), "chain_logs", ["chain", "topic0", "block"])


def _books() -> None:
    _chain_table(
        "book_facts",
        _key("book", sa.String(length=64)),
        _key("kind", sa.String(length=16)),
        _key("key", sa.Text()),
        sa.Column("value", sa.Text(), nullable=False),
        rows=False,
    )
    _chain_table(
        "book_past",
        _key("book", sa.String(length=64)),
        _key("block", sa.Integer()),
        _key("kind", sa.String(length=16)),
        _key("key", sa.Text()),
        sa.Column("value", sa.Text(), nullable=True),
        rows=False,
    )
    _chain_table(
        "book_series",
        _key("book", sa.String(length=64)),
        _key("time", sa.BigInteger()),
        _key("kind", sa.String(length=16)),
        _key("key", sa.Text()),
        sa.Column("amount", sa.Text(), nullable=False),
        rows=False,
    )


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def _chain_table(name: str, *columns: sa.Column[Any], rows: bool = True) -> None:
    """A table of a chain's. rows: SQLite keeps it by row number, not by its key."""
    keys = [column.name for column in columns if column.primary_key]
    plain = [sa.Column(c.name, c.type, nullable=c.nullable, autoincrement=False) for c in columns]
    op.create_table(
        name,
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        *plain,
        sa.ForeignKeyConstraint(["chain"], ["chains.number"], name=op.f(f"fk_{name}_chain")),
        sa.PrimaryKeyConstraint("chain", *keys, name=op.f(f"pk_{name}")),
        **({} if rows else {"sqlite_with_rowid": False}),
    )
