"""Strict reading of parameters. Everything raises RpcError -32602 that says which argument is wrong and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sandbox.domain.units import UINT256_MAX, Address
from sandbox.rpc.errors import RpcError, invalid

T = TypeVar("T")
D = TypeVar("D")

TAGS: Final = frozenset({"latest", "earliest", "pending", "safe", "finalized"})
_HEX: Final = re.compile(r"0x[0-9a-fA-F]*", re.ASCII)
_HASH_BYTES: Final = 32
_ADDRESS_BYTES: Final = 20
_UINT64_MAX: Final = 2**64 - 1
_DATA_BYTES: Final = 2**22


class Params:
    """The positional parameters of one request. Reading one that is not there gives the default, where there is one."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def raw(self, at: int) -> Any:
        """The value as it came, None if it was left out."""
        return self._values[at] if at < len(self._values) else None

    def read(self, at: int, reader: Callable[[Any], T]) -> T:
        """The value through `reader`, which must be there."""
        if self.raw(at) is None:
            raise invalid(f"missing value for required argument {at}")
        return self._through(at, reader)

    def optional(self, at: int, reader: Callable[[Any], T], default: D) -> T | D:
        """The value through `reader`, or the default if it was left out or null."""
        return default if self.raw(at) is None else self._through(at, reader)

    def _through(self, at: int, reader: Callable[[Any], T]) -> T:
        try:
            return reader(self.raw(at))
        except RpcError as error:
            if error.what.startswith("invalid argument"):
                raise
            raise invalid(error.what, at) from error


def hex_text(value: Any) -> str:
    """A 0x-text; its digits, lower case."""
    if not isinstance(value, str):
        raise invalid(f"a hex string is needed, not {_kind(value)}")
    if not value.startswith("0x"):
        raise invalid("hex string without 0x prefix")
    if not _HEX.fullmatch(value):
        raise invalid("invalid hex string")
    return value[2:].lower()


def quantity(value: Any, most: int = UINT256_MAX) -> int:
    """A number: 0x and at least one digit, no leading zero. most: largest one allowed."""
    digits = hex_text(value)
    if not digits:
        raise invalid('hex string "0x"')
    if len(digits) > 1 and digits[0] == "0":
        raise invalid("hex number with leading zero digits")
    number = int(digits, 16)
    if number > most:
        raise invalid(f"hex number > {most.bit_length()} bits")
    return number


def uint64(value: Any) -> int:
    """A number of at most 64 bits."""
    return quantity(value, _UINT64_MAX)


def data(value: Any, most: int = _DATA_BYTES) -> bytes:
    """Bytes. most: how many."""
    digits = hex_text(value)
    if len(digits) % 2:
        raise invalid("hex string of odd length")
    if len(digits) > 2 * most:
        raise invalid(f"more than {most} bytes")
    return bytes.fromhex(digits)


def fixed(size: int) -> Callable[[Any], bytes]:
    """A reader of exactly so many bytes."""

    def read(value: Any) -> bytes:
        raw = data(value)
        if len(raw) != size:
            raise invalid(f"hex string has length {2 * len(raw)}, want {2 * size}")
        return raw

    return read


def digest(value: Any) -> bytes:
    """A 32-byte hash."""
    return fixed(_HASH_BYTES)(value)


def address(value: Any) -> Address:
    """An address, in the sandbox's writing."""
    return Address("0x" + fixed(_ADDRESS_BYTES)(value).hex())


def slot(value: Any) -> int:
    """A storage key: up to 32 bytes, leading zeros allowed."""
    digits = hex_text(value)
    if not digits or len(digits) > 2 * _HASH_BYTES:
        raise invalid("storage key of more than 32 bytes or of none" if digits else "empty hex string")
    return int(digits, 16)


def word(value: Any) -> int:
    """A 32-byte value as a number."""
    return int.from_bytes(digest(value), "big")


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(f"true or false is needed, not {_kind(value)}")
    return value


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise invalid(f"a string is needed, not {_kind(value)}")
    return value


def listed(reader: Callable[[Any], T], most: int) -> Callable[[Any], tuple[T, ...]]:
    """A reader of a list. most: items allowed."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise invalid(f"a list is needed, not {_kind(value)}")
        if len(value) > most:
            raise invalid(f"more than {most} items")
        return tuple(map(reader, value))

    return read


def mapped(keys: Callable[[Any], Any], values: Callable[[Any], T], most: int) -> Callable[[Any], dict[Any, T]]:
    """A reader of an object whose keys mean something. most: members allowed."""

    def read(value: Any) -> dict[Any, T]:
        if not isinstance(value, dict):
            raise invalid(f"an object is needed, not {_kind(value)}")
        if len(value) > most:
            raise invalid(f"more than {most} members")
        return {keys(key): values(item) for key, item in value.items()}

    return read


def fields(value: Any, readers: Mapping[str, Callable[[Any], Any]], *, strict: bool = False) -> dict[str, Any]:
    """The known members of an object, through their readers; null counts as left out. strict: no others may be there."""
    if not isinstance(value, dict):
        raise invalid(f"an object is needed, not {_kind(value)}")
    if strict and value.keys() - readers.keys():
        raise invalid(f"unknown member {sorted(value.keys() - readers.keys())[0]!r}")
    read = {}
    for name, reader in readers.items():
        if value.get(name) is not None:
            try:
                read[name] = reader(value[name])
            except RpcError as error:
                raise invalid(f"{name}: {error.what}") from error
    return read


def block_key(value: Any) -> int | bytes | str:
    """A block by number, by hash (alone or as in EIP-1898), or by tag."""
    if isinstance(value, dict):
        return _block_object(value)
    if isinstance(value, str) and value in TAGS:
        return value
    digits = hex_text(value)
    return bytes.fromhex(digits) if len(digits) == 2 * _HASH_BYTES else uint64(value)


def block_number(value: Any) -> int | str:
    """A block by number or tag."""
    return value if isinstance(value, str) and value in TAGS else uint64(value)


def _block_object(value: dict[str, Any]) -> int | bytes | str:
    known = {"blockHash": digest, "blockNumber": block_number, "requireCanonical": flag}
    read = fields(value, known, strict=True)
    if ("blockHash" in read) == ("blockNumber" in read):
        raise invalid("cannot specify both BlockHash and BlockNumber, choose one or the other")
    key: int | bytes | str = read["blockHash"] if "blockHash" in read else read["blockNumber"]
    return key


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "null")
