"""`taishan node --pilot`: what a limit refuses is an error with findings, whoever the client, and leaves nothing behind."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import Web3RPCError

from sandbox.domain.artifact import Artifact
from tests.rpc.nodes import ETHER, STRANGER, ZERO, Refusal, RunningNode, deployed


def test_what_a_limit_refuses_is_an_error_with_findings_and_leaves_no_state(
    supervised: RunningNode, register: Artifact
) -> None:
    contract = deployed(supervised, register)
    web3 = supervised.web3
    issuer, _, alice, bob = web3.eth.accounts[:4]
    contract.functions.issue(alice, 1_200).transact({"from": issuer})
    mark = supervised.ask("evm_snapshot")
    before = _state(supervised, contract, alice, bob)
    for _ in range(2):
        with pytest.raises(Web3RPCError) as refused:
            contract.functions.issue(alice, 1_201).transact({"from": issuer})
        error: Any = refused.value.rpc_response
        assert error["error"]["code"] == -32_003
        found = {one["code"]: one for one in error["error"]["data"]["findings"]}
        assert found["max_tx_amount"]["refused"] is True and found["max_tx_amount"]["observed"] == "15012.5"
        assert _state(supervised, contract, alice, bob) == before
    contract.functions.transfer(bob, 1_200).transact({"from": alice})
    assert contract.functions.balanceOf(bob).call() == 1_200
    supervised.ask("evm_revert", mark)
    assert _state(supervised, contract, alice, bob) == before


def test_counters_come_back_with_a_snapshot(supervised: RunningNode, register: Artifact) -> None:
    contract = deployed(supervised, register)
    issuer, _, _, _, carol, dave = supervised.web3.eth.accounts[:6]
    contract.functions.issue(carol, 1_000).transact({"from": issuer})
    contract.functions.issue(carol, 1_000).transact({"from": issuer})
    for _ in range(3):
        mark = supervised.ask("evm_snapshot")
        contract.functions.transfer(dave, 1_000).transact({"from": carol})
        with pytest.raises(Web3RPCError, match="max_client_volume"):
            contract.functions.transfer(dave, 601).transact({"from": carol})
        supervised.ask("evm_revert", mark)


def test_a_privileged_operation_names_its_request_in_the_url(supervised: RunningNode, register: Artifact) -> None:
    contract = deployed(supervised, register)
    issuer, _, alice = supervised.web3.eth.accounts[:3]
    asking = Web3(HTTPProvider(f"{supervised.url}/?request=REQ-2027-7")).eth.contract(contract.address, abi=register.abi)
    asking.functions.issue(alice, 1).transact({"from": issuer})
    deadline = time.monotonic() + 5
    while ".issue" not in supervised.printed[-1] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert supervised.printed[-1].startswith("success   issuer  Register")


def test_who_waits_for_a_receipt_learns_that_a_later_block_refused_the_transaction(
    supervised: RunningNode, register: Artifact
) -> None:
    contract = deployed(supervised, register)
    issuer, _, alice = supervised.web3.eth.accounts[:3]
    supervised.ask("evm_setAutomine", False)
    fields = {"from": issuer, "gas": 200_000}
    allowed, refused = (contract.functions.issue(alice, shares).transact(fields) for shares in (1, 1_201))
    assert supervised.ask("eth_getTransactionReceipt", "0x" + refused.hex()) is None
    supervised.ask("evm_mine")
    supervised.ask("evm_setAutomine", True)
    assert supervised.web3.eth.wait_for_transaction_receipt(allowed, 5)["status"] == 1
    with pytest.raises(Web3RPCError, match="max_tx_amount") as told:
        supervised.web3.eth.wait_for_transaction_receipt(refused, 5)
    assert told.value.rpc_response is not None and told.value.rpc_response["error"]["code"] == -32_003


def test_a_stranger_and_unknown_code_are_refused(supervised: RunningNode) -> None:
    supervised.ask("hardhat_setBalance", STRANGER, hex(ETHER))
    supervised.ask("hardhat_impersonateAccount", STRANGER)
    with pytest.raises(Refusal, match="whitelist"):
        supervised.ask("eth_sendTransaction", {"from": STRANGER, "to": ZERO, "gas": "0x5208"})
    issuer = supervised.ask("eth_accounts")[0]
    with pytest.raises(Refusal, match="allowed_contracts"):
        supervised.ask("eth_sendTransaction", {"from": issuer, "data": "0x6001600c60003960016000f300", "gas": "0x186a0"})


def test_each_transaction_is_a_plain_line_with_its_verdict_and_findings_below(
    supervised: RunningNode, register: Artifact
) -> None:
    contract = deployed(supervised, register)
    issuer, _, alice = supervised.web3.eth.accounts[:3]
    contract.functions.issue(alice, 1).transact({"from": issuer})
    with pytest.raises(Web3RPCError):
        contract.functions.issue(alice, 1_201).transact({"from": issuer})
    deadline = time.monotonic() + 5
    while "blocked" not in supervised.printed[-3] and time.monotonic() < deadline:
        time.sleep(0.02)
    printed = [re.sub(r"0x\w+…|[\d,]+(?= gas)|#\d+|(?<=S)[123]|block \d+", "_", line) for line in supervised.printed[-5:]]
    privileged = "          privileged_op S4: issue without request, bound an approved request"
    assert printed == [
        "flagged   issuer  Register_.issue  _ gas  _  _",
        privileged,
        "blocked   issuer  Register_.issue  _ gas",
        "          max_tx_amount S_: 15012.5, bound 15000",
        privileged,
    ]
    assert "\x1b" not in "".join(supervised.printed)


def _state(node: RunningNode, contract: Contract, *holders: str) -> tuple[Any, ...]:
    web3 = node.web3
    held = [contract.functions.balanceOf(who).call() for who in holders]
    nonces = [web3.eth.get_transaction_count(who, "pending") for who in (web3.eth.accounts[0], *holders)]
    return web3.eth.block_number, web3.eth.get_block("latest")["stateRoot"], held, nonces
