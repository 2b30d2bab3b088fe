"""Merkle-Patricia tries, changed many keys at a time: every node on the way is read, written and hashed once.

A node is what its RLP says: a branch (16 children by digit, and a place nobody uses here) or a pair (path, value or child).
A path is text, a hexadecimal digit for each nibble. No key may be the beginning of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from eth.constants import BLANK_ROOT_HASH
from eth_hash.auto import keccak

from sandbox.engines.rlp_items import encode

EMPTY_TRIE: Final = bytes(BLANK_ROOT_HASH)

Read = Callable[[bytes], bytes]
"""An encoded node by its hash. Raises KeyError."""

Node = Sequence[Any]
Pairs = list[tuple[str, bytes]]
"""Paths of keys with their values, in order; an empty value deletes."""

_BRANCH: Final = 17
_INLINE: Final = 32
_DECODED: Final = 4_096
_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT: Final = 55


@lru_cache(maxsize=_DECODED)
def decode(raw: bytes) -> tuple[Any, ...]:
    """The items of an RLP list that was written here, or checked by its hash."""
    return _items(raw, *_content(raw, 0))


def _content(raw: bytes, at: int) -> tuple[int, int]:
    """Where the content of the item at a place begins and ends."""
    head = raw[at]
    if head < _STRING:
        return at, at + 1
    base = _STRING if head < _LIST else _LIST
    size = head - base
    if size <= _SHORT:
        return at + 1, at + 1 + size
    start = at + 1 + size - _SHORT
    return start, start + int.from_bytes(raw[at + 1 : start], "big")


def _items(raw: bytes, at: int, end: int) -> tuple[Any, ...]:
    items: list[Any] = []
    while at < end:
        start, after = _content(raw, at)
        items.append(raw[start:after] if raw[at] < _LIST else _items(raw, start, after))
        at = after
    return tuple(items)


def find(read: Read, root: bytes, key: bytes) -> bytes:
    """The value of a key, empty if there is none. Raises KeyError where a node is missing."""
    node, path, at = _load(read, root), key.hex(), 0
    while node is not None:
        if len(node) == _BRANCH:
            below, at = node[int(path[at], 16)], at + 1
        else:
            here, is_leaf = _unpacked(node[0])
            if is_leaf:
                return bytes(node[1]) if path[at:] == here else b""
            if not path.startswith(here, at):
                return b""
            below, at = node[1], at + len(here)
        node = _resolved(read, below)
    return b""


def changed(read: Read, root: bytes, values: Mapping[bytes, bytes], into: dict[bytes, bytes]) -> bytes:
    """The root after keys were given values (empty: deleted); new nodes are added to `into` by hash. Raises KeyError where one
    is missing."""
    change = _Change(read, into)
    pairs = sorted((key.hex(), value) for key, value in values.items())
    node = _load(read, root)
    after = change.put(node, pairs, 0) if pairs else node
    return root if after is node else EMPTY_TRIE if after is None else change.kept(encode(after))


class _Change:
    """One change of a trie. at: digits of the keys that lead to the node in question."""

    def __init__(self, read: Read, into: dict[bytes, bytes]) -> None:
        self._read = read
        self._into = into

    def put(self, node: Node | None, pairs: Pairs, at: int) -> Node | None:
        """The node with these pairs in it, None if nothing is left. node: None for none."""
        if node is None:
            return self._built([pair for pair in pairs if pair[1]], at)
        if len(node) == _BRANCH:
            return self._branch(node, pairs, at)
        path, is_leaf = _unpacked(node[0])
        if not is_leaf:
            return self._extension(path, node[1], pairs, at)
        merged = {pairs[0][0][:at] + path: node[1], **dict(pairs)}
        return self._built(sorted(pair for pair in merged.items() if pair[1]), at)

    def kept(self, encoded: bytes) -> bytes:
        """Hash of a node, which is written."""
        digest = bytes(keccak(encoded))
        self._into[digest] = encoded
        return digest

    def _built(self, pairs: Pairs, at: int) -> Node | None:
        if not pairs:
            return None
        first, value = pairs[0]
        if len(pairs) == 1:
            return _packed(first[at:], is_leaf=True), value
        shared = at + _common(first[at:], pairs[-1][0][at:])
        return self._under(first[at:shared], self._branch((b"",) * _BRANCH, pairs, shared))

    def _branch(self, node: Node, pairs: Pairs, at: int) -> Node | None:
        below = list(node)
        for digit, group in groupby(pairs, key=lambda pair: pair[0][at]):
            place = int(digit, 16)
            child = self.put(self._resolve(below[place]), list(group), at + 1)
            below[place] = b"" if child is None else self._reference(child)
        left = [place for place, child in enumerate(below) if child]
        if len(left) > 1:
            return below
        return self._under(f"{left[0]:x}", self._resolve(below[left[0]])) if left else None

    def _extension(self, path: str, below: Any, pairs: Pairs, at: int) -> Node | None:
        shared = min(_common(path, pairs[0][0][at:]), _common(path, pairs[-1][0][at:]))
        if shared == len(path):
            return self._under(path, self.put(self._resolve(below), pairs, at + shared))
        rest, branch = path[shared + 1 :], [b""] * _BRANCH
        branch[int(path[shared], 16)] = self._reference((_packed(rest, is_leaf=False), below)) if rest else below
        return self._under(path[:shared], self._branch(branch, pairs, at + shared))

    def _under(self, path: str, node: Node | None) -> Node | None:
        """The node at the end of a path, in its shortest form."""
        if node is None or not path:
            return node
        if len(node) == _BRANCH:
            return _packed(path, is_leaf=False), self._reference(node)
        rest, is_leaf = _unpacked(node[0])
        return _packed(path + rest, is_leaf=is_leaf), node[1]

    def _reference(self, node: Node) -> Any:
        encoded = encode(node)
        return node if len(encoded) < _INLINE else self.kept(encoded)

    def _resolve(self, reference: Any) -> Node | None:
        fresh = self._into.get(reference) if isinstance(reference, bytes) else None
        return decode(fresh) if fresh else _resolved(self._read, reference)


def _load(read: Read, root: bytes) -> Node | None:
    return None if root == EMPTY_TRIE else decode(read(root))


def _resolved(read: Read, reference: Any) -> Node | None:
    if not reference:
        return None
    return decode(read(reference)) if isinstance(reference, bytes) else tuple(reference)


def _packed(path: str, *, is_leaf: bool) -> bytes:
    flag = 2 * is_leaf + len(path) % 2
    return bytes.fromhex(f"{flag}{path}" if len(path) % 2 else f"{flag}0{path}")


def _unpacked(raw: bytes) -> tuple[str, bool]:
    """The path, and whether it ends in a value."""
    text = raw.hex()
    flag = int(text[0])
    return text[2 - flag % 2 :], flag >= 2


def _common(one: str, other: str) -> int:
    """How many digits two paths begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


