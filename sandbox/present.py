"""Pilots and submissions as text or JSON for the command line."""

from __future__ import annotations

import json
from typing import Any

from sandbox.domain.admission import AdmissionFinding, Admitted, Refused
from sandbox.domain.limits import LimitSet
from sandbox.domain.profiles import load_limits
from sandbox.storage.registry import PilotRow
from sandbox.submissions import PilotDetail, Submission


def submission(made: Submission, shape: str) -> str:
    """What became of a submission: each finding with its place and what to do."""
    findings = made.decision.findings if isinstance(made.decision, Refused) else made.decision.notes
    admitted = isinstance(made.decision, Admitted)
    if shape == "json":
        return _json({"pilot": made.slug, "admitted": admitted, "findings": [finding.as_data() for finding in findings]})
    refusing = [finding for finding in findings if finding.refuses]
    notes = [finding for finding in findings if not finding.refuses]
    head = f"pilot {made.slug} ({made.firm}): {'admitted' if admitted else f'refused, {len(refusing)} findings'}"
    lines = [head, *(_finding(finding, "✗") for finding in refusing)]
    if notes:
        lines += [f"notes ({len(notes)}), nothing to do before it runs:", *(_finding(note, "·") for note in notes)]
    return "\n".join(lines)


def pilots(rows: list[PilotRow], shape: str) -> str:
    """The registry, one pilot a line."""
    if shape == "json":
        return _json([_pilot(row) for row in rows])
    if not rows:
        return "no pilot is registered yet: taishan pilot submit PATH"
    width = max(len(row.slug) for row in rows)
    return "\n".join(
        f"{row.slug:<{width}}  v{row.version}  {row.status}  {row.category}  {row.name_zh} / {row.name_en}" for row in rows
    )


def pilot(detail: PilotDetail, shape: str) -> str:
    """One pilot: who, which contracts, which limits, which runs."""
    row, summary = detail.row, json.loads(detail.row.summary)
    if shape == "json":
        contracts = [{"name": c.name, "compiler": c.compiler, "init_code_hash": c.init_code_hash} for c in detail.contracts]
        runs = [{"run": r.id, "scenario": r.scenario, "passed": r.passed, "log_root": r.log_root} for r in detail.runs]
        return _json({**_pilot(row), "limits": summary["limits"], "contracts": contracts, "runs": runs})
    limits = load_limits(summary["limits"])
    lines = [
        f"{row.slug}  {row.name_zh} / {row.name_en}",
        f"  firm      {row.firm} ({row.uscc})",
        f"  status    {row.status}, version {row.version}, submitted {row.submitted_at}",
        f"  profile   {row.profile}, limits {row.limits_hash[:16]}…",
        "contracts",
        *(f"  {c.name:<24}  {c.compiler:<24.24}  {c.init_code_hash[:16]}…" for c in detail.contracts),
        f"limits in force ({limits.currency})",
        *_limits(limits),
        f"runs ({len(detail.runs)})",
        *(f"  {'passed' if r.passed else 'FAILED'}  {r.id}  log {r.log_root[:16]}…" for r in detail.runs),
    ]
    return "\n".join(lines)


def _limits(limits: LimitSet) -> list[str]:
    lines = []
    for key, limit in limits.limits.items():
        bound = "not set" if limit.bound is None else limit.bound.text()
        lines.append(f"  {key:<20}  {bound:<40}  {limit.mode.name.lower():<8}  {limit.source}")
    return lines


def _finding(finding: AdmissionFinding, mark: str) -> str:
    tags = f" [{', '.join(finding.tags)}]" if finding.tags else ""
    text = f"  {mark} {finding.where}: {finding.what}{tags}"
    return f"{text}\n      do: {finding.do}" if finding.refuses else text


def _pilot(row: PilotRow) -> dict[str, Any]:
    keys = ("slug", "version", "name_zh", "name_en", "category", "firm", "uscc", "status", "profile", "submitted_at")
    return {key: getattr(row, key) for key in keys}


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
