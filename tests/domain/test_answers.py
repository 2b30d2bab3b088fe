"""What assets answer on a sealed block: decimals, owners, rebases; tokens nobody listed; exposures that grew unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, Log, Standard, TokenMove
from sandbox.domain.grading import Memory
from sandbox.domain.limits import Amount, Bound, Grade, Required
from sandbox.domain.policy import Policy
from sandbox.domain.rules_money import grown_unasked
from sandbox.domain.rules_parties import MOVING_EVENTS
from sandbox.domain.supervision import AssetProbe, Finding, Sighting, judge_block, judge_fact
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from tests.domain.builders import (
    ALICE,
    ALICE2,
    BOB,
    ISSUER,
    MALLORY,
    NEW,
    START,
    TOKEN,
    VAULT,
    book_of,
    cny,
    findings,
    mint,
    move,
    policy,
    transaction,
)

HONEST = policy(supply_integrity=Required(True))


def under(**asset: object) -> Policy:
    return HONEST.with_asset(TOKEN, replace(HONEST.assets[TOKEN], **asset))  # type: ignore[arg-type]


def seen(rules: Policy, book: Book, probe: AssetProbe) -> tuple[Finding, ...]:
    return judge_block(rules, book, Sighting(START, assets=(probe,)))


def history(alice: int = 50, bob: int = 30) -> Book:
    return book_of(transaction(mint(ALICE, alice), mint(BOB, bob), sender=ISSUER))


def answer(alice: int, bob: int, supply: int | None = None, **more: object) -> AssetProbe:
    total = alice + bob if supply is None else supply
    probe = AssetProbe(TOKEN, "shares", total, {ALICE: alice, BOB: bob}, everyone=True)
    return replace(probe, **more)  # type: ignore[arg-type]


# --- decimals


@pytest.mark.parametrize(
    ("declared", "answered", "found"),
    [(0, 0, False), (18, 18, False), (18, 0, True), (0, 18, True), (18, None, False), (None, 18, False), (None, None, False)],
)
def test_decimals_are_what_the_manifest_declares_where_both_say(
    declared: int | None, answered: int | None, found: bool
) -> None:
    told = seen(under(decimals=declared), history(), answer(50, 30, decimals=answered))
    expected = [(f"{answered} decimals", f"{declared} decimals", Grade.S4)] if found else []
    assert [(one.observed, one.bound, one.grade) for one in told] == expected


# --- owners


def deed(sender: Address, receiver: Address, token: int) -> TokenMove:
    return TokenMove(TOKEN, Standard.ERC721, token, sender, receiver, BaseUnits(1), sender, 0)


def titles() -> Book:
    """Number 1 went from alice to bob, number 2 was burnt."""
    made = transaction(deed(ZERO_ADDRESS, ALICE, 1), deed(ZERO_ADDRESS, ALICE, 2), sender=ISSUER)
    return book_of(made, transaction(deed(ALICE, BOB, 1), deed(ALICE, ZERO_ADDRESS, 2)))


@pytest.mark.parametrize(
    ("owners", "found"),
    [
        ({1: BOB, 2: None}, []),
        ({1: BOB, 2: ZERO_ADDRESS}, []),
        ({1: ALICE}, [(ALICE, BOB)]),
        ({1: None}, [("nobody", BOB)]),
        ({2: ALICE}, [(ALICE, ZERO_ADDRESS)]),
        ({3: MALLORY}, [(MALLORY, ZERO_ADDRESS)]),
        ({3: None}, []),
        ({}, []),
    ],
)
def test_a_token_is_owned_by_whom_its_transfers_made_its_owner(
    owners: dict[int, Address | None], found: list[tuple[str, str]]
) -> None:
    told = seen(HONEST, titles(), AssetProbe(TOKEN, "shares", None, {}, owners=owners))
    assert [(one.observed, one.bound) for one in told] == found
    assert all(one.grade is Grade.S4 for one in told)


# --- rebases

REBASING = under(rebasing=True)


@pytest.mark.parametrize(
    ("probe", "found"),
    [
        (answer(100, 60), 0),
        (answer(25, 15), 0),
        (answer(0, 0), 0),
        (answer(53, 32), 0),  # 52.5 and 31.5, rounded
        (answer(60, 30), 2),  # ten for alice alone
        (answer(50, 40), 2),
        (answer(0, 80), 2),  # hers is his now
        (answer(50, 30, 90), 1),  # ten more than anybody holds
        (answer(50, 30, 90, everyone=False), 0),
        (answer(50, 30, 82), 0),
    ],
)
def test_a_rebase_scales_everybody_alike(probe: AssetProbe, found: int) -> None:
    assert len(seen(REBASING, history(), probe)) == found


def test_whoever_holds_nothing_gets_nothing_of_a_rebase() -> None:
    probe = AssetProbe(TOKEN, "shares", 165, {ALICE: 100, BOB: 60, MALLORY: 5}, everyone=True)
    assert MALLORY in " ".join(one.detail for one in seen(REBASING, history(), probe))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 400))
def test_a_rebase_that_rounds_down_is_never_found(alice: int, bob: int, percent: int) -> None:
    probe = answer(alice * percent // 100, bob * percent // 100)
    assert seen(REBASING, history(alice, bob), probe) == ()


@given(st.integers(10, 10**6), st.integers(10, 10**6), st.integers(100, 400), st.integers(8, 10**6))
def test_a_mint_on_top_of_a_rebase_is_always_found(alice: int, bob: int, percent: int, extra: int) -> None:
    """Of equal holders half of it shows on either side, so it must be worth more than the rounding of both."""
    bob = alice
    probe = answer(alice * percent // 100 + extra, bob * percent // 100)
    assert len(seen(REBASING, history(alice, bob), probe)) == 2


# --- exposures that grew without a transaction


def grown(before: dict[str, int], total: int, book: Book, **bounds: Bound) -> list[tuple[str, object, str, bool]]:
    readings = grown_unasked(policy(**bounds), book, {who: cny(n).value for who, n in before.items()}, cny(total).value)
    return [(code, reading.observed, reading.who, reading.breached) for code, reading in readings]


ONE, ALL = {"max_client_exposure": Amount(cny(400))}, {"max_total_exposure": Amount(cny(700))}
"""Alice's 50 shares are worth 500, bob's 30 are worth 300."""


def test_a_client_whose_exposure_grew_past_the_bound_is_found_and_nobody_else() -> None:
    expected = [("max_client_exposure", cny(500).value, "C-alice", True)]
    assert grown({"C-alice": 390, "C-bob": 200}, 800, history(), **ONE) == expected
    assert grown({"C-alice": 450}, 800, history(), **ONE) == expected  # it was past it, and grew


@pytest.mark.parametrize("before", [500, 501, 10_000])
def test_one_that_was_past_it_and_did_not_grow_is_not_found_anew(before: int) -> None:
    assert grown({"C-alice": before}, 800, history(), **ONE) == []


def test_reaching_the_bound_is_not_passing_it() -> None:
    assert grown({"C-bob": 0}, 0, history(), max_client_exposure=Amount(cny(300))) == []
    assert len(grown({"C-bob": 0}, 0, history(), max_client_exposure=Amount(cny(299)))) == 1


@pytest.mark.parametrize(("before", "found"), [(650, True), (750, True), (800, False), (900, False)])
def test_all_together_are_found_if_they_grew_past_theirs(before: int, found: bool) -> None:
    assert grown({}, before, history(), **ALL) == [("max_total_exposure", cny(800).value, "", True)] * found


@pytest.mark.parametrize(
    ("issued", "bound", "found"),
    [
        (70, 700, True),
        (70, 799, True),
        (70, 800, False),  # reaching it is not passing it
        (79, 0, True),  # it was past it, and grew
        (80, 700, False),  # it was past it, and did not grow
        (90, 700, False),
    ],
)
def test_an_issue_that_grew_past_its_bound_is_found(issued: int, bound: int, found: bool) -> None:
    rules = policy(max_issue_size=Amount(cny(bound)))
    expected = [("max_issue_size", cny(800).value, "shares", True)] * found
    grew = grown_unasked(rules, history(), {}, 0, {TOKEN: issued})
    assert [(code, reading.observed, reading.who, reading.breached) for code, reading in grew] == expected
    assert list(grown_unasked(policy(), history(), {}, 0, {TOKEN: issued})) == []
    assert list(grown_unasked(rules, history(), {}, 0)) == []


def test_without_the_limits_nothing_is_looked_at() -> None:
    assert grown({"C-alice": 0}, 0, history()) == []


def test_what_nobody_sent_cannot_be_refused() -> None:
    rules = policy(**ONE)
    ((code, reading),) = grown_unasked(rules, history(), {"C-alice": 0}, 0)
    found = judge_fact(rules, code, reading, Memory(), START)
    assert found is not None and not found.refused and found.who == "C-alice"


# --- tokens nobody listed

LISTED = policy(allowed_contracts=Required(True))
_TRANSFER, _SINGLE, _BATCH = MOVING_EVENTS


def emitting(topic: bytes, topics: int, emitter: Address) -> Effects:
    return transaction(logs=[Log(0, emitter, (topic, *[bytes(32)] * (topics - 1)), b"")])


@pytest.mark.parametrize(("topic", "topics"), [(_TRANSFER, 3), (_TRANSFER, 4), (_SINGLE, 4), (_BATCH, 4)])
def test_a_registered_contract_that_moves_a_token_is_an_asset_or_a_red_line(topic: bytes, topics: int) -> None:
    (finding,) = findings(LISTED, emitting(topic, topics, VAULT))
    assert (finding.observed, finding.grade, finding.who, finding.refused) == ("unregistered asset", Grade.S4, "Vault", True)
    assert findings(LISTED, emitting(topic, topics, TOKEN)) == ()
    assert findings(LISTED, emitting(topic, topics, MALLORY)) == ()


@pytest.mark.parametrize(("topic", "topics"), [(_TRANSFER, 2), (_SINGLE, 3), (_BATCH, 1), (bytes(32), 4)])
def test_an_event_of_another_shape_or_name_moves_nothing(topic: bytes, topics: int) -> None:
    assert findings(LISTED, emitting(topic, topics, VAULT)) == ()


def test_an_event_without_topics_moves_nothing_and_a_contract_is_named_once() -> None:
    assert findings(LISTED, transaction(logs=[Log(0, VAULT, (), b"")])) == ()
    twice = transaction(logs=[Log(n, VAULT, (_TRANSFER, bytes(32), bytes(32)), b"") for n in range(2)])
    assert len(findings(LISTED, twice)) == 1
    assert findings(policy(allowed_contracts=Required(False)), twice) == ()


# --- receivers of assets that are nobody

KNOWN = policy(whitelist=Required(True))


@pytest.mark.parametrize(("number", "known"), [(0, True), (1, False), (0x11, False), (0x12, False)])
def test_of_a_token_the_zero_address_is_a_burn_and_a_precompile_a_stranger(number: int, known: bool) -> None:
    receiver = Address(f"0x{number:040x}")
    assert [one.who for one in findings(KNOWN, transaction(move(ALICE, receiver)))] == ([] if known else [receiver])
    assert findings(KNOWN, transaction(move(ALICE, ALICE2), move(ALICE, NEW, asset=MALLORY))) == ()
