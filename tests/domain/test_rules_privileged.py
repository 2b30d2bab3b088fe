"""Privileged operations: what one request serves, what is open to everybody, and what a client brings into being."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, FrameKind, Standard, TokenMove
from sandbox.domain.limits import Grade, Required
from sandbox.domain.policy import Approved, AssetRule, Party, PartyKind
from sandbox.domain.rules_privileged import INTERVENTIONS, PRIVILEGED, VAULT_FUNCTIONS
from sandbox.domain.units import Address
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    FUNCTIONS,
    ISSUER,
    LIBRARY,
    MALLORY,
    NEW,
    ROGUE,
    TOKEN,
    VAULT,
    address,
    burn,
    cny,
    code,
    codes,
    creation,
    findings,
    frame,
    mint,
    move,
    policy,
    repriced,
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


WATCHED = replace(SUPERVISED, roles={**SUPERVISED.roles, "agent": frozenset({"freeze", "unfreeze", "mint"})}).with_contract(
    TOKEN, code("Token", *FUNCTIONS, "unpause", "freeze", "unfreeze", "forcedTransfer")
)
"""The agent may freeze; the manifest gives the supervisor nothing."""


@pytest.mark.parametrize("name", sorted(INTERVENTIONS))
def test_an_intervention_of_the_supervisor_is_no_operation_of_the_pilot(name: str) -> None:
    intervening = operation(name, None, sender=MALLORY)
    assert codes(WATCHED, intervening) == []
    assert codes(replace(WATCHED, parties=PILOT.parties), intervening) == ["privileged_op"]


@pytest.mark.parametrize("name", ["mint", "burn", "forcedTransfer", "upgradeTo"])
def test_anything_else_the_supervisor_does_is_judged_like_anybodys(name: str) -> None:
    (finding,) = findings(WATCHED, operation(name, sender=MALLORY))
    assert (finding.observed, finding.grade) == (f"{name} by supervisor", Grade.S3)
    given = replace(WATCHED, roles={"supervisor": frozenset({name})})
    assert codes(given, operation(name, sender=MALLORY)) == []
    assert codes(given, operation(name, None, sender=MALLORY)) == ["privileged_op"]


@pytest.mark.parametrize(
    ("leg", "found"),
    [(mint(ALICE), "mint"), (burn(ALICE), "burn"), (move(ALICE, BOB, operator=MALLORY), "forcedTransfer")],
    ids=["mint", "burn", "forced transfer"],
)
def test_under_the_name_of_an_intervention_the_supervisor_touches_no_units(leg: TokenMove, found: str) -> None:
    hidden = replace(operation("pause", None, sender=MALLORY), tokens=(leg,))
    assert [one.observed for one in findings(SUPERVISED, hidden)] == [f"{found} by supervisor"]


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


PAID = move(ALICE, VAULT, 1)
"""Worth 10 CNY, far less than the 50 units of the fund it is paid for: a vault says itself what its units cost."""


def entering(data: bytes, *, committed: bool = True, target: Address = VAULT, paid: TokenMove = PAID) -> Effects:
    return transaction(mint(ALICE, 50, asset=VAULT), paid, frames=[frame(target, data=data, committed=committed)])


def test_the_functions_of_erc_4626_are_the_four_of_the_standard() -> None:
    assert set(VAULT_FUNCTIONS) == {*ENTERING.values(), *LEAVING.values()}


@pytest.mark.parametrize("data", [*ENTERING.values(), *LEAVING.values()])
def test_a_client_may_enter_and_leave_a_vault_by_itself(data: bytes) -> None:
    under = PILOT.with_contract(VAULT, FACE).with_asset(VAULT, FUND)
    named = replace(under, roles={"issuer": frozenset({"deposit", "mint", "withdraw", "redeem"})})
    left = transaction(move(ALICE, address(0), 5, asset=VAULT), frames=[frame(VAULT, data=data)])
    assert codes(named, left) == []
    assert codes(named, entering(data)) == ([] if data in ENTERING.values() else ["privileged_op"])


@pytest.mark.parametrize(
    ("paid", "found"),
    [
        (PAID, []),
        (move(BOB, VAULT, 1, operator=ALICE), ["privileged_op"]),  # but a forced transfer
        (move(ISSUER, VAULT, 1), []),
        (move(ALICE, VAULT, 0), ["privileged_op"]),
        (move(ALICE, LIBRARY, 1), ["privileged_op"]),
        (move(ALICE, VAULT, 1, asset=ROGUE), ["privileged_op"]),
        (move(ALICE, VAULT, 1, asset=VAULT), ["privileged_op"]),
    ],
    ids=["paid in", "by another client", "by the firm", "nothing", "elsewhere", "unregistered", "its own units"],
)
def test_a_vault_issues_for_something_registered_that_came_into_it(paid: TokenMove, found: list[str]) -> None:
    under = PILOT.with_contract(VAULT, FACE).with_asset(VAULT, FUND)
    assert codes(under, entering(ENTERING["deposit"], paid=paid)) == found


# --- bought

COIN = address(0xC011)
SHOP = PILOT.with_asset(COIN, AssetRule("coin", COIN, Standard.ERC20, cny(1).value, "stablecoin"))


@pytest.mark.parametrize(
    ("legs", "bought"),
    [
        ([move(ALICE, ISSUER, 20, asset=COIN)], True),
        ([move(ALICE, ISSUER, 19, asset=COIN)], False),
        ([move(ALICE2, ISSUER, 20, asset=COIN)], True),  # by another wallet
        ([move(ALICE, VAULT, 15, asset=COIN), move(ALICE, VAULT, 5, asset=COIN)], True),
        ([move(ALICE, ISSUER, 20, asset=COIN), move(ISSUER, ALICE, 1, asset=COIN)], False),  # and some of it back
        ([move(ALICE, ALICE2, 20, asset=COIN)], False),
        ([move(ISSUER, VAULT, 20, asset=COIN)], False),
        ([move(ALICE, ISSUER, 2)], False),  # in units of the same asset
        ([move(ALICE, ISSUER, 20, asset=COIN), mint(ALICE, 1)], False),  # three units for the price of two
        ([move(ALICE, ISSUER, 20, asset=COIN), mint(BOB, 1)], False),  # and one for somebody who gave nothing
        ([move(ALICE, ISSUER, 20, asset=COIN), mint(ISSUER, 1)], False),
        ([move(ALICE, ISSUER, 20, asset=COIN), mint(BOB, 0)], True),
        ([move(ALICE, ISSUER, 20, asset=COIN), mint(ALICE, 1, asset=COIN)], False),
        ([], False),
    ],
)
def test_units_a_client_gave_their_worth_for_were_bought(legs: list[TokenMove], bought: bool) -> None:
    found = [one.observed for one in findings(SHOP, transaction(mint(ALICE, 2), *legs))]
    assert found == ([] if bought else ["mint by C-alice"])


@pytest.mark.parametrize("amount", [1, 10**9])
def test_nothing_pays_for_units_that_have_no_price(amount: int) -> None:
    free = repriced(SHOP, 0)
    given = transaction(mint(ALICE, amount), move(ALICE, ISSUER, 10**6, asset=COIN))
    assert codes(free, given) == codes(free, transaction(mint(ALICE, amount))) == ["privileged_op"]


def test_only_a_vaults_own_units_and_only_by_those_functions() -> None:
    under = PILOT.with_contract(VAULT, FACE).with_asset(VAULT, FUND)
    data = ENTERING["deposit"]
    assert codes(under, entering(b"\x01\x02\x03\x04")) == ["privileged_op"]
    assert codes(under, entering(data, target=TOKEN)) == ["privileged_op"]
    assert codes(under, entering(data, committed=False)) == ["privileged_op"]
    other = transaction(mint(ALICE, 5), PAID, frames=[frame(VAULT, data=data)])
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
