"""What a development chain stands on: where one transaction takes place, supervised or not."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from sandbox.chain.chain import Chain
from sandbox.chain.console import lines
from sandbox.chain.history import History
from sandbox.chain.receipts import Receipt
from sandbox.domain.effects import Effects
from sandbox.engines.base import Block, ChainEngine
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Refused

answering: ContextVar[str | None] = ContextVar("answering", default=None)
"""Id of the request a client says its privileged operation answers to, for as long as it is served."""

Found = Mapping[str, object]
"""A finding as plain data."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a transaction (or, with no `effects`, of a sealed block or a call). status: success | reverted | flagged
    | blocked | dropped | called. who: sends it. action: what it does, in words. findings: against it. why: it failed, None if
    it did not. said: what its contracts wrote to the console."""

    status: str
    who: str
    action: str
    effects: Effects | None = None
    findings: tuple[Found, ...] = ()
    why: str | None = None
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: str, who: str, action: str, effects: Effects, findings: tuple[Found, ...] = ()) -> Told:
        """Of a transaction that ran."""
        why = None if effects.reverted is None else str(effects.reverted) or "reverted"
        return cls(status, who, action, effects, findings, why, tuple(lines(effects.frames)))

    def refusal(self) -> Refused:
        """What whoever sent a blocked transaction is told."""
        first = self.findings[0]
        reason = f"{first['code']} {first['grade']}: {first['observed']}, bound {first['bound']}"
        return Refused(f"refused by the supervisor: {reason}", tuple(map(dict, self.findings)))


class Ground(Protocol):
    """Takes transactions onto the pending block of its chain."""

    chain: Chain

    def take(self, sent: WireTransaction, request: str | None = None) -> Told:
        """Execute a transaction; it stays unless it is blocked. request: id of the request it answers to. Raises InputError,
        EngineError; then it left nothing."""

    def seal(self) -> Told | None:
        """Close the pending block, empty or not; what was found on it, if anything."""

    def mark(self) -> object:
        """Everything the ground knows besides the chain, to come back to."""

    def restore(self, mark: object) -> None:
        """Know again what the mark holds."""


class HeadOnly(History):
    """A chain's memory of its head alone; somebody else keeps the rest. engine: tells it."""

    def __init__(self, engine: ChainEngine) -> None:
        self._engine = engine

    @property
    def head(self) -> Block:
        """The last block."""
        return self._engine.head

    def add(self, block: Block, receipts: tuple[Receipt, ...]) -> None:
        """Nothing is kept."""

    def block(self, key: int | bytes) -> Block | None:
        """The head, if it is meant."""
        return self.head if key in (self.head.number, self.head.hash) else None

    def receipts(self, number: int) -> tuple[Receipt, ...]:
        """None are kept."""
        return ()

    def receipt(self, digest: bytes) -> Receipt | None:
        """None are kept."""
        return None


def bare_chain(engine: ChainEngine) -> Chain:
    """A chain that seals only when it is told to."""
    return Chain(engine, block_size=2**31, gas_limit=0, history=HeadOnly(engine))


class OpenGround:
    """Ground without supervision."""

    def __init__(self, engine: ChainEngine) -> None:
        self.chain = bare_chain(engine)

    def take(self, sent: WireTransaction, request: str | None = None) -> Told:
        """Execute a transaction."""
        effects = self.chain.send(sent.raw)
        target = "create" if sent.to is None else f"call {sent.to}"
        return Told.of("success" if effects.succeeded else "reverted", sent.sender, target, effects)

    def seal(self) -> None:
        """Close the pending block."""
        self.chain.seal()

    def mark(self) -> object:
        """Nothing."""
        return None

    def restore(self, mark: object) -> None:
        """Nothing to know again."""
