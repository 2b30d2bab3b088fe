"""Reading a log back: effects come back as they were recorded, and a run's beginning from its first entry alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain import recording, replaying
from sandbox.domain.book import Book
from sandbox.domain.canonical import canonical
from sandbox.domain.effects import (
    CREATING,
    Creation,
    Effects,
    Frame,
    FrameKind,
    Log,
    Measured,
    NativeMove,
    OpcodeUse,
    Reverted,
    Standard,
    StorageWrite,
    TokenMove,
)
from sandbox.domain.events import body
from sandbox.domain.limits import Count, Mode
from sandbox.domain.policy import Party, PartyKind
from sandbox.domain.rules_privileged import UPGRADE_SLOTS
from sandbox.domain.supervision import judge
from sandbox.domain.units import Address, BaseUnits, parse_money
from sandbox.errors import InputError
from tests.domain.builders import ALICE, TOKEN, policy, transaction
from tests.domain.recorded import started

words = st.integers(0, 2**256 - 1)
small = st.integers(0, 2**40)
blobs = st.binary(max_size=70)
addresses = st.integers(0, 2**160 - 1).map(lambda number: Address(f"0x{number:040x}"))
slots = st.sampled_from(sorted(UPGRADE_SLOTS)) | small
frames = st.builds(
    Frame, st.just(0), st.just(-1), st.integers(0, 9), st.sampled_from(FrameKind), addresses, addresses, addresses,
    words.map(BaseUnits), small, small, blobs, blobs, st.none() | st.just("Revert"), st.booleans(),
)  # fmt: skip
logs = st.builds(Log, small, addresses, st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple), blobs)
moves = st.builds(
    TokenMove, addresses, st.sampled_from(Standard), st.none() | words, addresses, addresses, words.map(BaseUnits), addresses,
    small,
)  # fmt: skip
all_effects = st.builds(
    Effects,
    hash=st.binary(min_size=32, max_size=32),
    block=small,
    timestamp=small,
    sender=addresses,
    target=st.none() | addresses,
    nonce=small,
    value=words.map(BaseUnits),
    data=blobs,
    gas_limit=small,
    gas_used=small,
    reverted=st.none() | st.builds(Reverted, st.sampled_from(["", "Error", "Panic", "Own"]), st.just(("a", "b")), blobs),
    output=blobs,
    created=st.none() | addresses,
    frames=st.lists(frames, max_size=4).map(tuple),
    logs=st.lists(logs, max_size=3).map(tuple),
    native=st.lists(st.builds(NativeMove, addresses, addresses, words.map(BaseUnits), small), max_size=3).map(tuple),
    tokens=st.lists(moves, max_size=3).map(tuple),
    creations=st.just(()),
    opcodes=st.lists(st.builds(OpcodeUse, st.just("CREATE2"), addresses, small, small), max_size=2).map(tuple),
    writes=st.lists(st.builds(StorageWrite, addresses, slots, words), max_size=3).map(tuple),
    measured=st.lists(
        st.builds(Measured, st.just("drawn"), st.just("exposure"), addresses, st.integers(-(2**256), 2**256), small), max_size=2
    ).map(tuple),
    request=st.none() | st.text(max_size=9),
)


def through_the_log(effects: Effects, **more: Any) -> dict[str, Any]:
    """The entry's body as it comes out of the log again."""
    judgement = judge(policy(max_clients=Count(10**9)), Book(), effects)
    entry = recording.transaction(1, "alice", "Token.transfer", ["1"], effects, judgement, **more)
    read: dict[str, Any] = json.loads(canonical(body(entry)))
    return read


def known(effects: Effects) -> Effects:
    """Effects without what the log does not hold: hashes of created code, a revert's parts, slots no rule looks at."""
    made = (frame for frame in effects.frames if frame.kind in CREATING and frame.committed)
    return replace(
        effects,
        output=effects.frames[0].output if effects.frames else b"",
        reverted=None if effects.reverted is None else Reverted("Error", (str(effects.reverted),)),
        creations=tuple(Creation(f.caller, f.target, b"", len(f.output), b"", len(f.data), f.index) for f in made),
        writes=tuple(write for write in effects.writes if write.slot in UPGRADE_SLOTS),
    )


@given(all_effects)
def test_what_is_recorded_reads_back_as_it_was(effects: Effects) -> None:
    assert replaying.effects(through_the_log(effects)) == known(effects)


def test_a_deployment_tells_what_it_brings() -> None:

    deploys = {"instance": "Token", "contract": "Token", "interface": "Token"}
    assert through_the_log(transaction(), deploys=deploys)["deploys"] == deploys
    assert through_the_log(transaction())["deploys"] is None


def test_the_beginning_of_a_run_is_read_from_its_first_entry() -> None:
    begun = replaying.opening(started(max_tx_amount="3000 CNY"))
    assert begun.limits.bound("max_tx_amount") is not None and begun.limits.currency == "CNY"
    assert begun.limits.limits["max_tx_amount"].mode is Mode.ENFORCE
    assert begun.parties[ALICE] == Party(PartyKind.CLIENT, "C-alice", "qualified", "CN")
    assert begun.roles == {"issuer": frozenset({"mint"})}
    assert begun.assets["shares"].contract == "Token"
    assert begun.assets["shares"].rule.price == parse_money("10 CNY").value
    assert begun.assets["ether"].contract is None
    assert begun.natives == (("C-alice", ALICE, BaseUnits(7)),)
    assert begun.code["Token"].functions[b"\x01\x02\x03\x04"] == "transfer"
    assert TOKEN not in begun.parties


@pytest.mark.parametrize("gone", ["bounds", "code"])
def test_a_log_from_before_it_held_enough_is_refused_and_not_guessed_at(gone: str) -> None:
    entry = started(max_tx_amount="3000 CNY")
    del entry[gone]
    with pytest.raises(InputError, match="before logs held enough"):
        replaying.opening(entry)


def test_another_entry_is_not_the_beginning_of_a_run() -> None:
    with pytest.raises(InputError):
        replaying.opening({"type": "block_sealed"})


def test_worths_are_exact() -> None:
    assert replaying.worth("0.000000000000000001", "CNY") == 10**18
