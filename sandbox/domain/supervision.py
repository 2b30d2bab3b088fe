"""Supervision: one pure function turns what a transaction did into a verdict.

A verdict is a closed union. `Block` means the transaction must leave no state and no counter; `Flag` that it stands and is
on record; `Allow` that no rule had anything to say (rules in observe mode only count).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.book import Book, Draft
from sandbox.domain.effects import Effects
from sandbox.domain.limits import Grade, Limit, Mode, Required, Timing, format_observed
from sandbox.domain.policy import Policy
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.rules import BY_CODE, RULES, Rule
from sandbox.domain.units import Address


@dataclass(frozen=True, slots=True)
class Finding:
    """One observed departure from one rule. observed and bound: exact texts in `unit`. refused: the transaction was."""

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
    of rules in observe mode included. readings: per limit with a number, the reading nearest to its bound."""

    verdict: Verdict
    draft: Draft
    findings: tuple[Finding, ...]
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def readings_as_data(self) -> dict[str, str]:
        """limit -> observed value as exact text."""
        return {code: format_observed(BY_CODE[code].spec, reading.observed) for code, reading in self.readings.items()}


@dataclass(frozen=True, slots=True)
class AssetProbe:
    """What a registered asset itself answers. supply: totalSupply(), None where its standard has none. balances:
    balanceOf(holder) for everyone who was asked. silent: views its standard wants and that gave no answer."""

    asset: Address
    key: str
    supply: int | None
    balances: Mapping[Address, int]
    silent: tuple[str, ...] = ()


def judge(policy: Policy, book: Book, effects: Effects) -> Judgement:
    """Judge one executed but uncommitted transaction. Never changes the book."""
    draft = Draft(book, policy, effects)
    findings: list[Finding] = []
    readings: dict[str, Reading] = {}
    for rule in RULES:
        limit = policy.limits.limits.get(rule.code)
        if limit is None or limit.bound is None:
            continue
        for reading in rule.check(Subject(effects, draft, policy, limit.bound)):
            if reading.breached:
                findings.append(_finding(rule, limit, reading))
            if isinstance(reading.observed, int) and _nearer(reading, readings.get(rule.code)):
                readings[rule.code] = reading
    return Judgement(_verdict(findings), draft, tuple(findings), readings)


def judge_block(policy: Policy, book: Book, probes: Iterable[AssetProbe]) -> tuple[Finding, ...]:
    """Row 24, on a sealed block: a registered asset's own answers must agree with what its events told."""
    limit = policy.limits.limits.get("supply_integrity")
    if limit is None or limit.bound != Required(True):
        return ()
    rule = BY_CODE["supply_integrity"]
    return tuple(_finding(rule, limit, reading) for probe in probes for reading in _disagreements(book, probe))


def _disagreements(book: Book, probe: AssetProbe) -> Iterable[Reading]:
    for view in probe.silent:
        yield Reading("no answer", "an answer", True, probe.key, detail=f"{view} gives no answer, so nothing can be checked")
    told = book.supply.get(probe.asset, 0)
    if probe.supply is not None and probe.supply != told:
        detail = "totalSupply() differs from what the mint and burn events add up to"
        yield Reading(str(probe.supply), str(told), True, probe.key, detail=detail)
    for holder, balance in sorted(probe.balances.items()):
        expected = book.balances.get((probe.asset, holder), 0)
        if balance != expected:
            detail = f"balanceOf({holder}) differs from what the transfer events add up to"
            yield Reading(str(balance), str(expected), True, probe.key, detail=detail)


def _verdict(findings: Iterable[Finding]) -> Verdict:
    heard = tuple(finding for finding in findings if finding.mode is not Mode.OBSERVE)
    if any(finding.refused for finding in heard):
        return Block(heard)
    return Flag(heard) if heard else Allow()


def _finding(rule: Rule, limit: Limit, reading: Reading) -> Finding:
    spec = rule.spec
    return Finding(
        code=rule.code,
        grade=rule.grade if reading.grade is None else reading.grade,
        mode=limit.mode,
        timing=rule.timing,
        observed=format_observed(spec, reading.observed),
        bound=format_observed(spec, reading.bound),
        unit=spec.unit,
        who=reading.who,
        frame=reading.frame,
        detail=reading.detail,
        tolerable=rule.tolerable and (reading.grade is None or reading.grade <= Grade.S1),
        refused=limit.mode is Mode.ENFORCE and rule.timing is Timing.PREVENTIVE,
    )


_NOTHING: Final = -1


def _nearer(reading: Reading, known: Reading | None) -> bool:
    if known is None or not isinstance(known.observed, int):
        return True
    return isinstance(reading.observed, int) and _share(reading) > _share(known)


def _share(reading: Reading) -> int:
    """Parts per billion of the bound; integer, since no float enters the domain."""
    assert isinstance(reading.observed, int) and isinstance(reading.bound, int)
    return reading.observed * 10**9 // reading.bound if reading.bound else reading.observed * 10**9 or _NOTHING
