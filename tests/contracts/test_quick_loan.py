"""The loan ledger by itself: what it allows, and next to it what it refuses and why. Sums are in fen."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.bench import START, Bench, Event, Instance, Reverted, build

SOURCE = ("scenarios/quick-loan", "contracts/QuickLoan.vy")
DAY = 86_400
YEAR = 365 * DAY
NOBODY = "0x" + "00" * 20


class Bank:
    """A ledger with its people."""

    def __init__(self, bench: Bench, rate_cap_bps: int = 1_200) -> None:
        self.bench = bench
        self.servicer, self.chen, self.liu = bench.people[1:4]
        self.ledger: Instance = bench.deploy(build(*SOURCE)["QuickLoan"], self.servicer, rate_cap_bps)

    def approve(self, borrower: str, credit: int = 800_000, rate_bps: int = 600, days: int = 180) -> list[Event]:
        return self.ledger.send(self.servicer, "approve_line", borrower, credit, rate_bps, START + days * DAY)

    def draw(self, borrower: str, principal: int) -> list[Event]:
        return self.ledger.send(borrower, "draw", principal)

    def repay(self, borrower: str, amount: int) -> list[Event]:
        return self.ledger.send(self.servicer, "repay", borrower, amount)

    def owes(self, borrower: str) -> int:
        return int(self.ledger.view("outstanding", borrower))


@pytest.fixture
def bank(bench: Bench) -> Bank:
    return Bank(bench)


def test_a_ledger_knows_its_servicer_and_its_rate_cap(bank: Bank) -> None:
    assert (bank.ledger.view("servicer"), bank.ledger.view("rate_cap_bps")) == (bank.servicer, 1_200)


def test_a_ledger_without_a_servicer_cannot_be_deployed(bench: Bench) -> None:
    with pytest.raises(Reverted, match="servicer missing"):
        bench.deploy(build(*SOURCE)["QuickLoan"], NOBODY, 1_200)


def test_the_servicer_opens_a_line_up_to_the_rate_cap(bank: Bank) -> None:
    events = bank.approve(bank.chen, rate_bps=1_200)
    told = {"borrower": bank.chen, "credit": 800_000, "rate_bps": 1_200, "maturity": START + 180 * DAY}
    assert events == [Event("LineApproved", told)]


def test_no_line_carries_a_rate_above_the_cap(bank: Bank) -> None:
    with pytest.raises(Reverted, match="rate above cap"):
        bank.approve(bank.chen, rate_bps=1_201)


def test_no_line_matures_in_the_past(bank: Bank) -> None:
    with pytest.raises(Reverted, match="maturity has passed"):
        bank.approve(bank.chen, days=0)


@pytest.mark.parametrize(("function", "more"), [("approve_line", (1, 1, START + YEAR)), ("repay", (1,)), ("mark_overdue", ())])
def test_nobody_but_the_servicer_keeps_the_ledger(bank: Bank, function: str, more: tuple[int, ...]) -> None:
    with pytest.raises(Reverted, match="servicer only"):
        bank.ledger.send(bank.chen, function, bank.chen, *more)


def test_a_repaid_line_may_be_replaced(bank: Bank) -> None:
    bank.approve(bank.chen, rate_bps=0)
    bank.draw(bank.chen, 100)
    bank.repay(bank.chen, 100)
    bank.approve(bank.chen, credit=50)
    with pytest.raises(Reverted, match="above credit line"):
        bank.draw(bank.chen, 51)


def test_a_line_in_use_may_not_be_replaced(bank: Bank) -> None:
    bank.approve(bank.chen)
    bank.draw(bank.chen, 1)
    with pytest.raises(Reverted, match="line in use"):
        bank.approve(bank.chen)


def test_a_borrower_draws_up_to_the_line(bank: Bank) -> None:
    bank.approve(bank.chen)
    assert bank.draw(bank.chen, 500_000) == [Event("LoanDrawn", {"borrower": bank.chen, "principal": 500_000})]
    bank.draw(bank.chen, 300_000)
    assert bank.owes(bank.chen) == bank.ledger.view("total_outstanding") == 800_000


@pytest.mark.parametrize(("principal", "reason"), [(0, "nothing to draw"), (800_001, "above credit line")])
def test_a_borrower_draws_neither_nothing_nor_too_much(bank: Bank, principal: int, reason: str) -> None:
    bank.approve(bank.chen)
    with pytest.raises(Reverted, match=reason):
        bank.draw(bank.chen, principal)


def test_what_was_drawn_before_counts_against_the_line(bank: Bank) -> None:
    bank.approve(bank.chen)
    bank.draw(bank.chen, 500_000)
    with pytest.raises(Reverted, match="above credit line"):
        bank.draw(bank.chen, 300_001)


def test_somebody_without_a_line_draws_nothing(bank: Bank) -> None:
    bank.approve(bank.chen)
    with pytest.raises(Reverted, match="line matured"):
        bank.draw(bank.liu, 1)


def test_nothing_is_drawn_from_maturity_on(bank: Bank) -> None:
    bank.approve(bank.chen, days=30)
    bank.bench.at(START + 30 * DAY)
    with pytest.raises(Reverted, match="line matured"):
        bank.draw(bank.chen, 1)


def test_a_year_at_six_percent_costs_six_percent_and_interest_is_paid_first(bank: Bank) -> None:
    bank.approve(bank.chen, days=730)
    bank.draw(bank.chen, 500_000)
    bank.bench.advance(YEAR + 1)  # a view answers for the block before
    assert bank.ledger.view("due", bank.chen) == 530_000
    assert bank.repay(bank.chen, 130_000) == [
        Event("LoanRepaid", {"borrower": bank.chen, "principal": 100_000, "interest": 30_000})
    ]
    assert bank.owes(bank.chen) == bank.ledger.view("total_outstanding") == 400_000


def test_interest_that_a_repayment_does_not_cover_stays_due(bank: Bank) -> None:
    bank.approve(bank.chen, days=730)
    bank.draw(bank.chen, 500_000)
    bank.bench.advance(YEAR)
    assert bank.repay(bank.chen, 10_000)[0].args["principal"] == 0
    assert bank.ledger.view("due", bank.chen) == 520_000


def test_nobody_repays_more_than_is_due_or_nothing_at_all(bank: Bank) -> None:
    bank.approve(bank.chen, rate_bps=0)
    bank.draw(bank.chen, 100)
    with pytest.raises(Reverted, match="more than due"):
        bank.repay(bank.chen, 101)
    with pytest.raises(Reverted, match="nothing to repay"):
        bank.repay(bank.chen, 0)


def test_drawing_a_fen_at_a_time_does_not_wipe_out_interest(bank: Bank) -> None:
    bank.approve(bank.chen, days=730)
    bank.draw(bank.chen, 500_000)
    for _ in range(12):
        bank.bench.advance(30 * DAY)
        bank.draw(bank.chen, 1)
    bank.bench.advance(5 * DAY)
    assert bank.ledger.view("due", bank.chen) >= 500_012 + 30_000


def test_a_loan_past_maturity_is_marked_overdue_and_cured_by_repayment(bank: Bank) -> None:
    bank.approve(bank.chen, rate_bps=0, days=30)
    bank.draw(bank.chen, 700)
    bank.bench.at(START + 30 * DAY)
    marked = bank.ledger.send(bank.servicer, "mark_overdue", bank.chen)
    assert marked == [Event("LoanOverdue", {"borrower": bank.chen, "principal": 700})]
    with pytest.raises(Reverted, match="line overdue"):
        bank.draw(bank.chen, 1)
    with pytest.raises(Reverted, match="already overdue"):
        bank.ledger.send(bank.servicer, "mark_overdue", bank.chen)
    bank.repay(bank.chen, 700)
    assert bank.ledger.view("line_of", bank.chen)[-1] is False


def test_neither_a_loan_within_its_time_nor_a_repaid_one_is_overdue(bank: Bank) -> None:
    bank.approve(bank.chen, rate_bps=0, days=30)
    bank.draw(bank.chen, 700)
    with pytest.raises(Reverted, match="not yet due"):
        bank.ledger.send(bank.servicer, "mark_overdue", bank.chen)
    bank.repay(bank.chen, 700)
    bank.bench.at(START + 31 * DAY)
    with pytest.raises(Reverted, match="nothing owed"):
        bank.ledger.send(bank.servicer, "mark_overdue", bank.chen)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    principal=st.integers(1, 10**12),
    rate=st.integers(0, 1_200),
    seconds=st.integers(0, 3 * YEAR),
    share=st.integers(1, 100),
)
def test_interest_is_simple_and_a_repayment_splits_without_loss(
    bench: Bench, principal: int, rate: int, seconds: int, share: int
) -> None:
    bank = Bank(bench)
    now = bench.now
    bank.ledger.send(bank.servicer, "approve_line", bank.chen, principal, rate, now + 10 * YEAR)
    bank.draw(bank.chen, principal)
    drawn = bench.now
    bench.advance(seconds)
    lower = principal * rate * (bench.now - drawn) // (10_000 * YEAR)
    amount = max(1, (principal + lower) * share // 100)
    told = bank.repay(bank.chen, amount)[0].args
    interest = principal * rate * (bench.now - drawn) // (10_000 * YEAR)
    assert told["interest"] == min(amount, interest)
    assert told["interest"] + told["principal"] == amount
    assert bank.owes(bank.chen) == principal - told["principal"]
