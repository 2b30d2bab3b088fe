"""Canonical JSON (RFC 8785): one sequence of bytes for one value, so that a hash means something.

Stricter than the RFC on purpose: no floats, and no integer beyond 2**53 - 1, which JSON readers would round; amounts travel
as decimal strings. Bytes become 0x-hex.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.errors import InputError

MAX_INTEGER: Final = 2**53 - 1

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode


def canonical(value: object) -> bytes:
    """The canonical bytes of a value made of None, bool, int, str, bytes, lists, tuples and mappings with text keys.

    Raises InputError for anything else: floats, large integers, other keys, lone surrogates.
    """
    try:
        return _encode(_plain(value)).encode()
    except UnicodeEncodeError as error:
        raise InputError("text with half a surrogate pair cannot be written canonically") from error


def _plain(value: Any) -> Any:
    """The value as the encoder takes it: keys sorted by UTF-16 code units, bytes as hex, everything checked."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise InputError(f"{value} is too large for a JSON number", do="write it as a decimal string")
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise InputError(f"{type(value).__name__} has no canonical form", do="use text, whole numbers, lists and mappings")


def _utf16(key: object) -> str:
    """Sorts as RFC 8785 section 3.2.3 wants; plain ASCII keys sort as they are."""
    if not isinstance(key, str):
        raise InputError(f"the key {key!r} is not text")
    return key if key.isascii() else key.encode("utf-16-be").decode("latin-1")
