"""A small chain of our own engine with something on it, asked through the same surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth_abi.abi import encode

from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Account, Genesis, Transaction
from sandbox.engines.pyevm.archive import PyEvmArchive
from sandbox.engines.pyevm.engine import PyEvmEngine
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.transactions import address_of
from sandbox.engines.rlp_items import address
from sandbox.rpc.node import Node
from sandbox.rpc.pool import Pool
from sandbox.rpc.server import Server
from tests.engines.assembler import asm, reverting

KEY = bytes([7] * 32)
OTHER_KEY = bytes([8] * 32)
ALICE = address(address_of(KEY))
BOB = address(address_of(OTHER_KEY))
ETHER = 10**18
COUNTER = Address("0x" + "c0" * 20)
COUNTER_CODE = asm(0, "SLOAD", 1, "ADD DUP1", 0, "SSTORE", 0, "MSTORE", 32, 0, "LOG0", 0xAA, 32, 0, "LOG1", 32, 0, "RETURN")
"""Adds one to slot 0, logs the count twice (without topic, with topic 0xaa), returns it."""

REVERTER = Address("0x" + "de" * 20)
REVERTER_CODE = reverting(bytes.fromhex("08c379a0") + encode(["string"], [":( :("]))

LOOPER = Address("0x" + "10" * 20)
LOOPER_CODE = asm("JUMPDEST", 0, "JUMP")


@dataclass
class Small:
    """engine: makes the blocks. server: answers about them."""

    engine: PyEvmEngine
    archive: PyEvmArchive
    server: Server

    def ask(self, method: str, *params: Any) -> Any:
        """A result. Raises RpcError."""
        return self.server.call(method, list(params))

    def send(self, to: Address | None, data: bytes = b"", value: int = 0) -> bytes:
        """Put a transaction of Alice into a block of its own; its hash."""
        execution = self.engine.execute(Transaction(KEY, to, data, BaseUnits(value), gas=500_000))
        self.engine.seal()
        self.archive.forget()
        return execution.hash


def small() -> Small:
    store: dict[bytes, bytes] = {}
    genesis = Genesis(
        timestamp=1_700_000_000,
        alloc={
            ALICE: Account(BaseUnits(100 * ETHER)),
            COUNTER: Account(code=COUNTER_CODE),
            REVERTER: Account(code=REVERTER_CODE),
            LOOPER: Account(code=LOOPER_CODE),
        },
    )
    engine = PyEvmEngine(genesis, store=store)
    archive = PyEvmArchive(AtomicDB(MemoryDB(store)), ChainConfig.all_prague(genesis.chain_id))
    return Small(engine, archive, Server(Node(archive, Pool(archive))))
