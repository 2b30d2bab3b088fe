"""Duties to report (limit 26, reporting_deadline): which of them were missed.

The k-th periodic report is due one period after the k-th period began, counted from the start of the test; the notice of an
incident within its time after it happened. Late is S1, later than twice the time is S2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.domain.acts import ReportKind
from sandbox.domain.dossier import Dossier, Overdue
from sandbox.domain.limits import Deadlines, Grade
from sandbox.domain.standing import TERMINAL
from sandbox.domain.terms import HOUR, Terms
from sandbox.domain.working_days import DAY

RULE: Final = "reporting_deadline"
MAX_DUTIES: Final = 1_000
"""Periods looked at; more only follow from a cadence that means nothing."""


def overdue(
    dossier: Dossier, now: int, terms: Terms, report_every: int | None = None, incident_within: int | None = None
) -> tuple[Overdue, ...]:
    """Every duty that was missed by `now` and is not yet a violation of its grade. Seconds; None takes the bound of
    reporting_deadline where one is set, then the terms'. Once the caller has opened a violation with the row's `limit`, `grade`
    and `ref`, the row is not given again."""
    bound = None if terms.limits is None else terms.limits.bound(RULE)
    if isinstance(bound, Deadlines):
        report_every, incident_within = report_every or bound.report, incident_within or bound.incident
    if report_every is None and terms.report_days is not None:
        report_every = terms.report_days * DAY
    within = terms.incident_hours * HOUR if incident_within is None else incident_within
    known = {(each.ref, each.grade) for each in dossier.violations if each.code == RULE}
    rows = (*_periodic(dossier, now, report_every), *_incidents(dossier, now, within))
    return tuple(row for row in rows if not {(row.ref, row.grade), (row.ref, Grade.S2)} & known)


def _periodic(dossier: Dossier, now: int, every: int | None) -> Iterator[Overdue]:
    start = dossier.first_active_at
    if start is None or not every:
        return
    filed = [report.time for report in dossier.reports if report.kind is ReportKind.PERIODIC]
    end = dossier.since if dossier.state in TERMINAL else now
    number = 1
    while start + every < end and number <= MAX_DUTIES:
        yield from _late(dossier, f"periodic:{number}", start, _take(filed, start, now), every)
        start, number = start + every, number + 1


def _incidents(dossier: Dossier, now: int, within: int) -> Iterator[Overdue]:
    filed = [report.time for report in dossier.reports if report.kind is ReportKind.INCIDENT]
    for incident in dossier.incidents:
        yield from _late(dossier, f"incident:{incident.number}", incident.time, _take(filed, incident.time, now), within)


def _take(filed: list[int], earliest: int, now: int) -> int:
    """When the duty was met: by the first report from `earliest` on that met no other duty, or not yet, which is `now`."""
    while filed:
        time = filed.pop(0)
        if time >= earliest:
            return time
    return now


def _late(dossier: Dossier, ref: str, start: int, met: int, bound: int) -> Iterator[Overdue]:
    observed = met - start
    if observed > bound:
        grade = Grade.S2 if observed > 2 * bound else Grade.S1
        yield Overdue(RULE, grade, observed, bound, dossier.pilot, ref)
