"""Consents: a leg out of a client's account is its own doing, or somebody's it allowed to."""

from __future__ import annotations

import pytest

from sandbox.domain.book import Book
from sandbox.domain.consents import Consents
from sandbox.domain.effects import Effects, Log, TokenMove
from sandbox.domain.limits import Required
from sandbox.domain.policy import Policy
from sandbox.domain.units import ZERO_ADDRESS, Address
from tests.domain.builders import (
    AGENT,
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    FUNCTIONS,
    ISSUER,
    MALLORY,
    ROGUE,
    TOKEN,
    VAULT,
    burn,
    code,
    codes,
    frame,
    mint,
    move,
    policy,
    take,
    transaction,
)

SIGNED = ("permit", "permitForAll", "transferWithAuthorization", "receiveWithAuthorization")


def signing(base: Policy) -> Policy:
    """The same, with a token and a vault that take signatures."""
    face = code("Token", *FUNCTIONS, *SIGNED)
    return base.with_contract(TOKEN, face).with_contract(VAULT, code("Vault", "deposit", *SIGNED))


PILOT = signing(policy())
TOPICS = {
    "Approval": "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
    "ApprovalForAll": "17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31",
    "AuthorizedOperator": "f4caeb2d6ca8932a215a353d0703c326ec2d81fc68170f320eb2ab49e9df61f9",
    "RevokedOperator": "50546e66e5f44d728365dc3908c63bc5cfeeab470722c1677e3073a6ac294aa1",
    "AuthorizationUsed": "98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5",
}
"""As `keccak` of the signatures in ERC-20, ERC-721, ERC-777 and ERC-3009 gives them."""


def word(value: Address | int) -> bytes:
    return (value if isinstance(value, int) else int(value, 16)).to_bytes(32, "big")


def said(event: str, *topics: Address | int, data: int | None = None, emitter: Address = TOKEN) -> Log:
    """An event of a standard."""
    return Log(0, emitter, (bytes.fromhex(TOPICS[event]), *map(word, topics)), b"" if data is None else word(data))


def approved(owner: Address, spender: Address, amount: int = 9, emitter: Address = TOKEN) -> Log:
    return said("Approval", owner, spender, data=amount, emitter=emitter)


def covered(leg: TokenMove, effects: Effects, book: Book | None = None) -> bool:
    return Consents((book or Book()).consents, PILOT, effects).covers(leg)


def by(sender: Address, *legs: TokenMove, logs: tuple[Log, ...] = ()) -> Effects:
    """A transaction that somebody sent to the token."""
    return transaction(*legs, sender=sender, frames=[frame(caller=sender)], logs=logs)


def permitted(
    sender: Address,
    *legs: TokenMove,
    logs: tuple[Log, ...] = (),
    function: str = "permit",
    target: Address = TOKEN,
    committed: bool = True,
) -> Effects:
    """A transaction in which somebody hands in an owner's signature."""
    handed_in = frame(target, function, caller=sender, committed=committed)
    return transaction(*legs, sender=sender, frames=[handed_in, frame(index=1, caller=sender)], logs=logs)


def authorized(logs: tuple[Log, ...], function: str = "transferWithAuthorization") -> Effects:
    """A stranger hands in what an owner signed."""
    return permitted(MALLORY, logs=logs, function=function)


def called_back(logs: tuple[Log, ...], caller: Address = ALICE) -> Effects:
    """BOB calls a vault, and an account that the vault called back calls the token."""
    calls = [frame(VAULT, "deposit", caller=BOB), frame(index=1, parent=0, depth=1, caller=caller)]
    return transaction(sender=BOB, frames=calls, logs=logs)


FROM_ALICE = move(ALICE, CAROL, 5, operator=BOB)


@pytest.mark.parametrize(
    ("effects", "allowed"),
    [
        (by(ALICE), True),
        (by(ALICE2), True),  # the same client by another wallet
        (by(BOB), False),
        (by(AGENT), False),
        (by(MALLORY), False),
        (permitted(BOB, logs=(approved(ALICE, BOB),)), True),
        (permitted(BOB, logs=(approved(ALICE, BOB), approved(ALICE, BOB, 0))), True),  # lent and used up at once
        (permitted(BOB, logs=(approved(ALICE, BOB, 0),)), False),  # what is taken back was not given
        (permitted(BOB, logs=(approved(ALICE, CAROL),)), False),
        (permitted(BOB), False),  # the asset did not take it
        (permitted(BOB, logs=(approved(ALICE, BOB),), committed=False), False),
        (permitted(BOB, logs=(approved(ALICE, BOB),), function="transfer"), False),
        (permitted(BOB, logs=(approved(ALICE, BOB),), target=VAULT), False),  # another contract than the asset took it
        (by(BOB, logs=(approved(ALICE, BOB),)), False),  # the asset's word alone
        (by(ALICE2, logs=(approved(ALICE, BOB),)), True),
        (by(BOB, logs=(approved(BOB, ALICE),)), False),
        (by(BOB, logs=(approved(ALICE, BOB, emitter=ROGUE),)), False),  # no registered asset said so
        (by(BOB, logs=(said("ApprovalForAll", ALICE, BOB, data=1),)), False),
        (permitted(BOB, logs=(said("ApprovalForAll", ALICE, BOB, data=1),), function="permitForAll"), True),
        (by(BOB, logs=(said("AuthorizedOperator", BOB, ALICE),)), False),
        (called_back(logs=(said("AuthorizedOperator", BOB, ALICE),)), True),
        (called_back(logs=(said("AuthorizedOperator", ALICE, BOB),), caller=BOB), False),
        (authorized(logs=(said("AuthorizationUsed", ALICE, 77),)), True),  # whoever hands it in
        (authorized(logs=(said("AuthorizationUsed", ALICE, 77),), function="receiveWithAuthorization"), True),
        (authorized(logs=(said("AuthorizationUsed", BOB, 77),)), False),
        (authorized(logs=(said("AuthorizationUsed", ALICE, 77, emitter=ROGUE),)), False),
        (by(MALLORY, logs=(said("AuthorizationUsed", ALICE, 77),)), False),
    ],
)
def test_a_clients_units_move_by_its_own_hand_or_with_its_leave(effects: Effects, allowed: bool) -> None:
    assert covered(FROM_ALICE, effects) is allowed


