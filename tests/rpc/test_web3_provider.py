"""web3.py on a supervised chain in this process: what a firm's own code would do with it, refusals included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound, Web3RPCError

from sandbox.domain.artifact import Artifact
from sandbox.errors import NotFound
from sandbox.settings import Settings
from sandbox.web3 import SandboxProvider
from tests.rpc.nodes import ETHER, PILOT

ALICE, BOB = 2, 3
"""Accounts of the first clients; 0 issues, 1 is the transfer agent."""


@pytest.fixture(scope="module")
def provider(home: Path, register: Artifact) -> SandboxProvider:
    """A chain under the limits of the pilot, whose contract `register` has compiled."""
    return SandboxProvider.development(Settings(cache=home / "compiled"), pilot=PILOT)


@pytest.fixture(scope="module")
def web3(provider: SandboxProvider) -> Web3:
    return Web3(provider)


@pytest.fixture(scope="module")
def contract(web3: Web3, register: Artifact) -> Contract:
    issuer, agent = web3.eth.accounts[:2]
    factory = web3.eth.contract(abi=register.abi, bytecode=register.init_code)
    digest = factory.constructor("股份", "GF", 200, issuer, agent).transact({"from": issuer})
    return web3.eth.contract(web3.eth.wait_for_transaction_receipt(digest)["contractAddress"], abi=register.abi)


def issue(contract: Contract, holder: int, shares: int) -> Any:
    """Receipt of an issue."""
    web3: Any = contract.w3
    digest = contract.functions.issue(web3.eth.accounts[holder], shares).transact({"from": web3.eth.accounts[0]})
    return web3.eth.get_transaction_receipt(digest)


def test_a_contract_is_deployed_called_and_answers(contract: Contract) -> None:
    web3: Any = contract.w3
    before = contract.functions.totalSupply().call()
    receipt = issue(contract, ALICE, 10)
    assert receipt["status"] == 1
    assert contract.functions.totalSupply().call() == before + 10
    assert contract.functions.totalSupply().call(block_identifier=receipt["blockNumber"] - 1) == before
    assert web3.eth.get_transaction(receipt["transactionHash"])["to"] == contract.address


def test_the_accounts_are_told_with_their_keys_and_whom_the_supervisor_takes_them_for(provider: SandboxProvider) -> None:
    web3: Any = Web3(provider)
    assert [one.address for one in provider.accounts] == web3.eth.accounts
    assert "issuer" in provider.accounts[0].party and "C-001" in provider.accounts[ALICE].party
    account = web3.eth.account.from_key(provider.accounts[BOB].key)
    assert account.address == web3.eth.accounts[BOB]


def test_a_transaction_signed_by_the_client_itself_takes_place(provider: SandboxProvider, contract: Contract) -> None:
    web3: Any = contract.w3
    issue(contract, ALICE, 5)
    alice = web3.eth.account.from_key(provider.accounts[ALICE].key)
    sent = contract.functions.transfer(web3.eth.accounts[BOB], 5)
    nonce = web3.eth.get_transaction_count(alice.address)
    raw = alice.sign_transaction(sent.build_transaction({"from": alice.address, "nonce": nonce})).raw_transaction
    receipt = web3.eth.get_transaction_receipt(web3.eth.send_raw_transaction(raw))
    (event,) = contract.events.Transfer().process_receipt(receipt)
    assert event["args"] == {"from": alice.address, "to": web3.eth.accounts[BOB], "value": 5}


def test_a_custom_error_reaches_the_client_with_its_values(contract: Contract) -> None:
    web3: Any = contract.w3
    bob, agent = web3.eth.accounts[BOB], web3.eth.accounts[1]
    contract.functions.freeze(bob).transact({"from": agent})
    try:
        with pytest.raises(ContractCustomError) as refused:
            contract.functions.issue(bob, 1).call({"from": web3.eth.accounts[0]})
    finally:
        contract.functions.unfreeze(bob).transact({"from": agent})
    data = bytes.fromhex(str(refused.value.data)[2:])
    assert data[:4] == keccak(text="HolderFrozen(address)")[:4]
    assert web3.codec.decode(["address"], data[4:]) == (bob.lower(),)


def test_a_plain_revert_is_told_with_its_reason(contract: Contract) -> None:
    web3: Any = contract.w3
    with pytest.raises(ContractLogicError, match="execution reverted") as refused:
        web3.eth.call({"to": contract.address, "data": "0xdeadbeef"})
    assert not isinstance(refused.value, ContractCustomError)


def test_logs_are_found_by_block_and_topic_and_by_nothing_else(contract: Contract) -> None:
    web3: Any = contract.w3
    receipt = issue(contract, ALICE, 7)
    at = receipt["blockNumber"]
    (event,) = contract.events.SharesIssued().get_logs(from_block=at)
    assert event["args"] == {"holder": web3.eth.accounts[ALICE], "shares": 7}
    topic = web3.to_hex(web3.keccak(text="SharesIssued(address,uint256)"))
    found = web3.eth.get_logs({"fromBlock": at, "toBlock": at, "topics": [topic]})
    assert [one["transactionHash"] for one in found] == [receipt["transactionHash"]]
    assert web3.eth.get_logs({"fromBlock": at, "toBlock": at, "topics": ["0x" + "11" * 32]}) == []


def test_filters_tell_what_is_new_once(contract: Contract) -> None:
    web3: Any = contract.w3
    blocks = web3.eth.filter("latest")
    events = contract.events.SharesIssued.create_filter(from_block="latest")
    events.get_new_entries()
    receipt = issue(contract, ALICE, 3)
    assert blocks.get_new_entries() == [receipt["blockHash"]]
    assert [one["args"]["shares"] for one in events.get_new_entries()] == [3]
    assert events.get_new_entries() == []
    assert web3.eth.uninstall_filter(blocks.filter_id) is True
    with pytest.raises(Web3RPCError, match="filter not found"):
        blocks.get_new_entries()


def test_what_the_supervisor_refuses_is_an_error_with_its_findings_and_leaves_nothing(contract: Contract) -> None:
    web3: Any = contract.w3
    head, supply = web3.eth.block_number, contract.functions.totalSupply().call()
    with pytest.raises(Web3RPCError) as refused:
        issue(contract, ALICE, 1_000_000)
    response: Any = refused.value.rpc_response
    assert response["error"]["code"] == -32_003
    findings = {one["code"]: one for one in response["error"]["data"]["findings"]}
    assert findings["max_tx_amount"]["refused"] is True and findings["max_tx_amount"]["bound"]
    assert (web3.eth.block_number, contract.functions.totalSupply().call()) == (head, supply)


def test_what_is_not_there_and_what_there_is_no_method_for_is_told_so(web3: Web3) -> None:
    with pytest.raises(TransactionNotFound):
        web3.eth.get_transaction_receipt("0x" + "11" * 32)  # type: ignore[arg-type]
    answer = web3.provider.make_request("eth_mystery", [])  # type: ignore[arg-type]
    assert answer["error"]["code"] == -32_601  # type: ignore[index]


def test_without_a_pilot_nobody_supervises_and_chains_know_nothing_of_each_other() -> None:
    one, other = (Web3(SandboxProvider.development(Settings(), chain_id=number)) for number in (7, 8))
    sender, receiver = one.eth.accounts[:2]
    one.eth.send_transaction({"from": sender, "to": receiver, "value": Web3.to_wei(9_000, "ether")})
    assert (one.eth.chain_id, other.eth.chain_id) == (7, 8)
    assert (one.eth.get_balance(receiver), other.eth.get_balance(receiver)) == (19_000 * ETHER, 10_000 * ETHER)


def test_a_pilot_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no manifest"):
        SandboxProvider.development(Settings(), pilot=tmp_path)
