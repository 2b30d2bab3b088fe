"""A chain for development: transactions take place as they come, or in a block now and then; time and state can be turned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Signal
from typing import Any, Final

from sandbox.chain import console
from sandbox.domain.units import Address
from sandbox.engines.archive import Message
from sandbox.engines.base import Snapshot
from sandbox.engines.blobs import Sidecar
from sandbox.engines.pyevm.development import ByHand, DevArchive, DevEngine
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError, Refused, Rejected, SandboxError
from sandbox.rpc.errors import invalid
from sandbox.rpc.ground import Ground, Told, answering
from sandbox.rpc.pool import Pool
from sandbox.rpc.wallet import Wallet

MOST_MINED: Final = 100_000
"""Blocks one request may ask for."""

_BLOB_TYPE: Final = 3
_LAST_TIME: Final = 2**63
_MOST_REFUSED: Final = 1_000


class Clock:
    """Time of the blocks: the wall's, moved; or so many seconds apart. wall: unix seconds. offset: seconds ahead of it. chosen:
    time of the next block, None for none. apart: seconds between blocks, None to follow the wall."""

    def __init__(self, wall: Callable[[], int]) -> None:
        self.wall = wall
        self.offset = 0
        self.chosen: int | None = None
        self.apart: int | None = None

    def next(self, head: int) -> int:
        """Time of the block after one of time `head`."""
        if self.chosen is not None:
            return self.chosen
        return max(head + 1, self.wall() + self.offset) if self.apart is None else head + self.apart

    def move_to(self, timestamp: int) -> None:
        """From now on, time runs from there."""
        self.offset, self.chosen = timestamp - self.wall(), None

    def mark(self) -> tuple[int, int | None, int | None]:
        """How it is set."""
        return self.offset, self.chosen, self.apart

    def return_to(self, mark: tuple[int, int | None, int | None]) -> None:
        """Set it so again."""
        self.offset, self.chosen, self.apart = mark


@dataclass(frozen=True)
class _Mark:
    """A point to come back to. waiting, by_hash: of the pool."""

    engine: Snapshot
    hand: ByHand
    ground: object
    clock: tuple[int, int | None, int | None]
    waiting: dict[Address, dict[int, WireTransaction]]
    by_hash: dict[bytes, WireTransaction]


class DevChain(Pool):
    """An `Inbox` that lets things happen. ground: where. tell: hears what became of each transaction. Not thread-safe.

    automine: a block for each transaction. interval: seconds between blocks, None for none; whoever keeps time looks at it
    when `woken` is set.
    """

    def __init__(
        self,
        engine: DevEngine,
        archive: DevArchive,
        ground: Ground,
        wallet: Wallet,
        wall: Callable[[], int],
        tell: Callable[[Told], None],
    ) -> None:
        super().__init__(archive)
        self.wallet = wallet
        self.clock = Clock(wall)
        self.automine = True
        self.interval: float | None = None
        self.woken = Signal()
        self.engine = engine
        self._dev_archive = archive
        self._ground = ground
        self._tell = tell
        self._refused: dict[bytes, Refused] = {}
        self._marks: dict[int, _Mark] = {}
        self._last_mark = 0
        self._origin = self._mark()
        self.returns: list[int] = []

    def admit(self, transaction: WireTransaction, sidecar: Sidecar | None = None) -> bytes:
        """Check a transaction; let it take place if it can. Raises Rejected, InputError, EngineError, and Refused where the
        supervisor refuses it."""
        digest = super().admit(transaction, sidecar)
        self._refused.pop(digest, None)
        if self.automine:
            for ready in self._ready(transaction.sender):
                error = self._alone(ready)
                if error is not None and ready.hash == digest:
                    raise error
                if error is not None:
                    break
        return digest

    def refusal(self, digest: bytes) -> Refused | None:
        """Why the supervisor refused a transaction, by its hash; None if it did not, or too long ago."""
        return self._refused.get(digest)

    def mine(self, blocks: int = 1, *, apart: int | None = None, timestamp: int | None = None) -> None:
        """Make blocks, the first with everything that waits. apart: seconds between them. timestamp: of the first."""
        if blocks > MOST_MINED:
            raise invalid(f"more than {MOST_MINED} blocks at once")
        if timestamp is not None:
            self.choose_time(timestamp)
        for at in range(blocks):
            if at and apart is not None:
                self.clock.chosen = self.engine.head.timestamp + apart
            self._open()
            self._fill()
            self._seal()

    def choose_time(self, timestamp: int) -> None:
        """Time of the next block. Raises InputError if it is not later than the last one's."""
        head = self.engine.head.timestamp
        if not head < timestamp < _LAST_TIME:
            raise InputError(f"Timestamp {timestamp} is lower than or equal to previous block's timestamp {head}")
        self.clock.chosen = timestamp

    def keep_time(self, seconds: float | None) -> None:
        """A block every so many seconds; none if None."""
        self.interval = seconds or None
        self.woken.set()

    def drop_all(self) -> None:
        """Forget everything that waits."""
        for digest in list(self._by_hash):
            self.drop(digest)

    def alter(self, address: Address, **fields: Any) -> None:
        """Change an account, as `DevEngine.alter`."""
        self.engine.alter(address, **fields)

    def turn(self, **fields: Any) -> None:
        """Choose what the next block's header says, as `DevEngine.turn`."""
        self.engine.turn(**fields)

    def overhear(self, message: Message) -> None:
        """Tell what the last call wrote to the console, if anything. message: the call."""
        said = tuple(map(console.line, self._dev_archive.sent_to(console.CONSOLE)))
        if said:
            self._tell(Told("called", message.sender, f"call {message.to or 'create'}", said=said))

    def snapshot(self) -> int:
        """Mark this point."""
        self._last_mark += 1
        self._marks[self._last_mark] = self._mark()
        return self._last_mark

    def revert(self, number: int) -> bool:
        """Go back to a mark, which is used up by it like all later ones; False if there is none."""
        mark = self._marks.get(number)
        if mark is None:
            return False
        self._marks = {key: one for key, one in self._marks.items() if key < number}
        self._return(mark)
        return True

    def reset(self) -> None:
        """Go back to the beginning."""
        self._marks = {}
        self._return(self._origin)
        self._origin = self._mark()

    def _mark(self) -> _Mark:
        waiting = {who: dict(sent) for who, sent in self._waiting.items()}
        engine, clock = self.engine, self.clock.mark()
        return _Mark(engine.snapshot(), engine.by_hand, self._ground.mark(), clock, waiting, dict(self._by_hash))

    def _return(self, mark: _Mark) -> None:
        self.engine.revert(mark.engine)
        self.engine.return_to(mark.hand)
        self._ground.restore(mark.ground)
        self.clock.return_to(mark.clock)
        self._waiting, self._by_hash = mark.waiting, mark.by_hash
        self._dev_archive.forget()
        self.returns.append(self.engine.head.number)

    def _check(self, sent: WireTransaction) -> None:
        if sent.kind == _BLOB_TYPE:
            raise Rejected("type", "blob transactions are not taken here")
        base = self._archive.next_base_fee(self._archive.head)
        if sent.fee_cap < base:
            what = f"max fee per gas less than block base fee: address {sent.sender}, maxFeePerGas: {sent.fee_cap}"
            raise Rejected("fee_cap", f"{what}, baseFee: {base}")
        super()._check(sent)

    def _block_gas(self) -> int:
        return self.engine.pending.gas_limit

    def _alone(self, sent: WireTransaction) -> SandboxError | None:
        """A transaction in a block of its own; why there is none."""
        self._open()
        error = self._take(sent)
        if error is None:
            self._seal()
        return error

    def _fill(self) -> None:
        """Everything that waits and fits, in the order it came."""
        progress = True
        while progress:
            progress = False
            for sent in list(self._by_hash.values()):
                pending = self.engine.pending
                if sent.nonce == self.engine.account(sent.sender).nonce and sent.gas <= pending.gas_limit - pending.gas_used:
                    progress = self._take(sent) is None or progress

    def _take(self, sent: WireTransaction) -> SandboxError | None:
        self.drop(sent.hash)
        try:
            told = self._ground.take(sent, answering.get())
        except SandboxError as error:
            self._tell(Told("dropped", sent.sender, "", why=str(error)))
            return error
        self._tell(told)
        if told.status != "blocked":
            return None
        while len(self._refused) >= _MOST_REFUSED:
            del self._refused[next(iter(self._refused))]
        self._refused[sent.hash] = told.refusal()
        return self._refused[sent.hash]

    def _open(self) -> None:
        timestamp = self.clock.next(self.engine.head.timestamp)
        if timestamp != self.engine.pending.timestamp:
            self.engine.set_time(timestamp)

    def _seal(self) -> None:
        chosen = self.clock.chosen
        told = self._ground.seal()
        if chosen is not None:
            self.clock.move_to(self.engine.head.timestamp)
        if told is not None:
            self._tell(told)
