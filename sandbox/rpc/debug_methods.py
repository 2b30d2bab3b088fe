"""`debug_*`: raw encodings and traces."""

from __future__ import annotations

from sandbox.engines.archive import FullBlock, TraceOptions
from sandbox.errors import NotFound
from sandbox.rpc import encoding, objects, requests
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import SERVER_ERROR, RpcError
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, block_key, block_number, digest

_PLAIN = TraceOptions()


def _block(node: Node, key: int | bytes | str) -> FullBlock:
    found = node.block(key)
    if found is None:
        shown = key if isinstance(key, str) else encoding.data(key) if isinstance(key, bytes) else f"#{key}"
        raise RpcError(SERVER_ERROR, f"block {shown} not found")
    return found


def bad_blocks(_node: Node, _params: Params) -> Json:
    """`debug_getBadBlocks`: nobody sends any."""
    return []


def raw_block(node: Node, params: Params) -> Json:
    """`debug_getRawBlock`."""
    return encoding.data(_block(node, params.read(0, block_key)).raw)


def raw_header(node: Node, params: Params) -> Json:
    """`debug_getRawHeader`."""
    return encoding.data(_block(node, params.read(0, block_key)).header.raw)


def raw_receipts(node: Node, params: Params) -> Json:
    """`debug_getRawReceipts`."""
    header = _block(node, params.read(0, block_key)).header
    return [encoding.data(one.raw) for one in node.archive.receipts(header.hash)]


def trace_transaction(node: Node, params: Params) -> Json:
    """`debug_traceTransaction`."""
    key, options = params.read(0, digest), params.optional(1, requests.trace_options, _PLAIN)
    try:
        at, index = node.archive.place(key)
    except NotFound as error:
        raise RpcError(SERVER_ERROR, "transaction not found") from error
    return node.archive.trace_block(node.archive.header(at), options, only=index)[0]


def trace_by_number(node: Node, params: Params) -> Json:
    """`debug_traceBlockByNumber`."""
    return _traced(node, params.read(0, block_number), params)


def trace_by_hash(node: Node, params: Params) -> Json:
    """`debug_traceBlockByHash`."""
    return _traced(node, params.read(0, digest), params)


def _traced(node: Node, key: int | bytes | str, params: Params) -> Json:
    options = params.optional(1, requests.trace_options, _PLAIN)
    block = _block(node, key)
    traces = node.archive.trace_block(block.header, options)
    return [{"txHash": encoding.data(one.hash), "result": trace} for one, trace in zip(block.transactions, traces, strict=True)]


def trace_call(node: Node, params: Params) -> Json:
    """`debug_traceCall`."""
    message = params.read(0, objects.message)
    header = node.header(params.optional(1, block_key, "latest"))
    options = params.optional(2, requests.trace_options, _PLAIN)
    accounts, block = params.optional(2, requests.trace_overrides, (None, None))
    return node.archive.trace_call(header, message, options, accounts, block)
