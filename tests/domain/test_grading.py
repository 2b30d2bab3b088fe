"""Grades: what a breach weighs, what makes it graver, and when nearness is worth a word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects
from sandbox.domain.grading import FRESH, LOOKBACK, PAST, WARNING_LEVELS, Memory, level, overshoot, rise, weigh
from sandbox.domain.limits import Amount, AmountPer, Count, Grade, Limit, LimitSet, Mode, Resources
from sandbox.domain.policy import Policy
from sandbox.domain.reading import Reading
from sandbox.domain.rules import RULES, Warns
from sandbox.domain.supervision import Allow, Block, Judgement, judge
from tests.domain.builders import (
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    ROGUE,
    START,
    TOKEN,
    burn,
    cny,
    mint,
    move,
    policy,
    transaction,
)

S0, S1, S2, S3, S4 = Grade
GRADES = st.sampled_from(list(Grade)[1:])
YEARS_TWO = 730 * DAY


def reading(observed: int | str, bound: int | str = 1_000, *, least: bool = False) -> Reading:
    return Reading(observed, bound, True, least=least)


# --- weighing


@pytest.mark.parametrize(
    ("base", "ceiling", "observed", "repeated", "grade"),
    [
        (S1, S3, 1_001, False, S1),
        (S1, S3, 1_100, False, S1),  # exactly 10 %
        (S1, S3, 1_101, False, S2),  # more than 10 %
        (S1, S3, 1_500, False, S2),  # exactly 50 %
        (S1, S3, 1_501, False, S3),  # more than 50 %
        (S1, S3, 10**30, False, S3),
        (S1, S3, 1_001, True, S2),
        (S1, S3, 1_101, True, S3),
        (S1, S2, 1_501, True, S2),  # the rule goes no further
        (S2, S3, 1_501, True, S3),
        (S3, S3, 1_501, True, S3),
        (S3, S4, 1_001, True, S4),
        (S3, S4, 1_501, True, S4),
        (S4, S4, 1_501, True, S4),
        (S4, S3, 1_001, False, S4),  # a reading that names its own grade keeps it
    ],
)
def test_a_breach_weighs_more_the_further_it_goes_and_when_it_comes_again(
    base: Grade, ceiling: Grade, observed: int, repeated: bool, grade: Grade
) -> None:
    weighed = weigh(base, ceiling, reading(observed), repeated)
    assert (weighed.grade, weighed.base) == (grade, base)
    assert weighed.why or grade is base


@pytest.mark.parametrize(
    ("observed", "bound", "least", "past"),
    [
        (1_000, 1_000, False, 0),
        (999, 1_000, False, 0),
        (1_001, 1_000, False, 10),
        (1_000_099, 1_000_000, False, 0),  # rounded down
        (1, 0, False, 10_000),  # past a bound of nothing everything is twice as much
        (10**40, 0, False, 10_000),
        (0, 0, False, 0),
        (900, 1_000, True, 1_000),  # from below
        (1_000, 1_000, True, 0),
        (1_001, 1_000, True, 0),
        (0, 1_000, True, 10_000),
        (-5, 1_000, False, 0),
    ],
)
def test_overshoot_is_counted_in_basis_points_of_the_bound(observed: int, bound: int, least: bool, past: int) -> None:
    assert overshoot(reading(observed, bound, least=least)) == past


def test_a_question_of_yes_and_no_has_no_overshoot_and_can_only_repeat() -> None:
    answer = reading("receiver unknown", "known participants")
    assert overshoot(answer) == 0 == level(answer)
    assert weigh(S3, S4, answer, False).grade is S3 and weigh(S3, S4, answer, True).grade is S4


def test_the_reasons_are_given_in_words_in_the_order_they_count() -> None:
    assert weigh(S1, S3, reading(1_001), False).why == ()
    assert weigh(S1, S3, reading(1_205), False).why == ("past the bound by 20.50 %: +1",)
    assert weigh(S1, S3, reading(1_205), True).why == ("past the bound by 20.50 %: +1", "again within the look-back: +1")
    assert weigh(S3, S3, reading(2_000), False).why == ("past the bound by 100.00 %: +2", "at most S3")


@given(GRADES, GRADES, st.integers(0, 10**30), st.integers(0, 10**30), st.booleans(), st.booleans())
def test_a_grade_is_never_below_its_base_and_never_above_the_ceiling(
    base: Grade, ceiling: Grade, observed: int, bound: int, repeated: bool, least: bool
) -> None:
    grade = weigh(base, ceiling, reading(observed, bound, least=least), repeated).grade
    assert base <= grade <= max(base, ceiling)
    assert grade - base <= 3


@given(GRADES, GRADES, st.integers(0, 10**20), st.integers(0, 10**20), st.integers(0, 10**20), st.booleans())
def test_going_further_never_weighs_less_and_neither_does_a_repeat(
    base: Grade, ceiling: Grade, bound: int, observed: int, more: int, repeated: bool
) -> None:
    near, far = reading(observed, bound), reading(observed + more, bound)
    assert overshoot(near) <= overshoot(far)
    assert weigh(base, ceiling, near, repeated).grade <= weigh(base, ceiling, far, repeated).grade
    assert weigh(base, ceiling, near, False).grade <= weigh(base, ceiling, near, True).grade


@given(st.integers(1, 10**20), st.integers(0, 10**20))
def test_a_floor_and_a_cap_weigh_the_same_distance_alike(bound: int, distance: int) -> None:
    short, over = reading(bound - min(distance, bound), bound, least=True), reading(bound + min(distance, bound), bound)
    assert overshoot(short) == overshoot(over)


# --- repeats


@pytest.mark.parametrize(("later", "repeat"), [(0, True), (1, True), (YEARS_TWO - 1, True), (YEARS_TWO, False)])
def test_a_prior_counts_for_two_years_and_at_the_second_they_end_no_longer(later: int, repeat: bool) -> None:
    assert LOOKBACK == YEARS_TWO
    memory = Memory()
    memory.note([("max_tx_amount", "C-alice")], START)
    assert memory.repeats(("max_tx_amount", "C-alice"), START + later) is repeat
    grade = over(memory, START + later).findings[0].grade
    assert grade is (S2 if repeat else S1)


def over(memory: Memory, time: int = START, sender: str = ALICE) -> Judgement:
    """A transfer of 110 CNY where 100 are allowed: 10 % past the bound."""
    return judge(policy(max_tx_amount=Amount(cny(100))), Book(), transaction(mint(BOB, 11), sender=sender, time=time), memory)  # type: ignore[arg-type]


def test_a_repeat_is_one_of_the_same_subject_against_the_same_rule() -> None:
    memory = Memory()
    memory.note([("max_tx_amount", "C-alice"), ("max_tx_rate", "C-bob")], START)
    assert over(memory).findings[0].grade is S2
    assert over(memory, sender=ALICE2).findings[0].grade is S2  # another wallet, the same client
    assert over(memory, sender=BOB).findings[0].grade is S1
    assert over(memory, sender=CAROL).findings[0].grade is S1


def test_the_look_back_starts_anew_with_every_breach() -> None:
    memory = Memory()
    for time in (START, START + YEARS_TWO - 1, START + 2 * YEARS_TWO - 2):
        key = [(finding.code, finding.who) for finding in over(memory, time).findings]
        memory.note(key, time)
    assert over(memory, START + 2 * YEARS_TWO - 2 + YEARS_TWO - 1).findings[0].grade is S2
    assert over(memory, START + 2 * YEARS_TWO - 2 + YEARS_TWO).findings[0].grade is S1


def test_a_refused_transaction_is_a_prior_like_any_other_since_memory_is_no_counter() -> None:
    memory = Memory()
    first = over(memory)
    assert isinstance(first.verdict, Block) and first.findings[0].grade is S1
    memory.note([(one.code, one.who) for one in first.findings], START, first.told)
    assert over(memory, START + 1).findings[0].why == ("again within the look-back: +1",)


def test_judging_never_writes_to_the_memory() -> None:
    memory = Memory()
    over(memory)
    judge(NEAR, Book(), issue(9), memory)
    assert (memory.priors, memory.told) == ({}, {}) == (FRESH.priors, FRESH.told)


# --- nearness


@pytest.mark.parametrize(
    ("observed", "expected"),
    [(0, 0), (699, 0), (700, 70), (799, 70), (800, 80), (899, 80), (900, 90), (1_000, 90), (1_001, PAST)],
)
def test_a_level_is_reached_exactly_at_its_percentage(observed: int, expected: int) -> None:
    assert level(Reading(observed, 1_000, observed > 1_000)) == expected


def test_a_quantity_above_its_bound_that_breaches_nothing_anew_is_past_it_and_no_warning() -> None:
    assert level(Reading(1_500, 1_000, False)) == PAST
    assert level(Reading(5, 0, True)) == level(Reading(0, 0, False)) == 0


@pytest.mark.parametrize(
    ("before", "now", "again", "once"),
    [
        # level told, level now -> (warn, told from then on) for AGAIN, for ONCE
        (0, 0, (False, 0), (False, 0)),
        (0, 70, (True, 70), (True, 70)),
        (0, 90, (True, 90), (True, 90)),
        (70, 70, (False, 70), (False, 70)),
        (70, 80, (True, 80), (True, 80)),
        (90, 80, (False, 90), (False, 90)),
        (90, 70, (False, 90), (False, 90)),
        (90, 0, (False, 0), (False, 90)),
        (70, PAST, (False, PAST), (False, PAST)),
        (0, PAST, (False, PAST), (False, PAST)),
        (PAST, 90, (False, PAST), (False, PAST)),
        (PAST, 0, (False, 0), (False, PAST)),
    ],
)
def test_a_level_is_told_when_it_is_first_reached(
    before: int, now: int, again: tuple[bool, int], once: tuple[bool, int]
) -> None:
    assert rise(before, now, again=True) == again
    assert rise(before, now, again=False) == once


@given(st.lists(st.sampled_from([0, *WARNING_LEVELS, PAST])), st.booleans())
def test_between_two_falls_each_level_is_told_once_and_upwards_only(levels: list[int], again: bool) -> None:
    told, heard = 0, []
    for now in levels:
        warn, told = rise(told, now, again=again)
        if again and now == 0:
            heard = []
        if warn:
            heard.append(now)
        assert heard == sorted(set(heard)) and PAST not in heard and 0 not in heard
        assert told >= max(heard, default=0)


NEAR = policy(max_client_exposure=Amount(cny(100)))


def issue(amount: int, time: int = START) -> Effects:
    return transaction(mint(ALICE, amount), sender=ISSUER, time=time)


def told(under: Policy, *transactions: Effects, memory: Memory | None = None) -> list[list[tuple[str, str, str]]]:
    """(rule, subject, observed) of the warnings of each of these, carried out as the runner does."""
    book, memory, said = Book(), memory or Memory(), []
    for effects in transactions:
        judgement = judge(under, book, effects, memory)
        if not isinstance(judgement.verdict, Block):
            book.apply(judgement.draft)
        memory.note([(one.code, one.who) for one in judgement.findings], effects.timestamp, judgement.told)
        said.append([(one.code, one.who, one.observed) for one in judgement.warnings])
    return said


def exposure(observed: int) -> list[tuple[str, str, str]]:
    return [("max_client_exposure", "C-alice", str(observed))]


def test_each_level_is_told_once_on_the_way_up() -> None:
    steps = [issue(6), issue(1), transaction(), issue(1), issue(1), issue(1), issue(1)]
    assert told(NEAR, *steps) == [[], exposure(70), [], exposure(80), exposure(90), [], []]


def test_a_jump_over_levels_tells_the_highest_one() -> None:
    assert told(NEAR, issue(9), issue(1)) == [exposure(90), []]


def test_a_running_total_that_falls_below_seventy_percent_and_rises_is_told_again() -> None:
    steps = [issue(8), transaction(burn(ALICE, 1)), issue(1), transaction(burn(ALICE, 2)), issue(2)]
    assert told(NEAR, *steps) == [exposure(80), [], [], [], exposure(80)]


def test_what_each_transaction_starts_anew_is_told_once_and_for_all() -> None:
    under = policy(max_tx_amount=Amount(cny(100)))
    said = told(under, *(transaction(mint(BOB, n), sender=ISSUER) for n in (7, 1, 7, 8, 1, 8, 9)))
    assert [[observed for _, _, observed in one] for one in said] == [["70"], [], [], ["80"], [], [], ["90"]]


def test_a_warning_is_about_a_subject_not_about_a_rule() -> None:
    said = told(NEAR, issue(7), transaction(mint(BOB, 7), sender=ISSUER), transaction(mint(ALICE2, 1), sender=ISSUER))
    assert [[who for _, who, _ in one] for one in said] == [["C-alice"], ["C-bob"], ["C-alice"]]


def test_two_instruments_of_one_holder_are_told_apart() -> None:
    base = policy(concentration=Count(9_000))
    under = base.with_asset(ROGUE, replace(base.assets[TOKEN], address=ROGUE, key="bonds"))
    first = transaction(mint(ALICE, 8), mint(BOB, 2), mint(ALICE, 1, asset=ROGUE), mint(BOB, 9, asset=ROGUE), sender=ISSUER)
    both = transaction(move(BOB, ALICE, 0), move(ALICE, BOB, 1, asset=ROGUE))
    assert [[one[1] for one in step] for step in told(under, first, both, both)] == [["C-alice", "C-bob"], [], []]


def test_a_window_that_empties_makes_room_for_another_warning() -> None:
    under = policy(max_client_volume=AmountPer(cny(100), DAY))
    sent = [transaction(move(ALICE, BOB, n), time=START + later) for n, later in ((7, 0), (1, 1), (1, DAY), (6, DAY + 1))]
    assert [len(one) for one in told(under, issue(50), *sent)] == [0, 1, 1, 0, 1]


def test_a_resource_of_one_transaction_is_never_worth_a_warning() -> None:
    assert told(policy(resource=Resources(50_000, 10)), transaction(gas_used=50_000)) == [[]]
    assert {rule.code for rule in RULES if rule.warns is Warns.ONCE} == {"max_tx_amount"}


def test_warnings_change_no_verdict_and_are_no_findings() -> None:
    judgement = judge(NEAR, Book(), issue(9))
    assert (judgement.verdict, judgement.findings) == (Allow(), ())
    (warning,) = judgement.warnings
    assert (warning.grade, warning.base_grade, warning.refused, warning.tolerable) == (S0, S0, False, False)
    assert (warning.observed, warning.bound) == ("90", "100")


@pytest.mark.parametrize("mode", Mode)
def test_warnings_are_told_on_every_rung(mode: Mode) -> None:
    assert told(policy(mode, max_client_exposure=Amount(cny(100))), issue(7)) == [exposure(70)]


def limited(**modes: Mode) -> Policy:
    """Exposure of a client within 100 CNY, a transaction within 75."""
    bounds = {"max_client_exposure": Amount(cny(100)), "max_tx_amount": Amount(cny(75))}
    rows = {key: Limit(key, bound, modes.get(key, Mode.ENFORCE), "test", "design") for key, bound in bounds.items()}
    return replace(policy(), limits=LimitSet("test", "CNY", rows))


def test_nothing_is_told_of_a_refused_transaction_and_it_uses_no_level_up() -> None:
    refused = judge(limited(), Book(), issue(8))
    assert isinstance(refused.verdict, Block) and (refused.warnings, refused.told) == ((), {})
    said = told(limited(), issue(8), issue(4), issue(4))
    assert said == [[], [], exposure(80)]


def test_a_flagged_transaction_stands_and_so_does_what_was_told() -> None:
    flagged = judge(limited(max_tx_amount=Mode.WARN), Book(), issue(8))
    assert flagged.told == {("max_client_exposure", "C-alice"): 80, ("max_tx_amount", "issuer"): PAST}
    assert [one.code for one in flagged.warnings] == ["max_client_exposure"]


def test_passing_the_bound_is_a_finding_and_no_warning_comes_after_it_on_the_way_down() -> None:
    under = policy(Mode.WARN, max_client_exposure=Amount(cny(100)))
    steps = [issue(11), transaction(burn(ALICE, 2)), issue(1), transaction(burn(ALICE, 5)), issue(3)]
    assert told(under, *steps) == [[], [], [], [], exposure(80)]
