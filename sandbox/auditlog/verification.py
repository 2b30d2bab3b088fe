"""Verification of a stored log: everything recomputed from the bodies, and the first thing that does not hold is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NoReturn

from sandbox.auditlog.signer import verify_note
from sandbox.domain.canonical import parse_canonical
from sandbox.domain.checkpoint import VerifierKey
from sandbox.domain.merkle import Frontier, Node, leaf_hash
from sandbox.errors import VerificationFailed
from sandbox.storage.logs import LogRepository, StoredCheckpoint, StoredEntry

_RESTORE: Final = "restore the database from a backup; an exported log shows what it was"


class Verification:
    """One pass over one log. What it cannot see: a log rewritten as a whole, or cut at an older checkpoint, by whoever holds
    the key; checkpoints kept elsewhere show that."""

    def __init__(self, repository: LogRepository, log_id: str, origin: str, key: VerifierKey) -> None:
        self._repository = repository
        self._id = log_id
        self._origin = origin
        self._key = key
        self._tree = Frontier()
        self._inner: list[Iterator[tuple[int, bytes]]] = []
        self._nodes = 0
        self._covered = 0

    def run(self) -> int:
        """Number of entries. Raises VerificationFailed naming log, entry and type of the first fault."""
        pending = {checkpoint.size: checkpoint for checkpoint in self._repository.checkpoints(self._id)}
        self._settle(pending.pop(0, None))
        for position, entry in enumerate(self._repository.entries(self._id)):
            self._check_entry(position, entry)
            for node in self._tree.append(entry.leaf_hash):
                self._check_node(node, entry)
            self._settle(pending.pop(position + 1, None))
        self._check_end(pending)
        return self._tree.size

    def _check_entry(self, position: int, entry: StoredEntry) -> None:
        if entry.index != position:
            self._fail(f"entry {position} is missing, the next one is {entry.index}", f"entry {position}")
        name = f"entry {position} ({entry.type})"
        if leaf_hash(entry.body) != entry.leaf_hash:
            self._fail(f"{name} was changed: its text does not have the recorded hash", f"entry {position}")
        try:
            body = parse_canonical(entry.body)
        except VerificationFailed as error:
            self._fail(f"{name} was changed: {error.what}", f"entry {position}", error)
        if not isinstance(body, dict) or body.get("type") != entry.type:
            self._fail(f"{name} was changed: its text is of another type", f"entry {position}")

    def _check_node(self, node: Node, entry: StoredEntry) -> None:
        if node.level == 0:
            return
        self._nodes += 1
        while len(self._inner) < node.level:
            self._inner.append(self._repository.nodes(self._id, len(self._inner) + 1))
        if next(self._inner[node.level - 1], None) != (node.index, node.hash):
            first = node.index << node.level
            what = f"an entry from {first} to {entry.index} ({entry.type}) was changed"
            self._fail(f"{what}, or tree node {node.level}/{node.index} was", f"entry {first}")

    def _settle(self, stored: StoredCheckpoint | None) -> None:
        """Check the checkpoint that covers the entries so far, if there is one."""
        if stored is None:
            return
        size, where = self._tree.size, f"checkpoint {stored.size}"
        try:
            signed = verify_note(stored.note, self._key)
        except VerificationFailed as error:
            self._fail(f"the checkpoint of {size} entries was changed: {error.what}", where, error)
        if (signed.origin, signed.size, signed.root) != (self._origin, size, stored.root):
            self._fail(f"the checkpoint of {size} entries is not what its signed note says", where)
        if signed.root != self._tree.root():
            self._fail(f"an entry from {self._covered} to {size - 1} is not what was signed", f"entry {self._covered}")
        self._covered = size

    def _check_end(self, pending: dict[int, StoredCheckpoint]) -> None:
        size = self._tree.size
        if self._nodes != self._repository.node_count(self._id):
            self._fail("tree nodes are kept of entries that are not there", f"entry {size}")
        for signed in sorted(pending):
            if signed < 0:
                self._fail(f"a checkpoint of {signed} entries cannot be", f"checkpoint {signed}")
            self._fail(f"entry {size} is missing, a checkpoint covers {signed} entries", f"entry {size}")
        if self._covered < size:
            self._fail(f"entry {self._covered} and what follows is covered by no checkpoint", f"entry {self._covered}")

    def _fail(self, what: str, where: str, cause: Exception | None = None) -> NoReturn:
        raise VerificationFailed(f"log {self._id}: {what}", where=f"{self._id} {where}", do=_RESTORE) from cause
