"""Use cases about reports."""

from __future__ import annotations

from pathlib import Path

from sandbox.auditlog.cross import verify_runs
from sandbox.cases.opened import Opened
from sandbox.errors import NotFound
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import RunRepository, RunRow


class ReportCases(Opened):
    """Everything that is written as a report."""

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
            verify_runs(
                {run.id for run in runs},
                LogRepository(connection),
                RunRepository(connection),
                lambda log_id: self._log(connection, log_id),
                self.signer.verifier,
            )
            data = report_data(runs, lambda log_id: self._log(connection, log_id), LogRepository(connection), self.signer)
        return write(data, shape=shape, lang=lang, out=out, folder=self.home / "reports" / name)
