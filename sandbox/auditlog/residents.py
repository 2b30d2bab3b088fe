"""The logs of pilots on durable chains against the sandbox's own log and against the chains' blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from sandbox.auditlog.log import AuditLog
from sandbox.errors import VerificationFailed
from sandbox.storage.logs import LogRepository

BlockHash = Callable[[str, int], str | None]
"""Hash (0x-hex) of a block of a durable chain by the chain's name and its number, None if there is none."""

_SANDBOX: Final = "sandbox"
_RESTORE: Final = "restore the database from a backup"


class Height(NamedTuple):
    """How far a log was by the sandbox's own: at which of its entries, on which chain."""

    entry: int
    chain: str
    size: int
    root: str


def heights(logs: LogRepository) -> dict[str, list[Height]]:
    """Log -> its heights, in order."""
    found: dict[str, list[Height]] = {}
    for entry in logs.entries(_SANDBOX):
        if entry.type == "chain_recorded":
            told = json.loads(entry.body)
            height = Height(entry.index, told["chain"], told["log_size"], told["log_root"])
            found.setdefault(told["log"], []).append(height)
    return found


def check_resident(log: AuditLog, size: int, told: list[Height], logs: LogRepository, block_hash: BlockHash) -> None:
    """The log goes on from every height it was recorded at, and every block it tells of is on the chain as it tells. size: of
    the log, which holds by itself. Raises VerificationFailed."""
    for height in told:
        if height.size > size or log.root_of(height.size).hex() != height.root:
            what = f"log {log.id} is not the one whose root the sandbox's own log recorded"
            raise VerificationFailed(what, where=f"{_SANDBOX} entry {height.entry}", do=_RESTORE)
    for entry in logs.entries(log.id):
        if entry.type == "block_sealed":
            block = json.loads(entry.body)
            if block_hash(told[-1].chain, block["number"]) != block["hash"]:
                what = f"block {block['number']} of chain {told[-1].chain} is not the one the log tells of"
                raise VerificationFailed(what, where=f"{log.id} entry {entry.index}", do=_RESTORE)
