"""The engine over a node. Its chain stands on what the node holds, and the node is left as it was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from sandbox.engines.base import TX_GAS_LIMIT, Account, Block, Execution, Genesis, Pending, Snapshot, Transaction
from sandbox.engines.rpc.building import Builder, Point
from sandbox.engines.rpc.client import NodeError
from sandbox.engines.rpc.node import Node, require, require_steps
from sandbox.engines.rpc.signing import signed, signer
from sandbox.engines.rpc.traces import CALLS, CHANGES, STEPS, TOP_CALL, Traced, changed_by, plain_of, top_of, traced_of, word_of
from sandbox.engines.rpc.values import Receipt, block_of, contract_of, fee_after, gas_before, hexed, members, quantity
from sandbox.engines.rpc.values import data as bytes_of
from sandbox.engines.wire import WireTransaction
from sandbox.errors import EngineError, InputError

_BLOB: Final = 3
_STATE: Final = ("eth_getBalance", "eth_getTransactionCount", "eth_getCode")


class RpcEngine:
    """node: asked what it can do. genesis: put on top of what the node holds. judged: trace every frame and opcode; without,
    only what two engines are compared by. stop: called at the end, where the node is our own.

    Raises MissingDependency for a node that lacks what a supervised chain needs, InputError for one whose chain or clock does
    not fit. touched: accounts that the last transaction changed.
    """

    name = "rpc"

    def __init__(
        self,
        node: Node,
        genesis: Genesis,
        *,
        gas_limit: int = TX_GAS_LIMIT,
        judged: bool = True,
        stop: Callable[[], None] | None = None,
    ) -> None:
        require(node, judged=judged)
        self.node = node
        self.version = node.version
        self.capabilities = node.capabilities
        self.chain_id = genesis.chain_id
        self.touched: frozenset[Address] = frozenset()
        self._gas_limit = gas_limit
        self._traces = (CHANGES, CALLS, STEPS) if judged else (CHANGES, TOP_CALL) if node.capabilities.traces else (STEPS,)
        self._stop = stop
        self._closed = False
        self._points: dict[int, Point] = {}
        self._next_point = 0
        self._automining = node.automining()
        self._found = node.snapshot()
        try:
            if judged or not node.capabilities.traces:
                require_steps(node)
            self._built = Builder(node, _first(node, genesis))
        except BaseException:
            self._leave()
            raise

    @property
    def head(self) -> Block:
        """The last sealed block; the first is the node's own, where the chain begins."""
        return self._built.head

    @property
    def pending(self) -> Pending:
        """The block being built."""
        built, head = self._built, self._built.head
        return Pending(
            number=head.number + 1,
            timestamp=built.timestamp,
            base_fee=fee_after(head),
            gas_limit=head.gas_limit,
            gas_used=built.gas_used,
            count=len(built.sent),
        )

    def execute(self, transaction: Transaction | bytes) -> Execution:
        """Run on the pending block (see `ChainEngine`)."""
        wire = self._wire(transaction)
        self._check(wire)
        receipt, told = self._built.add(wire, self._traces)
        traced, self.touched = _told(wire, receipt, told)
        return _execution(wire, receipt, traced)

    def call(
        self, to: Address | None, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0, gas: int = TX_GAS_LIMIT
    ) -> Execution:
        """Run on the pending state and leave no trace (see `ChainEngine`); of a call a node shows no frames and no gas."""
        self._built.settle(block=True)
        most = min(gas, self._gas_limit)
        asked: dict[str, Any] = {"from": sender, "gas": hexed(most), "value": hexed(value), "gasPrice": "0x0"}
        asked |= {"input": hexed(data)} | ({} if to is None else {"to": to})
        error: str | None = None
        try:
            output = bytes_of(self.node.client.ask("eth_call", asked, "latest"))
        except NodeError as failure:
            output, error = _revert_data(failure), word_of(failure.message)
        wire = WireTransaction(2, 0, most, to, value, data, origin=sender)
        return _execution(wire, Receipt(error is None, 0, 0, 0, None, ()), Traced((), output=output, error=error))

    def snapshot(self) -> Snapshot:
        """Mark this point."""
        self._next_point += 1
        self._points[self._next_point] = self._built.point()
        return Snapshot(self._next_point)

    def revert(self, snapshot: Snapshot) -> None:
        """Go back to the point."""
        self._built.go_back(self._take(snapshot))

    def commit(self, snapshot: Snapshot) -> None:
        """Give up the point, keep what was done since."""
        self._take(snapshot)

    def seal(self) -> Block:
        """Close the pending block and open the next, one second later."""
        return self._built.seal()

    def set_time(self, timestamp: int) -> None:
        """Move the empty pending block to `timestamp`."""
        if self._built.sent:
            raise InputError("the pending block already holds transactions, its time is fixed", do="seal it first")
        if timestamp <= self.head.timestamp:
            raise InputError(
                f"time {timestamp} is not later than the last block's {self.head.timestamp}", do="time only moves forward"
            )
        self._built.move(timestamp)

    def account(self, address: Address) -> Account:
        """Balance, nonce and code in the pending state."""
        return self.read([address], [])[0][0]

    def storage(self, address: Address, slot: int) -> int:
        """Value of one slot in the pending state."""
        return self.read([], [(address, slot)])[1][0]

    def read(self, addresses: Sequence[Address], slots: Sequence[tuple[Address, int]]) -> tuple[list[Account], list[int]]:
        """Many accounts and slots of the pending state at once."""
        self._built.settle()
        questions: list[tuple[str, list[Any]]] = [(what, [where, "latest"]) for where in addresses for what in _STATE]
        questions += [("eth_getStorageAt", [where, hexed(slot), "latest"]) for where, slot in slots]
        answers = self.node.all(questions)
        split = len(_STATE) * len(addresses)
        accounts = [
            Account(BaseUnits(quantity(answers[at])), quantity(answers[at + 1]), bytes_of(answers[at + 2]))
            for at in range(0, split, len(_STATE))
        ]
        return accounts, [quantity(answer) for answer in answers[split:]]

    def adopt(self, block: Block) -> bool:
        """Take another chain's block of the same number for the head, so that block hashes and randomness go on as they do
        there. False if the node cannot."""
        if not self.node.can("load") or block.number != self.head.number or self._built.sent:
            return False
        self._built.replace_head(block)
        return True

    def close(self) -> None:
        """Leave the node as it was found, and end what was started for it."""
        if self._closed:
            return
        self._closed = True
        self._points.clear()
        try:
            self._leave()
        finally:
            self.node.client.close()
            if self._stop is not None:
                self._stop()

    def _leave(self) -> None:
        """Give a node that is not our own back as it was found."""
        if self._stop is None:
            self.node.revert(self._found)
            self.node.leave(self._automining)

    def _wire(self, transaction: Transaction | bytes) -> WireTransaction:
        if isinstance(transaction, bytes):
            return WireTransaction.decode(transaction)
        nonce = transaction.nonce
        if nonce is None:
            nonce = self.account(signer(transaction.key)[1]).nonce
        return signed(transaction, nonce, self.pending.base_fee, self.chain_id)

    def _check(self, wire: WireTransaction) -> None:
        """What a node may be laxer about than the sandbox. The rest it tells itself."""
        most = min(self._gas_limit, self.head.gas_limit - self._built.gas_used)
        if wire.gas > most:
            raise InputError(f"a gas limit of {wire.gas} is above the {most} allowed", do="ask for less gas")
        if wire.kind == _BLOB:
            raise InputError("blob transactions are not taken here", do="send a transaction of type 0, 1, 2 or 4")
        if wire.chain_id not in (None, self.chain_id):
            raise InputError(
                f"the transaction was signed for chain {wire.chain_id}, this is chain {self.chain_id}",
                do=f"sign it again with chain id {self.chain_id}",
            )

    def _take(self, snapshot: Snapshot) -> Point:
        point = self._points.get(snapshot)
        if point is None:
            raise EngineError(f"snapshot {snapshot} is gone", do="take a new one; a snapshot can be used once")
        for later in [number for number in self._points if number >= snapshot]:
            del self._points[later]
        return point


