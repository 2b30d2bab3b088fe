"""`eth_*`: prices."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, Final

from sandbox.engines.wire import Header
from sandbox.rpc import encoding
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import invalid
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, block_number, listed, quantity

MOST_BLOCKS: Final = 1_024
"""Blocks one fee history may span."""

_MOST_PERCENTILES: Final = 100
_SAMPLED_BLOCKS: Final = 20
_SAMPLED_TIPS: Final = 3
_SUGGESTED_PERCENTILE: Final = 60
_GAS_PER_BLOB: Final = 2**17


def base_fee(node: Node, _params: Params) -> Json:
    """`eth_baseFee`: of the next block."""
    return encoding.quantity(node.archive.next_base_fee(node.archive.head))


def blob_base_fee(node: Node, _params: Params) -> Json:
    """`eth_blobBaseFee`: of the next block."""
    price = node.archive.blob_base_fee(node.archive.head, following=True)
    return None if price is None else encoding.quantity(price)


def priority_fee(node: Node, _params: Params) -> Json:
    """`eth_maxPriorityFeePerGas`."""
    return encoding.quantity(_suggested_tip(node))


def gas_price(node: Node, _params: Params) -> Json:
    """`eth_gasPrice`: what gets a transaction into the next block."""
    return encoding.quantity(node.archive.next_base_fee(node.archive.head) + _suggested_tip(node))


def _suggested_tip(node: Node) -> int:
    """What the cheaper transactions of recent blocks paid on top of the base fee; 0 where there were none."""
    head, tips = node.archive.head.number, list[int]()
    for at in range(head, max(head - _SAMPLED_BLOCKS, 0), -1):
        block = node.archive.block(at)
        base = block.header.base_fee or 0
        paid = sorted(one.price(base) - base for one in block.transactions if one.price(base) > base)
        tips += paid[:_SAMPLED_TIPS]
    tips.sort()
    return tips[(len(tips) - 1) * _SUGGESTED_PERCENTILE // 100] if tips else 0


def history(node: Node, params: Params) -> Json:
    """`eth_feeHistory`."""
    count = min(params.read(0, _count), MOST_BLOCKS)
    newest = node.header(params.read(1, block_number))
    percentiles: tuple[float, ...] = params.optional(2, listed(_percentile, _MOST_PERCENTILES), ())
    if any(one >= two for one, two in pairwise(percentiles)):
        raise invalid("percentiles must rise", 2)
    headers = [node.archive.header(at) for at in range(max(newest.number - count + 1, 0), newest.number + 1)] if count else []
    if not headers:
        return {"oldestBlock": "0x0", "gasUsedRatio": []}
    shown: dict[str, Any] = {
        "oldestBlock": encoding.quantity(headers[0].number),
        "baseFeePerGas": [encoding.quantity(one.base_fee or 0) for one in headers]
        + [encoding.quantity(_following(node, newest))],
        "gasUsedRatio": [one.gas_used / one.gas_limit for one in headers],
        "baseFeePerBlobGas": [encoding.quantity(node.archive.blob_base_fee(one) or 0) for one in headers]
        + [encoding.quantity(node.archive.blob_base_fee(newest, following=True) or 0)],
        "blobGasUsedRatio": [_blob_ratio(node, one) for one in headers],
    }
    if percentiles:
        shown["reward"] = [_rewards(node, one, percentiles) for one in headers]
    return shown


def _following(node: Node, header: Header) -> int:
    return 0 if header.base_fee is None else node.archive.next_base_fee(header)


def _blob_ratio(node: Node, header: Header) -> float:
    limits = node.archive.blob_limits(header.timestamp)
    return 0 if limits is None else (header.blob_gas_used or 0) / (limits.most * _GAS_PER_BLOB)


def _rewards(node: Node, header: Header, percentiles: tuple[float, ...]) -> list[str]:
    """Tips at these percentiles of the gas used in a block."""
    receipts = node.archive.receipts(header.hash)
    tips = sorted((one.price - (header.base_fee or 0), one.gas_used) for one in receipts)
    passed = list(accumulate(used for _, used in tips))
    result = []
    for percentile in percentiles:
        reached = (tip for (tip, _), gas in zip(tips, passed, strict=True) if gas * 100 >= header.gas_used * percentile)
        result.append(encoding.quantity(max(next(reached, 0), 0)))
    return result


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else quantity(value)


def _percentile(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise invalid("a percentile is a number from 0 to 100")
    return value
