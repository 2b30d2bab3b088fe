"""All logs of a sandbox together, and the registry against them.

Each log by itself; each run's log, its row in the registry and its findings against the entry the sandbox's own log has of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256

from sandbox.auditlog.log import AuditLog
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import VerifierKey
from sandbox.errors import VerificationFailed
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import RunRepository, RunRow

SANDBOX = "sandbox"


def run_hash(row: RunRow) -> str:
    """SHA-256 (hex) of a run's row in the registry."""
    return sha256(canonical(asdict(row))).hexdigest()


def verify_all(
    logs: LogRepository, runs: RunRepository, open_log: Callable[[str], AuditLog], key: VerifierKey
) -> list[str]:
    """A line for each log that holds. Raises VerificationFailed naming the first entry that does not, a run the sandbox's own
    log does not know, or one that is not as it was recorded."""
    lines: list[str] = []
    recorded: dict[str, tuple[int, str, str]] = {}
    for log_id in logs.ids():
        log = open_log(log_id)
        size = log.verify(key)
        root = log.root.hex()
        if log_id == SANDBOX:
            recorded = _recorded(logs)
        else:
            _check_run(log_id, (size, root), recorded.pop(log_id, None), logs, runs)
        lines.append(f"holds: log {log_id}, {size} entries, root {root}")
    if recorded:
        raise _gone(f"log {min(recorded)} is gone", min(recorded))
    if runs.count() != len(lines) - (SANDBOX in logs.ids()):
        raise _gone("the registry has runs that no log tells of", SANDBOX)
    return lines


def _check_run(
    run_id: str, found: tuple[int, str], recorded: tuple[int, str, str] | None, logs: LogRepository, runs: RunRepository
) -> None:
    if recorded is None or recorded[:2] != found:
        raise _gone(f"log {run_id} is not the one whose root the sandbox's own log recorded", run_id)
    row = runs.get(run_id)
    if row is None or run_hash(row) != recorded[2]:
        raise _gone(f"the registry's row of run {run_id} is not as it was recorded", run_id)
    raised = [entry.index for entry in logs.entries(run_id) if entry.type == "finding"]
    kept = runs.finding_entries(run_id)
    if kept != raised:
        first = min(set(kept) ^ set(raised))
        raise VerificationFailed(
            f"the registry's findings of run {run_id} are not those of its log: entry {first}",
            where=f"{run_id} entry {first}",
            do="restore the database from a backup",
        )


def _recorded(logs: LogRepository) -> dict[str, tuple[int, str, str]]:
    bodies = (json.loads(entry.body) for entry in logs.entries(SANDBOX) if entry.type == "run_recorded")
    return {body["run"]: (body["log_size"], body["log_root"], body["row_hash"]) for body in bodies}


def _gone(what: str, log_id: str) -> VerificationFailed:
    return VerificationFailed(what, where=f"{log_id} entry 0", do="restore the database from a backup")
