"""Rules on amounts, clients and rates where the boundary alone does not tell the whole story."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.effects import Effects, Measured
from sandbox.domain.limits import CATALOGUE, Amount, AmountPer, Bound, Count, CountPer, Hold, Mode, Rates
from sandbox.domain.policy import PartyKind
from sandbox.domain.supervision import Allow, Block, judge
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    MALLORY,
    PEOPLE,
    ROGUE,
    START,
    TOKEN,
    book_of,
    burn,
    cny,
    codes,
    contents,
    drawn,
    findings,
    mint,
    move,
    policy,
    repaid,
    repriced,
    take,
    transaction,
    wei,
    with_native,
)

EXPOSURE = policy(max_client_exposure=Amount(cny(100)))
VOLUME = policy(max_client_volume=AmountPer(cny(100), DAY))
CLIENTS = policy(max_clients=Count(1))
HOLDERS = policy(holder_count=Count(2))


# --- clients, not addresses


def test_a_client_with_two_addresses_counts_once() -> None:
    assert codes(CLIENTS, transaction(mint(ALICE), mint(ALICE2), sender=ISSUER)) == []
    assert codes(CLIENTS, transaction(mint(ALICE), mint(BOB), sender=ISSUER)) == ["max_clients"]


def test_exposure_adds_up_the_addresses_of_one_client() -> None:
    held = book_of(transaction(mint(ALICE, 6), sender=ISSUER))
    assert codes(EXPOSURE, transaction(mint(ALICE2, 5), sender=ISSUER), held) == ["max_client_exposure"]
    assert codes(EXPOSURE, transaction(mint(BOB, 5), sender=ISSUER), held) == []


def test_a_second_address_is_not_a_second_holder() -> None:
    held = book_of(transaction(mint(ALICE, 5), mint(BOB, 5), sender=ISSUER))
    assert codes(HOLDERS, transaction(move(ALICE, ALICE2, 2)), held) == []
    assert codes(HOLDERS, transaction(move(ALICE, CAROL, 2)), held) == ["holder_count"]


def test_a_second_address_buys_no_second_volume_and_no_second_rate() -> None:
    spent = book_of(transaction(mint(ALICE, 20), mint(ALICE2, 20)), transaction(move(ALICE, BOB, 10)))
    (finding,) = findings(VOLUME, transaction(move(ALICE2, BOB, 1), sender=ALICE2), spent)
    assert (finding.code, finding.who, finding.observed) == ("max_client_volume", "C-alice", "110")
    once = policy(max_tx_rate=CountPer(1, DAY))
    assert codes(once, transaction(sender=ALICE2), book_of(transaction(sender=ALICE))) == ["max_tx_rate"]
    assert codes(once, transaction(sender=BOB), book_of(transaction(sender=ALICE))) == []


def test_moves_between_a_clients_own_addresses_are_no_outgoing_volume() -> None:
    held = book_of(transaction(mint(ALICE, 50), sender=ISSUER))
    assert codes(VOLUME, transaction(move(ALICE, ALICE2, 50)), held) == []
    assert codes(VOLUME, transaction(move(ALICE, BOB, 50)), held) == ["max_client_volume"]


# --- splitting


@pytest.mark.parametrize(("legs", "refused"), [([6], True), ([1] * 6, True), ([5, 1], True), ([5], False), ([1] * 5, False)])
def test_splitting_a_transfer_into_legs_changes_nothing(legs: list[int], refused: bool) -> None:
    held = book_of(transaction(mint(ALICE, 10), sender=ISSUER))
    split = transaction(*(move(ALICE, BOB, amount) for amount in legs))
    assert codes(policy(max_tx_amount=Amount(cny(50))), split, held) == ["max_tx_amount"] * refused
    assert codes(policy(max_client_volume=AmountPer(cny(50), DAY)), split, held) == ["max_client_volume"] * refused
    assert codes(policy(max_pilot_volume=AmountPer(cny(50), DAY)), split) == ["max_pilot_volume"] * refused


# --- rolling windows (t - W, t]


WINDOWED: dict[str, tuple[Bound, Effects]] = {
    # A bound over a day that the second of two transactions passes while the first one counts; that second one
    "max_client_volume": (AmountPer(cny(100), DAY), transaction(move(ALICE, BOB, 1))),
    "max_pilot_volume": (AmountPer(cny(100), DAY), transaction(move(BOB, CAROL, 1), sender=BOB)),
    "max_tx_rate": (CountPer(1, DAY), transaction()),
    "gas_budget": (CountPer(100_000, DAY), transaction(sender=ISSUER, gas_used=40_000)),
    "min_holding": (Hold(DAY), transaction(move(BOB, CAROL, 1), sender=BOB)),
}
FIRST = transaction(move(ALICE, BOB, 10), gas_used=70_000)


def test_every_limit_over_a_window_is_tried_at_both_ends_of_it() -> None:
    assert set(WINDOWED) == {spec.id for spec in CATALOGUE if spec.shape in (AmountPer, CountPer, Hold)}


@pytest.mark.parametrize("limit", WINDOWED)
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("later", "counts"), [(0, True), (1, True), (DAY - 1, True), (DAY, False), (DAY + 1, False)])
def test_what_lies_exactly_one_window_back_no_longer_counts(limit: str, mode: Mode, later: int, counts: bool) -> None:
    bound, again = WINDOWED[limit]
    held = book_of(transaction(mint(ALICE, 50), sender=ISSUER, time=START - DAY, gas_used=1), FIRST)
    assert codes(policy(mode, **{limit: bound}), replace(again, timestamp=START + later), held) == [limit] * counts


@pytest.mark.parametrize("limit", WINDOWED)
def test_a_window_rolls_with_every_transaction_and_does_not_start_anew_at_midnight(limit: str) -> None:
    """Two halves of the bound, twelve hours apart: each leaves the window at a time of its own."""
    bounds: dict[str, Bound] = {key: bound for key, (bound, _) in WINDOWED.items()}
    bounds |= {"max_tx_rate": CountPer(2, DAY), "gas_budget": CountPer(99_999, DAY)}
    seller, buyer = (BOB, CAROL) if limit == "min_holding" else (ALICE, BOB)
    halves = [transaction(move(ALICE, BOB, 5), time=START + noon, gas_used=50_000) for noon in (0, DAY // 2)]
    held = book_of(transaction(mint(ALICE, 50), sender=ISSUER, time=START - DAY, gas_used=1), *halves)

    def at(time: int, amount: int) -> list[str]:
        later = transaction(move(seller, buyer, amount), sender=seller, time=START + time, gas_used=50_000)
        return codes(policy(**{limit: bounds[limit]}), later, held)

    assert at(DAY - 1, 5) == [limit]
    assert at(DAY, 5) == ([limit] if limit == "gas_budget" else [])
    assert at(DAY, 6) == ([] if limit == "max_tx_rate" else [limit])
    assert at(DAY + DAY // 2, 10) == []


# --- above the bound, only growth breaches


def test_a_repayment_by_a_client_above_its_bound_is_not_refused() -> None:
    owed = book_of(transaction(measured=[drawn(ALICE, 200)]))
    assert codes(EXPOSURE, transaction(measured=[repaid(ALICE, 1)]), owed) == []
    assert codes(EXPOSURE, transaction(measured=[drawn(ALICE, 1)]), owed) == ["max_client_exposure"]


def test_a_price_that_rose_does_not_lock_a_client_in() -> None:
    held = book_of(transaction(mint(ALICE, 10), sender=ISSUER))
    risen = repriced(EXPOSURE, 11)
    assert codes(risen, transaction(move(ALICE, BOB, 1)), held) == []
    assert codes(risen, transaction(mint(ALICE, 1), sender=ISSUER), held) == ["max_client_exposure"]


def test_total_exposure_above_its_bound_may_fall_but_not_grow() -> None:
    under = policy(max_total_exposure=Amount(cny(100)))
    held = book_of(transaction(mint(ALICE, 20), sender=ISSUER))
    assert codes(under, transaction(burn(ALICE, 1)), held) == []
    assert codes(under, transaction(move(ALICE, BOB, 1)), held) == []
    assert codes(under, transaction(mint(ALICE, 1), sender=ISSUER), held) == ["max_total_exposure"]


def test_above_the_client_bound_known_clients_go_on_and_new_ones_are_refused() -> None:
    held = book_of(transaction(mint(ALICE), mint(BOB), sender=ISSUER))
    assert codes(CLIENTS, transaction(sender=ALICE), held) == []
    (finding,) = findings(CLIENTS, transaction(sender=CAROL), held)
    assert (finding.observed, finding.bound, finding.who) == ("3", "1", "C-carol")


def test_above_the_holder_bound_holders_may_leave_and_change_places() -> None:
    held = book_of(transaction(mint(ALICE, 5), mint(BOB, 5), mint(CAROL, 5), sender=ISSUER))
    assert codes(HOLDERS, transaction(move(ALICE, BOB, 5)), held) == []
    assert codes(HOLDERS, transaction(move(ALICE, MALLORY, 5)), held) == []
    assert codes(HOLDERS, transaction(move(ALICE, MALLORY, 4)), held) == ["holder_count"]


def test_above_the_pilot_volume_a_transaction_that_moves_nothing_still_passes() -> None:
    """Else a pilot whose limit was tightened could not even be paused."""
    under = policy(max_pilot_volume=AmountPer(cny(100), DAY))
    spent = book_of(transaction(mint(ALICE, 20), sender=ISSUER))
    assert codes(under, transaction(sender=AGENT), spent) == []
    assert codes(under, transaction(mint(ALICE, 1), sender=ISSUER), spent) == ["max_pilot_volume"]


# --- holding for a while


LOCKED = policy(min_holding=Hold(DAY))


def test_what_was_held_before_may_be_sold_while_fresh_units_wait() -> None:
    held = book_of(
        transaction(mint(ALICE, 10), sender=ISSUER, time=START - DAY), transaction(mint(ALICE, 5), sender=ISSUER)
    )
    assert codes(LOCKED, transaction(move(ALICE, BOB, 10)), held) == []
    (finding,) = findings(LOCKED, transaction(move(ALICE, BOB, 11)), held)
    assert (finding.who, finding.detail) == ("C-alice", "sells 11, 10 of them held long enough")


def test_another_wallet_does_not_make_fresh_units_older_and_moving_them_home_is_no_sale() -> None:
    held = book_of(transaction(mint(ALICE, 5), sender=ISSUER))
    assert codes(LOCKED, transaction(move(ALICE, ALICE2, 5)), held) == []
    housed = book_of(transaction(mint(ALICE, 5), sender=ISSUER), transaction(move(ALICE, ALICE2, 5)))
    assert codes(LOCKED, transaction(move(ALICE2, BOB, 1), sender=ALICE2, time=START + DAY - 1), housed) == ["min_holding"]
    assert codes(LOCKED, transaction(move(ALICE2, BOB, 1), sender=ALICE2, time=START + DAY), housed) == []


def test_buying_and_selling_within_one_transaction_is_no_holding() -> None:
    through = transaction(move(BOB, ALICE, 1), move(ALICE, CAROL, 1))
    old = book_of(transaction(mint(BOB, 5), sender=ISSUER, time=START - DAY))
    assert codes(LOCKED, through, old) == ["min_holding"]
    assert codes(LOCKED, transaction(move(BOB, ALICE, 1)), old) == []


def test_giving_units_up_is_no_sale_and_the_firm_may_move_them_on_request() -> None:
    fresh = book_of(transaction(mint(ALICE, 5), sender=ISSUER))
    assert codes(LOCKED, transaction(burn(ALICE, 5)), fresh) == []
    forced = transaction(move(ALICE, BOB, 5), sender=AGENT, request="REQ-1")
    assert codes(LOCKED, forced, fresh) == []
    assert codes(LOCKED, replace(forced, request=None), fresh) == ["min_holding"]
    assert codes(LOCKED, replace(forced, sender=ALICE), fresh) == ["min_holding"]


# --- issues, shares of a supply, rates, losses


def test_above_the_size_of_an_issue_units_may_move_and_burn_but_not_grow() -> None:
    under = policy(max_issue_size=Amount(cny(100)))
    held = book_of(transaction(mint(ALICE, 20), sender=ISSUER))
    assert codes(under, transaction(move(ALICE, BOB, 5)), held) == []
    assert codes(under, transaction(burn(ALICE, 5)), held) == []
    assert codes(under, transaction(burn(ALICE, 5), mint(BOB, 5)), held) == []
    assert codes(under, transaction(burn(ALICE, 5), mint(BOB, 6)), held) == ["max_issue_size"]


def test_two_contracts_of_one_instrument_are_one_issue() -> None:
    base = policy(max_issue_size=Amount(cny(100)))
    twice = base.with_asset(ROGUE, replace(base.assets[TOKEN], address=ROGUE))
    held = book_of(transaction(mint(ALICE, 6), sender=ISSUER))
    assert codes(twice, transaction(mint(BOB, 4, asset=ROGUE), sender=ISSUER), held) == []
    (finding,) = findings(twice, transaction(mint(BOB, 5, asset=ROGUE), sender=ISSUER), held)
    assert (finding.code, finding.who, finding.observed) == ("max_issue_size", "shares", "110")


def test_concentration_adds_up_wallets_and_only_a_share_that_grows_is_found() -> None:
    under = policy(concentration=Count(5_000))
    held = book_of(transaction(mint(ALICE, 4), mint(ALICE2, 4), mint(BOB, 8), sender=ISSUER))
    (finding,) = findings(under, transaction(mint(ALICE2, 1), sender=ISSUER), held)
    assert (finding.who, finding.observed, finding.detail, finding.refused) == ("C-alice", "5295", "shares", False)
    assert codes(under, transaction(move(ALICE, ALICE2, 4)), held) == []
    most = book_of(transaction(mint(ALICE, 9), mint(BOB, 1), sender=ISSUER))
    assert codes(under, transaction(move(ALICE, BOB, 1)), most) == []
    assert codes(under, transaction(burn(BOB, 1), sender=BOB), most) == []


@pytest.mark.parametrize(
    ("to", "amount", "found"), [("rate", -1_501, 1), ("fee", 100, 0), ("fee", 101, 1), ("loss", 9_999, 0), ("rate", 1_500, 0)]
)
def test_rates_and_fees_have_caps_of_their_own_and_their_sign_does_not_matter(to: str, amount: int, found: int) -> None:
    charged = transaction(sender=ISSUER, measured=[Measured("drawn", to, ALICE2, amount, 0)])
    said = findings(policy(price_rate_cap=Rates(1_500, 100)), charged)
    assert [(one.code, one.who, one.detail) for one in said] == [("price_rate_cap", "C-alice", to)] * found


def test_losses_add_up_over_clients_and_a_loss_made_good_makes_room() -> None:
    def lost(who: str, amount: int) -> Effects:
        return transaction(sender=ISSUER, measured=[Measured("drawn", "loss", who, amount, 0)])  # type: ignore[arg-type]

    under = policy(loss_floor=Amount(cny(100)))
    assert codes(under, lost(BOB, 41), book_of(lost(ALICE, 60))) == ["loss_floor"]
    assert codes(under, lost(BOB, 41), book_of(lost(ALICE, 60), lost(ALICE, -1))) == []
    assert codes(under, lost(BOB, -1), book_of(lost(ALICE, 200))) == []


# --- wind-down


def test_the_wind_down_trigger_is_said_once_since_a_transition_starts_once() -> None:
    under, book = policy(wind_down_trigger=Amount(cny(100))), book_of()
    said = [
        [finding.code for finding in take(under, book, transaction(one, sender=ISSUER)).findings]
        for one in (mint(ALICE, 9), mint(ALICE, 1), mint(ALICE, 1), burn(ALICE, 5), mint(ALICE, 4))
    ]
    assert said == [[], ["wind_down_trigger"], [], [], []]


def test_a_refused_transaction_does_not_use_up_the_wind_down_finding() -> None:
    under = policy(wind_down_trigger=Amount(cny(100)), max_tx_amount=Amount(cny(50)))
    book = book_of(transaction(mint(ALICE, 6), sender=ISSUER))
    assert isinstance(take(under, book, transaction(mint(ALICE, 6), sender=ISSUER)).verdict, Block)
    assert codes(under, transaction(mint(ALICE, 4), sender=ISSUER), book) == ["wind_down_trigger"]


def test_the_wind_down_trigger_is_also_crossed_by_a_price_that_rises() -> None:
    under = policy(wind_down_trigger=Amount(cny(100)))
    held = book_of(transaction(mint(ALICE, 9), sender=ISSUER))
    assert codes(repriced(under, 11), transaction(), held) == []
    assert codes(repriced(under, 12), transaction(), held) == ["wind_down_trigger"]


# --- overpaying


def test_overpaying_makes_no_room_for_somebody_else() -> None:
    under, book = policy(max_total_exposure=Amount(cny(100))), book_of()
    take(under, book, transaction(measured=[drawn(ALICE, 50)]), transaction(measured=[repaid(ALICE, 90)]))
    assert (book.exposure(under, "C-alice"), book.total_exposure(under)) == (0, 0)
    assert codes(under, transaction(measured=[drawn(BOB, 100)]), book) == []
    assert codes(under, transaction(measured=[drawn(BOB, 101)]), book) == ["max_total_exposure"]


def test_drawing_after_repaying_in_part_starts_from_what_is_still_owed() -> None:
    owed = book_of(transaction(measured=[drawn(ALICE, 80)]), transaction(measured=[repaid(ALICE, 30)]))
    assert codes(EXPOSURE, transaction(measured=[drawn(ALICE, 50)]), owed) == []
    assert codes(EXPOSURE, transaction(measured=[drawn(ALICE, 51)]), owed) == ["max_client_exposure"]


# --- nothing moves


def test_zero_amounts_make_no_client_no_holder_and_no_volume() -> None:
    zero = transaction(mint(BOB, 0), sender=ISSUER)
    assert codes(policy(max_clients=Count(0), holder_count=Count(0)), zero) == []
    assert codes(policy(max_clients=Count(0)), transaction(mint(BOB, 1), sender=ISSUER)) == ["max_clients"]
    spent = book_of(transaction(mint(ALICE, 50), sender=ISSUER), transaction(move(ALICE, BOB, 20)))
    assert codes(VOLUME, transaction(move(ALICE, BOB, 0)), spent) == []


def test_a_client_that_passes_tokens_on_at_once_did_hold_them() -> None:
    through = transaction(mint(ALICE, 5), move(ALICE, ISSUER, 5), sender=ISSUER)
    assert judge(policy(), book_of(), through).draft.active == {"C-alice"}


def test_a_reverted_transaction_moves_nothing_but_was_a_transaction() -> None:
    under = policy(max_tx_rate=CountPer(5, DAY), max_pilot_volume=AmountPer(cny(1), DAY), max_clients=Count(5))
    book = book_of()
    judgement = take(under, book, transaction(reverted=True))
    assert judgement.verdict == Allow()
    assert (book.pilot_volume.within(START, DAY), book.rate["C-alice"].within(START, DAY)) == (0, 1)
    assert (book.active, book.balances, book.totals) == ({"C-alice"}, {}, {})


# --- whose tokens, which assets


def test_events_of_unregistered_assets_are_ignored() -> None:
    nothing = Amount(cny(0))
    under = policy(max_tx_amount=nothing, max_client_exposure=nothing, holder_count=Count(0), max_total_exposure=nothing)
    assert codes(under, transaction(mint(ALICE, 10**30, asset=ROGUE), sender=ISSUER)) == []
    assert set(codes(under, transaction(mint(ALICE, 1), sender=ISSUER))) == {
        "max_tx_amount", "max_client_exposure", "holder_count", "max_total_exposure",
    }  # fmt: skip


def test_wei_counts_only_where_the_manifest_lists_it() -> None:
    under, sent = policy(max_tx_amount=Amount(cny(5))), transaction(native=[wei(ALICE, BOB, 6)])
    assert codes(under, sent) == []
    assert codes(with_native(under), sent) == ["max_tx_amount"]


def test_the_firms_own_addresses_and_contracts_are_no_holders_and_a_stranger_is_one() -> None:
    assert codes(policy(holder_count=Count(0)), transaction(mint(ISSUER), mint(TOKEN), sender=ISSUER)) == []
    assert codes(policy(holder_count=Count(0)), transaction(mint(MALLORY), sender=ISSUER)) == ["holder_count"]
    assert all(PEOPLE[one].kind is PartyKind.ROLE for one in (ISSUER, AGENT))


def test_a_loan_to_a_stranger_counts_as_exposure_of_its_own() -> None:
    assert codes(EXPOSURE, transaction(sender=ISSUER, measured=[drawn(MALLORY, 100)])) == []
    (finding,) = findings(EXPOSURE, transaction(sender=ISSUER, measured=[drawn(MALLORY, 101)]))
    assert (finding.who, finding.observed) == (MALLORY, "101")


def test_a_measure_that_feeds_another_total_is_no_exposure() -> None:
    book = book_of(transaction(measured=[drawn(ALICE, 500, to="overdue")]))
    assert (book.exposure(policy(), "C-alice"), book.counters) == (0, {("overdue", "C-alice"): 500})


def test_a_refused_transaction_leaves_the_book_untouched_and_the_next_one_finds_it_so() -> None:
    under, book = EXPOSURE, book_of(transaction(mint(ALICE, 9), sender=ISSUER))
    before = contents(book)
    assert isinstance(take(under, book, transaction(mint(ALICE, 2), mint(BOB, 1), sender=ISSUER)).verdict, Block)
    assert contents(book) == before
    assert take(under, book, transaction(mint(ALICE, 1), sender=ISSUER)).verdict == Allow()
    assert contents(book) != before
