"""Registered pilots on durable chains: judged before they commit, known again after a restart, kept apart from each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from sandbox.domain.artifact import from_json
from sandbox.errors import Conflict, InputError, NotFound, VerificationFailed
from sandbox.rpc.ground import answering
from sandbox.rpc.provider import ServerProvider
from sandbox.service import Sandbox
from tests.cases.registry import (
    ALICE,
    BOB,
    EQUITY,
    FIRM,
    ISSUER,
    PARTIES,
    ROOT,
    STRANGER,
    WANG,
    act,
    activated,
    registered,
    settings_in,
)

REFUSED = -32003
ETHER = 10**18


@dataclass
class Client:
    """Somebody at a pilot's endpoint."""

    web3: Web3
    artifact: Any

    def send(self, who: LocalAccount, request: str | None = None, **fields: Any) -> Any:
        """A receipt. Raises Web3RPCError."""
        w3 = self.web3
        sent = {
            "chainId": w3.eth.chain_id,
            "nonce": w3.eth.get_transaction_count(who.address),
            "gas": 4_000_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            **fields,
        }
        token = answering.set(request)
        try:
            return w3.eth.get_transaction_receipt(w3.eth.send_raw_transaction(who.sign_transaction(sent).raw_transaction))
        finally:
            answering.reset(token)

    def refused(self, who: LocalAccount, request: str | None = None, **fields: Any) -> list[str]:
        """Codes of the findings against a transaction that must be refused."""
        with pytest.raises(Web3RPCError) as caught:
            self.send(who, request, **fields)
        error = caught.value.rpc_response["error"]
        assert error["code"] == REFUSED, error
        return [one["code"] for one in error["data"]["findings"]]

    def deployed(self) -> Contract:
        """The pilot's register, deployed by its issuer."""
        abi = [dict(entry) for entry in self.artifact.abi]
        made = self.web3.eth.contract(abi=abi, bytecode=self.artifact.init_code)
        data = made.constructor("蓝湾", "LWSL", 200, ISSUER.address, ISSUER.address).data_in_transaction
        return self.at(self.send(ISSUER, data=data)["contractAddress"])

    def at(self, address: str) -> Contract:
        return self.web3.eth.contract(Web3.to_checksum_address(address), abi=[dict(entry) for entry in self.artifact.abi])


class Stage:
    """A sandbox that is opened again and again."""

    def __init__(self, folder: Path, compiled: Path) -> None:
        self.folder = folder
        self.settings = settings_in(folder, compiled)
        self.heard: list[tuple[str, str]] = []

    def sandbox(self) -> Sandbox:
        return Sandbox.open(self.settings)

    @contextmanager
    def client(self, slug: str = EQUITY) -> Iterator[Client]:
        with self.sandbox() as sandbox, sandbox.residences(lambda who, told: self.heard.append((who, told.status))) as servers:
            yield self.client_of(sandbox, servers, slug)

    def client_of(self, sandbox: Sandbox, servers: Any, slug: str) -> Client:
        return Client(Web3(ServerProvider(servers(slug))), from_json(sandbox.pilot(slug).contracts[0].artifact))


@pytest.fixture
def stage(tmp_path: Path, compiled: Path) -> Stage:
    made = Stage(tmp_path, compiled)
    with made.sandbox() as sandbox:
        activated(sandbox, ROOT / "scenarios" / EQUITY)
    return made


def issue(register: Contract, to: LocalAccount, shares: int) -> dict[str, Any]:
    return {"to": register.address, "data": register.encode_abi("issue", [to.address, shares])}


def transfer(register: Contract, to: LocalAccount, shares: int) -> dict[str, Any]:
    return {"to": register.address, "data": register.encode_abi("transfer", [to.address, shares])}


def log_of(sandbox: Sandbox, slug: str, folder: Path) -> list[dict[str, Any]]:
    target = folder / "log.jsonl"
    target.unlink(missing_ok=True)
    sandbox.export_log(f"{slug}.chain", target)
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()[1:]]
    return [json.loads(line["body"]) if isinstance(line.get("body"), str) else line for line in lines]


def test_who_is_enrolled_has_test_ether_before_anything_is_sent(stage: Stage) -> None:
    with stage.client() as client:
        eth = client.web3.eth
        assert [eth.get_balance(one.address) for one in (ISSUER, ALICE, BOB, STRANGER)] == [10 * ETHER, ETHER, 0, 0]
        head = eth.block_number
        late = {"client": "C-009", "client_class": "qualified", "jurisdiction": "CN", "native": "2 ether"}
        with stage.sandbox() as sandbox:
            act(sandbox, EQUITY, "enrol", FIRM, address=STRANGER.address, **late)
        assert eth.get_balance(STRANGER.address) == 2 * ETHER and eth.block_number == head + 1
        assert eth.get_balance(STRANGER.address) == 2 * ETHER and eth.block_number == head + 1
    with stage.sandbox() as sandbox:
        assert any(f"log {EQUITY}.chain" in line for line in sandbox.verify_logs())


