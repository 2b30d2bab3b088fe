"""Use cases: the only door for the command line and the API. Each is one database transaction: all of it, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sandbox.auditlog.cross import pilot_hash, run_hash
from sandbox.cases.ask import AskCases
from sandbox.cases.life import check_resubmission
from sandbox.cases.logs import LogCases
from sandbox.cases.prepare import Progress, Second, prepare
from sandbox.cases.reports import ReportCases
from sandbox.cases.residence import ResidenceCases
from sandbox.domain.admission import Admitted, Refused
from sandbox.domain.artifact import Artifact, from_json
from sandbox.domain.events import Event, PilotAdmitted, PilotSubmitted, RunRecorded, SubmissionRefused
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.scenario import Life
from sandbox.errors import NotFound
from sandbox.runner import Job, compared
from sandbox.running.transcript import Transcript, station
from sandbox.storage.registry import PilotRepository, PilotRow, RunRepository
from sandbox.submissions import Checked, PilotDetail, Submission, check, find_manifest, finding_rows, run_row


class Sandbox(AskCases, LogCases, ReportCases, ResidenceCases):
    """Everything a sandbox keeps, opened. clock: wall-clock time as text, for records outside the runs' own logs."""

    def submit(self, path: Path) -> Submission:
        """Compile, check and, unless refused, register the pilot at `path`. A refusal is recorded too. Raises InputError for
        a manifest that cannot be read, CompileError for sources that do not compile: then nothing is recorded."""
        checked = check(find_manifest(path), self.settings)
        manifest, now = checked.manifest, self._clock()
        submitted = PilotSubmitted(
            pilot=manifest.slug,
            firm=manifest.firm.name,
            uscc=manifest.firm.uscc or "",
            category=manifest.category.value,
            manifest_hash=checked.hashes["manifest"],
            time=now,
        )
        with self._database.begin() as connection:
            match checked.decision:
                case Admitted():
                    row = self._register(connection, checked, now)
                    decided: Event = self._admitted(checked, row, now)
                case Refused(findings):
                    decided = SubmissionRefused(manifest.slug, [finding.as_data() for finding in findings], now)
            self._record(connection, now, submitted, decided)
            if isinstance(checked.decision, Admitted):
                self._hand_in(connection, manifest.slug, manifest.firm.name)
        return Submission(manifest.slug, manifest.firm.name, checked.decision)

    def pilots(self) -> list[PilotRow]:
        """Every registered pilot."""
        with self._database.begin() as connection:
            return PilotRepository(connection).all()

    def pilot(self, slug: str) -> PilotDetail:
        """One pilot with its contracts and runs. Raises NotFound."""
        with self._database.begin() as connection:
            row, contracts = self._pilot_row(connection, slug), PilotRepository(connection).contracts(slug)
            return PilotDetail(row, contracts, RunRepository(connection).of_pilot(slug))

    def artifact(self, which: str, contract: str) -> Artifact:
        """A contract of a registered pilot as it was admitted, or of the pilot at a path as it compiles now. Raises NotFound,
        InputError, CompileError."""
        if Path(which).exists():
            known = dict(check(find_manifest(Path(which)), self.settings).artifacts)
        else:
            known = {one.name: from_json(one.artifact) for one in self.pilot(which).contracts}
        if contract not in known:
            raise NotFound(f"pilot {which} has no contract {contract!r}", do="its contracts are: " + ", ".join(sorted(known)))
        return known[contract]

    def run(
        self, file: Path, *, engine: str | None, seed: int | None, progress: Progress, second: Second | None = None
    ) -> RunOutcome:
        """Run one scenario and record it. second: engine to compare it with, transaction by transaction. Raises
        InputError for a file or step that cannot be run, SubmissionError for a pilot that admission refuses: then nothing is
        recorded."""
        checked, job = prepare(file, self.settings, engine, seed, second)
        transcript = Transcript()
        ran = compared(job, transcript.record, progress)
        with self._database.begin() as connection:
            return self._record_run(connection, checked, job, file, transcript, ran)

    def _register(self, connection: Connection, checked: Checked, now: str) -> PilotRow:
        pilots = PilotRepository(connection)
        known = pilots.get(checked.manifest.slug)
        row = checked.row(1 if known is None else known.version + 1, now)
        if known is not None:
            check_resubmission(known, row.uscc)
            row = replace(row, status=known.status, stage=known.stage, mentor=known.mentor)
        pilots.save(row, checked.contract_rows())
        return row

    def _admitted(self, checked: Checked, row: PilotRow, now: str) -> PilotAdmitted:
        assert isinstance(checked.decision, Admitted)
        return PilotAdmitted(
            pilot=checked.manifest.slug,
            contracts={row.name: row.init_code_hash for row in checked.contract_rows()},
            limits=checked.decision.limits.as_data(),
            limits_hash=checked.hashes["limits"],
            notes=[note.as_data() for note in checked.decision.notes],
            row_hash=pilot_hash(row, checked.contract_rows()),
            time=now,
        )

    def _record_run(
        self, connection: Connection, checked: Checked, job: Job, file: Path, transcript: Transcript, ran: Any
    ) -> RunOutcome:
        now = self._clock()
        run_id = f"{job.manifest.slug}.{job.scenario.name}.{RunRepository(connection).count() + 1}"
        log = self._open_log(connection, run_id, "run", now)
        log.append_encoded(transcript.entries)
        log.checkpoint(self.signer, now)
        outcome = RunOutcome(
            run=run_id,
            scenario=job.scenario.name,
            pilot=job.manifest.slug,
            file=str(file),
            engine=job.engine,
            seed=job.seed,
            log_root=log.root.hex(),
            log_size=log.size,
            steps=ran[0],
            agreement=ran[1],
            case=job.scenario.case,
            expects=tuple(
                (code, one.grade) for one in job.scenario.expectations() if one.grade is not None for code in one.findings
            ),
            stations=_stations(job.scenario.life, transcript),
        )
        summary = {"outcome": outcome.as_data(), "file": file.name, "pilot": checked.summary(job.limits)}
        row = run_row(outcome, summary, now)
        RunRepository(connection).add(row, finding_rows(outcome, transcript.findings))
        recorded = RunRecorded(
            run=run_id,
            pilot=outcome.pilot,
            scenario=outcome.scenario,
            engine=outcome.engine,
            passed=outcome.passed,
            log_root=outcome.log_root,
            log_size=outcome.log_size,
            row_hash=run_hash(row),
            time=now,
        )
        self._record(connection, now, recorded)
        if job.scenario.life is None:
            self._answer_for(connection, outcome.pilot, run_id, transcript.findings)
        return outcome


def _stations(life: Life | None, transcript: Transcript) -> tuple[str, ...]:
    """Where a run found its pilot, and where it led it."""
    return () if life is None else (station(life.state, life.stage.value), *transcript.stations)
