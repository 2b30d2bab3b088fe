"""What a chain with its whole history answers: blocks, state at any of them, and messages tried out on that state.

An archive reads; nothing asked of it changes the chain. Everything comes as plain values, so that the JSON-RPC surface does
not know which engine (or which store) is behind it. Raises NotFound for what the chain does not hold, Rejected for a message
or transaction no block could hold, EngineError past the time budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.engines.wire import AccessList, Authorization, Header, WireTransaction, Withdrawal


@dataclass(frozen=True, slots=True)
class FullBlock:
    """A sealed block. size: bytes of its RLP. withdrawals: None before Shanghai."""

    header: Header
    transactions: tuple[WireTransaction, ...]
    ommers: tuple[bytes, ...]
    withdrawals: tuple[Withdrawal, ...] | None
    raw: bytes

    @property
    def size(self) -> int:
        """Bytes of the RLP."""
        return len(self.raw)


@dataclass(frozen=True, slots=True)
class Event:
    """A log as the EVM wrote it. topics: 32 bytes each."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class FullReceipt:
    """How a transaction went. status: None before Byzantium, where `root` stands instead. gas_used: of this transaction.
    price, blob_price: wei per gas paid. first_log: index of its first event in the block. raw: as hashed."""

    transaction: WireTransaction
    index: int
    status: int | None
    root: bytes | None
    cumulative_gas: int
    gas_used: int
    logs_bloom: bytes
    logs: tuple[Event, ...]
    first_log: int
    created: Address | None
    price: int
    blob_price: int | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """A Merkle-Patricia proof of an account and some of its slots. Each proof is a path of RLP nodes from the root down.
    slots: (slot, value, proof)."""

    balance: int
    nonce: int
    code_hash: bytes
    storage_root: bytes
    account: tuple[bytes, ...]
    slots: tuple[tuple[int, int, tuple[bytes, ...]], ...]


class State(Protocol):
    """The state after a block."""

    def balance(self, address: Address) -> int:
        """Wei."""

    def nonce(self, address: Address) -> int:
        """Transactions sent (of a contract: contracts created, plus one)."""

    def code(self, address: Address) -> bytes:
        """Code as stored; of a delegated account the designator."""

    def storage(self, address: Address, slot: int) -> int:
        """Value of a slot."""

    def proof(self, address: Address, slots: Sequence[int]) -> Proof:
        """Proof of an account and of these slots against the state root."""


@dataclass(frozen=True, slots=True)
class Message:
    """A call or transaction as somebody asks for it. gas, nonce, fees: None where they did not say. Fees in wei per gas."""

    sender: Address = ZERO_ADDRESS
    to: Address | None = None
    data: bytes = b""
    value: int = 0
    gas: int | None = None
    nonce: int | None = None
    gas_price: int | None = None
    max_fee: int | None = None
    tip: int | None = None
    access_list: AccessList | None = None
    blob_fee: int | None = None
    blob_hashes: tuple[bytes, ...] | None = None
    authorizations: tuple[Authorization, ...] | None = None


@dataclass(frozen=True, slots=True)
class AccountOverride:
    """What an account is said to be instead. None: as it is. state: its whole storage; diff: some slots of it.
    precompile_to: where its precompile goes."""

    balance: int | None = None
    nonce: int | None = None
    code: bytes | None = None
    state: Mapping[int, int] | None = None
    diff: Mapping[int, int] | None = None
    precompile_to: Address | None = None


@dataclass(frozen=True, slots=True)
class BlockOverride:
    """What a block is said to be instead. None: as it is. base_fee, blob_base_fee: wei per gas. time: unix seconds."""

    number: int | None = None
    time: int | None = None
    gas_limit: int | None = None
    coinbase: Address | None = None
    random: bytes | None = None
    base_fee: int | None = None
    blob_base_fee: int | None = None
    beacon_root: bytes | None = None
    withdrawals: tuple[Withdrawal, ...] | None = None


