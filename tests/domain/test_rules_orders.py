"""Orders of the supervisor: who is frozen, what is paused, and what a pilot may do in the state it is in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, Measured, TokenMove
from sandbox.domain.limits import Grade, Mode, Required
from sandbox.domain.policy import Business, Orders, Party, PartyKind, Policy
from sandbox.domain.supervision import Allow, Block, Flag, judge
from sandbox.domain.units import Address
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    ISSUER,
    MALLORY,
    PEOPLE,
    VAULT,
    address,
    book_of,
    burn,
    creation,
    drawn,
    findings,
    frame,
    mint,
    move,
    policy,
    repaid,
    repriced,
    transaction,
    wei,
)

OFFICER, POSER = address(0x0FF1CE), address(0x905E)
HELD = (transaction(mint(ALICE, 10), mint(BOB, 10), sender=ISSUER, measured=[drawn(ALICE, 50)]),)
BY_ID, BY_ADDRESS = (Orders(frozen=frozenset({who})) for who in ("C-alice", ALICE))
FROZEN_FIRM = Orders(frozen=frozenset({"issuer"}))
PAUSED = Orders(paused=True, why="order 7")
ROLES, NO_GROWTH, NOTHING = (
    Orders(business, business.value) for business in (Business.ROLES, Business.NO_GROWTH, Business.NOTHING)
)


@dataclass(frozen=True)
class Case:
    """An order, a transaction it lets pass and one that it refuses, and about whom."""

    orders: Orders
    keeps: Effects
    breaks: Effects
    who: str


CASES = {
    "sending while frozen": Case(BY_ID, transaction(sender=BOB), transaction(sender=ALICE), "C-alice"),
    "sending by another wallet while frozen": Case(BY_ID, transaction(sender=BOB), transaction(sender=ALICE2), "C-alice"),
    "a frozen address": Case(BY_ADDRESS, transaction(sender=BOB), transaction(sender=ALICE), "C-alice"),
    "another wallet of a frozen address": Case(BY_ADDRESS, transaction(sender=BOB), transaction(sender=ALICE2), "C-alice"),
    "receiving while frozen": Case(
        BY_ID, transaction(move(BOB, CAROL), sender=BOB), transaction(move(BOB, ALICE2), sender=BOB), "C-alice"
    ),
    "being debited by an operator while frozen": Case(
        BY_ID,
        transaction(move(BOB, CAROL, operator=CAROL), sender=CAROL),
        transaction(move(ALICE, CAROL, operator=CAROL), sender=CAROL),
        "C-alice",
    ),
    "operating while frozen": Case(
        BY_ID,
        transaction(move(BOB, CAROL, operator=CAROL), sender=ISSUER),
        transaction(move(BOB, CAROL, operator=ALICE), sender=ISSUER),
        "C-alice",
    ),
    "receiving wei while frozen": Case(
        BY_ID,
        transaction(sender=BOB, native=[wei(BOB, CAROL, 1)]),
        transaction(sender=BOB, native=[wei(BOB, ALICE2, 1)]),
        "C-alice",
    ),
    "borrowing while frozen": Case(
        BY_ID,
        transaction(sender=ISSUER, measured=[drawn(BOB, 1)]),
        transaction(sender=ISSUER, measured=[drawn(ALICE2, 1)]),
        "C-alice",
    ),
    "a frozen account that is called": Case(
        BY_ADDRESS,
        transaction(sender=BOB),
        transaction(sender=BOB, frames=[frame(caller=BOB), frame(ALICE, index=1)]),
        "C-alice",
    ),
    "a frozen stranger": Case(
        Orders(frozen=frozenset({MALLORY})), transaction(sender=address(0xBAE)), transaction(sender=MALLORY), MALLORY
    ),
    "a frozen role": Case(FROZEN_FIRM, transaction(sender=AGENT), transaction(sender=ISSUER), "issuer"),
    "a client while the pilot is paused": Case(PAUSED, transaction(sender=OFFICER), transaction(sender=ALICE), "C-alice"),
    "the firm while the pilot is paused": Case(PAUSED, transaction(sender=OFFICER), transaction(sender=ISSUER), "issuer"),
    "a client before the test begins": Case(ROLES, transaction(sender=ISSUER), transaction(sender=ALICE), "C-alice"),
    "a stranger before the test begins": Case(ROLES, transaction(sender=AGENT), transaction(sender=MALLORY), MALLORY),
    "issuing to a client before the test begins": Case(
        ROLES,
        transaction(mint(ISSUER), sender=ISSUER),
        transaction(mint(ALICE), sender=ISSUER),
        "C-alice",
    ),
    "lending to a client before the test begins": Case(
        ROLES,
        transaction(sender=ISSUER, creations=[creation()]),
        transaction(sender=ISSUER, measured=[drawn(BOB, 1)]),
        "C-bob",
    ),
    "exposure that grows by a mint": Case(
        NO_GROWTH, transaction(burn(ALICE)), transaction(mint(ALICE), sender=ISSUER), "C-alice"
    ),
    "exposure that grows by a purchase": Case(
        NO_GROWTH, transaction(move(ALICE, ISSUER)), transaction(move(ALICE, BOB)), "C-bob"
    ),
    "exposure that grows by a loan": Case(
        NO_GROWTH,
        transaction(sender=ISSUER, measured=[repaid(ALICE, 1)]),
        transaction(sender=ISSUER, measured=[drawn(ALICE2, 1)]),
        "C-alice",
    ),
    "a new client while nothing may grow": Case(NO_GROWTH, transaction(sender=BOB), transaction(sender=CAROL), "C-carol"),
    "anybody when nothing is allowed": Case(NOTHING, transaction(sender=OFFICER), transaction(sender=AGENT), "agent"),
}
each_case = pytest.mark.parametrize("name", CASES)


def under(orders: Orders, mode: Mode = Mode.ENFORCE, *, on: bool = True) -> Policy:
    """The pilot under an order; there is a supervisor, and a client who calls himself one."""
    people = {
        **PEOPLE,
        OFFICER: Party(PartyKind.ROLE, "supervisor"),
        POSER: Party(PartyKind.CLIENT, "supervisor", "retail", "CN"),
    }
    return replace(policy(mode, supervisory_order=Required(on)), parties=people, orders=orders)


@each_case
def test_what_an_order_does_not_touch_passes(name: str) -> None:
    case = CASES[name]
    assert judge(under(case.orders), book_of(*HELD), case.keeps).verdict == Allow()


@each_case
def test_an_order_refuses(name: str) -> None:
    case = CASES[name]
    judgement = judge(under(case.orders), book_of(*HELD), case.breaks)
    assert isinstance(judgement.verdict, Block)
    (finding,) = judgement.verdict.findings
    assert (finding.code, finding.who) == ("supervisory_order", case.who)
    assert (finding.grade, finding.refused, finding.tolerable) == (Grade.S3, True, False)


@each_case
def test_an_order_has_its_rungs_like_any_rule(name: str) -> None:
    case = CASES[name]
    verdicts = [judge(under(case.orders, mode), book_of(*HELD), case.breaks).verdict for mode in Mode]
    assert [type(verdict) for verdict in verdicts] == [Allow, Flag, Block]


@each_case
def test_without_the_order_or_the_duty_nothing_is_found(name: str) -> None:
    case = CASES[name]
    assert findings(under(Orders()), case.breaks, book_of(*HELD)) == ()
    assert findings(under(case.orders, on=False), case.breaks, book_of(*HELD)) == ()


@each_case
def test_an_order_binds_the_supervisor_as_soon_as_holdings_of_a_client_are_touched(name: str) -> None:
    case = CASES[name]
    touching = bool(case.breaks.tokens or case.breaks.measured)
    assert bool(findings(under(case.orders), replace(case.breaks, sender=OFFICER), book_of(*HELD))) is touching


def test_posing_as_the_supervisor_helps_nobody() -> None:
    assert findings(under(PAUSED), transaction(sender=OFFICER)) == ()
    assert findings(under(PAUSED), transaction(sender=POSER)) != ()


@pytest.mark.parametrize(
    ("orders", "leg", "found"),
    [
        (PAUSED, move(ISSUER, AGENT), []),
        (PAUSED, move(ALICE, BOB), ["the pilot is paused"]),
        (PAUSED, burn(ALICE), ["the pilot is paused"]),
        (BY_ID, move(BOB, CAROL), []),
        (BY_ID, move(ALICE, BOB), ["frozen"]),
        (NO_GROWTH, mint(ALICE), ["exposure only falls"]),
        (NOTHING, move(ISSUER, AGENT), []),
        (NOTHING, move(BOB, ALICE), ["no transactions"]),
    ],
    ids=["the firm's own", "paused", "burnt while paused", "not frozen", "frozen", "no growth", "over, the firm's", "over"],
)
def test_the_supervisor_moves_no_clients_units_past_an_order(orders: Orders, leg: TokenMove, found: list[str]) -> None:
    assert [one.bound for one in findings(under(orders), transaction(leg, sender=OFFICER), book_of(*HELD))] == found


# --- what a frozen client parked


def parked() -> Book:
    """The book after alice and bob put five shares each into a contract."""
    return book_of(*HELD, transaction(move(ALICE, VAULT, 5)), transaction(move(BOB, VAULT, 5), sender=BOB))


@pytest.mark.parametrize(
    ("sender", "amount", "found"),
    [(BOB, 5, []), (BOB, 6, ["C-alice"]), (CAROL, 5, ["C-alice"]), (CAROL, 6, ["C-alice"]), (CAROL, 0, [])],
    ids=["another's own", "more than another's own", "the earliest deposit", "both deposits", "nothing"],
)
@pytest.mark.parametrize("orders", [BY_ID, BY_ADDRESS, Orders(frozen=frozenset({ALICE2}))], ids=["client", "wallet", "other"])
def test_what_a_frozen_client_parked_stays_where_it_is(orders: Orders, sender: Address, amount: int, found: list[str]) -> None:
    paid_out = transaction(move(VAULT, CAROL, amount, operator=sender), sender=sender)
    assert [one.who for one in findings(under(orders), paid_out, parked())] == found
    assert findings(under(Orders()), paid_out, parked()) == ()


def test_an_order_against_a_client_is_one_finding_however_many_wallets_take_part() -> None:
    between = transaction(move(ALICE, ALICE2), sender=ALICE)
    for orders in (BY_ID, BY_ADDRESS):
        assert [one.who for one in findings(under(orders), between)] == ["C-alice"]


def test_two_frozen_parties_are_two_findings() -> None:
    both = Orders(frozen=frozenset({ALICE2, "C-bob"}))
    assert [one.who for one in findings(under(both), transaction(move(ALICE, BOB)))] == ["C-alice", "C-bob"]


def test_freezing_one_address_of_the_firm_does_not_freeze_its_role() -> None:
    second = address(0x1551)
    one = under(Orders(frozen=frozenset({ISSUER})))
    two = replace(one, parties={**one.parties, second: PEOPLE[ISSUER]})
    assert findings(two, transaction(sender=second)) == ()
    assert [found.who for found in findings(two, transaction(sender=ISSUER))] == ["issuer"]


def test_a_pause_says_by_which_order() -> None:
    (finding,) = findings(under(PAUSED), transaction())
    assert (finding.observed, finding.bound, finding.detail) == ("transacts", "the pilot is paused", "order 7")


def test_a_frozen_client_of_a_paused_pilot_is_told_both() -> None:
    both = replace(PAUSED, frozen=frozenset({"C-alice"}))
    assert [one.bound for one in findings(under(both), transaction())] == ["the pilot is paused", "frozen"]


def test_a_dearer_price_is_no_growth_but_a_purchase_at_any_price_is() -> None:
    book = book_of(*HELD)
    dearer = repriced(under(NO_GROWTH), 30)
    assert findings(dearer, transaction(sender=ALICE), book) == ()
    assert findings(dearer, transaction(move(ALICE, ISSUER, 1)), book) == ()
    assert findings(dearer, transaction(move(ISSUER, ALICE, 1), sender=ISSUER), book) != ()


def test_what_is_measured_of_a_client_but_is_no_exposure_may_go_on_in_any_state_that_has_roles() -> None:
    noted = transaction(sender=ISSUER, measured=[Measured("drawn", "overdue", ALICE, 5, 0)])
    for orders in (ROLES, NO_GROWTH):
        assert findings(under(orders), noted, book_of(*HELD)) == ()
    assert findings(under(NOTHING), noted, book_of(*HELD)) != ()


@pytest.mark.parametrize("sender", [ALICE, ISSUER, MALLORY])
def test_business_as_usual_binds_nobody(sender: Address) -> None:
    assert findings(under(Orders()), transaction(mint(CAROL), sender=sender), Book()) == ()
