"""Who signed: secp256k1 signatures and the accounts behind them."""

from __future__ import annotations

from typing import Final

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.rlp_items import address, padded
from sandbox.errors import InputError

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def is_low(s: int) -> bool:
    """True if `s` is in the half that transactions since Homestead must use (EIP-2)."""
    return s <= _ORDER // 2


def recovered(digest: bytes, parity: int, r: int, s: int) -> Address:
    """The account whose key signed the digest. Raises InputError."""
    if parity not in (0, 1) or not 0 < r < _ORDER or not 0 < s < _ORDER:
        raise InputError("invalid transaction v, r, s values", do="sign the transaction with a secp256k1 key")
    try:
        key = PublicKey.from_signature_and_message(padded(r) + padded(s) + bytes([parity]), digest, hasher=None)
    except Exception as error:  # coincurve raises a bare Exception
        raise InputError("the signature belongs to no key", do="sign the transaction again") from error
    return _account(key)


def account_of(key: bytes) -> Address:
    """The account a private key (32 bytes) signs for. Raises InputError."""
    try:
        return _account(PrivateKey(key).public_key)
    except ValueError as error:
        raise InputError("the private key is not usable", do="use 32 bytes between 1 and the order of secp256k1") from error


def _account(key: PublicKey) -> Address:
    return address(keccak(key.format(compressed=False)[1:])[12:])
