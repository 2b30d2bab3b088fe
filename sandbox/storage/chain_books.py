"""The repository of exposure books on a chain: what stands, what stood before each block, and amounts over time."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, delete, func, insert, or_, select

from sandbox.domain.keeping import Changes, Point, Row
from sandbox.storage.chain_sql import upsert
from sandbox.storage.chain_tables import BOOK_FACTS, BOOK_PAST, BOOK_SERIES


class BookRepository:
    """Reads and writes the books on one chain within the caller's transaction. chain: its number."""

    def __init__(self, connection: Connection, chain: int) -> None:
        self._connection = connection
        self._chain = chain

    def save(self, book: str, block: int, changes: Changes) -> None:
        """Keep what a block changed. A second change within the same block leaves what stood before the block as it is."""
        here = {"chain": self._chain, "book": book}
        if changes.rows:
            past = [{**here, "block": block, "kind": one.kind, "key": one.key, "value": one.before} for one in changes.rows]
            self._connection.execute(upsert(BOOK_PAST, keep=True), past)
        self._put(book, [Row(one.kind, one.key, one.after) for one in changes.rows if one.after is not None])
        self._drop(book, [(one.kind, one.key) for one in changes.rows if one.after is None])
        points = [
            {**here, "time": one.time, "kind": one.kind, "key": one.key, "amount": str(one.amount)} for one in changes.points
        ]
        if points:
            self._connection.execute(insert(BOOK_SERIES), points)

    def names(self) -> list[str]:
        """Books there are on the chain."""
        query = select(BOOK_FACTS.c.book).where(BOOK_FACTS.c.chain == self._chain).distinct()
        return sorted(self._connection.execute(query).scalars())

    def rows(self, book: str) -> Iterator[Row]:
        """Facts that stand."""
        query = select(BOOK_FACTS.c.kind, BOOK_FACTS.c.key, BOOK_FACTS.c.value)
        for row in self._connection.execute(query.where(BOOK_FACTS.c.chain == self._chain, BOOK_FACTS.c.book == book)):
            yield Row(*row)

    def notes(self, book: str, *subjects: str) -> dict[str, dict[str, str]]:
        """Notes of a book by subject, then by name."""
        found: dict[str, dict[str, str]] = {subject: {} for subject in subjects}
        facts = BOOK_FACTS.c
        mine = (facts.chain == self._chain, facts.book == book, facts.kind == "note")
        wanted = or_(*(facts.key.startswith(f'["{subject}",', autoescape=True) for subject in subjects))
        for key, value in self._connection.execute(select(facts.key, facts.value).where(*mine, wanted)):
            subject, name = json.loads(key)
            found[subject][name] = value
        return found

    def rows_after(self, book: str, block: int) -> Iterator[Row]:
        """Facts as they stood after a block."""
        before = {(kind, key): value for kind, key, value in self._stood(book, block)}
        for row in self.rows(book):
            if (row.kind, row.key) not in before:
                yield row
        for (kind, key), value in before.items():
            if value is not None:
                yield Row(kind, key, value)

    def points(self, book: str, since: int | None = None, until: int | None = None) -> Iterator[Point]:
        """Amounts later than `since` and no later than `until` (unix seconds), in order of time."""
        series = BOOK_SERIES.c
        query = select(series.time, series.kind, series.key, series.amount).where(
            series.chain == self._chain, series.book == book
        )
        if since is not None:
            query = query.where(series.time > since)
        if until is not None:
            query = query.where(series.time <= until)
        for time, kind, key, amount in self._connection.execute(query.order_by(series.time)):
            yield Point(time, kind, key, int(amount))

    def undo(self, book: str, block: int, time: int) -> None:
        """Make the book stand as it stood after a block. time: of that block."""
        stood = list(self._stood(book, block))
        self._put(book, [Row(kind, key, value) for kind, key, value in stood if value is not None])
        self._drop(book, [(kind, key) for kind, key, value in stood if value is None])
        past, series = BOOK_PAST.c, BOOK_SERIES.c
        self._connection.execute(delete(BOOK_PAST).where(past.chain == self._chain, past.book == book, past.block > block))
        self._connection.execute(
            delete(BOOK_SERIES).where(series.chain == self._chain, series.book == book, series.time > time)
        )

    def _stood(self, book: str, block: int) -> Iterator[tuple[str, str, str | None]]:
        """What the first block after `block` that changed a fact found standing."""
        past = BOOK_PAST.c
        mine = (past.chain == self._chain, past.book == book, past.block > block)
        first = select(past.kind, past.key, func.min(past.block).label("block")).where(*mine).group_by(past.kind, past.key)
        one = first.subquery()
        query = select(past.kind, past.key, past.value).where(
            *mine, past.block == one.c.block, past.kind == one.c.kind, past.key == one.c.key
        )
        yield from (tuple(row) for row in self._connection.execute(query))

    def _put(self, book: str, rows: list[Row]) -> None:
        values = [{"chain": self._chain, "book": book, "kind": r.kind, "key": r.key, "value": r.value} for r in rows]
        if values:
            self._connection.execute(upsert(BOOK_FACTS), values)

    def _drop(self, book: str, keys: list[tuple[str, str]]) -> None:
        facts = BOOK_FACTS.c
        for kind, key in keys:
            mine = (facts.chain == self._chain, facts.book == book, facts.kind == kind, facts.key == key)
            self._connection.execute(delete(BOOK_FACTS).where(*mine))
