"""The objects clients send: messages, overrides, withdrawals. Tables of members and their readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.engines.archive import (
    AccountOverride,
    BlockOverride,
    Message,
)
from sandbox.engines.wire import Authorization, Withdrawal
from sandbox.rpc.errors import invalid
from sandbox.rpc.params import (
    address,
    data,
    digest,
    fields,
    listed,
    mapped,
    quantity,
    slot,
    uint64,
    word,
)

MOST_ITEMS: Final = 10_000
"""Items of an access list, an override, a filter or a simulation."""

Readers = Mapping[str, Callable[[Any], Any]]

_ACCESS: Final[Readers] = {"address": address, "storageKeys": listed(digest, MOST_ITEMS)}
_AUTHORIZATION: Final[Readers] = {
    "chainId": quantity,
    "address": address,
    "nonce": uint64,
    "yParity": uint64,
    "v": uint64,
    "r": slot,
    "s": slot,
}
"""r and s may be written as quantities or as words."""

_WITHDRAWAL: Final[Readers] = {"index": uint64, "validatorIndex": uint64, "address": address, "amount": uint64}


def _access(value: Any) -> tuple[Address, tuple[bytes, ...]]:
    read = fields(value, _ACCESS)
    if "address" not in read:
        raise invalid("an access list entry without address")
    return read["address"], read.get("storageKeys", ())


def authorization(value: Any) -> Authorization:
    """An EIP-7702 authorization."""
    read = fields(value, _AUTHORIZATION)
    parity = read.get("yParity", read.get("v", 0))
    where = read.get("address", ZERO_ADDRESS)
    return Authorization(read.get("chainId", 0), where, read.get("nonce", 0), parity, read.get("r", 0), read.get("s", 0))


def withdrawal(value: Any) -> Withdrawal:
    """An EIP-4895 withdrawal."""
    read = fields(value, _WITHDRAWAL)
    if set(read) != set(_WITHDRAWAL):
        raise invalid("a withdrawal needs index, validatorIndex, address and amount")
    return Withdrawal(read["index"], read["validatorIndex"], read["address"], read["amount"])


_MESSAGE: Final[Readers] = {
    "from": address,
    "to": address,
    "input": data,
    "data": data,
    "value": quantity,
    "gas": uint64,
    "nonce": uint64,
    "gasPrice": quantity,
    "maxFeePerGas": quantity,
    "maxPriorityFeePerGas": quantity,
    "accessList": listed(_access, MOST_ITEMS),
    "maxFeePerBlobGas": quantity,
    "blobVersionedHashes": listed(digest, MOST_ITEMS),
    "authorizationList": listed(authorization, MOST_ITEMS),
    "chainId": quantity,
}
_MEMBERS: Final = {
    "from": "sender",
    "to": "to",
    "value": "value",
    "gas": "gas",
    "nonce": "nonce",
    "gasPrice": "gas_price",
    "maxFeePerGas": "max_fee",
    "maxPriorityFeePerGas": "tip",
    "accessList": "access_list",
    "maxFeePerBlobGas": "blob_fee",
    "blobVersionedHashes": "blob_hashes",
    "authorizationList": "authorizations",
}


def message(value: Any) -> Message:
    """A call or transaction object."""
    read = fields(value, _MESSAGE)
    if "gasPrice" in read and ("maxFeePerGas" in read or "maxPriorityFeePerGas" in read):
        raise invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    if "input" in read and read.get("data", read["input"]) != read["input"]:
        raise invalid('both "data" and "input" are set and not equal. Please use "input" to pass transaction call data')
    body = read.get("input", read.get("data", b""))
    return Message(data=body, **{name: read[key] for key, name in _MEMBERS.items() if key in read})


_ACCOUNT: Final[Readers] = {
    "balance": quantity,
    "nonce": uint64,
    "code": data,
    "state": mapped(word, word, MOST_ITEMS),
    "stateDiff": mapped(word, word, MOST_ITEMS),
    "movePrecompileToAddress": address,
}


def _account(value: Any) -> AccountOverride:
    read = fields(value, _ACCOUNT, strict=True)
    diff, moved = read.pop("stateDiff", None), read.pop("movePrecompileToAddress", None)
    return AccountOverride(**read, diff=diff, precompile_to=moved)


accounts: Final = mapped(address, _account, MOST_ITEMS)
"""State overrides."""

_BLOCK: Final = {
    "number": ("number", uint64),
    "time": ("time", uint64),
    "gasLimit": ("gas_limit", uint64),
    "feeRecipient": ("coinbase", address),
    "coinbase": ("coinbase", address),
    "prevRandao": ("random", digest),
    "random": ("random", digest),
    "baseFeePerGas": ("base_fee", quantity),
    "baseFee": ("base_fee", quantity),
    "blobBaseFee": ("blob_base_fee", quantity),
    "beaconRoot": ("beacon_root", digest),
    "withdrawals": ("withdrawals", listed(withdrawal, MOST_ITEMS)),
    "difficulty": ("", quantity),
}


def block(value: Any) -> BlockOverride:
    """Block overrides, in the names of the specification and in go-ethereum's older ones."""
    read = fields(value, {key: reader for key, (_, reader) in _BLOCK.items()}, strict=True)
    return BlockOverride(**{_BLOCK[key][0]: item for key, item in read.items() if _BLOCK[key][0]})
