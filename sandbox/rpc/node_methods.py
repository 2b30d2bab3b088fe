"""`net_*`, `web3_*`, and what `eth_*` says of the node itself."""

from __future__ import annotations

from eth_hash.auto import keccak

from sandbox.rpc import encoding
from sandbox.rpc.encoding import Json
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, data


def chain_id(node: Node, _params: Params) -> Json:
    """`eth_chainId`."""
    return encoding.quantity(node.archive.chain_id)


def syncing(_node: Node, _params: Params) -> Json:
    """`eth_syncing`: there is nobody to catch up with."""
    return False


def coinbase(node: Node, _params: Params) -> Json:
    """`eth_coinbase`: who gets the tips."""
    return node.archive.head.coinbase


def accounts(_node: Node, _params: Params) -> Json:
    """`eth_accounts`: the node holds no keys."""
    return []


def config(node: Node, _params: Params) -> Json:
    """`eth_config`."""
    current, following, last = node.archive.rules(node.archive.head.timestamp)
    chain = node.archive.chain_id
    return {
        "current": encoding.rules(current, chain),
        "next": encoding.rules(following, chain),
        "last": encoding.rules(last, chain),
    }


def capabilities(node: Node, _params: Params) -> Json:
    """`eth_capabilities`: everything, from the first block on."""
    head = node.archive.head
    whole = {"disabled": False, "oldestBlock": "0x0"}
    parts = ("state", "tx", "logs", "receipts", "blocks", "stateproofs")
    return {"head": {"number": encoding.quantity(head.number), "hash": encoding.data(head.hash)}, **dict.fromkeys(parts, whole)}


def network_version(node: Node, _params: Params) -> Json:
    """`net_version`."""
    return str(node.archive.chain_id)


def listening(_node: Node, _params: Params) -> Json:
    """`net_listening`: to clients, yes."""
    return True


def peers(_node: Node, _params: Params) -> Json:
    """`net_peerCount`."""
    return "0x0"


def client_version(node: Node, _params: Params) -> Json:
    """`web3_clientVersion`."""
    return node.version


def sha3(_node: Node, params: Params) -> Json:
    """`web3_sha3`."""
    return encoding.data(keccak(params.read(0, data)))
