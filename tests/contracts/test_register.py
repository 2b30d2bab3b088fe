"""The share register by itself: what it allows, and next to it what it refuses and why."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.bench import Bench, Event, Instance, Reverted, build

SOURCE = ("scenarios/sme-equity", "contracts/Register.sol")
AGENT_ROLE = keccak(text="TRANSFER_AGENT_ROLE")
ISSUER_ROLE = keccak(text="ISSUER_ROLE")
DAY = 86_400


class Company:
    """A register with its people."""

    def __init__(self, bench: Bench, holder_cap: int = 3) -> None:
        self.bench = bench
        self.admin, self.issuer, self.agent, self.ann, self.ben, self.cai, self.dan = bench.people[:7]
        artifact = build(*SOURCE)["Register"]
        self.register: Instance = bench.deploy(artifact, "Example", "EX", holder_cap, self.issuer, self.agent)

    def issue(self, holder: str, shares: int) -> list[Event]:
        return self.register.send(self.issuer, "issue", holder, shares)

    def shares(self, holder: str) -> int:
        return int(self.register.view("balanceOf", holder))


@pytest.fixture
def company(bench: Bench) -> Company:
    return Company(bench)


def test_a_new_register_is_empty_and_counts_whole_shares(company: Company) -> None:
    view = company.register.view
    assert (view("name"), view("symbol"), view("decimals")) == ("Example", "EX", 0)
    assert (view("totalSupply"), view("holders"), view("holderCap")) == (0, 0, 3)


def test_the_issuer_enters_new_shares(company: Company) -> None:
    events = company.issue(company.ann, 100)
    assert events[-1] == Event("SharesIssued", {"holder": company.ann, "shares": 100})
    assert company.shares(company.ann) == company.register.view("totalSupply") == 100


def test_nobody_but_the_issuer_enters_new_shares(company: Company) -> None:
    for outsider in (company.admin, company.agent, company.ann):
        with pytest.raises(Reverted) as refused:
            company.register.send(outsider, "issue", company.ann, 100)
        assert (refused.value.error, *refused.value.values) == ("AccessControlUnauthorizedAccount", outsider, ISSUER_ROLE)


def test_shares_change_hands(company: Company) -> None:
    company.issue(company.ann, 100)
    events = company.register.send(company.ann, "transfer", company.ben, 40)
    assert events == [Event("Transfer", {"from": company.ann, "to": company.ben, "value": 40})]
    assert (company.shares(company.ann), company.shares(company.ben)) == (60, 40)


def test_nobody_transfers_more_than_he_has(company: Company) -> None:
    company.issue(company.ann, 100)
    with pytest.raises(Reverted) as refused:
        company.register.send(company.ann, "transfer", company.ben, 101)
    assert (refused.value.error, *refused.value.values) == ("ERC20InsufficientBalance", company.ann, 100, 101)


def test_an_approved_spender_transfers_for_the_holder(company: Company) -> None:
    company.issue(company.ann, 100)
    company.register.send(company.ann, "approve", company.ben, 30)
    company.register.send(company.ben, "transferFrom", company.ann, company.cai, 30)
    assert company.shares(company.cai) == 30


def test_a_spender_gets_round_none_of_the_holders_restrictions(company: Company) -> None:
    company.issue(company.ann, 100)
    company.register.send(company.ann, "approve", company.ben, 30)
    company.register.send(company.agent, "freeze", company.ann)
    with pytest.raises(Reverted) as refused:
        company.register.send(company.ben, "transferFrom", company.ann, company.cai, 30)
    assert (refused.value.error, *refused.value.values) == ("HolderFrozen", company.ann)


def test_locked_up_shares_are_free_from_the_release_second_on(company: Company) -> None:
    company.issue(company.ann, 100)
    release = company.bench.now + 30 * DAY
    company.register.send(company.issuer, "lockUp", company.ann, release)
    company.bench.at(release)
    company.register.send(company.ann, "transfer", company.ben, 1)
    assert company.shares(company.ben) == 1


def test_locked_up_shares_stay_until_the_second_before(company: Company) -> None:
    company.issue(company.ann, 100)
    release = company.bench.now + 30 * DAY
    company.register.send(company.issuer, "lockUp", company.ann, release)
    company.bench.at(release - 1)
    with pytest.raises(Reverted) as refused:
        company.register.send(company.ann, "transfer", company.ben, 1)
    assert (refused.value.error, *refused.value.values) == ("SharesLocked", company.ann, release)


def test_a_lock_up_may_be_repeated_and_extended(company: Company) -> None:
    for release in (2_000_000_000, 2_000_000_000, 2_000_000_001):
        company.register.send(company.issuer, "lockUp", company.ann, release)
    assert company.register.view("releaseTimeOf", company.ann) == 2_000_000_001


def test_a_lock_up_may_not_be_shortened(company: Company) -> None:
    company.register.send(company.issuer, "lockUp", company.ann, 2_000_000_000)
    with pytest.raises(Reverted) as refused:
        company.register.send(company.issuer, "lockUp", company.ann, 1_999_999_999)
    expected = ("LockUpShortened", company.ann, 2_000_000_000, 1_999_999_999)
    assert (refused.value.error, *refused.value.values) == expected


def test_a_lock_up_does_not_hinder_receiving(company: Company) -> None:
    company.register.send(company.issuer, "lockUp", company.ben, 2_000_000_000)
    company.issue(company.ann, 10)
    company.register.send(company.ann, "transfer", company.ben, 10)
    assert company.shares(company.ben) == 10


def test_a_seat_becomes_free_when_a_holder_sells_out(company: Company) -> None:
    for holder in (company.ann, company.ben, company.cai):
        company.issue(holder, 10)
    company.register.send(company.cai, "transfer", company.dan, 10)
    assert company.register.view("holders") == 3


def test_no_holder_joins_above_the_cap(company: Company) -> None:
    for holder in (company.ann, company.ben, company.cai):
        company.issue(holder, 10)
    for attempt in (
        lambda: company.issue(company.dan, 1),
        lambda: company.register.send(company.cai, "transfer", company.dan, 9),
        lambda: company.register.send(company.agent, "forcedTransfer", company.cai, company.dan, 9, "REQ-1", "court"),
    ):
        with pytest.raises(Reverted) as refused:
            attempt()
        assert (refused.value.error, *refused.value.values) == ("HolderCapReached", 3)
    assert company.register.view("holders") == 3


@pytest.mark.parametrize("shares", [0, 10])
def test_moving_nothing_or_to_oneself_changes_no_count(company: Company, shares: int) -> None:
    company.issue(company.ann, 10)
    company.register.send(company.ann, "transfer", company.ann if shares else company.ben, shares)
    assert company.register.view("holders") == 1


def test_a_thawed_holder_trades_again(company: Company) -> None:
    company.issue(company.ann, 10)
    company.register.send(company.agent, "freeze", company.ann)
    assert company.register.view("isFrozen", company.ann) is True
    company.register.send(company.agent, "unfreeze", company.ann)
    company.register.send(company.ann, "transfer", company.ben, 1)


def test_a_frozen_holder_neither_sends_nor_receives_nor_is_issued_shares(company: Company) -> None:
    company.issue(company.ann, 10)
    company.issue(company.ben, 10)
    company.register.send(company.agent, "freeze", company.ann)
    for attempt in (
        lambda: company.register.send(company.ann, "transfer", company.ben, 1),
        lambda: company.register.send(company.ben, "transfer", company.ann, 1),
        lambda: company.issue(company.ann, 1),
    ):
        with pytest.raises(Reverted) as refused:
            attempt()
        assert (refused.value.error, *refused.value.values) == ("HolderFrozen", company.ann)


def test_the_agent_forces_a_transfer_past_lock_up_freeze_and_pause(company: Company) -> None:
    company.issue(company.ann, 10)
    company.register.send(company.issuer, "lockUp", company.ann, 2_000_000_000)
    company.register.send(company.agent, "freeze", company.ann)
    company.register.send(company.agent, "pause")
    events = company.register.send(company.agent, "forcedTransfer", company.ann, company.ben, 4, "REQ-1", "court order")
    told = {"from": company.ann, "to": company.ben, "shares": 4}
    assert events[-1] == Event(
        "ForcedTransfer", {**told, "requestId": "REQ-1", "reason": "court order", "operator": company.agent}
    )


def test_a_forced_transfer_names_its_request(company: Company) -> None:
    company.issue(company.ann, 10)
    with pytest.raises(Reverted) as refused:
        company.register.send(company.agent, "forcedTransfer", company.ann, company.ben, 4, "", "no request")
    assert refused.value.error == "RequestMissing"


@pytest.mark.parametrize(
    ("function", "more"),
    [("freeze", ("holder",)), ("unfreeze", ("holder",)), ("pause", ()), ("unpause", ())],
)
def test_only_the_transfer_agent_freezes_and_pauses(company: Company, function: str, more: tuple[str, ...]) -> None:
    with pytest.raises(Reverted) as refused:
        company.register.send(company.issuer, function, *(company.ann for _ in more))
    assert (refused.value.error, *refused.value.values) == ("AccessControlUnauthorizedAccount", company.issuer, AGENT_ROLE)


def test_trading_resumes_after_a_pause(company: Company) -> None:
    company.issue(company.ann, 10)
    company.register.send(company.agent, "pause")
    company.register.send(company.agent, "unpause")
    company.register.send(company.ann, "transfer", company.ben, 1)


def test_nothing_is_issued_or_traded_during_a_pause(company: Company) -> None:
    company.issue(company.ann, 10)
    company.register.send(company.agent, "pause")
    for attempt in (
        lambda: company.issue(company.ann, 1),
        lambda: company.register.send(company.ann, "transfer", company.ben, 1),
    ):
        with pytest.raises(Reverted) as refused:
            attempt()
        assert refused.value.error == "EnforcedPause"


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.integers(0, 2**64), moved=st.integers(0, 2**256 - 1))
def test_a_transfer_moves_exactly_what_it_says_or_nothing(bench: Bench, held: int, moved: int) -> None:
    company = Company(bench)
    company.issue(company.ann, held)
    try:
        company.register.send(company.ann, "transfer", company.ben, moved)
    except Reverted as refused:
        assert refused.values == (company.ann, held, moved)
        assert moved > held
        moved = 0
    assert (company.shares(company.ann), company.shares(company.ben)) == (held - moved, moved)
    assert company.register.view("holders") == (held > moved) + (moved > 0)
