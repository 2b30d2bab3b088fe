"""The repository of logs: entries, nodes of their trees, checkpoints. Append-only; nothing here updates or deletes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from sandbox.domain.merkle import Node
from sandbox.storage.tables import CHECKPOINTS, ENTRIES, LOGS, NODES


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
        highest = self._connection.execute(select(func.max(ENTRIES.c.idx)).where(ENTRIES.c.log_id == log_id)).scalar()
        return 0 if highest is None else int(highest) + 1

    def append(self, log_id: str, entries: Sequence[StoredEntry], nodes: Sequence[Node]) -> None:
        """Add entries and the nodes that became complete."""
        rows = [{"log_id": log_id, "idx": e.index, "type": e.type, "leaf_hash": e.leaf_hash, "body": e.body} for e in entries]
        if rows:
            self._connection.execute(insert(ENTRIES), rows)
        inner = [{"log_id": log_id, "level": n.level, "idx": n.index, "hash": n.hash} for n in nodes if n.level]
        if inner:
            self._connection.execute(insert(NODES), inner)

    def entries(self, log_id: str, start: int = 0) -> Iterator[StoredEntry]:
        """Entries in order, streamed."""
        query = (
            select(ENTRIES.c.idx, ENTRIES.c.type, ENTRIES.c.leaf_hash, ENTRIES.c.body)
            .where(ENTRIES.c.log_id == log_id, ENTRIES.c.idx >= start)
            .order_by(ENTRIES.c.idx)
        )
        for row in self._connection.execution_options(yield_per=500).execute(query):
            yield StoredEntry(row.idx, row.type, row.leaf_hash, row.body)

    def entry(self, log_id: str, index: int) -> StoredEntry | None:
        """One entry, None if there is none."""
        where = (ENTRIES.c.log_id == log_id, ENTRIES.c.idx == index)
        row = self._connection.execute(select(ENTRIES).where(*where)).first()
        return None if row is None else StoredEntry(row.idx, row.type, row.leaf_hash, row.body)

    def node(self, log_id: str, level: int, index: int) -> bytes | None:
        """Hash of a complete subtree; level 0 are the leaves. None if it is not there."""
        if level == 0:
            query = select(ENTRIES.c.leaf_hash).where(ENTRIES.c.log_id == log_id, ENTRIES.c.idx == index)
        else:
            where = (NODES.c.log_id == log_id, NODES.c.level == level, NODES.c.idx == index)
            query = select(NODES.c.hash).where(*where)
        return self._connection.execute(query).scalar()

    def node_count(self, log_id: str) -> int:
        """Inner nodes that are kept."""
        query = select(func.count()).select_from(NODES).where(NODES.c.log_id == log_id)
        return int(self._connection.execute(query).scalar_one())

    def add_checkpoint(self, log_id: str, size: int, root: bytes, note: str, created_at: str) -> None:
        """Keep a signed checkpoint."""
        values = {"log_id": log_id, "size": size, "root": root, "note": note, "created_at": created_at}
        self._connection.execute(insert(CHECKPOINTS).values(values))

    def checkpoints(self, log_id: str) -> list[StoredCheckpoint]:
        """All checkpoints, the smallest first."""
        query = select(CHECKPOINTS).where(CHECKPOINTS.c.log_id == log_id).order_by(CHECKPOINTS.c.size)
        return [StoredCheckpoint(row.size, row.root, row.note) for row in self._connection.execute(query)]