Overrides = Mapping[Address, AccountOverride]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message did. error: the EVM's word, None if it succeeded. peak_gas: before refunds. logs: only of a success;
    with transfers traced, native transfers stand among them. touched: addresses and slots it accessed (EIP-2930)."""

    output: bytes
    error: str | None
    gas_used: int
    peak_gas: int
    logs: tuple[Event, ...] = ()
    touched: AccessList = ()


@dataclass(frozen=True, slots=True)
class SimulatedBlock:
    """One block asked of `simulate`, and the messages in it."""

    block: BlockOverride = field(default_factory=BlockOverride)
    accounts: Overrides = field(default_factory=dict)
    calls: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulated:
    """A block that `simulate` made, with what each of its transactions did."""

    block: FullBlock
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the consensus layer decides about a block to be built. extra_data: None leaves it empty."""

    timestamp: int
    random: bytes
    coinbase: Address
    withdrawals: tuple[Withdrawal, ...] = ()
    beacon_root: bytes = bytes(32)
    extra_data: bytes | None = None
    gas_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A block that was built but not added. value: wei of tips its coinbase gets. requests: EIP-7685, type byte first."""

    block: FullBlock
    value: int
    requests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """How to trace. tracer: "" for opcodes, "callTracer", "prestateTracer". limit: most opcode entries, 0 for the default."""

    tracer: str = ""
    memory: bool = False
    stack: bool = True
    storage: bool = True
    return_data: bool = False
    limit: int = 0
    only_top_call: bool = False
    with_log: bool = False
    diff_mode: bool = False


@dataclass(frozen=True, slots=True)
class BlobLimits:
    """EIP-7840: blobs a block aims at and may hold, and how fast their price moves."""

    target: int
    most: int
    fraction: int


@dataclass(frozen=True, slots=True)
class ForkRules:
    """The rules in force at a block (EIP-7910). activation: unix seconds. fork_id: EIP-2124."""

    activation: int
    blobs: BlobLimits | None
    fork_id: bytes
    precompiles: Mapping[str, Address]
    contracts: Mapping[str, Address]


class Archive(Protocol):
    """A chain that can be asked about any of its blocks."""

    chain_id: int

    @property
    def head(self) -> Header:
        """The last sealed block."""

    def header(self, key: int | bytes) -> Header:
        """Header by number or hash."""

    def block(self, key: int | bytes) -> FullBlock:
        """Block by number or hash."""

    def receipts(self, key: int | bytes) -> tuple[FullReceipt, ...]:
        """Receipts of a block, in order."""

    def place(self, transaction: bytes) -> tuple[int, int]:
        """Number of the block and index in it of a transaction, by hash."""

    def state(self, header: Header) -> State:
        """The state after a block."""

    def next_base_fee(self, header: Header) -> int:
        """Wei per gas of the block after this one."""

    def blob_base_fee(self, header: Header, *, following: bool = False) -> int | None:
        """Wei per blob gas in this block (following: in the next one). None before Cancun."""

    def blob_limits(self, timestamp: int) -> BlobLimits | None:
        """In force at a time. None before Cancun."""

    def rules(self, timestamp: int) -> tuple[ForkRules, ForkRules | None, ForkRules | None]:
        """Rules in force at a time, those that follow, and the last ones known."""

    def least_gas(self, header: Header, transaction: WireTransaction) -> int:
        """Gas without which a transaction cannot be part of the block after this one."""

    def call(
        self, header: Header, message: Message, accounts: Overrides | None = None, block: BlockOverride | None = None
    ) -> Outcome:
        """Try a message on the state after a block."""

    def trace_block(self, header: Header, options: TraceOptions, *, only: int | None = None) -> tuple[Any, ...]:
        """Run a block again and trace its transactions (only: the one at this index)."""

    def trace_call(
        self,
        header: Header,
        message: Message,
        options: TraceOptions,
        accounts: Overrides | None = None,
        block: BlockOverride | None = None,
    ) -> Any:
        """Trace a message on the state after a block."""

    def simulate(
        self, header: Header, blocks: Sequence[SimulatedBlock], *, validation: bool, transfers: bool
    ) -> tuple[Simulated, ...]:
        """Blocks on top of one, as `eth_simulateV1` means it."""

    def build(self, parent: Header, attributes: Attributes, raw: Sequence[bytes]) -> Built:
        """The block on top of `parent` that holds these transactions. Nothing is added to the chain."""
