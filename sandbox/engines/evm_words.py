"""How nodes word what went wrong in the EVM, and the reason Solidity writes into revert data."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

_PHRASES: Final = {
    "Revert": "execution reverted",
    "OutOfGas": "out of gas",
    "InvalidOpcode": "invalid opcode",
    "StackUnderflow": "stack underflow",
    "StackOverflow": "stack limit reached 1024",
    "InvalidJumpDestination": "invalid jump destination",
    "WriteProtection": "write protection",
    "AddressCollision": "contract address collision",
    "OutOfBoundsRead": "return data out of bounds",
    "ReservedBytesInCode": "invalid code: must not begin with 0xef",
    "InsufficientFunds": "insufficient balance for transfer",
    "StackDepthLimit": "max call depth exceeded",
    "PrecompileFailed": "precompile failed",
}
_ERROR: Final = bytes.fromhex("08c379a0")
_PANIC: Final = bytes.fromhex("4e487b71")
_PANICS: Final = {
    0x00: "generic panic",
    0x01: "assert(false)",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "enum overflow",
    0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array",
    0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory",
    0x51: "uninitialized function",
}


def phrase(word: str) -> str:
    """The usual words for one of the EVM's failures."""
    return _PHRASES.get(word, word)


def reason_of(output: bytes) -> str | None:
    """What `Error(string)` or `Panic(uint256)` says in revert data, None if it is neither."""
    try:
        if output[:4] == _ERROR:
            return str(decode(["string"], output[4:], strict=False)[0])
        if output[:4] == _PANIC:
            (code,) = decode(["uint256"], output[4:], strict=False)
            return _PANICS.get(code, f"unknown panic code: {code:#x}")
    except (DecodingError, UnicodeDecodeError, OverflowError):
        return None
    return None
