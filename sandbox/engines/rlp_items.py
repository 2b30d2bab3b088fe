"""The few conversions between RLP items and values, RLP encoding, and RLP decoding that raises the sandbox's own errors."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from rlp.codec import decode
from rlp.exceptions import RLPException

from sandbox.domain.units import Address
from sandbox.errors import InputError

_WORD: Final = 32
_ADDRESS: Final = 20
_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT: Final = 55
_HEADS: Final = tuple(bytes([value]) for value in range(256))


def number(value: int | None) -> bytes:
    """A number as an item: big endian, nothing for zero."""
    value = value or 0
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def quantity(item: Any) -> int:
    """An item as the number it is. Raises InputError: a list, a leading zero, more than 32 bytes."""
    if not isinstance(item, bytes) or item[:1] == b"\x00" or len(item) > _WORD:
        raise InputError("an RLP item is not a number", do="encode numbers big endian without leading zeros")
    return int.from_bytes(item, "big")


@lru_cache(maxsize=8192)
def address(item: bytes) -> Address:
    """20 bytes as the sandbox writes addresses. Raises InputError."""
    if not isinstance(item, bytes) or len(item) != _ADDRESS:
        raise InputError("an RLP item is not an address", do="an address is 20 bytes")
    return Address("0x" + item.hex())


def padded(value: int) -> bytes:
    """A number as a 32-byte word."""
    return value.to_bytes(_WORD, "big")


def decoded(raw: bytes, what: str) -> list[Any]:
    """The items of an RLP list. Raises InputError."""
    try:
        items = decode(raw)
    except RLPException as error:
        raise InputError(f"{what} is not RLP: {error}", do="send the canonical encoding") from error
    if not isinstance(items, list | tuple):
        raise InputError(f"{what} is a single RLP item where a list belongs")
    return list(items)


def encode(item: Any) -> bytes:
    """RLP of bytes, or of a sequence of what has one."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < _STRING else _headed(item, _STRING)
    return _headed(b"".join(map(encode, item)), _LIST)


def _headed(body: bytes, base: int) -> bytes:
    size = len(body)
    if size <= _SHORT:
        return _HEADS[base + size] + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return _HEADS[base + _SHORT + len(length)] + length + body
