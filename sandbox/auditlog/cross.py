"""All logs of a sandbox together: each by itself, and each run's against its entry in the sandbox's own log."""

from __future__ import annotations

import json
from collections.abc import Callable

from sandbox.auditlog.log import AuditLog
from sandbox.domain.checkpoint import VerifierKey
from sandbox.errors import VerificationFailed
from sandbox.storage.logs import LogRepository


def verify_all(repository: LogRepository, open_log: Callable[[str], AuditLog], key: VerifierKey) -> list[str]:
    """A line for each log that holds. Raises VerificationFailed naming the first entry that does not, a run's log the sandbox's
    own log does not know, or one it knows by another root."""
    lines: list[str] = []
    recorded: dict[str, tuple[int, str]] = {}
    for log_id in repository.ids():
        log = open_log(log_id)
        size = log.verify(key)
        root = log.root.hex()
        if log_id == "sandbox":
            recorded = _runs(repository)
        elif recorded.pop(log_id, None) != (size, root):
            what = f"log {log_id} is not the one whose root the sandbox's own log recorded"
            raise VerificationFailed(what, where=f"{log_id} entry 0", do="restore the database from a backup")
        lines.append(f"holds: log {log_id}, {size} entries, root {root}")
    if recorded:
        missing = sorted(recorded)[0]
        raise VerificationFailed(f"log {missing} is gone", where=f"{missing} entry 0", do="restore the database from a backup")
    return lines


def _runs(repository: LogRepository) -> dict[str, tuple[int, str]]:
    bodies = (json.loads(entry.body) for entry in repository.entries("sandbox") if entry.type == "run_recorded")
    return {body["run"]: (body["log_size"], body["log_root"]) for body in bodies}
