"""What bytecode can do, read without running it: opcodes, selectors, proxies, metadata, sizes.

The scan fails closed. Code counts as reached when execution can get there from offset 0 by falling through, or by a
JUMPDEST whose offset occurs as a constant in reached code or in Vyper's selector table. JUMPDESTs no constant names (data,
embedded creation code, or targets of computed jumps) are reported apart, as dormant; where the dispatcher's form is not
known, they count as reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.artifact import Artifact
from sandbox.domain.dispatcher import JumpTable, dispatch, jump_table
from sandbox.domain.opcodes import CODE_OF, ENDING, PUSH0, PUSH1, PUSH32, Listing, sweep

MAX_RUNTIME_SIZE: Final = 24_576
"""Bytes of deployed code, EIP-170."""
MAX_INIT_SIZE: Final = 49_152
"""Bytes of creation code with its arguments, EIP-3860."""

WATCHED: Final = (
    "SELFDESTRUCT", "DELEGATECALL", "CALLCODE", "CREATE", "CREATE2", "CALL", "STATICCALL", "EXTCODECOPY", "EXTCODESIZE",
    "EXTCODEHASH", "ORIGIN", "GASPRICE", "TIMESTAMP", "NUMBER", "PREVRANDAO", "BLOCKHASH", "COINBASE", "BASEFEE",
    "BLOBHASH", "BLOBBASEFEE", "SSTORE", "TSTORE", "TLOAD",
)  # fmt: skip
_WATCHED_CODES: Final = {CODE_OF[name]: name for name in WATCHED}

PROXY_SLOTS: Final[Mapping[str, bytes]] = {
    "eip1967.implementation": bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"),
    "eip1967.admin": bytes.fromhex("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"),
    "eip1967.beacon": bytes.fromhex("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"),
    "eip1822.proxiable": bytes.fromhex("c5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7"),
    "openzeppelin.implementation": bytes.fromhex("7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3"),
}
"""Storage slots in which proxies keep their target: EIP-1967, EIP-1822, OpenZeppelin's before EIP-1967."""

