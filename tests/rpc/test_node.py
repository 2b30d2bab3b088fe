"""`taishan node` as its users meet it: a real process on a free port, asked by web3.py and by bare JSON-RPC."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3.exceptions import ContractCustomError

from sandbox.domain.artifact import Artifact
from tests.rpc.nodes import ETHER, STRANGER, ZERO, Refusal, RunningNode, deployed, ended, running

FIRST_ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


SAYS_7 = "0x63f82c50f160e01b5f5260076004525f5f60245f5f6a636f6e736f6c652e6c6f675af15000"
"""A contract that sends `log(uint256)` with 7 to the console."""


# --- starting and stopping


def test_accounts_are_those_of_the_test_mnemonic_and_said_to_be_public(plain: RunningNode) -> None:
    text = "\n".join(plain.printed)
    assert FIRST_ADDRESS in text and FIRST_KEY in text and "These keys are public" in text
    assert len(plain.ask("eth_accounts")) == 10
    assert {int(plain.ask("eth_getBalance", one, "0x0"), 16) for one in plain.ask("eth_accounts")} == {10_000 * ETHER}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(home: Path, number: int) -> None:
    with running(home, "--chain-id", "77") as node:
        assert node.web3.eth.chain_id == 77
        assert node.stop(number) == 0
        assert node.process.stderr is not None and node.process.stderr.read() == ""


def test_a_port_that_is_taken_is_three_lines_and_exit_3(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ended(home, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["error:", "at:", "do:"]


@pytest.mark.parametrize("arguments", [("--import", "chain.rlp"), ("--genesis", "a.json", "--pilot", "b"), ("--port", "70000")])
def test_options_that_do_not_fit_are_exit_2(home: Path, arguments: tuple[str, ...]) -> None:
    done = ended(home, *arguments)
    assert done.returncode == 2 and done.stderr.startswith("error: ")
    assert "No such command" not in done.stderr


# --- transactions


def test_a_contract_is_deployed_called_and_heard(plain: RunningNode, register: Artifact) -> None:
    contract = deployed(plain, register)
    issuer, _, alice = plain.web3.eth.accounts[:3]
    digest = contract.functions.issue(alice, 5).transact({"from": issuer})
    receipt = plain.web3.eth.get_transaction_receipt(digest)
    assert receipt["status"] == 1 and contract.functions.balanceOf(alice).call() == 5
    (event,) = contract.events.SharesIssued().process_receipt(receipt, errors=_discard())
    assert event["args"] == {"holder": alice, "shares": 5}
    logs = plain.web3.eth.get_logs({"address": contract.address, "fromBlock": 0})
    assert receipt["transactionHash"] in {log["transactionHash"] for log in logs}


def test_a_custom_error_arrives_with_its_data(plain: RunningNode, register: Artifact) -> None:
    contract = deployed(plain, register)
    alice, bob = plain.web3.eth.accounts[2:4]
    with pytest.raises(ContractCustomError) as refused:
        contract.functions.transfer(bob, 1).transact({"from": alice})
    selector = plain.web3.keccak(text="ERC20InsufficientBalance(address,uint256,uint256)")[:4]
    assert str(refused.value.data).startswith("0x" + selector.hex())


def test_a_transaction_signed_elsewhere_pays_as_eip_1559_says(plain: RunningNode) -> None:
    web3, receiver = plain.web3, Account.create().address
    sent = {
        "chainId": 31_337,
        "nonce": web3.eth.get_transaction_count(FIRST_ADDRESS),
        "to": receiver,
        "value": 3,
        "gas": 21_000,
        "maxFeePerGas": 4 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    digest = web3.eth.send_raw_transaction(Account.sign_transaction(sent, FIRST_KEY).raw_transaction)
    receipt = web3.eth.get_transaction_receipt(digest)
    base = web3.eth.get_block(receipt["blockNumber"])["baseFeePerGas"]
    assert receipt["effectiveGasPrice"] == base + 10**9 and receipt["type"] == 2
    assert web3.eth.get_balance(receiver) == 3


WRONG = {
    "another chain": ({"chainId": 1}, "chain id"),
    "below the base fee": ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, "less than block base fee"),
    "too little gas": ({"gas": 20_000}, "intrinsic gas too low"),
    "too little ether": ({"value": 10**6 * ETHER}, "insufficient funds"),
}


@pytest.mark.parametrize("fields, words", WRONG.values(), ids=WRONG)
def test_a_transaction_no_block_could_hold_is_refused_in_the_usual_words(
    plain: RunningNode, fields: dict[str, int], words: str
) -> None:
    nonce = int(plain.ask("eth_getTransactionCount", FIRST_ADDRESS, "latest"), 16)
    sent = {"chainId": 31_337, "nonce": nonce, "to": ZERO, "value": 0, "gas": 21_000, "maxFeePerGas": 10**10}
    raw = Account.sign_transaction({**sent, "maxPriorityFeePerGas": 0, **fields}, FIRST_KEY).raw_transaction
    with pytest.raises(Refusal, match=words) as refused:
        plain.ask("eth_sendRawTransaction", "0x" + raw.hex())
    assert refused.value.body["code"] == -32_000
    assert int(plain.ask("eth_getTransactionCount", FIRST_ADDRESS, "pending"), 16) == nonce


def test_a_transaction_behind_a_gap_waits_for_the_one_before_it(plain: RunningNode) -> None:
    who = plain.ask("eth_accounts")[6]
    nonce = int(plain.ask("eth_getTransactionCount", who, "latest"), 16)
    payment = {"from": who, "to": ZERO, "gas": "0x5208"}
    later = plain.ask("eth_sendTransaction", {**payment, "nonce": hex(nonce + 1)})
    assert plain.ask("eth_getTransactionReceipt", later) is None
    assert plain.ask("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    plain.ask("eth_sendTransaction", {**payment, "nonce": hex(nonce)})
    assert plain.ask("eth_getTransactionReceipt", later)["status"] == "0x1"
    assert plain.ask("txpool_status") == {"pending": "0x0", "queued": "0x0"}


# --- development methods


def test_a_snapshot_brings_state_blocks_and_receipts_back_once(plain: RunningNode) -> None:
    who, receiver = plain.ask("eth_accounts")[4], Account.create().address
    before = plain.ask("eth_blockNumber")
    mark = plain.ask("evm_snapshot")
    digest = plain.ask("eth_sendTransaction", {"from": who, "to": receiver, "value": "0x5"})
    plain.ask("hardhat_setBalance", who, "0x1")
    assert plain.ask("evm_revert", mark) is True
    assert plain.ask("eth_blockNumber") == before and plain.ask("eth_getBalance", receiver) == "0x0"
    assert plain.ask("eth_getTransactionReceipt", digest) is None
    assert int(plain.ask("eth_getBalance", who), 16) > ETHER
    assert plain.ask("evm_revert", mark) is False
    again = plain.ask("eth_sendTransaction", {"from": who, "to": ZERO, "value": "0x6"})
    assert plain.ask("eth_getTransactionReceipt", digest) is None
    assert plain.ask("eth_getTransactionReceipt", again)["transactionIndex"] == "0x0"


def test_state_set_by_hand_holds_at_once_and_from_then_on(plain: RunningNode) -> None:
    where, code = Account.create().address, "0x5f545f5260205ff3"  # returns slot 0
    head = plain.ask("eth_blockNumber")
    plain.ask("anvil_setBalance", where, hex(7))
    plain.ask("hardhat_setNonce", where, "0x9")
    plain.ask("hardhat_setCode", where, code)
    plain.ask("anvil_setStorageAt", where, "0x0", "0x" + "2a".zfill(64))
    for _ in range(2):
        assert (plain.ask("eth_getBalance", where), plain.ask("eth_getTransactionCount", where)) == ("0x7", "0x9")
        assert plain.ask("eth_getCode", where) == code
        assert int(plain.ask("eth_call", {"to": where}), 16) == 42
        assert plain.ask("eth_blockNumber") == head
        plain.ask("evm_mine")
        head = plain.ask("eth_blockNumber")


def test_time_goes_where_it_is_sent_and_on_from_there(plain: RunningNode) -> None:
    mark = plain.ask("evm_snapshot")
    start = plain.web3.eth.get_block("latest")["timestamp"]
    plain.ask("evm_setNextBlockTimestamp", start + 1_000)
    plain.ask("evm_mine")
    assert plain.web3.eth.get_block("latest")["timestamp"] == start + 1_000
    plain.ask("evm_increaseTime", 3_600)
    plain.ask("evm_mine")
    assert 0 <= plain.web3.eth.get_block("latest")["timestamp"] - start - 4_600 < 60
    plain.ask("hardhat_mine", "0x3", "0x3c")
    head = plain.web3.eth.get_block("latest")
    assert head["timestamp"] - plain.web3.eth.get_block(head["number"] - 2)["timestamp"] == 120
    with pytest.raises(Refusal, match="lower than or equal"):
        plain.ask("evm_setNextBlockTimestamp", start)
    plain.ask("evm_revert", mark)


def test_what_the_next_block_says_can_be_chosen(plain: RunningNode) -> None:
    mark = plain.ask("evm_snapshot")
    plain.ask("hardhat_setNextBlockBaseFeePerGas", hex(2 * 10**9))
    plain.ask("anvil_setPrevRandao", "0x" + "2a".zfill(64))
    plain.ask("hardhat_setCoinbase", STRANGER)
    plain.ask("evm_setBlockGasLimit", hex(20_000_000))
    assert plain.ask("eth_baseFee") == plain.ask("eth_feeHistory", "0x1", "latest")["baseFeePerGas"][-1] == hex(2 * 10**9)
    payer = plain.ask("eth_accounts")[5]
    digest = plain.ask("eth_sendTransaction", {"from": payer, "to": payer, "maxPriorityFeePerGas": "0x3"})
    block = plain.ask("eth_getBlockByNumber", "latest", False)
    assert int(plain.ask("eth_getTransactionReceipt", digest)["effectiveGasPrice"], 16) == 2 * 10**9 + 3
    assert int(plain.ask("eth_getBalance", STRANGER), 16) >= 3 * 21_000
    assert (int(block["mixHash"], 16), block["miner"], int(block["gasLimit"], 16)) == (42, STRANGER, 20_000_000)
    assert plain.ask("debug_traceTransaction", digest, {"tracer": "callTracer"})["gasUsed"] == hex(21_000)
    plain.ask("evm_mine")
    following = plain.ask("eth_getBlockByNumber", "latest", False)
    assert following["miner"] == STRANGER and int(following["mixHash"], 16) != 42
    assert int(following["baseFeePerGas"], 16) < 2 * 10**9
    plain.ask("evm_revert", mark)
    plain.ask("evm_mine")
    assert plain.ask("eth_getBlockByNumber", "latest", False)["miner"] == ZERO


def test_a_block_gas_limit_holds_for_what_is_sent_next(plain: RunningNode) -> None:
    mark, payer = plain.ask("evm_snapshot"), plain.ask("eth_accounts")[5]
    payment = {"from": payer, "to": payer, "gas": hex(30_000)}
    plain.ask("evm_setBlockGasLimit", hex(29_999))
    with pytest.raises(Refusal, match="exceeds block gas limit: 30000 > 29999"):
        plain.ask("eth_sendTransaction", payment)
    plain.ask("evm_setBlockGasLimit", hex(30_000))
    assert plain.ask("eth_getTransactionReceipt", plain.ask("eth_sendTransaction", payment))["status"] == "0x1"
    plain.ask("evm_revert", mark)


def test_what_a_call_says_to_the_console_is_printed(plain: RunningNode) -> None:
    where = Account.create().address
    plain.ask("anvil_setCode", where, SAYS_7)
    plain.ask("eth_call", {"to": where})
    plain.ask("eth_estimateGas", {"to": where})  # succeeds, so nothing is printed
    plain.ask("eth_call", {"to": ZERO})
    deadline = time.monotonic() + 5
    while "console" not in plain.printed[-1] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert plain.printed[-2:] == [f"called    {ZERO}  call {where.lower()}", "          console: 7"]


def test_anybody_can_be_impersonated_until_that_is_stopped(plain: RunningNode) -> None:
    plain.ask("hardhat_setBalance", STRANGER, hex(ETHER))
    payment = {"from": STRANGER, "to": ZERO, "value": "0x1"}
    with pytest.raises(Refusal, match="no key"):
        plain.ask("eth_sendTransaction", payment)
    plain.ask("anvil_impersonateAccount", STRANGER)
    digest = plain.ask("eth_sendTransaction", payment)
    assert plain.ask("eth_getTransactionReceipt", digest)["from"] == STRANGER
    assert plain.ask("eth_getTransactionByHash", digest)["from"] == STRANGER
    assert plain.ask("debug_traceTransaction", digest, {"tracer": "callTracer"})["from"] == STRANGER
    plain.ask("hardhat_stopImpersonatingAccount", STRANGER)
    with pytest.raises(Refusal, match="no key"):
        plain.ask("eth_sendTransaction", payment)


def test_without_automine_transactions_share_the_next_block(plain: RunningNode) -> None:
    one, two = plain.ask("eth_accounts")[7:9]
    plain.ask("evm_setAutomine", False)
    sent = [plain.ask("eth_sendTransaction", {"from": who, "to": ZERO, "value": "0x1"}) for who in (one, two, one)]
    assert plain.ask("eth_getTransactionReceipt", sent[0]) is None
    plain.ask("evm_mine")
    assert len({plain.ask("eth_getTransactionReceipt", digest)["blockNumber"] for digest in sent}) == 1
    plain.ask("evm_setAutomine", True)


def test_blocks_are_as_far_apart_as_they_are_told_to_be(plain: RunningNode) -> None:
    mark = plain.ask("anvil_snapshot")
    plain.ask("anvil_setBlockTimestampInterval", 3_600)
    plain.ask("anvil_mine", "0x2")
    head = plain.web3.eth.get_block("latest")
    assert head["timestamp"] - plain.web3.eth.get_block(head["number"] - 1)["timestamp"] == 3_600
    assert plain.ask("anvil_removeBlockTimestampInterval") is True
    assert plain.ask("anvil_removeBlockTimestampInterval") is False
    plain.ask("anvil_revert", mark)


def test_what_waits_can_be_dropped_at_once_and_sent_without_a_key(plain: RunningNode) -> None:
    mark, payer = plain.ask("evm_snapshot"), plain.ask("eth_accounts")[5]
    plain.ask("anvil_setAutomine", False)
    plain.ask("eth_sendTransaction", {"from": payer, "to": ZERO, "gas": "0x5208"})
    plain.ask("anvil_dropAllTransactions")
    assert plain.ask("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    plain.ask("anvil_setAutomine", True)
    plain.ask("hardhat_addBalance", STRANGER, hex(ETHER))
    plain.ask("hardhat_addBalance", STRANGER, hex(ETHER))
    assert int(plain.ask("eth_getBalance", STRANGER), 16) >= 2 * ETHER
    digest = plain.ask("eth_sendUnsignedTransaction", {"from": STRANGER, "to": ZERO, "value": "0x1"})
    assert plain.ask("eth_getTransactionReceipt", digest)["from"] == STRANGER
    plain.ask("evm_revert", mark)


def test_a_reset_goes_back_to_the_beginning_and_never_to_another_chain(home: Path) -> None:
    with running(home) as node:
        digest = node.ask("eth_sendTransaction", {"from": FIRST_ADDRESS, "to": ZERO, "value": "0x1"})
        with pytest.raises(Refusal, match="forks no other chain"):
            node.ask("hardhat_reset", {"forking": {"jsonRpcUrl": "http://127.0.0.1:1"}})
        assert node.ask("eth_getTransactionReceipt", digest)["status"] == "0x1"
        assert node.ask("anvil_reset", {"forking": {"blockNumber": None}}) is True
        assert (node.ask("eth_blockNumber"), node.ask("eth_getTransactionReceipt", digest)) == ("0x0", None)


def test_blocks_come_by_themselves_when_told_to(plain: RunningNode) -> None:
    before = int(plain.ask("eth_blockNumber"), 16)
    plain.ask("evm_setIntervalMining", 50)
    deadline = time.monotonic() + 5
    while int(plain.ask("eth_blockNumber"), 16) < before + 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    plain.ask("evm_setIntervalMining", 0)
    assert int(plain.ask("eth_blockNumber"), 16) >= before + 2


def test_hardhat_and_foundry_find_what_they_ask_a_node_for(plain: RunningNode) -> None:
    assert plain.ask("hardhat_metadata")["chainId"] == 31_337
    assert plain.ask("anvil_nodeInfo")["hardFork"] == "prague"
    with pytest.raises(Refusal) as refused:
        plain.ask("testing_buildBlockV1", "0x", {})
    assert refused.value.body["code"] == -32_601


def test_what_it_signs_as_text_anybody_can_check(plain: RunningNode) -> None:
    from eth_account.messages import encode_defunct

    signature = plain.ask("personal_sign", "0x" + b"taishan".hex(), FIRST_ADDRESS)
    assert Account.recover_message(encode_defunct(b"taishan"), signature=signature) == FIRST_ADDRESS


def test_a_websocket_client_hears_of_new_blocks(plain: RunningNode) -> None:
    from websockets.sync.client import connect

    with connect(plain.url.replace("http", "ws")) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}))
        name = json.loads(socket.recv(10))["result"]
        plain.ask("evm_mine")
        told = json.loads(socket.recv(10))["params"]
    assert told["subscription"] == name and told["result"]["number"] == plain.ask("eth_blockNumber")


def _discard() -> Any:
    from web3.logs import DISCARD

    return DISCARD
