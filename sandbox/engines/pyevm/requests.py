"""Requests from the execution layer to the consensus layer (EIP-6110, EIP-7685)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from eth.vm.forks.prague.constants import DEPOSIT_EVENT_SIGNATURE_HASH

from sandbox.domain.units import Address
from sandbox.engines.archive import Event

_PARTS: Final = ((192, 240), (288, 320), (352, 360), (416, 512), (544, 552))
"""Where public key, withdrawal credentials, amount, signature and index stand in a deposit event."""


def deposits_of(events: Iterable[Event], contract: Address) -> bytes:
    """What the deposit contract's events ask for, one after the other."""
    return b"".join(
        one.data[start:end]
        for one in events
        if one.address == contract and one.topics and one.topics[0] == bytes(DEPOSIT_EVENT_SIGNATURE_HASH)
        for start, end in _PARTS
    )


def requests_hash(requests: Sequence[bytes]) -> bytes:
    """SHA-256 over the SHA-256 of each request that says something."""
    total = sha256()
    for one in requests:
        if len(one) > 1:
            total.update(sha256(one).digest())
    return total.digest()
