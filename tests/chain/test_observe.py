"""What the chain saw becomes token movements and measured facts, and spoofed events become nothing."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from sandbox.chain.observe import Observer
from sandbox.domain.effects import Effects, Log, Standard
from sandbox.domain.pilot import Measure, parse_event
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Execution

ASSET, STRANGER = Address("0x" + "aa" * 20), Address("0x" + "bb" * 20)
CALLER, ALICE, BOB = (Address("0x" + letter * 40) for letter in "123")
TRANSFER = keccak(b"Transfer(address,address,uint256)")
SINGLE = keccak(b"TransferSingle(address,address,address,uint256,uint256)")
BATCH = keccak(b"TransferBatch(address,address,address,uint256[],uint256[])")


def word(value: int | str) -> bytes:
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")


def log(emitter: Address, *topics: bytes, data: bytes = b"", index: int = 0) -> Log:
    return Log(index, emitter, topics, data)


def observed(observer: Observer, *logs: Log) -> Effects:
    execution = Execution(
        b"h" * 32, b"", CALLER, ASSET, 0, BaseUnits(0), b"", 1, 0, 1, b"", None, None, (), logs, (), (), (), ()
    )  # fmt: skip
    return observer.observe(execution, 5, 1_000, None, "R-1")


def moves(standard: Standard, *logs: Log) -> list[tuple[object, ...]]:
    observer = Observer()
    observer.watch_asset(ASSET, standard)
    effects = observed(observer, *logs)
    return [(m.token_id, m.sender, m.receiver, m.amount, m.operator) for m in effects.tokens]


@pytest.mark.parametrize("standard", [Standard.ERC20, Standard.ERC4626])
def test_a_fungible_transfer_has_three_topics(standard: Standard) -> None:
    assert moves(standard, log(ASSET, TRANSFER, word(ALICE), word(BOB), data=word(7))) == [(None, ALICE, BOB, 7, CALLER)]


def test_a_non_fungible_transfer_has_four_topics() -> None:
    assert moves(Standard.ERC721, log(ASSET, TRANSFER, word(ALICE), word(BOB), word(9))) == [(9, ALICE, BOB, 1, CALLER)]


def test_one_topic_too_many_or_too_few_is_no_transfer() -> None:
    fungible = log(ASSET, TRANSFER, word(ALICE), word(BOB), data=word(7))
    unique = log(ASSET, TRANSFER, word(ALICE), word(BOB), word(9))
    assert moves(Standard.ERC721, fungible) == moves(Standard.ERC20, unique) == []
    assert moves(Standard.ERC20, log(ASSET, TRANSFER, word(ALICE), word(BOB), data=b"\x07")) == []


def test_single_and_batch_movements_are_expanded_into_legs() -> None:
    who = (word(CALLER), word(ALICE), word(BOB))
    single = log(ASSET, SINGLE, *who, data=encode(["uint256", "uint256"], [1, 10]))
    batch = log(ASSET, BATCH, *who, data=encode(["uint256[]", "uint256[]"], [[2, 3], [20, 30]]))
    assert moves(Standard.ERC1155, single, batch) == [
        (1, ALICE, BOB, 10, CALLER),
        (2, ALICE, BOB, 20, CALLER),
        (3, ALICE, BOB, 30, CALLER),
    ]


def test_a_batch_that_cannot_be_read_moves_nothing() -> None:
    assert moves(Standard.ERC1155, log(ASSET, BATCH, word(CALLER), word(ALICE), word(BOB), data=b"\xff" * 64)) == []


def test_an_unregistered_contract_can_say_what_it_likes() -> None:
    spoofed = log(STRANGER, TRANSFER, word(ALICE), word(BOB), data=word(7))
    assert moves(Standard.ERC20, spoofed) == []


DRAWN = Measure(
    name="loan",
    event=parse_event("LoanDrawn(address indexed borrower, uint256 principal, string note)"),
    contract=None,
    client="borrower",
    amount="principal",
    sign=-1,
    to="exposure",
    unit=None,
)


def test_a_declared_measure_is_read_from_its_event() -> None:
    observer = Observer()
    observer.watch_measures(ASSET, [DRAWN])
    topic = keccak(b"LoanDrawn(address,uint256,string)")
    drawn = log(ASSET, topic, word(ALICE), data=encode(["uint256", "string"], [40, "x"]), index=6)
    (fact,) = observed(observer, drawn).measured
    assert (fact.measure, fact.to, fact.client, fact.amount, fact.log_index) == ("loan", "exposure", ALICE, -40, 6)


def test_a_measure_counts_only_from_the_contract_and_in_the_shape_that_was_declared() -> None:
    observer = Observer()
    observer.watch_measures(ASSET, [DRAWN])
    topic, data = keccak(b"LoanDrawn(address,uint256,string)"), encode(["uint256", "string"], [40, "x"])
    wrong = [
        log(STRANGER, topic, word(ALICE), data=data),
        log(ASSET, topic, data=data),
        log(ASSET, topic, word(ALICE), data=b"\xff"),
        log(ASSET),
    ]
    assert observed(observer, *wrong).measured == ()


def test_effects_carry_block_time_and_request() -> None:
    effects = observed(Observer())
    assert (effects.block, effects.timestamp, effects.request, effects.succeeded) == (5, 1_000, "R-1", True)
