"""Pilots and submissions as text or JSON for the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any, assert_never

from sandbox.cases.life import PilotFile
from sandbox.cases.registry import OnChain
from sandbox.domain.act_table import ACTS
from sandbox.domain.admission import AdmissionFinding, Admitted, Refused
from sandbox.domain.dossier import (
    Consequence,
    Decided,
    Dossier,
    Intervened,
    LimitsChanged,
    Moved,
    Opened,
    Overdue,
    VersionStatus,
    plain_data,
)
from sandbox.domain.governing import limits_in_force
from sandbox.domain.limits import LimitSet
from sandbox.domain.profiles import load_limits
from sandbox.domain.standing import RUNNING, STATE_NAMES, State
from sandbox.domain.tolerance import Violation
from sandbox.domain.units import Value, format_value
from sandbox.domain.working_days import local_text
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


def pilots(rows: list[PilotRow], claimed: tuple[int, int], shape: str) -> str:
    """The registry, one pilot a line, and how many of the live ones have a mentor (认领率)."""
    if shape == "json":
        return _json([_pilot(row) for row in rows])
    if not rows:
        return "no pilot is registered yet: taishan pilot submit PATH"
    width, states = max(len(row.slug) for row in rows), max(len(_state(row)) for row in rows)
    lines = [
        f"{row.slug:<{width}}  v{row.version}  {_state(row):<{states}}  {row.category}  {row.name_zh} / {row.name_en}"
        for row in rows
    ]
    have, live = claimed
    share = f" ({have * 100 // live} %)" if live else ""
    return "\n".join([*lines, f"mentors (认领率): {have} of {live} live pilots{share}"])


def pilot(detail: PilotDetail, file: PilotFile, on_chain: OnChain | None, shape: str) -> str:
    """One pilot: who, where it stands, which contracts, which limits, which violations, which runs, and what the registry
    contract says of it."""
    row, summary = detail.row, json.loads(detail.row.summary)
    if shape == "json":
        contracts = [{"name": c.name, "compiler": c.compiler, "init_code_hash": c.init_code_hash} for c in detail.contracts]
        runs = [{"run": r.id, "scenario": r.scenario, "passed": r.passed, "log_root": r.log_root} for r in detail.runs]
        data = {**_pilot(row), "limits": summary["limits"], "contracts": contracts, "runs": runs}
        return _json({**data, "dossier": plain_data(file.dossier), "registry": plain_data(on_chain)})
    admitted = load_limits(summary["limits"])
    limits = limits_in_force(admitted, file.dossier, file.terms, (file.facts.head or 0) + 1)
    lines = [
        f"{row.slug}  {row.name_zh} / {row.name_en}",
        f"  firm      {row.firm} ({row.uscc})",
        f"  status    {standing(file.dossier)}; version {row.version}, submitted {row.submitted_at}",
        f"  mentor    {row.mentor or 'nobody yet'}",
        f"  profile   {row.profile}, limits {row.limits_hash[:16]}…",
        "contracts",
        *(f"  {c.name:<24}  {c.compiler:<24.24}  {c.init_code_hash[:16]}…" for c in detail.contracts),
        f"limits in force ({limits.currency})",
        *_limits(limits),
        f"violations ({len(file.dossier.violations)})",
        *_violations(file),
        f"runs ({len(detail.runs)})",
        *(f"  {'passed' if r.passed else 'FAILED'}  {r.id}  log {r.log_root[:16]}…" for r in detail.runs),
        *_residence(row, file, limits.currency),
        *_on_chain(on_chain),
    ]
    return "\n".join(lines)


def _residence(row: PilotRow, file: PilotFile, currency: str) -> list[str]:
    """Who may transact on the pilot's durable chain, and how far that is."""
    enrolled, facts = file.dossier.enrolled, file.facts
    lines = [f"parties ({len(enrolled)})"]
    for one in enrolled:
        who = f"role {one.role}" if one.role else ", ".join(filter(None, (one.client, one.client_class, one.jurisdiction)))
        lines.append(f"  {one.address}  {who}")
    if facts.head:
        owed = format_value(Value(facts.outstanding or 0))
        lines.append(f"durable chain: block {facts.head}, clients' exposure {owed} {currency}, log {row.slug}.chain")
    return lines


