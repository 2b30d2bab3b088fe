"""Tolerance: record, correct, decide; what each outcome needs, and where it stops."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.acts import ClaimNoFault, Decide, FileRectification, VerifyRectification
from sandbox.domain.dossier import Decided
from sandbox.domain.limits import SPECS, Grade
from sandbox.domain.standing import Officer, Role, State
from sandbox.domain.tolerance import (
    CLAUSES,
    EXEMPTIONS,
    NO_TOLERANCE,
    REASONS,
    Eligible,
    NotEligible,
    Outcome,
    Reason,
    eligibility,
    rates,
)
from sandbox.domain.units import Value
from sandbox.errors import Conflict, InputError, NotFound
from tests.domain.dossiers import DAY, FIRM, HASH, MENTOR, REGULATOR, TERMS, File, active

MINOR, FIRST, NO_FAULT = EXEMPTIONS
SLIGHT = replace(TERMS, slight_harm=Value(100))


def verdict(file: File, number: int) -> Eligible | NotEligible:
    return eligibility(file.dossier.violations[number - 1], file.dossier, file.terms)


def corrected(file: File, **breach: object) -> int:
    number = file.breach(**breach)  # type: ignore[arg-type]
    file.correct(number)
    return number


def test_minor_corrected_and_harmless_must_go_without_penalty() -> None:
    file = active()
    number = corrected(file)
    assert verdict(file, number) == Eligible((MINOR, FIRST), mandatory=True)
    with pytest.raises(Conflict, match="no penalty is possible"):
        file.decide(number, Outcome.PENALTY)
    (decided,) = file.decide(number, MINOR)
    assert isinstance(decided, Decided) and decided.clause == CLAUSES[MINOR]


def test_slight_harm_leaves_it_to_the_regulator() -> None:
    file = active(SLIGHT)
    number = corrected(file, harm=100)
    assert verdict(file, number) == Eligible((FIRST,), mandatory=False)
    file.decide(number, Outcome.PENALTY)


def test_harm_one_above_slight_is_not_exempted() -> None:
    file = active(SLIGHT)
    assert verdict(file, corrected(file, harm=101)) == NotEligible((Reason.NOT_SLIGHT,))


def test_a_second_one_of_its_kind_is_no_first_offence_though_the_first_was_exempted() -> None:
    file = active(SLIGHT)
    file.decide(corrected(file, harm=1), FIRST)
    file.go(State.ACTIVE)
    assert verdict(file, corrected(file, harm=1)) == NotEligible((Reason.NOT_FIRST,))
    assert verdict(file, corrected(file, harm=1, code="max_tx_rate")) == Eligible((FIRST,), mandatory=False)


def test_one_that_was_dismissed_is_no_prior_and_one_not_decided_is() -> None:
    file = active(SLIGHT)
    first, second = file.breach(harm=1), file.breach(harm=1)
    file.correct(second)
    assert verdict(file, second) == NotEligible((Reason.NOT_FIRST,))
    file.decide(first, Outcome.DISMISSED)
    assert verdict(file, second) == Eligible((FIRST,), mandatory=False)


@pytest.mark.parametrize(("days", "first"), [(20, True), (19, False)])
def test_the_lookback_is_half_open(days: int, first: bool) -> None:
    file = active(replace(SLIGHT, lookback_days=20, tolerance_days=365))
    file.decide(corrected(file, harm=1), Outcome.PENALTY)
    file.go(State.ACTIVE)
    file.now += days * DAY
    number = corrected(file, harm=1)
    assert isinstance(verdict(file, number), Eligible) is first


@pytest.mark.parametrize(("late", "inside"), [(0, True), (1, False)])
def test_the_tolerance_period_ends_with_its_last_second(late: int, inside: bool) -> None:
    file = active(SLIGHT)
    file.now += 90 * DAY + late
    number = corrected(file, harm=1)
    assert verdict(file, number) == (Eligible((FIRST,), mandatory=False) if inside else NotEligible((Reason.OUTSIDE_PERIOD,)))


def test_the_law_on_harmless_ones_does_not_end_with_the_period() -> None:
    file = active()
    file.now += 91 * DAY
    assert verdict(file, corrected(file)) == Eligible((MINOR,), mandatory=True)


def test_before_the_test_there_is_no_tolerance_period() -> None:
    file = active(SLIGHT)
    number = corrected(file, harm=1)
    file.dossier = replace(file.dossier, first_active_at=None)
    assert verdict(file, number) == NotEligible((Reason.OUTSIDE_PERIOD,))


def test_what_was_corrected_late_was_not_corrected() -> None:
    file = active()
    number = file.breach()
    file.now = file.dossier.violations[0].deadline + 1
    file.correct(number)
    assert verdict(file, number) == NotEligible((Reason.NOT_CORRECTED,))
    assert file.dossier.state is State.SUSPENDED


def test_filed_in_time_and_seen_later_is_in_time() -> None:
    file = active()
    number = file.breach()
    file.now = file.dossier.violations[0].deadline
    file.do(FileRectification(number, "corrected", HASH), FIRM)
    file.do(VerifyRectification(number, True, "seen"), REGULATOR, after=9 * DAY)
    assert file.dossier.state is State.RECTIFYING
    assert isinstance(verdict(file, number), Eligible)


def test_a_graver_grade_is_barred_with_every_reason() -> None:
    file = active()
    number = corrected(file, grade=Grade.S2, harm=7)
    assert verdict(file, number) == NotEligible((Reason.NOT_TOLERABLE, Reason.NOT_MINOR, Reason.NOT_SLIGHT))


@pytest.mark.parametrize("code", sorted(NO_TOLERANCE))
def test_the_no_tolerance_list_holds_even_without_fault(code: str) -> None:
    file = active()
    number = corrected(file, grade=Grade.S1, code=code)
    file.do(ClaimNoFault(number, "a letter"), FIRM)
    found = verdict(file, number)
    assert isinstance(found, NotEligible) and Reason.NO_TOLERANCE_LIST in found.reasons
    for outcome in EXEMPTIONS:
        with pytest.raises(Conflict, match="list of what is never tolerated"):
            file.decide(number, outcome)


@given(code=st.sampled_from(sorted({*SPECS, *NO_TOLERANCE})), harm=st.integers(0, 5), claim=st.booleans())
def test_a_red_line_is_never_exempted(code: str, harm: int, claim: bool) -> None:
    file = active(SLIGHT)
    number = corrected(file, grade=Grade.S4, code=code, harm=harm)
    if claim:
        file.do(ClaimNoFault(number, "a letter"), FIRM)
    found = verdict(file, number)
    assert isinstance(found, NotEligible) and found.reasons[0] is Reason.RED_LINE
    for outcome in EXEMPTIONS:
        with pytest.raises(Conflict):
            file.decide(number, outcome)


def test_no_fault_needs_evidence_and_then_holds_for_a_graver_one() -> None:
    file = active()
    number = corrected(file, grade=Grade.S2, code="max_clients", harm=9)
    with pytest.raises(Conflict, match="no evidence"):
        file.decide(number, NO_FAULT)
    file.do(ClaimNoFault(number, "the price feed failed"), FIRM)
    file.decide(number, NO_FAULT)
    assert file.dossier.violations[0].exempted


# --- the order: record, correct, decide


@pytest.mark.parametrize("outcome", [MINOR, FIRST, Outcome.PENALTY])
def test_nothing_is_decided_while_a_correction_in_time_is_possible(outcome: Outcome) -> None:
    file = active()
    number = file.breach()
    with pytest.raises(Conflict, match="corrected"):
        file.decide(number, outcome)


def test_who_does_not_correct_is_punished_after_the_deadline() -> None:
    file = active()
    number = file.breach()
    file.now = file.dossier.violations[0].deadline + 1
    file.decide(number, Outcome.PENALTY)
    assert file.dossier.violations[0].decision is not None


def test_what_no_correction_can_save_may_be_decided_at_once() -> None:
    file = active()
    file.decide(file.breach(Grade.S3), Outcome.PENALTY)


def test_a_rectification_found_wanting_can_be_filed_again() -> None:
    file = active()
    number = file.breach()
    file.do(FileRectification(number, "a promise", HASH), FIRM)
    file.do(VerifyRectification(number, False, "a promise is none"), REGULATOR)
    file.correct(number)
    assert [each.satisfied for each in file.dossier.violations[0].rectifications] == [False, True]
    assert isinstance(verdict(file, number), Eligible)


@pytest.mark.parametrize("blank", ["", " ", "\u200b", "\u2060 \ufe0f", "\u3164"])
def test_an_exemption_needs_education(blank: str) -> None:
    file = active()
    number = corrected(file)
    with pytest.raises(InputError, match="education"):
        file.decide(number, MINOR, education=blank)
    file.decide(number, MINOR, education="\u200btold so")


@pytest.mark.parametrize("again", list(Outcome))
def test_a_decision_stands(again: Outcome) -> None:
    file = active()
    number = corrected(file)
    file.decide(number, MINOR)
    with pytest.raises(Conflict, match="decided already"):
        file.decide(number, again)


@pytest.mark.parametrize("by", [FIRM, MENTOR, Officer("Sun", Role.CONFERENCE, "x")], ids=lambda officer: officer.role.value)
def test_only_a_regulator_decides(by: Officer) -> None:
    file = active()
    number = corrected(file)
    with pytest.raises(Conflict, match="not the"):
        file.do(Decide(number, MINOR, "mild", "told"), by)


def test_a_violation_that_is_not_there_is_not_found() -> None:
    for number in (0, 1):
        with pytest.raises(NotFound):
            active().decide(number, Outcome.DISMISSED)


def test_there_is_nothing_to_verify_before_it_is_filed_or_twice() -> None:
    file = active()
    number = file.breach()
    with pytest.raises(Conflict, match="waits to be verified"):
        file.do(VerifyRectification(number, True, "seen"), REGULATOR)
    file.correct(number)
    with pytest.raises(Conflict, match="waits to be verified"):
        file.do(VerifyRectification(number, False, "on reflection"), REGULATOR)
    with pytest.raises(Conflict, match="verified already"):
        file.do(FileRectification(number, "again", HASH), FIRM)


# --- the record


def test_rates_count_what_was_exempted_and_what_was_repeated() -> None:
    file = active(SLIGHT)
    file.decide(corrected(file, harm=1), FIRST)
    file.go(State.ACTIVE)
    file.decide(corrected(file, harm=1), Outcome.PENALTY)
    file.go(State.ACTIVE)
    file.decide(file.breach(), Outcome.DISMISSED)
    file.breach(code="max_tx_rate")
    found = rates(file.dossier, file.terms)
    assert (found.exemption.numerator, found.exemption.denominator, found.exemption.basis_points) == (1, 2, 5_000)
    assert (found.repeat.numerator, found.repeat.denominator, found.repeat.basis_points) == (1, 3, 3_333)


def test_rates_of_nothing_are_nothing() -> None:
    assert rates(active().dossier, TERMS).exemption.basis_points == 0


def test_every_reason_has_its_sentences_and_every_exemption_its_clause() -> None:
    assert set(REASONS) == set(Reason) and set(CLAUSES) == set(EXEMPTIONS)
    assert all(all(pair) for pair in (*REASONS.values(), *NO_TOLERANCE.values()))


@pytest.mark.parametrize(("grade", "tolerable", "harm"), list(product(list(Grade)[1:], (True, False), (0, 1, 101))))
def test_a_first_offence_is_exempted_only_when_minor_tolerable_and_slight(grade: Grade, tolerable: bool, harm: int) -> None:
    file = active(SLIGHT)
    number = corrected(file, grade=grade, harm=harm)
    violation = replace(file.dossier.violations[number - 1], tolerable=tolerable)
    found = eligibility(violation, file.dossier, file.terms)
    wanted = grade is Grade.S1 and tolerable and harm <= 100
    assert (isinstance(found, Eligible) and FIRST in found.outcomes) is wanted
