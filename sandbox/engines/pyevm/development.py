"""py-evm for development: state and blocks altered by hand, and transactions of accounts whose key nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.archive import BlockOverride, FullBlock, Message, Outcome, Overrides
from sandbox.engines.base import Genesis, Store, Transaction
from sandbox.engines.pyevm.accounts import Accounts
from sandbox.engines.pyevm.archive import PyEvmArchive
from sandbox.engines.pyevm.bench import Bench
from sandbox.engines.pyevm.effects import hexed
from sandbox.engines.pyevm.engine import PyEvmEngine
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.transactions import Signed
from sandbox.engines.wire import Header, WireTransaction
from sandbox.errors import EngineError


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody altered. roots: hash of a block -> root of the state after it. fields: of the next block's header."""

    roots: Mapping[bytes, bytes]
    fields: Mapping[str, Any]


class DevEngine(PyEvmEngine):
    """The engine of a chain nobody relies on. store: for everything the chain knows, in memory if None. seconds: wall-clock
    budget per transaction."""

    def __init__(self, genesis: Genesis, *, store: Store | None = None, seconds: float = 10.0) -> None:
        super().__init__(genesis, store=store, seconds=seconds)
        self.posed: dict[bytes, bytes] = {}

    def pose(self, transaction: WireTransaction) -> None:
        """From now on the bytes of this transaction count as sent by its `origin`, whatever their signature says."""
        self.posed[transaction.hash] = bytes.fromhex(transaction.sender[2:])

    def alter(
        self,
        address: Address,
        *,
        balance: int | None = None,
        nonce: int | None = None,
        code: bytes | None = None,
        slots: Mapping[int, int] | None = None,
    ) -> None:
        """Change an account in the state after the head. Raises EngineError while the pending block holds transactions."""
        self._check_empty()
        raw = bytes.fromhex(address[2:])
        with translated("the change of state"):
            accounts = Accounts(self._ledger.database, self.root_after(self.head.hash, self.head.state_root))
            if balance is not None:
                accounts.set_balance(raw, balance)
            if nonce is not None:
                accounts.set_nonce(raw, nonce)
            if code is not None:
                accounts.set_code(raw, code)
            for slot, value in (slots or {}).items():
                accounts.set_storage(raw, slot, value)
            accounts.make_state_root()
            accounts.persist()
            hand = self.by_hand
            self.return_to(replace(hand, roots={**hand.roots, self.head.hash: bytes(accounts.state_root)}))

    def turn(
        self,
        *,
        base_fee: int | None = None,
        gas_limit: int | None = None,
        random: bytes | None = None,
        coinbase: Address | None = None,
    ) -> None:
        """Choose what the next block's header says. The coinbase stays chosen; the blocks after go on from the base fee (wei)
        and the gas limit. Raises EngineError while the pending block holds transactions."""
        self._check_empty()
        receiver = None if coinbase is None else bytes.fromhex(coinbase[2:])
        named = {"base_fee_per_gas": base_fee, "gas_limit": gas_limit, "mix_hash": random, "coinbase": receiver}
        chosen = {name: value for name, value in named.items() if value is not None}
        hand = self.by_hand
        self.return_to(replace(hand, fields={**hand.fields, **chosen}))

    @property
    def by_hand(self) -> ByHand:
        """The alterations that hold."""
        return ByHand(self._ledger.changed, self._ledger.turned)

    def return_to(self, hand: ByHand) -> None:
        """Make these alterations the ones that hold, and open the pending block anew."""
        self._ledger.changed, self._ledger.turned = dict(hand.roots), dict(hand.fields)
        self._rebuild(self._pending.header.timestamp, [])

    def root_after(self, block: bytes, sealed: bytes) -> bytes:
        """Root of the state after a block, as altered. block: its hash. sealed: the root in its header."""
        return self._ledger.changed.get(block, sealed)

    def archive(self) -> DevArchive:
        """Its chain with the whole history."""
        return DevArchive(self)

    @property
    def database(self) -> object:
        """py-evm's database."""
        return self._ledger.database

    def _check_empty(self) -> None:
        if self._pending.included:
            raise EngineError("the pending block already holds transactions", do="seal it first")

    def _signed(self, transaction: Transaction | bytes) -> Signed:
        if isinstance(transaction, bytes):
            digest = bytes(keccak(transaction))
            if digest in self.posed:
                body = PragueTransactionBuilder.decode(transaction)
                body.sender = self.posed[digest]
                return Signed(body, transaction, digest, self.posed[digest])
        return super()._signed(transaction)


class DevArchive(PyEvmArchive):
    """The history of a `DevEngine`: knows of altered states and of posed transactions, and what the last call did."""

    def __init__(self, engine: DevEngine) -> None:
        super().__init__(engine.database, ChainConfig.all_prague(engine.chain_id))  # type: ignore[arg-type, unused-ignore]
        self._engine = engine
        self._called: Any = None

    def sent_to(self, address: Address) -> tuple[bytes, ...]:
        """Data of everything the last call sent to an address, in order."""
        return () if self._called is None else tuple(_sent(self._called, bytes.fromhex(address[2:])))

    def call(
        self, header: Header, message: Message, accounts: Overrides | None = None, block: BlockOverride | None = None
    ) -> Outcome:
        """Try a message on the state after a block, and remember what it sent where."""
        self._called = None
        return super().call(header, message, accounts, block)

    def _ran(self, bench: Bench) -> None:
        self._called = bench.last

    def root_after(self, header: Header) -> bytes:
        """Root of the state after a block, as altered."""
        return self._engine.root_after(header.hash, header.state_root)

    def next_base_fee(self, header: Header) -> int:
        """Wei per gas of the block after this one; of the next one, as somebody may have chosen it."""
        return self._engine.pending.base_fee if header.hash == self._engine.head.hash else super().next_base_fee(header)

    def _block(self, key: int | bytes) -> FullBlock:
        block = super()._block(key)
        return replace(block, transactions=tuple(map(self._owned, block.transactions)))

    def _owned(self, one: WireTransaction) -> WireTransaction:
        sender = self._engine.posed.get(one.hash)
        return one if sender is None else replace(one, origin=hexed(sender))


def _sent(frame: Any, address: bytes) -> Iterator[bytes]:
    for child in frame.children:
        if child.msg.to == address:
            yield bytes(child.msg.data)
        yield from _sent(child, address)
