"""`eth_*`: accounts at any block."""

from __future__ import annotations

from typing import Final

from sandbox.engines.archive import State
from sandbox.rpc import encoding
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import invalid
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, address, block_key, hex_text, listed, mapped, slot

MOST_SLOTS: Final = 1_024
"""Slots one question may ask for."""

_WORD_DIGITS: Final = 64


def _state(node: Node, params: Params, at: int) -> State:
    return node.archive.state(node.header(params.optional(at, block_key, "latest")))


def balance(node: Node, params: Params) -> Json:
    """`eth_getBalance`."""
    who = params.read(0, address)
    return encoding.quantity(_state(node, params, 1).balance(who))


def code(node: Node, params: Params) -> Json:
    """`eth_getCode`."""
    who = params.read(0, address)
    return encoding.data(_state(node, params, 1).code(who))


def transaction_count(node: Node, params: Params) -> Json:
    """`eth_getTransactionCount`."""
    who = params.read(0, address)
    waiting = node.inbox.nonce(who) if params.raw(1) == "pending" else None
    return encoding.quantity(_state(node, params, 1).nonce(who) if waiting is None else waiting)


def storage_at(node: Node, params: Params) -> Json:
    """`eth_getStorageAt`."""
    who, where = params.read(0, address), params.read(1, slot)
    return encoding.word(_state(node, params, 2).storage(who, where))


def storage_values(node: Node, params: Params) -> Json:
    """`eth_getStorageValues`."""
    asked = params.read(0, mapped(address, listed(slot, MOST_SLOTS), MOST_SLOTS))
    if not 0 < sum(map(len, asked.values())) <= MOST_SLOTS:
        raise invalid(f"ask for 1 to {MOST_SLOTS} slots", 0)
    state = _state(node, params, 1)
    return {who: [encoding.word(state.storage(who, one)) for one in slots] for who, slots in asked.items()}


def proof(node: Node, params: Params) -> Json:
    """`eth_getProof`. A key comes back as it was written: as a word if it was one, else as a number."""
    who, slots = params.read(0, address), params.read(1, listed(slot, MOST_SLOTS))
    found = _state(node, params, 2).proof(who, slots)
    keys = [_as_written(one, text) for one, text in zip(slots, params.raw(1), strict=True)]
    return {
        "address": who,
        "accountProof": [encoding.data(one) for one in found.account],
        "balance": encoding.quantity(found.balance),
        "codeHash": encoding.data(found.code_hash),
        "nonce": encoding.quantity(found.nonce),
        "storageHash": encoding.data(found.storage_root),
        "storageProof": [
            {"key": key, "value": encoding.quantity(value), "proof": [encoding.data(one) for one in nodes]}
            for key, (_, value, nodes) in zip(keys, found.slots, strict=True)
        ],
    }


def _as_written(key: int, text: str) -> str:
    return encoding.word(key) if len(hex_text(text)) == _WORD_DIGITS else encoding.quantity(key)
