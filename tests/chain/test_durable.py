"""The durable chain: opened again it goes on as if it had never been closed, with its whole history, and it can go back."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import text

from sandbox.chain.chain import Chain
from sandbox.chain.durable import DurableChain
from sandbox.chain.nodes import NodeStore
from sandbox.domain.book import Book
from sandbox.domain.units import ZERO_ADDRESS
from sandbox.engines import create, durable
from sandbox.engines.base import ChainEngine, Genesis
from sandbox.errors import Conflict, EngineError, InputError, NotFound, VerificationFailed
from sandbox.storage.chain_blocks import LogQuery
from sandbox.storage.chain_books import BookRepository
from sandbox.storage.database import Database
from tests.chain.teller import ADDRESSES, MOST, NAME, NOW, WINDOW, Teller, agree
from tests.domain.builders import contents as everything_in
from tests.engines.assembler import asm, logging
from tests.engines.contract import COUNTER, NOBODY, SENDER, START, ChainEngineContract, at, genesis, to

EMITTER = logging(7, 8, data=b"one") + logging(9) + asm("STOP")


class TestPyEvmOnAStore(ChainEngineContract):
    """Everything every engine does."""

    def make(self, genesis: Genesis, *, seconds: float = 30.0) -> ChainEngine:
        return durable("pyevm", genesis, NodeStore(lambda _: None), seconds=seconds)


def made(database: Database, *codes: bytes, name: str = "one", **options: Any) -> DurableChain:
    return DurableChain.create(database, name, genesis(*codes), NOW, **options)


def reopened(chain: DurableChain, database: Database, **options: Any) -> DurableChain:
    chain.close()
    return DurableChain(database, chain.name, **options)


def store(chain: DurableChain) -> None:
    with chain.recording():
        pass


def play(chain: Chain, number: int) -> None:
    """One block with a bit of everything."""
    chain.send(to(at(0)))
    if number % 3 == 0:
        chain.send(to(at(1), gas=200_000))
    chain.send(to(NOBODY, value=number))
    chain.seal()


def contents(book: Book) -> dict[str, Any]:
    """What a book knows; not since when its series are kept."""
    return deepcopy({name: value for name, value in everything_in(book).items() if name != "since"})


def execute(database: Database, statement: str) -> None:
    with database.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


# --- opened again


def test_a_chain_opened_again_goes_on_as_one_that_never_stopped(database: Database) -> None:
    plain, chain = Chain(create("pyevm", genesis(COUNTER, EMITTER))), made(database, COUNTER, EMITTER)
    for number in range(1, 13):
        play(plain, number)
        play(chain, number)
        store(chain)
        if number % 4 == 0:
            chain = reopened(chain, database)
        assert chain.head == plain.head
    for number in range(13):
        assert chain.block(number) == plain.block(number) == chain.block(plain.block(number).hash)
        assert chain.receipts(number) == plain.receipts(number)
        assert [chain.receipt(one.hash) for one in chain.receipts(number)] == list(plain.receipts(number))
    assert (chain.nonce(SENDER), chain.balance(NOBODY)) == (plain.nonce(SENDER), sum(range(13)))


def test_every_historic_state_can_be_read_also_after_opening_again(database: Database) -> None:
    chain = made(database, COUNTER, EMITTER)
    for number in range(1, 9):
        play(chain, number)
        store(chain)
    for one in (chain, DurableChain(database, "one")):
        states = [one.state_at(number) for number in range(9)]
        assert [state.balance(NOBODY) for state in states] == [sum(range(n + 1)) for n in range(9)]
        assert [state.storage(at(0), 0) for state in states] == list(range(9))
        assert [state.nonce(SENDER) for state in states] == [2 * n + n // 3 for n in range(9)]
        assert states[0].code(at(0)) == COUNTER
        with pytest.raises(NotFound):
            one.state_at(9)


def test_what_was_not_stored_is_not_there(database: Database) -> None:
    chain = made(database, COUNTER, EMITTER)
    play(chain, 1)
    store(chain)
    head = chain.head
    play(chain, 2)
    assert chain.unsaved
    again = reopened(chain, database)
    assert (again.head, again.unsaved) == (head, False)


def test_several_blocks_can_be_stored_at_once(database: Database) -> None:
    chain = made(database, COUNTER, EMITTER, block_size=2)
    hashes = [chain.send(to(at(0))).hash for _ in range(7)]
    chain.seal()
    store(chain)
    again = reopened(chain, database)
    assert again.head.number == 4
    assert [again.receipt(digest).block for digest in hashes] == [1, 1, 2, 2, 3, 3, 4]


def test_a_block_under_construction_is_not_stored(database: Database) -> None:
    chain = made(database, COUNTER)
    store(chain)
    chain.send(to(at(0)))
    with pytest.raises(EngineError, match="still being built"), database.begin() as connection:
        chain.persist(connection)
    chain.seal()
    store(chain)
    assert reopened(chain, database).head.number == 1


def test_an_unknown_format_is_refused_with_a_clear_message(database: Database) -> None:
    made(database).close()
    execute(database, "UPDATE chains SET format = 99")
    with pytest.raises(Conflict, match="chain 'one' is stored in format 99, this version knows format 1") as caught:
        DurableChain(database, "one")
    assert "version" in (caught.value.do or "")


def test_a_chain_nobody_made_is_not_found_and_none_is_made_twice(database: Database) -> None:
    with pytest.raises(NotFound):
        DurableChain(database, "one")
    made(database).close()
    with pytest.raises(Conflict):
        made(database)


def test_two_chains_do_not_see_each_other(database: Database) -> None:
    first, second = made(database, COUNTER, name="first"), made(database, COUNTER, name="second")
    digest = first.send(to(at(0))).hash
    first.seal()
    store(first)
    with pytest.raises(NotFound):
        second.receipt(digest)
    assert (first.head.number, second.head.number, second.nonce(SENDER)) == (1, 0, 0)
    assert second.send(to(at(0))).hash == digest
    second.seal()
    store(second)
    for one in (reopened(first, database), reopened(second, database)):
        assert (one.receipt(digest).block, one.head.number) == (1, 1)


# --- one transaction for everything


def test_what_fails_to_be_recorded_never_happened(database: Database) -> None:
    teller = Teller(database, fresh=True)
    teller.pay(0, 1, 5)
    head, before = teller.chain.head, contents(teller.kept.book)

    def fail(_: object) -> None:
        raise ZeroDivisionError

    teller.store = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        teller.pay(0, 1, 7)
    assert teller.chain.head != head
    with pytest.raises(ZeroDivisionError), teller.chain.recording():
        raise ZeroDivisionError
    del teller.store  # type: ignore[method-assign]
    assert (teller.chain.head, contents(teller.kept.book)) == (head, before)
    assert teller.chain.balance(ADDRESSES[1]) == 10**6 + 5
    digest = teller.pay(0, 1, 7)
    assert digest is not None
    assert agree(database, [digest]) == 2


def test_a_transaction_of_the_callers_own_is_found_out_when_it_is_over(database: Database) -> None:
    chain = made(database, COUNTER)
    chain.send(to(at(0)))
    chain.seal()
    with database.begin() as connection:
        chain.persist(connection)
        with pytest.raises(EngineError, match="still open"):
            chain.settle()
    chain.settle()
    assert chain.head.number == 1
    chain.send(to(at(0)))
    chain.seal()
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        chain.persist(connection)
        raise ZeroDivisionError
    chain.settle()
    assert (chain.head.number, chain.nonce(SENDER)) == (1, 1)
    assert chain.send(to(at(0))).block == 2


def test_two_processes_on_one_chain_cannot_both_write(database: Database) -> None:
    first, second = made(database, COUNTER), DurableChain(database, "one")
    for chain in (first, second):
        chain.send(to(at(0), value=1 if chain is first else 2))
        chain.seal()
    store(first)
    with pytest.raises(Conflict):
        store(second)
    assert second.head == first.head


# --- going back


def test_a_snapshot_takes_back_blocks_state_receipts_and_books_even_after_opening_again(database: Database) -> None:
    teller = Teller(database, fresh=True)
    chance = random.Random(3)
    for _ in range(6):
        teller.wander(chance)
    with teller.chain.recording() as connection:
        point = teller.chain.snapshot(connection)
    head, before, priors = teller.chain.head, contents(teller.kept.book), dict(teller.kept.memory.priors)
    lost = [digest for _ in range(8) if (digest := teller.wander(chance))]
    teller.chain.close()
    again = Teller(database)
    with again.chain.recording() as connection:
        again.chain.revert(connection, point)
    for one in (again, Teller(database)):
        assert (one.chain.head, contents(one.kept.book)) == (head, before)
        assert one.kept.memory.priors == priors
        for digest in lost:
            with pytest.raises(NotFound):
                one.chain.receipt(digest)
    with pytest.raises(NotFound, match="snapshot 1 is gone"), again.chain.recording() as connection:
        again.chain.revert(connection, point)
    assert again.chain.head == head


def test_after_going_back_the_chain_grows_as_if_it_had_never_gone_astray(database: Database) -> None:
    plain, chain = Chain(create("pyevm", genesis(COUNTER, EMITTER))), made(database, COUNTER, EMITTER)
    for one in (plain, chain):
        play(one, 1)
        one.advance(1_000)
    with chain.recording() as connection:
        first, second = chain.snapshot(connection), chain.snapshot(connection)
    for number in (2, 3):
        chain.advance(60)
        play(chain, number * 10)
        store(chain)
    chain.send(to(NOBODY, value=1))
    with chain.recording() as connection:
        chain.revert(connection, first)
    with pytest.raises(NotFound), chain.recording() as connection:
        chain.revert(connection, second)
    for number in (2, 3):
        play(plain, number)
        play(chain, number)
        store(chain)
    assert chain.head == plain.head
    assert reopened(chain, database).receipts(3) == plain.receipts(3)


def test_py_evm_reads_the_store_as_a_chain_also_after_going_back(database: Database) -> None:
    from eth.chains.base import Chain as PlainChain
    from eth.db.atomic import AtomicDB
    from eth.db.backends.memory import MemoryDB
    from eth.exceptions import HeaderNotFound, TransactionNotFound
    from eth.vm.forks.prague import PragueVM

    chain = made(database, COUNTER, EMITTER)
    play(chain, 1)
    with chain.recording() as connection:
        point = chain.snapshot(connection)
    gone = chain.send(to(NOBODY, value=9)).hash
    chain.seal()
    store(chain)
    with chain.recording() as connection:
        chain.revert(connection, point)
    kind = PlainChain.configure(__name__="Plain", vm_configuration=((0, PragueVM),), chain_id=chain.engine.chain_id)
    for one in (chain, DurableChain(database, "one")):
        plain = kind(AtomicDB(MemoryDB(one.store)))
        assert plain.get_canonical_head().hash == chain.head.hash
        assert [sent.hash for sent in plain.get_canonical_block_by_number(1).transactions] == list(chain.head.transactions)
        with pytest.raises(HeaderNotFound):
            plain.get_canonical_block_header_by_number(2)
        with pytest.raises(TransactionNotFound):
            plain.get_canonical_transaction(gone)


def test_going_back_can_itself_be_taken_back(database: Database) -> None:
    chain = made(database, COUNTER, EMITTER)
    with chain.recording() as connection:
        point = chain.snapshot(connection)
    play(chain, 1)
    store(chain)
    head = chain.head
    with pytest.raises(ZeroDivisionError), chain.recording() as connection:
        chain.revert(connection, point)
        assert chain.head.number == 0
        raise ZeroDivisionError
    assert (chain.head, chain.nonce(SENDER)) == (head, 2)


# --- time


def test_blocks_have_the_time_of_the_clock_and_never_an_earlier_one(database: Database) -> None:
    now = START + 100
    chain = made(database, clock=lambda: now)
    assert chain.send(to(NOBODY)).timestamp == now
    chain.seal()
    assert chain.send(to(NOBODY)).timestamp == now + 1
    chain.seal()
    now = START + 50
    assert chain.send(to(NOBODY)).timestamp == START + 102
    chain.seal()
    store(chain)
    now = START + 200
    chain = reopened(chain, database, clock=lambda: now)
    assert chain.send(to(NOBODY)).timestamp == now


def test_a_view_sees_the_present_time(database: Database) -> None:
    now = START + 100
    chain = made(database, asm("TIMESTAMP", 0, "MSTORE", 32, 0, "RETURN"), clock=lambda: now)
    for now in (START + 100, START + 300):
        assert int.from_bytes(chain.view(at(0), b"").output, "big") == now


def test_time_travel_lasts(database: Database) -> None:
    now = START + 100
    chain = made(database, clock=lambda: now)
    chain.send(to(NOBODY))
    chain.advance(86_400)
    store(chain)
    now += 10
    chain = reopened(chain, database, clock=lambda: now)
    assert chain.send(to(NOBODY)).timestamp == now + 86_400
    without = made(database, name="two")
    without.advance(500)
    store(without)
    assert reopened(without, database).timestamp == START + 501


# --- logs


def places(chain: DurableChain, **query: Any) -> list[tuple[int, int, bytes]]:
    return [(r.block, r.index, log.data) for r, log in chain.logs(LogQuery(**{"first": 0, "last": 99, **query}))]


def test_logs_are_found_by_block_address_and_topics(database: Database) -> None:
    chain = made(database, COUNTER, EMITTER, EMITTER)
    for number in range(1, 7):
        play(chain, number)
    chain.send(to(at(2)))
    chain.seal()
    store(chain)
    word = {number: number.to_bytes(32, "big") for number in (7, 8, 9)}
    one, two = bytes.fromhex(at(1)[2:]), bytes.fromhex(at(2)[2:])
    assert places(chain) == [(n, i, data) for n, i in ((3, 1), (6, 1), (7, 0)) for data in (b"one", b"")]
    assert places(chain, addresses=(two,)) == [(7, 0, b"one"), (7, 0, b"")]
    assert places(chain, addresses=(one, two), first=4, last=6) == [(6, 1, b"one"), (6, 1, b"")]
    assert places(chain, topics=((word[9],),)) == [(3, 1, b""), (6, 1, b""), (7, 0, b"")]
    assert places(chain, topics=((word[7], word[9]), (word[8],))) == [(3, 1, b"one"), (6, 1, b"one"), (7, 0, b"one")]
    assert places(chain, topics=((), ())) == places(chain, topics=((word[7],),))
    assert places(chain, topics=((),) * 5) == []
    assert places(chain, most=2) == [(3, 1, b"one"), (3, 1, b"")]


# --- books


def test_a_book_knows_after_opening_again_what_it_knew(database: Database) -> None:
    teller, chance = Teller(database, fresh=True, window=None), random.Random(5)
    for _ in range(30):
        teller.wander(chance)
    teller.kept.notes["deployed", "Token"] = "0x01"
    store(teller.chain)
    known, priors = contents(teller.kept.book), dict(teller.kept.memory.priors)
    teller.chain.close()
    again = Teller(database, window=None)
    assert contents(again.kept.book) == known
    assert (again.kept.memory.priors, again.kept.notes) == (priors, {("deployed", "Token"): "0x01"})
    assert again.chain.book(NAME) is again.kept


def test_a_book_stands_as_it_stood_after_any_block(database: Database) -> None:
    teller, chance = Teller(database, fresh=True), random.Random(6)
    stood = [dict(teller.kept.book.balances)]
    for _ in range(12):
        if teller.wander(chance):
            stood.append(dict(teller.kept.book.balances))
    with database.read() as connection:
        books = BookRepository(connection, 1)
        for block, balances in enumerate(stood):
            rows = {row.key: int(row.value) for row in books.rows_after(NAME, block) if row.kind == "balance"}
            assert rows == {f'["{asset}","{who}"]': amount for (asset, who), amount in balances.items()}


def test_a_refused_payment_is_remembered_and_leaves_no_block(database: Database) -> None:
    teller = Teller(database, fresh=True)
    assert teller.pay(0, 1, MOST + 1) is None
    teller.chain.close()
    again = Teller(database)
    assert (again.chain.head.number, again.kept.book.transactions) == (0, 0)
    assert list(again.kept.memory.priors) == [("max_tx_amount", "C-0")]


def test_a_book_is_read_no_further_back_than_its_window_and_further_when_asked(database: Database) -> None:
    teller = Teller(database, fresh=True)
    for amount in (1, 2, 4):
        teller.pay(0, 1, amount)
        teller.chain.advance(WINDOW // 2)
    store(teller.chain)
    again = Teller(database)
    book, now = again.kept.book, again.chain.timestamp
    assert len(book.pilot_volume) == 2
    price = again.policy.assets[ZERO_ADDRESS].price
    assert book.within(book.pilot_volume, now, WINDOW) == 4 * price
    with pytest.raises(InputError, match="further back"):
        book.within(book.pilot_volume, now, 3 * WINDOW)
    wider = again.chain.book(NAME, 4 * WINDOW)
    assert wider is again.kept
    assert wider.book.within(wider.book.pilot_volume, now, 3 * WINDOW) == 7 * price


def test_a_book_with_news_is_not_read_again(database: Database) -> None:
    teller = Teller(database, fresh=True)
    teller.kept.memory.note([("max_clients", "")], START)
    with pytest.raises(EngineError, match="not stored yet"):
        teller.chain.book(NAME, 2 * WINDOW)


# --- damage


@pytest.mark.parametrize(
    ("statement", "look"),
    [
        ("UPDATE chain_blocks SET header = x'c0' WHERE number = 1", lambda one: one.chain.block(1)),
        ("UPDATE chain_transactions SET receipt = '[]'", lambda one: one.chain.receipts(1)),
        ("UPDATE chain_transactions SET receipt = 'nonsense'", lambda one: one.chain.receipts(1)),
        ("UPDATE book_facts SET value = 'much' WHERE kind = 'balance'", lambda one: None),
        ("UPDATE book_facts SET key = '{' WHERE kind = 'total'", lambda one: None),
        ("UPDATE book_facts SET kind = 'rumour' WHERE kind = 'balance'", lambda one: None),
        ("UPDATE book_series SET kind = 'exposure' WHERE kind = 'gas'", lambda one: None),
        ("DELETE FROM chain_blocks", lambda one: None),
        ("DELETE FROM chain_nodes WHERE length(key) = 32", lambda one: one.chain.state_at(1).balance(ADDRESSES[1])),
    ],
)
def test_a_damaged_database_is_told_of_in_the_sandboxs_words(
    database: Database, statement: str, look: Callable[[Teller], object]
) -> None:
    teller = Teller(database, fresh=True)
    for _ in range(2):
        teller.pay(0, 1, 3)
    teller.chain.close()
    execute(database, statement)
    with pytest.raises((VerificationFailed, EngineError)):
        look(Teller(database))
