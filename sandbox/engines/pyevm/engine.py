"""The default engine: py-evm, one pending block, deterministic."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from time import monotonic
from typing import Any

from eth._utils.address import generate_contract_address
from eth.vm.message import Message

from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, checked_uint256
from sandbox.engines.base import (
    TX_GAS_LIMIT,
    Account,
    Block,
    Capabilities,
    Execution,
    Genesis,
    Pending,
    Snapshot,
    StateView,
    Store,
    Transaction,
)
from sandbox.engines.pyevm.answers import Answers
from sandbox.engines.pyevm.effects import Viewed, execution_of
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.ledger import Included, Ledger, PendingBlock
from sandbox.engines.pyevm.reading import StateAfter
from sandbox.engines.pyevm.sealing import bloom_of, receipt_of
from sandbox.engines.pyevm.supervised import ROOM, Watch
from sandbox.engines.pyevm.transactions import Signed, address_of, check_gas, decode, sign
from sandbox.errors import EngineError, InputError


@dataclass(slots=True)
class _Point:
    """A snapshot. checkpoint: the state's own, usable as long as the block is pending; after that the block is run again up to
    `count`."""

    header: Any
    head: Block
    pending: PendingBlock
    count: int
    checkpoint: Any


class PyEvmEngine:
    """py-evm under Prague rules.

    genesis: what block 0 holds. store: key-value store for everything the chain knows, in memory if None. head: block to go
    on from, where the store holds a chain already; of the genesis only chain id and coinbase count then.
    gas_limit: most gas per transaction. seconds: wall-clock budget per transaction.
    """

    name = "pyevm"
    capabilities = Capabilities(snapshots=True, time_travel=True, traces=True, writes=True, deterministic=True)

    def __init__(
        self,
        genesis: Genesis,
        *,
        store: Store | None = None,
        head: Block | None = None,
        gas_limit: int = TX_GAS_LIMIT,
        seconds: float = 10.0,
    ) -> None:
        self.version = version("py-evm")
        self.chain_id = genesis.chain_id
        self._gas_limit = gas_limit
        self._seconds = seconds
        self._points: dict[int, _Point] = {}
        self._next_point = 0
        self._answers = Answers()
        with translated("the genesis"):
            self._ledger = Ledger(genesis, store, head)
            self._pending = self._ledger.open(self._ledger.head.timestamp + 1)

    @property
    def head(self) -> Block:
        """The last sealed block."""
        return self._ledger.head

    @property
    def pending(self) -> Pending:
        """The block being built."""
        header = self._pending.header
        return Pending(
            number=header.block_number,
            timestamp=header.timestamp,
            base_fee=header.base_fee_per_gas,
            gas_limit=header.gas_limit,
            gas_used=self._pending.gas_used,
            count=len(self._pending.included),
        )

    def execute(self, transaction: Transaction | bytes) -> Execution:
        """Run on the pending block (see `ChainEngine`)."""
        with translated("the transaction"):
            signed = self._signed(transaction)
            check_gas(signed.body, self._pending.header.gas_limit - self._pending.gas_used, self._gas_limit)
            checkpoint = self._state.snapshot()
            try:
                execution, included = self._run(signed)
            except BaseException:
                self._state.revert(checkpoint)
                raise
        self._pending.included.append(included)
        return execution

    def call(
        self, to: Address | None, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0, gas: int = TX_GAS_LIMIT
    ) -> Execution:
        """Run on the pending state and leave no trace (see `ChainEngine`)."""
        with translated("the call"):
            question = to, data, bytes.fromhex(sender[2:]), checked_uint256(value), min(gas, self._gas_limit)
            checkpoint = self._state.snapshot()
            self._state.lock_changes()
            try:
                return self._answers.ask(question, self._state, lambda: self._view(*question))
            finally:
                self._state.revert(checkpoint)

    def snapshot(self) -> Snapshot:
        """Mark this point."""
        self._next_point += 1
        ledger = self._ledger
        self._points[self._next_point] = _Point(
            ledger.header, ledger.head, self._pending, len(self._pending.included), self._state.snapshot()
        )
        return Snapshot(self._next_point)

    def revert(self, snapshot: Snapshot) -> None:
        """Go back to the point."""
        point = self._take(snapshot)
        if self._pending is point.pending:
            del self._pending.included[point.count :]
            self._state.revert(point.checkpoint)
            return
        if self._ledger.head is not point.head:
            self._ledger.rewind(point.header, point.head)
        self._rebuild(point.pending.header.timestamp, point.pending.included[: point.count])

    def commit(self, snapshot: Snapshot) -> None:
        """Give up the point, keep what was done since."""
        self._take(snapshot)

    def seal(self) -> Block:
        """Close the pending block and open the next, one second later."""
        with translated("sealing"):
            block = self._ledger.seal(self._pending)
            self._pending = self._ledger.open(block.timestamp + 1)
        return block

    def set_time(self, timestamp: int) -> None:
        """Move the empty pending block to `timestamp`."""
        if self._pending.included:
            raise InputError("the pending block already holds transactions, its time is fixed", do="seal it first")
        if timestamp <= self.head.timestamp:
            raise InputError(
                f"time {timestamp} is not later than the last block's {self.head.timestamp}", do="time only moves forward"
            )
        self._rebuild(timestamp, [])

    def restart(self, head: Block, timestamp: int) -> None:
        """Make a block of the store the head again."""
        self._points.clear()
        with translated("going back"):
            self._ledger.restore(head)
            self._rebuild(timestamp, [])

    def state_after(self, block: Block) -> StateView:
        """The state after a block of the store."""
        return StateAfter(self._ledger.database, block.state_root)

    def account(self, address: Address) -> Account:
        """Balance, nonce and code in the pending state."""
        state, raw = self._state, bytes.fromhex(address[2:])
        return Account(BaseUnits(state.get_balance(raw)), state.get_nonce(raw), state.get_code(raw))

    def storage(self, address: Address, slot: int) -> int:
        """Value of one slot in the pending state."""
        return int(self._state.get_storage(bytes.fromhex(address[2:]), slot))

    def close(self) -> None:
        """Give up the snapshots; the store belongs to who handed it in."""
        self._points.clear()

    @property
    def _state(self) -> Any:
        return self._pending.vm.state

    def _signed(self, transaction: Transaction | bytes) -> Signed:
        if isinstance(transaction, bytes):
            return decode(transaction, self.chain_id)
        nonce = transaction.nonce
        if nonce is None:
            nonce = self._state.get_nonce(address_of(transaction.key))
        return sign(transaction, nonce, self._pending.header.base_fee_per_gas, self.chain_id)

    def _run(self, signed: Signed) -> tuple[Execution, Included]:
        vm, state, body = self._pending.vm, self._state, signed.body
        state.lock_changes()
        watch = state.watch = Watch(monotonic() + self._seconds, ROOM)
        context = state.get_transaction_context(body)
        computation = state.apply_transaction(body)
        gas_used = vm.finalize_gas_used(body, computation)
        entries = computation.get_log_entries()
        bloom = bloom_of(entries)
        cumulative = self._pending.gas_used + gas_used
        receipt = receipt_of(body.type_id, computation.is_success, cumulative, bloom, entries)
        execution = execution_of(signed, computation, watch, gas_used, context.gas_price)
        return execution, Included(signed, cumulative, receipt, bloom)

    def _view(self, to: Address | None, data: bytes, sender: bytes, value: int, gas: int) -> Execution:
        state = self._state
        watch = state.watch = Watch(monotonic() + self._seconds, ROOM)
        creating = to is None
        target = b"" if to is None else bytes.fromhex(to[2:])
        code, delegation = (data, None) if creating else state.get_transaction_executor().get_code_at_address(target)
        message = Message(
            gas=gas,
            to=target,
            sender=sender,
            value=value,
            data=b"" if creating else data,
            code=code,
            create_address=generate_contract_address(sender, state.get_nonce(sender)) if creating else None,
            is_delegation=delegation is not None,
        )
        context = state.get_transaction_context_class()(gas_price=0, origin=sender)
        apply = state.computation_class.apply_create_message if creating else state.computation_class.apply_message
        computation = apply(state, message, context)
        body = Viewed(target, state.get_nonce(sender), value, data, gas)
        return execution_of(Signed(body, b"", b"", sender), computation, watch, computation.get_gas_used(), 0)

    def _rebuild(self, timestamp: int, included: list[Included]) -> None:
        pending = self._ledger.open(timestamp)
        for one in included:
            pending.vm.state.lock_changes()
            pending.vm.state.apply_transaction(one.signed.body)
            pending.included.append(one)
        self._pending = pending

    def _take(self, snapshot: Snapshot) -> _Point:
        point = self._points.get(snapshot)
        if point is None:
            raise EngineError(f"snapshot {snapshot} is gone", do="take a new one; a snapshot can be used once")
        for later in [number for number in self._points if number >= snapshot]:
            del self._points[later]
        return point
