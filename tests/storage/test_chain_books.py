"""The books on a chain: what stands, what stood after each block, and back to it."""

from __future__ import annotations

import pytest

from sandbox.domain.keeping import Change, Changes, Point, Row
from sandbox.storage.chain_books import BookRepository
from sandbox.storage.chains import ChainRepository, ChainRow
from sandbox.storage.database import Database

NOW = "2027-01-01T00:00:00Z"
Facts = dict[str, str]


@pytest.fixture
def chain(database: Database) -> int:
    with database.begin() as connection:
        return ChainRepository(connection).create(ChainRow("one", "pyevm", 1, "0x" + "00" * 20, bytes(32), NOW, 0))


def facts(rows: object) -> Facts:
    return {row.key: row.value for row in rows}  # type: ignore[attr-defined]


def change(key: str, before: str | None, after: str | None) -> Change:
    return Change("note", key, before, after)


HISTORY = (
    (1, (change("a", None, "1"), change("b", None, "1"))),
    (2, (change("a", "1", "2"),)),
    (2, (change("a", "2", "3"), change("c", None, "1"))),
    (4, (change("b", "1", None),)),
    (5, (change("b", None, "9"), change("a", "3", "4"))),
)
AFTER = {
    0: {},
    1: {"a": "1", "b": "1"},
    2: {"a": "3", "b": "1", "c": "1"},
    3: {"a": "3", "b": "1", "c": "1"},
    4: {"a": "3", "c": "1"},
    5: {"a": "4", "b": "9", "c": "1"},
}


def fill(books: BookRepository, book: str = "pilot") -> None:
    for block, rows in HISTORY:
        points = [] if (block, rows) == HISTORY[1] else [Point(block * 10, "gas", "[]", 10**30 + block)]
        books.save(book, block, Changes(rows, tuple(points)))


def test_facts_are_known_as_they_stood_after_every_block(database: Database, chain: int) -> None:
    with database.begin() as connection:
        books = BookRepository(connection, chain)
        fill(books)
        assert facts(books.rows("pilot")) == AFTER[5]
        assert {block: facts(books.rows_after("pilot", block)) for block in AFTER} == AFTER


@pytest.mark.parametrize("block", AFTER)
def test_a_book_goes_back_to_any_block_and_on_from_there(database: Database, chain: int, block: int) -> None:
    with database.begin() as connection:
        books = BookRepository(connection, chain)
        fill(books)
        fill(books, "other")
        books.undo("pilot", block, block * 10)
        assert facts(books.rows("pilot")) == AFTER[block]
        assert [point.time for point in books.points("pilot")] == [at * 10 for at in (1, 2, 4, 5) if at <= block]
        assert (facts(books.rows("other")), len(list(books.points("other")))) == (AFTER[5], 4)
        books.save("pilot", block + 1, Changes((change("a", AFTER[block].get("a"), "new"),), ()))
        assert facts(books.rows("pilot")) == {**AFTER[block], "a": "new"}
        assert facts(books.rows_after("pilot", block)) == AFTER[block]


def test_amounts_come_in_order_from_a_time_on_and_up_to_one(database: Database, chain: int) -> None:
    with database.begin() as connection:
        books = BookRepository(connection, chain)
        fill(books)
        assert list(books.points("pilot", since=10, until=40)) == [
            Point(20, "gas", "[]", 10**30 + 2),
            Point(40, "gas", "[]", 10**30 + 4),
        ]


def test_books_and_chains_do_not_mix(database: Database, chain: int) -> None:
    with database.begin() as connection:
        books = BookRepository(connection, chain)
        fill(books)
        books.save("other", 1, Changes((change("a", None, "x"),), ()))
        another = ChainRepository(connection).create(ChainRow("two", "pyevm", 1, "0x" + "00" * 20, bytes(32), NOW, 0))
        assert books.names() == ["other", "pilot"]
        assert list(books.rows("other")) == [Row("note", "a", "x")]
        assert BookRepository(connection, another).names() == []
