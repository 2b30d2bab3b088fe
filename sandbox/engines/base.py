"""What the sandbox asks of an EVM, in its own words.

An engine holds one chain: sealed blocks and one pending block on top of them. Transactions run on the pending block and
can be taken back as if they had never been. Nothing of the library behind an engine (types, exceptions) gets past it:
a revert is data, `InputError` says that a transaction cannot be part of any block, `EngineError` that the engine failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NewType, Protocol

from sandbox.domain.effects import WATCHED_OPCODES as WATCHED_OPCODES
from sandbox.domain.effects import Creation, Frame, Log, NativeMove, OpcodeUse, StorageWrite
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits

Snapshot = NewType("Snapshot", int)
"""Handle of a point in time to go back to. Later ones die when an earlier one is reverted or committed."""

TX_GAS_LIMIT: Final = 30_000_000
"""Most gas one transaction may ask for, unless the engine is told otherwise."""

BLOCK_GAS_LIMIT: Final = 1_000_000_000
"""Room for a full block of large transactions below the EIP-1559 target, so that a base fee of 0 stays 0 and an actor
without ether can act; the bound that matters is the one per transaction."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; a scenario that needs more is refused before it starts.

    snapshots: `snapshot`, `revert` and `commit` work. time_travel: `set_time` works. traces: frames below the outermost,
    native moves and opcodes are seen. writes: storage writes are seen. deterministic: same input, same block hashes.
    """

    snapshots: bool
    time_travel: bool
    traces: bool
    writes: bool
    deterministic: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands. balance: wei. storage: filled only in a genesis allocation."""

    balance: BaseUnits = BaseUnits(0)
    nonce: int = 0
    code: bytes = b""
    storage: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Genesis:
    """Everything the first block depends on; the same genesis and transactions give the same chain.

    timestamp: unix seconds. base_fee: wei per gas of block 0, from there EIP-1559 decides. coinbase: who gets the tips.
    """

    timestamp: int
    alloc: Mapping[Address, Account] = field(default_factory=dict)
    chain_id: int = 31_337
    gas_limit: int = BLOCK_GAS_LIMIT
    base_fee: int = 0
    coinbase: Address = ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction to be signed (type 2, EIP-1559) and run. Execute `bytes` instead to run one signed elsewhere.

    key: private key, 32 bytes. to: None creates a contract from `data`. value: wei. gas: limit. nonce: None takes the
    next one. tip: wei per gas on top of the base fee. max_fee: wei per gas, None pays exactly base fee and tip.
    """

    key: bytes
    to: Address | None
    data: bytes = b""
    value: BaseUnits = BaseUnits(0)
    gas: int = TX_GAS_LIMIT
    nonce: int | None = None
    tip: int = 0
    max_fee: int | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """What a transaction did on the pending block.

    hash: 32 bytes (of a `call`: empty). raw: the signed transaction as it goes into the block. created: address of the
    contract a creating transaction made. gas_price: wei per gas it paid. output: return or revert data. error: the EVM's
    word for the failure of the outermost frame, None if it succeeded. frames: depth-first, also those rolled back
    (`committed`). logs, native, creations, writes: only what was committed. opcodes: watched ones that ran, each
    (name, code, pc, depth) once.
    """

    hash: bytes
    raw: bytes
    sender: Address
    to: Address | None
    nonce: int
    value: BaseUnits
    data: bytes
    gas_limit: int
    gas_price: int
    gas_used: int
    output: bytes
    error: str | None
    created: Address | None
    frames: tuple[Frame, ...]
    logs: tuple[Log, ...]
    native: tuple[NativeMove, ...]
    creations: tuple[Creation, ...]
    opcodes: tuple[OpcodeUse, ...]
    writes: tuple[StorageWrite, ...]

    @property
    def succeeded(self) -> bool:
        """True when the EVM committed it."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Pending:
    """The block being built. timestamp: unix seconds. gas_limit: of the block. count: transactions it holds."""

    number: int
    timestamp: int
    base_fee: int
    gas_limit: int
    gas_used: int
    count: int


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block. header: RLP. transactions: their hashes in order. raw: the signed transactions themselves."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    gas_limit: int
    gas_used: int
    base_fee: int
    coinbase: Address
    mix_hash: bytes
    header: bytes
    transactions: tuple[bytes, ...]
    raw: tuple[bytes, ...]


