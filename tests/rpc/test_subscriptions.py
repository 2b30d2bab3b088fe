"""`eth_subscribe` and filters, also on a chain that goes back: what takes the place of a block is told, what is gone is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.engines.assembler import asm
from tests.rpc.nodes import STRANGER, RunningNode, running

SECONDS = 20
LOGS = "0x" + asm(7, 0, "MSTORE", 32, 0, "LOG0").hex()


@pytest.fixture(scope="module")
def node(home: Path) -> Iterator[RunningNode]:
    with running(home) as node:
        node.ask("hardhat_setCode", STRANGER, LOGS)
        yield node


class Listener:
    """One connection with subscriptions."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._news: list[dict[str, Any]] = []

    def ask(self, method: str, *params: Any) -> Any:
        """A result; news that comes in between is kept."""
        self._socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(SECONDS))
            if "id" in message:
                return message["result"]
            self._news.append(message["params"])

    def hear(self, name: str) -> Any:
        """The next news of a subscription."""
        while True:
            for at, one in enumerate(self._news):
                if one["subscription"] == name:
                    return self._news.pop(at)["result"]
            self._news.append(json.loads(self._socket.recv(SECONDS))["params"])

    def is_silent(self) -> bool:
        """True if nothing more comes."""
        try:
            self._news.append(json.loads(self._socket.recv(0.3))["params"])
        except TimeoutError:
            return not self._news
        return False


@contextmanager
def listening(node: RunningNode) -> Iterator[Listener]:
    with connect(node.url.replace("http", "ws")) as socket:
        yield Listener(socket)


def poke(node: RunningNode) -> str:
    """A transaction that logs, in a block of its own; its hash."""
    sender = node.ask("eth_accounts")[0]
    return str(node.ask("eth_sendTransaction", {"from": sender, "to": STRANGER}))


def head(node: RunningNode) -> str:
    return str(node.ask("eth_blockNumber"))


def test_heads_logs_and_pending_transactions_are_told_in_order(node: RunningNode) -> None:
    with listening(node) as client:
        heads, logs, sent = (client.ask("eth_subscribe", kind) for kind in ("newHeads", "logs", "newPendingTransactions"))
        for _ in range(3):
            digest = poke(node)
            block = node.ask("eth_getBlockByNumber", "latest", False)
            told = client.hear(heads)
            assert (told["hash"], told["parentHash"], told["number"]) == (block["hash"], block["parentHash"], block["number"])
            log = client.hear(logs)
            assert (log["transactionHash"], log["blockHash"], log["removed"]) == (digest, block["hash"], False)
            assert client.hear(sent) == digest
        assert client.is_silent()


def test_after_going_back_the_blocks_that_take_the_places_are_told(node: RunningNode) -> None:
    with listening(node) as client:
        heads, logs = client.ask("eth_subscribe", "newHeads"), client.ask("eth_subscribe", "logs", {"address": STRANGER})
        mark = node.ask("evm_snapshot")
        before = int(head(node), 16)
        first = [poke(node), poke(node)]
        assert [int(client.hear(heads)["number"], 16) for _ in range(2)] == [before + 1, before + 2]
        assert [client.hear(logs)["transactionHash"] for _ in range(2)] == first
        node.ask("evm_revert", mark)
        assert client.is_silent()
        node.ask("evm_increaseTime", 100)
        second = [poke(node), poke(node), poke(node)]
        assert [int(client.hear(heads)["number"], 16) for _ in range(3)] == [before + 1, before + 2, before + 3]
        heard = [client.hear(logs) for _ in range(3)]
        assert [one["transactionHash"] for one in heard] == second
        assert [one["blockHash"] for one in heard] == [
            node.ask("eth_getTransactionReceipt", one)["blockHash"] for one in second
        ]
        assert client.is_silent()


def test_going_back_and_as_far_again_between_two_looks_is_noticed(node: RunningNode) -> None:
    blocks, logs = node.ask("eth_newBlockFilter"), node.ask("eth_newFilter", {"fromBlock": head(node)})
    mark = node.ask("evm_snapshot")
    poke(node)
    assert len(node.ask("eth_getFilterChanges", blocks)) == len(node.ask("eth_getFilterChanges", logs)) == 1
    node.ask("evm_revert", mark)
    node.ask("evm_increaseTime", 100)
    digest = poke(node)
    assert node.ask("eth_getFilterChanges", blocks) == [node.ask("eth_getBlockByNumber", "latest", False)["hash"]]
    assert [one["transactionHash"] for one in node.ask("eth_getFilterChanges", logs)] == [digest]
    assert node.ask("eth_getFilterChanges", blocks) == node.ask("eth_getFilterChanges", logs) == []


def test_what_was_unsubscribed_is_told_no_more_and_the_rest_still_is(node: RunningNode) -> None:
    with listening(node) as client:
        heads, logs = client.ask("eth_subscribe", "newHeads"), client.ask("eth_subscribe", "logs")
        assert client.ask("eth_unsubscribe", heads) is True
        poke(node)
        assert client.hear(logs)["address"] == STRANGER
        assert client.is_silent()


def test_many_blocks_at_once_are_all_told(node: RunningNode) -> None:
    with listening(node) as client:
        heads = client.ask("eth_subscribe", "newHeads")
        before = int(head(node), 16)
        node.ask("hardhat_mine", hex(100))
        assert [int(client.hear(heads)["number"], 16) for _ in range(100)] == list(range(before + 1, before + 101))


def test_logs_are_told_by_address_and_topic_and_a_block_by_hash_is_no_subscription(node: RunningNode) -> None:
    with listening(node) as client:
        other = client.ask("eth_subscribe", "logs", {"address": "0x" + "11" * 20})
        topic = client.ask("eth_subscribe", "logs", {"topics": ["0x" + "11" * 32]})
        both = client.ask("eth_subscribe", "logs", {"address": [STRANGER, "0x" + "11" * 20]})
        assert len({other, topic, both}) == 3
        poke(node)
        assert client.hear(both)["address"] == STRANGER
        assert client.is_silent()
        with pytest.raises(KeyError):
            client.ask("eth_subscribe", "logs", {"blockHash": "0x" + "11" * 32})


def test_over_http_there_is_nothing_to_subscribe_to(node: RunningNode) -> None:
    from tests.rpc.nodes import Refusal

    with pytest.raises(Refusal) as refused:
        node.ask("eth_subscribe", "newHeads")
    assert refused.value.body["code"] == -32_601
