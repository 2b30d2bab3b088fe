"""What the registry contract on the chain says of a pilot, and which acts change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sandbox.domain.canonical import canonical
from sandbox.domain.dossier import Consequence, Dossier, Intervened, LimitsChanged, Measure, Moved
from sandbox.domain.limits import LimitSet
from sandbox.domain.standing import State

STATUSES: Final = tuple(State)
"""A state's place is its number in the contract; a test holds the two together."""

_PAUSING: Final = frozenset({Measure.PAUSE, Measure.RESUME})


@dataclass(frozen=True, slots=True)
class Inscription:
    """An entry of the registry. Hashes: SHA-256, 0x-hex: of the init code hashes by contract, of the manifest's bytes, of the
    limits in force as plain data. paused: an order stops everybody."""

    firm: str
    code_hash: str
    manifest_hash: str
    limits_hash: str
    status: State
    paused: bool


@dataclass(frozen=True, slots=True)
class LoggedWrite:
    """An entry of the sandbox's log about the contract. root: of an anchored log's first `size` entries, 0x-hex, as the log
    itself gives it now; "" for other entries."""

    index: int
    body: Mapping[str, Any]
    root: str = ""


def inscription(
    firm: str, contracts: Mapping[str, str], manifest_hash: str, limits: LimitSet, dossier: Dossier
) -> Inscription:
    """What the registry ought to say. contracts: name -> hash of its init code. manifest_hash: as hex. limits: in force."""
    return Inscription(
        firm=firm,
        code_hash=_hash(dict(contracts)),
        manifest_hash="0x" + manifest_hash,
        limits_hash=_hash(limits.as_data()),
        status=dossier.state,
        paused=dossier.paused,
    )


def changes_inscription(brought: Iterable[Consequence]) -> bool:
    """Whether what an act brought about can change an entry."""
    return any(
        isinstance(one, Moved | LimitsChanged) or (isinstance(one, Intervened) and one.measure in _PAUSING) for one in brought
    )


def _hash(data: Mapping[str, object]) -> str:
    return "0x" + sha256(canonical(data)).hexdigest()
