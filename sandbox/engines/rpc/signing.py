"""A `Transaction` as EIP-1559 transaction with its signature."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from coincurve import PrivateKey
from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.base import Transaction
from sandbox.engines.rlp_items import address
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError

_DYNAMIC_FEE: Final = 2


@lru_cache(maxsize=1024)
def signer(key: bytes) -> tuple[PrivateKey, Address]:
    """A private key and its account. Raises InputError."""
    try:
        made = PrivateKey(key)
    except ValueError as error:
        raise InputError("the private key is not usable", do="hand in 32 bytes between 1 and the order of secp256k1") from error
    return made, address(keccak(made.public_key.format(compressed=False)[1:])[12:])


def signed(transaction: Transaction, nonce: int, base_fee: int, chain_id: int) -> WireTransaction:
    """Sign it. base_fee: wei per gas of the block to come. Raises InputError if the key is none."""
    plain = WireTransaction(
        kind=_DYNAMIC_FEE,
        chain_id=chain_id,
        nonce=nonce,
        gas=transaction.gas,
        to=transaction.to,
        value=transaction.value,
        data=transaction.data,
        tip=transaction.tip,
        max_fee=base_fee + transaction.tip if transaction.max_fee is None else transaction.max_fee,
    )
    made = signer(transaction.key)[0].sign_recoverable(plain.digest, hasher=None)
    return replace(plain, r=int.from_bytes(made[:32], "big"), s=int.from_bytes(made[32:64], "big"), v=made[64])
