"""State machines: random business against a mirror in plain Python. The mirror says what must happen; the contract has to
agree on every acceptance, every refusal and every number."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.contracts import test_quick_loan as loan
from tests.contracts import test_register as share
from tests.contracts.bench import Bench, Reverted

HOLDER_CAP = 3
RATE = 600
PERSON = st.integers(0, 4)
BUDGET = settings(max_examples=12, stateful_step_count=20, deadline=None, derandomize=True)


class RegisterMachine(RuleBasedStateMachine):
    """The share register: balances add up, holders are counted right and stay within the cap."""

    @initialize()
    def found(self) -> None:
        self.company = share.Company(Bench(), HOLDER_CAP)
        self.people = list(self.company.bench.people[3:8])
        self.shares: dict[int, int] = defaultdict(int)
        self.frozen: set[int] = set()
        self.paused = False

    @rule(to=PERSON, amount=st.integers(0, 50))
    def issue(self, to: int, amount: int) -> None:
        allowed = not self.paused and to not in self.frozen and self.fits(None, to, amount)
        self.attempt(allowed, self.company.issuer, "issue", self.people[to], amount)
        if allowed:
            self.move(None, to, amount)

    @rule(giver=PERSON, to=PERSON, amount=st.integers(0, 50))
    def transfer(self, giver: int, to: int, amount: int) -> None:
        open_ = not self.paused and not {giver, to} & self.frozen
        allowed = open_ and amount <= self.shares[giver] and self.fits(giver, to, amount)
        self.attempt(allowed, self.people[giver], "transfer", self.people[to], amount)
        if allowed:
            self.move(giver, to, amount)

    @rule(giver=PERSON, to=PERSON, amount=st.integers(0, 50))
    def force(self, giver: int, to: int, amount: int) -> None:
        allowed = amount <= self.shares[giver] and self.fits(giver, to, amount)
        args = (self.people[giver], self.people[to], amount, "REQ-1", "court order")
        self.attempt(allowed, self.company.agent, "forcedTransfer", *args)
        if allowed:
            self.move(giver, to, amount)

    @rule(who=PERSON)
    def freeze_or_thaw(self, who: int) -> None:
        self.attempt(True, self.company.agent, "unfreeze" if who in self.frozen else "freeze", self.people[who])
        self.frozen ^= {who}

    @rule()
    def pause_or_resume(self) -> None:
        self.attempt(True, self.company.agent, "unpause" if self.paused else "pause")
        self.paused = not self.paused

    @invariant()
    def the_register_agrees(self) -> None:
        view = self.company.register.view
        balances = {number: view("balanceOf", person) for number, person in enumerate(self.people)}
        assert balances == {number: self.shares[number] for number in balances}
        assert view("totalSupply") == sum(balances.values())
        assert view("holders") == sum(map(bool, balances.values())) <= HOLDER_CAP

    def fits(self, giver: int | None, to: int, amount: int) -> bool:
        after = dict(self.shares)
        if giver is not None:
            after[giver] -= amount
        after[to] = after.get(to, 0) + amount
        return sum(held > 0 for held in after.values()) <= HOLDER_CAP

    def move(self, giver: int | None, to: int, amount: int) -> None:
        if giver is not None:
            self.shares[giver] -= amount
        self.shares[to] += amount

    def attempt(self, allowed: bool, sender: str, function: str, *args: Any) -> None:
        try:
            self.company.register.send(sender, function, *args)
        except Reverted as refused:
            assert not allowed, f"{function}{args} should have passed, but: {refused}"
        else:
            assert allowed, f"{function}{args} should have been refused"


class LoanMachine(RuleBasedStateMachine):
    """The loan ledger: principal adds up and stays within every line; interest is exact to the fen."""

    @initialize()
    def found(self) -> None:
        self.bank = loan.Bank(Bench())
        self.bench = self.bank.bench
        self.people = list(self.bench.people[2:5])
        self.credit: dict[int, int] = defaultdict(int)
        self.maturity: dict[int, int] = defaultdict(int)
        self.principal: dict[int, int] = defaultdict(int)
        self.accrued: dict[int, int] = defaultdict(int)  # fen * 10_000 * YEAR
        self.since: dict[int, int] = defaultdict(int)
        self.overdue: set[int] = set()
        for who in range(3):
            self.approve(who, 10**6, 60)

    @rule(who=st.integers(0, 2), credit=st.integers(0, 10**6), days=st.integers(1, 60))
    def approve(self, who: int, credit: int, days: int) -> None:
        maturity = self.bench.now + days * loan.DAY
        passed = self.attempt("approve_line", self.people[who], credit, RATE, maturity)
        assert passed == (self.due(who) == 0)
        if passed:
            self.credit[who], self.maturity[who], self.accrued[who] = credit, maturity, 0
            self.since[who] = self.bench.now
            self.overdue.discard(who)

    @rule(who=st.integers(0, 2), percent=st.integers(0, 110))
    def draw(self, who: int, percent: int) -> None:
        room = self.credit[who] - self.principal[who]
        amount = room * percent // 100 if room else percent
        passed = self.attempt("draw", amount, sender=self.people[who])
        assert passed == (0 < amount <= room and self.bench.now < self.maturity[who] and who not in self.overdue)
        if passed:
            self.accrue(who)
            self.principal[who] += amount

    @rule(who=st.integers(0, 2), percent=st.integers(0, 110))
    def repay(self, who: int, percent: int) -> None:
        amount = self.due(who) * percent // 100
        passed = self.attempt("repay", self.people[who], amount)
        assert passed == (0 < amount <= self.due(who))
        if passed:
            self.accrue(who)
            interest = min(amount, self.accrued[who] // (10_000 * loan.YEAR))
            self.accrued[who] -= interest * 10_000 * loan.YEAR
            self.principal[who] -= amount - interest
            if not self.principal[who]:
                self.overdue.discard(who)

    @rule(who=st.integers(0, 2))
    def mark_overdue(self, who: int) -> None:
        passed = self.attempt("mark_overdue", self.people[who])
        late = self.bench.now >= self.maturity[who]
        assert passed == (self.principal[who] > 0 and late and who not in self.overdue)
        if passed:
            self.overdue.add(who)

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.bench.advance(days * loan.DAY)

    @invariant()
    def the_ledger_agrees(self) -> None:
        view = self.bank.ledger.view
        for number, person in enumerate(self.people):
            assert view("due", person) == self.due(number)
            line = view("line_of", person)
            assert (line[0], line[3], line[6]) == (self.credit[number], self.principal[number], number in self.overdue)
            assert line[3] <= line[0]
        assert view("total_outstanding") == sum(self.principal.values())

    def owed(self, who: int) -> int:
        return self.accrued[who] + self.principal[who] * RATE * (self.bench.now - self.since[who])

    def due(self, who: int) -> int:
        return self.principal[who] + self.owed(who) // (10_000 * loan.YEAR)

    def accrue(self, who: int) -> None:
        self.accrued[who], self.since[who] = self.owed(who), self.bench.now

    def attempt(self, function: str, *args: Any, sender: str | None = None) -> bool:
        """True if it passed. Afterwards `bench.now` is the time of the block it ran in, accepted or not."""
        try:
            self.bank.ledger.send(sender or self.bank.servicer, function, *args)
        except Reverted:
            return False
        return True


TestRegister = RegisterMachine.TestCase
TestRegister.settings = BUDGET
TestLoan = LoanMachine.TestCase
TestLoan.settings = BUDGET
