"""Rules that judge a sealed block: what assets answer for themselves, what stands behind what is owed, who holds controls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, Standard
from sandbox.domain.grading import Memory
from sandbox.domain.limits import Bound, Floor, Grade, Mode, Required, Timing
from sandbox.domain.policy import AssetRule, Policy
from sandbox.domain.rules import BY_CODE
from sandbox.domain.supervision import AssetProbe, ControlProbe, Finding, ReserveProbe, Sighting, judge, judge_block
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    ISSUER,
    MALLORY,
    START,
    TOKEN,
    VAULT,
    address,
    book_of,
    cny,
    contents,
    mint,
    move,
    policy,
    transaction,
)

COIN = address(0xC011)
"""A stablecoin worth 1 CNY."""
U = cny(1).value


@dataclass(frozen=True)
class Case:
    """A bound, and what is seen of a pilot that keeps it and of the first that does not."""

    bound: Bound
    keeps: Sighting
    breaks: Sighting
    observed: str
    grade: Grade


def probe(supply: int | None, everyone: bool = False, **balances: int) -> AssetProbe:
    people = {"alice": ALICE, "alice2": ALICE2, "bob": BOB}
    return AssetProbe(TOKEN, "shares", supply, {people[name]: n for name, n in balances.items()}, everyone=everyone)


def assets(*probes: AssetProbe) -> Sighting:
    return Sighting(START, assets=probes)


def reserve(held: int, claimed: int | None = None) -> ReserveProbe:
    """One coin is owed, behind it stands wei worth 1 CNY each."""
    return ReserveProbe("coin", ((ZERO_ADDRESS, VAULT),), claimed, {VAULT: held})


def reserves(*probes: ReserveProbe) -> Sighting:
    return Sighting(START, reserves=probes)


def control(holder: Address | None) -> Sighting:
    return Sighting(START, controls=(ControlProbe("pauser", holder, frozenset({AGENT})),))


CASES = {
    "supply_integrity": Case(
        Required(True), assets(probe(7, alice=5, bob=2)), assets(probe(7, alice=5, bob=3)), "3", Grade.S4
    ),
    "reserve": Case(Floor(10_000, 9_000), reserves(reserve(10_000)), reserves(reserve(9_999)), "9999", Grade.S3),
    "supervision_evasion": Case(Required(True), control(AGENT), control(ISSUER), ISSUER, Grade.S4),
}
each_case = pytest.mark.parametrize("limit", CASES)


def under(mode: Mode = Mode.ENFORCE, **bounds: Bound) -> Policy:
    """The pilot, with a coin and wei among its assets."""
    base = policy(mode, **bounds)
    base = base.with_asset(COIN, AssetRule("coin", COIN, Standard.ERC20, cny(1).value, "stablecoin"))
    return base.with_asset(ZERO_ADDRESS, AssetRule("ether", ZERO_ADDRESS, Standard.NATIVE, cny(1).value, "native"))


def history(*more: Effects) -> Book:
    """Seven shares, five of them of alice and two of bob; 10,000 coins."""
    book = book_of(transaction(mint(ALICE, 7), sender=ISSUER), transaction(move(ALICE, BOB, 2)), *more)
    book.supply[COIN] = 10_000
    return book


def judged(limit: str, seen: Sighting, mode: Mode = Mode.ENFORCE, bound: Bound | None = None) -> tuple[Finding, ...]:
    return judge_block(under(mode, **{limit: bound or CASES[limit].bound}), history(), seen)


@each_case
def test_a_pilot_that_keeps_the_bound_gives_no_finding(limit: str) -> None:
    assert judged(limit, CASES[limit].keeps) == ()


@each_case
@pytest.mark.parametrize("mode", Mode)
def test_the_first_step_beyond_it_is_found_on_every_rung_and_refuses_nothing(limit: str, mode: Mode) -> None:
    case = CASES[limit]
    (finding,) = judged(limit, case.breaks, mode)
    assert (finding.code, finding.observed, finding.grade, finding.mode) == (limit, case.observed, case.grade, mode)
    assert finding.timing is Timing.DETECTIVE and not finding.refused and not finding.tolerable
    assert finding.base_grade is BY_CODE[limit].grade


@each_case
def test_without_the_limit_nothing_is_looked_at(limit: str) -> None:
    assert judge_block(under(), history(), CASES[limit].breaks) == ()


@pytest.mark.parametrize("limit", [code for code, case in CASES.items() if case.bound == Required(True)])
def test_a_duty_that_is_off_finds_nothing(limit: str) -> None:
    assert judged(limit, CASES[limit].breaks, bound=Required(False)) == ()


@each_case
def test_nothing_seen_is_nothing_found(limit: str) -> None:
    assert judged(limit, Sighting(START)) == ()


@each_case
def test_judging_a_block_changes_neither_the_book_nor_the_memory(limit: str) -> None:
    book, memory = history(), Memory()
    before = contents(book)
    judge_block(under(**{limit: CASES[limit].bound}), book, CASES[limit].breaks, memory)
    assert contents(book) == before and (memory.priors, memory.told) == ({}, {})


# --- supply integrity


@pytest.mark.parametrize(
    ("lie", "observed", "bound"),
    [(probe(8), "8", "7"), (probe(6), "6", "7"), (probe(7, alice=6), "6", "5"), (probe(None, bob=0), "0", "2")],
)
def test_an_asset_whose_events_lie_is_a_red_line(lie: AssetProbe, observed: str, bound: str) -> None:
    (finding,) = judged("supply_integrity", assets(lie))
    assert (finding.grade, finding.observed, finding.bound) == (Grade.S4, observed, bound)
    assert finding.who == "shares" and finding.detail


def test_an_asset_without_a_total_supply_is_compared_by_balances_alone() -> None:
    assert judged("supply_integrity", assets(probe(None, alice=5))) == ()


def test_every_lie_is_told_and_a_silent_mint_shows_in_supply_and_balance() -> None:
    assert len(judged("supply_integrity", assets(probe(9, alice=7, bob=2)))) == 2


def test_an_asset_that_never_moved_must_say_nothing_exists() -> None:
    honest = under(supply_integrity=Required(True))
    assert judge_block(honest, Book(), assets(probe(0, alice=0))) == ()
    assert len(judge_block(honest, Book(), assets(probe(1, alice=1)))) == 2


@pytest.mark.parametrize("silent", [("balanceOf",), ("balanceOf", "totalSupply")])
def test_an_asset_that_gives_no_answer_is_not_taken_for_honest(silent: tuple[str, ...]) -> None:
    found = judged("supply_integrity", assets(AssetProbe(TOKEN, "shares", 7, {}, silent)))
    assert [(one.observed, one.grade) for one in found] == [("no answer", Grade.S4)] * len(silent)
    assert [one.detail.split()[0] for one in found] == list(silent)


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (probe(14, everyone=True, alice=10, bob=4), False),  # it doubled, and no event told
        (probe(15, everyone=True, alice=10, bob=3), False),  # each of two holders may be rounded by one
        (probe(16, everyone=True, alice=10, bob=3), True),
        (probe(16, everyone=False, alice=10, bob=3), False),  # somebody else may hold the rest
        (probe(None, everyone=True, alice=10, bob=3), False),
    ],
)
def test_of_a_rebasing_asset_only_the_sum_is_asked_for(seen: AssetProbe, found: bool) -> None:
    base = under(supply_integrity=Required(True))
    rebasing = base.with_asset(TOKEN, replace(base.assets[TOKEN], rebasing=True))
    assert bool(judge_block(rebasing, history(), assets(seen))) is found
    assert judge_block(base, history(), assets(seen))


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (probe(0, everyone=True, alice=0), []),
        (probe(0, everyone=True), []),
        (probe(2, everyone=True, alice=2), []),  # no more than rounding
        (probe(3, everyone=True, alice=3), ["3"]),
        (probe(1_000, everyone=True, alice=1_000, bob=0), ["1000"]),
        (probe(14, everyone=True, alice=7, bob=7), ["7", "7"]),
        (probe(9, everyone=True, alice=0), ["9"]),  # somebody nobody knows of has them
    ],
)
def test_a_rebase_of_nothing_makes_nothing(seen: AssetProbe, found: list[str]) -> None:
    base = under(supply_integrity=Required(True))
    rebasing = base.with_asset(TOKEN, replace(base.assets[TOKEN], rebasing=True))
    told = judge_block(rebasing, Book(), assets(seen))
    assert [(one.observed, one.grade) for one in told] == [(text, Grade.S4) for text in found]


# --- reserves


@pytest.mark.parametrize(
    ("held", "grade"), [(10_001, None), (10_000, None), (9_999, Grade.S3), (9_000, Grade.S3), (8_999, Grade.S4), (0, Grade.S4)]
)
def test_a_reserve_below_its_floor_is_serious_and_below_the_hard_floor_a_red_line(held: int, grade: Grade | None) -> None:
    assert [one.grade for one in judged("reserve", reserves(reserve(held)))] == ([] if grade is None else [grade])


def test_a_reserve_far_below_a_low_floor_weighs_more() -> None:
    """15 % under the floor, and the hard floor far away: one grade more for overshoot."""
    (finding,) = judged("reserve", reserves(reserve(8_500)), bound=Floor(10_000, 0))
    assert (finding.base_grade, finding.grade, len(finding.why)) == (Grade.S3, Grade.S4, 1)


def test_where_nothing_is_owed_nothing_must_stand_behind_it() -> None:
    assert judge_block(under(reserve=Floor(10_000, 0)), Book(), reserves(reserve(0))) == ()


def test_reserves_are_worth_what_their_assets_cost_and_come_from_the_book_not_from_a_claim() -> None:
    """Two shares of 10 CNY in bob's hands and 9,980 wei, behind 10,000 coins."""
    both = ReserveProbe("coin", ((TOKEN, BOB), (ZERO_ADDRESS, VAULT)), None, {VAULT: 9_980})
    assert judged("reserve", reserves(both)) == ()
    claiming = replace(both, native={VAULT: 9_979}, claimed=10**9)
    assert [one.observed for one in judged("reserve", reserves(claiming))] == ["9999"]


