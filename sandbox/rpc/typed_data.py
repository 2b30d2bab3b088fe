"""EIP-712 data as it is signed: what eth-account lets pass that is not what its types say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.errors import InputError

_ARRAY: Final = re.compile(r"(.+)\[(\d*)\]")


def check_arrays(content: Mapping[str, Any]) -> None:
    """Arrays of a fixed size have that size. content: the whole object, `types`, `primaryType` and `message` among others.
    Raises InputError, KeyError and TypeError for what is no typed data."""
    _check(content["types"], content["primaryType"], content["message"])


def _check(types: Mapping[str, Any], kind: str, value: Any) -> None:
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        if array[2] and len(value) != int(array[2]):
            what = f"Expected {int(array[2])} items for array type {kind}, got {len(value)} items"
            raise InputError(what, do="make the message what its types say")
        for item in value:
            _check(types, array[1], item)
    elif kind in types and value is not None:
        for field in types[kind]:
            if field["name"] in value:
                _check(types, field["type"], value[field["name"]])
