"""The rule the clock raises: no transaction shows that a report is late."""

from __future__ import annotations

import pytest

from sandbox.domain.grading import FRESH
from sandbox.domain.limits import Deadlines, Grade, Mode, Timing
from sandbox.domain.reading import Reading
from sandbox.domain.supervision import judge_fact
from sandbox.domain.units import Seconds
from tests.domain.builders import DAY, START, policy

BOUND = Deadlines(Seconds(30 * DAY), DAY)

CASES = {
    "reporting_deadline": [
        # seconds late, what came of it
        (1, Grade.S1),
        (DAY // 10, Grade.S1),
        (2 * DAY, Grade.S2),
    ]
}
"""What the clock says of a notice that was due within a day, by how long it took in all."""


def late(by: int) -> Reading:
    return Reading(DAY + by, DAY, True, "C-firm", detail="incident notice")


@pytest.mark.parametrize(("by", "grade"), CASES["reporting_deadline"])
@pytest.mark.parametrize("mode", Mode)
def test_a_late_report_is_a_finding_that_grows_with_the_delay_and_refuses_nothing(by: int, grade: Grade, mode: Mode) -> None:
    finding = judge_fact(policy(mode, reporting_deadline=BOUND), "reporting_deadline", late(by), FRESH, START)
    assert finding is not None
    assert (finding.grade, finding.base_grade, finding.mode, finding.timing) == (grade, Grade.S1, mode, Timing.DETECTIVE)
    assert finding.observed == str(DAY + by) and not finding.refused
    assert finding.tolerable is (grade is Grade.S1)


def test_where_no_deadline_is_set_none_is_missed() -> None:
    assert judge_fact(policy(), "reporting_deadline", late(DAY), FRESH, START) is None
