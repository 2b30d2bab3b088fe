"""Events about the sandbox's own contract on the shared chain. Each tells of one transaction and is recorded with its block.

Of each: address of the contract, block with its hash, transaction (hash), time (wall clock). Hashes and addresses are 0x-hex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RegistryDeployed:
    """The registry contract is on the chain. supervisor: the account that writes it. code_hash: keccak of the code there."""

    type: ClassVar[str] = "registry_deployed"
    supervisor: str
    code_hash: str
    address: str
    block: int
    block_hash: str
    transaction: str
    time: str


@dataclass(frozen=True, slots=True)
class RegistryWritten:
    """The registry contract says this of a pilot from now on. The fields are those of `Inscription`."""

    type: ClassVar[str] = "registry_written"
    pilot: str
    firm: str
    code_hash: str
    manifest_hash: str
    limits_hash: str
    status: str
    paused: bool
    address: str
    block: int
    block_hash: str
    transaction: str
    time: str


@dataclass(frozen=True, slots=True)
class LogAnchored:
    """The registry contract holds size and root of a log. log: its id. root: of its first `size` entries."""

    type: ClassVar[str] = "log_anchored"
    log: str
    size: int
    root: str
    address: str
    block: int
    block_hash: str
    transaction: str
    time: str
