"""The block being built on a node: mined already, and taken back whenever something else is to be in it.

A node tells what a transaction did only once it is in a block. So the pending block is mined for each transaction anew, on a
snapshot of the head, with everything it holds so far; sealing keeps the last one. Number, time, fee and order are those of one
block, and what is taken back was never there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.engines.base import Block
from sandbox.engines.rpc.client import Question
from sandbox.engines.rpc.node import Node
from sandbox.engines.rpc.values import Receipt, block_of, fee_after, hexed, receipt_of
from sandbox.engines.wire import WireTransaction
from sandbox.errors import EngineError, InputError


@dataclass(slots=True)
class Base:
    """A sealed block and the node's snapshot of it, from which the block on top is mined."""

    head: Block
    mark: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction of the pending block. cumulative: gas used up to and with it."""

    wire: WireTransaction
    cumulative: int


@dataclass(frozen=True, slots=True)
class Point:
    """A point to go back to: how many bases there were, and what the pending block was."""

    bases: int
    timestamp: int
    sent: tuple[Sent, ...]


class Builder:
    """timestamp: of the pending block, unix seconds. sent: what it holds. The node stands at the last base, or on a block made
    of `_mined` on top of it, or (None) somewhere it has to be called back from; `_stray` may be left in its
    pool, and a block that was ordered may be `_awaited`."""

    def __init__(self, node: Node, head: Block) -> None:
        self.node = node
        self.bases = [Base(head, node.snapshot())]
        self.timestamp = head.timestamp + 1
        self.sent: list[Sent] = []
        self._at_base = True
        self._mined: list[bytes] | None = None
        self._stray: list[bytes] = []
        self._awaited = False

    @property
    def head(self) -> Block:
        """The last sealed block."""
        return self.bases[-1].head

    @property
    def gas_used(self) -> int:
        """Gas of everything in the pending block."""
        return self.sent[-1].cumulative if self.sent else 0

    def add(self, wire: WireTransaction, traces: Sequence[Mapping[str, Any]]) -> tuple[Receipt, list[Any]]:
        """Put one more transaction into the pending block; its receipt and traces. Raises InputError if no block could hold
        it, EngineError; neither leaves a trace."""
        hashes = self._mine([*(one.wire for one in self.sent), wire])
        if wire.hash not in hashes:
            self._mined = None
            raise InputError("no block could hold the transaction", do="check nonce, funds, gas limit, fees and fields")
        questions: list[Question] = [("eth_getTransactionReceipt", [hexed(wire.hash)])]
        questions += [("debug_traceTransaction", [hexed(wire.hash), how]) for how in traces]
        try:
            told, *traced = self.node.all(questions)
        except EngineError:
            self._mined = None
            raise
        receipt = receipt_of(told)
        self.sent.append(Sent(wire, receipt.cumulative))
        return receipt, traced

    def settle(self, *, block: bool = False) -> None:
        """Let the node stand where its state is the pending one. block: on the pending block itself, even if it is empty."""
        hashes = [one.wire.hash for one in self.sent]
        if self._mined == hashes or (self._at_base and not hashes and not block):
            return
        if hashes or block:
            self._mine([one.wire for one in self.sent])
        else:
            self._to_base()

    def seal(self) -> Block:
        """Keep the pending block."""
        self.settle(block=True)
        block = block_of(self.node.block(), [one.wire.raw for one in self.sent])
        self._stand_on(block)
        return block

    def move(self, timestamp: int) -> None:
        """Give the empty pending block another time."""
        self._to_base()
        self.timestamp = timestamp

    def point(self) -> Point:
        """Where it stands."""
        return Point(len(self.bases), self.timestamp, tuple(self.sent))

    def go_back(self, point: Point) -> None:
        """Stand there again. The node follows when it is asked something next."""
        if point.bases < len(self.bases):
            del self.bases[point.bases :]
            self._at_base, self._mined = False, None
        elif point.timestamp != self.timestamp:
            self._at_base, self._mined = False, None
        self.timestamp, self.sent = point.timestamp, list(point.sent)

    def replace_head(self, block: Block) -> None:
        """Let another chain's block of the same number be the head."""
        self._to_base()
        self.node.adopt(block)
        self.bases.pop()
        self._stand_on(block)

    def _stand_on(self, block: Block) -> None:
        self.bases.append(Base(block, self.node.snapshot()))
        self.timestamp, self.sent, self._at_base, self._mined = block.timestamp + 1, [], True, None

    def _mine(self, wires: Sequence[WireTransaction]) -> list[bytes]:
        self._to_base()
        wanted = [wire.hash for wire in wires]
        self._at_base, self._stray = False, wanted
        self.node.plan(self.timestamp, fee_after(self.head))
        self.node.send([wire.raw for wire in wires])
        self._awaited = True
        self.node.mine()
        self._awaited = False
        block = block_of(self.node.block())
        made = [one for one in wanted if one in block.transactions]
        if list(block.transactions) != made or block.timestamp != self.timestamp or block.number != self.head.number + 1:
            what = f"the node made block {block.number} otherwise than it was told"
            raise EngineError(what, where=self.node.shown, do="leave the node to this run alone")
        self._mined, self._stray = made, [one for one in wanted if one not in made]
        return made

    def _to_base(self) -> None:
        if self._at_base:
            return
        base = self.bases[-1]
        if self._awaited:
            self.node.await_block(base.head.number + 1)
            self._awaited = False
        self.node.drop(self._stray)
        self.node.revert(base.mark)
        base.mark = self.node.snapshot()
        self._at_base, self._mined, self._stray = True, None, []
