"""People, moments and shortcuts of the life-cycle tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.domain.acts import (
    Act,
    AssignMentor,
    Decide,
    FileEvidence,
    FileRectification,
    OpenViolation,
    Pause,
    Resume,
    Score,
    Transition,
    VerifyRectification,
    Vote,
)
from sandbox.domain.deeds import Deed, perform
from sandbox.domain.dossier import Consequence, Dossier
from sandbox.domain.evaluation import PAPERS, Dimension
from sandbox.domain.limits import Amount, Bound, Count, Grade, Limit, LimitSet, Mode
from sandbox.domain.standing import SYSTEM, Officer, Role, State
from sandbox.domain.terms import Facts, Terms
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Value, parse_money
from sandbox.domain.working_days import Calendar, calendar_from

HOLIDAYS = Path(__file__).resolve().parents[2] / "sandbox" / "data" / "cn_holidays.json"

FIRM = Officer("Zhou", Role.FIRM)
REGULATOR = Officer("Li", Role.REGULATOR, "Financial office")
COLLEAGUE = Officer("Wu", Role.REGULATOR, "Financial office")
CONFERENCE = Officer("Sun", Role.CONFERENCE, "Market regulation")
MENTOR = Officer("Ma", Role.MENTOR)
AUDITOR = Officer("Qian", Role.AUDITOR)
PUBLIC = Officer("Anybody", Role.PUBLIC)
OFFICERS = (FIRM, REGULATOR, COLLEAGUE, CONFERENCE, MENTOR, AUDITOR, PUBLIC, SYSTEM)

START = 1_798_768_800
"""2027-01-01 10:00 +08:00, a Friday and a holiday."""
DAY = 86_400
HASH = "ab" * 32

READY = Facts(True, True, True, True, True, True, outstanding=0, head=100)
NOTHING = Facts()


def limit_set(**bounds: Bound | None) -> LimitSet:
    rows: dict[str, Bound | None] = {"max_clients": Count(50), "max_tx_amount": Amount(parse_money("5000 CNY")), **bounds}
    return LimitSet("p", "CNY", {key: Limit(key, bound, Mode.ENFORCE, "-", "design") for key, bound in rows.items()})


def chinese_calendar() -> Calendar:
    return calendar_from(json.loads(HOLIDAYS.read_text(encoding="utf-8")))


TERMS = Terms(limits=limit_set(), roofs={"max_clients": (Count(60), Count(80))}, holidays=chinese_calendar())


class File:
    """A dossier in the making, with the deeds that made it. Time stands still unless a test lets it pass."""

    def __init__(self, terms: Terms = TERMS, facts: Facts = READY) -> None:
        self.dossier = Dossier("sme-equity")
        self.deeds: list[Deed] = []
        self.terms, self.facts, self.now = terms, facts, START

    def do(self, act: Act, by: Officer, after: int = 0, **facts: Any) -> tuple[Consequence, ...]:
        """Perform the act, `after` seconds later."""
        self.now += after
        known = Facts(**facts) if facts else self.facts
        self.dossier, consequences = perform(self.dossier, act, by, self.now, known, self.terms)
        self.deeds.append(Deed(act, by, self.now, known))
        return consequences

    def go(self, to: State, by: Officer = REGULATOR, after: int = 0) -> tuple[Consequence, ...]:
        return self.do(Transition(to, "as the rules say"), by, after)

    def agree(self, to: State) -> tuple[Consequence, ...]:
        """Move with the conference's vote."""
        self.do(Vote(to, True, "agreed"), CONFERENCE)
        return self.go(to)

    def breach(self, grade: Grade = Grade.S1, code: str = "max_tx_amount", harm: int = 0, after: int = 0) -> int:
        """Open a violation; its number."""
        tolerable = grade <= Grade.S1
        self.do(OpenViolation(code, grade, f"tx:{len(self.deeds)}", Value(harm), tolerable, "too much"), SYSTEM, after)
        return self.dossier.violations[-1].number

    def correct(self, number: int, after: int = 0) -> None:
        self.do(FileRectification(number, "corrected", HASH), FIRM, after)
        self.do(VerifyRectification(number, True, "seen"), REGULATOR)

    def decide(self, number: int, outcome: Outcome, education: str = "told so") -> tuple[Consequence, ...]:
        return self.do(Decide(number, outcome, "on the merits", education), REGULATOR)

    def evaluate(self) -> None:
        """File every paper and score every dimension."""
        authors = (FIRM, AUDITOR, CONFERENCE, REGULATOR)
        for paper, author in zip(PAPERS, authors, strict=True):
            self.do(FileEvidence(paper.kind, HASH, paper.en), author)
        for dimension in Dimension:
            self.do(Score(dimension, 80, "well done"), REGULATOR)


def noticed(terms: Terms = TERMS) -> File:
    """In public notice, its days over, with a mentor."""
    file = File(terms)
    file.go(State.SUBMITTED, FIRM)
    file.go(State.UNDER_REVIEW)
    file.do(AssignMentor(MENTOR.name), REGULATOR)
    file.go(State.PUBLIC_NOTICE)
    file.now += 7 * DAY
    return file


def registered(terms: Terms = TERMS) -> File:
    file = noticed(terms)
    file.agree(State.REGISTERED)
    return file


def active(terms: Terms = TERMS) -> File:
    file = registered(terms)
    file.do(Pause("the kill switch is tried"), REGULATOR)
    file.do(Resume("it works"), REGULATOR)
    file.go(State.ACTIVE, FIRM)
    return file


def evaluating(terms: Terms = TERMS) -> File:
    file = active(terms)
    file.go(State.EVALUATING, FIRM)
    return file