@pytest.mark.parametrize("owner", [ZERO_ADDRESS, ISSUER, VAULT, MALLORY])
def test_units_that_are_no_clients_are_not_looked_at(owner: Address) -> None:
    assert covered(move(owner, CAROL, 5, operator=BOB), by(BOB))


def test_a_contract_that_asks_the_token_needs_the_leave_and_whoever_called_it_does_not() -> None:
    calls = [frame(VAULT, "deposit", caller=BOB), frame(index=1, parent=0, depth=1, caller=VAULT)]
    asked = transaction(sender=BOB, frames=calls)
    assert not covered(FROM_ALICE, asked)
    book = Book()
    take(PILOT, book, by(ALICE, logs=(approved(ALICE, VAULT),)))
    assert covered(FROM_ALICE, asked, book)
    rolled_back = [calls[0], frame(index=1, parent=0, depth=1, caller=VAULT, committed=False)]
    leg = move(ALICE, CAROL, 5, operator=MALLORY)
    assert not covered(leg, transaction(sender=BOB, frames=rolled_back), book)


def test_an_owner_that_is_called_back_and_moves_its_own_units_needs_nobodys_leave() -> None:
    hooked = [frame(VAULT, "deposit", caller=BOB), frame(index=1, parent=0, depth=1, caller=ALICE)]
    assert covered(FROM_ALICE, transaction(sender=BOB, frames=hooked))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (approved(ALICE, BOB), approved(ALICE, BOB, 0)),
        (said("ApprovalForAll", ALICE, BOB, data=1), said("ApprovalForAll", ALICE, BOB, data=0)),
        (said("AuthorizedOperator", BOB, ALICE), said("RevokedOperator", BOB, ALICE)),
    ],
    ids=["allowance", "operator for all", "operator"],
)
def test_leave_holds_until_it_is_taken_back(given: Log, taken: Log) -> None:
    book = Book()
    take(PILOT, book, by(ALICE, logs=(given,)))
    assert book.consents == {(TOKEN, ALICE, BOB)} and covered(FROM_ALICE, by(BOB), book)
    take(PILOT, book, by(ALICE, logs=(taken,)))
    assert book.consents == set() and not covered(FROM_ALICE, by(BOB), book)


def test_of_an_nft_the_third_topic_is_the_token_and_approving_nobody_takes_it_back() -> None:
    book = Book()
    take(PILOT, book, by(ALICE, logs=(said("Approval", ALICE, BOB, 7),)))
    assert covered(FROM_ALICE, by(BOB), book)
    take(PILOT, book, by(ALICE, logs=(said("Approval", ALICE, ZERO_ADDRESS, 7),)))
    assert (TOKEN, ALICE, ZERO_ADDRESS) not in book.consents


# --- what the rule makes of it

PRIVILEGE = signing(policy(privileged_op=Required(True)))


@pytest.mark.parametrize(
    ("leg", "trace"),
    [(move(ALICE, CAROL, 5, operator=BOB), "forcedTransfer"), (burn(ALICE, 5), "burn")],
    ids=["moved", "burnt"],
)
def test_what_nobody_allowed_is_a_privileged_operation_under_whatever_name(leg: TokenMove, trace: str) -> None:
    (finding,) = take(PRIVILEGE, Book(), by(BOB, leg)).findings
    assert (finding.code, finding.observed, finding.who) == ("privileged_op", f"{trace} by C-bob", "C-bob")
    assert codes(PRIVILEGE, by(ALICE, leg)) == []
    lent = (approved(ALICE, BOB), approved(ALICE, BOB, 0))
    assert codes(PRIVILEGE, permitted(BOB, leg, logs=lent)) == []
    assert codes(PRIVILEGE, by(BOB, leg, logs=lent)) == ["privileged_op"]


def test_an_asset_that_speaks_for_an_owner_gives_no_consent_that_lasts_and_takes_none_away() -> None:
    book = Book()
    take(PILOT, book, by(BOB, logs=(approved(ALICE, BOB),)))
    assert book.consents == set() and not covered(FROM_ALICE, by(BOB), book)
    take(PILOT, book, permitted(BOB, logs=(approved(ALICE, BOB),)), by(CAROL, logs=(approved(ALICE, BOB, 0),)))
    assert book.consents == {(TOKEN, ALICE, BOB)} and covered(FROM_ALICE, by(BOB), book)


def test_a_consent_of_somebody_who_is_no_client_is_kept_as_the_asset_tells_it() -> None:
    book = Book()
    take(PILOT, book, by(BOB, logs=(approved(ISSUER, BOB),)))
    assert book.consents == {(TOKEN, ISSUER, BOB)}


def test_a_leg_of_nothing_forces_nobody() -> None:
    assert codes(PRIVILEGE, by(BOB, move(ALICE, CAROL, 0, operator=BOB))) == []
    assert codes(PRIVILEGE, by(BOB, mint(CAROL, 0))) == []


def test_a_token_nobody_registered_needs_no_consent_of_anybody() -> None:
    assert codes(PRIVILEGE, by(BOB, move(ALICE, CAROL, 5, asset=ROGUE, operator=BOB))) == []
