"""Values as the execution API writes them: quantities, data, headers, blocks, transactions, receipts, logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from eth_hash.auto import keccak

from sandbox.domain.units import Address
from sandbox.engines.archive import BlobLimits, Built, Event, ForkRules, FullBlock, FullReceipt
from sandbox.engines.rlp_items import padded
from sandbox.engines.wire import AccessList, Header, WireTransaction, Withdrawal

Json = Any
"""What `json.dumps` takes."""

_GAS_PER_BLOB: Final = 2**17


def quantity(value: int) -> str:
    """A number."""
    return hex(value)


def data(value: bytes) -> str:
    """Bytes."""
    return "0x" + value.hex()


def word(value: int) -> str:
    """A number as a 32-byte word."""
    return data(padded(value))


def checksummed(address: Address) -> str:
    """An address in mixed case (EIP-55)."""
    digits = address[2:]
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if int(mark, 16) > 7 else digit for digit, mark in zip(digits, marks, strict=False))


_LATER_FIELDS: Final = (
    ("baseFeePerGas", "base_fee"),
    ("withdrawalsRoot", "withdrawals_root"),
    ("blobGasUsed", "blob_gas_used"),
    ("excessBlobGas", "excess_blob_gas"),
    ("parentBeaconBlockRoot", "beacon_root"),
    ("requestsHash", "requests_hash"),
)


def header(value: Header) -> dict[str, Json]:
    """A header; fields of later forks only where it has them."""
    shown = {
        "number": quantity(value.number),
        "hash": data(value.hash),
        "parentHash": data(value.parent_hash),
        "nonce": data(value.nonce),
        "mixHash": data(value.mix_hash),
        "sha3Uncles": data(value.ommers_hash),
        "logsBloom": data(value.logs_bloom),
        "stateRoot": data(value.state_root),
        "miner": value.coinbase,
        "difficulty": quantity(value.difficulty),
        "extraData": data(value.extra_data),
        "gasLimit": quantity(value.gas_limit),
        "gasUsed": quantity(value.gas_used),
        "timestamp": quantity(value.timestamp),
        "transactionsRoot": data(value.transactions_root),
        "receiptsRoot": data(value.receipts_root),
    }
    for name, field in _LATER_FIELDS:
        item = getattr(value, field)
        if item is not None:
            shown[name] = quantity(item) if isinstance(item, int) else data(item)
    return shown


def block(value: FullBlock, *, full: bool) -> dict[str, Json]:
    """A block. full: with whole transactions, else their hashes."""
    transactions = [
        transaction(one, value.header, index) if full else data(one.hash) for index, one in enumerate(value.transactions)
    ]
    shown = {
        **header(value.header),
        "size": quantity(value.size),
        "transactions": transactions,
        "uncles": [data(one) for one in value.ommers],
    }
    if value.withdrawals is not None:
        shown["withdrawals"] = [withdrawal(one) for one in value.withdrawals]
    return shown


def withdrawal(value: Withdrawal) -> dict[str, Json]:
    """An EIP-4895 withdrawal."""
    return {
        "index": quantity(value.index),
        "validatorIndex": quantity(value.validator),
        "address": value.address,
        "amount": quantity(value.amount),
    }


def access_list(value: AccessList) -> list[Json]:
    """An EIP-2930 access list."""
    return [{"address": who, "storageKeys": [data(key) for key in keys]} for who, keys in value]


def transaction(value: WireTransaction, head: Header | None = None, index: int | None = None) -> dict[str, Json]:
    """A transaction, in the block with this header or (None) in none yet."""
    base_fee = head.base_fee if head else None
    price = value.fee_cap if head is None else value.price(base_fee)
    shown: dict[str, Json] = {
        "blockHash": data(head.hash) if head else None,
        "blockNumber": quantity(head.number) if head else None,
        "blockTimestamp": quantity(head.timestamp) if head else None,
        "transactionIndex": None if index is None else quantity(index),
        "type": quantity(value.kind),
        "hash": data(value.hash),
        "from": value.sender,
        "to": value.to,
        "nonce": quantity(value.nonce),
        "gas": quantity(value.gas),
        "gasPrice": quantity(price),
        "value": quantity(value.value),
        "input": data(value.data),
        "v": quantity(value.v),
        "r": quantity(value.r),
        "s": quantity(value.s),
    }
    if value.chain_id is not None:
        shown["chainId"] = quantity(value.chain_id)
    return {**shown, **dict(_typed(value))}


def _typed(value: WireTransaction) -> Iterator[tuple[str, Json]]:
    if value.kind >= 1:
        yield "accessList", access_list(value.access_list)
        yield "yParity", quantity(value.v)
    if value.kind >= 2:
        yield "maxFeePerGas", quantity(value.max_fee or 0)
        yield "maxPriorityFeePerGas", quantity(value.tip or 0)
    if value.kind == 3:
        yield "maxFeePerBlobGas", quantity(value.blob_fee or 0)
        yield "blobVersionedHashes", [data(one) for one in value.blob_hashes]
    if value.kind == 4:
        yield (
            "authorizationList",
            [
                {
                    "chainId": quantity(one.chain_id),
                    "address": one.address,
                    "nonce": quantity(one.nonce),
                    "yParity": quantity(one.y_parity),
                    "r": quantity(one.r),
                    "s": quantity(one.s),
                }
                for one in value.authorizations
            ],
        )


def log(event: Event, head: Header, transaction_hash: bytes, index: int, position: int) -> dict[str, Json]:
    """A log. index: of the transaction in its block. position: of the log in its block."""
    return {
        "address": event.address,
        "topics": [data(topic) for topic in event.topics],
        "data": data(event.data),
        "blockNumber": quantity(head.number),
        "transactionHash": data(transaction_hash),
        "transactionIndex": quantity(index),
        "blockHash": data(head.hash),
        "blockTimestamp": quantity(head.timestamp),
        "logIndex": quantity(position),
        "removed": False,
    }


def logs(value: FullReceipt, head: Header) -> list[Json]:
    """The logs of a receipt."""
    return [log(event, head, value.transaction.hash, value.index, value.first_log + at) for at, event in enumerate(value.logs)]


def receipt(value: FullReceipt, head: Header) -> dict[str, Json]:
    """A receipt, in the block with this header."""
    sent = value.transaction
    shown: dict[str, Json] = {
        "type": quantity(sent.kind),
        "transactionHash": data(sent.hash),
        "transactionIndex": quantity(value.index),
        "blockHash": data(head.hash),
        "blockNumber": quantity(head.number),
        "from": sent.sender,
        "to": sent.to,
        "cumulativeGasUsed": quantity(value.cumulative_gas),
        "gasUsed": quantity(value.gas_used),
        "effectiveGasPrice": quantity(value.price),
        "contractAddress": value.created,
        "logs": logs(value, head),
        "logsBloom": data(value.logs_bloom),
    }
    if value.status is None:
        shown["root"] = data(value.root or b"")
    else:
        shown["status"] = quantity(value.status)
    if value.blob_price is not None:
        shown["blobGasUsed"] = quantity(_GAS_PER_BLOB * len(sent.blob_hashes))
        shown["blobGasPrice"] = quantity(value.blob_price)
    return shown


def _blobs(value: BlobLimits | None) -> Json:
    if value is None:
        return None
    return {"target": value.target, "max": value.most, "baseFeeUpdateFraction": value.fraction}


def rules(value: ForkRules | None, chain_id: int) -> Json:
    """The rules in force at a time (EIP-7910)."""
    if value is None:
        return None
    return {
        "activationTime": value.activation,
        "blobSchedule": _blobs(value.blobs),
        "chainId": quantity(chain_id),
        "forkId": data(value.fork_id),
        "precompiles": dict(sorted(value.precompiles.items())),
        "systemContracts": dict(sorted(value.contracts.items())),
    }


def payload(value: Built) -> dict[str, Json]:
    """A built block as the engine API shows it."""
    made, head = value.block, value.block.header
    shown = {
        "parentHash": data(head.parent_hash),
        "feeRecipient": head.coinbase,
        "stateRoot": data(head.state_root),
        "receiptsRoot": data(head.receipts_root),
        "logsBloom": data(head.logs_bloom),
        "prevRandao": data(head.mix_hash),
        "blockNumber": quantity(head.number),
        "gasLimit": quantity(head.gas_limit),
        "gasUsed": quantity(head.gas_used),
        "timestamp": quantity(head.timestamp),
        "extraData": data(head.extra_data),
        "baseFeePerGas": quantity(head.base_fee or 0),
        "blockHash": data(head.hash),
        "transactions": [data(one.raw) for one in made.transactions],
        "withdrawals": [withdrawal(one) for one in made.withdrawals or ()],
        "blobGasUsed": quantity(head.blob_gas_used or 0),
        "excessBlobGas": quantity(head.excess_blob_gas or 0),
    }
    return {
        "executionPayload": shown,
        "blockValue": quantity(value.value),
        "blobsBundle": {"commitments": [], "proofs": [], "blobs": []},
        "executionRequests": [data(one) for one in value.requests],
        "shouldOverrideBuilder": False,
    }
