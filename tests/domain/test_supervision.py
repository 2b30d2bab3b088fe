"""From what a transaction did to a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.limits import (
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Grade,
    Limit,
    LimitSet,
    Mode,
    Required,
    Resources,
)
from sandbox.domain.policy import Policy
from sandbox.domain.supervision import Allow, Block, Flag, judge
from tests.domain.builders import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    MALLORY,
    book_of,
    cny,
    contents,
    frame,
    mint,
    move,
    policy,
    take,
    transaction,
)

LARGE = transaction(mint(ALICE, 6), mint(BOB, 6), sender=ISSUER, frames=[frame(function="mint")])


def mixed(**limits: tuple[Bound, Mode]) -> Policy:
    rows = {key: Limit(key, bound, mode, "test", "design") for key, (bound, mode) in limits.items()}
    return replace(policy(), limits=LimitSet("test", "CNY", rows))


def test_a_transaction_within_all_limits_is_allowed_with_its_readings() -> None:
    judgement = judge(policy(max_tx_amount=Amount(cny(500)), max_clients=Count(5)), Book(), LARGE)
    assert (judgement.verdict, judgement.findings) == (Allow(), ())
    assert judgement.readings_as_data() == {"max_tx_amount": "120", "max_clients": "2"}


def test_one_refusing_rule_refuses_the_whole_transaction_and_the_others_are_on_record_too() -> None:
    under = mixed(
        max_tx_amount=(Amount(cny(100)), Mode.ENFORCE),
        max_clients=(Count(1), Mode.WARN),
        holder_count=(Count(1), Mode.OBSERVE),
        privileged_op=(Required(True), Mode.ENFORCE),
    )
    judgement = judge(under, Book(), LARGE)
    assert isinstance(judgement.verdict, Block)
    refused = {finding.code: finding.refused for finding in judgement.verdict.findings}
    assert refused == {"max_clients": False, "max_tx_amount": True, "privileged_op": False}
    assert {finding.code for finding in judgement.findings} == {*refused, "holder_count"}


def test_a_rule_that_only_observes_says_nothing_aloud_and_still_counts() -> None:
    judgement = judge(mixed(max_clients=(Count(1), Mode.OBSERVE)), Book(), LARGE)
    assert judgement.verdict == Allow() and [finding.code for finding in judgement.findings] == ["max_clients"]


def test_a_detective_rule_flags_and_never_refuses() -> None:
    judgement = judge(mixed(wind_down_trigger=(Amount(cny(100)), Mode.ENFORCE)), Book(), LARGE)
    assert isinstance(judgement.verdict, Flag) and not judgement.verdict.findings[0].refused


def test_a_limit_without_a_bound_is_not_judged() -> None:
    unset = Limit("max_tx_amount", None, Mode.ENFORCE, "", "design")
    rows = {**policy(max_clients=Count(9)).limits.limits, "max_tx_amount": unset}
    assert judge(replace(policy(), limits=LimitSet("p", "CNY", rows)), Book(), LARGE).verdict == Allow()


def test_the_reading_kept_is_the_one_nearest_to_its_bound() -> None:
    under = policy(max_client_exposure=Amount(cny(100)))
    for legs in ((mint(ALICE, 3), mint(BOB, 7)), (mint(BOB, 7), mint(ALICE, 3))):
        reading = judge(under, Book(), transaction(*legs, sender=ISSUER)).readings["max_client_exposure"]
        assert (reading.who, reading.observed) == ("C-bob", cny(70).value)


def test_nearness_goes_by_share_of_the_bound_and_a_bound_of_zero_is_no_obstacle() -> None:
    heavy = transaction(gas_used=90, data=b"\x01" * 99)
    assert judge(policy(resource=Resources(100, 98)), Book(), heavy).readings["resource"].who == "calldata"
    assert judge(policy(resource=Resources(90, 99)), Book(), heavy).readings["resource"].who == "gas"
    assert judge(policy(call_depth=Count(0)), Book(), transaction()).readings["call_depth"].observed == 0


def test_a_finding_tells_observed_value_bound_unit_and_subject_as_plain_data() -> None:
    under = policy(max_client_volume=AmountPer(cny("99.50"), DAY))
    held = book_of(transaction(mint(ALICE, 50), sender=ISSUER))
    (finding,) = judge(under, held, transaction(move(ALICE, BOB, 10))).findings
    assert finding.as_data() == {
        "code": "max_client_volume",
        "limit": "max_client_volume",
        "grade": "S1",
        "mode": "enforce",
        "timing": "preventive",
        "observed": "100",
        "bound": "99.5",
        "unit": "money",
        "who": "C-alice",
        "frame": None,
        "detail": "",
        "tolerable": True,
        "refused": True,
        "base_grade": "S1",
        "why": [],
    }


@pytest.mark.parametrize("limit", ["max_tx_amount", "max_tx_rate", "allowed_functions"])
def test_only_minor_findings_are_tolerable(limit: str) -> None:
    bounds: dict[str, Bound] = {
        "max_tx_amount": Amount(cny(95)), "max_tx_rate": CountPer(10, DAY), "allowed_functions": Required(True),
    }  # fmt: skip
    known = book_of(*[transaction(sender=CAROL)] * 10)
    strange = transaction(mint(CAROL, 10), sender=CAROL, frames=[frame(data=b"\x01")])
    (minor,) = judge(policy(**{limit: bounds[limit]}), known, strange).findings
    assert minor.grade is Grade.S1 and minor.tolerable
    serious = judge(policy(whitelist=Required(True)), Book(), transaction(move(ALICE, MALLORY))).findings
    assert not any(finding.tolerable for finding in serious)


def test_a_minor_breach_that_weighs_more_is_no_longer_tolerable() -> None:
    (minor,) = judge(policy(max_tx_amount=Amount(cny(100))), Book(), transaction(mint(CAROL, 11))).findings
    (general,) = judge(policy(max_tx_amount=Amount(cny(100))), Book(), transaction(mint(CAROL, 12))).findings
    assert (minor.grade, minor.base_grade, minor.tolerable) == (Grade.S1, Grade.S1, True)
    assert (general.grade, general.base_grade, general.tolerable) == (Grade.S2, Grade.S1, False)


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.WARN])
def test_rungs_that_do_not_refuse_leave_the_same_counters_as_having_no_limit(mode: Mode) -> None:
    plain, watched = Book(), Book()
    take(policy(), plain, LARGE, transaction(move(ALICE, BOB, 1)))
    take(policy(mode, max_tx_amount=Amount(cny(1)), max_clients=Count(0)), watched, LARGE, transaction(move(ALICE, BOB, 1)))
    assert contents(plain) == contents(watched)


def test_after_a_refusal_the_same_transaction_made_smaller_passes_as_if_nothing_had_been() -> None:
    under = policy(max_total_exposure=Amount(cny(100)), max_tx_rate=CountPer(1, DAY))
    book = Book()
    assert isinstance(take(under, book, transaction(mint(ALICE, 11))).verdict, Block)
    assert contents(book) == contents(Book())
    assert take(under, book, transaction(mint(ALICE, 10))).verdict == Allow()


def test_judging_is_a_function_of_its_arguments() -> None:
    under = policy(max_tx_amount=Amount(cny(1)), jurisdiction=Allowed(frozenset({"CN"})))
    once, again = (judge(under, Book(), LARGE) for _ in range(2))
    assert (once.verdict, once.findings, once.readings) == (again.verdict, again.findings, again.readings)
