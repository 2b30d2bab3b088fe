"""A book written down change by change is the book, at every moment and back to every moment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from sandbox.domain.book import Book, Series
from sandbox.domain.draft import Draft
from sandbox.domain.keeping import Change, KeptBook, Point, Row
from sandbox.domain.keeping_kinds import KINDS, SERIES, key_of, key_text
from sandbox.domain.ledgered import Ledgered, LedgeredClaims
from sandbox.domain.limits import AmountPer, Count, CountPer, Hold, Span
from sandbox.domain.units import ZERO_ADDRESS, Seconds
from sandbox.errors import InputError
from tests.domain.builders import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    START,
    TOKEN,
    VAULT,
    cny,
    contents,
    limits,
    mint,
    move,
    policy,
    take,
    transaction,
    with_native,
)  # fmt: skip
from tests.domain.test_book import BookAgainstHistory

Facts = dict[tuple[str, str], str]


def applied(facts: Facts, rows: tuple[Change, ...]) -> None:
    """What a repository does with changes; what they say stood before must stand."""
    for kind, key, before, after in rows:
        assert facts.get((kind, key)) == before
        if after is None:
            del facts[kind, key]
        else:
            facts[kind, key] = after


def undone(facts: Facts, rows: tuple[Change, ...]) -> None:
    applied(facts, tuple(Change(kind, key, after, before) for kind, key, before, after in reversed(rows)))


def remade(facts: Facts, points: list[Point]) -> KeptBook:
    return KeptBook.restored([Row(kind, key, value) for (kind, key), value in facts.items()], points)


def comparable(book: Book) -> dict[str, Any]:
    """A book's contents, nothing and no entry being the same."""
    every = contents(book)
    claims = every.pop("claims")
    every["claims"] = {place: list(some.items()) for place, some in claims.of.items() if some}
    every["claimed"] = {place: total for place, total in claims.totals.items() if total}
    return every


