"""go-ethereum's genesis JSON: read strictly, turned into the first header and state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.nesting import too_deep
from sandbox.domain.units import Address
from sandbox.engines.pyevm.forks import ChainConfig, read_config
from sandbox.engines.wire import EMPTY_OMMERS, EMPTY_REQUESTS, EMPTY_ROOT, Header
from sandbox.errors import InputError

_DEFAULT_GAS_LIMIT: Final = 4_712_388
_DEFAULT_BASE_FEE: Final = 1_000_000_000
_ADDRESS_DIGITS: Final = 40
_WORD_BITS: Final = 256
_WORDS: Final = frozenset({"difficulty", "baseFeePerGas"})
"""Numbers of up to 256 bits; the others have 64."""


@dataclass(frozen=True)
class GenesisFile:
    """A parsed genesis. alloc: 20-byte address -> balance, nonce, code and storage, as py-evm takes a state."""

    config: ChainConfig
    alloc: Mapping[bytes, Mapping[str, Any]]
    fields: Mapping[str, Any]

    def header(self, state_root: bytes) -> Header:
        """The header of block 0 over this state, with the fields its forks ask for."""
        get, time = self._number, self._number("timestamp")
        london, merged = self.config.active("london", 0, time), self.config.active("shanghai", 0, time)
        blobs, requests = self.config.active("cancun", 0, time), self.config.active("prague", 0, time)
        return Header(
            parent_hash=self._bytes("parentHash", 32),
            ommers_hash=EMPTY_OMMERS,
            coinbase=Address("0x" + self._bytes("coinbase", 20).hex()),
            state_root=state_root,
            transactions_root=EMPTY_ROOT,
            receipts_root=EMPTY_ROOT,
            logs_bloom=bytes(256),
            difficulty=get("difficulty"),
            number=get("number"),
            gas_limit=get("gasLimit", _DEFAULT_GAS_LIMIT),
            gas_used=get("gasUsed"),
            timestamp=time,
            extra_data=self._bytes("extraData"),
            mix_hash=self._bytes("mixHash", 32),
            nonce=get("nonce").to_bytes(8, "big"),
            base_fee=get("baseFeePerGas", _DEFAULT_BASE_FEE) if london else None,
            withdrawals_root=EMPTY_ROOT if merged else None,
            blob_gas_used=get("blobGasUsed") if blobs else None,
            excess_blob_gas=get("excessBlobGas") if blobs else None,
            beacon_root=self._bytes("parentBeaconBlockRoot", 32) if blobs else None,
            requests_hash=EMPTY_REQUESTS if requests else None,
        )

    def _number(self, name: str, default: int = 0) -> int:
        value = self.fields.get(name)
        bits = _WORD_BITS if name in _WORDS else 64
        with _read(name):
            number = default if value is None else _quantity(value, name)
            if not 0 <= number < 1 << bits:
                raise ValueError(f"{number} is no number of {bits} bits")
        return number

    def _bytes(self, name: str, size: int | None = None) -> bytes:
        """size: how many, zeros in front; None for as many as there are."""
        with _read(name):
            raw = bytes.fromhex(_digits(self.fields.get(name) or "0x"))
            if size is not None and len(raw) > size:
                raise ValueError(f"{len(raw)} bytes where {size} belong")
        return raw.rjust(size or 0, b"\x00")


@contextmanager
def _read(where: str = "") -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"the genesis is not one of go-ethereum's: {where}{': ' if where else ''}{str(error) or type(error).__name__}"
        raise InputError(what, do="hand in the JSON with `config` and `alloc`") from error


def read_genesis(text: str | bytes) -> GenesisFile:
    """Raises InputError if it is not a go-ethereum genesis, or one with forks that are not known here."""
    with _read():
        if too_deep(text.encode() if isinstance(text, str) else text):
            raise ValueError("it is nested too deeply")
        data = json.loads(text)
        alloc = {_address(key): _account(value, key) for key, value in data["alloc"].items()}
        file = GenesisFile(read_config(data["config"]), alloc, data)
        if data.get("number") is not None and _quantity(data["number"], "number"):
            raise ValueError("number: the first block is block 0")
        return file


def _account(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {
        "balance": _quantity(data.get("balance", 0), f"balance of {where}"),
        "nonce": _quantity(data.get("nonce", 0), f"nonce of {where}"),
        "code": bytes.fromhex(_digits(data.get("code") or "0x")),
        "storage": {_quantity(slot, where): _quantity(value, where) for slot, value in data.get("storage", {}).items()},
    }


def _address(text: str) -> bytes:
    digits = text.lower().removeprefix("0x")
    if len(digits) != _ADDRESS_DIGITS:
        raise ValueError(f"{text!r} is not an address")
    return bytes.fromhex(digits)


def _digits(text: str) -> str:
    if not text.startswith("0x"):
        raise ValueError(f"{text!r} does not start with 0x")
    return text[2:]


def _quantity(value: int | str, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{what} is not a number")
    return value if isinstance(value, int) else int(value, 16 if value.startswith("0x") else 10)
