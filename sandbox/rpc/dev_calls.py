"""Calls on a development node: what contracts write to the console is heard, though nothing of it stays."""

from __future__ import annotations

from typing import Final

from sandbox.errors import SandboxError
from sandbox.rpc import call_methods, encoding, objects
from sandbox.rpc.development import DevChain
from sandbox.rpc.encoding import Json
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params

_CAPPED: Final = frozenset({"maxFeePerGas", "gasPrice"})


def _overhear(node: Node, params: Params) -> None:
    assert isinstance(node.inbox, DevChain)
    node.inbox.overhear(params.read(0, objects.message))


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
