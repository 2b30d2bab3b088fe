"""Two engines as one: whatever is done to the first is done to the second, and what both make of it is compared.

The first is the one that counts: what it says is handed on, and only that. The second sees the same signed transactions on the
same blocks, those that are taken back later, too. Nothing here knows who they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from sandbox.domain.outcome import Agreement, Difference
from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.engines.base import (
    TX_GAS_LIMIT,
    Account,
    Block,
    ChainEngine,
    Execution,
    Genesis,
    Pending,
    Snapshot,
    Transaction,
)
from sandbox.errors import Disagreement, InputError, MissingDependency

_BY_OWN_LIGHTS: Final = frozenset({"BLOCKHASH", "PREVRANDAO"})
"""Opcodes whose values a second engine may draw by itself."""

_SHOWN: Final = 80

Field = tuple[str, object, object]
"""What is compared, and its value here and there."""


class Witness(ChainEngine, Protocol):
    """An engine that can be the second of two."""

    @property
    def touched(self) -> frozenset[Address]:
        """Accounts that the last transaction changed."""

    def read(self, addresses: Sequence[Address], slots: Sequence[tuple[Address, int]]) -> tuple[list[Account], list[int]]:
        """Many accounts and slots of the pending state at once."""

    def adopt(self, block: Block) -> bool:
        """Take another chain's block of the same number for the head; False if it cannot."""


class Agreeing:
    """first: whose word counts, and who judges. second: what it is compared with, on a chain of the same genesis. Raises
    Disagreement at the first difference, from then on at everything."""

    def __init__(self, first: ChainEngine, second: Witness, genesis: Genesis) -> None:
        self.first, self.second = first, second
        self.name, self.version = first.name, first.version
        self.capabilities, self.chain_id = first.capabilities, first.chain_id
        self._coinbase = genesis.coinbase
        self._points: dict[Snapshot, Snapshot] = {}
        self._transactions = self._blocks = 0
        self._difference: Difference | None = None
        if second.head.number != first.head.number or second.head.timestamp != first.head.timestamp:
            what = f"{second.version} stands at block {second.head.number}, a run begins at block {first.head.number}"
            raise InputError(what, do="name a fresh node by --rpc-url, or let the sandbox start one")
        self._follows = second.adopt(first.head)

    @property
    def agreement(self) -> Agreement:
        """How far both have come together."""
        second = self.second
        return Agreement(second.name, second.version, self._transactions, self._blocks, self._difference)

    @property
    def head(self) -> Block:
        """The last sealed block."""
        return self.first.head

    @property
    def pending(self) -> Pending:
        """The block being built."""
        return self.first.pending

    def execute(self, transaction: Transaction | bytes) -> Execution:
        """Run on both (see `ChainEngine`); what no block of the first could hold is not shown to the second."""
        self._still_agreed()
        here = self.first.execute(transaction)
        try:
            there = self.second.execute(here.raw)
        except InputError as error:
            raise self._differ(here, ("validity", "valid", error.what)) from error
        for field in self._fields(here, there):
            if field[1] != field[2]:
                raise self._differ(here, field)
        self._transactions += 1
        return here

    def call(
        self, to: Address | None, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0, gas: int = TX_GAS_LIMIT
    ) -> Execution:
        """Run on the first; a view is no transaction."""
        return self.first.call(to, data, sender=sender, value=value, gas=gas)

    def snapshot(self) -> Snapshot:
        """Mark this point in both."""
        first = self.first.snapshot()
        self._points[first] = self.second.snapshot()
        return first

    def revert(self, snapshot: Snapshot) -> None:
        """Go back to the point in both."""
        self.first.revert(snapshot)
        self.second.revert(self._points.pop(snapshot))

    def commit(self, snapshot: Snapshot) -> None:
        """Give up the point in both."""
        self.first.commit(snapshot)
        self.second.commit(self._points.pop(snapshot))

    def seal(self) -> Block:
        """Close the pending block of both."""
        self._still_agreed()
        here, there = self.first.seal(), self.second.seal()
        for name in ("number", "timestamp", "gas_used", "base_fee", "gas_limit", "transactions", "receipts_root", "logs_bloom"):
            if getattr(here, name) != getattr(there, name):
                self._difference = Difference(
                    f"block {here.number}", name, _text(getattr(here, name)), _text(getattr(there, name))
                )
                self._still_agreed()
        if self._follows:
            self.second.adopt(here)
        self._blocks += 1
        return here

    def set_time(self, timestamp: int) -> None:
        """Move the empty pending block of both."""
        self.first.set_time(timestamp)
        self.second.set_time(timestamp)

    def account(self, address: Address) -> Account:
        """Balance, nonce and code in the first's pending state."""
        return self.first.account(address)

    def storage(self, address: Address, slot: int) -> int:
        """Value of one slot in the first's pending state."""
        return self.first.storage(address, slot)

    def close(self) -> None:
        """Give up both."""
        try:
            self.second.close()
        finally:
            self.first.close()

    def _fields(self, here: Execution, there: Execution) -> Iterator[Field]:
        """Everything that is compared, in the order in which a difference says most."""
        yield "status", _status(here), _status(there)
        yield "gas", here.gas_used, there.gas_used
        yield "return data", here.output, there.output
        yield "number of logs", len(here.logs), len(there.logs)
        for left, right in zip(here.logs, there.logs, strict=True):
            for part in ("address", "topics", "data"):
                yield f"log {left.index}, {part}", getattr(left, part), getattr(right, part)
        yield "created contract", here.created, there.created
        yield "price of gas", here.gas_price, there.gas_price
        yield from self._state(here, there)

    def _state(self, here: Execution, there: Execution) -> Iterator[Field]:
        touched = {self._coinbase, here.sender} | self.second.touched
        for frame in here.frames:
            touched |= {frame.caller, frame.target}
        accounts = sorted(touched)
        slots = sorted({(write.address, write.slot) for write in (*here.writes, *there.writes)})
        told, values = self.second.read(accounts, slots)
        for address, right in zip(accounts, told, strict=True):
            left = self.first.account(address)
            for part in ("balance", "nonce", "code"):
                yield f"{part} of {address}", getattr(left, part), getattr(right, part)
        for (address, slot), value in zip(slots, values, strict=True):
            yield f"storage of {address}, slot {slot:#x}", self.first.storage(address, slot), value

    def _differ(self, here: Execution, field: Field) -> Disagreement | MissingDependency:
        name, left, right = field
        own = sorted({use.name for use in here.opcodes} & _BY_OWN_LIGHTS - ({"PREVRANDAO"} if self._follows else set()))
        if own:
            what = f"a transaction reads {' and '.join(own)}, which {self.second.version} draws by itself: nothing to compare"
            return MissingDependency(what, do="run this scenario without --agree")
        self._difference = Difference(f"transaction 0x{here.hash.hex()}", name, _text(left), _text(right))
        return self._error(self._difference)

    def _still_agreed(self) -> None:
        if self._difference is not None:
            raise self._error(self._difference)

    def _error(self, found: Difference) -> Disagreement:
        names = f"{self.first.name} ({self.first.version}) and {self.second.name} ({self.second.version})"
        what = f"{names} differ on {found.subject} in {found.field}: {found.here} here, {found.there} there"
        return Disagreement(what, do="one of the two executes wrongly: keep the files and report it to whoever makes it")


def _status(execution: Execution) -> str:
    return "success" if execution.succeeded else "failure"


def _text(value: object) -> str:
    match value:
        case bytes():
            text = "0x" + value.hex()
        case tuple():
            text = "[" + ", ".join(_text(one) for one in value) + "]"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]} ({len(text)} characters)"
