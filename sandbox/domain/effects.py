"""Effects: what one transaction did (or would have done), in terms no engine owns.

Limits are judged on these and on nothing else. Frames, logs and moves that a revert rolled back are kept out of
`native`, `tokens`, `creations` and `logs`, but stay visible in `frames` with `committed=False`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.units import Address, BaseUnits


class FrameKind(enum.StrEnum):
    """How a frame was entered."""

    CALL = "call"
    STATICCALL = "staticcall"
    DELEGATECALL = "delegatecall"
    CALLCODE = "callcode"
    CREATE = "create"
    CREATE2 = "create2"
    SELFDESTRUCT = "selfdestruct"


WATCHED_OPCODES: Final = frozenset(
    {"SELFDESTRUCT", "DELEGATECALL", "CALLCODE", "CREATE", "CREATE2", "ORIGIN", "BLOCKHASH", "PREVRANDAO", "BLOBHASH"}
)
"""Opcodes whose use an engine reports, and so the only ones a limit can forbid."""

CREATING: Final = frozenset({FrameKind.CREATE, FrameKind.CREATE2})


class Standard(enum.StrEnum):
    """How a registered asset announces its movements."""

    NATIVE = "native"
    ERC20 = "erc20"
    ERC721 = "erc721"
    ERC1155 = "erc1155"
    ERC4626 = "erc4626"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message call or creation.

    index: position in depth-first order, the outermost is 0. parent: index of the caller's frame, -1 for the outermost.
    caller: msg.sender of the frame. target: the account whose storage it runs on (the created one for creations, the
    heir for a selfdestruct). code_address: whose code ran (differs from `target` in delegatecall and callcode).
    value: wei that moved into the frame. gas_used: gas, nested frames included. data: calldata or init code.
    output: return or revert data. error: the EVM's word for a failure, None if the frame itself succeeded.
    committed: False when this frame or one around it was rolled back.
    """

    index: int
    parent: int
    depth: int
    kind: FrameKind
    caller: Address
    target: Address
    code_address: Address
    value: BaseUnits
    gas: int
    gas_used: int
    data: bytes
    output: bytes
    error: str | None
    committed: bool

    @property
    def selector(self) -> bytes:
        """First four bytes of calldata; empty for creations and plain sends."""
        return b"" if self.kind in CREATING else self.data[:4]


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the EVM wrote it. topics: 32 bytes each. index: position in the transaction."""

    index: int
    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class NativeMove:
    """Wei that changed hands at any depth (also by creation or selfdestruct). frame: index of the frame that did it."""

    sender: Address
    receiver: Address
    amount: BaseUnits
    frame: int


@dataclass(frozen=True, slots=True)
class TokenMove:
    """One leg of a token movement as an asset's event told it; batches are expanded into legs.

    asset: the emitting contract. token_id: None for fungible assets. sender or receiver is the zero address for a mint
    or a burn. operator: who moved it, where the standard says so, else the caller of the transaction.
    """

    asset: Address
    standard: Standard
    token_id: int | None
    sender: Address
    receiver: Address
    amount: BaseUnits
    operator: Address
    log_index: int


@dataclass(frozen=True, slots=True)
class Creation:
    """A contract that came into being. code_hash: keccak-256 of the runtime code. init_hash: of the init code."""

    creator: Address
    address: Address
    code_hash: bytes
    code_size: int
    init_hash: bytes
    init_size: int
    frame: int


@dataclass(frozen=True, slots=True)
class OpcodeUse:
    """A watched opcode that ran. name: its mnemonic. frame_address: whose code ran it. pc: where. depth: 0 = outermost."""

    name: str
    code_address: Address
    pc: int
    depth: int


@dataclass(frozen=True, slots=True)
class StorageWrite:
    """Value a storage slot holds after the transaction, if the transaction wrote it and committed."""

    address: Address
    slot: int
    value: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A business fact declared in the manifest and seen in an event (`measures:`), such as a loan drawn.

    amount: signed, in the measure's own unit. to: the running total it feeds ("exposure", "repaid", "overdue" …).
    client: address the amount belongs to. price: worth of one unit is kept in the policy under `measure`.
    """

    measure: str
    to: str
    client: Address
    amount: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Reverted:
    """Why the EVM rolled the transaction back.

    error: decoded name ("Error", "Panic", a custom error, "OutOfGas", "InvalidOpcode" …) or "" if unknown.
    args: decoded arguments as text. data: the raw revert data.
    """

    error: str
    args: tuple[str, ...] = ()
    data: bytes = b""

    def __str__(self) -> str:
        if self.error == "Error" and self.args:
            return self.args[0]
        return f"{self.error}({', '.join(self.args)})" if self.error else "0x" + self.data.hex()


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything one transaction did.

    hash: transaction hash, 32 bytes. block: number of the block it belongs to. timestamp: of that block, unix seconds.
    target: None for a creation. request: id of the request a privileged operation answers to, if the caller gave one.
    """

    hash: bytes
    block: int
    timestamp: int
    sender: Address
    target: Address | None
    nonce: int
    value: BaseUnits
    data: bytes
    gas_limit: int
    gas_used: int
    reverted: Reverted | None
    output: bytes
    created: Address | None
    frames: tuple[Frame, ...]
    logs: tuple[Log, ...] = ()
    native: tuple[NativeMove, ...] = ()
    tokens: tuple[TokenMove, ...] = ()
    creations: tuple[Creation, ...] = ()
    opcodes: tuple[OpcodeUse, ...] = ()
    writes: tuple[StorageWrite, ...] = ()
    measured: tuple[Measured, ...] = field(default=())
    request: str | None = None

    @property
    def succeeded(self) -> bool:
        """True when the EVM committed it (the supervisor may still refuse it)."""
        return self.reverted is None
