"""The life of a pilot as its log tells it: every accepted act put where it belongs, every refused one kept.

A fold over the acts alone. What an act brought about stands in its consequences, so that nothing here needs the terms it was
judged by.
"""

from __future__ import annotations

from typing import Final

from sandbox.domain.report_acts import ACTS, CONSEQUENCES, Life, named, nothing, row_of
from sandbox.domain.report_scan import Data, LogEntry, Scan
from sandbox.domain.standing import Stage, State
from sandbox.domain.tolerance import REASONS

BEFORE: Final = frozenset({State.DRAFT, State.SUBMITTED, State.UNDER_REVIEW, State.PUBLIC_NOTICE, State.REGISTERED})
"""States before the test has begun."""


def life_of(scan: Scan) -> Life | None:
    """The life a run's log tells; None for a run that leads none."""
    if not scan.living:
        return None
    life = Life(*_beginning(scan), start=int(scan.start.body["genesis_time"]))
    if life.state is not None and life.state not in BEFORE:
        life.first_active_at = life.start
    for entry in scan.entries:
        if entry.type == "act":
            _accepted(life, entry, scan)
        elif entry.type == "act_refused":
            _refused(life, entry, scan)
    return life


def _beginning(scan: Scan) -> tuple[State | None, Stage | None]:
    """State and stage before the first act: what its first move left, or what it found unchanged; without an act, the state
    that governed."""
    first = next(iter(scan.of("act")), None)
    if first is None:
        why = {str(entry.body["why"]) for entry in scan.of("governed")} & set(State)
        return next((state for state in State if state in why), None), None
    moves = [one for one in first.body["consequences"] if one["type"] == "moved"]
    return State(moves[0]["origin"] if moves else first.body["state"]), Stage(first.body["stage"])


def _accepted(life: Life, entry: LogEntry, scan: Scan) -> None:
    body = entry.body
    ACTS.get(str(body["act"]), nothing)(life, entry, scan)
    for one in body["consequences"]:
        CONSEQUENCES[one["type"]](life, entry, one, scan)
    life.state, life.stage, life.last = State(body["state"]), Stage(body["stage"]), entry


def _refused(life: Life, entry: LogEntry, scan: Scan) -> None:
    body = entry.body
    reasons = tuple(reason.value for reason, (_, en) in REASONS.items() if en in str(body["reason"]))
    life.refusals.append(
        {**row_of(entry, scan), "fields": dict(body["fields"]), "reason": body["reason"], "bars": list(reasons)}
    )
    number = body["fields"].get("violation")
    if body["act"] == "decide" and isinstance(number, int) and 0 < number <= len(life.cases):
        life.cases[number - 1].barred.append((entry, reasons))


def life_section(life: Life | None, scan: Scan) -> Data | None:
    """Where the pilot stands, since when, and how it came there; None for a run that leads no life."""
    if life is None:
        return None
    return {
        "state": named(life.state),
        "stage": named(life.stage),
        "since": since(life, scan),
        "history": life.history,
        "refusals": life.refusals,
        "votes": life.votes,
        "mentor": life.mentors[-1] if life.mentors else None,
        "claimed": next((note for note in life.notes if note["role"] == "mentor"), None),
        "notes": life.notes,
        "comments": life.comments,
    }


def since(life: Life, scan: Scan) -> Data:
    """When the pilot came into its state: its latest move, or the beginning of the run."""
    entry = life.since or scan.start
    time = life.history[-1]["time"] if life.history else life.start
    return {"block": scan.head(entry), "time": time, "entries": [entry.index], "entry_count": 1}
