"""Methods for the accounts a development node holds keys of, and for those it poses as."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from sandbox.engines.archive import Message
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError
from sandbox.rpc import dev_calls, encoding, objects
from sandbox.rpc.development import DevChain
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import invalid
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, address, data, flag, quantity

_FEES: Final = frozenset({"gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"})
"""What has no say in how much gas a transaction takes."""


def _chain(node: Node) -> DevChain:
    assert isinstance(node.inbox, DevChain)
    return node.inbox


def accounts(node: Node, _params: Params) -> Json:
    """`eth_accounts`."""
    wallet = _chain(node).wallet
    return [encoding.checksummed(one) for one in (*(each.address for each in wallet.accounts), *sorted(wallet.posing))]


def send_transaction(node: Node, params: Params) -> Json:
    """`eth_sendTransaction`: from an account of the node, or from one it impersonates."""
    return _send(node, params, unsigned=False)


def send_unsigned(node: Node, params: Params) -> Json:
    """`eth_sendUnsignedTransaction`: from anybody."""
    return _send(node, params, unsigned=True)


def _send(node: Node, params: Params, *, unsigned: bool) -> Json:
    chain, sent = _chain(node), _written(node, params, unsigned=unsigned)
    if sent.origin is not None:
        chain.engine.pose(sent)
    return encoding.data(chain.admit(sent))


def sign_transaction(node: Node, params: Params) -> Json:
    """`eth_signTransaction`: the signed bytes, and what they say. Nothing is sent."""
    signed = _written(node, params)
    if signed.origin is not None:
        raise InputError(f"no key for {signed.origin}", do="sign as one of eth_accounts that is not impersonated")
    return {"raw": encoding.data(signed.raw), "tx": encoding.transaction(signed)}


def _written(node: Node, params: Params, *, unsigned: bool = False) -> WireTransaction:
    message = params.read(0, objects.message)
    stated = params.raw(0).get("chainId")
    if stated is not None and quantity(stated) != node.archive.chain_id:
        raise invalid(f"the transaction is for chain {quantity(stated)}, this is chain {node.archive.chain_id}", 0)
    return _chain(node).wallet.transaction(_completed(node, message, params), node.archive.chain_id, unsigned=unsigned)


def _completed(node: Node, message: Message, params: Params) -> Message:
    """With everything the sender left to the node."""
    head = node.archive.head
    if message.nonce is None:
        waiting = node.inbox.nonce(message.sender)
        nonce = node.archive.state(head).nonce(message.sender) if waiting is None else waiting
        message = replace(message, nonce=nonce)
    if message.gas is None:
        asked = {name: value for name, value in params.raw(0).items() if name not in _FEES}
        message = replace(message, gas=int(dev_calls.estimate_gas(node, Params([asked])), 16))
    if message.gas_price is None:
        tip = message.tip or 0
        fee = 2 * node.archive.next_base_fee(head) + tip if message.max_fee is None else message.max_fee
        message = replace(message, tip=tip, max_fee=fee)
    return message


def personal_sign(node: Node, params: Params) -> Json:
    """`personal_sign`: data, then who."""
    return encoding.data(_chain(node).wallet.sign(params.read(1, address), "text", params.read(0, data)))


def sign(node: Node, params: Params) -> Json:
    """`eth_sign`: who, then data."""
    return encoding.data(_chain(node).wallet.sign(params.read(0, address), "text", params.read(1, data)))


def sign_typed(node: Node, params: Params) -> Json:
    """`eth_signTypedData_v4`."""
    content = params.raw(1)
    try:
        content = json.loads(content) if isinstance(content, str) else content
    except ValueError as error:
        raise invalid("the typed data is no JSON", 1) from error
    if not isinstance(content, dict):
        raise invalid("typed data is an object", 1)
    return encoding.data(_chain(node).wallet.sign(params.read(0, address), "typed", content))


def impersonate(node: Node, params: Params) -> Json:
    """`…_impersonateAccount`."""
    _chain(node).wallet.posing.add(params.read(0, address))
    return True


def stop_impersonating(node: Node, params: Params) -> Json:
    """`…_stopImpersonatingAccount`."""
    who, wallet = params.read(0, address), _chain(node).wallet
    known = who in wallet.posing
    wallet.posing.discard(who)
    return known


def impersonate_everybody(node: Node, params: Params) -> Json:
    """`…_autoImpersonateAccount`."""
    _chain(node).wallet.everybody = params.read(0, flag)
    return True
