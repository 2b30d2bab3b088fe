"""Canonical JSON (RFC 8785): one sequence of bytes for one value, so that a hash means something.

Stricter than the RFC on purpose: no floats, and no integer beyond 2**53 - 1, which JSON readers would round; amounts travel
as decimal strings. Bytes become 0x-hex.

Nearly every value is plain (exact built-in types, ASCII keys): for those a look at the types suffices and the standard
library's encoder, whose order of keys is the RFC's then, does the rest. Everything else takes the slower way round.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.domain.nesting import too_deep
from sandbox.errors import InputError, VerificationFailed

MAX_INTEGER: Final = 2**53 - 1

_TEXTS: Final = frozenset({str})
_FINAL: Final = frozenset({str, bool, type(None)})
_CONTAINERS: Final = frozenset({dict, list, tuple})

_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, sort_keys=True
).encode
_encode_ordered: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


def canonical(value: object) -> bytes:
    """The canonical bytes of a value made of None, bool, int, str, bytes, lists, tuples and mappings with text keys.

    Raises InputError for anything else: floats, large integers, other keys, lone surrogates, a value that contains itself.
    """
    try:
        text = _encode(value) if _is_plain(value) else _encode_ordered(_checked(value))
        return text.encode()
    except UnicodeEncodeError as error:
        raise InputError("text with half a surrogate pair cannot be written canonically") from error
    except RecursionError as error:
        raise InputError("a value nested this deeply has no canonical form", do="nest it less") from error


def parse_canonical(data: bytes) -> Any:
    """The value whose canonical bytes these are. Raises VerificationFailed if they are no value's."""
    if too_deep(data):
        raise VerificationFailed("this is nested deeper than any entry")
    try:
        value = json.loads(data)
        if canonical(value) == data:
            return value
    except (ValueError, TypeError, RecursionError, InputError) as error:
        raise VerificationFailed("this is not canonical JSON") from error
    raise VerificationFailed("this is not canonical JSON")


def _is_plain(value: Any) -> bool:
    """True if the value needs neither checks nor changes. False decides nothing: `_checked` does."""
    kind = type(value)
    if kind is dict:
        if not (_TEXTS.issuperset(map(type, value)) and "".join(value).isascii()):
            return False
        items = value.values()
    else:
        items = value if kind in _CONTAINERS else (value,)
    for item in items:
        kind = type(item)
        if kind in _FINAL:
            continue
        if kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                return False
        elif kind not in _CONTAINERS or not _is_plain(item):
            return False
    return True


def _checked(value: Any) -> Any:
    """The value as the encoder takes it: keys sorted by UTF-16 code units, bytes as hex, everything checked."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            what = f"an integer of {value.bit_length()} bits is too large for JSON"
            raise InputError(what, do="write it as a decimal string")
        return int(value)
    if isinstance(value, Mapping):
        return {key: _checked(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_checked(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise InputError(f"{type(value).__name__} has no canonical form", do="use text, whole numbers, lists and mappings")


def _utf16(key: object) -> bytes:
    """Sorts as RFC 8785 section 3.2.3 wants: by UTF-16 code units."""
    if not isinstance(key, str):
        raise InputError(f"a key of type {type(key).__name__} is not text", do="use text as keys")
    return key.encode("utf-16-be")
