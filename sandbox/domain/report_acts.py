"""What each act of a log adds to the life it tells: `ACTS` by the act, `CONSEQUENCES` by what it brought about.

Rows are plain data, each with the number of the entry that proves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.domain.limits import Grade
from sandbox.domain.report_scan import Data, LogEntry, Scan
from sandbox.domain.report_words import in_both
from sandbox.domain.standing import STAGE_NAMES, STATE_NAMES, Stage, State
from sandbox.domain.tolerance import Decision, Outcome, Rectification, Violation
from sandbox.domain.units import Value


@dataclass(slots=True)
class Case:
    """A violation with the entries of its course. finding: what observed it. barred: attempts to exempt it that were refused,
    with the reasons (`tolerance.Reason`) that stood against it."""

    violation: Violation
    opened: LogEntry
    finding: LogEntry | None
    filed: list[LogEntry] = field(default_factory=list)
    verified: list[LogEntry] = field(default_factory=list)
    claimed: LogEntry | None = None
    decided: LogEntry | None = None
    clause: str = ""
    barred: list[tuple[LogEntry, tuple[str, ...]]] = field(default_factory=list)


@dataclass(slots=True)
class Life:
    """What the acts of one log come to. since: the entry of the latest move, None when it never moved. Rows are plain data with
    the number of their entry. first_active_at: start of the tolerance period in unix seconds."""

    state: State | None
    stage: Stage | None
    start: int
    since: LogEntry | None = None
    first_active_at: int | None = None
    last: LogEntry | None = None
    history: list[Data] = field(default_factory=list)
    refusals: list[Data] = field(default_factory=list)
    votes: list[Data] = field(default_factory=list)
    mentors: list[Data] = field(default_factory=list)
    notes: list[Data] = field(default_factory=list)
    comments: list[Data] = field(default_factory=list)
    complaints: list[Data] = field(default_factory=list)
    papers: list[Data] = field(default_factory=list)
    scores: list[Data] = field(default_factory=list)
    versions: dict[int, Data] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    measures: list[Data] = field(default_factory=list)
    reports: list[Data] = field(default_factory=list)
    incidents: list[Data] = field(default_factory=list)
    overdue: list[Data] = field(default_factory=list)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All of them, in the order in which they were opened."""
        return tuple(case.violation for case in self.cases)


def named(code: State | Stage | None) -> Data | None:
    """A state or a stage with its names."""
    if code is None:
        return None
    zh, en = STATE_NAMES[code] if isinstance(code, State) else STAGE_NAMES[code]
    return {"code": code.value, "zh": zh, "en": en}


def row_of(entry: LogEntry, scan: Scan) -> Data:
    """Who did what and when, with the number of the entry. block: the newest then."""
    body = entry.body
    return {
        **{key: body[key] for key in ("step", "act", "by", "role", "department", "time")},
        "block": scan.head(entry),
        "entry": entry.index,
    }


def nothing(*_: object) -> None:
    """Adds nothing: the consequences, or the act's own row, say it."""


def _vote(life: Life, entry: LogEntry, scan: Scan) -> None:
    fields = entry.body["fields"]
    row = {"motion": named(State(fields["motion"])), "approve": fields["approve"], "reason": fields["reason"], "carried": False}
    life.votes.append({**row_of(entry, scan), **row})


def _file(life: Life, entry: LogEntry, scan: Scan) -> None:
    """Keeps the act's fields as a numbered row of the list `FILED` names."""
    kind, keys = FILED[str(entry.body["act"])]
    rows = getattr(life, kind)
    rows.append({**row_of(entry, scan), "number": len(rows) + 1, **{key: entry.body["fields"][key] for key in keys}})


def _answer(life: Life, entry: LogEntry, scan: Scan) -> None:
    """Puts an answer beside the comment or complaint it answers."""
    rows = life.comments if entry.body["act"] == "answer_comment" else life.complaints
    number, text = entry.body["fields"]["number"], entry.body["fields"]["text"]
    rows[number - 1]["answer"] = {**row_of(entry, scan), "text": text}


def _proposed(life: Life, entry: LogEntry, _: Scan) -> None:
    number, fields = len(life.versions) + 1, entry.body["fields"]
    life.versions[number] = {
        **{"number": number, "kind": "change", "status": "proposed", "changes": dict(fields["changes"])},
        **{"reason": fields["reason"], "proposer": entry.body["by"], "proposed_at": entry.body["time"]},
        **{"approver": None, "approved_at": None, "from_block": None, "entries": [entry.index], "entry_count": 1},
    }


def _rejected(life: Life, entry: LogEntry, _: Scan) -> None:
    row = life.versions[entry.body["fields"]["version"]]
    row.update(status="rejected", approver=entry.body["by"], approved_at=entry.body["time"])
    row.update(rejection=entry.body["fields"]["reason"], entries=[*row["entries"], entry.index], entry_count=2)


def _rectified(life: Life, entry: LogEntry, _: Scan) -> None:
    body, case = entry.body, _case(life, entry)
    filed = Rectification(body["fields"]["text"], body["fields"]["hash"], body["by"], body["time"])
    case.violation = replace(case.violation, rectifications=(*case.violation.rectifications, filed))
    case.filed.append(entry)


def _verified(life: Life, entry: LogEntry, _: Scan) -> None:
    body, case = entry.body, _case(life, entry)
    *earlier, latest = case.violation.rectifications
    fields = body["fields"]
    seen = replace(latest, satisfied=fields["satisfied"], verified_by=body["by"], reason=fields["reason"])
    case.violation = replace(case.violation, rectifications=(*earlier, seen))
    case.verified.append(entry)


