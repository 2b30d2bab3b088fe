"""Asking first: what a transaction would come to, and how much room each limit leaves after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.domain.effects import Effects
from sandbox.domain.limits import format_observed
from sandbox.domain.reading import Reading
from sandbox.domain.recording import status_of
from sandbox.domain.rules import BY_CODE
from sandbox.domain.supervision import Finding, Judgement

PASSING = frozenset({"success", "flagged"})
"""Statuses of a transaction that does what it is meant to."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """How near one limit a transaction would come. observed, bound and room (bound less observed, below zero where it is
    passed): exact texts in `unit`. share: observed in basis points of the bound, rounded up; None where nothing is allowed.
    who: the subject nearest to its bound; nobody for the pilot as a whole."""

    limit: str
    observed: str
    bound: str
    room: str
    unit: str
    share: int | None
    who: str

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        return {
            "limit": self.limit,
            "observed": self.observed,
            "bound": self.bound,
            "headroom": self.room,
            "unit": self.unit,
            "share_bp": self.share,
            "who": self.who,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question came to. title: the transaction in words. status: success | reverted | flagged | blocked. currency: of
    headrooms in money. where: place of the question in its file."""

    title: str
    status: str
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    reverted: str | None
    gas_used: int
    headroom: tuple[Headroom, ...]
    currency: str
    where: str

    @property
    def passes(self) -> bool:
        """True if the transaction would take place and do what it is meant to."""
        return self.status in PASSING

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        return {
            "title": self.title,
            "status": self.status,
            "passes": self.passes,
            "findings": [finding.as_data() for finding in self.findings],
            "warnings": [finding.as_data() for finding in self.warnings],
            "reverted": self.reverted,
            "gas_used": self.gas_used,
            "headroom": [one.as_data() for one in self.headroom],
            "currency": self.currency,
            "where": self.where,
        }


def answer(title: str, effects: Effects, judgement: Judgement, currency: str, where: str) -> Answer:
    """The answer to a question that was executed and judged."""
    return Answer(
        title=title,
        status=status_of(effects, judgement),
        findings=judgement.findings,
        warnings=judgement.warnings,
        reverted=None if effects.reverted is None else str(effects.reverted),
        gas_used=effects.gas_used,
        headroom=headrooms(judgement.readings),
        currency=currency,
        where=where,
    )


def headrooms(readings: Mapping[str, Reading]) -> tuple[Headroom, ...]:
    """The room each limit with a quantity leaves, the nearest to its bound first. readings: limit -> its nearest."""
    made = [one for code, reading in readings.items() if (one := _headroom(code, reading)) is not None]
    return tuple(sorted(made, key=lambda one: (one.share is not None, -(one.share or 0), one.limit)))


def _headroom(code: str, reading: Reading) -> Headroom | None:
    observed, bound = reading.observed, reading.bound
    if not isinstance(observed, int) or not isinstance(bound, int):
        return None
    spec = BY_CODE[code].spec
    room = observed - bound if reading.least else bound - observed
    share = -(-observed * 10_000 // bound) if bound > 0 else None
    texts = [format_observed(spec, number) for number in (observed, bound, room)]
    return Headroom(code, texts[0], texts[1], texts[2], spec.unit, share, reading.who)
