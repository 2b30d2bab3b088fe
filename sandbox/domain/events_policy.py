"""Events about what judges and what contracts answer: limits and orders in force from a block on, probes, balances read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class BalancesRead:
    """What a rebasing asset answered on a sealed block, taken for true from then on. balances: holder -> base units."""

    type: ClassVar[str] = "balances_read"
    step: int
    asset: str
    supply: str
    balances: Mapping[str, str]
    block: int


@dataclass(frozen=True, slots=True)
class Governed:
    """Other limits or orders judge from this block on: the pilot's state, stage, a version or an order changed. bounds and
    modes: limit -> bound as plain data, and mode. factor: basis points of each staged limit that are in force. start: unix
    seconds from which the test period counts. foreign: addresses of other pilots on the same chain."""

    type: ClassVar[str] = "governed"
    block: int
    bounds: Mapping[str, object]
    modes: Mapping[str, str]
    factor: int
    start: int
    business: str
    why: str
    frozen: Sequence[str]
    paused: bool
    foreign: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ProbeRead:
    """A declared probe answered something new. value: None where it reverted."""

    type: ClassVar[str] = "probe"
    step: int
    name: str
    view: str
    value: str | None
    block: int
