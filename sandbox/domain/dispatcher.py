"""Function selectors as bytecode itself compares them, in the forms solc and Vyper write.

solc (legacy and via-IR): comparisons with `DUP1 PUSH4 s EQ PUSH dest JUMPI`, split by GT/LT above four functions.
Vyper 0.3.10 and later: linear comparisons, a sparse table (`method_id % n` chooses a bucket of comparisons), or a dense
table (perfect hash; selectors lie in data). Source: vyper/codegen/module.py, `_selector_section_*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.domain.opcodes import CODE_OF, JUMPDEST, PUSH0, PUSH1, PUSH32, Listing

_EQ, _SUB, _XOR, _ISZERO = (CODE_OF[name] for name in ("EQ", "SUB", "XOR", "ISZERO"))
_JUMP, _JUMPI, _ADD, _MOD, _AND = (CODE_OF[name] for name in ("JUMP", "JUMPI", "ADD", "MOD", "AND"))
_READS_CALLDATA: Final = frozenset({CODE_OF["CALLDATALOAD"], CODE_OF["CALLDATACOPY"]})
_CALLDATALOAD, _CODECOPY = CODE_OF["CALLDATALOAD"], CODE_OF["CODECOPY"]
_PUSH4: Final = PUSH0 + 4
_SPLITS: Final = frozenset({CODE_OF["GT"], CODE_OF["LT"]})
_DUPS: Final = range(CODE_OF["DUP1"], CODE_OF["DUP16"] + 1)
_SIZE_CHECK: Final = bytes(CODE_OF[name] for name in ("PUSH1", "CALLDATASIZE", "GT", "AND"))
_PASSED: Final = frozenset({JUMPDEST, CODE_OF["POP"], _CALLDATALOAD, CODE_OF["SHR"], *_DUPS})
_SPARSE_WORD, _DENSE_WORD = 32 - 2, 32 - 5  # where Vyper copies a bucket header of 2 or 5 bytes, so as to read it with MLOAD
_WINDOW: Final = 40


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of the selector with a constant. split: it only halves the search. equal_jumps: a hit jumps."""

    selector: bytes
    strict: bool
    split: bool
    equal_jumps: bool
    target: int
    after: int


@dataclass(frozen=True, slots=True)
class JumpTable:
    """A Vyper table. selectors: those it holds itself (dense). targets: offsets it jumps to. data: offsets it lies at."""

    selectors: frozenset[bytes]
    targets: tuple[int, ...]
    data: frozenset[int]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """selectors: 4 bytes each. complete: the form was recognised from the first comparison on."""

    selectors: frozenset[bytes]
    complete: bool


def comparison_at(listing: Listing, at: int) -> Comparison | None:
    """The comparison whose PUSH stands at this position, None if there is none.

    strict: a PUSH4 beside a DUP, the form that occurs in dispatchers and hardly anywhere else.
    """
    codes = listing.codes
    if not PUSH0 <= codes[at] <= _PUSH4:
        return None
    duplicated = codes[at + 1 : at + 2] != b"" and codes[at + 1] in _DUPS
    next_ = at + 1 + duplicated
    kind = codes[next_] if next_ < len(codes) else -1
    if kind not in _SPLITS and kind not in (_EQ, _SUB, _XOR):
        return None
    next_ += 1
    if codes[next_ : next_ + 4] == _SIZE_CHECK:
        next_ += 4
    negated = codes[next_ : next_ + 1] == bytes([_ISZERO])
    next_ += negated
    if next_ + 1 >= len(codes) or codes[next_ + 1] != _JUMPI or (target := listing.value(next_)) is None:
        return None
    strict = codes[at] == _PUSH4 and (duplicated or (at > 0 and codes[at - 1] in _DUPS))
    return Comparison(
        listing.argument(at).rjust(4, b"\0"), strict, kind in _SPLITS, (kind == _EQ) != negated, target, next_ + 2
    )


def jump_table(listing: Listing, start: int = 0) -> JumpTable | None:
    """Vyper's selector table, read out of the code's data; None if the code has none or it does not add up."""
    codes, values = listing.codes, listing.value
    first = codes.find(_CALLDATALOAD, start)
    for at in range(max(first, 0), min(first + _WINDOW, len(codes))) if first >= 0 else ():
        if codes[at] != _CODECOPY or (word := values(at - 1)) not in (_SPARSE_WORD, _DENSE_WORD):
            continue
        added = codes[at - 2] == _ADD
        location = values(at - 3) if added else values(at - 2)
        buckets = _bucket_count(listing, first, at) if added else 1
        if location is None or buckets is None:
            return None
        if word == _SPARSE_WORD:
            return _sparse(listing, location, buckets)
        return _dense(listing, location, buckets, at)
    return None


