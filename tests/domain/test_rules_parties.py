"""Rules on who and with what: strangers, unregistered code, privileged operations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, FrameKind, NativeMove, StorageWrite
from sandbox.domain.limits import Allowed, Grade, Required
from sandbox.domain.policy import Party, PartyKind, Policy
from sandbox.domain.rules_privileged import PRIVILEGED, TELLING_EVENTS, UPGRADE_SLOTS
from sandbox.domain.supervision import Block, Flag, judge
from sandbox.domain.units import ZERO_ADDRESS
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    ISSUER,
    LIBRARY,
    MALLORY,
    NEW,
    ROGUE,
    TOKEN,
    VAULT,
    address,
    burn,
    code,
    codes,
    creation,
    drawn,
    findings,
    frame,
    log,
    mint,
    move,
    policy,
    repaid,
    transaction,
    wei,
    with_native,
)

_UPGRADED, _BEACON, _ADMIN, _OWNER = TELLING_EVENTS

KNOWN = policy(whitelist=Required(True))
CLASSES = policy(investor_class=Allowed(frozenset({"qualified"})))
CONTRACTS = policy(allowed_contracts=Required(True))
FUNCTIONS = policy(allowed_functions=Required(True))
PRIVILEGE = policy(privileged_op=Required(True))


def said(under: Policy, effects: Effects) -> list[tuple[str, Grade]]:
    return [(finding.observed, finding.grade) for finding in findings(under, effects)]


# --- whitelist


@pytest.mark.parametrize(
    ("effects", "observed"),
    [
        (transaction(sender=MALLORY), "sender unknown"),
        (transaction(move(MALLORY, BOB, operator=ALICE)), "sender unknown"),
        (transaction(move(ALICE, MALLORY)), "receiver unknown"),
        (transaction(move(ALICE, BOB, operator=MALLORY)), "operator unknown"),
        (transaction(native=[wei(ALICE, MALLORY, 1)]), "receiver unknown"),
        (transaction(measured=[drawn(MALLORY, 1)], sender=ISSUER), "client unknown"),
        (transaction(sender=MALLORY, reverted=True), "sender unknown"),
    ],
)
def test_a_stranger_is_refused_in_whatever_part(effects: Effects, observed: str) -> None:
    (finding,) = findings(KNOWN, effects)
    assert (finding.observed, finding.who, finding.refused) == (observed, MALLORY, True)


@pytest.mark.parametrize(
    "effects",
    [
        transaction(move(ALICE, BOB, operator=AGENT)),
        transaction(mint(ALICE), burn(BOB), sender=ISSUER),
        transaction(native=[wei(ALICE, VAULT, 1)]),
        transaction(native=[wei(ALICE, MALLORY, 0)]),
        transaction(measured=[drawn(ALICE, 1)], sender=ISSUER),
        transaction(move(ALICE, MALLORY, asset=ROGUE)),
        transaction(reverted=True),
    ],
    ids=["operator", "mint and burn", "contract", "no wei", "borrower", "forged event", "reverted"],
)
def test_the_known_and_contracts_pass_and_so_do_mints_and_burns(effects: Effects) -> None:
    assert codes(KNOWN, effects) == []


@pytest.mark.parametrize("number", [0, 1, 0x11, 0x12])
def test_wei_for_nobody_or_for_a_precompile_goes_to_a_stranger(number: int) -> None:
    """There it is out of everybody's hands and out of sight."""
    assert codes(KNOWN, transaction(native=[wei(ALICE, address(number), 1)])) == ["whitelist"]


def test_a_stranger_that_appears_twice_is_named_once() -> None:
    assert codes(KNOWN, transaction(move(ALICE, MALLORY), move(ALICE, MALLORY))) == ["whitelist"]


def test_a_contract_created_by_the_transaction_is_no_stranger_to_it() -> None:
    assert codes(KNOWN, transaction(move(ALICE, NEW), creations=[creation(NEW)])) == []
    assert codes(KNOWN, transaction(move(ALICE, NEW))) == ["whitelist"]


# --- investor class, jurisdiction, asset class


def test_only_receivers_are_judged_by_class() -> None:
    assert codes(CLASSES, transaction(move(BOB, ALICE), sender=BOB)) == []
    assert codes(CLASSES, transaction(move(ALICE, BOB))) == ["investor_class"]


