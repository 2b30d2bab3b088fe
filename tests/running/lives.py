"""Small lives of the quick-loan pilot: a few steps under limits of one's own, and what the run's log tells of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sandbox.domain.admission import Admitted
from sandbox.domain.limits import Limit, LimitSet, Mode
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.scenario_checks import validate
from sandbox.runner import Job, run
from sandbox.running.transcript import Transcript
from sandbox.scenario_files import parse_scenario
from sandbox.settings import Settings
from sandbox.submissions import Checked, check

ROOT = Path(__file__).resolve().parents[2]
HASH = "ab" * 32

HEAD = """
scenario: life
pilot: quick-loan
start: 2027-01-04T09:00:00+08:00
life: {{state: {state}, stage: {stage}}}
officers:
  liang: {{role: firm}}
  wang:  {{role: regulator, department: finance}}
  li:    {{role: conference, department: bank}}
actors:
  bank:  {{role: servicer}}
  chen:  {{client: B-001, class: retail, jurisdiction: CN}}
  chen2: {{client: B-001}}
  guo:   {{client: B-002, class: retail, jurisdiction: CN}}
steps:
  - {{deploy: QuickLoan, as: bank, args: [$bank, 1200]}}
  - {{call: QuickLoan.approve_line, as: bank, args: [$chen, 5000000, 600, 1901616400], request: R-1}}
  - {{call: QuickLoan.approve_line, as: bank, args: [$chen2, 5000000, 600, 1901616400], request: R-2}}
  - {{call: QuickLoan.approve_line, as: bank, args: [$guo, 5000000, 600, 1901616400], request: R-3}}
"""
OPENING = 4
"""Steps of HEAD, and blocks they make."""


@cache
def loan() -> Checked:
    """The shipped pilot, compiled and admitted once."""
    with TemporaryDirectory() as cache:
        return check(ROOT / "scenarios" / "quick-loan" / "pilot.yaml", Settings(cache=Path(cache)))


def limits(**modes: Mode) -> LimitSet:
    """The pilot's limits, some of them in another mode. The number of calls a day is left open."""
    decision = loan().decision
    assert isinstance(decision, Admitted)
    rows: dict[str, Limit] = dict(decision.limits.limits)
    rows["max_tx_rate"] = replace(rows["max_tx_rate"], bound=None)
    rows |= {key: replace(rows[key], mode=mode) for key, mode in modes.items()}
    return replace(decision.limits, limits=rows)


class Lived:
    """A run that ended. steps: outcomes of the steps after HEAD."""

    def __init__(self, transcript: Transcript, outcomes: tuple[StepOutcome, ...]) -> None:
        self.entries = transcript.entries
        self.bodies = [json.loads(raw) for _, raw in transcript.entries]
        self.stations = transcript.stations
        self.opening, self.steps = outcomes[:OPENING], outcomes[OPENING:]
        assert [one.error for one in self.opening] == [None] * OPENING

    @property
    def statuses(self) -> list[str]:
        return [step.status for step in self.steps]

    def found(self, number: int) -> list[tuple[str, str]]:
        """Findings of the step of that number after HEAD, from 1, warnings left out."""
        return [(one.code, one.grade.name) for one in self.steps[number - 1].findings if one.grade.name != "S0"]

    def of(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Entries of a type that hold these fields."""
        return [one for one in self.bodies if one["type"] == kind and fields.items() <= one.items()]

    def brought(self, kind: str) -> list[dict[str, Any]]:
        """Consequences of that type of all acts, in order."""
        return [one for entry in self.of("act") for one in entry["consequences"] if one["type"] == kind]

    @property
    def violations(self) -> list[tuple[str, str, str]]:
        """(code, grade, harm) of each violation that was opened."""
        opened = [one["violation"] for one in self.brought("opened")]
        return [(one["code"], one["grade"], one["harm"]) for one in opened]

    @property
    def moves(self) -> list[tuple[str, str]]:
        """(from, to) of each move of the life cycle, by whomever."""
        return [(one["origin"], one["to"]) for one in self.brought("moved")]

    def governed(self) -> list[dict[str, Any]]:
        """What governed from which block on, in order."""
        return self.of("governed")


def live(
    *steps: str,
    state: str = "active",
    stage: str = "G3",
    modes: Mapping[str, Mode] | None = None,
    seed: int = 0,
) -> Lived:
    """Run these steps, one line of YAML each, after HEAD."""
    text = HEAD.format(state=state, stage=stage) + "".join(f"  - {step}\n" for step in steps)
    scenario, checked, bounds = parse_scenario(text.encode()), loan(), limits(**(modes or {}))
    validate(scenario, checked.manifest)
    job = Job(
        manifest=checked.manifest,
        scenario=scenario,
        artifacts=checked.artifacts,
        limits=bounds,
        hashes={"manifest": HASH, "scenario": HASH, "limits": HASH},
        engine="pyevm",
        seed=seed,
        seconds=20,
        terms=replace(checked.terms, limits=bounds),
    )
    transcript = Transcript()
    return Lived(transcript, run(job, transcript.record, lambda *_: None))


def draw(who: str, fen: int, expect: str = "") -> str:
    """A draw of that many fen."""
    wanted = f", expect: {{status: {expect}}}" if expect else ""
    return f"{{call: QuickLoan.draw, as: {who}, args: [{fen}]{wanted}}}"


def act(name: str, by: str, refused: str = "", **fields: Any) -> str:
    """An act with its fields."""
    told = f", refused: {json.dumps(refused)}" if refused else ""
    return f"{{act: {name}, by: {by}, with: {json.dumps(fields)}{told}}}"
