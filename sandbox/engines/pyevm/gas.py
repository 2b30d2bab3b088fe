"""Prices that follow from the block before: base fee, blob gas, gas limit; and what a transaction costs before it runs."""

from __future__ import annotations

from typing import Final

from sandbox.engines.archive import BlobLimits, Message
from sandbox.engines.wire import Header

GAS_PER_BLOB: Final = 2**17
_INITIAL_BASE_FEE: Final = 1_000_000_000
_ELASTICITY: Final = 2
_CHANGE: Final = 8
_BLOB_BASE_COST: Final = 2**13
_LIMIT_CHANGE: Final = 1_024
_LEAST_LIMIT: Final = 5_000
_TRANSACTION: Final = 21_000
_CREATE: Final = 32_000
_ZERO, _NONZERO, _NONZERO_BEFORE_ISTANBUL = 4, 16, 68
_ACCESS_ADDRESS, _ACCESS_KEY = 2_400, 1_900
_AUTHORIZATION: Final = 25_000
_INIT_WORD: Final = 2
_WORD: Final = 32
_TOKENS_PER_NONZERO, _FLOOR_PER_TOKEN = 4, 10


def base_fee_after(parent: Header) -> int | None:
    """Base fee of the block after `parent`, in wei per gas (EIP-1559). The first such block starts at one gwei."""
    if parent.base_fee is None:
        return _INITIAL_BASE_FEE
    target = parent.gas_limit // _ELASTICITY
    if parent.gas_used == target or not target:
        return parent.base_fee
    change = parent.base_fee * abs(parent.gas_used - target) // target // _CHANGE
    return parent.base_fee + max(change, 1) if parent.gas_used > target else max(parent.base_fee - change, 0)


def blob_fee(excess: int, limits: BlobLimits) -> int:
    """Wei per blob gas (EIP-4844's fake exponential)."""
    numerator, denominator = excess, limits.fraction
    at, total, term = 1, 0, denominator
    while term > 0:
        total += term
        term = term * numerator // (denominator * at)
        at += 1
    return total // denominator


def excess_after(parent: Header, limits: BlobLimits, osaka: bool) -> int:
    """Excess blob gas of the block after `parent`. limits: of the new block. osaka: EIP-7918 holds in it."""
    excess, used = parent.excess_blob_gas or 0, parent.blob_gas_used or 0
    if excess + used < limits.target * GAS_PER_BLOB:
        return 0
    if osaka and _BLOB_BASE_COST * (parent.base_fee or 0) > GAS_PER_BLOB * blob_fee(excess, limits):
        return excess + used * (limits.most - limits.target) // limits.most
    return excess + used - limits.target * GAS_PER_BLOB


def gas_limit_after(parent: int, wanted: int) -> int:
    """The gas limit nearest to `wanted` that may follow `parent`."""
    step = parent // _LIMIT_CHANGE - 1
    wanted = max(wanted, _LEAST_LIMIT)
    return min(parent + step, wanted) if parent < wanted else max(parent - step, wanted)


def floor_gas(data: bytes) -> int:
    """Least gas a transaction with this data uses (EIP-7623)."""
    zeros = data.count(0)
    return _TRANSACTION + _FLOOR_PER_TOKEN * (zeros + _TOKENS_PER_NONZERO * (len(data) - zeros))


def init_code_gas(message: Message) -> int:
    """What init code costs on top (EIP-3860); py-evm takes it when the frame starts."""
    return _INIT_WORD * ((len(message.data) + _WORD - 1) // _WORD) if message.to is None else 0


def intrinsic_gas(message: Message, *, istanbul: bool = True) -> int:
    """Gas taken before the first opcode runs, init code left out."""
    zeros = message.data.count(0)
    per_byte = _NONZERO if istanbul else _NONZERO_BEFORE_ISTANBUL
    total = _TRANSACTION + _ZERO * zeros + per_byte * (len(message.data) - zeros)
    if message.to is None:
        total += _CREATE
    for _, keys in message.access_list or ():
        total += _ACCESS_ADDRESS + _ACCESS_KEY * len(keys)
    return total + _AUTHORIZATION * len(message.authorizations or ())
