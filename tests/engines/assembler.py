"""Tiny EVM programs by hand, so that engine tests need no compiler."""

from __future__ import annotations

OPCODES = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "ISZERO": 0x15, "CALLER": 0x33, "ORIGIN": 0x32, "CALLVALUE": 0x34,
    "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "CODECOPY": 0x39, "RETURNDATASIZE": 0x3D,
    "RETURNDATACOPY": 0x3E, "BLOCKHASH": 0x40, "TIMESTAMP": 0x42, "NUMBER": 0x43, "PREVRANDAO": 0x44, "BALANCE": 0x31,
    "POP": 0x50, "MLOAD": 0x51, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "GAS": 0x5A,
    "JUMPDEST": 0x5B, "TLOAD": 0x5C, "TSTORE": 0x5D, "PUSH0": 0x5F, "DUP1": 0x80, "DUP2": 0x81, "SWAP1": 0x90,
    "LOG0": 0xA0, "LOG1": 0xA1, "LOG2": 0xA2, "LOG3": 0xA3, "LOG4": 0xA4, "CREATE": 0xF0, "CALL": 0xF1,
    "CALLCODE": 0xF2, "RETURN": 0xF3, "DELEGATECALL": 0xF4, "CREATE2": 0xF5, "STATICCALL": 0xFA, "REVERT": 0xFD,
    "INVALID": 0xFE, "SELFDESTRUCT": 0xFF,
}  # fmt: skip


def push(value: int | str | bytes) -> bytes:
    """PUSH of a number, a 0x-address or bytes."""
    if isinstance(value, str):
        value = bytes.fromhex(value[2:])
    if isinstance(value, int):
        value = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([0x5F + len(value)]) + value


def asm(*parts: str | int | bytes) -> bytes:
    """Opcodes by name (several in one text are fine); a number, a `0x…` text or bytes become a PUSH."""
    code = b""
    for part in parts:
        if isinstance(part, str) and not part.startswith("0x"):
            code += bytes(OPCODES[word] for word in part.split())
        else:
            code += push(part)
    return code


def store(data: bytes) -> bytes:
    """Put bytes into memory from 0 on."""
    return b"".join(asm(data[at : at + 32].ljust(32, b"\0"), at, "MSTORE") for at in range(0, len(data), 32))


def returning(data: bytes) -> bytes:
    """Code that returns the bytes."""
    return store(data) + asm(len(data), 0, "RETURN")


def reverting(data: bytes) -> bytes:
    """Code that reverts with the bytes."""
    return store(data) + asm(len(data), 0, "REVERT")


def initcode(runtime: bytes, before: bytes = b"") -> bytes:
    """Init code that runs `before` and deploys `runtime`."""
    return before + returning(runtime)


def calling(target: str, *, value: int = 0, data: bytes = b"", kind: str = "CALL", gas: int = 2_000_000) -> bytes:
    """Call and leave the success flag on the stack."""
    amount = asm(value) if kind in ("CALL", "CALLCODE") else b""
    return store(data) + asm(0, 0, len(data), 0) + amount + asm(target, gas, kind)


def creating(init: bytes, *, value: int = 0, salt: int | None = None) -> bytes:
    """Create a contract and leave its address on the stack."""
    if salt is None:
        return store(init) + asm(len(init), 0, value, "CREATE")
    return store(init) + asm(salt, len(init), 0, value, "CREATE2")


def logging(*topics: int, data: bytes = b"") -> bytes:
    """Write one event."""
    return store(data) + asm(*reversed(topics), len(data), 0, f"LOG{len(topics)}")


LOOP = asm("JUMPDEST", 0, "JUMP")
"""Never ends."""
