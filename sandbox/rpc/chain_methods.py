"""`eth_*`: blocks, transactions and receipts."""

from __future__ import annotations

from rlp.codec import encode_raw

from sandbox.engines.archive import FullBlock, FullReceipt
from sandbox.engines.rlp_items import decoded
from sandbox.engines.wire import Header
from sandbox.errors import NotFound
from sandbox.rpc import encoding
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import RpcError
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, block_key, block_number, digest, flag, uint64
from sandbox.rpc.pending import pending_block


def number(node: Node, _params: Params) -> Json:
    """`eth_blockNumber`."""
    return encoding.quantity(node.archive.head.number)


def block_by_number(node: Node, params: Params) -> Json:
    """`eth_getBlockByNumber`."""
    key, full = params.read(0, block_number), params.optional(1, flag, False)
    if key == "pending":
        return pending_block(node, full=full)
    return _shown(node.block(key), full)


def block_by_hash(node: Node, params: Params) -> Json:
    """`eth_getBlockByHash`."""
    return _shown(node.block(params.read(0, digest)), params.optional(1, flag, False))


def _shown(block: FullBlock | None, full: bool) -> Json:
    return None if block is None else encoding.block(block, full=full)


def header_by_number(node: Node, params: Params) -> Json:
    """`eth_getHeaderByNumber`; the pending block has no header yet."""
    key = params.read(0, block_number)
    return None if key == "pending" else _header(node, key)


def header_by_hash(node: Node, params: Params) -> Json:
    """`eth_getHeaderByHash`."""
    return _header(node, params.read(0, digest))


def _header(node: Node, key: int | bytes | str) -> Json:
    try:
        return encoding.header(node.header(key))
    except RpcError:
        return None


def count_by_number(node: Node, params: Params) -> Json:
    """`eth_getBlockTransactionCountByNumber`."""
    block = node.block(params.read(0, block_number))
    return None if block is None else encoding.quantity(len(block.transactions))


def count_by_hash(node: Node, params: Params) -> Json:
    """`eth_getBlockTransactionCountByHash`."""
    block = node.block(params.read(0, digest))
    return None if block is None else encoding.quantity(len(block.transactions))


def uncles_by_number(node: Node, params: Params) -> Json:
    """`eth_getUncleCountByBlockNumber`."""
    block = node.block(params.read(0, block_number))
    return None if block is None else encoding.quantity(len(block.ommers))


def uncles_by_hash(node: Node, params: Params) -> Json:
    """`eth_getUncleCountByBlockHash`."""
    block = node.block(params.read(0, digest))
    return None if block is None else encoding.quantity(len(block.ommers))


def uncle_by_number(node: Node, params: Params) -> Json:
    """`eth_getUncleByBlockNumberAndIndex`."""
    return _uncle(node.block(params.read(0, block_number)), params.read(1, uint64))


def uncle_by_hash(node: Node, params: Params) -> Json:
    """`eth_getUncleByBlockHashAndIndex`."""
    return _uncle(node.block(params.read(0, digest)), params.read(1, uint64))


def _uncle(block: FullBlock | None, index: int) -> Json:
    if block is None or index >= len(block.ommers):
        return None
    header = Header.of(decoded(block.raw, "a block")[2][index])
    return {**encoding.header(header), "size": encoding.quantity(len(encode_raw([header.items, [], []]))), "uncles": []}


def transaction_by_number(node: Node, params: Params) -> Json:
    """`eth_getTransactionByBlockNumberAndIndex`."""
    return _at(node.block(params.read(0, block_number)), params.read(1, uint64))


def transaction_by_block_hash(node: Node, params: Params) -> Json:
    """`eth_getTransactionByBlockHashAndIndex`."""
    return _at(node.block(params.read(0, digest)), params.read(1, uint64))


def raw_by_number(node: Node, params: Params) -> Json:
    """`eth_getRawTransactionByBlockNumberAndIndex`."""
    return _raw_at(node.block(params.read(0, block_number)), params.read(1, uint64))


def raw_by_hash(node: Node, params: Params) -> Json:
    """`eth_getRawTransactionByBlockHashAndIndex`."""
    return _raw_at(node.block(params.read(0, digest)), params.read(1, uint64))


def _raw_at(block: FullBlock | None, index: int) -> Json:
    return None if block is None or index >= len(block.transactions) else encoding.data(block.transactions[index].raw)


def _at(block: FullBlock | None, index: int) -> Json:
    if block is None or index >= len(block.transactions):
        return None
    return encoding.transaction(block.transactions[index], block.header, index)


def transaction(node: Node, params: Params) -> Json:
    """`eth_getTransactionByHash`."""
    key = params.read(0, digest)
    try:
        at, index = node.archive.place(key)
    except NotFound:
        waiting = node.inbox.find(key)
        return None if waiting is None else encoding.transaction(waiting)
    return _at(node.archive.block(at), index)


def raw_transaction(node: Node, params: Params) -> Json:
    """`eth_getRawTransactionByHash` and `debug_getRawTransaction`."""
    key = params.read(0, digest)
    try:
        at, index = node.archive.place(key)
    except NotFound:
        waiting = node.inbox.find(key)
        return None if waiting is None else encoding.data(waiting.raw)
    return encoding.data(node.archive.block(at).transactions[index].raw)


def receipt(node: Node, params: Params) -> Json:
    """`eth_getTransactionReceipt`."""
    try:
        at, index = node.archive.place(params.read(0, digest))
    except NotFound:
        return None
    found: FullReceipt = node.archive.receipts(at)[index]
    return encoding.receipt(found, node.archive.header(at))


def block_receipts(node: Node, params: Params) -> Json:
    """`eth_getBlockReceipts`."""
    block = node.block(params.read(0, block_key))
    if block is None:
        return None
    return [encoding.receipt(one, block.header) for one in node.archive.receipts(block.header.hash)]
