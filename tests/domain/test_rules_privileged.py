"""Privileged operations: what one request serves, what is open to everybody, and what a client brings into being."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, FrameKind, Standard, TokenMove
from sandbox.domain.limits import Grade, Required
from sandbox.domain.policy import Approved, AssetRule, Party, PartyKind
from sandbox.domain.rules_privileged import PRIVILEGED, VAULT_FUNCTIONS
from sandbox.domain.units import Address
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    ISSUER,
    MALLORY,
    NEW,
    TOKEN,
    VAULT,
    address,
    burn,
    cny,
    codes,
    creation,
    findings,
    frame,
    mint,
    move,
    policy,
    selector,
    take,
    transaction,
)

PILOT = replace(policy(privileged_op=Required(True)), roles={"issuer": frozenset({"mint", "burn"})})
SECOND = address(0x70D)


def said(effects: Effects, book: Book | None = None) -> list[tuple[str, Grade]]:
    return [(finding.observed, finding.grade) for finding in findings(PILOT, effects, book)]


def operation(name: str, request: str | None = "REQ-1", on: Address = TOKEN, sender: Address = ISSUER) -> Effects:
    called = frame(on, name, caller=sender)
    return transaction(sender=sender, target=on, data=selector(name), frames=[called], request=request)


def done(*transactions: Effects) -> Book:
    book = Book()
    take(PILOT, book, *transactions)
    return book


# --- a request serves one operation


def test_one_request_serves_a_batch_of_the_same_operation_on_the_same_contract() -> None:
    assert said(operation("mint"), done(operation("mint"), operation("mint"))) == []


@pytest.mark.parametrize("other", [operation("burn"), operation("mint", on=SECOND)], ids=["function", "contract"])
def test_shown_for_something_else_it_is_worth_as_little_as_none(other: Effects) -> None:
    two = PILOT.with_contract(SECOND, PILOT.contracts[TOKEN])
    book = done(operation("mint"))
    (finding,) = findings(two, other, book)
    assert (finding.grade, finding.detail) == (Grade.S4, "REQ-1 served another operation before")
    assert codes(two, replace(other, request="REQ-2"), book) == []


def test_what_it_served_first_counts_and_not_what_was_tried_with_it() -> None:
    reverted = replace(operation("burn"), reverted=transaction(reverted=True).reverted)
    assert said(operation("mint"), done(reverted)) == []
    book = done(operation("mint"), operation("burn"))
    assert said(operation("mint"), book) == [] and [one for one, _ in said(operation("burn"), book)] == [
        "burn on another's request"
    ]


def test_a_request_for_a_deployment_serves_no_call() -> None:
    deployed = replace(transaction(sender=ISSUER, target=None, frames=[], request="REQ-1"), created=NEW)
    assert said(operation("mint"), done(deployed)) == [("mint on another's request", Grade.S4)]


def test_who_may_not_at_all_is_told_that_and_nothing_about_requests() -> None:
    book = done(operation("mint"))
    assert said(operation("burn", sender=AGENT), book) == [("burn by agent", Grade.S3)]


# --- the supervisor's own

SUPERVISED = replace(PILOT, parties={**PILOT.parties, MALLORY: Party(PartyKind.ROLE, "supervisor")})


def test_what_the_supervisor_does_is_an_intervention_and_no_operation_of_the_pilot() -> None:
    pausing = operation("pause", None, sender=MALLORY)
    assert codes(SUPERVISED, pausing) == []
    assert codes(PILOT, pausing) == ["privileged_op"]


def test_a_client_called_supervisor_is_none() -> None:
    posing = replace(PILOT, parties={**PILOT.parties, BOB: Party(PartyKind.CLIENT, "supervisor")})
    assert codes(posing, operation("pause", None, sender=BOB)) == ["privileged_op"]


# --- one's own units


@pytest.mark.parametrize(
    ("legs", "found"),
    [
        ([burn(ALICE)], []),
        ([burn(ALICE2)], []),
        ([burn(ALICE), burn(ALICE2)], []),
        ([burn(BOB)], ["burn by C-alice"]),
        ([burn(ALICE), burn(BOB)], ["burn by C-alice"]),
        ([], ["burn by C-alice"]),
    ],
    ids=["own", "other wallet", "both", "somebody else's", "own and somebody else's", "nobody's"],
)
def test_burning_ones_own_units_is_nobody_elses_business(legs: list[TokenMove], found: list[str]) -> None:
    effects = replace(operation("burn", None, sender=ALICE), tokens=tuple(legs))
    assert [one for one, _ in said(effects)] == found


def test_the_firm_burns_on_request_whoever_owns_the_units() -> None:
    assert said(replace(operation("burn"), tokens=(burn(ALICE),))) == []
    assert said(replace(operation("burn", None), tokens=(burn(ISSUER),))) == [("burn without request", Grade.S4)]


# --- vaults

ENTERING = {name: bytes.fromhex(code) for name, code in (("deposit", "6e553f65"), ("mint", "94bf804d"))}
LEAVING = {name: bytes.fromhex(code) for name, code in (("withdraw", "b460af94"), ("redeem", "ba087652"))}
FUND = AssetRule("fund", VAULT, Standard.ERC4626, cny(1).value, "fund")
FACE = Approved("Fund", b"init:Fund", {code: name for name, code in {**ENTERING, **LEAVING}.items()}, fallback=False)


def entering(data: bytes, *, committed: bool = True, target: Address = VAULT) -> Effects:
    return transaction(mint(ALICE, 5, asset=VAULT), frames=[frame(target, data=data, committed=committed)])


def test_the_functions_of_erc_4626_are_the_four_of_the_standard() -> None:
    assert set(VAULT_FUNCTIONS) == {*ENTERING.values(), *LEAVING.values()}


@pytest.mark.parametrize("data", [*ENTERING.values(), *LEAVING.values()])
def test_a_client_may_enter_and_leave_a_vault_by_itself(data: bytes) -> None:
    under = PILOT.with_contract(VAULT, FACE).with_asset(VAULT, FUND)
    named = replace(under, roles={"issuer": frozenset({"deposit", "mint", "withdraw", "redeem"})})
    left = transaction(move(ALICE, address(0), 5, asset=VAULT), frames=[frame(VAULT, data=data)])
    assert codes(named, entering(data)) == codes(named, left) == []


def test_only_a_vaults_own_units_and_only_by_those_functions() -> None:
    under = PILOT.with_contract(VAULT, FACE).with_asset(VAULT, FUND)
    data = ENTERING["deposit"]
    assert codes(under, entering(b"\x01\x02\x03\x04")) == ["privileged_op"]
    assert codes(under, entering(data, target=TOKEN)) == ["privileged_op"]
    assert codes(under, entering(data, committed=False)) == ["privileged_op"]
    other = transaction(mint(ALICE, 5), frames=[frame(VAULT, data=data)])
    assert codes(under, other) == ["privileged_op"]
    plain = under.with_asset(VAULT, replace(FUND, standard=Standard.ERC20))
    assert "mint" in PRIVILEGED and codes(plain, entering(ENTERING["mint"])) == ["privileged_op"]


# --- what a client brings into being


def founding(sender: Address, *legs: TokenMove) -> Effects:
    made = frame(NEW, kind=FrameKind.CREATE, caller=sender)
    founded = transaction(sender=sender, target=None, frames=[made], creations=[creation(NEW)])
    return replace(founded, created=NEW, tokens=tuple(legs))


FOUNDED = PILOT.with_asset(NEW, replace(PILOT.assets[TOKEN], address=NEW))


@pytest.mark.parametrize(
    ("sender", "found"),
    [(ISSUER, []), (ALICE, ["mint by C-alice", "deploy by C-alice"])],
)
def test_a_register_is_the_firms_to_found_and_not_a_clients(sender: Address, found: list[str]) -> None:
    assert [one.observed for one in findings(FOUNDED, founding(sender, mint(ALICE, 5, asset=NEW)))] == found


def test_a_client_that_founds_an_empty_one_still_founds_it_and_one_that_deploys_anything_else_does_not() -> None:
    assert [one.observed for one in findings(FOUNDED, founding(ALICE))] == ["deploy by C-alice"]
    assert codes(PILOT, founding(ALICE)) == []
    assert codes(FOUNDED, replace(founding(ALICE), reverted=transaction(reverted=True).reverted)) == []
