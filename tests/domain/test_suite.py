"""The attack suite as a measurement: what counts as caught, and when the whole of it holds."""

from __future__ import annotations

import pytest

from sandbox.domain.scenario import Case
from sandbox.domain.suite import SuiteResult, Tried


def tried(case: Case, *, right: bool) -> Tried:
    return Tried("one", "pilot", case, ("opcodes S2",), right)


@pytest.mark.parametrize(
    ("case", "right", "holds"),
    [(Case.ATTACK, True, True), (Case.ATTACK, False, False), (Case.BENIGN, True, True), (Case.BENIGN, False, False)],
)
def test_a_suite_holds_when_nothing_was_missed_and_nobody_was_disturbed(case: Case, right: bool, holds: bool) -> None:
    others = (tried(Case.ATTACK, right=True), tried(Case.BENIGN, right=True))
    assert SuiteResult((*others, tried(case, right=right))).holds is holds


def test_rates_count_missed_attacks_and_false_alarms_apart() -> None:
    attacks = (tried(Case.ATTACK, right=True), tried(Case.ATTACK, right=False))
    data = SuiteResult((*attacks, tried(Case.BENIGN, right=False))).as_data()
    assert (data["caught"], data["recall_bp"], data["false_alarms"], data["precision_bp"]) == (1, 5_000, 1, 5_000)
    assert data["by_rule"] == {"opcodes": 1}
