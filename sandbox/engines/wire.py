"""Blocks, transactions and receipts as they travel and as they are hashed: RLP on one side, plain values on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, Final

from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.rlp_items import address, decoded, encode, number, quantity
from sandbox.engines.signatures import is_low, recovered
from sandbox.errors import InputError

EMPTY_ROOT: Final = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
EMPTY_OMMERS: Final = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
EMPTY_REQUESTS: Final = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@dataclass(frozen=True)
class Header:
    """A block's header. Fields that came with later forks are None before them.

    difficulty, number, gas_limit, gas_used: units of their own. timestamp: unix seconds. base_fee: wei per gas.
    """

    parent_hash: bytes
    ommers_hash: bytes
    coinbase: Address
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee: int | None = None
    withdrawals_root: bytes | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    beacon_root: bytes | None = None
    requests_hash: bytes | None = None

    @classmethod
    def of(cls, items: Sequence[Any]) -> Header:
        """From the items of its RLP list. Raises InputError."""
        names = [one.name for one in fields(cls)]
        if not _LEAST_FIELDS <= len(items) <= len(names):
            raise InputError(f"a header has {_LEAST_FIELDS} to {len(names)} fields, not {len(items)}")
        if not all(isinstance(item, bytes) for item in items):
            raise InputError("a list stands among the fields of a header")
        values: dict[str, Any] = dict(zip(names, items, strict=False))
        for name in _NUMBERS & values.keys():
            values[name] = quantity(values[name])
        return cls(**{**values, "coinbase": address(values["coinbase"])})

    @classmethod
    @lru_cache(maxsize=1024)
    def decode(cls, raw: bytes) -> Header:
        """From RLP; the last ones stay at hand. Raises InputError."""
        return cls.of(decoded(raw, "a header"))

    @cached_property
    def items(self) -> list[bytes]:
        """The fields as RLP items, fields of later forks left out."""
        values = [getattr(self, one.name) for one in fields(self)]
        return [_item(value) for value in values if value is not None]

    @cached_property
    def raw(self) -> bytes:
        """RLP."""
        return encode(self.items)

    @cached_property
    def hash(self) -> bytes:
        """Keccak-256 of the RLP."""
        return bytes(keccak(self.raw))


_LEAST_FIELDS: Final = 15
_NUMBERS: Final = frozenset(
    {"difficulty", "number", "gas_limit", "gas_used", "timestamp", "base_fee", "blob_gas_used", "excess_blob_gas"}
)


def _item(value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return number(value)
    return bytes.fromhex(value[2:]) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Authorization:
    """A delegation of EIP-7702. chain_id: 0 holds on every chain."""

    chain_id: int
    address: Address
    nonce: int
    y_parity: int
    r: int
    s: int


AccessList = tuple[tuple[Address, tuple[bytes, ...]], ...]
"""EIP-2930: addresses and their storage keys (32 bytes each)."""

_HEAD: Final = {
    0: ("nonce", "gas_price"),
    1: ("chain_id", "nonce", "gas_price"),
    2: ("chain_id", "nonce", "tip", "max_fee"),
    3: ("chain_id", "nonce", "tip", "max_fee"),
    4: ("chain_id", "nonce", "tip", "max_fee"),
}
_TAIL: Final = {
    0: (),
    1: ("access_list",),
    2: ("access_list",),
    3: ("access_list", "blob_fee", "blob_hashes"),
    4: ("access_list", "authorizations"),
}
_BODY: Final = ("gas", "to", "value", "data")
_SIGNATURE: Final = ("v", "r", "s")


@dataclass(frozen=True)
class WireTransaction:
    """A transaction of any type (0 to 4) as it goes over the wire. Fields other types have are None or empty.

    gas_price, tip, max_fee, blob_fee: wei per gas. value: wei. origin: who sends it, for those nobody signed.
    """

    kind: int
    nonce: int
    gas: int
    to: Address | None
    value: int
    data: bytes
    v: int = 0
    r: int = 0
    s: int = 0
    chain_id: int | None = None
    gas_price: int | None = None
    tip: int | None = None
    max_fee: int | None = None
    access_list: AccessList = ()
    blob_fee: int | None = None
    blob_hashes: tuple[bytes, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    origin: Address | None = None

    @classmethod
    @lru_cache(maxsize=256)
    def decode(cls, raw: bytes) -> WireTransaction:
        """From its canonical bytes (EIP-2718); the last ones stay at hand, with who signed them. Raises InputError."""
        if not raw:
            raise InputError("a transaction has at least one byte")
        kind = 0 if raw[0] >= _FIRST_LIST else raw[0]
        if kind not in _HEAD:
            raise InputError(f"transaction type {kind} is not supported", do="send one of type 0 to 4")
        names = (*_HEAD[kind], *_BODY, *_TAIL[kind], *_SIGNATURE)
        items = decoded(raw if kind == 0 and raw[0] >= _FIRST_LIST else raw[1:], "a transaction")
        if len(items) != len(names):
            raise InputError(f"a transaction of type {kind} has {len(names)} fields, not {len(items)}")
        try:
            values: dict[str, Any] = {
                name: (_READERS.get(name) or quantity)(item) for name, item in zip(names, items, strict=True)
            }
        except (TypeError, ValueError) as error:
            raise InputError("a list within the transaction has the wrong shape") from error
        if kind == 0:
            values["chain_id"] = (values["v"] - 35) // 2 if values["v"] >= _FIRST_REPLAY_SAFE else None
        return cls(kind=kind, **values)

    def _items(self, names: Sequence[str]) -> list[Any]:
        return [(_WRITERS.get(name) or number)(getattr(self, name)) for name in names]

    @cached_property
    def raw(self) -> bytes:
        """Canonical bytes."""
        body = encode(self._items((*_HEAD[self.kind], *_BODY, *_TAIL[self.kind], *_SIGNATURE)))
        return bytes(body) if self.kind == 0 else bytes([self.kind]) + bytes(body)

    @cached_property
    def hash(self) -> bytes:
        """Keccak-256 of the canonical bytes."""
        return bytes(keccak(self.raw))

    @cached_property
    def sender(self) -> Address:
        """Who signed it. Raises InputError if nobody can have."""
        if self.origin is not None:
            return self.origin
        parity = self.v
        if self.kind == 0:
            parity = self.v - 27 if self.chain_id is None else (self.v - 35) % 2
        return recovered(self.digest, parity, self.r, self.s)

    @cached_property
    def digest(self) -> bytes:
        """What its sender signs, 32 bytes."""
        items = self._items((*_HEAD[self.kind], *_BODY, *_TAIL[self.kind]))
        if self.kind == 0 and self.chain_id is not None:
            items += [number(self.chain_id), b"", b""]
        body = encode(items)
        return bytes(keccak(body if self.kind == 0 else bytes([self.kind]) + body))

    @property
    def low_s(self) -> bool:
        """True if the signature is in the form that blocks since Homestead may hold (EIP-2)."""
        return is_low(self.s)

    @property
    def fee_cap(self) -> int:
        """Most wei per gas it pays."""
        return (self.max_fee if self.gas_price is None else self.gas_price) or 0

    @property
    def tip_cap(self) -> int:
        """Most wei per gas it pays above the base fee."""
        return (self.tip if self.gas_price is None else self.gas_price) or 0

    def price(self, base_fee: int | None) -> int:
        """Wei per gas it pays in a block with this base fee."""
        return min(self.fee_cap, (base_fee or 0) + self.tip_cap)


_FIRST_LIST: Final = 0xC0
_FIRST_REPLAY_SAFE: Final = 35


def _target(item: Any) -> Address | None:
    return address(item) if item else None


def _accesses(items: Any) -> AccessList:
    return tuple((address(where), tuple(bytes(key) for key in keys)) for where, keys in items)


def _authorizations(items: Any) -> tuple[Authorization, ...]:
    return tuple(
        Authorization(quantity(chain), address(who), quantity(nonce), quantity(parity), quantity(r), quantity(s))
        for chain, who, nonce, parity, r, s in items
    )


def _hashes(items: Any) -> tuple[bytes, ...]:
    return tuple(_plain(item) for item in items)


def _plain(item: bytes) -> bytes:
    if not isinstance(item, bytes):
        raise InputError("a list stands where bytes belong")
    return item


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "to": _target,
    "data": _plain,
    "access_list": _accesses,
    "blob_hashes": _hashes,
    "authorizations": _authorizations,
}
_WRITERS: Final[dict[str, Callable[[Any], Any]]] = {
    "to": lambda value: bytes.fromhex(value[2:]) if value else b"",
    "data": bytes,
    "access_list": lambda value: [[bytes.fromhex(where[2:]), list(keys)] for where, keys in value],
    "blob_hashes": list,
    "authorizations": lambda value: [
        [number(one.chain_id), _item(one.address), *(number(part) for part in (one.nonce, one.y_parity, one.r, one.s))]
        for one in value
    ],
}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawal from the consensus layer (EIP-4895). amount: gwei."""

    index: int
    validator: int
    address: Address
    amount: int

    @property
    def items(self) -> list[bytes]:
        """RLP items."""
        return [number(self.index), number(self.validator), _item(self.address), number(self.amount)]
