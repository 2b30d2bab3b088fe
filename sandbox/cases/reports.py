"""Use cases about reports."""

from __future__ import annotations

from pathlib import Path

from sandbox.auditlog.cross import verify_runs
from sandbox.cases.life import LifeCases
from sandbox.cases.places import resides
from sandbox.domain.report_standing import Standing
from sandbox.errors import NotFound
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import PilotRepository, RunRepository, RunRow


class ReportCases(LifeCases):
    """Everything that is written as a report."""

    def write_report(self, subject: str, *, shape: str, lang: str = "zh", out: Path | None = None) -> list[Path]:
        """Write the report of a pilot (all its runs) or of one run; returns the files. Raises NotFound."""
        with self._database.begin() as connection:
            runs = RunRepository(connection)
            one = runs.get(subject)
            chosen = [one] if one is not None else runs.of_pilot(subject)
        if not chosen:
            raise NotFound(f"there is no run and no pilot with runs called {subject!r}", do="see taishan pilot list")
        return self._write(chosen, subject, shape, lang, out, whole=one is None)

    def write_report_of(self, run_ids: list[str], name: str, *, shape: str) -> list[Path]:
        """Write one report over just these runs, under `name` in the reports folder. Raises NotFound."""
        with self._database.begin() as connection:
            runs = RunRepository(connection)
            found = [run for run_id in run_ids if (run := runs.get(run_id)) is not None]
        if not found or len(found) < len(run_ids):
            raise NotFound(f"not all of these runs are recorded: {', '.join(run_ids) or 'none named'}")
        return self._write(found, name, shape, "zh", None)

    def _standing(self, slug: str) -> Standing | None:
        """How a pilot stands that is registered, or was."""
        with self._database.begin() as connection:
            row = PilotRepository(connection).get(slug)
            if row is None or not resides(row):
                return None
            file = self._file(connection, row)
        return Standing(file.dossier, file.facts.head or 0)

    def _write(
        self, runs: list[RunRow], name: str, shape: str, lang: str, out: Path | None, *, whole: bool = False
    ) -> list[Path]:
        from sandbox.reports import report_data, write

        standing = self._standing(name) if whole else None
        with self._database.begin() as connection:
            verify_runs(
                {run.id for run in runs},
                LogRepository(connection),
                RunRepository(connection),
                lambda log_id: self._log(connection, log_id),
                self.signer.verifier,
            )
            logs = LogRepository(connection)
            data = report_data(runs, lambda log_id: self._log(connection, log_id), logs, self.signer, standing)
        return write(data, shape=shape, lang=lang, out=out, folder=self.home / "reports" / name)
