"""Receipts: what a transaction came to, and the bytes they are stored as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.domain.canonical import canonical, parse_canonical
from sandbox.domain.effects import Log
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Execution
from sandbox.errors import VerificationFailed


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that became part of the chain, and how it went.

    block: number. index: position in the block. first_log: position of its first log in the block. gas_price: wei per gas
    paid. cumulative_gas: of the block up to and with it. raw: as signed. succeeded: False if the EVM rolled it back.
    """

    hash: bytes
    block: int
    index: int
    sender: Address
    to: Address | None
    nonce: int
    value: BaseUnits
    data: bytes
    gas_limit: int
    gas_price: int
    gas_used: int
    cumulative_gas: int
    succeeded: bool
    created: Address | None
    logs: tuple[Log, ...]
    first_log: int
    raw: bytes


def receipt_of(execution: Execution, number: int, index: int, previous: Receipt | None) -> Receipt:
    """Receipt of a transaction at its place. number: of its block. previous: receipt of the one before it in the block."""
    return Receipt(
        hash=execution.hash,
        block=number,
        index=index,
        sender=execution.sender,
        to=execution.to,
        nonce=execution.nonce,
        value=execution.value,
        data=execution.data,
        gas_limit=execution.gas_limit,
        gas_price=execution.gas_price,
        gas_used=execution.gas_used,
        cumulative_gas=execution.gas_used + (previous.cumulative_gas if previous else 0),
        succeeded=execution.succeeded,
        created=execution.created,
        logs=execution.logs,
        first_log=previous.first_log + len(previous.logs) if previous else 0,
        raw=execution.raw,
    )


def encode(receipt: Receipt) -> bytes:
    """The receipt as canonical JSON: a list in the order of its fields, without `hash` and `raw`, which are stored beside it;
    amounts as decimal text, of logs address, topics and data."""
    logs = [[log.address, [topic.hex() for topic in log.topics], log.data.hex()] for log in receipt.logs]
    return canonical(
        [
            receipt.block,
            receipt.index,
            receipt.sender,
            receipt.to,
            str(receipt.nonce),
            str(receipt.value),
            receipt.data.hex(),
            receipt.gas_limit,
            str(receipt.gas_price),
            receipt.gas_used,
            receipt.cumulative_gas,
            receipt.succeeded,
            receipt.created,
            logs,
            receipt.first_log,
        ]
    )


def decode(digest: bytes, raw: bytes, body: bytes) -> Receipt:
    """The receipt those bytes are. Raises VerificationFailed if they are none."""
    try:
        block, index, sender, to, nonce, value, data, gas_limit, gas_price, *rest = parse_canonical(body)
        gas_used, cumulative_gas, succeeded, created, logs, first_log = rest
        return Receipt(
            hash=digest,
            block=block,
            index=index,
            sender=Address(sender),
            to=to,
            nonce=int(nonce),
            value=BaseUnits(int(value)),
            data=bytes.fromhex(data),
            gas_limit=gas_limit,
            gas_price=int(gas_price),
            gas_used=gas_used,
            cumulative_gas=cumulative_gas,
            succeeded=succeeded,
            created=created,
            logs=_logs(logs),
            first_log=first_log,
            raw=raw,
        )
    except (TypeError, ValueError) as error:
        raise VerificationFailed(
            f"the receipt of 0x{digest.hex()} is not one", do="restore the database from a backup"
        ) from error


def _logs(rows: Sequence[Sequence[Any]]) -> tuple[Log, ...]:
    return tuple(
        Log(at, Address(address), tuple(map(bytes.fromhex, topics)), bytes.fromhex(data))
        for at, (address, topics, data) in enumerate(rows)
    )
