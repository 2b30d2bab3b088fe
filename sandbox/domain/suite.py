"""The attack suite as a measurement: how many attacks the rules caught, how many benign scenarios they disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.domain.limits import Grade, Mode
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.scenario import Case


@dataclass(frozen=True, slots=True)
class Tried:
    """One labelled scenario. rules: "code grade" of what it must end in. right: an attack was caught by the rule and with the
    grade it names, a benign scenario passed without a finding."""

    scenario: str
    pilot: str
    case: Case
    rules: tuple[str, ...]
    right: bool

    def as_data(self) -> dict[str, object]:
        """Plain data."""
        rules = list(self.rules)
        return {"scenario": self.scenario, "pilot": self.pilot, "case": self.case.value, "rules": rules, "right": self.right}


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """All labelled scenarios of a sandbox."""

    tried: tuple[Tried, ...]

    def of(self, case: Case) -> tuple[Tried, ...]:
        """Those with one label."""
        return tuple(one for one in self.tried if one.case is case)

    @property
    def caught(self) -> int:
        """Attacks that ended in the right finding and grade."""
        return sum(one.right for one in self.of(Case.ATTACK))

    @property
    def alarms(self) -> int:
        """Benign scenarios that were refused or flagged."""
        return sum(not one.right for one in self.of(Case.BENIGN))

    @property
    def holds(self) -> bool:
        """True if every attack was caught by what must catch it and no benign scenario was disturbed."""
        return all(one.right for one in self.tried)

    def by_rule(self) -> Mapping[str, int]:
        """Caught attacks by rule, the busiest first."""
        counts: dict[str, int] = {}
        for one in self.of(Case.ATTACK):
            for rule in one.rules if one.right else ():
                code = rule.partition(" ")[0]
                counts[code] = counts.get(code, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def as_data(self) -> dict[str, object]:
        """Plain data: counts, rates in basis points, and every scenario."""
        attacks, twins = len(self.of(Case.ATTACK)), len(self.of(Case.BENIGN))
        right = self.caught
        return {
            "attacks": attacks,
            "caught": right,
            "benign": twins,
            "false_alarms": self.alarms,
            "recall_bp": right * 10_000 // attacks if attacks else None,
            "precision_bp": right * 10_000 // (right + self.alarms) if right + self.alarms else None,
            "by_rule": dict(self.by_rule()),
            "scenarios": [one.as_data() for one in self.tried],
        }


def measure(outcomes: Iterable[RunOutcome]) -> SuiteResult:
    """The labelled ones among these runs, measured."""
    return SuiteResult(tuple(_tried(one, one.case) for one in outcomes if one.case is not None))


def _tried(outcome: RunOutcome, case: Case) -> Tried:
    every = (finding for step in outcome.steps for finding in step.findings)
    found = {(one.code, one.grade) for one in every if one.mode is not Mode.OBSERVE and one.grade > Grade.S0}
    rules = tuple(f"{code} {grade.name}" for code, grade in outcome.expects)
    if case is Case.ATTACK:
        right = outcome.passed and bool(outcome.expects) and found.issuperset(outcome.expects)
    else:
        right = outcome.passed and not found
    return Tried(outcome.scenario, outcome.pilot, case, rules, right)
