"""The office: the supervision file of the pilot a run leads through its life, kept with block time for a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sandbox.domain import recording_acts
from sandbox.domain.acts import Act, Elapse, OpenViolation
from sandbox.domain.deeds import Deed, perform
from sandbox.domain.dossier import Consequence, Dossier, Overdue
from sandbox.domain.events import Event
from sandbox.domain.limits import Grade, Mode
from sandbox.domain.scenario import Life
from sandbox.domain.standing import RUNNING, SYSTEM, Officer
from sandbox.domain.supervision import Finding
from sandbox.domain.terms import Facts, Terms
from sandbox.domain.units import Value
from sandbox.domain.working_days import DAY
from sandbox.errors import SandboxError


class Office:
    """Keeps one dossier. start: unix seconds at which the run begins, in the state `life` says."""

    def __init__(self, pilot: str, life: Life, terms: Terms, start: int, record: Callable[[Event], None]) -> None:
        self.terms = terms
        self.dossier = _begun(pilot, life, terms, start)
        self._record = record
        self._seen = start
        self._told: set[tuple[str, Grade]] = set()

    def take(self, step: int, act: Act, by: Officer, now: int, facts: Facts) -> tuple[Consequence, ...]:
        """Let an officer act; accepted or refused, it is recorded. Raises Conflict, InputError or NotFound for a refusal."""
        try:
            dossier, brought = perform(self.dossier, act, by, now, facts, self.terms)
        except SandboxError as error:
            self._record(recording_acts.refused(step, self.dossier.pilot, act, by, now, error.what))
            raise
        self.dossier, self._seen = dossier, now
        if brought or not isinstance(act, Elapse):
            self._record(recording_acts.taken(step, Deed(act, by, now, facts), dossier, brought))
        return brought

    def elapse(self, step: int, now: int, facts: Facts) -> tuple[Overdue, ...]:
        """Let time pass, day by day, so that what a day brings happens on that day; the duties to report missed by now, each
        told once for each grade."""
        missed: dict[tuple[str, Grade], Overdue] = {}
        while self._seen < now:
            brought = self.take(step, Elapse(), SYSTEM, min(now, self._seen + DAY), facts)
            missed |= {(one.ref, one.grade): one for one in brought if isinstance(one, Overdue)}
        fresh = tuple(one for key, one in missed.items() if key not in self._told)
        self._told |= missed.keys()
        return fresh

    def answer_for(self, step: int, findings: Iterable[Finding], ref: str, harm: int, now: int, facts: Facts) -> None:
        """Open a violation for each finding that stands: what was refused did not happen, what is only observed or near is no
        violation. ref: where it was observed. harm: a Value."""
        for finding in findings:
            stands = not finding.refused and finding.mode is not Mode.OBSERVE and finding.grade > Grade.S0
            if stands and self.dossier.state in RUNNING:
                detail = f"{finding.observed}, bound {finding.bound}"
                opened = OpenViolation(finding.code, finding.grade, ref, Value(harm), finding.tolerable, detail)
                self.take(step, opened, SYSTEM, now, facts)


def _begun(pilot: str, life: Life, terms: Terms, start: int) -> Dossier:
    dossier = Dossier(pilot, life.state, life.stage, since=start, seen=start)
    if life.state not in RUNNING:
        return dossier
    return replace(dossier, first_active_at=start, ends_at=start + terms.test_days * DAY)



class RegisteredOffice(Office):
    """The file of a registered pilot, which the registry keeps. act: lets somebody act there, within whatever transaction is
    open, and gives the dossier after it with what it brought."""

    def __init__(
        self,
        dossier: Dossier,
        terms: Terms,
        act: Callable[[Act, Officer, Facts], tuple[Dossier, tuple[Consequence, ...]]],
    ) -> None:
        self.terms = terms
        self.dossier = dossier
        self._act = act

    def take(self, step: int, act: Act, by: Officer, now: int, facts: Facts) -> tuple[Consequence, ...]:
        """Let an officer act, by the clock of the registry. Raises Conflict, InputError."""
        self.dossier, brought = self._act(act, by, facts)
        return brought