_MINIMAL_PROXIES: Final = tuple(
    (bytes.fromhex(before), bytes.fromhex(after))
    for before, after in (
        ("363d3d373d3d3d363d73", "5af43d82803e903d91602b57fd5bf3"),  # EIP-1167
        ("3d3d3d3d363d3d37363d73", "5af43d3d93803e602a57fd5bf3"),  # EIP-1167, the shorter form
        ("365f5f375f5f365f73", "5af43d5f5f3e5f3d91602a57fd5bf3"),  # ERC-7511
    )
)
_SOLC_METADATA: Final = re.compile(
    rb"[\xa1-\xa4](?:"
    rb"\x64ipfs\x58\x22\x12\x20(?P<ipfs>.{32})|\x65bzzr[01]\x58\x20(?P<swarm>.{32})"
    rb"|\x64solc(?:\x43.{3}|[\x60-\x77].{0,23}|\x78..{24,80})|\x6cexperimental\xf5)+",
    re.DOTALL,
)
_VYPER_METADATA: Final = re.compile(rb"[\x83-\x85](?:\x58\x20(?P<integrity>.{32}))?.*\xa1\x65vyper\x83.{3,6}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proxy:
    """slots: names of PROXY_SLOTS whose constant occurs. target: address of an EIP-1167 proxy's implementation, 0x-hex."""

    slots: frozenset[str]
    target: str | None

    @property
    def minimal(self) -> bool:
        """True for an EIP-1167 minimal proxy or one of its kin."""
        return self.target is not None


@dataclass(frozen=True, slots=True)
class Scan:
    """What one code can do.

    opcodes: watched mnemonic -> offsets, in reached code. dormant: the same for code only a computed jump could reach.
    unknown: offsets of reached bytes that are no Prague instruction (INVALID 0xfe is one). selectors: 4 bytes each, as the
    dispatcher compares them. selectors_complete: False when the dispatcher's form is not recognised. size: bytes,
    metadata included. metadata_hash: hex of the hash the compiler appended, None if none.
    """

    opcodes: Mapping[str, tuple[int, ...]]
    dormant: Mapping[str, tuple[int, ...]]
    unknown: tuple[int, ...]
    selectors: frozenset[bytes]
    selectors_complete: bool
    proxy: Proxy
    size: int
    metadata_hash: str | None


def scan(code: bytes) -> Scan:
    """What the runtime code can do; takes any bytes."""
    body, metadata_hash = split_metadata(code)
    listing = sweep(code)
    end = len(body)
    table = jump_table(listing)
    reached = _reach(listing, [0] if listing.codes else [], table)
    found = dispatch(listing, reached, table)
    data = table.data if table else frozenset()
    everything = bytearray(reached)
    _follow(listing, everything, [i for pc, i in listing.jumpdests.items() if pc < end and pc not in data])
    if not found.complete:
        reached = everything
    selectors = found.selectors if found.complete else dispatch(listing, reached, table).selectors
    dormant = bytearray(a & ~b & 1 for a, b in zip(everything, reached, strict=True))
    return Scan(
        _watched(listing, reached),
        _watched(listing, dormant),
        _unknown(listing, reached),
        selectors,
        found.complete,
        Proxy(frozenset(name for name, slot in PROXY_SLOTS.items() if slot in code), _minimal_target(code)),
        len(code),
        metadata_hash,
    )


def hidden_selectors(scanned: Scan, artifact: Artifact) -> tuple[bytes, ...]:
    """Selectors the code answers to although the ABI does not tell of them, sorted."""
    return tuple(sorted(scanned.selectors - artifact.selectors.keys()))


def split_metadata(code: bytes) -> tuple[bytes, str | None]:
    """The code without the CBOR its compiler appended, and the hash in it (hex; None if there is none).

    solc: the last two bytes count the CBOR before them. Vyper (creation code only): they count themselves too.
    """
    stated = int.from_bytes(code[-2:], "big")
    for start, pattern, group in (
        (len(code) - 2 - stated, _SOLC_METADATA, ("ipfs", "swarm")),
        (len(code) - stated, _VYPER_METADATA, ("integrity",)),
    ):
        match = pattern.fullmatch(code, start, len(code) - 2) if len(code) > 2 and 0 <= start < len(code) - 2 else None
        if match:
            held = next((match[name] for name in group if match[name]), None)
            return code[:start], None if held is None else held.hex()
    return code, None


def _reach(listing: Listing, todo: list[int], table: JumpTable | None) -> bytearray:
    reached = bytearray(len(listing.codes))
    if table is not None:
        todo = todo + [listing.jumpdests[target] for target in table.targets]
    _follow(listing, reached, todo)
    return reached


def _follow(listing: Listing, reached: bytearray, todo: list[int]) -> None:
    """Mark what execution reaches from the positions in `todo`, constants that name a JUMPDEST included."""
    codes, code, pcs, jumpdests = listing.codes, listing.code, listing.pcs, listing.jumpdests
    end = len(codes)
    while todo:
        at = todo.pop()
        while at < end and not reached[at]:
            reached[at] = 1
            byte = codes[at]
            if PUSH1 <= byte <= PUSH32:
                pc = pcs[at] + 1
                target = jumpdests.get(int.from_bytes(code[pc : pc + byte - PUSH0], "big"))
                if target is not None and not reached[target]:
                    todo.append(target)
            elif byte in ENDING:
                break
            at += 1


def _watched(listing: Listing, marked: bytearray) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for at, (byte, mark) in enumerate(zip(listing.codes, marked, strict=True)):
        if mark and byte in _WATCHED_CODES:
            found.setdefault(_WATCHED_CODES[byte], []).append(listing.pcs[at])
    return {name: tuple(found[name]) for name in WATCHED if name in found}


def _unknown(listing: Listing, reached: Iterable[int]) -> tuple[int, ...]:
    known = CODE_OF.values()
    strange = frozenset(range(256)) - frozenset(known)
    pairs = zip(listing.codes, reached, strict=True)
    return tuple(listing.pcs[at] for at, (byte, mark) in enumerate(pairs) if mark and byte in strange)


def _minimal_target(code: bytes) -> str | None:
    for before, after in _MINIMAL_PROXIES:
        end = len(before) + 20
        if code.startswith(before) and code[end:].startswith(after):
            return "0x" + code[len(before) : end].hex()
    return None
