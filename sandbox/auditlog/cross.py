"""All logs of a sandbox together, and the registry against them.

Each log by itself; each run's log, its row in the registry and its findings against the entry the sandbox's own log has of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256

from sandbox.auditlog.log import AuditLog
from sandbox.auditlog.residents import BlockHash, Height, check_resident, heights
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import VerifierKey
from sandbox.errors import VerificationFailed
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import (
    FINDING_KEYS,
    ActRepository,
    ContractRow,
    FindingRow,
    PilotRepository,
    PilotRow,
    RunRepository,
    RunRow,
)

SANDBOX = "sandbox"
_UNTOUCHED = ("submitted", "")
"""State and stage of a pilot without a single act: one that was handed in before acts were kept."""


def run_hash(row: RunRow) -> str:
    """SHA-256 (hex) of a run's row in the registry."""
    return sha256(canonical(asdict(row))).hexdigest()


def pilot_hash(row: PilotRow, contracts: Sequence[ContractRow]) -> str:
    """SHA-256 (hex) of what the registry keeps of a pilot since its papers were admitted: not of where it stands, which its
    acts tell."""
    papers = {key: value for key, value in asdict(row).items() if key not in ("status", "stage", "mentor")}
    return sha256(canonical({"pilot": papers, "contracts": [asdict(one) for one in contracts]})).hexdigest()


def verify_pilots(logs: LogRepository, pilots: PilotRepository) -> None:
    """Each pilot's papers in the registry are those that were admitted last. Raises VerificationFailed."""
    admitted: dict[str, tuple[int, str | None]] = {}
    for entry in logs.entries(SANDBOX):
        if entry.type == "pilot_admitted":
            told = json.loads(entry.body)
            admitted[told["pilot"]] = (entry.index, told.get("row_hash"))
    gone = admitted.keys() - {row.slug for row in pilots.all()}
    if gone:
        raise VerificationFailed(
            f"pilot {min(gone)} was admitted and is gone from the registry",
            where=f"{SANDBOX} entry {admitted[min(gone)][0]}",
            do="restore the database from a backup",
        )
    for row in pilots.all():
        index, expected = admitted.get(row.slug, (0, ""))
        if expected is not None and pilot_hash(row, pilots.contracts(row.slug)) != expected:
            raise VerificationFailed(
                f"the registry's papers of pilot {row.slug} are not those that were admitted",
                where=f"{SANDBOX} entry {index}",
                do="restore the database from a backup",
            )


def verify_all(
    logs: LogRepository,
    runs: RunRepository,
    open_log: Callable[[str], AuditLog],
    key: VerifierKey,
    block_hash: BlockHash = lambda *_: None,
) -> list[str]:
    """A line for each log that holds. block_hash: of the blocks of durable chains. Raises VerificationFailed naming the first
    entry that does not, a run the sandbox's own log does not know, or one that is not as it was recorded."""
    count = -(SANDBOX in logs.ids())
    lines: list[str] = []
    recorded: dict[str, tuple[int, str, str]] = {}
    residents: dict[str, list[Height]] = {}
    for log_id in logs.ids():
        log = open_log(log_id)
        size = log.verify(key)
        root = log.root.hex()
        if log_id == SANDBOX:
            recorded, residents = _recorded(logs), heights(logs)
        elif log_id in residents:
            check_resident(log, size, residents.pop(log_id), logs, block_hash)
            count -= 1
        else:
            _check_run(log_id, (size, root), recorded.pop(log_id, None), logs, runs)
        lines.append(f"holds: log {log_id}, {size} entries, root {root}")
    for missing in (recorded, residents):
        if missing:
            raise _gone(f"log {min(missing)} is gone", min(missing))
    if runs.count() != len(lines) + count:
        raise _gone("the registry has runs that no log tells of", SANDBOX)
    return lines


