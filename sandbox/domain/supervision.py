"""Supervision: one pure function turns what a transaction did into a verdict.

A verdict is a closed union. `Block` means the transaction must leave no state and no counter; `Flag` that it stands and is
on record; `Allow` that no rule had anything to say (rules in observe mode only count).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, cast

from sandbox.domain.book import Book
from sandbox.domain.draft import Draft
from sandbox.domain.effects import Effects
from sandbox.domain.grading import FRESH, Memory, level, rise, weigh
from sandbox.domain.limits import Bound, Grade, Limit, Mode, Timing, format_observed
from sandbox.domain.policy import Policy
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.rules import BY_CODE, RULES, Rule, Warns, in_force
from sandbox.domain.rules_block import AssetProbe as AssetProbe
from sandbox.domain.rules_block import ControlProbe as ControlProbe
from sandbox.domain.rules_block import ReserveProbe as ReserveProbe
from sandbox.domain.rules_block import Sighting as Sighting
from sandbox.domain.rules_block import Standing


@dataclass(frozen=True, slots=True)
class Finding:
    """One observed departure from one rule. observed and bound: exact texts in `unit`. base_grade: before escalation, why: each
    step of it in words. who: client, role, contract or address it is about; nobody for the pilot as a whole. refused: the
    transaction was."""

    code: str
    grade: Grade
    mode: Mode
    timing: Timing
    observed: str
    bound: str
    unit: str
    who: str
    frame: int | None
    detail: str
    tolerable: bool
    refused: bool
    base_grade: Grade = Grade.S0
    why: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain data for the log and for JSON output."""
        return {
            "code": self.code,
            "limit": self.code,
            "grade": self.grade.name,
            "mode": self.mode.name.lower(),
            "timing": self.timing.value,
            "observed": self.observed,
            "bound": self.bound,
            "unit": self.unit,
            "who": self.who,
            "frame": self.frame,
            "detail": self.detail,
            "tolerable": self.tolerable,
            "refused": self.refused,
            "base_grade": self.base_grade.name,
            "why": list(self.why),
        }


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Flag:
    """The transaction stands; these findings are on record."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The transaction is refused as a whole."""

    findings: tuple[Finding, ...]


Verdict = Allow | Flag | Block


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what led to it. draft: what the book becomes if the transaction is kept. findings: all of them, those
    of rules in observe mode included. readings: per limit with a number, the reading nearest to its bound. warnings: of
    quantities that came near (S0); they change no verdict. told: warning levels reached or left, by rule and subject."""

    verdict: Verdict
    draft: Draft
    findings: tuple[Finding, ...]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()
    told: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def readings_as_data(self) -> dict[str, str]:
        """limit -> observed value as exact text."""
        return {code: format_observed(BY_CODE[code].spec, reading.observed) for code, reading in self.readings.items()}


def judge(policy: Policy, book: Book, effects: Effects, memory: Memory = FRESH) -> Judgement:
    """Judge one executed but uncommitted transaction. Never changes the book or the memory."""
    draft = Draft(book, policy, effects)
    findings: list[Finding] = []
    warnings: list[Finding] = []
    told: dict[tuple[str, str], int] = {}
    readings: dict[str, Reading] = {}
    for rule, limit in in_force(policy.limits):
        for reading in rule.check(Subject(effects, draft, policy, cast(Bound, limit.bound))):
            if reading.breached:
                findings.append(_finding(rule, limit, reading, memory, effects.timestamp))
            if not isinstance(reading.observed, int):
                continue
            if _nearer(reading, readings.get(rule.code)):
                readings[rule.code] = reading
            if rule.warns is not Warns.NEVER and _warn(rule, reading, memory, told):
                warnings.append(_warning(rule, limit, reading))
    verdict = _verdict(findings)
    if isinstance(verdict, Block):
        warnings, told = [], {}
    return Judgement(verdict, draft, tuple(findings), readings, tuple(warnings), told)


def judge_block(policy: Policy, book: Book, seen: Sighting, memory: Memory = FRESH) -> tuple[Finding, ...]:
    """Judge a sealed block: what assets answer for themselves, what stands behind what is owed, who holds the controls."""
    findings = []
    for rule in RULES:
        limit = policy.limits.limits.get(rule.code)
        if rule.at_block is None or limit is None or limit.bound is None:
            continue
        for reading in rule.at_block(Standing(policy, book, limit.bound, seen)):
            if reading.breached:
                findings.append(_after_the_fact(rule, limit, reading, memory, seen.timestamp))
    return tuple(findings)


def judge_fact(policy: Policy, code: str, reading: Reading, memory: Memory, now: int) -> Finding | None:
    """Judge what no transaction shows (a report that is late, a figure that is wrong); None where the limit is not set.
    now: unix seconds."""
    limit = policy.limits.limits.get(code)
    if limit is None or limit.bound is None:
        return None
    return _after_the_fact(BY_CODE[code], limit, reading, memory, now)


def _verdict(findings: Iterable[Finding]) -> Verdict:
    heard = tuple(finding for finding in findings if finding.mode is not Mode.OBSERVE)
    if any(finding.refused for finding in heard):
        return Block(heard)
    return Flag(heard) if heard else Allow()


def _finding(rule: Rule, limit: Limit, reading: Reading, memory: Memory, now: int) -> Finding:
    base = rule.grade if reading.grade is None else reading.grade
    weighed = weigh(base, rule.ceiling, reading, memory.repeats((rule.code, reading.who), now))
    return replace(
        _warning(rule, limit, reading),
        grade=weighed.grade,
        base_grade=weighed.base,
        why=weighed.why,
        tolerable=rule.tolerable and weighed.grade <= Grade.S1,
        refused=limit.mode is Mode.ENFORCE and rule.timing is Timing.PREVENTIVE,
    )


def _after_the_fact(rule: Rule, limit: Limit, reading: Reading, memory: Memory, now: int) -> Finding:
    """A finding on what stands already: nothing was there to be refused."""
    return replace(_finding(rule, limit, reading, memory, now), refused=False)


def _warning(rule: Rule, limit: Limit, reading: Reading) -> Finding:
    spec = rule.spec
    return Finding(
        code=rule.code,
        grade=Grade.S0,
        mode=limit.mode,
        timing=rule.timing,
        observed=format_observed(spec, reading.observed),
        bound=format_observed(spec, reading.bound),
        unit=spec.unit,
        who=reading.who,
        frame=reading.frame,
        detail=reading.detail,
        tolerable=False,
        refused=False,
    )


def _warn(rule: Rule, reading: Reading, memory: Memory, told: dict[tuple[str, str], int]) -> bool:
    """Whether a quantity has risen to a level not yet told. told: takes the level told from now on, where it changes."""
    now = level(reading)
    if now == 0 and not memory.told:
        return False
    key = (rule.code, f"{reading.who} {reading.detail}".rstrip())
    before = memory.told.get(key, 0)
    warn, after = rise(before, now, again=rule.warns is Warns.AGAIN)
    if after != before:
        told[key] = after
    return warn


_NOTHING: Final = -1


def _nearer(reading: Reading, known: Reading | None) -> bool:
    if known is None or not isinstance(known.observed, int):
        return True
    return isinstance(reading.observed, int) and _share(reading) > _share(known)


def _share(reading: Reading) -> int:
    """Parts per billion of the bound; integer, since no float enters the domain."""
    assert isinstance(reading.observed, int) and isinstance(reading.bound, int)
    return reading.observed * 10**9 // reading.bound if reading.bound else reading.observed * 10**9 or _NOTHING
