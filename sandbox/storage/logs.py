"""The repository of logs: entries, nodes of their trees, checkpoints. Append-only; nothing here updates or deletes.

What is read may have been tampered with, down to the types of values, which SQLite does not hold anyone to. So nothing read
is trusted: it leaves here with the declared types, and whoever verifies compares it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select

from sandbox.domain.merkle import Node
from sandbox.errors import VerificationFailed
from sandbox.storage.tables import CHECKPOINTS, ENTRIES, LOGS, NODES

_BATCH: Final = 500

_LOG: Final[BindParameter[str]] = bindparam("log")
_ENTRY_COLUMNS: Final = (ENTRIES.c.idx, ENTRIES.c.type, ENTRIES.c.leaf_hash, ENTRIES.c.body)
_ADD_ENTRIES: Final = insert(ENTRIES)
_ADD_NODES: Final = insert(NODES)
_HIGHEST: Final = select(func.max(ENTRIES.c.idx)).where(ENTRIES.c.log_id == _LOG)
_LEAF: Final = select(ENTRIES.c.leaf_hash).where(ENTRIES.c.log_id == _LOG, ENTRIES.c.idx == bindparam("index"))
_NOTE: Final = select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.log_id == _LOG, CHECKPOINTS.c.size == bindparam("size"))
_NODE: Final = select(NODES.c.hash).where(
    NODES.c.log_id == _LOG, NODES.c.level == bindparam("level"), NODES.c.idx == bindparam("index")
)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry as it lies in the database. body: canonical JSON."""

    index: int
    type: str
    leaf_hash: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """One signed checkpoint."""

    size: int
    root: bytes
    note: str


class LogRepository:
    """Reads and appends within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, log_id: str, kind: str, created_at: str) -> None:
        """Register an empty log."""
        self._connection.execute(insert(LOGS).values(id=log_id, kind=kind, created_at=created_at))

    def exists(self, log_id: str) -> bool:
        """True if the log was registered."""
        return self._connection.execute(select(LOGS.c.id).where(LOGS.c.id == log_id)).first() is not None

    def ids(self) -> list[str]:
        """All logs, the sandbox's own first."""
        order = (LOGS.c.kind != "sandbox", LOGS.c.created_at, LOGS.c.id)
        return list(self._connection.execute(select(LOGS.c.id).order_by(*order)).scalars())

    def size(self, log_id: str) -> int:
        """Number of entries, by the highest index."""
        highest = self._connection.execute(_HIGHEST, {"log": log_id}).scalar()
        return 0 if highest is None else _whole(highest, log_id, "entry") + 1

    def append(self, log_id: str, entries: Sequence[StoredEntry], nodes: Sequence[Node]) -> None:
        """Add entries and the nodes that became complete."""
        rows = [{"log_id": log_id, "idx": e.index, "type": e.type, "leaf_hash": e.leaf_hash, "body": e.body} for e in entries]
        if rows:
            self._connection.execute(_ADD_ENTRIES, rows)
        inner = [{"log_id": log_id, "level": n.level, "idx": n.index, "hash": n.hash} for n in nodes if n.level]
        if inner:
            self._connection.execute(_ADD_NODES, inner)

    def entries(self, log_id: str, start: int = 0) -> Iterator[StoredEntry]:
        """Entries in order, streamed."""
        query = select(*_ENTRY_COLUMNS).where(ENTRIES.c.log_id == log_id, ENTRIES.c.idx >= start).order_by(ENTRIES.c.idx)
        for row in self._connection.execute(query.execution_options(yield_per=_BATCH)):
            yield _entry(row, log_id)

    def entry(self, log_id: str, index: int) -> StoredEntry | None:
        """One entry, None if there is none."""
        query = select(*_ENTRY_COLUMNS).where(ENTRIES.c.log_id == log_id, ENTRIES.c.idx == index)
        row = self._connection.execute(query).first()
        return None if row is None else _entry(row, log_id)

    def node(self, log_id: str, level: int, index: int) -> bytes | None:
        """Hash of a complete subtree; level 0 are the leaves. None if it is not there."""
        if level == 0:
            found = self._connection.execute(_LEAF, {"log": log_id, "index": index}).scalar()
        else:
            found = self._connection.execute(_NODE, {"log": log_id, "level": level, "index": index}).scalar()
        return None if found is None else as_bytes(found)

    def nodes(self, log_id: str, level: int) -> Iterator[tuple[int, bytes]]:
        """Index and hash of the inner nodes of one level, in order, streamed."""
        query = select(NODES.c.idx, NODES.c.hash).where(NODES.c.log_id == log_id, NODES.c.level == level).order_by(NODES.c.idx)
        for row in self._connection.execute(query.execution_options(yield_per=_BATCH)):
            yield row.idx, as_bytes(row.hash)

    def node_count(self, log_id: str) -> int:
        """Inner nodes that are kept."""
        query = select(func.count()).select_from(NODES).where(NODES.c.log_id == log_id)
        return int(self._connection.execute(query).scalar_one())

    def add_checkpoint(self, log_id: str, size: int, root: bytes, note: str, created_at: str) -> None:
        """Keep a signed checkpoint."""
        values = {"log_id": log_id, "size": size, "root": root, "note": note, "created_at": created_at}
        self._connection.execute(insert(CHECKPOINTS).values(values))

    def note(self, log_id: str, size: int) -> str | None:
        """The checkpoint of the log at that size, None if there is none."""
        found = self._connection.execute(_NOTE, {"log": log_id, "size": size}).scalar()
        return None if found is None else _text(found)

    def checkpoints(self, log_id: str) -> list[StoredCheckpoint]:
        """All checkpoints, the smallest first."""
        query = select(CHECKPOINTS).where(CHECKPOINTS.c.log_id == log_id).order_by(CHECKPOINTS.c.size)
        return [
            StoredCheckpoint(_whole(row.size, log_id, "checkpoint"), as_bytes(row.root), _text(row.note))
            for row in self._connection.execute(query)
        ]


def _entry(row: Any, log_id: str) -> StoredEntry:
    return StoredEntry(_whole(row.idx, log_id, "entry"), _text(row.type), as_bytes(row.leaf_hash), as_bytes(row.body))


def _whole(value: object, log_id: str, what: str) -> int:
    if isinstance(value, int):
        return value
    raise VerificationFailed(
        f"log {log_id}: {what} {value!r} has no number",
        where=f"{log_id} {what} {value!r}",
        do="restore the database from a backup",
    )


def as_bytes(value: object) -> bytes:
    """Bytes as they are; anything else as bytes that no honest log holds at this place, unless they mean the same."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