def test_a_class_that_is_not_stated_is_not_permitted() -> None:
    assert said(CLASSES, transaction(mint(CAROL))) == [("not stated", Grade.S3)]
    anything = policy(jurisdiction=Allowed(frozenset({"CN", "SG"})))
    assert said(anything, transaction(mint(CAROL), mint(BOB))) == [("not stated", Grade.S3)]


def test_a_stranger_has_no_class_and_so_not_a_permitted_one() -> None:
    (finding,) = findings(CLASSES, transaction(mint(MALLORY)))
    assert (finding.observed, finding.who) == ("not stated", MALLORY)
    assert codes(CLASSES, transaction(mint(TOKEN), mint(ISSUER), mint(ALICE), burn(ALICE))) == []


def test_receiving_nothing_is_no_investment() -> None:
    assert codes(CLASSES, transaction(mint(BOB, 0))) == []
    assert codes(CLASSES, transaction(mint(BOB, 1))) == ["investor_class"]


def test_a_borrower_is_judged_when_drawing_and_not_when_repaying() -> None:
    assert codes(CLASSES, transaction(measured=[drawn(BOB, 5)])) == ["investor_class"]
    assert codes(CLASSES, transaction(measured=[repaid(BOB, 5)])) == []
    assert codes(CLASSES, transaction(measured=[drawn(BOB, 5, to="overdue")])) == []


def test_an_asset_outside_the_permitted_classes_is_named_once_however_often_it_moves() -> None:
    bonds = with_native(policy(asset_class=Allowed(frozenset({"native"}))))
    (finding,) = findings(bonds, transaction(move(ALICE, BOB), move(BOB, ALICE), native=[wei(ALICE, BOB, 1)]))
    assert (finding.observed, finding.bound, finding.who) == ("equity", "native", "shares")
    assert codes(bonds, transaction(move(ALICE, BOB, asset=ROGUE))) == []


# --- registered contracts only


def test_unregistered_code_is_serious_and_a_red_line_once_value_moves() -> None:
    rogue = [frame(ROGUE)]
    assert said(CONTRACTS, transaction(target=ROGUE, frames=rogue)) == [("unregistered code", Grade.S3)]
    paid = transaction(target=ROGUE, frames=[frame(ROGUE, value=1)], native=[wei(ALICE, ROGUE, 1)])
    assert said(with_native(CONTRACTS), paid) == [("unregistered code", Grade.S4)]
    assert said(CONTRACTS, paid) == [("unregistered code", Grade.S4), ("unregistered asset", Grade.S4)]
    assert said(CONTRACTS, transaction(move(ALICE, BOB), frames=rogue)) == [("unregistered code", Grade.S4)]
    assert said(CONTRACTS, transaction(mint(ALICE, 0), frames=rogue)) == [("unregistered code", Grade.S3)]


def test_value_that_a_revert_gave_back_did_not_move() -> None:
    failed = [frame(ROGUE, value=10, error="Revert", committed=False)]
    assert said(CONTRACTS, transaction(target=ROGUE, frames=failed, reverted=True)) == [("unregistered code", Grade.S3)]


@pytest.mark.parametrize(
    ("native", "moved"),
    [
        ([wei(ALICE, VAULT, 3)], 3),
        ([wei(ISSUER, ALICE, 3)], 3),
        ([wei(ALICE, VAULT, 3), wei(VAULT, BOB, 2), wei(VAULT, ISSUER, 1)], 5),
        ([wei(ALICE, ALICE2, 3)], 0),  # two wallets of one client
        ([wei(ALICE, BOB, 3)], 0),  # between two clients
        ([wei(ISSUER, VAULT, 3)], 0),
        ([wei(ISSUER, AGENT, 3)], 0),
        ([wei(ALICE, BOB, 0)], 0),
        ([], 0),
    ],
)
def test_wei_between_a_client_and_the_firm_is_an_asset_and_nobody_registered_it(native: list[NativeMove], moved: int) -> None:
    effects = transaction(native=native)
    assert codes(with_native(CONTRACTS), effects) == []
    found = findings(CONTRACTS, effects)
    assert [(one.observed, one.who, one.grade) for one in found] == [("unregistered asset", "ether", Grade.S4)] * bool(moved)
    assert [one.detail for one in found] == [f"{moved} wei of a client's moves, and ether is no registered asset"] * bool(moved)


