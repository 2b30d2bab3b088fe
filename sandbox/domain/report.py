"""The compliance report: a pure function of a run's log and of what the sandbox knows about the pilot.

Contents follow synthesis (c) of the domain study. A report is plain data: text, whole numbers (shares in basis points,
amounts as exact decimal text), and beside every figure the numbers of the log entries that prove it. The same log and
context give the same bytes and so the same hash; words of a page are the renderer's, sentences of the conclusion are here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.canonical import canonical
from sandbox.domain.report_conclusion import Conclusion, conclude, overall
from sandbox.domain.report_life import life_of, life_section
from sandbox.domain.report_limits import limit_rows, not_checked
from sandbox.domain.report_office import duties, evaluation, interventions, now_of
from sandbox.domain.report_regime import by_block, regime_of, versions
from sandbox.domain.report_scan import (
    Data,
    LogEntry,
    LogSummary,
    PilotSummary,
    ReportContext,
    Scan,
    Transaction,
    scan,
    warning,
)
from sandbox.domain.report_sections import (
    activity,
    contract_rows,
    declaration_rows,
    drill_rows,
    financial_safety,
    finding_rows,
    in_full,
    warning_rows,
)
from sandbox.domain.report_standing import Standing, with_standing
from sandbox.domain.report_timeline import timeline
from sandbox.domain.report_verdict import conclude_life
from sandbox.domain.report_violations import ledger
from sandbox.errors import InputError

__all__ = [
    "Conclusion",
    "LogEntry",
    "LogSummary",
    "PilotSummary",
    "Report",
    "ReportContext",
    "build_pilot_report",
    "build_report",
]

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. data: everything but its own hash."""

    data: Mapping[str, Any]

    @property
    def verdict(self) -> Conclusion:
        """The overall conclusion."""
        return Conclusion[self.data["conclusion"]["verdict"]]

    @property
    def report_hash(self) -> str:
        """SHA-256 of the canonical JSON of `data`, as hex."""
        return hashlib.sha256(canonical(self.data)).hexdigest()

    def as_data(self) -> Data:
        """Plain data for JSON and for `render_html`, with the hash beside it."""
        digest = self.report_hash
        return {**self.data, "report_id": f"R-{digest[:12]}", "report_hash": digest}


def build_report(entries: Sequence[LogEntry], context: ReportContext) -> Report:
    """The report of one run. Raises InputError when the entries are not the log of one run, or were made under other
    limits than the context names."""
    return build_pilot_report([(context, entries)])


def build_pilot_report(
    runs: Sequence[tuple[ReportContext, Sequence[LogEntry]]], standing: Standing | None = None
) -> Report:
    """The report of a pilot over several of its runs, all of one pilot. standing: of the registered pilot, where the report is
    of the pilot as a whole. Raises InputError as `build_report` does."""
    if not runs:
        raise InputError("a report needs at least one run")
    pilots = {context.pilot.id for context, _ in runs}
    if len(pilots) > 1:
        raise InputError("a report covers one pilot, these runs are of " + ", ".join(sorted(pilots)))
    first = runs[0][0]
    sections = [_run(scan(entries), context) for context, entries in runs]
    conclusion = overall([section["conclusion"] for section in sections])
    return Report(
        {
            "schema": SCHEMA,
            "type": "end-of-test",
            "generator": first.generator,
            "previous_report": first.previous,
            "pilot": _pilot(first.pilot),
            "profile": first.limits.profile,
            "currency": first.limits.currency,
            "conclusion": conclusion if standing is None else with_standing(conclusion, standing),
            "runs": sections,
        }
    )


def _pilot(pilot: PilotSummary) -> Data:
    return {
        "id": pilot.id,
        "name": {"zh": pilot.zh, "en": pilot.en},
        "firm": pilot.firm,
        "uscc": pilot.uscc,
        "category": pilot.category,
        "declared": pilot.declaration is not None,
        "notes": [dict(note) for note in pilot.notes],
    }


