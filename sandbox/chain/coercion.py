"""Values as people write them in scenarios and requests, made into what an ABI type takes; and back into text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from eth_abi.exceptions import ABITypeError, ParseError
from eth_abi.grammar import TupleType, parse

from sandbox.errors import InputError

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_INTEGER: Final = re.compile(r"-?[0-9]+(_[0-9]+)*")
_HEX: Final = re.compile(r"0x([0-9a-fA-F]{2})*")

Coercer = Callable[[Any, str], Any]
"""(value, what it is the value of) -> value for eth_abi. Raises InputError."""


@lru_cache(maxsize=4096)
def coercer(kind: str) -> Coercer:
    """How to read values of one ABI type. Raises InputError for a type that does not exist."""
    try:
        node = parse(kind)
        node.validate()
    except (ParseError, ABITypeError) as error:
        raise InputError(f"{kind!r} is not an ABI type") from error
    return _coercer(node)


def text_of(value: Any) -> str:
    """A decoded value as text: decimal numbers, 0x-hex bytes and addresses, true and false, lists in brackets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(text_of, value))}]"
    return str(value)


def _coercer(node: Any) -> Coercer:
    kind = str(node.to_type_str())
    if node.is_array:
        length = node.arrlist[-1][0] if node.arrlist[-1] else None
        return _array(kind, _coercer(node.item_type), length)
    if isinstance(node, TupleType):
        return _tuple(kind, [_coercer(component) for component in node.components])
    if node.base in ("uint", "int"):
        return _integer(node.base, int(node.sub))
    if node.base == "bytes":
        return _bytes(node.sub)
    plain = {"address": _address, "bool": _bool, "string": _string}.get(node.base)
    if plain is None:
        raise InputError(f"ABI type {kind} is not supported")
    return plain


def _refused(value: Any, what: str, expected: str) -> InputError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "…"
    return InputError(f"{shown} is not {expected}", where=what, do=f"write {expected}")


def _sequence(value: Any, what: str, expected: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise _refused(value, what, expected)
    return value


def _array(kind: str, item: Coercer, length: int | None) -> Coercer:
    expected = f"a list for {kind}" if length is None else f"a list of {length} for {kind}"

    def coerce(value: Any, what: str) -> Any:
        values = _sequence(value, what, expected)
        if length is not None and len(values) != length:
            raise _refused(value, what, expected)
        return [item(one, f"{what}[{index}]") for index, one in enumerate(values)]

    return coerce


def _tuple(kind: str, items: list[Coercer]) -> Coercer:
    expected = f"a list of {len(items)} for {kind}"

    def coerce(value: Any, what: str) -> Any:
        values = _sequence(value, what, expected)
        if len(values) != len(items):
            raise _refused(value, what, expected)
        return tuple(item(one, f"{what}.{index}") for index, (item, one) in enumerate(zip(items, values, strict=True)))

    return coerce


def _integer(base: str, bits: int) -> Coercer:
    low, high = (0, 2**bits - 1) if base == "uint" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    expected = f"a whole number that fits into {base}{bits}"

    def coerce(value: Any, what: str) -> Any:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _refused(value, what, expected)
        return value

    return coerce


def _bytes(sub: str | None) -> Coercer:
    size = int(sub) if sub else None
    expected = "bytes as 0x-hex" if size is None else f"exactly {size} bytes as 0x-hex"

    def coerce(value: Any, what: str) -> Any:
        if isinstance(value, str) and _HEX.fullmatch(value):
            value = bytes.fromhex(value[2:])
        if not isinstance(value, bytes) or (size is not None and len(value) != size):
            raise _refused(value, what, expected)
        return value

    return coerce


def _address(value: Any, what: str) -> Any:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise _refused(value, what, "an address (0x and 40 hex digits)")
    return value.lower()


def _bool(value: Any, what: str) -> Any:
    if not isinstance(value, bool):
        raise _refused(value, what, "true or false")
    return value


def _string(value: Any, what: str) -> Any:
    if not isinstance(value, str):
        raise _refused(value, what, "a text")
    return value
