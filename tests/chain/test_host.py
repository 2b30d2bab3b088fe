"""Many chains: a shared one by default, others when somebody makes them, none sees another, only so many are open."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.chain.host import SHARED, ChainHost
from sandbox.errors import Conflict, EngineError, InputError, NotFound
from sandbox.storage.database import Database
from tests.chain.teller import NOW
from tests.engines.contract import COUNTER, NOBODY, SENDER, START, at, genesis, to


def host_on(database: Database, **options: Any) -> ChainHost:
    return ChainHost(database, lambda: genesis(COUNTER), clock=lambda: START + 50, now=lambda: NOW, **options)


@pytest.fixture
def host(database: Database) -> Iterator[ChainHost]:
    made = host_on(database)
    yield made
    made.close()


def send(host: ChainHost, name: str = SHARED) -> int:
    """A transaction in a block of its own, stored; the block's number."""
    with host.use(name) as chain:
        chain.send(to(at(0)))
        block = chain.seal()
        with chain.recording():
            pass
        return block.number


def test_the_shared_chain_is_there_when_it_is_first_used(host: ChainHost) -> None:
    assert host.names() == []
    assert [send(host), send(host)] == [1, 2]
    assert host.names() == [SHARED]
    with host.use() as chain:
        assert (chain.head.timestamp, chain.nonce(SENDER)) == (START + 51, 2)


def test_a_chain_of_ones_own_is_isolated(host: ChainHost) -> None:
    with pytest.raises(NotFound), host.use("own"):
        pass
    host.create("own", genesis(COUNTER))
    with pytest.raises(Conflict):
        host.create("own", genesis())
    assert [send(host), send(host, "own"), send(host)] == [1, 1, 2]
    with host.use("own") as chain:
        assert (chain.head.number, chain.state_at(1).storage(at(0), 0)) == (1, 1)
    assert host.names() == ["own", SHARED]


def test_chains_are_there_again_for_the_next_host(database: Database, host: ChainHost) -> None:
    send(host)
    host.close()
    with pytest.raises(EngineError), host.use():
        pass
    assert send(host_on(database)) == 2


def test_what_a_user_leaves_unstored_never_happened(host: ChainHost) -> None:
    send(host)
    with host.use() as chain:
        chain.send(to(NOBODY, value=1))
    with pytest.raises(ZeroDivisionError), host.use() as chain:
        chain.send(to(NOBODY, value=1))
        chain.seal()
        raise ZeroDivisionError
    with host.use() as chain, pytest.raises(InputError):
        chain.send(to(NOBODY, nonce=99))
    with host.use() as chain:
        assert (chain.head.number, chain.balance(NOBODY), chain.unsaved) == (1, 0, False)


def test_only_so_many_chains_are_open_and_every_one_can_be_used(database: Database) -> None:
    host = host_on(database, most=2)
    names = [f"chain-{number}" for number in range(5)]
    for name in names:
        host.create(name, genesis(COUNTER))
    for round in (1, 2):
        assert [send(host, name) for name in names] == [round] * 5
        assert len(host._slots) == 2
    with host.use(names[0]), host.use(names[1]), host.use(names[2]):
        assert len(host._slots) == 3
    assert len(host._slots) == 2
    host.close()


def test_users_of_one_chain_wait_for_each_other(host: ChainHost) -> None:
    host.create("own", genesis(COUNTER))
    names = [SHARED, "own"] * 10
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda name: send(host, name), names))
    assert sorted(numbers[::2]) == sorted(numbers[1::2]) == list(range(1, 11))


def test_what_another_process_stored_is_there_for_the_next_user_and_meanwhile_a_conflict(
    database: Database, host: ChainHost
) -> None:
    other = host_on(database)
    assert [send(host), send(other), send(host), send(other)] == [1, 2, 3, 4]
    with pytest.raises(Conflict), host.use() as chain:
        chain.send(to(at(0)))
        chain.seal()
        send(other)
        with chain.recording():
            pass
    assert send(host) == 6, "block 5 is the other's"
    other.close()
