"""Values as nodes write them, and blocks as they tell them. Raises EngineError for an answer that is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from eth_hash.auto import keccak
from rlp.codec import encode_raw

from sandbox.domain.effects import Log
from sandbox.domain.units import Address
from sandbox.engines.base import Block
from sandbox.engines.rlp_items import address as account
from sandbox.engines.rlp_items import number
from sandbox.engines.wire import Header, WireTransaction
from sandbox.errors import EngineError

Json = Mapping[str, Any]

_ELASTICITY: Final = 2
_CHANGE: Final = 8


def hexed(value: int | bytes) -> str:
    """A quantity or bytes."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


def quantity(text: Any) -> int:
    """A quantity; some nodes write small ones as plain numbers."""
    try:
        return text if isinstance(text, int) else int(text, 16)
    except (TypeError, ValueError) as error:
        raise _wrong("a number", text) from error


def data(text: Any) -> bytes:
    """Bytes; none for an answer that leaves them out."""
    try:
        return bytes.fromhex((text or "0x").removeprefix("0x"))
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong("bytes", text) from error


def address(text: Any) -> Address:
    """An account. Without leading zeros, too, as a number comes off the stack."""
    return Address(f"0x{quantity(text):040x}")


def members(value: Any, what: str) -> Json:
    """An object. what: it is, for the error."""
    if not isinstance(value, dict):
        raise _wrong(what, value)
    return value


def _wrong(what: str, value: Any) -> EngineError:
    return EngineError(f"the node answers {str(value)[:80]!r} where {what} belongs", do="check which node is behind --rpc-url")


_HEADER: Final = {
    "parent_hash": "parentHash",
    "ommers_hash": "sha3Uncles",
    "coinbase": "miner",
    "state_root": "stateRoot",
    "transactions_root": "transactionsRoot",
    "receipts_root": "receiptsRoot",
    "logs_bloom": "logsBloom",
    "difficulty": "difficulty",
    "number": "number",
    "gas_limit": "gasLimit",
    "gas_used": "gasUsed",
    "timestamp": "timestamp",
    "extra_data": "extraData",
    "mix_hash": "mixHash",
    "nonce": "nonce",
    "base_fee": "baseFeePerGas",
    "withdrawals_root": "withdrawalsRoot",
    "blob_gas_used": "blobGasUsed",
    "excess_blob_gas": "excessBlobGas",
    "beacon_root": "parentBeaconBlockRoot",
    "requests_hash": "requestsHash",
}
"""Field of a header -> the name nodes have for it."""

_NUMBERS: Final = frozenset(
    {"difficulty", "number", "gas_limit", "gas_used", "timestamp", "base_fee", "blob_gas_used", "excess_blob_gas"}
)


def header_of(told: Json) -> Header:
    """The header of a block; what a node leaves out is left out."""
    values: dict[str, Any] = {}
    for field, name in _HEADER.items():
        if told.get(name) is not None:
            values[field] = quantity(told[name]) if field in _NUMBERS else data(told[name])
    values["coinbase"] = address(told.get("miner"))
    missing = [_HEADER[one.name] for one in fields(Header) if one.default is MISSING and one.name not in values]
    if missing:
        raise _wrong(f"a block with {', '.join(missing)}", told)
    return Header(**values)


def told_of(header: Header) -> dict[str, str]:
    """A header as a node tells it."""
    values = {name: getattr(header, field) for field, name in _HEADER.items()}
    return {name: value if isinstance(value, str) else hexed(value) for name, value in values.items() if value is not None}


def block_of(told: Any, raw: Sequence[bytes] = ()) -> Block:
    """A sealed block. raw: the transactions in it, where known."""
    body = members(told, "a block")
    header = header_of(body)
    return Block(
        number=header.number,
        hash=data(body.get("hash")),
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        state_root=header.state_root,
        transactions_root=header.transactions_root,
        receipts_root=header.receipts_root,
        logs_bloom=header.logs_bloom,
        gas_limit=header.gas_limit,
        gas_used=header.gas_used,
        base_fee=header.base_fee or 0,
        coinbase=header.coinbase,
        mix_hash=header.mix_hash,
        header=header.raw,
        transactions=tuple(data(one) for one in body.get("transactions", ())),
        raw=tuple(raw),
    )


def fee_after(parent: Block) -> int:
    """Base fee of the block after `parent`, in wei per gas (EIP-1559)."""
    target = parent.gas_limit // _ELASTICITY
    change = parent.base_fee * abs(parent.gas_used - target) // max(target, 1) // _CHANGE
    return parent.base_fee + max(change, 1) if parent.gas_used > target else max(parent.base_fee - change, 0)


def gas_before(wire: WireTransaction) -> tuple[int, int]:
    """Gas taken before the first opcode runs, and the least a transaction with this data pays (EIP-7623)."""
    zeros = wire.data.count(0)
    tokens = zeros + 4 * (len(wire.data) - zeros)
    keys = sum(len(slots) for _, slots in wire.access_list)
    base = 21_000 + 4 * tokens + 2_400 * len(wire.access_list) + 1_900 * keys + 25_000 * len(wire.authorizations)
    if wire.to is None:
        base += 32_000 + 2 * ((len(wire.data) + 31) // 32)
    return base, 21_000 + 10 * tokens


def contract_of(sender: Address, nonce: int) -> Address:
    """Where a creating transaction puts its contract."""
    return account(keccak(encode_raw([bytes.fromhex(sender[2:]), number(nonce)]))[12:])


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a transaction went. cumulative: gas used in the block up to and with it. price: wei per gas paid."""

    succeeded: bool
    gas_used: int
    cumulative: int
    price: int
    created: Address | None
    logs: tuple[Log, ...]


def receipt_of(told: Any) -> Receipt:
    """A receipt; its logs are counted from the transaction's first."""
    body = members(told, "a receipt")
    logs = tuple(
        Log(index, address(log["address"]), tuple(data(topic) for topic in log["topics"]), data(log["data"]))
        for index, log in enumerate(sorted(body.get("logs", ()), key=lambda log: quantity(log["logIndex"])))
    )
    created = body.get("contractAddress")
    return Receipt(
        succeeded=quantity(body.get("status")) == 1,
        gas_used=quantity(body.get("gasUsed")),
        cumulative=quantity(body.get("cumulativeGasUsed")),
        price=quantity(body.get("effectiveGasPrice", 0)),
        created=None if created is None else address(created),
        logs=logs,
    )