def _bucket_count(listing: Listing, first: int, end: int) -> int | None:
    """n of `method_id % n`: the constant pushed before `DUP MOD`, or n - 1 before `DUP AND` where n is a power of two."""
    for at in range(end - 1, first, -1):
        if listing.codes[at] in (_MOD, _AND):
            pushed = (listing.value(back) for back in (at - 1, at - 2))
            number = next((n for n in pushed if n is not None), None)
            return number if number is None or listing.codes[at] == _MOD else number + 1
    return None


def _sparse(listing: Listing, location: int, buckets: int) -> JumpTable | None:
    data = listing.code[location : location + 2 * buckets]
    targets = tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    whole = len(data) == 2 * buckets and all(target in listing.jumpdests for target in targets)
    return JumpTable(frozenset(), targets, frozenset(range(location, location + len(data)))) if whole else None


def _dense(listing: Listing, location: int, buckets: int, header_copy: int) -> JumpTable | None:
    copy = listing.codes.find(_CODECOPY, header_copy + 1)
    word = listing.value(copy - 1) if copy > 0 else None
    if word is None or not 0 <= 32 - word - 7 <= 2:
        return None
    size, code = 32 - word, listing.code
    selectors: set[bytes] = set()
    targets: list[int] = []
    data = set(range(location, location + 5 * buckets))
    for header in range(location, location + 5 * buckets, 5):
        bucket, count = int.from_bytes(code[header + 2 : header + 4], "big"), code[header + 4 : header + 5]
        for info in range(bucket, bucket + size * int.from_bytes(count, "big"), size):
            selectors.add(code[info : info + 4])
            targets.append(int.from_bytes(code[info + 4 : info + 6], "big"))
            data.update(range(info, info + size))
    whole = bool(targets) and all(target in listing.jumpdests for target in targets)
    return JumpTable(frozenset(selectors), tuple(targets), frozenset(data)) if whole else None


def dispatch(listing: Listing, reached: bytearray, table: JumpTable | None) -> Dispatch:
    """The selectors compared in reached code (`reached`: one byte per instruction, 1 if reached)."""
    found = {c.selector for c in _strict_comparisons(listing, reached)}
    start = _first_comparison(listing, reached)
    roots = list(table.targets) if table else []
    walked = _walk(listing, start, roots)
    selectors = frozenset(found | walked | (table.selectors if table else frozenset()))
    reads = any(done and code in _READS_CALLDATA for done, code in zip(reached, listing.codes, strict=True))
    return Dispatch(selectors, bool(walked) or table is not None or not reads)


def _strict_comparisons(listing: Listing, reached: bytearray) -> Iterator[Comparison]:
    at = listing.codes.find(_PUSH4)
    while at >= 0:
        if reached[at] and (c := comparison_at(listing, at)) is not None and c.strict and not c.split:
            yield c
        at = listing.codes.find(_PUSH4, at + 1)


def _first_comparison(listing: Listing, reached: bytearray) -> int | None:
    """Position where the dispatcher's comparisons begin: soon after calldata's first word is read."""
    first = listing.codes.find(_CALLDATALOAD)
    for at in range(first, min(first + _WINDOW // 4, len(listing.codes))) if first >= 0 else ():
        if reached[at] and comparison_at(listing, at) is not None:
            return at
    return None


def _walk(listing: Listing, start: int | None, roots: list[int]) -> set[bytes]:
    """Selectors met by following the dispatcher alone, where shorter pushes (leading zeros) count as well."""
    todo = [listing.jumpdests[root] for root in roots] + ([] if start is None else [start])
    selectors: set[bytes] = set()
    seen: set[int] = set()
    while todo:
        at = todo.pop()
        while at < len(listing.codes) and at not in seen:
            seen.add(at)
            comparison = comparison_at(listing, at)
            if comparison is None:
                at = _onward(listing, at)
                continue
            beyond = listing.jumpdests.get(comparison.target, len(listing.codes))
            if comparison.split:
                todo.append(beyond)
                at = comparison.after
            else:
                selectors.add(comparison.selector)
                at = comparison.after if comparison.equal_jumps else beyond
    return selectors


def _onward(listing: Listing, at: int) -> int:
    """The next position of the dispatcher, or past the end where it is left."""
    codes, end = listing.codes, len(listing.codes)
    if codes[at] in _PASSED:
        return at + 1
    if PUSH1 <= codes[at] <= PUSH32 and codes[at + 1 : at + 2] == bytes([_JUMP]):
        return listing.jumpdests.get(listing.value(at) or 0, end)
    return end
