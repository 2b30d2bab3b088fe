"""A chain of blocks under one engine: sends, receipts, an index of transactions, and time that only the caller moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sandbox.chain.contracts import Contracts
from sandbox.chain.history import History, InMemory
from sandbox.chain.observe import Observer
from sandbox.chain.receipts import Receipt as Receipt
from sandbox.chain.receipts import receipt_of
from sandbox.domain.effects import Effects
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from sandbox.engines.base import TX_GAS_LIMIT, Block, ChainEngine, Execution, Transaction, anchor
from sandbox.errors import EngineError, NotFound

BLOCK_SIZE: Final = 100
"""Transactions a block holds before it is sealed on its own."""


class Chain:
    """Not thread-safe. engine: holds the state. block_size: transactions per block. gas_limit: most gas per transaction,
    for which every block keeps room.

    contracts: what is deployed where, to decode with. observer: which contracts are assets and measure something. history:
    where sealed blocks are kept, in memory if None.
    """

    def __init__(
        self,
        engine: ChainEngine,
        *,
        contracts: Contracts | None = None,
        observer: Observer | None = None,
        block_size: int = BLOCK_SIZE,
        gas_limit: int = TX_GAS_LIMIT,
        history: History | None = None,
    ) -> None:
        self.engine = engine
        self.contracts = contracts if contracts is not None else Contracts()
        self.observer = observer if observer is not None else Observer()
        self._block_size = block_size
        self._gas_limit = gas_limit
        self._history = history if history is not None else InMemory(engine.head)
        self._pending: list[Receipt] = []
        self._places: dict[bytes, int] = {}
        self._tried: list[Execution] = []
        self._depth = 0

    @property
    def head(self) -> Block:
        """The last sealed block."""
        return self._history.head

    @property
    def timestamp(self) -> int:
        """Unix seconds of the block being built."""
        return self.engine.pending.timestamp

    @property
    def full(self) -> bool:
        """True when the pending block holds as many transactions as it may."""
        return len(self._pending) >= self._block_size

    @contextmanager
    def anchor(self) -> Iterator[Callable[[], None]]:
        """Try transactions: on exit they are taken back without a trace, unless the yielded function was called."""
        self._make_room()
        mark, kept = len(self._tried), False

        def keep() -> None:
            nonlocal kept
            kept = True
            keep_engine()

        self._depth += 1
        try:
            with anchor(self.engine) as keep_engine:
                yield keep
        except BaseException:
            kept = False
            raise
        finally:
            self._depth -= 1
            if not kept:
                del self._tried[mark:]
        if self._depth == 0:
            self._register()

    def send(self, transaction: Transaction | bytes, *, request: str | None = None) -> Effects:
        """Sign (unless signed already), execute on the pending block and say what happened.

        Outside an anchor the transaction stays. request: id of the request a privileged operation answers to.
        Raises InputError and EngineError as `ChainEngine.execute`.
        """
        self._make_room()
        pending = self.engine.pending
        execution = self.engine.execute(transaction)
        self._tried.append(execution)
        reverted = None if execution.error is None else self.contracts.reverted(execution.error, execution.output)
        effects = self.observer.observe(execution, pending.number, pending.timestamp, reverted, request)
        if self._depth == 0:
            self._register()
        return effects

    def view(self, to: Address, data: bytes, *, sender: Address = ZERO_ADDRESS, value: int = 0) -> Execution:
        """Run on the pending state and leave no trace; a revert is in the result."""
        return self.engine.call(to, data, sender=sender, value=value)

    def seal(self) -> Block:
        """Close the pending block and open the next, one second later. Raises EngineError inside an anchor."""
        if self._depth:
            raise EngineError("a block cannot be sealed while a transaction is being judged", do="leave the anchor first")
        block = self.engine.seal()
        self._history.add(block, tuple(self._pending))
        self._pending, self._places = [], {}
        return block

    def advance(self, seconds: int) -> None:
        """Let time pass: seals the pending block if it holds anything, and moves the next one. Raises InputError if time
        would not move forward."""
        if self._pending:
            self.seal()
        self.engine.set_time(self.timestamp + seconds)

    def block(self, key: int | bytes) -> Block:
        """A sealed block by number or hash. Raises NotFound."""
        found = self._history.block(key)
        if found is None:
            raise NotFound(f"there is no block {key if isinstance(key, int) else '0x' + key.hex()}")
        return found

    def receipts(self, number: int) -> tuple[Receipt, ...]:
        """Receipts of a block, the pending one included. Raises NotFound."""
        if number == self.head.number + 1:
            return tuple(self._pending)
        return self._history.receipts(self.block(number).number)

    def receipt(self, digest: bytes) -> Receipt:
        """Receipt of a transaction that was kept, by its hash. Raises NotFound."""
        place = self._places.get(digest)
        found = self._history.receipt(digest) if place is None else self._pending[place]
        if found is None:
            raise NotFound(f"there is no transaction 0x{digest.hex()}")
        return found

    def balance(self, address: Address) -> BaseUnits:
        """Wei in the pending state."""
        return self.engine.account(address).balance

    def nonce(self, address: Address) -> int:
        """Nonce of the next transaction of the account."""
        return self.engine.account(address).nonce

    def close(self) -> None:
        """Give up the engine."""
        self.engine.close()

    def _make_room(self) -> None:
        if self._depth:
            return
        pending = self.engine.pending
        if pending.count >= self._block_size or (pending.count and pending.gas_used + self._gas_limit > pending.gas_limit):
            self.seal()

    def _register(self) -> None:
        for execution in self._tried:
            index = self._places[execution.hash] = len(self._pending)
            previous = self._pending[-1] if self._pending else None
            self._pending.append(receipt_of(execution, self.head.number + 1, index, previous))
        self._tried = []
