"""Use cases: the only door for the command line and the API. Each is one database transaction: all of it, or nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection

from sandbox.auditlog import AuditLog, Signer, load_or_create, proof_document, verify_export, write_export
from sandbox.auditlog.cross import run_hash, verify_all
from sandbox.domain.admission import Admitted, Refused
from sandbox.domain.events import Event, PilotAdmitted, PilotSubmitted, RunRecorded, SubmissionRefused, body
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.scenario_checks import validate
from sandbox.errors import Conflict, NotFound, SubmissionError
from sandbox.runner import Job, run
from sandbox.running.transcript import Transcript
from sandbox.scenario_files import load_scenario
from sandbox.settings import Settings
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import PilotRepository, PilotRow, RunRepository, RunRow
from sandbox.submissions import Checked, PilotDetail, Submission, check, digest, find_manifest, finding_rows, run_row

SANDBOX_LOG: Final = "sandbox"
ORIGIN: Final = "taishan.example/log"
SIGNER: Final = "taishan.example/sandbox"

Progress = Callable[[str, int, int], None]


def utc_now() -> str:
    """Wall-clock time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


class Sandbox(AbstractContextManager["Sandbox"]):
    """Everything a sandbox keeps, opened. clock: wall-clock time as text, for records outside the runs' own logs."""

    def __init__(
        self, settings: Settings, home: Path, database: Database, signer: Signer, clock: Callable[[], str] = utc_now
    ) -> None:
        self.settings = settings
        self.home = home
        self.signer = signer
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, settings: Settings, home: Path | None = None, *, must_exist: bool = False) -> Sandbox:
        """Open the sandbox in a folder (default: the settings'), creating it unless it must exist. Raises NotFound,
        MissingDependency."""
        folder = (home or settings.home).absolute()
        if must_exist and settings.database_url is None and not (folder / "sandbox.db").is_file():
            do = "name the folder with --home, or run a pilot first"
            raise NotFound("there is no sandbox here yet", where=str(folder), do=do)
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "keys" / "sandbox.key"
        if (folder / "sandbox.db").is_file() and not key.is_file():
            raise NotFound("the key that signed this sandbox's log is gone", where=str(key), do="restore it from a backup")
        database = Database.open(settings.database(folder))
        signer = load_or_create(key, SIGNER, secrets.token_bytes(32))
        return cls(settings, folder, database, signer)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()

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
                    self._register(connection, checked, now)
                    decided: Event = self._admitted(checked, now)
                case Refused(findings):
                    decided = SubmissionRefused(manifest.slug, [finding.as_data() for finding in findings], now)
            self._record(connection, now, submitted, decided)
        return Submission(manifest.slug, manifest.firm.name, checked.decision)

    def pilots(self) -> list[PilotRow]:
        """Every registered pilot."""
        with self._database.begin() as connection:
            return PilotRepository(connection).all()

    def pilot(self, slug: str) -> PilotDetail:
        """One pilot with its contracts and runs. Raises NotFound."""
        with self._database.begin() as connection:
            pilots = PilotRepository(connection)
            row = pilots.get(slug)
            if row is None:
                known = ", ".join(pilot.slug for pilot in pilots.all()) or "none yet"
                raise NotFound(f"there is no pilot {slug!r}", do=f"registered are: {known}")
            return PilotDetail(row, pilots.contracts(slug), RunRepository(connection).of_pilot(slug))

    def run(self, file: Path, *, engine: str | None, seed: int | None, progress: Progress) -> RunOutcome:
        """Run one scenario and record it. Raises InputError for a file or step that cannot be run, SubmissionError for a pilot
        that admission refuses: then nothing is recorded."""
        scenario = load_scenario(file)
        checked = check(find_manifest(file, scenario.pilot), self.settings)
        if isinstance(checked.decision, Refused):
            first = checked.decision.findings[0]
            what = f"pilot {checked.manifest.slug} is refused: {first.where}: {first.what}"
            raise SubmissionError(what, where=str(checked.path), do=f"see taishan pilot submit {checked.path}")
        validate(scenario, checked.manifest)
        name = self.settings.engine if engine is None else engine
        job = Job(
            manifest=checked.manifest,
            scenario=scenario,
            artifacts=checked.artifacts,
            limits=checked.decision.limits,
            hashes={**checked.hashes, "scenario": digest(file.read_bytes())},
            engine="pyevm" if name == "auto" else name,
            seed=scenario.seed if seed is None else seed,
            seconds=self.settings.transaction_seconds,
        )
        transcript = Transcript()
        steps = run(job, transcript.record, progress)
        with self._database.begin() as connection:
            return self._record_run(connection, checked, job, file, transcript, steps)

    def write_report(self, subject: str, *, shape: str, lang: str = "zh", out: Path | None = None) -> list[Path]:
        """Write the report of a pilot (all its runs) or of one run; returns the files. Raises NotFound."""
        with self._database.begin() as connection:
            runs = RunRepository(connection)
            one = runs.get(subject)
            chosen = [one] if one is not None else runs.of_pilot(subject)
        if not chosen:
            raise NotFound(f"there is no run and no pilot with runs called {subject!r}", do="see taishan pilot list")
        return self._write(chosen, subject, shape, lang, out)

    def write_report_of(self, run_ids: list[str], name: str, *, shape: str) -> list[Path]:
        """Write one report over just these runs, under `name` in the reports folder. Raises NotFound."""
        with self._database.begin() as connection:
            runs = RunRepository(connection)
            found = [run for run_id in run_ids if (run := runs.get(run_id)) is not None]
        if not found or len(found) < len(run_ids):
            raise NotFound(f"not all of these runs are recorded: {', '.join(run_ids) or 'none named'}")
        return self._write(found, name, shape, "zh", None)

    def _write(self, runs: list[RunRow], name: str, shape: str, lang: str, out: Path | None) -> list[Path]:
        from sandbox.reports import report_data, write

        with self._database.begin() as connection:
            for run in runs:
                self._log(connection, run.log_id).verify(self.signer.verifier)
            data = report_data(runs, lambda log_id: self._log(connection, log_id), LogRepository(connection), self.signer)
        return write(data, shape=shape, lang=lang, out=out, folder=self.home / "reports" / name)

    def verify_logs(self) -> list[str]:
        """Recompute every log, and compare each run's with its entry in the sandbox's own. Returns a line a log; raises
        VerificationFailed."""
        with self._database.begin() as connection:
            lines = verify_all(
                LogRepository(connection),
                RunRepository(connection),
                lambda log_id: self._log(connection, log_id),
                self.signer.verifier,
            )
        if not lines:
            raise NotFound("nothing is recorded in this sandbox yet", where=str(self.home), do="submit or run a pilot first")
        return lines

    def prove(self, log_id: str, index: int) -> str:
        """Inclusion proof of an entry against the newest checkpoint, as JSON. Raises NotFound."""
        with self._database.begin() as connection:
            log, repository = self._existing(connection, log_id), LogRepository(connection)
            log.verify(self.signer.verifier)
            path = log.prove_inclusion(index)
            entry = repository.entry(log_id, index)
            assert entry is not None  # prove_inclusion refuses an index that is not there
            note = log.checkpoint(self.signer, self._clock())
            document = proof_document(log_id, index, log.size, entry.body, path, note, self.signer.verifier)
        return json.dumps(document, ensure_ascii=False, indent=2)

    def export_log(self, log_id: str, target: Path) -> int:
        """Write a log that holds to a new file that verifies anywhere; returns the number of entries. Raises NotFound,
        Conflict if there is something at `target`, VerificationFailed."""
        if target.exists():
            raise Conflict(f"there is something at {target} already", do="name a file that does not exist yet")
        with self._database.begin() as connection:
            log = self._existing(connection, log_id)
            log.verify(self.signer.verifier)
            note = log.checkpoint(self.signer, self._clock())
            bodies = (entry.body for entry in LogRepository(connection).entries(log_id))
            count = write_export(target, log_id, note, self.signer.verifier, bodies)
        verify_export(target, self.signer.verifier)
        return count

    def head(self) -> tuple[int, str]:
        """Size and root of the sandbox's own log."""
        with self._database.begin() as connection:
            log = self._log(connection, SANDBOX_LOG)
            return log.size, log.root.hex()

    def _existing(self, connection: Connection, log_id: str) -> AuditLog:
        repository = LogRepository(connection)
        if not repository.exists(log_id):
            raise NotFound(f"there is no log {log_id!r}", do=f"there are: {', '.join(repository.ids()[:8])}")
        return self._log(connection, log_id)

    def _log(self, connection: Connection, log_id: str) -> AuditLog:
        return AuditLog(LogRepository(connection), log_id, f"{ORIGIN}/{log_id}")

    def _open_log(self, connection: Connection, log_id: str, kind: str, now: str) -> AuditLog:
        repository = LogRepository(connection)
        if not repository.exists(log_id):
            repository.create(log_id, kind, now)
        return self._log(connection, log_id)

    def _record(self, connection: Connection, now: str, *events: Event) -> None:
        log = self._open_log(connection, SANDBOX_LOG, "sandbox", now)
        log.append([body(event) for event in events])
        log.checkpoint(self.signer, now)

    def _register(self, connection: Connection, checked: Checked, now: str) -> None:
        pilots = PilotRepository(connection)
        known = pilots.get(checked.manifest.slug)
        row = checked.row(1 if known is None else known.version + 1, now)
        if known is not None and known.uscc != row.uscc:
            raise SubmissionError(
                f"pilot {row.slug!r} is registered by another firm", do="choose another slug for this pilot"
            )
        pilots.save(row, checked.contract_rows())

    def _admitted(self, checked: Checked, now: str) -> PilotAdmitted:
        assert isinstance(checked.decision, Admitted)
        return PilotAdmitted(
            pilot=checked.manifest.slug,
            contracts={row.name: row.init_code_hash for row in checked.contract_rows()},
            limits=checked.decision.limits.as_data(),
            limits_hash=checked.hashes["limits"],
            notes=[note.as_data() for note in checked.decision.notes],
            time=now,
        )

    def _record_run(
        self, connection: Connection, checked: Checked, job: Job, file: Path, transcript: Transcript, steps: Any
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
            steps=steps,
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
        return outcome
