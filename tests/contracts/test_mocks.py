"""The adversaries do what they are for. Without a supervisor each of them gets its way, or fails as the EVM makes it fail."""

from __future__ import annotations

import pytest
from eth_utils import keccak, to_canonical_address, to_checksum_address

from sandbox.domain.artifact import Artifact
from tests.contracts.bench import ROOT, Bench, Event, Reverted, build

MOCKS = ROOT / "contracts/mocks"
CODE_LIMIT = 24_576
OUT_OF_GAS = "(?i)out of gas|below 2300 gas"  # an SSTORE may not use up the last of it (EIP-2200)
SALT = b"\x07" * 32

SOURCES = (
    "Create2Factory.sol",
    "Create2Factory.sol:Stowaway",
    "EndlessLoop.sol",
    "EndlessLoop.sol:EndlessConstructor",
    "OriginGate.sol",
    "Oversize.sol",
    "Reentrant.sol",
    "Reentrant.sol:LeakyVault",
    "RevertingConstructor.sol",
    "SelfDestructSender.sol",
    "SelfForwarder.sol",
    "SilentMinter.sol",
    "TransferSpoofer.sol",
    "UnprotectedProxy.sol",
)


def mock(name: str) -> Artifact:
    return build("contracts/mocks", *SOURCES)[name]


def test_every_adversary_is_tested_here() -> None:
    assert {source.partition(":")[0] for source in SOURCES} == {file.name for file in MOCKS.glob("*.sol")}


def test_a_factory_creates_unregistered_code_at_an_address_known_beforehand(bench: Bench) -> None:
    factory = bench.deploy(mock("Create2Factory"))
    origin = b"\xff" + to_canonical_address(factory.address) + SALT + keccak(mock("Stowaway").init_code)
    foreseen = "0x" + keccak(origin)[-20:].hex()
    assert factory.send(bench.people[1], "create", SALT) == [Event("Created", {"stowaway": foreseen})]
    assert bench.tester.get_code(to_checksum_address(foreseen)) != "0x"


def test_an_endless_loop_ends_with_the_gas(bench: Bench) -> None:
    loop = bench.deploy(mock("EndlessLoop"))
    with pytest.raises(Reverted, match=OUT_OF_GAS):
        loop.send(bench.people[1], "spin")
    with pytest.raises(Reverted, match=OUT_OF_GAS):
        bench.deploy(mock("EndlessConstructor"))


def test_an_origin_gate_opens_for_its_owner_and_for_nobody_else(bench: Bench) -> None:
    gate = bench.deploy(mock("OriginGate"))
    gate.send(bench.people[0], "pass")
    with pytest.raises(Reverted) as refused:
        gate.send(bench.people[1], "pass")
    assert (refused.value.error, *refused.value.values) == ("NotOwner", bench.people[1])


def test_an_origin_gate_lets_in_whatever_the_owners_transaction_passes_through(bench: Bench) -> None:
    gate, forwarder = bench.deploy(mock("OriginGate")), bench.deploy(mock("SelfForwarder"))
    told = forwarder.send(bench.people[0], "forward", gate.address, gate.data("pass"))
    assert told == [Event("Forwarded", {"target": gate.address, "succeeded": True})]


def test_an_oversize_contract_is_larger_than_the_evm_takes(bench: Bench) -> None:
    assert CODE_LIMIT < len(mock("Oversize").runtime_code) and len(mock("Oversize").init_code) <= 2 * CODE_LIMIT
    with pytest.raises(Reverted, match="(?i)code size"):
        bench.deploy(mock("Oversize"))


def test_a_reentrant_caller_empties_the_vault(bench: Bench) -> None:
    vault = bench.deploy(mock("LeakyVault"))
    vault.send(bench.people[1], "deposit", value=900)
    thief = bench.deploy(mock("Reentrant"), vault.address)
    thief.send(bench.people[2], "attack", value=100)
    assert (bench.balance(vault.address), bench.balance(thief.address)) == (0, 1_000)


def test_an_honest_depositor_takes_out_what_he_put_in(bench: Bench) -> None:
    vault = bench.deploy(mock("LeakyVault"))
    vault.send(bench.people[1], "deposit", value=900)
    vault.send(bench.people[2], "deposit", value=100)
    vault.send(bench.people[2], "withdraw")
    assert bench.balance(vault.address) == vault.view("depositOf", bench.people[1]) == 900


def test_a_reverting_constructor_says_who_and_why(bench: Bench) -> None:
    with pytest.raises(Reverted) as refused:
        bench.deploy(mock("RevertingConstructor"))
    assert (refused.value.error, *refused.value.values) == ("NotToday", bench.people[0], 42)


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")
def test_a_selfdestruct_forces_wei_on_somebody_who_cannot_refuse(bench: Bench) -> None:
    gate = bench.deploy(mock("OriginGate"))  # has no way to receive
    sender = bench.deploy(mock("SelfDestructSender"), value=500)
    sender.send(bench.people[1], "give", gate.address)
    assert (bench.balance(sender.address), bench.balance(gate.address)) == (0, 500)


def test_a_forwarder_reports_success_whatever_came_of_the_call(bench: Bench) -> None:
    gate = bench.deploy(mock("OriginGate"))
    forwarder = bench.deploy(mock("SelfForwarder"))
    told = forwarder.send(bench.people[1], "forward", gate.address, gate.data("pass"))
    assert told == [Event("Forwarded", {"target": gate.address, "succeeded": False})]


def test_a_forwarders_inner_call_is_its_own(bench: Bench) -> None:
    forwarder = bench.deploy(mock("SelfForwarder"))
    with pytest.raises(Reverted) as refused:
        forwarder.send(bench.people[1], "inner", forwarder.address, b"")
    assert (refused.value.error, *refused.value.values) == ("OnlySelf", bench.people[1])


def test_a_silent_mint_changes_balance_and_supply_without_an_event(bench: Bench) -> None:
    token = bench.deploy(mock("SilentMinter"), 100)
    assert token.send(bench.people[1], "mintSilently", bench.people[1], 50) == []
    assert (token.view("balanceOf", bench.people[1]), token.view("totalSupply")) == (50, 150)


def test_a_spoofed_transfer_is_an_event_and_nothing_else(bench: Bench) -> None:
    token = bench.deploy(mock("TransferSpoofer"), 100)
    giver, taker = bench.people[0], bench.people[1]
    told = token.send(taker, "spoof", giver, taker, 40)
    assert told == [Event("Transfer", {"from": giver, "to": taker, "value": 40})]
    assert (token.view("balanceOf", giver), token.view("balanceOf", taker)) == (100, 0)


def test_anybody_replaces_the_code_behind_an_unprotected_proxy(bench: Bench) -> None:
    first, second = bench.deploy(mock("OriginGate")), bench.deploy(mock("EndlessLoop"))
    proxy = bench.deploy(mock("UnprotectedProxy"), first.address, first.data("pass"))
    assert proxy.send(bench.people[3], "upgradeTo", second.address) == [Event("Upgraded", {"implementation": second.address})]
