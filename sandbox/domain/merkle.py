"""Merkle trees of RFC 6962 and RFC 9162: SHA-256, leaves prefixed 0x00, inner nodes 0x01.

Hashes of complete subtrees ("nodes", by level and index) are all a log has to keep: an append makes one on average, a root
or a proof reads O(log n) of them. Verification of consistency follows the general form for subtrees
(draft-ietf-plants-merkle-tree-certs), of which the RFC's is the case that starts at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sandbox.errors import VerificationFailed

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

NodeSource = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over leaves [index << level, (index + 1) << level)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """Hash of one complete subtree. Level 0 is a leaf."""

    level: int
    index: int
    hash: bytes


@dataclass(slots=True)
class Frontier:
    """A growing tree, kept as its maximal complete subtrees from left to right: O(log n) hashes.

    size: number of leaves. peaks: their (level, hash), the largest first.
    """

    size: int = 0
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf's hash. Returns every node that became complete, the leaf first."""
        level, index, current = 0, self.size, leaf
        self.size += 1
        complete = [Node(0, index, current)]
        while self.peaks and self.peaks[-1][0] == level:
            current = node_hash(self.peaks.pop()[1], current)
            level, index = level + 1, index >> 1
            complete.append(Node(level, index, current))
        self.peaks.append((level, current))
        return complete

    def root(self) -> bytes:
        """Root over all leaves; EMPTY_ROOT without any."""
        if not self.peaks:
            return EMPTY_ROOT
        *rest, (_, current) = self.peaks
        for _, left in reversed(rest):
            current = node_hash(left, current)
        return current


def frontier(size: int, nodes: NodeSource) -> Frontier:
    """The frontier of a tree whose nodes are kept elsewhere."""
    peaks, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append((level, nodes(level, start >> level)))
            start += 1 << level
    return Frontier(size, peaks)


def root(size: int, nodes: NodeSource) -> bytes:
    """Root over the first `size` leaves."""
    return frontier(size, nodes).root()


def inclusion_proof(index: int, size: int, nodes: NodeSource) -> tuple[bytes, ...]:
    """PATH(index, D[size]) of RFC 6962 2.1.1. Raises VerificationFailed unless 0 <= index < size."""
    if not 0 <= index < size:
        raise VerificationFailed(f"there is no entry {index} in a log of {size} entries")
    return tuple(_path(index, 0, size, nodes))


def consistency_proof(old: int, new: int, nodes: NodeSource) -> tuple[bytes, ...]:
    """PROOF(old, D[new]) of RFC 6962 2.1.2. Raises VerificationFailed unless 0 < old <= new."""
    if not 0 < old <= new:
        raise VerificationFailed(f"a log of {new} entries cannot be shown to extend one of {old}")
    return tuple(_subproof(old, 0, new, True, nodes))


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes) -> None:
    """RFC 9162 2.1.3.2. Raises VerificationFailed unless the proof, all of it, leads from the leaf to the root."""
    if not 0 <= index < size:
        raise VerificationFailed(f"there is no entry {index} in a log of {size} entries")
    _check_hashes(leaf, *proof)
    place, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationFailed("the inclusion proof is too long")
        if place & 1 or place == last:
            current = node_hash(sibling, current)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise VerificationFailed("the inclusion proof is too short")
    if current != expected_root:
        raise VerificationFailed(f"entry {index} is not part of the log with this root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162 2.1.4.2. Raises VerificationFailed unless the newer log extends the older one. A proof from the empty log
    would prove nothing and is refused."""
    if old == 0:
        raise VerificationFailed("a proof from the empty log proves nothing")
    verify_subtree_consistency(0, old, new, old_root, new_root, proof)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree_root: bytes, expected_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises VerificationFailed unless the tree of `size` leaves contains the subtree over leaves [start, end). An empty
    subtree is part of every tree, has the root EMPTY_ROOT and needs no proof."""
    if not _is_subtree(start, end) or end > size:
        raise VerificationFailed(f"leaves {start} to {end} are no subtree of a log of {size} entries")
    _check_hashes(*proof)
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise VerificationFailed("an empty subtree has the empty root and no proof")
        return
    first, second, last = start, end - 1, size - 1
    while first != second and (second == last or second & 1):
        first, second, last = first >> 1, second >> 1, last >> 1
    rest = iter(proof)
    seed = subtree_root if first == second else next(rest, b"")
    if not seed:
        raise VerificationFailed("the consistency proof is empty")
    inner = outer = seed
    for sibling in rest:
        if last == 0:
            raise VerificationFailed("the consistency proof is too long")
        if second & 1 or second == last:
            inner = node_hash(sibling, inner) if first < second else inner
            outer = node_hash(sibling, outer)
            while not second & 1 and second:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            outer = node_hash(outer, sibling)
        first, second, last = first >> 1, second >> 1, last >> 1
    if last != 0:
        raise VerificationFailed("the consistency proof is too short")
    if inner != subtree_root or outer != expected_root:
        raise VerificationFailed("the newer log does not extend the older one")


def _is_subtree(start: int, end: int) -> bool:
    if start == end:
        return start >= 0
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _check_hashes(*hashes: bytes) -> None:
    for one in hashes:
        if len(one) != HASH_SIZE:
            raise VerificationFailed(f"a hash has {len(one)} bytes, not {HASH_SIZE}")


def _split(width: int) -> int:
    """Largest power of two smaller than the width."""
    return 1 << ((width - 1).bit_length() - 1)


def _range(start: int, end: int, nodes: NodeSource) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(width)
    return node_hash(_range(start, middle, nodes), _range(middle, end, nodes))


def _path(index: int, start: int, end: int, nodes: NodeSource) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, nodes), _range(middle, end, nodes)]
    return [*_path(index, middle, end, nodes), _range(start, middle, nodes)]


def _subproof(old: int, start: int, end: int, whole: bool, nodes: NodeSource) -> list[bytes]:
    if old == end:
        return [] if whole else [_range(start, end, nodes)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, whole, nodes), _range(middle, end, nodes)]
    return [*_subproof(old, middle, end, False, nodes), _range(start, middle, nodes)]
