"""Use cases that only ask: a transaction before it is sent, a history under other limits. Nothing is recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from sandbox.auditlog.cross import verify_runs
from sandbox.cases.opened import Opened
from sandbox.cases.prepare import Progress, prepare
from sandbox.domain.artifact import Artifact, from_json
from sandbox.domain.asking import Answer
from sandbox.domain.backtest import History, backtest
from sandbox.domain.backtest_result import Backtest
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.report_scan import LogEntry
from sandbox.domain.scenario import Call, Deploy, Scenario, Transaction, Transfer
from sandbox.domain.scenario_checks import validate
from sandbox.errors import InputError, NotFound
from sandbox.runner import ask
from sandbox.running.opening import approve
from sandbox.scenario_files import load_limit_changes
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import PilotRepository, RunRepository


@dataclass(frozen=True, slots=True)
class Asked:
    """A scenario that was played as a set-up, and what was asked after it. setup: not recorded, so it has no run and no log."""

    setup: RunOutcome
    answers: tuple[Answer, ...]

    @property
    def passes(self) -> bool:
        """True if the set-up held and every transaction asked about would pass."""
        return self.setup.passed and all(answer.passes for answer in self.answers)


class AskCases(Opened):
    """Everything that is asked and changes nothing."""

    def what_if(
        self,
        file: Path,
        questions: Sequence[Transaction] | None = None,
        *,
        engine: str | None = None,
        seed: int | None = None,
        progress: Progress = lambda *_: None,
    ) -> Asked:
        """Play a scenario in memory and say what each transaction would come to after it, without sending any; by default the
        scenario's own last one instead of sending it. Raises InputError and SubmissionError as `run` does."""
        checked, job = prepare(file, self.settings, engine, seed)
        if questions is None:
            scenario, questions = _without_last(job.scenario)
            job = replace(job, scenario=scenario)
        else:
            for question in questions:
                validate(replace(job.scenario, steps=(*job.scenario.steps, question)), checked.manifest)
        steps, answers = ask(job, questions, progress)
        setup = RunOutcome(
            run="",
            scenario=job.scenario.name,
            pilot=job.manifest.slug,
            file=str(file),
            engine=job.engine,
            seed=job.seed,
            log_root="",
            log_size=0,
            steps=steps,
        )
        return Asked(setup, answers)

    def backtest(self, pilot: str, limits_file: Path, run: str | None = None) -> Backtest:
        """Judge a pilot's recorded runs (or one of them) again under the limits of a file, laid over those each was recorded
        under. Raises NotFound, InputError for limits that do not fit, VerificationFailed for a log that does not hold."""
        changes = load_limit_changes(limits_file)
        with self._database.begin() as connection:
            logs = LogRepository(connection)
            chosen = self._runs_of(connection, pilot, run)
            ordered = verify_runs(
                chosen, logs, RunRepository(connection), lambda log_id: self._log(connection, log_id), self.signer.verifier
            )
            runs = (History(run_id, _entries(logs, run_id)) for run_id in ordered)
            return backtest(pilot, runs, changes, _artifacts(connection, pilot), approve)

    def _runs_of(self, connection: Connection, pilot: str, run: str | None) -> list[str]:
        runs, pilots = [row.id for row in RunRepository(connection).of_pilot(pilot)], PilotRepository(connection)
        if not runs:
            known = ", ".join(row.slug for row in pilots.all()) or "none yet"
            if pilots.get(pilot) is None:
                raise NotFound(f"there is no pilot {pilot!r}", do=f"registered are: {known}")
            raise NotFound(f"pilot {pilot} has no recorded run", do="run one of its scenarios first: taishan run FILE")
        if run is not None and run not in runs:
            raise NotFound(f"pilot {pilot} has no run {run!r}", do="its runs are: " + ", ".join(runs[-8:]))
        return runs if run is None else [run]


def _without_last(scenario: Scenario) -> tuple[Scenario, tuple[Transaction, ...]]:
    """The scenario up to its last transaction, and that one."""
    for index in range(len(scenario.steps) - 1, -1, -1):
        step = scenario.steps[index]
        if isinstance(step, Deploy | Call | Transfer):
            return replace(scenario, steps=scenario.steps[:index]), (step,)
    what = "the scenario sends no single transaction that could be asked about"
    raise InputError(what, where=scenario.where, do="write one: --what-if '{call: ..., as: ...}'")


def _entries(logs: LogRepository, run_id: str) -> list[LogEntry]:
    return [LogEntry(entry.index, entry.leaf_hash.hex(), json.loads(entry.body)) for entry in logs.entries(run_id)]


def _artifacts(connection: Connection, pilot: str) -> dict[str, Artifact]:
    return {row.name: from_json(row.artifact) for row in PilotRepository(connection).contracts(pilot)}
