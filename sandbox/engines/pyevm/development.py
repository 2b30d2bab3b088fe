"""py-evm for development: state altered by hand, and transactions of accounts whose key nobody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.archive import FullBlock
from sandbox.engines.base import Genesis, Store, Transaction
from sandbox.engines.pyevm.accounts import Accounts
from sandbox.engines.pyevm.archive import PyEvmArchive
from sandbox.engines.pyevm.effects import hexed
from sandbox.engines.pyevm.engine import PyEvmEngine
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.transactions import Signed
from sandbox.engines.wire import Header, WireTransaction
from sandbox.errors import EngineError


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
        if self._pending.included:
            raise EngineError("the pending block already holds transactions", do="seal it first")
        raw = bytes.fromhex(address[2:])
        with translated("the change of state"):
            accounts = Accounts(self._ledger.database, self.changed.get(self.head.hash, self.head.state_root))
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
            self.return_to({**self.changed, self.head.hash: bytes(accounts.state_root)})

    @property
    def changed(self) -> Mapping[bytes, bytes]:
        """Hash of a block -> root of the state after it, where that was altered."""
        return self._ledger.changed

    def return_to(self, changed: Mapping[bytes, bytes]) -> None:
        """Make these alterations the ones that hold, and open the pending block anew."""
        self._ledger.changed = dict(changed)
        self._rebuild(self._pending.header.timestamp, [])

    def archive(self) -> DevArchive:
        """Its chain with the whole history."""
        return DevArchive(self)

    @property
    def database(self) -> object:
        """py-evm's database."""
        return self._ledger.database

    def _signed(self, transaction: Transaction | bytes) -> Signed:
        if isinstance(transaction, bytes):
            digest = bytes(keccak(transaction))
            if digest in self.posed:
                body = PragueTransactionBuilder.decode(transaction)
                body.sender = self.posed[digest]
                return Signed(body, transaction, digest, self.posed[digest])
        return super()._signed(transaction)


class DevArchive(PyEvmArchive):
    """The history of a `DevEngine`: knows of altered states and of posed transactions."""

    def __init__(self, engine: DevEngine) -> None:
        super().__init__(engine.database, ChainConfig.all_prague(engine.chain_id))  # type: ignore[arg-type, unused-ignore]
        self._engine = engine

    def root_after(self, header: Header) -> bytes:
        """Root of the state after a block, as altered."""
        return self._engine.changed.get(header.hash, header.state_root)

    def _block(self, key: int | bytes) -> FullBlock:
        block = super()._block(key)
        return replace(block, transactions=tuple(map(self._owned, block.transactions)))

    def _owned(self, one: WireTransaction) -> WireTransaction:
        sender = self._engine.posed.get(one.hash)
        return one if sender is None else replace(one, origin=hexed(sender))
