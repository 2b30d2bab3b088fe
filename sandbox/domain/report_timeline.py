"""The timeline: blocks as columns, and marks for what happened at them. One block is one step, whatever time it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.domain.limits import SPECS
from sandbox.domain.report_scan import Data, LogEntry, Scan
from sandbox.domain.standing import STATE_NAMES, State

COLUMNS_SHOWN: Final = 200
MARKS_SHOWN: Final = 300


def timeline(scan: Scan) -> Data:
    """first and last: block numbers of the axis. Marks of refused transactions stand at the block they tried to enter."""
    marks = sorted(_marks(scan), key=lambda mark: int(mark["entry"]))
    blocks = [int(entry.body["number"]) for entry in scan.blocks] + [int(mark["block"]) for mark in marks]
    return {
        "first": min(blocks, default=0),
        "last": max(blocks, default=0),
        "columns": _columns(scan.blocks),
        "marks": marks[:MARKS_SHOWN],
        "marks_left_out": max(0, len(marks) - MARKS_SHOWN),
    }


def _columns(blocks: Sequence[LogEntry]) -> list[Data]:
    """Blocks, or equal stretches of them when there are too many to draw one by one."""
    width = -(-len(blocks) // COLUMNS_SHOWN) or 1
    stretches = (blocks[start : start + width] for start in range(0, len(blocks), width))
    return [
        {
            "first": stretch[0].body["number"],
            "last": stretch[-1].body["number"],
            "time": stretch[0].body["timestamp"],
            "transactions": sum(int(entry.body["transactions"]) for entry in stretch),
            "entry": stretch[0].index,
        }
        for stretch in stretches
    ]


def _marks(scan: Scan) -> Iterable[Data]:
    for item in scan.refused:
        codes = dict.fromkeys(str(entry.body["finding"]["code"]) for entry in item.findings)
        yield _mark("refused", item.entry, item.body, codes)
    for on, entry in scan.findings:
        finding = entry.body["finding"]
        target = on.entry.index if on is not None else entry.index
        mark = _mark("finding", entry, entry.body, [str(finding["code"])])
        counts = {"counted": finding["mode"] != "observe", "drill": scan.drilled(entry)}
        yield {**mark, "grade": finding["grade"], "target": target, **counts}
    for block, time, entry in scan.other:
        body = entry.body
        if entry.type == "time_advanced":
            yield {**_mark("advanced", entry, {"block": block, "timestamp": time}), "seconds": body["seconds"]}
        elif entry.type == "fault_injected":
            details = ", ".join(f"{key} {value}" for key, value in sorted(body["details"].items()))
            yield {**_mark("fault", entry, {"block": block, "timestamp": time}), "text": f"{body['fault']}: {details}"}
        elif entry.type == "contract_deployed":
            yield {**_mark("deployed", entry, {"block": block, "timestamp": time}), "text": str(body["name"])}
        elif entry.type == "act":
            yield from _act(entry, block)
        elif entry.type == "check" and not body["held"]:
            yield {**_mark("check", entry, {"block": block, "timestamp": time}), "text": str(body["subject"])}


def _act(entry: LogEntry, block: int) -> Iterable[Data]:
    """Moves and interventions; what else is done on a pilot's file is in its section."""
    for one in entry.body["consequences"]:
        if one["type"] in ("decided", "overdue"):
            continue
        mark = _mark(str(one["type"]), entry, {"block": block, "timestamp": entry.body["time"]})
        if one["type"] == "moved":
            state, stage = STATE_NAMES[State(one["to"])], one["stage"] if one["to"] == one["origin"] else None
            yield {**mark, "state": dict(zip(("zh", "en"), state, strict=True)), "stage": stage}
        elif one["type"] == "intervened":
            yield {**mark, "text": one["who"] or None, "measure": one["measure"]}
        elif one["type"] == "limits_changed":
            codes = [code for code in one["version"]["changes"] if code in SPECS]
            yield {**mark, "titles": [{"zh": SPECS[code].zh, "en": SPECS[code].en} for code in codes]}
        elif one["type"] == "opened":
            yield mark


def _mark(kind: str, entry: LogEntry, body: Mapping[str, Any], codes: Iterable[str] = ()) -> Data:
    return {
        "kind": kind,
        "block": body["block"],
        "time": body["timestamp"],
        "entry": entry.index,
        "target": entry.index,
        "titles": [{"zh": SPECS[code].zh, "en": SPECS[code].en} for code in codes],
        "text": None,
    }
