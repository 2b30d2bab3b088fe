"""The chain: receipts and transactions found at once, blocks that fill and seal, time that only the caller moves. In memory and
in a database alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from sandbox.chain.chain import Chain
from sandbox.chain.codec import Interface
from sandbox.chain.durable import DurableChain
from sandbox.domain.effects import Standard
from sandbox.engines import create
from sandbox.errors import EngineError, InputError, NotFound
from sandbox.storage.database import Database
from tests.engines.assembler import asm, logging, reverting
from tests.engines.contract import COUNTER, NOBODY, SENDER, START, at, genesis, to

TRANSFER = int.from_bytes(keccak(b"Transfer(address,address,uint256)"), "big")
TOKEN = logging(TRANSFER, 1, 2, data=(9).to_bytes(32, "big")) + asm("STOP")
DENIED = keccak(b"Denied()")[:4]


Make = Callable[..., Chain]


@pytest.fixture(params=["memory", "database"])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes chains of its own."""
    if request.param == "memory":
        yield lambda *codes, block_size=100: Chain(create("pyevm", genesis(*codes)), block_size=block_size)
        return
    database, names, now = Database.open(f"sqlite:///{tmp_path}/sandbox.db"), count(), "2027-01-01T00:00:00Z"
    made: list[Chain] = []

    def make(*codes: bytes, block_size: int = 100) -> Chain:
        made.append(DurableChain.create(database, f"chain-{next(names)}", genesis(*codes), now, block_size=block_size))
        return made[-1]

    yield make
    for one in made:
        one.close()
    database.close()


def test_a_sent_transaction_is_observed_and_has_a_receipt(chain: Make) -> None:
    one = chain(TOKEN)
    one.observer.watch_asset(at(0), Standard.ERC20)
    first, second = one.send(to(at(0), value=3)), one.send(to(at(0)), request="R-7")
    assert [move.amount for move in second.tokens] == [9]
    assert (second.block, second.timestamp, second.request) == (1, START + 1, "R-7")
    receipt = one.receipt(second.hash)
    assert (receipt.block, receipt.index, receipt.first_log, receipt.succeeded) == (1, 1, 1, True)
    assert receipt.cumulative_gas == first.gas_used + second.gas_used
    assert (one.balance(at(0)), one.nonce(SENDER)) == (3, 2)
    block = one.seal()
    assert one.receipt(second.hash) == receipt
    assert one.receipts(1) == (one.receipt(first.hash), receipt)
    assert one.block(block.hash) == one.block(1) == one.head == block


def test_a_reverted_transaction_says_why_and_still_has_a_receipt(chain: Make) -> None:
    one = chain(reverting(DENIED))
    one.contracts.add(at(0), "Gate", Interface("Gate", [{"type": "error", "name": "Denied", "inputs": []}]))
    effects = one.send(to(at(0)))
    assert effects.reverted is not None
    assert effects.reverted.error == "Denied"
    assert not one.receipt(effects.hash).succeeded


def test_what_is_not_kept_was_never_there(chain: Make) -> None:
    one, plain = chain(COUNTER), chain(COUNTER)
    with one.anchor():
        refused = one.send(to(at(0)))
    with pytest.raises(NotFound):
        one.receipt(refused.hash)
    assert one.receipts(1) == ()
    assert one.send(to(at(0), value=1)) == plain.send(to(at(0), value=1))
    assert one.seal() == plain.seal()


def test_what_is_kept_is_there(chain: Make) -> None:
    one = chain(COUNTER)
    with one.anchor() as keep:
        effects = one.send(to(at(0)))
        assert one.view(at(0), b"").output == (2).to_bytes(32, "big")
        keep()
    assert one.receipt(effects.hash).succeeded
    assert one.view(at(0), b"").output == (2).to_bytes(32, "big")


def test_an_inner_anchor_is_kept_only_if_the_outer_one_is(chain: Make) -> None:
    one = chain(COUNTER)
    with one.anchor():
        with one.anchor() as keep:
            inner = one.send(to(at(0)))
            keep()
    with pytest.raises(NotFound):
        one.receipt(inner.hash)
    with one.anchor() as keep:
        with one.anchor():
            one.send(to(at(0)))
        kept = one.send(to(NOBODY))
        keep()
    assert one.receipts(1) == (one.receipt(kept.hash),)


def test_an_exception_in_an_anchor_takes_everything_back(chain: Make) -> None:
    one = chain(COUNTER)
    with pytest.raises(InputError), one.anchor() as keep:
        one.send(to(at(0)))
        keep()
        one.send(to(at(0), nonce=99))
    assert one.receipts(1) == ()
    assert one.nonce(SENDER) == 0


def test_a_full_block_is_sealed_before_the_next_transaction(chain: Make) -> None:
    one = chain(block_size=2)
    sent = [one.send(to(NOBODY)) for _ in range(5)]
    assert [effects.block for effects in sent] == [1, 1, 2, 2, 3]
    assert [one.receipt(effects.hash).index for effects in sent] == [0, 1, 0, 1, 0]
    assert one.head.number == 2


def test_a_block_cannot_be_sealed_in_the_middle_of_a_judgement(chain: Make) -> None:
    one = chain()
    with one.anchor(), pytest.raises(EngineError):
        one.seal()


def test_time_advances_by_what_it_is_told(chain: Make) -> None:
    one = chain()
    one.advance(86_400)
    assert one.timestamp == START + 1 + 86_400
    one.send(to(NOBODY))
    one.advance(10)
    assert one.head.timestamp == START + 1 + 86_400
    assert one.timestamp == START + 2 + 86_400 + 10
    with pytest.raises(InputError):
        one.advance(-100)


def test_an_unknown_block_is_not_found(chain: Make) -> None:
    one = chain()
    for key in (1, -1, b"\0" * 32):
        with pytest.raises(NotFound):
            one.block(key)
    one.close()
