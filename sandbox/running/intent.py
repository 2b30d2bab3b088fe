"""What somebody wants done on the chain of a run, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.domain.effects import Effects
from sandbox.domain.supervision import Judgement
from sandbox.domain.units import Address, BaseUnits


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deploying transaction brings. instance: its name from then on. contract and interface: artifact keys."""

    instance: str
    contract: str
    interface: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction somebody wants. action and args: in words, for the log. deploys: what it brings, None for a call. signed:
    the transaction itself, where its sender signed it elsewhere."""

    step: int
    actor: str
    action: str
    args: tuple[str, ...]
    to: Address | None
    data: bytes
    value: BaseUnits
    gas: int | None
    request: str | None
    deploys: Deployment | None = None
    signed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A transaction that was executed or refused."""

    status: str
    effects: Effects
    judgement: Judgement
