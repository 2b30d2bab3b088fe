"""A filled log, and hands that reach into its database past the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from sandbox.auditlog import AuditLog, Signer
from sandbox.errors import VerificationFailed
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository, StoredEntry

NOW = "2027-01-01T00:00:00Z"
ORIGIN = "taishan.example/log/run-1"
SIGNER = Signer("taishan.example/sandbox", bytes(range(32)))
STRANGER = Signer("taishan.example/sandbox", bytes(32))
SIZE = 40

BODIES = [
    {"v": 1, "type": "transaction" if number % 3 else "finding", "number": number, "amount": str(10**30 + number), "名": "甲\n"}
    for number in range(SIZE)
]


def log_of(connection: Connection, log_id: str = "run-1") -> AuditLog:
    return AuditLog(LogRepository(connection), log_id, f"taishan.example/log/{log_id}")


def fill(database: Database) -> None:
    """Two batches, each with its checkpoint."""
    with database.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        log_of(connection).append(BODIES[:20])
        log_of(connection).checkpoint(SIGNER, NOW)
    with database.begin() as connection:
        log_of(connection).append(BODIES[20:])
        log_of(connection).checkpoint(SIGNER, NOW)


Hand = Callable[[Connection], Any]


class _Undo(Exception):
    pass


@dataclass(frozen=True)
class Stage:
    """The log. file: where its database lies."""

    database: Database
    file: Path

    @contextmanager
    def changed(self, *hands: Hand) -> Iterator[AuditLog]:
        """The log as it is after those hands were at it, and as it was before on leaving."""
        try:
            with self.database.begin() as connection:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                for hand in hands:
                    hand(connection)
                yield log_of(connection)
                raise _Undo
        except _Undo:
            pass

    def refused(self, *hands: Hand) -> VerificationFailed:
        """What verification says after those hands were at it; fails unless it names the log and a place in it."""
        with self.changed(*hands) as log, pytest.raises(VerificationFailed) as raised:
            log.verify(SIGNER.verifier)
        refusal = raised.value
        assert "run-1" in refusal.what, refusal.what
        assert refusal.where is not None and refusal.where.startswith("run-1 "), refusal.where
        return refusal

    def entries(self) -> list[StoredEntry]:
        with self.database.begin() as connection:
            return list(LogRepository(connection).entries("run-1"))


def sql(statement: str, *values: object) -> Hand:
    return lambda connection: connection.exec_driver_sql(statement, values)


def flipped(data: bytes, place: int, bit: int = 0) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def rewrite(bodies: Sequence[bytes], kinds: Sequence[str], signer: Signer | None = None, sizes: Sequence[int] = ()) -> Hand:
    """Everything made anew from other bodies, hashes and nodes included; signed checkpoints too by whoever has a key."""

    def hand(connection: Connection) -> None:
        for table in ("entries", "nodes", *(("checkpoints",) if signer else ())):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE log_id = 'run-1'")
        done = 0
        for size in (*sizes, len(bodies)):
            log = log_of(connection)
            log.append_encoded(list(zip(kinds[done:size], bodies[done:size], strict=True)))
            if signer is not None:
                log.checkpoint(signer, NOW)
            done = size

    return hand
