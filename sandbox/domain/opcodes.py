"""EVM instructions up to Prague, and a disassembly that knows push data from code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


def _table() -> dict[int, str]:
    rows = (
        (0x00, "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND"),
        (0x10, "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR"),
        (0x20, "KECCAK256"),
        (0x30, "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY GASPRICE"),
        (0x3B, "EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH"),
        (0x40, "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBHASH BLOBBASEFEE"),
        (0x50, "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY PUSH0"),
        (0x60, " ".join(f"PUSH{n}" for n in range(1, 33))),
        (0x80, " ".join(f"DUP{n}" for n in range(1, 17))),
        (0x90, " ".join(f"SWAP{n}" for n in range(1, 17))),
        (0xA0, "LOG0 LOG1 LOG2 LOG3 LOG4"),
        (0xF0, "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2"),
        (0xFA, "STATICCALL"),
        (0xFD, "REVERT INVALID SELFDESTRUCT"),
    )
    return {first + i: name for first, names in rows for i, name in enumerate(names.split())}


OPCODES: Final[Mapping[int, str]] = _table()
"""Byte -> mnemonic, Prague (execution-specs `forks/prague/vm/instructions`)."""

CODE_OF: Final[Mapping[str, int]] = {name: code for code, name in OPCODES.items()}
JUMPDEST: Final = 0x5B
PUSH0: Final = 0x5F
PUSH1: Final = 0x60
PUSH32: Final = 0x7F

_ENDING_NAMES: Final = ("STOP", "JUMP", "RETURN", "REVERT", "INVALID", "SELFDESTRUCT")
ENDING: Final = frozenset(range(256)) - OPCODES.keys() | {CODE_OF[name] for name in _ENDING_NAMES}
"""Bytes no execution passes: the terminators, the unconditional jump, and every byte that is no instruction."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. pc: offset in bytes. name: mnemonic, "UNKNOWN" for a byte that is none. argument: push data."""

    pc: int
    name: str
    argument: bytes = b""


@dataclass(frozen=True, slots=True)
class Listing:
    """A linear sweep over code, as parallel tuples for speed.

    pcs: offset of each instruction. codes: its byte. jumpdests: offset -> position in `pcs`, for each valid JUMPDEST.
    """

    code: bytes
    pcs: tuple[int, ...]
    codes: bytes
    jumpdests: Mapping[int, int]

    def argument(self, position: int) -> bytes:
        """Push data of the instruction; what runs past the end of code reads as zeros, as in the EVM."""
        size = self.codes[position] - PUSH0
        start = self.pcs[position] + 1
        return self.code[start : start + size].ljust(size, b"\0") if 0 < size <= 32 else b""

    def value(self, position: int) -> int | None:
        """Number a PUSH0 … PUSH32 puts on the stack, None for any other instruction."""
        if not PUSH0 <= self.codes[position] <= PUSH32:
            return None
        return int.from_bytes(self.argument(position), "big")


def sweep(code: bytes) -> Listing:
    """The code's instructions as the EVM tells them apart (a 0x5b inside push data is no JUMPDEST)."""
    pcs: list[int] = []
    jumpdests: dict[int, int] = {}
    pc, size = 0, len(code)
    while pc < size:
        byte = code[pc]
        if byte == JUMPDEST:
            jumpdests[pc] = len(pcs)
        pcs.append(pc)
        pc += byte - PUSH0 + 1 if PUSH1 <= byte <= PUSH32 else 1
    return Listing(code, tuple(pcs), bytes(code[pc] for pc in pcs), jumpdests)


def disassemble(code: bytes) -> tuple[Instruction, ...]:
    """The code's instructions, for people."""
    listing = sweep(code)
    return tuple(
        Instruction(pc, OPCODES.get(byte, "UNKNOWN"), listing.argument(i))
        for i, (pc, byte) in enumerate(zip(listing.pcs, listing.codes, strict=True))
    )
