"""Signed transactions: built from a `Transaction` or decoded from the bytes somebody else signed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from coincurve import PrivateKey
from eth.vm.forks.london.transactions import DynamicFeeTransaction
from eth.vm.forks.prague.transactions import PragueTransactionBuilder, PragueTypedTransaction
from eth_hash.auto import keccak

from sandbox.engines.base import Transaction
from sandbox.engines.rlp_items import encode
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError

_DYNAMIC_FEE: Final = 2
_BLOB: Final = 3
_GAS_PER_TOKEN: Final = 10
_GAS_TRANSACTION: Final = 21_000
_MAX_INITCODE: Final = 49_152


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction as py-evm runs it, with its wire form and hash."""

    body: Any
    raw: bytes
    hash: bytes
    sender: bytes


def number(value: int) -> bytes:
    """RLP's form of a number: big endian, nothing for zero."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@lru_cache(maxsize=1024)
def _signer(key: bytes) -> tuple[PrivateKey, bytes]:
    try:
        signer = PrivateKey(key)
    except ValueError as error:
        raise InputError("the private key is not usable", do="hand in 32 bytes between 1 and the order of secp256k1") from error
    return signer, keccak(signer.public_key.format(compressed=False)[1:])[12:]


def address_of(key: bytes) -> bytes:
    """The 20 bytes of the account a private key belongs to. Raises InputError."""
    return _signer(key)[1]


def sign(transaction: Transaction, nonce: int, base_fee: int, chain_id: int) -> Signed:
    """Sign as EIP-1559 transaction. Raises InputError if the key is not one."""
    signer, sender = _signer(transaction.key)
    to = b"" if transaction.to is None else bytes.fromhex(transaction.to[2:])
    max_fee = base_fee + transaction.tip if transaction.max_fee is None else transaction.max_fee
    fields: list[Any] = [
        number(chain_id),
        number(nonce),
        number(transaction.tip),
        number(max_fee),
        number(transaction.gas),
        to,
        number(transaction.value),
        transaction.data,
        [],
    ]
    signature = signer.sign_recoverable(keccak(b"\x02" + encode(fields)), hasher=None)
    r, s, parity = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    raw = b"\x02" + encode([*fields, number(parity), number(r), number(s)])
    inner = DynamicFeeTransaction(
        chain_id,
        nonce,
        transaction.tip,
        max_fee,
        transaction.gas,
        to,
        transaction.value,
        transaction.data,
        (),
        parity,
        r,
        s,
    )
    body = PragueTypedTransaction(_DYNAMIC_FEE, inner)
    body.sender = sender
    return Signed(body, raw, keccak(raw), sender)


def decode(raw: bytes, chain_id: int) -> Signed:
    """A transaction signed elsewhere: the signature is checked and the sender recovered. Raises InputError (and what
    py-evm raises on malformed bytes)."""
    body = PragueTransactionBuilder.decode(raw)
    if body.type_id == _BLOB:
        raise InputError("blob transactions are not taken here", do="send a transaction of type 0, 1, 2 or 4")
    wire = WireTransaction.decode(raw)
    if not wire.low_s:
        raise InputError("the signature is not in its canonical form", do="sign with the lower half of s (EIP-2)")
    body.sender = bytes.fromhex(wire.sender[2:])
    if body.chain_id not in (None, chain_id):
        raise InputError(
            f"the transaction was signed for chain {body.chain_id}, this is chain {chain_id}",
            do=f"sign it again with chain id {chain_id}",
        )
    return Signed(body, raw, wire.hash, body.sender)


def check_gas(body: Any, room: int, limit: int) -> None:
    """Bounds that hold before anything runs. room: gas left in the block. limit: most gas a transaction may ask for.

    Raises InputError: above a bound, below the intrinsic gas or the floor of EIP-7623, init code above EIP-3860.
    """
    if body.gas > min(room, limit):
        raise InputError(f"a gas limit of {body.gas} is above the {min(room, limit)} allowed", do="ask for less gas")
    zeros = body.data.count(0)
    tokens = zeros + 4 * (len(body.data) - zeros)
    least = max(body.intrinsic_gas, _GAS_TRANSACTION + _GAS_PER_TOKEN * tokens)
    if body.gas < least:
        raise InputError(
            f"a gas limit of {body.gas} does not even pay for the transaction's data", do=f"allow at least {least}"
        )
    if not body.to and len(body.data) > _MAX_INITCODE:
        raise InputError(
            f"init code of {len(body.data)} bytes is above the {_MAX_INITCODE} bytes of EIP-3860",
            do="split the contract or move code into a library",
        )