def _on_chain(told: OnChain | None) -> list[str]:
    """What the registry contract says of a pilot."""
    if told is None:
        return ["on the chain: nothing yet (taishan log checkpoint writes it)"]
    entry = told.entry
    current = "as its file says" if told.current else "behind its file (taishan log checkpoint writes the rest)"
    return [
        f"on the chain: registry {told.address}, {current}",
        f"  status    {entry.status.value}{', paused' if entry.paused else ''}; written in block {told.block}",
        f"  firm      {entry.firm}",
        f"  code      {entry.code_hash}",
        f"  manifest  {entry.manifest_hash}",
        f"  limits    {entry.limits_hash}",
    ]


def standing(dossier: Dossier) -> str:
    """Where a pilot stands, in both languages, and what waits for somebody:
    `active 测试中, stage G2, paused, limits proposed: version 2`."""
    zh, _ = STATE_NAMES[dossier.state]
    parts = [f"{dossier.state.value} {zh}"]
    parts += [f"stage {dossier.stage.value}"] if dossier.state in RUNNING else []
    parts += ["paused"] if dossier.paused else []
    parts += [f"frozen: {', '.join(sorted(dossier.frozen))}"] if dossier.frozen else []
    proposed = [each.number for each in dossier.versions if each.status is VersionStatus.PROPOSED]
    parts += [f"limits proposed: version {number}" for number in proposed]
    parts += [f"voted on {each.motion}: {each.officer.name} {'yes' if each.approve else 'no'}" for each in dossier.votes]
    return ", ".join(parts)


def consequences(brought: Sequence[Consequence]) -> list[str]:
    """What an act brought about, a line each."""
    return [f"  {_consequence(one)}" for one in brought]


def acts() -> str:
    """Every act: its fields, and who may do it."""
    lines = []
    for name, row in ACTS.items():
        wanted = ", ".join(each.name if each.default is MISSING else f"[{each.name}]" for each in fields(row.act))
        lines.append(f"{name:<22}{wanted or '-'}\n{'':<22}by {', '.join(sorted(role.value for role in row.roles))}")
    return "\n".join(lines)


def _consequence(one: Consequence) -> str:
    match one:
        case Moved():
            stage = f", stage {one.stage.value}" if one.to in RUNNING else ""
            return f"{one.origin.value} -> {one.to.value}{stage} (by {one.actor}: {one.reason})"
        case Opened(violation):
            until = local_text(violation.deadline)
            return f"violation {violation.number}: {violation.code} {violation.grade.name}, to be corrected by {until}"
        case Decided():
            clause = f" ({one.clause})" if one.clause else ""
            return f"violation {one.violation} ({one.code}): {one.outcome.value}{clause}"
        case LimitsChanged(version):
            changed = ", ".join(f"{limit} {plain}" for limit, plain in version.changes.items())
            return f"limits version {version.number} from block {version.from_block}: {changed}"
        case Intervened():
            return f"{one.measure.value} {one.who}".rstrip() + f" (by {one.by}: {one.reason})"
        case Overdue():
            return f"{one.ref} is overdue: {one.observed} s, bound {one.bound} s ({one.grade.name})"
        case _:
            assert_never(one)


def _violations(file: PilotFile) -> list[str]:
    lines = []
    for one in file.dossier.violations:
        until = local_text(one.deadline)
        lines.append(f"  {one.number}  {one.code} {one.grade.name}  {_progress(one)}, due {until}  ({one.ref})")
    return lines


def _progress(one: Violation) -> str:
    """How far a violation is on its way to a decision."""
    if one.decision is not None:
        return one.decision.outcome.value
    if not one.rectifications:
        return "open"
    answers = {None: "rectified, to be verified", True: "verified, to be decided", False: "open, correction refused"}
    return answers[one.rectifications[-1].satisfied]


def _state(row: PilotRow) -> str:
    return f"{row.status} {row.stage}" if State(row.status) in RUNNING else row.status


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
    keys = "slug version name_zh name_en category firm uscc status stage mentor profile submitted_at".split()
    return {key: getattr(row, key) for key in keys}


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


def endpoints(url: str, rows: Sequence[PilotRow]) -> str:
    """Where which pilot answers JSON-RPC."""
    width = max((len(row.slug) for row in rows), default=0)
    lines = [f"{row.slug:<{width}}  {url}/rpc/{row.slug}  {_state(row)}" for row in rows]
    if not lines:
        lines = ["no pilot has been led to `registered` yet; see taishan pilot list"]
    return "\n".join([*lines, f"listening on {url} · what the supervisor refuses is error -32003"])
