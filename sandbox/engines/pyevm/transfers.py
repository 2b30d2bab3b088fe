"""Native transfers as logs, the way `eth_simulateV1` asks for them (ERC-7528: native value as a token of its own)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from eth_hash.auto import keccak

from sandbox.domain.effects import FrameKind
from sandbox.domain.units import Address
from sandbox.engines.archive import Event
from sandbox.engines.rlp_items import address, padded

NATIVE: Final = Address("0x" + "ee" * 20)
_TRANSFER: Final = bytes(keccak(b"Transfer(address,address,uint256)"))


def transfer_event(sender: bytes, receiver: bytes, value: int) -> Event:
    """A move of native value as an ERC-20 transfer."""
    return Event(NATIVE, (_TRANSFER, sender.rjust(32, b"\x00"), receiver.rjust(32, b"\x00")), padded(value))


def logs_of(frame: Any, *, transfers: bool) -> Iterator[Event]:
    """Logs of a frame and of those below it that were kept, in order. frame: an `OpenComputation`. transfers: moves of
    native value stand among them."""
    if not frame.is_success:
        return
    for happened in _sequence(frame, transfers):
        if isinstance(happened, Event):
            yield happened
        else:
            yield from logs_of(happened, transfers=transfers)


def _sequence(frame: Any, transfers: bool) -> Iterator[Any]:
    """Events and child frames in the order they happened."""
    msg = frame.msg
    if transfers and msg.should_transfer_value and msg.value and frame.kind is not FrameKind.DELEGATECALL:
        yield transfer_event(msg.sender, msg.storage_address, msg.value)
    for happened in frame.order:
        if isinstance(happened, tuple):
            where, topics, data = happened
            yield Event(address(bytes(where)), tuple(map(padded, topics)), bytes(data))
        else:
            yield happened
    if transfers and frame.destroyed is not None and frame.destroyed[1]:
        heir, balance = frame.destroyed
        yield transfer_event(msg.storage_address, heir, balance)