def test_code_at_a_clients_own_address_is_unregistered_code() -> None:
    """EIP-7702: an ordinary account that delegates to a contract."""
    delegated = frame(BOB, index=1, parent=0, depth=1)
    (finding,) = findings(CONTRACTS, transaction(frames=[frame(), delegated]))
    assert (finding.who, finding.frame) == (BOB, 1)
    plain = replace(delegated, gas_used=0)
    assert codes(CONTRACTS, transaction(frames=[frame(), plain])) == []


def test_an_account_that_answers_has_code_even_if_it_used_no_gas() -> None:
    answering = replace(frame(BOB, gas_used=0), output=b"\x01")
    assert codes(CONTRACTS, transaction(target=BOB, frames=[answering])) == ["allowed_contracts"]


def test_unregistered_code_is_found_at_any_depth_and_behind_delegatecall() -> None:
    deep = frame(ROGUE, index=2, parent=1, depth=2)
    assert codes(CONTRACTS, transaction(frames=[frame(), frame(VAULT, index=1, depth=1, parent=0), deep])) == [
        "allowed_contracts"
    ]
    lent = frame(kind=FrameKind.DELEGATECALL, code_address=ROGUE, index=1, depth=1, parent=0)
    assert codes(CONTRACTS, transaction(frames=[frame(), lent])) == ["allowed_contracts"]
    assert codes(CONTRACTS, transaction(frames=[frame(), replace(lent, code_address=LIBRARY)])) == []


def test_precompiles_and_a_selfdestructs_heir_are_no_unregistered_code() -> None:
    sha256 = frame(address(2), index=1, depth=1, parent=0, gas_used=60)
    gone = frame(BOB, index=2, depth=1, parent=0, kind=FrameKind.SELFDESTRUCT)
    assert codes(CONTRACTS, transaction(frames=[frame(), sha256, gone])) == []
    assert codes(CONTRACTS, transaction(frames=[frame(address(0x12))])) == ["allowed_contracts"]


def test_only_approved_code_may_be_created_constructor_arguments_aside() -> None:
    approved = code("Token").init_code

    def made(data: bytes, error: str | None = None) -> Effects:
        creating = frame(NEW, kind=FrameKind.CREATE, data=data, error=error)
        return transaction(target=None, frames=[creating], creations=[] if error else [creation(NEW)])

    assert codes(CONTRACTS, made(approved)) == []
    assert codes(CONTRACTS, made(approved + b"arguments")) == []
    assert codes(CONTRACTS, made(approved[:-1])) == ["allowed_contracts"]
    assert codes(CONTRACTS, made(b"")) == ["allowed_contracts"]
    assert codes(CONTRACTS, made(b"something else", error="Revert")) == []


# --- declared functions only


@pytest.mark.parametrize(
    ("data", "observed"), [(b"\xde\xad\xbe\xef", "0xdeadbeef"), (b"\xde\xad", "0xdead"), (b"", "plain send")]
)
def test_an_undeclared_function_is_on_record_and_not_refused(data: bytes, observed: str) -> None:
    judgement = judge(FUNCTIONS, Book(), transaction(frames=[frame(data=data)]))
    assert isinstance(judgement.verdict, Flag)
    assert [(f.observed, f.grade, f.tolerable) for f in judgement.findings] == [(observed, Grade.S1, True)]


def test_a_contract_with_a_fallback_takes_any_call() -> None:
    open_token = FUNCTIONS.with_contract(TOKEN, code("Token", fallback=True))
    assert codes(open_token, transaction(frames=[frame(data=b"")])) == []


def test_only_calls_into_registered_contracts_are_held_to_an_interface() -> None:
    other = [frame(ROGUE, data=b"\x01"), frame(data=b"\x01", kind=FrameKind.DELEGATECALL), frame(kind=FrameKind.CREATE)]
    assert codes(FUNCTIONS, transaction(frames=other)) == []
    assert codes(FUNCTIONS, transaction(frames=[frame(data=b"\x01", kind=FrameKind.STATICCALL)])) == ["allowed_functions"]


# --- privileged operations