def _claimed(life: Life, entry: LogEntry, _: Scan) -> None:
    case = _case(life, entry)
    case.violation, case.claimed = replace(case.violation, no_fault=entry.body["fields"]["evidence"]), entry


def _decided(life: Life, entry: LogEntry, _: Scan) -> None:
    body, case = entry.body, _case(life, entry)
    fields = body["fields"]
    decision = Decision(Outcome(fields["outcome"]), fields["reason"], fields["education"], body["by"], body["time"])
    case.violation, case.decided = replace(case.violation, decision=decision), entry
    case.clause = next((str(one["clause"]) for one in body["consequences"] if one["type"] == "decided"), "")


def _case(life: Life, entry: LogEntry) -> Case:
    return life.cases[int(entry.body["fields"]["violation"]) - 1]


FILED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "assign_mentor": ("mentors", ("mentor",)),
    "note": ("notes", ("text",)),
    "comment": ("comments", ("text",)),
    "complain": ("complaints", ("text",)),
    "file_evidence": ("papers", ("kind", "hash", "title")),
    "score": ("scores", ("dimension", "points", "reason")),
    "file_report": ("reports", ("kind", "figures", "hash")),
    "report_incident": ("incidents", ("text",)),
}
"""act -> list of the life it is put on, and the fields kept."""

ACTS: Final[Mapping[str, Callable[[Life, LogEntry, Scan], None]]] = {
    **dict.fromkeys(FILED, _file),
    "vote": _vote,
    "answer_comment": _answer,
    "answer_complaint": _answer,
    "propose_limits": _proposed,
    "reject_limits": _rejected,
    "file_rectification": _rectified,
    "verify_rectification": _verified,
    "claim_no_fault": _claimed,
    "decide": _decided,
}
"""act -> what it adds; the others say all in their consequences."""


def _moved(life: Life, entry: LogEntry, one: Data, scan: Scan) -> None:
    origin, to, stage = State(one["origin"]), State(one["to"]), Stage(one["stage"])
    if to is State.ACTIVE and life.first_active_at is None:
        life.first_active_at = int(one["time"])
    ballots = [{key: vote["officer"][key] for key in ("name", "role", "department")} for vote in one["votes"]]
    voters = {ballot["name"] for ballot in ballots}
    for vote in life.votes:
        vote["carried"] = vote["carried"] or (vote["motion"]["code"] == to.value and vote["by"] in voters)
    life.since = entry
    life.history.append(
        {
            **row_of(entry, scan),
            **{"from": named(origin), "to": named(to), "stage": named(stage), "time": one["time"]},
            **{"by": one["actor"], "role": one["role"], "reason": in_both(one["reason"]), "evidence": one["evidence"] or None},
            "department": entry.body["department"] if one["actor"] == entry.body["by"] else "",
            "votes": ballots,
        }
    )


def _opened(life: Life, entry: LogEntry, one: Data, scan: Scan) -> None:
    row = one["violation"]
    violation = Violation(
        **{key: row[key] for key in ("number", "code", "ref", "tolerable", "detail", "opened_at", "deadline", "no_fault")},
        grade=Grade[row["grade"]],
        harm=Value(int(row["harm"])),
    )
    life.cases.append(Case(violation, entry, _observed_by(life, entry, violation, scan)))


def _observed_by(life: Life, entry: LogEntry, violation: Violation, scan: Scan) -> LogEntry | None:
    """The finding a violation was opened for: the latest of its code and grade before it that no other violation took."""
    if entry.body["role"] != "system":
        return None
    taken = {case.finding.index for case in life.cases if case.finding is not None}
    for finding in reversed(scan.of("finding")):
        body = finding.body["finding"]
        fits = (body["code"], body["grade"], body["refused"]) == (violation.code, violation.grade.name, False)
        if finding.index < entry.index and fits and finding.index not in taken:
            return finding
    return None


def _changed(life: Life, entry: LogEntry, one: Data, scan: Scan) -> None:
    version = one["version"]
    known = life.versions.get(version["number"], {"entries": []})
    entries = [*known["entries"], entry.index]
    keys = ("number", "kind", "status", "changes", "reason", "proposer", "proposed_at", "approved_at", "from_block")
    row = {key: version[key] for key in keys}
    row |= {"approver": version["approver"] or None, "entries": entries, "entry_count": len(entries)}
    life.versions[version["number"]] = row
    if version["kind"] == "cap_down":
        cap = {"measure": "cap_down", "who": "", "reason": version["reason"], "changes": version["changes"]}
        _measure(life, entry, cap, scan)


def _measure(life: Life, entry: LogEntry, one: Data, scan: Scan) -> None:
    row = {"measure": one["measure"], "who": one["who"] or None, "reason": one["reason"]}
    life.measures.append({**row_of(entry, scan), **row, "changes": one.get("changes"), "from_block": scan.head(entry) + 1})


def _late(life: Life, entry: LogEntry, one: Data, _: Scan) -> None:
    known = next((row for row in life.overdue if (row["ref"], row["grade"]) == (one["ref"], one["grade"])), None)
    row = {key: one[key] for key in ("ref", "grade", "observed", "bound")}
    if known is None:
        life.overdue.append({**row, "time": entry.body["time"], "entry": entry.index})
    else:
        known.update(observed=one["observed"])


CONSEQUENCES: Final[Mapping[str, Callable[[Life, LogEntry, Any, Scan], None]]] = {
    "moved": _moved,
    "opened": _opened,
    "decided": nothing,
    "limits_changed": _changed,
    "intervened": _measure,
    "overdue": _late,
}