def _told(wire: WireTransaction, receipt: Receipt, told: Sequence[Any]) -> tuple[Traced, frozenset[Address]]:
    """What the traces say (those of `RpcEngine`, in their order), and the accounts that changed, as far as they say."""
    if len(told) == 1:
        return plain_of(told[0], receipt.succeeded), frozenset()
    changes, calls, *steps = told
    created = contract_of(wire.sender, wire.nonce)
    return changed_by(_judged(wire, receipt, calls, steps[0]) if steps else top_of(calls, created), changes)


def _judged(wire: WireTransaction, receipt: Receipt, calls: Any, steps: Any) -> Traced:
    """Nodes count what a transaction costs before it runs into its outermost frame; here a frame that ran no code used none."""
    base, floor = gas_before(wire)
    idle = receipt.gas_used <= max(base, floor) and not members(steps, "a trace").get("structLogs")
    root = {"gas": wire.gas - base, "gasUsed": 0 if idle else max(receipt.gas_used - base, 0)}
    return traced_of({**members(calls, "a trace"), **root}, steps, contract_of(wire.sender, wire.nonce))


def _first(node: Node, genesis: Genesis) -> Block:
    """The block the chain begins with, after the accounts of the genesis are there."""
    if node.chain_id != genesis.chain_id:
        what = f"the node is on chain {node.chain_id}, the scenario on {genesis.chain_id}"
        raise InputError(what, where=node.shown, do=f"start the node with chain id {genesis.chain_id}")
    node.prepare(genesis.coinbase, genesis.gas_limit)
    node.fund(genesis.alloc)
    head = block_of(node.block())
    if head.timestamp > genesis.timestamp:
        what = f"the node's clock ({head.timestamp}) is past the scenario's start ({genesis.timestamp})"
        raise InputError(what, where=node.shown, do="start the node with an earlier --timestamp, or let the sandbox start one")
    if head.timestamp < genesis.timestamp:
        node.plan(genesis.timestamp, genesis.base_fee)
        node.mine()
        head = block_of(node.block())
    return head


def _revert_data(failure: NodeError) -> bytes:
    told = failure.data.get("data") if isinstance(failure.data, dict) else failure.data
    return bytes_of(told) if isinstance(told, str) and told.startswith("0x") else b""


def _execution(wire: WireTransaction, receipt: Receipt, traced: Traced) -> Execution:
    return Execution(
        hash=wire.hash if wire.origin is None else b"",
        raw=wire.raw if wire.origin is None else b"",
        sender=wire.sender,
        to=wire.to,
        nonce=wire.nonce,
        value=BaseUnits(wire.value),
        data=wire.data,
        gas_limit=wire.gas,
        gas_price=receipt.price,
        gas_used=receipt.gas_used,
        output=traced.output,
        error=traced.error,
        created=receipt.created if receipt.succeeded else None,
        frames=traced.frames,
        logs=receipt.logs,
        native=traced.native,
        creations=traced.creations,
        opcodes=traced.opcodes,
        writes=traced.writes,
    )