MINT = frame(function="mint")


def test_a_privileged_operation_needs_the_role_and_a_request() -> None:
    assert said(PRIVILEGE, transaction(mint(ALICE), sender=ISSUER, frames=[MINT], request="REQ-1")) == []
    assert said(PRIVILEGE, transaction(mint(ALICE), sender=ISSUER, frames=[MINT])) == [("mint without request", Grade.S4)]
    for sender, who in ((AGENT, "agent"), (ALICE, "C-alice"), (MALLORY, "unknown")):
        assert said(PRIVILEGE, transaction(mint(ALICE), sender=sender, frames=[MINT], request="R")) == [
            (f"mint by {who}", Grade.S3)
        ]


def test_a_client_named_like_a_role_is_not_that_role() -> None:
    posing = replace(PRIVILEGE, parties={**PRIVILEGE.parties, BOB: replace(PRIVILEGE.parties[BOB], name="issuer")})
    assert codes(posing, transaction(sender=BOB, frames=[MINT], request="REQ-1")) == ["privileged_op"]


def test_a_function_named_in_the_roles_is_privileged_too() -> None:
    opening = [frame(function="openAccount")]
    assert "openAccount" not in PRIVILEGED
    assert codes(PRIVILEGE, transaction(frames=opening, request="R")) == ["privileged_op"]
    assert codes(PRIVILEGE, transaction(sender=ISSUER, frames=opening, request="R")) == []
    assert codes(PRIVILEGE, transaction(frames=[frame(function="transfer")])) == []


def test_a_privileged_operation_is_found_in_an_inner_call_and_not_in_one_that_was_rolled_back() -> None:
    inner = replace(MINT, index=1, parent=0, depth=1, caller=VAULT)
    outer = frame(VAULT, "deposit")
    (finding,) = findings(PRIVILEGE, transaction(frames=[outer, inner]))
    assert (finding.observed, finding.frame) == ("mint by C-alice", 1)
    assert codes(PRIVILEGE, transaction(frames=[outer, replace(inner, committed=False, error="Revert")])) == []
    assert codes(PRIVILEGE, transaction(frames=[replace(MINT, committed=False)], reverted=True)) == []
    assert codes(PRIVILEGE, transaction(frames=[MINT], reverted=True)) == []


def test_a_deployment_may_set_itself_up_at_will_and_nothing_else() -> None:
    creating = frame(NEW, kind=FrameKind.CREATE)
    own = replace(MINT, index=1, parent=0, depth=1, target=NEW, code_address=NEW)
    others = replace(MINT, index=1, parent=0, depth=1)
    born = [creation(NEW)]
    assert codes(PRIVILEGE, transaction(target=None, frames=[creating, own], creations=born)) == []
    assert codes(PRIVILEGE, transaction(target=None, frames=[creating, others], creations=born)) == ["privileged_op"]
    factory = [frame(VAULT, "deposit"), replace(creating, index=1, parent=0), replace(own, index=2, parent=1)]
    assert codes(PRIVILEGE, transaction(frames=factory, creations=born)) == []
    after = [*factory, replace(MINT, index=3, parent=0)]
    assert codes(PRIVILEGE, transaction(frames=after, creations=born)) == ["privileged_op"]


def test_a_mint_without_any_named_function_is_recognised_by_its_effects() -> None:
    assert said(PRIVILEGE, transaction(mint(ALICE))) == [("mint by C-alice", Grade.S3)]
    assert said(PRIVILEGE, transaction(mint(ALICE), sender=ISSUER)) == [("mint without request", Grade.S4)]
    assert codes(PRIVILEGE, transaction(mint(ALICE), sender=ISSUER, request="REQ-1")) == []
    assert codes(PRIVILEGE, transaction(mint(ALICE, 0))) == []
    assert codes(PRIVILEGE, transaction(mint(ALICE, asset=ROGUE))) == []
    assert codes(PRIVILEGE, transaction(move(ALICE, BOB))) == []


def test_another_privileged_function_does_not_hide_a_mint() -> None:
    paused = transaction(mint(ALICE), sender=AGENT, frames=[frame(function="pause")], request="REQ-1")
    assert said(PRIVILEGE, paused) == [("mint by agent", Grade.S3)]


