"""Events about chains: a block is sealed, somebody comes to a durable one, its log is so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PartyAdmitted:
    """Somebody enrolled comes to the pilot's durable chain: a client or a role, the other is "". native: wei of test ether."""

    type: ClassVar[str] = "party_admitted"
    step: int
    address: str
    client: str
    client_class: str
    jurisdiction: str
    role: str
    native: str


@dataclass(frozen=True, slots=True)
class ChainRecorded:
    """How far the log of a pilot on a durable chain had come, in the sandbox's own log: neither can be cut unseen. head: number
    and hash of the chain's newest block."""

    type: ClassVar[str] = "chain_recorded"
    pilot: str
    chain: str
    log: str
    log_size: int
    log_root: str
    head: int
    head_hash: str
    time: str


@dataclass(frozen=True, slots=True)
class BlockSealed:
    """A block was closed."""

    type: ClassVar[str] = "block_sealed"
    number: int
    hash: str
    state_root: str
    timestamp: int
    transactions: int
    gas_used: int