# --- evasion


@pytest.mark.parametrize(("claimed", "found"), [(None, False), (0, False), (10_000, False), (10_001, True)])
def test_a_claim_of_more_than_is_held_is_a_misreport(claimed: int | None, found: bool) -> None:
    said = judged("supervision_evasion", reserves(reserve(10_000, claimed)))
    assert [(one.who, one.grade) for one in said] == [("coin", Grade.S4)] * found


def test_only_the_first_asset_held_is_what_a_claim_is_about() -> None:
    two = ReserveProbe("coin", ((TOKEN, BOB), (ZERO_ADDRESS, VAULT)), 2, {VAULT: 10_000})
    assert judged("supervision_evasion", reserves(two)) == ()
    assert len(judged("supervision_evasion", reserves(replace(two, claimed=3)))) == 1


@pytest.mark.parametrize("holder", [None, MALLORY, ISSUER])
def test_a_control_in_the_wrong_hands_or_in_nobodys_is_a_red_line(holder: Address | None) -> None:
    (finding,) = judged("supervision_evasion", control(holder))
    assert (finding.observed, finding.who, finding.grade) == (holder or "nobody", "pauser", Grade.S4)


def test_a_control_that_nobody_may_hold_is_found_in_any_hands() -> None:
    seen = Sighting(START, controls=(ControlProbe("pauser", AGENT, frozenset()),))
    assert [one.bound for one in judged("supervision_evasion", seen)] == ["nobody"]