def test_a_function_of_the_firms_own_that_its_roles_name_explains_what_it_does() -> None:
    clerk = replace(PRIVILEGE, roles={"agent": frozenset({"openAccount"})})
    opening = transaction(mint(ALICE), sender=AGENT, frames=[frame(function="openAccount")], request="REQ-1")
    assert said(clerk, opening) == []
    assert said(clerk, replace(opening, frames=(frame(),))) == [("mint by agent", Grade.S3)]


def test_an_asset_that_is_born_mints_its_first_units_and_one_that_lives_does_not() -> None:
    born = PRIVILEGE.with_asset(NEW, replace(PRIVILEGE.assets[TOKEN], address=NEW))
    first = transaction(mint(ALICE, asset=NEW), sender=ISSUER, creations=[creation(NEW)])
    assert codes(born, first) == []
    assert codes(born, replace(first, creations=())) == ["privileged_op"]


def test_a_client_that_brings_an_asset_into_being_issues_it() -> None:
    born = PRIVILEGE.with_asset(NEW, replace(PRIVILEGE.assets[TOKEN], address=NEW))
    own = transaction(mint(ALICE, asset=NEW), sender=ALICE, creations=[creation(NEW)])
    assert said(born, own) == [("mint by C-alice", Grade.S3)]
    assert said(born, replace(own, tokens=(), created=NEW)) == [("deploy by C-alice", Grade.S3)]
    assert said(born, replace(own, tokens=(), created=NEW, sender=ISSUER)) == []


def test_a_client_who_calls_himself_supervisor_may_no_more_than_any_other() -> None:
    for kind, found in ((PartyKind.CLIENT, ["privileged_op"]), (PartyKind.ROLE, [])):
        named = replace(PRIVILEGE, parties={**PRIVILEGE.parties, BOB: Party(kind, "supervisor")})
        assert codes(named, transaction(sender=BOB, frames=[frame(function="pause")], request="R")) == found
        assert codes(named, transaction(sender=BOB, frames=[MINT], request="R")) == ["privileged_op"]


def test_an_upgrade_is_recognised_by_its_event_in_registered_contracts_only() -> None:
    assert said(PRIVILEGE, transaction(logs=[log(_UPGRADED)])) == [("upgrade by C-alice", Grade.S3)]
    assert codes(PRIVILEGE, transaction(logs=[log(_UPGRADED, ROGUE)])) == []
    assert codes(PRIVILEGE, transaction(logs=[log(b"\x00" * 32)])) == []
    named = transaction(logs=[log(_UPGRADED)], frames=[frame(function="upgradeTo")])
    assert said(PRIVILEGE, named) == [("upgradeTo by C-alice", Grade.S3)]


@pytest.mark.parametrize(
    ("topic", "name"), [(_BEACON, "upgrade"), (_ADMIN, "changeAdmin"), (_OWNER, "transferOwnership")]
)
def test_other_telling_events_name_their_operation_unless_a_named_function_explains_them(topic: bytes, name: str) -> None:
    assert said(PRIVILEGE, transaction(logs=[log(topic)])) == [(f"{name} by C-alice", Grade.S3)]
    assert codes(PRIVILEGE, transaction(logs=[log(topic, ROGUE)])) == []
    explained = PRIVILEGE.with_contract(TOKEN, code("Token", "transferOwnership", "changeAdmin", "upgradeTo"))
    function = "upgradeTo" if name == "upgrade" else name
    calling = transaction(logs=[log(topic)], frames=[frame(function=function)])
    assert said(explained, calling) == [(f"{function} by C-alice", Grade.S3)]


SLOTS = {
    0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC: "upgrade",
    0xA3F0AD74E5423AEBFD80D3EF4346578335A9A72AEAEE59FF6CB3582B35133D50: "upgrade",
    0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103: "changeAdmin",
}
"""Slots of ERC-1967, as the standard prints them: implementation, beacon, admin."""


def test_the_slots_of_erc_1967_are_known_by_the_numbers_the_standard_prints() -> None:
    assert SLOTS.items() <= UPGRADE_SLOTS.items()


