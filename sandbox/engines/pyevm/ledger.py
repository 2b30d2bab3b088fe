"""The py-evm side of a chain: database, pending block, sealing. Knows py-evm's objects, none of the sandbox's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import rlp
from eth._utils.db import apply_state_dict
from eth.chains.base import Chain
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.db.schema import SchemaV1
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague.blocks import PragueBlock, PragueBlockHeader
from eth.vm.forks.prague.constants import (
    CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    DEPOSIT_CONTRACT_ADDRESS,
    WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
)

from sandbox.engines.base import Account, Block, Genesis, Store
from sandbox.engines.pyevm.effects import hexed
from sandbox.engines.pyevm.sealing import database_entries, next_header, ordered_root
from sandbox.engines.pyevm.supervised import SupervisedVM
from sandbox.engines.pyevm.transactions import Signed

_REQUESTERS: Final = (
    DEPOSIT_CONTRACT_ADDRESS,
    WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
)


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction of the pending block. gas_used: cumulative. receipt: as it goes into the receipts trie."""

    signed: Signed
    gas_used: int
    receipt: bytes
    bloom: int


@dataclass(slots=True)
class PendingBlock:
    """The block being built: its header so far, the virtual machine at its state, and what it holds."""

    header: Any
    vm: Any
    included: list[Included] = field(default_factory=list)

    @property
    def gas_used(self) -> int:
        """Gas of everything included."""
        return self.included[-1].gas_used if self.included else 0


def chain_class(chain_id: int) -> Any:
    """py-evm's chain under supervised Prague rules; anybody's Prague chain accepts the same blocks."""
    return Chain.configure(__name__="SupervisedChain", vm_configuration=((0, SupervisedVM),), chain_id=chain_id)


class Ledger:
    """Sealed blocks in a key-value store laid out as py-evm's `ChainDB` reads it, and the way from one to the next.

    changed: hash of a block -> root of the state to go on from, where somebody altered the state after it by hand.
    turned: fields of the next block's header that somebody chose; a coinbase stays chosen.
    """

    def __init__(self, genesis: Genesis, store: Store | None, head: Block | None = None) -> None:
        self.database = AtomicDB(MemoryDB(store))
        self.changed: dict[bytes, bytes] = {}
        self.turned: dict[str, Any] = {}
        self._coinbase = bytes.fromhex(genesis.coinbase[2:])
        self._context = ChainContext(genesis.chain_id)
        kind = chain_class(genesis.chain_id)
        if head is None:
            self.header: Any = self._first(genesis)
            self.head = block_of(self.header, [])
            self._chain = kind.from_genesis_header(self.database, self.header)
        else:
            self._chain = kind(self.database)
            self.header = rlp.decode(head.header, PragueBlockHeader)
            self.head = head

    def _first(self, genesis: Genesis) -> Any:
        return PragueBlockHeader(
            difficulty=0,
            block_number=0,
            gas_limit=genesis.gas_limit,
            timestamp=genesis.timestamp,
            coinbase=self._coinbase,
            state_root=self._allocate(genesis.alloc),
            nonce=bytes(8),
            base_fee_per_gas=genesis.base_fee,
        )

    def _allocate(self, alloc: Mapping[Any, Account]) -> bytes:
        nothing = BlockHeader(difficulty=0, block_number=-1, gas_limit=0)
        state = SupervisedVM.build_state(self.database, nothing, self._context)
        apply_state_dict(
            state,
            {
                bytes.fromhex(address[2:]): {
                    "balance": account.balance,
                    "nonce": account.nonce,
                    "code": account.code,
                    "storage": account.storage,
                }
                for address, account in alloc.items()
            },
        )
        state.persist()
        return bytes(state.state_root)

    def open(self, timestamp: int) -> PendingBlock:
        """Start the block on top of the head."""
        header = next_header(self.header, timestamp, self._coinbase)
        if self.head.hash in self.changed:
            header = header.copy(state_root=self.changed[self.head.hash])
        if self.turned:
            header = header.copy(**self.turned)
        vm = SupervisedVM(header, self._chain.chaindb, self._context, self._chain.consensus_context)
        vm.block_preprocessing(PragueBlock(header, [], []))
        return PendingBlock(header, vm)

    def seal(self, pending: PendingBlock) -> Block:
        """Turn the pending block into the new head."""
        included, nodes = pending.included, dict[bytes, bytes]()
        transactions_root = ordered_root([one.signed.raw for one in included], nodes)
        receipts_root = ordered_root([one.receipt for one in included], nodes)
        bloom = 0
        for one in included:
            bloom |= one.bloom
        for key, value in nodes.items():
            self.database[key] = value
        fields = {"receipt_root": receipts_root, "bloom": bloom, "gas_used": pending.gas_used}
        fields |= {"transaction_root": transactions_root, "requests_hash": self._requests_hash(pending, fields)}
        state = pending.vm.state
        state.persist()
        header = pending.header.copy(state_root=state.state_root, **fields)
        number = header.block_number
        score = number * (number + 1) // 2
        for key, value in database_entries(header, [one.signed.hash for one in included], score).items():
            self.database[key] = value
        self.header, self.head = header, block_of(header, [one.signed for one in included])
        self.turned = {name: value for name, value in self.turned.items() if name == "coinbase"}
        return self.head

    def rewind(self, header: Any, head: Block) -> None:
        """Make an earlier block the head again. Later blocks stay in the store, but nothing leads to them."""
        for number in range(header.block_number + 1, self.header.block_number + 1):
            self._unlink(number)
        self.header, self.head = header, head
        self.database[SchemaV1.make_canonical_head_hash_lookup_key()] = bytes(header.hash)

    def restore(self, head: Block) -> None:
        """Make a block of the store the head, by what it tells of itself."""
        self.rewind(rlp.decode(head.header, PragueBlockHeader), head)

    def _unlink(self, number: int) -> None:
        where = SchemaV1.make_block_number_to_hash_lookup_key(number)
        if where not in self.database:
            return
        chaindb = self._chain.chaindb
        for digest in chaindb.get_block_transaction_hashes(chaindb.get_canonical_block_header_by_number(number)):
            self.database.pop(SchemaV1.make_transaction_hash_to_block_lookup_key(digest), None)
        del self.database[where]

    @staticmethod
    def _requests_hash(pending: PendingBlock, fields: Mapping[str, Any]) -> bytes:
        state, header = pending.vm.state, pending.header
        if not any(state.get_code(address) for address in _REQUESTERS):
            return bytes(header.requests_hash)
        block = PragueBlock(header.copy(**fields), [one.signed.body for one in pending.included], [])
        return bytes(pending.vm.block_postprocessing(block).header.requests_hash)


def block_of(header: Any, signed: list[Signed]) -> Block:
    """A sealed block in the sandbox's words."""
    return Block(
        number=header.block_number,
        hash=bytes(header.hash),
        parent_hash=bytes(header.parent_hash),
        timestamp=header.timestamp,
        state_root=bytes(header.state_root),
        transactions_root=bytes(header.transaction_root),
        receipts_root=bytes(header.receipt_root),
        logs_bloom=header.bloom.to_bytes(256, "big"),
        gas_limit=header.gas_limit,
        gas_used=header.gas_used,
        base_fee=header.base_fee_per_gas,
        coinbase=hexed(bytes(header.coinbase)),
        mix_hash=bytes(header.mix_hash),
        header=rlp.encode(header),
        transactions=tuple(one.hash for one in signed),
        raw=tuple(one.raw for one in signed),
    )
