"""Outcome: what a run came to, step by step, as every output format tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.domain.limits import Grade
from sandbox.domain.scenario import Case
from sandbox.domain.supervision import Finding


def invocation(action: str, args: Iterable[str]) -> str:
    """`Register.transfer(bob, 1201)`: an action with its arguments in words, long ones shortened in the middle."""
    return f"{action}({', '.join(arg if len(arg) <= 20 else f'{arg[:10]}…{arg[-6:]}' for arg in args)})"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One step.

    index: position in the scenario, from 1. kind: its key word. title: what it does, in a line. status: success | reverted |
    blocked | flagged, "held" or "failed" for a check, "done" for the rest. expected: what the scenario expects, in words.
    reverted: decoded reason of a revert. refusal: why an act
    was refused. error: why the step failed, None if it held. where: file and line. times: how
    many transactions it sent. statuses and wanted: how many ended, and should have ended, in which status.
    """

    index: int
    kind: str
    title: str
    status: str
    expected: str
    gas_used: int = 0
    findings: tuple[Finding, ...] = ()
    reverted: str | None = None
    refusal: str | None = None
    error: str | None = None
    where: str = ""
    times: int = 1
    statuses: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)

    def as_data(self) -> dict[str, object]:
        """The step as JSON output has it."""
        return {
            "index": self.index,
            "kind": self.kind,
            "title": self.title,
            "status": self.status,
            "expected": self.expected,
            "gas_used": self.gas_used,
            "findings": [finding.as_data() for finding in self.findings],
            "reverted": self.reverted,
            "refusal": self.refusal,
            "error": self.error,
            "statuses": dict(self.statuses),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that two engines differ in. subject: the transaction or block. field: of it. here, there: its values, as
    the engine that counts has it and as the other one has it."""

    subject: str
    field: str
    here: str
    there: str

    def as_data(self) -> dict[str, object]:
        """As JSON output has it."""
        return {"subject": self.subject, "field": self.field, "here": self.here, "there": self.there}


@dataclass(frozen=True, slots=True)
class Agreement:
    """A run compared on a second engine. engine, version: its name, and what it says of itself. transactions, blocks: how many
    were compared and found equal, refused transactions included. difference: the first, None if there is none."""

    engine: str
    version: str
    transactions: int
    blocks: int
    difference: Difference | None = None

    def as_data(self) -> dict[str, object]:
        """As JSON output has it."""
        return {
            "engine": self.engine,
            "version": self.version,
            "agrees": self.difference is None,
            "transactions": self.transactions,
            "blocks": self.blocks,
            "difference": None if self.difference is None else self.difference.as_data(),
        }


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One scenario on one engine. log_root: hex root of the run's own log. run: id in the sandbox's records. case: its label,
    if it is an attack or a benign twin. expects: findings its steps must end in, (code, grade) where both are named.
    stations: states and stages of the pilot's life, where the run leads it through one. agreement: with a second engine, if one
    was asked."""

    run: str
    scenario: str
    pilot: str
    file: str
    engine: str
    seed: int
    log_root: str
    log_size: int
    steps: tuple[StepOutcome, ...]
    case: Case | None = None
    expects: tuple[tuple[str, Grade], ...] = ()
    stations: tuple[str, ...] = ()
    agreement: Agreement | None = None

    @property
    def passed(self) -> bool:
        """True when every step held."""
        return all(step.error is None for step in self.steps)

    @property
    def differs(self) -> bool:
        """True when the second engine saw something else."""
        return self.agreement is not None and self.agreement.difference is not None

    def statuses(self) -> Counter[str]:
        """How many transactions ended in which status."""
        return sum((Counter(step.statuses) for step in self.steps), Counter[str]())

    def wanted(self) -> Counter[str]:
        """How many transactions should have ended in which status."""
        return sum((Counter(step.wanted) for step in self.steps), Counter[str]())

    def as_data(self) -> dict[str, object]:
        """The run as JSON output has it."""
        return {
            "scenario": self.scenario,
            "pilot": self.pilot,
            "run": self.run,
            "seed": self.seed,
            "passed": self.passed,
            "case": None if self.case is None else self.case.value,
            "stations": list(self.stations),
            "log_root": self.log_root,
            "log_size": self.log_size,
            "steps": [step.as_data() for step in self.steps],
            **({} if self.agreement is None else {"agreement": self.agreement.as_data()}),
        }