def _run(seen: Scan, context: ReportContext) -> Data:
    start = seen.start.body
    _same_limits(seen, context)
    life, regime, now = life_of(seen), regime_of(seen, context.limits), now_of(seen)
    unchecked = not_checked(regime)
    listed = versions(life, seen, context.limits)
    data = {
        "run": context.run,
        **{key: start[key] for key in ("scenario", "seed", "engine", "engine_version", "chain_id")},
        "passed": seen.end is not None and bool(seen.end.body["passed"]),
        "finished": seen.end is not None,
        "period": _period(seen),
        "conclusion": conclude_life(life, seen, regime, now, unchecked) if life else conclude(seen, context, unchecked),
        "life": life_section(life, seen),
        "violations": ledger(life, context, now),
        "declaration": declaration_rows(seen, context),
        "contracts": contract_rows(seen),
        "activity": activity(seen, context),
        "limits": limit_rows(seen, regime),
        "limit_versions": listed,
        "limits_by_block": by_block(regime, seen, listed),
        "timeline": timeline(seen),
        "findings": finding_rows(seen, context, life),
        "warnings": warning_rows(seen, context),
        "drills": drill_rows(seen, context),
        "flagged": in_full(_flagged(seen), seen, context),
        "refused": in_full(seen.refused, seen, context),
        "interventions": interventions(life, context.limits.currency),
        "duties": duties(life, seen, regime),
        "evaluation": evaluation(life),
        "safety": financial_safety(seen, context),
    }
    return {**data, "evidence": _evidence(seen, context, data)}


def _flagged(seen: Scan) -> list[Transaction]:
    """Transactions that stand though something about them was found; nearness to a bound is not worth the whole picture."""
    return [item for item in seen.transactions if item.kept and not all(map(warning, item.findings))]


def _same_limits(seen: Scan, context: ReportContext) -> None:
    """A report must not measure a run against other limits than it was judged by."""
    if dict(seen.start.body["limits"]) != context.limits.as_data():
        raise InputError(
            f"run {context.run} was judged under other limits than the report was given",
            where=f"log entry {seen.start.index}",
            do="build the report with the limits that were in force",
        )


def _period(seen: Scan) -> Data:
    """First and last block; where the run leads a life, the time from its beginning to the latest act."""
    first, last = (seen.blocks[0].body, seen.blocks[-1].body) if seen.blocks else (None, None)
    genesis = seen.start.body["genesis_time"]
    end = last["timestamp"] if last else genesis
    return {
        "first_block": first["number"] if first else 0,
        "last_block": last["number"] if last else 0,
        "start": genesis if seen.living or first is None else first["timestamp"],
        "end": max(end, now_of(seen)) if seen.living else end,
    }


def _evidence(seen: Scan, context: ReportContext, data: Data) -> Data:
    start, log = seen.start.body, context.log
    cited = sorted({seen.start.index, seen.entries[-1].index, *_cited(data)})
    by_index = {entry.index: entry for entry in seen.entries}
    scenario = context.scenario_file or f"{start['scenario']}.yaml"
    return {
        "log": log.id,
        "size": log.size,
        "root": log.root,
        "checkpoint": log.checkpoint,
        "verifier_key": log.verifier_key,
        **{key: start[key] for key in ("manifest_hash", "scenario_hash", "limits_hash", "genesis_hash", "seed", "engine")},
        "head_hash": seen.end.body["head_hash"] if seen.end else None,
        "state_root": seen.end.body["state_root"] if seen.end else None,
        "rerun": f"taishan run {scenario} --seed {start['seed']} --engine {start['engine']}",
        "entries": [{"index": at, "type": by_index[at].type, "leaf_hash": by_index[at].leaf_hash} for at in cited],
    }


_CITING: Final = ("entry", "finding", "transaction_entry", "notice", "verified_entry")
"""Keys whose number is that of a log entry."""


def _cited(data: object) -> set[int]:
    """Numbers of every log entry the report cites, wherever in it."""
    if isinstance(data, Mapping):
        own = {data[key] for key in _CITING if type(data.get(key)) is int}
        listed = set(data["entries"]) if isinstance(data.get("entries"), list) else set()
        return own.union(listed, *(_cited(value) for value in data.values() if isinstance(value, Mapping | list)))
    if isinstance(data, list):
        return set().union(*(_cited(item) for item in data if isinstance(item, Mapping | list)))
    return set()