# --- what a rebasing asset answers is taken into the book


def rebased(book: Book, **balances: int) -> Policy:
    """Settle the book with these answers; the policy it was settled under."""
    base = under()
    rebasing = base.with_asset(TOKEN, replace(base.assets[TOKEN], rebasing=True))
    seen = probe(sum(balances.values()), everyone=True, **balances)
    book.settle(rebasing, TOKEN, sum(balances.values()), seen.balances)
    return rebasing


def test_settling_moves_balances_holdings_totals_and_supply_as_transfers_would() -> None:
    book = history()
    settled = rebased(book, alice=10, bob=4)
    assert (book.balances[TOKEN, ALICE], book.holdings["shares", "C-alice"], book.supply[TOKEN]) == (10, 10, 14)
    assert (book.totals["shares"], book.total_exposure(settled), book.exposure(settled, "C-bob")) == (14, 140 * U, 40 * U)
    again = contents(book)
    rebased(book, alice=10, bob=4)
    assert contents(book) == again


def test_settling_counts_all_wallets_of_a_client_and_nobodys_twice() -> None:
    book = history(transaction(move(ALICE, ALICE2, 3)))
    rebased(book, alice=4, alice2=6, bob=4)
    assert (book.holdings["shares", "C-alice"], book.totals["shares"], book.holders[TOKEN]) == (10, 14, 2)


def test_a_holder_who_rebases_to_nothing_is_none_and_one_who_comes_from_nothing_is_a_client() -> None:
    book = history()
    rebased(book, alice=7, bob=0)
    assert (book.holders[TOKEN], book.totals["shares"]) == (1, 7)
    rebased(book, alice=7, bob=1)
    assert book.holders[TOKEN] == 2
    fresh = Book()
    rebased(fresh, bob=3)
    assert (fresh.active, fresh.holders, fresh.totals) == ({"C-bob"}, {TOKEN: 1}, {"shares": 3})


def test_after_a_rebase_a_holder_that_left_and_came_back_is_counted() -> None:
    """The book once knew only what events told: a rebased balance that was sold left a negative one behind."""
    book = history()
    settled = rebased(book, alice=10, bob=2)
    for effects in (transaction(move(ALICE, BOB, 10)), transaction(move(BOB, ALICE, 1))):
        book.apply(judge(settled, book, effects).draft)
    assert (book.holders[TOKEN], book.holdings["shares", "C-alice"]) == (2, 1)


def test_an_erc1155_asset_adds_up_over_its_ids_and_knows_which_there_are() -> None:
    base = under()
    multi = base.with_asset(TOKEN, replace(base.assets[TOKEN], standard=Standard.ERC1155))
    legs = [replace(mint(ALICE, n), standard=Standard.ERC1155, token_id=number) for number, n in ((7, 3), (2**255, 4))]
    book = Book()
    book.apply(judge(multi, book, transaction(*legs, sender=ISSUER)).draft)
    gone = replace(move(ALICE, BOB, 3), standard=Standard.ERC1155, token_id=7, amount=BaseUnits(3))
    book.apply(judge(multi, book, transaction(gone)).draft)
    assert book.token_ids == {TOKEN: {7, 2**255}}
    assert (book.balances[TOKEN, ALICE], book.balances[TOKEN, BOB], book.supply[TOKEN]) == (4, 3, 7)
    watched = replace(multi, limits=under(supply_integrity=Required(True)).limits)
    assert judge_block(watched, book, assets(probe(None, alice=4, bob=3))) == ()
    assert len(judge_block(watched, book, assets(probe(None, alice=7, bob=0)))) == 2
