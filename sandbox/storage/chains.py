"""The repository of durable chains: which there are, how far each is, its snapshots, and what its engine keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Update, bindparam, delete, insert, select, update

from sandbox.errors import Conflict, NotFound
from sandbox.storage.chain_sql import upsert
from sandbox.storage.chain_tables import CHAIN_NODES, CHAIN_SNAPSHOTS, CHAINS

FORMAT: Final = 1
"""Version of what is stored of a chain, beyond the tables: keys and values of nodes, receipts, facts of books."""

_CHAIN: Final[BindParameter[int]] = bindparam("chain")
_NODE: Final = select(CHAIN_NODES.c.value).where(CHAIN_NODES.c.chain == _CHAIN, CHAIN_NODES.c.key == bindparam("key"))


@cache
def _mark() -> Update:
    """Changes a chain's row only if nobody wrote to it since it was `known`."""
    same = (CHAINS.c.number == bindparam("row"), CHAINS.c.writes == bindparam("known"))
    return update(CHAINS).where(*same).values({name: bindparam(name) for name in ("writes", "next_time", "shift", "snapshots")})


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A chain as it is stored. number: its key in all tables, 0 before it has one. genesis: hash of block 0. writes: times it
    was written to so far. next_time: unix seconds of the block after the head. shift: seconds its time runs ahead of the clock.
    snapshots: taken so far."""

    name: str
    engine: str
    chain_id: int
    coinbase: str
    genesis: bytes
    created_at: str
    next_time: int
    number: int = 0
    format: int = FORMAT
    writes: int = 0
    shift: int = 0
    snapshots: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A point a chain can go back to: the end of a block, and what its clock showed then."""

    number: int
    block: int
    next_time: int
    shift: int


class ChainRepository:
    """Reads and writes within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, row: ChainRow) -> int:
        """Register a chain; its number. Raises Conflict if there is one of that name."""
        if self._find(row.name) is not None:
            raise Conflict(f"there is a chain {row.name!r} already", do="open it, or choose another name")
        values = {name: value for name, value in asdict(row).items() if name != "number"}
        made = self._connection.execute(insert(CHAINS).values(values))
        key = made.inserted_primary_key
        assert key is not None  # one row was inserted
        return int(key[0])

    def names(self) -> list[str]:
        """All chains, in the order they were made."""
        return list(self._connection.execute(select(CHAINS.c.name).order_by(CHAINS.c.number)).scalars())

    def number(self, name: str) -> int | None:
        """Key of a chain in all tables, None if there is none of that name."""
        found = self._find(name)
        return None if found is None else int(found["number"])

    def named(self, name: str) -> ChainRow:
        """A chain. Raises NotFound, or Conflict if it is stored in a format this version does not know."""
        found = self._find(name)
        if found is None:
            raise NotFound(f"there is no chain {name!r}", do="create it first")
        if found["format"] != FORMAT:
            raise Conflict(
                f"chain {name!r} is stored in format {found['format']}, this version knows format {FORMAT}",
                do="use the version of the sandbox that wrote it, or a newer one",
            )
        return ChainRow(**found)

    def _find(self, name: str) -> dict[str, Any] | None:
        row = self._connection.execute(select(CHAINS).where(CHAINS.c.name == name)).mappings().first()
        return None if row is None else dict(row)

    def mark(self, before: ChainRow, *, next_time: int, shift: int, snapshots: int) -> ChainRow:
        """Note that something was written. Raises Conflict if somebody else wrote since `before` was read."""
        after = {"writes": before.writes + 1, "next_time": next_time, "shift": shift, "snapshots": snapshots}
        if self._connection.execute(_mark(), {**after, "row": before.number, "known": before.writes}).rowcount != 1:
            raise Conflict(
                f"somebody else wrote to chain {before.name!r}", do="let one process at a time work on a chain; open it again"
            )
        return replace(before, writes=before.writes + 1, next_time=next_time, shift=shift, snapshots=snapshots)

    def add_snapshot(self, chain: int, row: SnapshotRow) -> None:
        """Keep a snapshot."""
        self._connection.execute(insert(CHAIN_SNAPSHOTS).values(chain=chain, **asdict(row)))

    def snapshot(self, chain: int, number: int) -> SnapshotRow:
        """A snapshot. Raises NotFound if it is gone."""
        where = (CHAIN_SNAPSHOTS.c.chain == chain, CHAIN_SNAPSHOTS.c.number == number)
        row = self._connection.execute(select(CHAIN_SNAPSHOTS).where(*where)).first()
        if row is None:
            raise NotFound(f"snapshot {number} is gone", do="take a new one; a snapshot can be used once")
        return SnapshotRow(row.number, row.block, row.next_time, row.shift)

    def drop_snapshots(self, chain: int, since: int) -> None:
        """Forget a snapshot and all later ones."""
        where = (CHAIN_SNAPSHOTS.c.chain == chain, CHAIN_SNAPSHOTS.c.number >= since)
        self._connection.execute(delete(CHAIN_SNAPSHOTS).where(*where))

    def node(self, chain: int, key: bytes) -> bytes | None:
        """What an engine keeps under a key, None if nothing."""
        return self._connection.execute(_NODE, {"chain": chain, "key": key}).scalar()

    def put(self, chain: int, entries: Mapping[bytes, bytes | None]) -> None:
        """Keep entries of an engine, in place of any with the same keys; None: delete what is there."""
        rows = [{"chain": chain, "key": key, "value": value} for key, value in entries.items() if value is not None]
        if rows:
            self._connection.execute(upsert(CHAIN_NODES), rows)
        for key in (key for key, value in entries.items() if value is None):
            mine = (CHAIN_NODES.c.chain == chain, CHAIN_NODES.c.key == key)
            self._connection.execute(delete(CHAIN_NODES).where(*mine))