@pytest.mark.parametrize("slot", UPGRADE_SLOTS)
def test_writing_a_proxys_slot_is_the_operation_even_if_no_event_tells(slot: int) -> None:
    wrote = transaction(writes=[StorageWrite(TOKEN, slot, 0xBAD2)])
    assert said(PRIVILEGE, wrote) == [(f"{UPGRADE_SLOTS[slot]} by C-alice", Grade.S3)]
    assert said(PRIVILEGE, replace(wrote, writes=(StorageWrite(TOKEN, slot + 1, 0xBAD2),))) == []
    assert said(PRIVILEGE, replace(wrote, writes=(StorageWrite(MALLORY, slot, 0xBAD2),))) == []


def test_a_slot_and_its_event_are_one_operation_and_a_named_function_explains_both() -> None:
    slot = next(iter(SLOTS))
    both = transaction(writes=[StorageWrite(TOKEN, slot, 1)], logs=[log(_UPGRADED)])
    assert codes(PRIVILEGE, both) == ["privileged_op"]
    named = replace(both, frames=(frame(function="upgradeTo"),))
    assert said(PRIVILEGE, named) == [("upgradeTo by C-alice", Grade.S3)]
    may = replace(PRIVILEGE, roles={"agent": frozenset({"upgradeTo"})})
    assert codes(may, replace(named, sender=AGENT, request="REQ-1")) == []
    assert codes(may, replace(both, sender=AGENT, request="REQ-1")) == ["privileged_op"]


def test_a_proxy_that_is_born_writes_its_slot_and_one_that_was_rolled_back_wrote_nothing() -> None:
    born = PRIVILEGE.with_contract(NEW, code("Proxy"))
    wrote = transaction(writes=[StorageWrite(NEW, next(iter(SLOTS)), 1)])
    assert codes(born, replace(wrote, creations=(creation(NEW),))) == []
    assert codes(born, wrote) == ["privileged_op"]
    assert codes(born, replace(wrote, reverted=transaction(reverted=True).reverted)) == []


def test_the_subject_of_a_privileged_operation_is_who_did_it() -> None:
    """So that a repeat is one of the same party, not of another that used the same function."""
    for sender, who in ((AGENT, "agent"), (ALICE, "C-alice"), (MALLORY, MALLORY)):
        (finding,) = findings(PRIVILEGE, transaction(sender=sender, frames=[MINT], request="R"))
        assert finding.who == who


def test_a_privileged_function_behind_a_proxy_is_seen_in_the_code_that_runs() -> None:
    lent = frame(VAULT, "mint", index=1, parent=0, depth=1, kind=FrameKind.DELEGATECALL, code_address=TOKEN)
    outer = frame(VAULT, "mint")
    assert codes(PRIVILEGE, transaction(frames=[outer, lent])) == ["privileged_op"]
    assert codes(PRIVILEGE, transaction(frames=[outer, replace(lent, kind=FrameKind.STATICCALL)])) == []


def test_a_proxy_that_is_born_announces_its_first_code_and_that_is_no_upgrade() -> None:
    born = PRIVILEGE.with_contract(NEW, code("Proxy"))
    assert codes(born, transaction(logs=[log(_UPGRADED, NEW)], creations=[creation(NEW)])) == []
    assert codes(born, transaction(logs=[log(_UPGRADED, NEW)])) == ["privileged_op"]


def test_the_same_operation_twice_is_one_finding() -> None:
    twice = [MINT, replace(MINT, index=1)]
    assert codes(PRIVILEGE, transaction(mint(ALICE), mint(ALICE2), frames=twice)) == ["privileged_op"]


def test_a_missing_request_is_never_tolerable_and_not_refused_since_the_rule_is_detective() -> None:
    (finding,) = findings(PRIVILEGE, transaction(mint(ALICE), sender=ISSUER, frames=[MINT]))
    assert not finding.tolerable and not finding.refused


def test_several_rules_speak_about_one_transaction_and_one_refusal_refuses_it() -> None:
    under = policy(whitelist=Required(True), privileged_op=Required(True), allowed_contracts=Required(True))
    judgement = judge(under, Book(), transaction(mint(MALLORY), sender=MALLORY))
    assert isinstance(judgement.verdict, Block)
    assert {f.code: f.refused for f in judgement.verdict.findings} == {"whitelist": True, "privileged_op": False}
    assert ZERO_ADDRESS not in {f.who for f in judgement.findings}
