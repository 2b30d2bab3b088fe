"""The log nobody can quietly change: append, prove, checkpoint, verify.

An entry is canonical JSON and a leaf of an RFC 6962 tree. Appending happens in the caller's transaction, so that whatever an
event tells of and the event itself are recorded together or not at all. An `AuditLog` lives as long as that transaction: the
tree's frontier it keeps is true because nobody else can write meanwhile, and a rollback leaves no stale one behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sandbox.auditlog.signer import Signer
from sandbox.auditlog.verification import Verification
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import Checkpoint, VerifierKey
from sandbox.domain.merkle import Frontier, Node, consistency_proof, frontier, inclusion_proof, leaf_hash, root
from sandbox.errors import InputError, NotFound, VerificationFailed
from sandbox.storage.logs import LogRepository, StoredEntry


class AuditLog:
    """One log. origin: the name its checkpoints carry."""

    def __init__(self, repository: LogRepository, log_id: str, origin: str) -> None:
        self._repository = repository
        self.id = log_id
        self.origin = origin

    @cached_property
    def _frontier(self) -> Frontier:
        """Read when first needed: a log too damaged to append to can still be verified."""
        return frontier(self._repository.size(self.id), self._node)

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """Root over all entries."""
        return self._frontier.root()

    def root_of(self, size: int) -> bytes:
        """Root over the first `size` entries. Raises VerificationFailed where the log does not reach that far."""
        return root(size, self._node)

    def append(self, bodies: Sequence[Mapping[str, Any]]) -> range:
        """Add entries, each with "type"; returns their indices. Raises InputError, and adds none, for a body that has no type
        or no canonical form."""
        return self.append_encoded([(_type(body), canonical(body)) for body in bodies])

    def append_encoded(self, entries: Sequence[tuple[str, bytes]]) -> range:
        """Add entries that are canonical already, as (type, canonical body); returns their indices."""
        first = self.size
        rows: list[StoredEntry] = []
        nodes: list[Node] = []
        for kind, data in entries:
            leaf = leaf_hash(data)
            rows.append(StoredEntry(self.size, kind, leaf, data))
            nodes.extend(self._frontier.append(leaf))
        self._repository.append(self.id, rows, nodes)
        return range(first, self.size)

    def checkpoint(self, signer: Signer, created_at: str) -> str:
        """Sign the present size and root, keep the note, and return it."""
        known = self._repository.note(self.id, self.size)
        if known is not None:
            return known
        note = signer.sign(Checkpoint(self.origin, self.size, self.root))
        self._repository.add_checkpoint(self.id, self.size, self.root, note, created_at)
        return note

    def prove_inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Proof that entry `index` is part of the log of `size` entries (default: all). Raises NotFound."""
        size = self.size if size is None else size
        if not 0 <= index < size <= self.size:
            last = f"0 to {self.size - 1}" if self.size else "none yet"
            raise NotFound(f"log {self.id} has no entry {index}", do=f"its entries are: {last}")
        return inclusion_proof(index, size, self._node)

    def prove_consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Proof that the log of `new` entries (default: all) extends that of `old`. Raises NotFound."""
        new = self.size if new is None else new
        if not 0 < old <= new <= self.size:
            raise NotFound(f"log {self.id} has no sizes {old} and {new}", do=f"its size is {self.size}")
        return consistency_proof(old, new, self._node)

    def verify(self, key: VerifierKey) -> int:
        """Recompute every leaf, node, root and signature from the stored bodies. Returns the number of entries; raises
        VerificationFailed naming the first thing that does not hold."""
        return Verification(self._repository, self.id, self.origin, key).run()

    def _node(self, level: int, index: int) -> bytes:
        found = self._repository.node(self.id, level, index)
        if found is None:
            what = f"log {self.id}: the tree has a hole at {level}/{index}"
            raise VerificationFailed(what, where=f"{self.id} entry {index << level}", do="run taishan log verify")
        return found


def _type(body: Mapping[str, Any]) -> str:
    kind = body.get("type")
    if not isinstance(kind, str):
        raise InputError("an entry of a log has no type", do='give it a text as "type"')
    return str(kind)
