"""Methods for development: what Hardhat's and Foundry's test helpers call. A registered pilot's endpoint has none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.rpc import dev_accounts, dev_calls, encoding
from sandbox.rpc.development import DevChain
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import invalid
from sandbox.rpc.methods import Method
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, address, data, digest, fields, flag, quantity, slot, text, uint64, word

_MILLISECONDS: Final = 1_000


def _chain(node: Node) -> DevChain:
    assert isinstance(node.inbox, DevChain)
    return node.inbox


def _count(value: Any) -> int:
    """A number as these methods are sent it: as a quantity, as a JSON number, or as decimal text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return quantity(value)


def _forking(value: Any) -> None:
    """What to fork, as Hardhat and viem say it; a place to fork from cannot be given."""
    read = fields(value, {"forking": lambda one: fields(one, {"jsonRpcUrl": text})})
    if read.get("forking", {}).get("jsonRpcUrl"):
        raise invalid("this node forks no other chain")


# --- blocks and time


def mine_one(node: Node, params: Params) -> Json:
    """`evm_mine`: the time of the block may be given, or Foundry's object."""
    given = params.raw(0)
    if isinstance(given, dict):
        read = fields(given, {"timestamp": _count, "blocks": _count})
        _chain(node).mine(read.get("blocks", 1), timestamp=read.get("timestamp"))
    else:
        _chain(node).mine(timestamp=params.optional(0, _count, None))
    return "0x0"


def mine(node: Node, params: Params) -> Json:
    """`…_mine`: how many blocks, and seconds between them."""
    _chain(node).mine(params.optional(0, _count, 1), apart=params.optional(1, _count, None))
    return True


def increase_time(node: Node, params: Params) -> Json:
    """`evm_increaseTime`: the seconds blocks are ahead of the clock, as a decimal."""
    clock = _chain(node).clock
    clock.offset += params.read(0, _count)
    return str(clock.offset)


def set_next_time(node: Node, params: Params) -> Json:
    """`evm_setNextBlockTimestamp`."""
    wanted = params.read(0, _count)
    _chain(node).choose_time(wanted)
    return str(wanted)


def set_automine(node: Node, params: Params) -> Json:
    """`evm_setAutomine`; what waits takes place when it is turned on."""
    chain = _chain(node)
    chain.automine = params.read(0, flag)
    if chain.automine and chain.pending():
        chain.mine()
    return True


def get_automine(node: Node, _params: Params) -> Json:
    """`…_getAutomine`."""
    return _chain(node).automine


def keep_milliseconds(node: Node, params: Params) -> Json:
    """`evm_setIntervalMining`, as Hardhat counts; 0 ends it."""
    _chain(node).keep_time(params.read(0, _count) / _MILLISECONDS)
    return True


def keep_seconds(node: Node, params: Params) -> Json:
    """`anvil_setIntervalMining`, as Foundry counts."""
    _chain(node).keep_time(params.read(0, _count))
    return True


def set_base_fee(node: Node, params: Params) -> Json:
    """`…_setNextBlockBaseFeePerGas`, in wei; the blocks after go on from there."""
    _chain(node).turn(base_fee=params.read(0, _count))
    return True


def set_gas_limit(node: Node, params: Params) -> Json:
    """`evm_setBlockGasLimit`, from the next block on."""
    _chain(node).turn(gas_limit=params.read(0, uint64))
    return True


def set_random(node: Node, params: Params) -> Json:
    """`…_setPrevRandao`: what the next block tells contracts that ask for randomness."""
    _chain(node).turn(random=params.read(0, digest))
    return True


def set_coinbase(node: Node, params: Params) -> Json:
    """`…_setCoinbase`: who gets the tips from the next block on."""
    _chain(node).turn(coinbase=params.read(0, address))
    return True


def snapshot(node: Node, _params: Params) -> Json:
    """`evm_snapshot`."""
    return encoding.quantity(_chain(node).snapshot())


def revert(node: Node, params: Params) -> Json:
    """`evm_revert`."""
    return _chain(node).revert(params.read(0, _count))


def reset(node: Node, params: Params) -> Json:
    """`…_reset`: to the beginning. There is nothing to fork from."""
    params.optional(0, _forking, None)
    _chain(node).reset()
    return True


def keep_apart(node: Node, params: Params) -> Json:
    """`…_setBlockTimestampInterval`: seconds from block to block, whatever the clock says."""
    _chain(node).clock.apart = max(params.read(0, _count), 1)
    return True


def follow_clock(node: Node, _params: Params) -> Json:
    """`…_removeBlockTimestampInterval`; False if there was none."""
    clock = _chain(node).clock
    kept, clock.apart = clock.apart, None
    return kept is not None


def drop_all(node: Node, _params: Params) -> Json:
    """`…_dropAllTransactions`."""
    _chain(node).drop_all()
    return True


def drop(node: Node, params: Params) -> Json:
    """`…_dropTransaction`."""
    return _chain(node).drop(params.read(0, digest))


# --- state


def set_balance(node: Node, params: Params) -> Json:
    """`…_setBalance`."""
    _chain(node).alter(params.read(0, address), balance=params.read(1, _count))
    return True


