"""The descriptive sections: declaration, contracts, activity, transactions in full, timeline, financial safety."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.domain.limits import SPECS
from sandbox.domain.report_acts import Life
from sandbox.domain.report_bounds import is_floor, measure_of, number, share
from sandbox.domain.report_calls import call_path, decoded_call
from sandbox.domain.report_remedies import REMEDIES
from sandbox.domain.report_scan import Data, LogEntry, ReportContext, Scan, Transaction, observed_only, proof, warning
from sandbox.domain.report_violations import state_of
from sandbox.domain.report_words import why_in_both
from sandbox.domain.units import ZERO_ADDRESS

ROWS_SHOWN: Final = 500
FULL_SHOWN: Final = 200
_DECLARED: Final = ("type", "launch", "users", "expected_scale", "channels", "hours", "service")


def declaration_rows(scan: Scan, context: ReportContext) -> list[Data]:
    """What was declared beside what was seen. agrees: None where a run cannot tell."""
    declared = context.pilot.declaration or {}
    clients, deployed = _clients(scan), scan.of("contract_deployed")
    admitted = sorted(scan.start.body["artifacts"])
    names = sorted({str(entry.body["contract"]) for entry in deployed})
    seen = {
        "users": (str(len(clients)), [item.entry for item in clients.values()]),
        "expected_scale": (str(sum(item.kept for item in scan.transactions)), [i.entry for i in scan.transactions if i.kept]),
    }
    rows: list[Data] = [_declared(key, declared, seen) for key in _DECLARED]
    agrees = set(names) <= set(admitted) if names else None
    contracts = {"item": "contracts", "declared": ", ".join(admitted) or None, "observed": ", ".join(names) or None}
    return [*rows, {**contracts, "agrees": agrees, **proof(deployed)}]


def contract_rows(scan: Scan) -> list[Data]:
    """Contracts the run deployed, with the hashes they were admitted and run as."""
    artifacts = scan.start.body["artifacts"]
    return [
        {
            **{key: entry.body[key] for key in ("name", "contract", "address", "code_hash", "code_size", "step")},
            "artifact_hash": artifacts.get(entry.body["contract"]),
            **proof([entry]),
        }
        for entry in scan.of("contract_deployed")
    ]


def activity(scan: Scan, context: ReportContext) -> Data:
    """Counts, and every transaction as one line (bounded)."""
    by_status = {
        status: proof(item.entry for item in scan.transactions if item.body["status"] == status)
        for status in ("success", "reverted", "flagged", "blocked")
    }
    busiest = max(scan.blocks, key=lambda entry: int(entry.body["transactions"]), default=None)
    rows = [_line(item, context, scan) for item in scan.transactions[:ROWS_SHOWN]]
    return {
        "transactions": {"count": len(scan.transactions), **proof(item.entry for item in scan.transactions)},
        "by_status": {status: {"count": found["entry_count"], **found} for status, found in by_status.items()},
        "findings": {"count": len(scan.counted), **proof(scan.counted)},
        "drills": {"count": len(scan.drills), **proof(scan.drills)},
        "warnings": {"count": len(scan.warnings), **proof(scan.warnings)},
        "clients": {"count": len(_clients(scan)), **proof(item.entry for item in _clients(scan).values())},
        "blocks": {"count": len(scan.blocks), **proof(scan.blocks)},
        "gas_used": {"value": str(sum(int(entry.body["gas_used"]) for entry in scan.blocks)), **proof(scan.blocks)},
        "busiest_block": busiest
        and {"number": busiest.body["number"], "count": busiest.body["transactions"], **proof([busiest])},
        "checks": _checks(scan),
        "rows": rows,
        "rows_left_out": len(scan.transactions) - len(rows),
    }


def in_full(items: Iterable[Transaction], scan: Scan, context: ReportContext) -> Data:
    """Transactions with everything a reader needs to judge them: intent, rule, measured against bound, call path."""
    chosen = list(items)
    rows = [
        {
            **_line(item, context, scan),
            **{key: item.body[key] for key in ("sender", "target", "nonce", "value", "data", "gas_limit", "request")},
            "call": decoded_call(item, context, scan.names),
            "findings": [finding_row(entry, scan, context) for entry in item.findings if not warning(entry)],
            "calls": call_path(item, context, scan.names),
        }
        for item in chosen[:FULL_SHOWN]
    ]
    return {"rows": rows, "rows_left_out": len(chosen) - len(rows)}


def finding_row(entry: LogEntry, scan: Scan, context: ReportContext) -> Data:
    """One finding with titles and how to comply. over_bp: how far over its bound, in basis points of it."""
    finding = entry.body["finding"]
    code = str(finding["code"])
    spec = SPECS[code]
    remedy = REMEDIES[code]
    return {
        **finding,
        "who": scan.names.text(finding["who"]),
        "who_address": finding["who"],
        "unit": context.limits.currency if spec.unit == "money" else finding["unit"],
        "money": spec.unit == "money",
        "title": {"zh": spec.zh, "en": spec.en},
        "comply": {"zh": remedy[0], "en": remedy[1]},
        "share_bp": _share_of(code, finding, context),
        "id": f"F-{entry.index}",
        "block": entry.body["block"],
        "time": entry.body["timestamp"],
        "transaction": entry.body["transaction"],
        "base_grade": finding.get("base_grade", finding["grade"]),
        "why": [why_in_both(step) for step in finding.get("why", ())],
        "expected": bool(entry.body.get("expected")),
        "drill": scan.drilled(entry),
        "counted": not observed_only(entry) and not warning(entry) and not scan.drilled(entry),
        **proof([entry]),
    }


def finding_rows(scan: Scan, context: ReportContext, life: Life | None = None) -> list[Data]:
    """Findings on what stands, each with the entry of its transaction and, where it opened one, its violation. They stay open
    until a regulator decides. Warnings and drills have lists of their own."""
    cases = {case.finding.index: case.violation for case in life.cases if case.finding is not None} if life else {}
    rows = []
    for item, entry in scan.findings:
        if not warning(entry) and not scan.drilled(entry):
            violation = cases.get(entry.index)
            state = "open" if violation is None else state_of(violation, violation.verified)
            row = {"state": state, "violation": None if violation is None else violation.number}
            rows.append({**finding_row(entry, scan, context), **_on(item), **row})
    return rows


def warning_rows(scan: Scan, context: ReportContext) -> list[Data]:
    """Warnings (S0) of what came near its bound."""
    pairs = [(item, entry) for item, entry in scan.findings if warning(entry)]
    return [{**finding_row(entry, scan, context), **_on(item)} for item, entry in pairs]


def drill_rows(scan: Scan, context: ReportContext) -> list[Data]:
    """Findings provoked on purpose, whether they refused the transaction or stand beside it."""
    of = {entry.index: item for item in scan.transactions for entry in item.findings}
    return [{**finding_row(entry, scan, context), **_on(of.get(entry.index))} for entry in scan.drills]


def _on(item: Transaction | None) -> Data:
    return {"transaction_entry": item.entry.index if item else None, "status": item.body["status"] if item else None}


def financial_safety(scan: Scan, context: ReportContext) -> Data:
    """Supply, largest holding and outstanding measures as kept transactions left them; integrity as probes found it."""
    held: dict[str, dict[str, int]] = {}
    last: dict[str, LogEntry] = {}
    for item in scan.transactions:
        for row in item.body["tokens"] if item.kept else ():
            asset, _, _, sender, receiver, amount = row[:6]
            holders = held.setdefault(str(asset), {})
            for address, change in ((sender, -int(amount)), (receiver, int(amount))):
                if address != ZERO_ADDRESS:
                    who = scan.names.identity(str(address))
                    holders[who] = holders.get(who, 0) + change
            last[str(asset)] = item.entry
    limit = context.limits.bound("supply_integrity")
    disagreements = [entry for entry in scan.probes if entry.body["finding"]["code"] == "supply_integrity"]
    return {
        "assets": [_asset(asset, holders, last[asset], scan) for asset, holders in sorted(held.items())],
        "measures": _measures(scan),
        "integrity": {
            "checked": limit is not None and bool(getattr(limit, "on", False)),
            "blocks": len(scan.blocks),
            "disagreements": len(disagreements),
            **proof(disagreements or scan.blocks[-1:]),
        },
    }


def _declared(key: str, declared: Mapping[str, Any], seen: Mapping[str, tuple[str, list[LogEntry]]]) -> Data:
    value = declared.get(key)
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else None if value is None else str(value)
    observed, entries = seen.get(key, (None, []))
    return {"item": key, "declared": text, "observed": observed, "agrees": None, **proof(entries)}


def _clients(scan: Scan) -> dict[str, Transaction]:
    """Clients that sent a kept transaction or took part in a movement of one, with the first that shows it."""
    found: dict[str, Transaction] = {}
    for item in scan.transactions:
        addresses = [item.body["sender"], *(address for row in item.body["tokens"] for address in row[3:5])]
        addresses += [row[2] for row in item.body["measured"]]
        for address in addresses if item.kept else ():
            client = scan.names.clients.get(str(address).lower())
            if client is not None:
                found.setdefault(client, item)
    return found


def _line(item: Transaction, context: ReportContext, scan: Scan) -> Data:
    body = item.body
    return {
        "entry": item.entry.index,
        **{key: body[key] for key in ("step", "block", "actor", "action", "status", "hash", "revert")},
        "time": body["timestamp"],
        "actor_text": scan.names.text(body["sender"]),
        "args": [argument["value"] for argument in decoded_call(item, context, scan.names)["args"]],
        "gas_used": str(body["gas_used"]),
        "codes": list(body["findings"]),
    }


def _checks(scan: Scan) -> list[Data]:
    return [
        {**{key: entry.body[key] for key in ("step", "subject", "expected", "obtained", "held")}, **proof([entry])}
        for entry in scan.of("check")
    ]


def _share_of(code: str, finding: Mapping[str, Any], context: ReportContext) -> int | None:
    """Share of the bound the finding itself names: limits change in a pilot's life."""
    bound, spec = context.limits.bound(code), SPECS[code]
    texts = (str(finding["observed"]), str(finding["bound"]))
    if (bound is not None and (measure_of(bound) is None or is_floor(bound))) or not all(map(_numeric, texts)):
        return None
    observed, limit = (number(spec, text, context.limits.currency) for text in texts)
    return share(observed, limit)


def _numeric(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _asset(asset: str, holders: Mapping[str, int], entry: LogEntry, scan: Scan) -> Data:
    supply = sum(holders.values())
    largest = max(sorted(holders), key=lambda who: holders[who], default=None)
    return {
        "asset": scan.names.text(asset),
        "address": asset,
        "supply": str(supply),
        "holders": sum(amount > 0 for amount in holders.values()),
        "largest": largest,
        "largest_amount": None if largest is None else str(holders[largest]),
        "largest_bp": None if largest is None else share(holders[largest], supply),
        **proof([entry]),
    }


def _measures(scan: Scan) -> list[Data]:
    totals: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], LogEntry] = {}
    for item in scan.transactions:
        for measure, to, _, amount, *_rest in item.body["measured"] if item.kept else ():
            totals[str(measure), str(to)] = totals.get((str(measure), str(to)), 0) + int(amount)
            last[str(measure), str(to)] = item.entry
    return [
        {"measure": key[0], "to": key[1], "total": str(total), **proof([last[key]])} for key, total in sorted(totals.items())
    ]
