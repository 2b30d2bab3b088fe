"""Delegates: which code a proxy runs may change where everybody sees it, and not in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.delegates import TELLING_EVENTS, UPGRADE_SLOTS
from sandbox.domain.effects import Effects, FrameKind, StorageWrite
from sandbox.domain.limits import Grade, Required
from sandbox.domain.supervision import judge
from sandbox.domain.units import Address
from tests.domain.builders import (
    AGENT,
    ALICE,
    BOB,
    LIBRARY,
    MALLORY,
    TOKEN,
    VAULT,
    burn,
    code,
    creation,
    frame,
    log,
    policy,
    take,
    transaction,
)

_UPGRADED, _BEACON, _ADMIN, _OWNER = TELLING_EVENTS
_SLOTS = {name: slot for slot, name in UPGRADE_SLOTS.items()}
PROXY = VAULT
PILOT = replace(
    policy(privileged_op=Required(True)).with_contract(PROXY, code("Proxy", "transfer", "burn", "upgradeTo", "retune")),
    roles={"agent": frozenset({"retune"})},
)


def through(runs: Address, sender: Address = ALICE, function: str = "transfer", **more: object) -> Effects:
    """A call that the proxy hands on as it came."""
    outer = frame(PROXY, function, caller=sender)
    inner = frame(PROXY, function, index=1, parent=0, depth=1, kind=FrameKind.DELEGATECALL, caller=sender, code_address=runs)
    return replace(transaction(sender=sender, target=PROXY, frames=[outer, inner]), **more)  # type: ignore[arg-type]


def plain(sender: Address, function: str, **more: object) -> Effects:
    """A call of the proxy's own."""
    called = transaction(sender=sender, target=PROXY, frames=[frame(PROXY, function, caller=sender)])
    return replace(called, **more)  # type: ignore[arg-type]


def observed(book: Book, effects: Effects) -> list[str]:
    return [finding.observed for finding in take(PILOT, book, effects).findings]


def test_the_same_call_that_runs_other_code_than_before_is_an_upgrade_and_told_once() -> None:
    book = Book()
    assert observed(book, through(TOKEN)) == observed(book, through(TOKEN, BOB)) == []
    assert observed(book, through(LIBRARY, BOB)) == ["upgrade by C-bob"]
    assert observed(book, through(LIBRARY, BOB)) == []


def test_a_change_that_was_noticed_is_not_told_again_by_the_next_function() -> None:
    book = Book()
    take(PILOT, book, through(TOKEN), through(TOKEN, function="burn"))
    assert observed(book, through(LIBRARY, BOB)) == ["upgrade by C-bob"]
    assert observed(book, through(LIBRARY, ALICE, "retune2")) == observed(book, through(LIBRARY, ALICE, "burn2")) == []


def test_different_functions_may_run_different_code() -> None:
    book = Book()
    assert observed(book, through(TOKEN)) == observed(book, through(LIBRARY, function="openDoor")) == []


@pytest.mark.parametrize(
    "opening",
    [
        plain(AGENT, "retune", request="REQ-1"),
        plain(AGENT, "upgradeTo", request="REQ-1"),
        plain(AGENT, "transfer", logs=(log(_UPGRADED, PROXY),)),
        plain(AGENT, "transfer", logs=(log(_BEACON, TOKEN),)),
        plain(AGENT, "transfer", writes=(StorageWrite(PROXY, _SLOTS["upgrade"], 1),)),
    ],
    ids=["the firm's own function", "a telling name", "an event", "a beacon's event", "a slot"],
)
def test_after_an_upgrade_on_record_nobody_who_calls_is_blamed_for_it(opening: Effects) -> None:
    book = Book()
    take(PILOT, book, through(TOKEN), opening)
    assert observed(book, through(LIBRARY, BOB)) == []
    assert observed(book, through(TOKEN, BOB)) == ["upgrade by C-bob"]


@pytest.mark.parametrize(
    "hiding",
    [
        plain(ALICE, "transfer"),
        plain(ALICE, "transfer", logs=(log(_UPGRADED, MALLORY),)),
        plain(ALICE, "transfer", logs=(log(_ADMIN, PROXY),)),
        plain(ALICE, "transfer", writes=(StorageWrite(MALLORY, _SLOTS["upgrade"], 1),)),
        plain(ALICE, "transfer", writes=(StorageWrite(PROXY, 7, 1),)),
        plain(AGENT, "retune", request="REQ-1", reverted=transaction(reverted=True).reverted),
        plain(AGENT, "transfer", request="REQ-1", tokens=(burn(ALICE, 0),)),
    ],
    ids=[
        "a harmless name",
        "a stranger's event",
        "another event",
        "a stranger's slot",
        "another slot",
        "reverted",
        "a request alone",
    ],
)
def test_what_is_no_upgrade_on_record_covers_none(hiding: Effects) -> None:
    book = Book()
    take(PILOT, book, through(TOKEN), hiding)
    assert observed(book, through(LIBRARY, BOB)) == ["upgrade by C-bob"]


def test_an_upgrade_in_silence_by_the_firm_is_a_red_line_without_a_request() -> None:
    book = Book()
    take(PILOT, book, through(TOKEN))
    may = replace(PILOT, roles={"agent": frozenset({"upgrade"})})
    (finding,) = take(may, book, through(LIBRARY, AGENT)).findings
    assert (finding.observed, finding.grade) == ("upgrade without request", Grade.S4)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": FrameKind.CALL},
        {"data": b"something else"},
        {"committed": False},
        {"target": MALLORY},
        {"parent": -1},
    ],
    ids=["a call", "other calldata", "rolled back", "an unregistered proxy", "nobody's call"],
)
def test_only_a_call_that_a_registered_contract_hands_on_as_it_came_tells_of_a_delegate(changes: dict[str, object]) -> None:
    book, effects = Book(), through(TOKEN)
    outer, inner = effects.frames
    take(PILOT, book, replace(effects, frames=(outer, replace(inner, **changes))))  # type: ignore[arg-type]
    assert book.delegates == {}


def test_a_proxy_that_is_born_sets_itself_up_and_that_proves_nothing() -> None:
    book = Book()
    take(PILOT, book, through(TOKEN, creations=(creation(PROXY),)))
    assert book.delegates == {} and observed(book, through(LIBRARY)) == []


def test_a_refused_transaction_teaches_nothing() -> None:
    book = Book()
    take(PILOT, book, through(TOKEN))
    before = dict(book.delegates)
    assert list(before.values()) == [TOKEN]
    judge(PILOT, book, through(LIBRARY))
    assert book.delegates == before