def test_a_pilot_trades_and_what_its_limits_refuse_leaves_nothing_but_an_entry(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        assert client.send(ISSUER, "REQ-1", **issue(register, ALICE, 1000))["status"] == 1
        height, nonce = client.web3.eth.block_number, client.web3.eth.get_transaction_count(ALICE.address)
        assert "whitelist" in client.refused(ALICE, **transfer(register, STRANGER, 5))
        assert client.web3.eth.block_number == height
        assert client.web3.eth.get_transaction_count(ALICE.address) == nonce
        assert client.send(ALICE, **transfer(register, BOB, 5))["status"] == 1
        assert register.functions.balanceOf(BOB.address).call() == 5
        assert client.web3.eth.get_balance(ALICE.address) == 10**18
    with stage.sandbox() as sandbox:
        told = log_of(sandbox, EQUITY, stage.folder)
        assert any("log sme-equity.chain" in line for line in sandbox.verify_logs())
    sent = [entry["status"] for entry in told if entry["type"] == "transaction"]
    assert sent == ["success", "success", "blocked", "success"]
    assert [one for _, one in stage.heard] == sent


def test_what_the_pilot_was_is_known_again_after_a_restart(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        for number in (1, 2):
            client.send(ISSUER, f"REQ-{number}", **issue(register, ALICE, 700))
        height = client.web3.eth.block_number
        past = client.web3.eth.get_block(height)["hash"]
    with stage.client() as client:
        register = client.at(register.address)
        assert client.web3.eth.get_block(height)["hash"] == past
        assert "max_tx_amount" in client.refused(ALICE, **transfer(register, BOB, 1_300))  # 1,200 are the most
        assert client.send(ALICE, **transfer(register, BOB, 900))["status"] == 1
    with stage.client() as client:
        client.send(ISSUER, "REQ-3", **issue(register, ALICE, 500))
        assert "max_client_volume" in client.refused(ALICE, **transfer(register, BOB, 800))  # 1,600 a day, in all
        assert client.at(register.address).functions.balanceOf(BOB.address).call(block_identifier=height) == 0
        assert client.at(register.address).functions.balanceOf(BOB.address).call() == 900


def test_an_order_binds_from_the_next_transaction_on_whoever_gives_it_where(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        client.send(ISSUER, "REQ-1", **issue(register, ALICE, 100))
        with stage.sandbox() as elsewhere:
            act(elsewhere, EQUITY, "freeze", WANG, who="C-001", reason="complaint 4")
        assert client.refused(ALICE, **transfer(register, BOB, 1)) == ["supervisory_order"]
        with stage.sandbox() as elsewhere:
            act(elsewhere, EQUITY, "unfreeze", WANG, who="C-001", reason="answered")
            act(elsewhere, EQUITY, "cap_down", WANG, limit="max_tx_amount", value="100 CNY", reason="a wave of complaints")
        assert client.refused(ALICE, **transfer(register, BOB, 9)) == ["max_tx_amount"]
        assert client.send(ALICE, **transfer(register, BOB, 8))["status"] == 1


def test_a_red_line_suspends_the_pilot_within_the_same_block(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        client.send(ISSUER, **issue(register, ALICE, 100))  # answers to no request
        assert (EQUITY, "moved") in stage.heard
        assert "supervisory_order" in client.refused(ISSUER, "REQ-2", **issue(register, ALICE, 100))
        assert register.functions.totalSupply().call() == 100
    with stage.sandbox() as sandbox:
        file = sandbox.dossier(EQUITY)
        assert file.dossier.state.value == "suspended"
        assert [(one.code, one.grade.name) for one in file.dossier.violations] == [("privileged_op", "S4")]
        assert file.facts.head and file.facts.outstanding == 100 * 1250 * 10**34
        (written,) = sandbox.write_report(EQUITY, shape="json")
        conclusion = json.loads(written.read_text(encoding="utf-8"))["conclusion"]
    assert conclusion["verdict"] == "FAIL"
    assert [one["code"] for one in conclusion["registered"]] == ["registered", "registered_open", "registered_chain"]
    assert {one["code"] for one in conclusion["actions"]} == {"do_stop", "do_wind_down"}


def test_a_registered_pilot_prepares_and_no_client_takes_part_yet(tmp_path: Path, compiled: Path) -> None:
    stage = Stage(tmp_path, compiled)
    with stage.sandbox() as sandbox:
        registered(sandbox, ROOT / "scenarios" / EQUITY)
    with stage.client() as client:
        register = client.deployed()
        assert "supervisory_order" in client.refused(ISSUER, "REQ-1", **issue(register, ALICE, 1))
        assert "supervisory_order" in client.refused(ALICE, to=BOB.address, value=1)


def test_strangers_and_strange_transactions_change_nothing_about_who_is_asked(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        with stage.sandbox() as sandbox, sandbox.residences(lambda *_: None) as servers:
            assert servers(EQUITY)
        assert "whitelist" in client.refused(STRANGER, to=STRANGER.address)
        legacy = {"nonce": 1, "gas": 21_000, "gasPrice": 0, "value": 0, "to": ISSUER.address}
        with pytest.raises(Web3RPCError, match="replay-protected"):
            client.web3.eth.send_raw_transaction(ISSUER.sign_transaction(legacy).raw_transaction)
        signed = ALICE.sign_authorization({"chainId": 0, "address": register.address, "nonce": 0})
        posing = {"authorizationList": [signed], "type": 4, "to": ISSUER.address}
        with pytest.raises(Web3RPCError, match="EIP-7702 authorizations are not taken"):
            client.send(ISSUER, **posing)
        assert client.web3.eth.get_code(ALICE.address) == b""


def test_a_longer_window_binds_at_once_and_a_clock_set_back_stops_no_order(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        client.send(ISSUER, "REQ-1", **issue(register, ALICE, 100))
        with stage.sandbox() as elsewhere:
            window = {"value": "1000 CNY", "window": "30d"}
            act(elsewhere, EQUITY, "cap_down", WANG, limit="max_client_volume", value=window, reason="a wave")
        assert client.refused(ALICE, **transfer(register, BOB, 90)) == ["max_client_volume"]
        assert client.send(ALICE, **transfer(register, BOB, 10))["status"] == 1
    earlier = Sandbox.open(stage.settings, clock=lambda: "2026-01-01T00:00:00Z")
    with earlier:
        act(earlier, EQUITY, "freeze", WANG, who="C-001", reason="the clock is wrong, the order is not")
        assert "C-001" in earlier.dossier(EQUITY).dossier.frozen
        with pytest.raises(InputError, match="there is no client and no address 'C-999'"):
            act(earlier, EQUITY, "freeze", WANG, who="C-999", reason="a slip")


def test_nobody_locks_another_pilot_out_by_enrolling_its_contract(stage: Stage, tmp_path: Path) -> None:
    with stage.client() as client:
        register = client.deployed()
    with stage.sandbox() as sandbox:
        with pytest.raises(Conflict, match="is a contract of pilot sme-equity"):
            act(sandbox, EQUITY, "enrol", FIRM, address=register.address, client="C-666")
        with pytest.raises(InputError, match="more test ether than a party is given"):
            act(sandbox, EQUITY, "enrol", FIRM, address=STRANGER.address, client="C-7", native="999999 ether")
        with pytest.raises(InputError, match="is no address"):
            act(sandbox, EQUITY, "enrol", FIRM, address="0x" + "00" * 19 + "01", client="C-8")


def test_a_pilot_that_is_not_registered_has_no_chain_yet(tmp_path: Path, compiled: Path) -> None:
    stage = Stage(tmp_path, compiled)
    with stage.sandbox() as sandbox, sandbox.residences(lambda *_: None) as servers:
        sandbox.submit(ROOT / "scenarios" / EQUITY)
        with pytest.raises(Conflict, match="sme-equity is submitted: it lives on no chain yet"):
            servers(EQUITY)
        with pytest.raises(NotFound, match="there is no pilot 'nobody'"):
            servers("nobody")


def test_who_is_enrolled_later_comes_with_the_next_transaction(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        client.send(ISSUER, "REQ-1", **issue(register, ALICE, 100))
        assert client.refused(ALICE, **transfer(register, STRANGER, 1))
        with stage.sandbox() as elsewhere:
            late = {"client": "C-003", "client_class": "qualified", "jurisdiction": "CN", "native": "2 ether"}
            act(elsewhere, EQUITY, "enrol", FIRM, address=STRANGER.address, **late)
        assert client.send(ALICE, **transfer(register, STRANGER, 1))["status"] == 1
        assert client.web3.eth.get_balance(STRANGER.address) == 2 * 10**18


def test_two_pilots_share_a_chain_and_neither_touches_the_other(stage: Stage, tmp_path: Path) -> None:
    other = Path(shutil.copytree(ROOT / "scenarios" / EQUITY, tmp_path / "other"))
    for file in other.glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace("pilot: sme-equity", "pilot: other-equity")
        file.write_text(text, encoding="utf-8")
    with stage.sandbox() as sandbox:
        activated(sandbox, other, [{"address": STRANGER.address, "role": "issuer"}, *PARTIES[1:]], "other-equity")
        with sandbox.residences(lambda *_: None) as servers:
            one, two = (stage.client_of(sandbox, servers, slug) for slug in (EQUITY, "other-equity"))
            register = one.deployed()
            assert two.web3.eth.block_number == one.web3.eth.block_number
            one.send(ISSUER, "REQ-1", **issue(register, ALICE, 100))
            assert "supervisory_order" in two.refused(ALICE, **transfer(register, BOB, 1))
            assert one.send(ALICE, **transfer(register, BOB, 1))["status"] == 1
        assert sum(".chain," in line for line in sandbox.verify_logs()) == 2


def test_a_pilot_may_have_a_chain_of_its_own(tmp_path: Path, compiled: Path) -> None:
    stage, own = Stage(tmp_path, compiled), Path(shutil.copytree(ROOT / "scenarios" / EQUITY, tmp_path / "own"))
    manifest = own / "pilot.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "\n\nchain: own\n", encoding="utf-8")
    with stage.sandbox() as sandbox:
        activated(sandbox, own)
    with stage.client() as client:
        assert client.deployed().address and client.web3.eth.chain_id != 20_261
        assert client.web3.eth.block_number == 2  # whoever was enrolled came with the first


def test_nothing_waits_so_a_nonce_gap_is_refused(stage: Stage) -> None:
    with stage.client() as client, pytest.raises(Web3RPCError, match="nonce too high"):
        client.send(ISSUER, to=ISSUER.address, nonce=5)
    assert stage.heard == []


def test_a_changed_block_or_a_shortened_log_is_found(stage: Stage) -> None:
    with stage.client() as client:
        client.deployed()
    with stage.sandbox() as sandbox, sandbox._database.begin() as connection:
        connection.exec_driver_sql("UPDATE chain_blocks SET header = replace(header, x'00', x'01') WHERE number = 1")
    with stage.sandbox() as sandbox, pytest.raises(VerificationFailed, match="block 1 of chain shared"):
        sandbox.verify_logs()


ENROLMENTS: list[tuple[str, dict[str, str], type[Exception], str]] = [
    ("no address", {"address": "0x12", "role": "issuer"}, InputError, "is no address"),
    ("nobody", {"address": STRANGER.address}, InputError, "either a client or a role"),
    ("a role there is not", {"address": STRANGER.address, "role": "king"}, InputError, "no role 'king'"),
    ("somebody already", {"address": ALICE.address, "client": "C-009"}, Conflict, "enrolled already, as C-001"),
    ("the supervisor", {"address": STRANGER.address, "role": "supervisor"}, Conflict, "is not the firm's to enrol"),
    ("another class", {"address": STRANGER.address, "client": "C-001", "client_class": "retail"}, Conflict, "is qualified"),
    ("another spelling", {"address": STRANGER.address, "client": "c-001"}, Conflict, "reads like"),
    ("no jurisdiction", {"address": STRANGER.address, "client": "C-7", "jurisdiction": "China"}, InputError, "alpha-2 code"),
]


def test_an_enrolment_that_says_nothing_sensible_is_refused_and_changes_nothing(stage: Stage) -> None:
    with stage.sandbox() as sandbox:
        before = sandbox.dossier(EQUITY).dossier.enrolled
        for name, fields, kind, what in ENROLMENTS:
            with pytest.raises(kind, match=what) as caught:
                act(sandbox, EQUITY, "enrol", FIRM, **fields)
            assert caught.value is not None, name
        assert sandbox.dossier(EQUITY).dossier.enrolled == before


def test_historic_state_proofs_and_traces_are_answered_from_the_database(stage: Stage) -> None:
    with stage.client() as client:
        register = client.deployed()
        done = client.send(ISSUER, "REQ-1", **issue(register, ALICE, 100))
    with stage.client() as client:
        w3 = client.web3
        digest = HexBytes(done["transactionHash"]).to_0x_hex()
        trace = w3.provider.make_request(RPCEndpoint("debug_traceTransaction"), [digest, {"tracer": "callTracer"}])
        assert trace["result"]["to"] == register.address.lower()
        assert w3.eth.get_proof(register.address, [0], done["blockNumber"])["nonce"] == 1
        assert len(w3.eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": register.address})) >= 1
        assert w3.eth.get_code(register.address, done["blockNumber"] - 2) == b""