class KeptAgainstHistory(BookAgainstHistory):
    """The same random life, with a book that is written down and made again after every step."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        self.written, self.facts, self.points = KeptBook(), Facts(), list[Point]()
        self.book = self.written.book

    @invariant()
    def what_is_written_down_is_the_book(self) -> None:
        changes = self.written.taken()
        before = dict(self.facts)
        applied(self.facts, changes.rows)
        self.points += changes.points
        assert comparable(remade(self.facts, self.points).book) == comparable(self.book)
        assert not self.written.dirty
        again = dict(self.facts)
        undone(again, changes.rows)
        assert again == before


KeptAgainstHistory.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestKeptAgainstHistory = KeptAgainstHistory.TestCase


def full() -> KeptBook:
    """A book with something of everything in it."""
    kept = KeptBook()
    book, under = kept.book, policy()
    take(under, book, transaction(mint(ALICE, 9), mint(BOB, 5), sender=ISSUER, request="R-1"))
    take(under, book, transaction(move(ALICE, VAULT, 2), move(BOB, VAULT, 3), time=START + 1))
    native = with_native(under).assets[ZERO_ADDRESS]
    book.open_with(native, "C-carol", CAROL, 7)
    book.owners[TOKEN, 2**200] = ALICE
    book.token_ids[TOKEN].add(2**200)
    book.consents.add((TOKEN, ALICE, BOB))
    book.delegates[VAULT, b"\x01\x02\x03\x04"] = TOKEN
    book.counters["repaid", "客户"] = -3
    book.losses, book.triggered = 8, True
    kept.memory.note([("max_clients", "")], START, {("max_clients", "客户 A"): 80})
    kept.notes["address", "Register"] = "0x01"
    return kept


def test_everything_in_a_book_is_written_down() -> None:
    kept, facts = full(), Facts()
    changes = kept.taken()
    applied(facts, changes.rows)
    assert {kind for kind, _ in facts} == {*KINDS, "scalar"}
    assert {point.kind for point in changes.points} == set(SERIES)
    again = remade(facts, list(changes.points))
    assert comparable(again.book) == comparable(kept.book)
    assert (again.memory, again.notes) == (kept.memory, kept.notes)
    assert again.taken() == kept.taken()
    assert not again.dirty


def test_every_field_of_a_book_is_written_follows_from_others_or_bounds_the_series() -> None:
    written = {kind.place.removeprefix("book.") for kind in KINDS.values()} | set(SERIES)
    known = written | {"losses", "transactions", "first", "triggered", "assets_of", "token_ids", "since"}
    assert set(Book.__dataclass_fields__) <= known


def test_a_fact_that_is_back_where_it_was_is_no_change() -> None:
    kept = full()
    kept.taken()
    kept.book.balances[TOKEN, ALICE] += 1
    kept.book.balances[TOKEN, ALICE] -= 1
    kept.book.consents.discard((TOKEN, ALICE, BOB))
    kept.book.consents.add((TOKEN, ALICE, BOB))
    assert kept.taken().rows == ()


def test_what_is_taken_out_is_written_as_gone() -> None:
    kept, facts = full(), Facts()
    applied(facts, kept.taken().rows)
    kept.book.consents.discard((TOKEN, ALICE, BOB))
    del kept.notes["address", "Register"]
    changes = kept.taken()
    assert [(one.kind, one.after) for one in changes.rows] == [("consent", None), ("note", None)]
    applied(facts, changes.rows)
    assert not {"consent", "note"} & {kind for kind, _ in facts}


@given(st.lists(st.dictionaries(st.sampled_from([ALICE, BOB, CAROL]), st.integers(0, 2), min_size=1), max_size=12))
def test_deposits_come_back_in_the_order_they_were_made(steps: list[dict[Any, int]]) -> None:
    place, claims = (TOKEN, VAULT), LedgeredClaims()
    for step in steps:
        claims.apply({(place, who): amount for who, amount in step.items()})
    deposits = {(*place, who): claims.get((*place, who)) for who in claims.of.get(place, {})}
    again = LedgeredClaims({deposit: stood for deposit, stood in deposits.items() if stood})
    assert list(again.of.get(place, {}).items()) == list(claims.of.get(place, {}).items())
    assert again.totals.get(place, 0) == claims.totals.get(place, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_come_back_from_their_text(kind: str) -> None:
    samples = {"owner": (TOKEN, 7), "delegate": (VAULT, b"\0\xff")}
    parts = KINDS[kind].key
    key = samples.get(kind, tuple(f'a"{at}客' for at in range(len(parts)))[: len(parts)])
    key = key[0] if len(parts) == 1 else key
    assert key_of(parts, key_text(parts, key)) == key


def test_a_book_forgets_what_no_window_reaches_and_says_so() -> None:
    kept = KeptBook(window=DAY)
    days = 6_000
    for day in range(days):
        time = START + day * DAY // 100
        kept.book.apply(Draft(kept.book, policy(), transaction(move(ALICE, BOB, 1), time=time)))
        kept.taken()
    book, now = kept.book, START + (days - 1) * DAY // 100
    assert len(book.pilot_volume) < days // 2
    assert book.within(book.pilot_volume, now, DAY) == 100 * cny(10).value
    assert Draft(book, policy(), transaction(time=now)).rate("C-alice", DAY) == 101
    with pytest.raises(InputError, match="further back"):
        Draft(book, policy(), transaction(time=now)).rate("C-bob", days * DAY)


def test_series_without_anything_recent_are_let_go() -> None:
    book = Book()
    take(policy(), book, transaction(move(ALICE, BOB, 1)), transaction(move(BOB, ALICE, 1), sender=BOB, time=START + DAY))
    book.forget(START + 1)
    assert (list(book.rate), list(book.volume), len(book.gas)) == (["C-bob"], ["C-bob"], 1)
    book.forget(START)
    assert book.since == START + 1


def test_amounts_of_one_moment_are_one_entry() -> None:
    series = Series()
    for amount in (1, 2, 4):
        series.add(START, amount)
    assert (len(series), series.within(START, 1), series.within(START + 1, 1)) == (1, 7, 0)


def test_the_longest_window_is_that_of_any_limit_that_looks_back() -> None:
    window = Seconds(5)
    looking_back = {"max_pilot_volume": AmountPer(cny(1), window), "gas_budget": CountPer(1, Seconds(9))}
    assert limits(**looking_back).longest_window() == 9
    assert limits(**looking_back, min_holding=Hold(Seconds(70))).longest_window() == 70
    assert limits(max_clients=Count(1), time_box=Span(DAY)).longest_window() == 0


def test_what_is_cleared_or_popped_is_written_down_as_gone() -> None:
    known: Ledgered[str, int] = Ledgered({"a": 1, "b": 2})
    known.clear()
    assert (known, known.before) == ({}, {"a": 1, "b": 2})
    again: Ledgered[str, int] = Ledgered({"a": 1})
    assert (again.pop("a"), again.pop("b", 7), again.before) == (1, 7, {"a": 1})