class Store(Protocol):
    """A key-value store that an engine keeps what it knows in; a dict is one."""

    def __getitem__(self, key: bytes, /) -> bytes:
        """The value. Raises KeyError."""

    def __setitem__(self, key: bytes, value: bytes, /) -> None:
        """Keep a value."""

    def __delitem__(self, key: bytes, /) -> None:
        """Forget a value."""

    def __contains__(self, key: object, /) -> bool:
        """True if there is a value."""


class StateView(Protocol):
    """The state after a block."""

    def balance(self, address: Address) -> int:
        """Wei."""

    def nonce(self, address: Address) -> int:
        """Transactions sent (of a contract: contracts created, plus one)."""

    def code(self, address: Address) -> bytes:
        """Code as stored; of a delegated account the designator."""

    def storage(self, address: Address, slot: int) -> int:
        """Value of a slot."""


class ChainEngine(Protocol):
    """An EVM chain that can be supervised. Not thread-safe: one engine, one thread at a time."""

    name: str
    version: str
    capabilities: Capabilities
    chain_id: int

    @property
    def head(self) -> Block:
        """The last sealed block (number 0 is the genesis)."""

    @property
    def pending(self) -> Pending:
        """The block being built on top of `head`."""

    def execute(self, transaction: Transaction | bytes) -> Execution:
        """Run on the pending block, and stay there unless reverted.

        Raises InputError if no block could hold it (funds, nonce, gas, size), EngineError past the time budget; neither
        leaves a trace.
        """

    def call(
        self, to: Address | None, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0, gas: int = TX_GAS_LIMIT
    ) -> Execution:
        """Run on the pending state without fees, nonce or signature, and leave no trace. Errors as `execute`."""

    def snapshot(self) -> Snapshot:
        """Mark this point (pending transactions, sealed blocks and clock)."""

    def revert(self, snapshot: Snapshot) -> None:
        """Go back to the point. Raises EngineError if it is no longer alive."""

    def commit(self, snapshot: Snapshot) -> None:
        """Give up the point and keep what was done since. Raises EngineError if it is no longer alive."""

    def seal(self) -> Block:
        """Close the pending block and open the next, one second later."""

    def set_time(self, timestamp: int) -> None:
        """Move the pending block to `timestamp`. Raises InputError if it is not later than the head, or if the block
        already holds transactions."""

    def account(self, address: Address) -> Account:
        """Balance, nonce and code in the pending state."""

    def storage(self, address: Address, slot: int) -> int:
        """Value of one slot in the pending state."""

    def close(self) -> None:
        """Give up what the engine holds. Closing twice is fine."""


class DurableEngine(ChainEngine, Protocol):
    """An engine on a store that outlives it: it can go on from any block the store holds, and read the state after it."""

    def restart(self, head: Block, timestamp: int) -> None:
        """Make a block the head again, with an empty pending block at `timestamp` on top. Snapshots die."""

    def state_after(self, block: Block) -> StateView:
        """The state after a block of the store."""


@contextmanager
def anchor(engine: ChainEngine) -> Iterator[Callable[[], None]]:
    """Try something: whatever happens inside is reverted on exit, unless the yielded function was called.

    An exception always reverts.
    """
    kept = False

    def keep() -> None:
        nonlocal kept
        kept = True

    snapshot = engine.snapshot()
    try:
        yield keep
    except BaseException:
        engine.revert(snapshot)
        raise
    if kept:
        engine.commit(snapshot)
    else:
        engine.revert(snapshot)
