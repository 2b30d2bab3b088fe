"""What a development node answers in another way: calls, whose console is heard, and receipts of what was refused."""

from __future__ import annotations

from typing import Final

from sandbox.errors import SandboxError
from sandbox.rpc import call_methods, chain_methods, encoding, objects
from sandbox.rpc.development import DevChain
from sandbox.rpc.encoding import Json
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, digest

_CAPPED: Final = frozenset({"maxFeePerGas", "gasPrice"})


def _chain(node: Node) -> DevChain:
    assert isinstance(node.inbox, DevChain)
    return node.inbox


def receipt(node: Node, params: Params) -> Json:
    """`eth_getTransactionReceipt`. Who sent a transaction into a later block and waits for its receipt learns here that it was
    refused. Raises Refused."""
    found = chain_methods.receipt(node, params)
    refused = _chain(node).refusal(params.read(0, digest))
    if found is None and refused is not None:
        raise refused
    return found


def _overhear(node: Node, params: Params) -> None:
    _chain(node).overhear(params.read(0, objects.message))


def _priced(node: Node, params: Params) -> Params:
    """A tip with no cap stands for a cap that pays it, as it does when the node completes a transaction."""
    given = params.raw(0)
    if not isinstance(given, dict) or given.get("maxPriorityFeePerGas") is None or _CAPPED & {*given}:
        return params
    tip = params.read(0, objects.message).tip or 0
    cap = 2 * node.archive.next_base_fee(node.archive.head) + tip
    return Params([{**given, "maxFeePerGas": encoding.quantity(cap)}, *(params.raw(at) for at in range(1, len(params)))])


def call(node: Node, params: Params) -> Json:
    """`eth_call`."""
    try:
        return call_methods.call(node, _priced(node, params))
    finally:
        _overhear(node, params)


def estimate_gas(node: Node, params: Params) -> Json:
    """`eth_estimateGas`; heard only where it fails, since what succeeds is about to be sent."""
    try:
        return call_methods.estimate_gas(node, _priced(node, params))
    except SandboxError:
        _overhear(node, params)
        raise