def add_balance(node: Node, params: Params) -> Json:
    """`…_addBalance`."""
    who = params.read(0, address)
    _chain(node).alter(who, balance=node.archive.state(node.archive.head).balance(who) + params.read(1, _count))
    return True


def set_nonce(node: Node, params: Params) -> Json:
    """`…_setNonce`."""
    _chain(node).alter(params.read(0, address), nonce=params.read(1, uint64))
    return True


def set_code(node: Node, params: Params) -> Json:
    """`…_setCode`."""
    _chain(node).alter(params.read(0, address), code=params.read(1, data))
    return True


def set_storage(node: Node, params: Params) -> Json:
    """`…_setStorageAt`."""
    _chain(node).alter(params.read(0, address), slots={params.read(1, slot): params.read(2, word)})
    return True


# --- about the node


def metadata(node: Node, _params: Params) -> Json:
    """`hardhat_metadata`."""
    head = node.archive.head
    return {
        "clientVersion": node.version,
        "chainId": node.archive.chain_id,
        "instanceId": encoding.data(node.archive.header(0).hash),
        "latestBlockNumber": head.number,
        "latestBlockHash": encoding.data(head.hash),
    }


def information(node: Node, _params: Params) -> Json:
    """`anvil_nodeInfo`."""
    head = node.archive.head
    return {
        "currentBlockNumber": encoding.quantity(head.number),
        "currentBlockTimestamp": head.timestamp,
        "currentBlockHash": encoding.data(head.hash),
        "hardFork": "prague",
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": encoding.quantity(node.archive.next_base_fee(head)),
            "chainId": node.archive.chain_id,
            "gasLimit": encoding.quantity(head.gas_limit),
            "gasPrice": encoding.quantity(node.archive.next_base_fee(head)),
        },
        "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
    }


def nothing(_node: Node, params: Params) -> Json:
    """`…_setLoggingEnabled`: the node goes on printing."""
    params.optional(0, flag, True)
    return True


_BOTH: Final[Mapping[str, Method]] = {
    "impersonateAccount": Method(dev_accounts.impersonate, 1, 1),
    "stopImpersonatingAccount": Method(dev_accounts.stop_impersonating, 1, 1),
    "autoImpersonateAccount": Method(dev_accounts.impersonate_everybody, 1, 1),
    "metadata": Method(metadata),
    "setBalance": Method(set_balance, 2, 2),
    "addBalance": Method(add_balance, 2, 2),
    "setCode": Method(set_code, 2, 2),
    "setNonce": Method(set_nonce, 2, 2),
    "setStorageAt": Method(set_storage, 3, 3),
    "setNextBlockBaseFeePerGas": Method(set_base_fee, 1, 1),
    "setPrevRandao": Method(set_random, 1, 1),
    "setCoinbase": Method(set_coinbase, 1, 1),
    "mine": Method(mine, 0, 2),
    "reset": Method(reset, 0, 1),
    "dropTransaction": Method(drop, 1, 1),
    "dropAllTransactions": Method(drop_all),
    "setBlockTimestampInterval": Method(keep_apart, 1, 1),
    "removeBlockTimestampInterval": Method(follow_clock),
    "getAutomine": Method(get_automine),
    "setLoggingEnabled": Method(nothing, 1, 1),
}
"""Under both prefixes, Hardhat's and Foundry's."""

_EVM: Final[Mapping[str, Method]] = {
    "snapshot": Method(snapshot),
    "revert": Method(revert, 1, 1),
    "increaseTime": Method(increase_time, 1, 1),
    "setNextBlockTimestamp": Method(set_next_time, 1, 1),
    "setBlockGasLimit": Method(set_gas_limit, 1, 1),
    "setAutomine": Method(set_automine, 1, 1),
}
"""Under the prefix everybody uses, and under Foundry's own."""

DEVELOPMENT: Final[Mapping[str, Method]] = {
    "eth_accounts": Method(dev_accounts.accounts),
    "eth_call": Method(dev_calls.call, 1, 4),
    "eth_getTransactionReceipt": Method(dev_calls.receipt, 1, 1),
    "eth_estimateGas": Method(dev_calls.estimate_gas, 1, 4),
    "eth_sendTransaction": Method(dev_accounts.send_transaction, 1, 1),
    "eth_sign": Method(dev_accounts.sign, 2, 2),
    "eth_signTransaction": Method(dev_accounts.sign_transaction, 1, 1),
    "eth_signTypedData": Method(dev_accounts.sign_typed, 2, 2),
    "eth_signTypedData_v4": Method(dev_accounts.sign_typed, 2, 2),
    "personal_sign": Method(dev_accounts.personal_sign, 2, 3),
    "eth_sendUnsignedTransaction": Method(dev_accounts.send_unsigned, 1, 1),
    "evm_mine": Method(mine_one, 0, 1),
    "evm_setIntervalMining": Method(keep_milliseconds, 1, 1),
    "anvil_setIntervalMining": Method(keep_seconds, 1, 1),
    "anvil_nodeInfo": Method(information),
    **{f"{prefix}_{name}": method for prefix in ("hardhat", "anvil") for name, method in _BOTH.items()},
    **{f"{prefix}_{name}": method for prefix in ("evm", "anvil") for name, method in _EVM.items()},
}
"""Name -> what answers it, on `taishan node` only. Hardhat counts an interval in milliseconds, Foundry in seconds."""
