"""What contracts write to the console: calls of Hardhat's `console.log` library, decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from sandbox.chain.coercion import text_of
from sandbox.domain.effects import Frame
from sandbox.domain.units import Address

CONSOLE: Final = Address("0x000000000000000000636f6e736f6c652e6c6f67")
"""Where the library sends its calls: "console.log" in ASCII. Nothing is deployed there."""

_KINDS: Final = ("uint256", "string", "bool", "address")
_MOST: Final = 4


@cache
def _signatures() -> Mapping[bytes, tuple[str, ...]]:
    """Selector -> types of its arguments."""
    forms = [("log", kinds) for count in range(_MOST + 1) for kinds in product(_KINDS, repeat=count)]
    words = ["int256", "bytes", *(f"bytes{size}" for size in range(1, 33))]
    named = {"uint256": "Uint", "int256": "Int", "string": "String", "bool": "Bool", "address": "Address"}
    forms += [("log", (kind,)) for kind in words]
    forms += [(f"log{named.get(kind, kind.capitalize())}", (kind,)) for kind in (*_KINDS, *words)]
    return {bytes(keccak(f"{name}({','.join(kinds)})".encode())[:4]): kinds for name, kinds in forms}


def lines(frames: Iterable[Frame]) -> Iterator[str]:
    """What the frames of a transaction wrote, in order; what cannot be decoded is shown as bytes."""
    for frame in frames:
        if frame.target == CONSOLE:
            yield line(frame.data)


def line(data: bytes) -> str:
    """What one call says; what cannot be decoded is shown as bytes."""
    kinds = _signatures().get(data[:4])
    if kinds is None:
        return "0x" + data.hex()
    try:
        values = decode(kinds, data[4:], strict=False)
    except (DecodingError, UnicodeDecodeError):
        return "0x" + data.hex()
    return _filled([text_of(value) for value in values])


def _filled(values: list[str]) -> str:
    """The first text's %s, %d, %i, %o and %x give way to what follows; the rest comes after it."""
    if not values:
        return ""
    text, *rest = values
    for mark in ("%s", "%d", "%i", "%o", "%x"):
        while mark in text and rest:
            text = text.replace(mark, rest.pop(0), 1)
    return " ".join([text, *rest])
