"""Backtest: what a pilot's recorded runs would have come to under other limits.

Each run is judged twice: under the limits it was recorded under, which must give what was recorded, entry by entry, or the run
is left out; and under the changed ones. What differs is the answer. History is not made anew: what somebody would have done
instead, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.domain import replaying
from sandbox.domain.artifact import Artifact
from sandbox.domain.backtest_result import Affected, Backtest, LeftOut, Outcome, RunCounts, Told
from sandbox.domain.limit_changes import NO_CHANGES, ChangedLimit, LimitChanges, compared, lay_over
from sandbox.domain.limits import Grade, LimitSet
from sandbox.domain.outcome import invocation
from sandbox.domain.policy import Policy
from sandbox.domain.recording import status_of
from sandbox.domain.rejudging import Approve, Judged, Overlay, Rerun, known_code
from sandbox.domain.report_scan import LogEntry
from sandbox.domain.rules import BY_CODE, elsewhere
from sandbox.domain.supervision import Finding
from sandbox.errors import InputError


@dataclass(frozen=True, slots=True)
class History:
    """A recorded run. entries: its whole log."""

    run: str
    entries: Sequence[LogEntry]


def backtest(
    pilot: str, runs: Iterable[History], changes: LimitChanges, artifacts: Mapping[str, Artifact], approve: Approve
) -> Backtest:
    """Judge the runs again under changed limits. artifacts: of the pilot as registered now, used where they are the run's own.
    Raises InputError for changes that fit none of the limits a run was under."""
    counts: list[RunCounts] = []
    affected: list[Affected] = []
    left_out: list[LeftOut] = []
    changed: dict[ChangedLimit, None] = {}
    in_force: set[str] = set()
    currency = ""
    for history in runs:
        try:
            begun = replaying.opening(history.entries[0].body)
        except InputError as error:
            left_out.append(LeftOut(history.run, None, error.what))
            continue
        limits = lay_over(begun.limits, changes)  # a change that does not fit is the caller's fault, and no reason to go on
        changed |= dict.fromkeys(compared(begun.limits, limits))
        in_force |= {key for key, limit in limits.limits.items() if limit.bound is not None}
        currency = limits.currency
        told = _judge_twice(history, changes, artifacts, approve)
        if isinstance(told, LeftOut):
            left_out.append(told)
        else:
            counts.append(told[0])
            affected += told[1]
    not_replayed = tuple(code for code in sorted(in_force) if code in BY_CODE and BY_CODE[code].check is elsewhere)
    return Backtest(pilot, currency, tuple(changed), tuple(counts), tuple(affected), not_replayed, tuple(left_out))


def _judge_twice(
    history: History, changes: LimitChanges, artifacts: Mapping[str, Artifact], approve: Approve
) -> tuple[RunCounts, list[Affected]] | LeftOut:
    """What the changes would have meant for one run; or why it cannot be said."""
    try:
        entries = list(history.entries)
        begun = replaying.opening(entries[0].body)
        known = known_code(begun, entries, artifacts, approve)
        before, after = (
            list(Rerun(begun, known, approve, _overlay(which)).judge_all(entries)) for which in (NO_CHANGES, changes)
        )
    except InputError as error:
        return LeftOut(history.run, None, error.what)
    recorded = _recorded(entries)
    for judged in before:
        found, written = outcome(judged), recorded[judged.entry]
        if not found.same(written):
            what = f"judged again under its own limits it comes out as {found.words()}, recorded is {written.words()}"
            return LeftOut(history.run, judged.entry, what)
    pairs = [(recorded[one.entry], one) for one in after]
    names = _names(entries)
    affected = [_affected(history.run, then, one, names) for then, one in pairs if not outcome(one).same_findings(then)]
    warned = tuple(
        one.entry for then, one in pairs if outcome(one).same_findings(then) and not outcome(one).same(then)
    )
    entries_of = tuple(one.entry for one in affected)
    stranded = tuple(one.entry for was, one in zip(before, after, strict=True) if _overdrawn(one) and not _overdrawn(was))
    return RunCounts(history.run, len(after), entries_of, warned, stranded), affected


def outcome(judged: Judged) -> Outcome:
    """What a transaction came to when it was judged again."""
    judgement = judged.judgement
    raised = (*judgement.findings, *judgement.warnings)
    return Outcome(status_of(judged.effects, judgement), tuple(_told(one) for one in raised))


def _overdrawn(judged: Judged) -> bool:
    """True if somebody would hold less than nothing of an asset, going by its events."""
    return any(amount < 0 for amount in judged.judgement.draft.balances.values())


def _overlay(changes: LimitChanges) -> Overlay:
    def overlay(limits: LimitSet, factor: int) -> LimitSet:
        return lay_over(limits, changes, factor)

    return overlay


def _told(finding: Finding) -> Told:
    mode = finding.mode.name.lower()
    return Told(finding.code, finding.grade.name, mode, finding.observed, finding.bound, finding.unit, finding.who)


def _recorded(entries: Sequence[LogEntry]) -> dict[int, Outcome]:
    """Entry of each transaction -> what it came to; its findings stand right after it."""
    found: dict[int, Outcome] = {}
    last: LogEntry | None = None
    for entry in entries:
        if entry.type == "transaction":
            found[entry.index] = Outcome(str(entry.body["status"]), ())
            last = entry
        elif entry.type == "finding" and last is not None and entry.body["transaction"] == last.body["hash"]:
            row = entry.body["finding"]
            before = found[last.index]
            found[last.index] = Outcome(before.status, (*before.findings, _read(row, entry.index)))
    return found


def _read(row: Mapping[str, object], entry: int) -> Told:
    keys = ("code", "grade", "mode", "observed", "bound", "unit", "who")
    code, grade, mode, observed, bound, unit, who = (str(row[key]) for key in keys)
    return Told(code, grade, mode, observed, bound, unit, who, entry)


def _names(entries: Sequence[LogEntry]) -> dict[str, str]:
    """Address -> actor or instance."""
    named = {str(row["address"]): str(name) for name, row in entries[0].body["actors"].items()}
    deployed = (entry.body for entry in entries if entry.type == "contract_deployed")
    return {**named, **{str(body["address"]): str(body["name"]) for body in deployed}}


def _affected(run: str, then: Outcome, judged: Judged, names: Mapping[str, str]) -> Affected:
    body, policy, draft = judged.body, judged.policy, judged.judgement.draft
    now = outcome(judged)
    clients = set(_clients(policy, judged, (*then.findings, *now.findings)))
    return Affected(
        run=run,
        entry=judged.entry,
        block=judged.effects.block,
        timestamp=judged.effects.timestamp,
        actor=str(body["actor"]),
        who=policy.identity(judged.effects.sender),
        action=str(body["action"]),
        args=tuple(map(str, body["args"])),
        title=invocation(str(body["action"]), (names.get(arg, arg) for arg in map(str, body["args"]))),
        then=then,
        now=now,
        clients=tuple(sorted(clients)),
        value=draft.moved or None,
    )


def _clients(policy: Policy, judged: Judged, findings: Iterable[Told]) -> Iterator[str]:
    """Clients a transaction is of: who sent it, whose holdings or debts it changes, whom its findings are about."""
    known = {party.name for address, party in policy.parties.items() if policy.client(address) is not None}
    draft = judged.judgement.draft
    about = (who for told in findings if told.grade != Grade.S0.name for who in told.who.split(", "))
    for who in (draft.client, *draft.touched(), *about):
        if who is not None and who in known:
            yield who