def verify_runs(
    wanted: Collection[str], logs: LogRepository, runs: RunRepository, open_log: Callable[[str], AuditLog], key: VerifierKey
) -> list[str]:
    """These runs in the order in which they were recorded, if the sandbox's own log and theirs hold. Raises VerificationFailed
    as `verify_all` does."""
    open_log(SANDBOX).verify(key)
    recorded = _recorded(logs)
    for run_id in wanted:
        log = open_log(run_id)
        size = log.verify(key)
        _check_run(run_id, (size, log.root.hex()), recorded.get(run_id), logs, runs)
    return [run_id for run_id in recorded if run_id in wanted]


def verify_acts(logs: LogRepository, acts: ActRepository, pilots: PilotRepository) -> None:
    """The registry's acts are those of the sandbox's own log, and each pilot stands as its last act left it. Raises
    VerificationFailed."""
    told = [(entry.index, json.loads(entry.body)) for entry in logs.entries(SANDBOX) if entry.type == "act"]
    kept = sorted(acts.all(), key=lambda one: one[0])  # stable: the acts of each pilot in their order
    logged = sorted((body["pilot"], index) for index, body in told)
    if kept != logged:
        wrong = set(kept) ^ set(logged) or {one for one, other in zip(kept, logged, strict=True) if one != other}
        entry = min(entry for _, entry in wrong)
        raise VerificationFailed(
            f"the registry's acts are not those of the log: entry {entry}",
            where=f"{SANDBOX} entry {entry}",
            do="restore the database from a backup",
        )
    standing = {body["pilot"]: (body["state"], body["stage"]) for _, body in told}
    mentors = {body["pilot"]: body["fields"]["mentor"] for _, body in told if body["act"] == "assign_mentor"}
    last = {body["pilot"]: index for index, body in told}
    for row in pilots.all():
        left = (*standing.get(row.slug, _UNTOUCHED), mentors.get(row.slug, ""))
        if (row.status, row.stage, row.mentor) != left:
            raise VerificationFailed(
                f"pilot {row.slug} does not stand where its last act left it",
                where=f"{SANDBOX} entry {last.get(row.slug, 0)}",
                do="restore the database from a backup",
            )


def _check_run(
    run_id: str, found: tuple[int, str], recorded: tuple[int, str, str] | None, logs: LogRepository, runs: RunRepository
) -> None:
    if recorded is None or recorded[:2] != found:
        raise _gone(f"log {run_id} is not the one whose root the sandbox's own log recorded", run_id)
    row = runs.get(run_id)
    if row is None or run_hash(row) != recorded[2]:
        raise _gone(f"the registry's row of run {run_id} is not as it was recorded", run_id)
    raised = {(row.entry, _told(row)) for row in _findings(logs, row)}
    kept = {(one.entry, _told(one)) for one in runs.findings(run_id)}
    if kept != raised:
        first = min(entry for entry, _ in kept ^ raised)
        raise VerificationFailed(
            f"the registry's findings of run {run_id} are not those of its log: entry {first}",
            where=f"{run_id} entry {first}",
            do="restore the database from a backup",
        )


def _findings(logs: LogRepository, run: RunRow) -> Iterator[FindingRow]:
    for entry in logs.entries(run.log_id):
        if entry.type == "finding":
            told = json.loads(entry.body)
            shown = {key: told["finding"][key] for key in FINDING_KEYS}
            yield FindingRow(run_id=run.id, entry=entry.index, pilot=run.pilot, transaction=told["transaction"], **shown)


def _told(row: FindingRow) -> str:
    """A finding's row as one text; SQLite holds nobody to the types of its columns."""
    return repr({key: str(value) for key, value in asdict(row).items()})


def _recorded(logs: LogRepository) -> dict[str, tuple[int, str, str]]:
    bodies = (json.loads(entry.body) for entry in logs.entries(SANDBOX) if entry.type == "run_recorded")
    return {body["run"]: (body["log_size"], body["log_root"], body["row_hash"]) for body in bodies}


def _gone(what: str, log_id: str) -> VerificationFailed:
    return VerificationFailed(what, where=f"{log_id} entry 0", do="restore the database from a backup")
