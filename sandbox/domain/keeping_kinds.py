"""The facts of a book as plain text: which kinds there are, where each lies, and how its keys and values are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Codec(NamedTuple):
    """How one value becomes text and comes back."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


class Kind(NamedTuple):
    """place: where in a `KeptBook` such facts lie. key: how each part of a key is written; one part: the key itself."""

    place: str
    key: tuple[Codec, ...]
    value: Codec


def _same(value: Any) -> Any:
    return value


def _hex(value: bytes) -> str:
    return value.hex()


def _used(purpose: tuple[str | None, bytes]) -> str:
    return f"{purpose[0] or ''}:{purpose[1].hex()}"


def _purpose(text: str) -> tuple[str | None, bytes]:
    address, _, selector = text.partition(":")
    return address or None, bytes.fromhex(selector)


def _deposited(claim: tuple[int, int]) -> str:
    return f"{claim[0]}:{claim[1]}"


def _deposit(text: str) -> tuple[int, int]:
    turn, _, amount = text.partition(":")
    return int(turn), int(amount)


def _standing(_: object) -> str:
    return "1"


_TEXT: Final = Codec(_same, _same)
_WHOLE: Final = Codec(str, int)
_BYTES: Final = Codec(_hex, bytes.fromhex)
_FLAG: Final = Codec(_standing, bool)

KINDS: Final[Mapping[str, Kind]] = {
    "balance": Kind("book.balances", (_TEXT, _TEXT), _WHOLE),
    "holding": Kind("book.holdings", (_TEXT, _TEXT), _WHOLE),
    "total": Kind("book.totals", (_TEXT,), _WHOLE),
    "active": Kind("book.active", (_TEXT,), _FLAG),
    "identity": Kind("book.identity", (_TEXT, _TEXT), _WHOLE),
    "holders": Kind("book.holders", (_TEXT,), _WHOLE),
    "supply": Kind("book.supply", (_TEXT,), _WHOLE),
    "counter": Kind("book.counters", (_TEXT, _TEXT), _WHOLE),
    "owner": Kind("book.owners", (_TEXT, _WHOLE), _TEXT),
    "consent": Kind("book.consents", (_TEXT, _TEXT, _TEXT), _FLAG),
    "delegate": Kind("book.delegates", (_TEXT, _BYTES), _TEXT),
    "claim": Kind("book.claims", (_TEXT, _TEXT, _TEXT), Codec(_deposited, _deposit)),
    "request": Kind("book.requests", (_TEXT,), Codec(_used, _purpose)),
    "prior": Kind("memory.priors", (_TEXT, _TEXT), _WHOLE),
    "told": Kind("memory.told", (_TEXT, _TEXT), _WHOLE),
    "note": Kind("notes", (_TEXT, _TEXT), _TEXT),
}
"""Facts with a key."""

SCALARS: Final = ("losses", "transactions", "first", "triggered")
"""Facts of the book there is one of; each a whole number or nothing."""

SCALAR: Final = "scalar"
"""Kind of such a fact; its name is the key."""

SERIES: Final[Mapping[str, tuple[Codec, ...]]] = {
    "volume": (_TEXT,),
    "rate": (_TEXT,),
    "acquired": (_TEXT, _TEXT),
    "pilot_volume": (),
    "gas": (),
}
"""Series, by the parts of their keys; no parts: there is one."""


def key_text(parts: tuple[Codec, ...], key: Any) -> str:
    """A key as a JSON list of texts."""
    split = key if len(parts) > 1 else (key,) if parts else ()
    return _encode([part.write(one) for part, one in zip(parts, split, strict=True)])


def key_of(parts: tuple[Codec, ...], text: str) -> Any:
    """The key a JSON list of texts stands for. Raises ValueError if it is none."""
    split = tuple(part.read(one) for part, one in zip(parts, json.loads(text), strict=True))
    return split if len(parts) > 1 else split[0] if parts else ""


def value_text(codec: Codec, value: Any) -> str | None:
    """A value as text, None for None."""
    return None if value is None else codec.write(value)
