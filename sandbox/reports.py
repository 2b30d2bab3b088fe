"""Reports from what is recorded: gathers the entries, builds the report, writes the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sandbox import __version__
from sandbox.auditlog import AuditLog, Signer
from sandbox.domain.profiles import load_limits
from sandbox.domain.report import LogEntry, LogSummary, PilotSummary, Report, ReportContext, build_pilot_report
from sandbox.domain.report_standing import Standing
from sandbox.reporting.html import render_html
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import RunRow

LANGUAGES = ("zh", "en")


def report_data(
    runs: Sequence[RunRow],
    open_log: Callable[[str], AuditLog],
    repository: LogRepository,
    signer: Signer,
    standing: Standing | None = None,
) -> dict[str, Any]:
    """The report over these runs of one pilot, as plain data."""
    parts = []
    for run in runs:
        summary = json.loads(run.summary)
        entries = [
            LogEntry(entry.index, entry.leaf_hash.hex(), json.loads(entry.body)) for entry in repository.entries(run.log_id)
        ]
        parts.append((_context(run, summary, open_log(run.log_id), repository, signer), entries))
    report: Report = build_pilot_report(parts, standing)
    return dict(report.as_data())


def write(data: dict[str, Any], *, shape: str, lang: str, out: Path | None, folder: Path) -> list[Path]:
    """Write a report: JSON, or a page in `lang` with its sibling in the other language beside it."""
    target = out or folder / ("report.json" if shape == "json" else f"report.{lang}.html")
    target.parent.mkdir(parents=True, exist_ok=True)
    if shape == "json":
        target.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return [target]
    target.write_text(render_html(data, lang), encoding="utf-8")
    if out is not None:
        return [target]
    others = [target.parent / f"report.{other}.html" for other in LANGUAGES if other != lang]
    for other in others:
        other.write_text(render_html(data, other.suffixes[0][1:]), encoding="utf-8")
    return [target, *others]


def _context(
    run: RunRow, summary: dict[str, Any], log: AuditLog, repository: LogRepository, signer: Signer
) -> ReportContext:
    pilot = summary["pilot"]
    notes = repository.checkpoints(run.log_id)
    return ReportContext(
        run=run.id,
        pilot=PilotSummary(
            **{key: pilot[key] for key in ("id", "zh", "en", "firm", "uscc", "category", "declaration", "notes")}
        ),
        log=LogSummary(run.log_id, log.size, log.root.hex(), notes[-1].note if notes else None, str(signer.verifier)),
        limits=load_limits(pilot["limits"]),
        generator=f"taishan {__version__}",
        interfaces=pilot["interfaces"],
        rectification_days=pilot["rectification_days"],
        scenario_file=summary["file"],
        tolerance_days=pilot.get("tolerance_days"),
        lookback_days=pilot.get("lookback_days"),
    )
