"""The exposure book never differs from the chain it is about, whatever is done, refused or rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.domain.units import ZERO_ADDRESS
from tests.running.stage import PEOPLE, Stage, contents

EVERYBODY = st.sampled_from(PEOPLE)
ANYWHERE = st.sampled_from((*PEOPLE, "purse"))
AMOUNT = st.integers(0, 100)
PRICE = st.integers(0, 6)
SEVERAL = st.lists(ANYWHERE, max_size=4)


class BookAgainstChain(RuleBasedStateMachine):
    """Random business of four clients with seven wallets, a stranger, an issuer, and a contract that acts for others."""

    @initialize()
    def found(self) -> None:
        self.stage = Stage()

    @rule(receiver=ANYWHERE, amount=AMOUNT)
    def mint(self, receiver: str, amount: int) -> None:
        self.stage.call("issuer", "Coin", "mint", [self.stage.address[receiver], amount])

    @rule(sender=EVERYBODY, amount=AMOUNT)
    def burn(self, sender: str, amount: int) -> None:
        self.stage.call(sender, "Coin", "burn", [amount])

    @rule(sender=EVERYBODY, receiver=ANYWHERE, amount=AMOUNT)
    def transfer(self, sender: str, receiver: str, amount: int) -> None:
        self.stage.call(sender, "Coin", "transfer", [self.stage.address[receiver], amount])

    @rule(sender=EVERYBODY, receivers=SEVERAL, amount=st.integers(0, 30))
    def spread(self, sender: str, receivers: list[str], amount: int) -> None:
        self.stage.call(sender, "Coin", "spread", [[self.stage.address[one] for one in receivers], amount])

    @rule(owner=EVERYBODY, operator=ANYWHERE, amount=AMOUNT)
    def approve(self, owner: str, operator: str, amount: int) -> None:
        self.stage.call(owner, "Coin", "approve", [self.stage.address[operator], amount])

    @rule(operator=EVERYBODY, owner=EVERYBODY, receiver=ANYWHERE, amount=AMOUNT)
    def operate(self, operator: str, owner: str, receiver: str, amount: int) -> None:
        """Approve and move in another's name, which fails where the owner holds less."""
        self.stage.call(owner, "Coin", "approve", [self.stage.address[operator], amount])
        owner_, receiver_ = self.stage.address[owner], self.stage.address[receiver]
        self.stage.call(operator, "Coin", "transferFrom", [owner_, receiver_, amount])

    @rule(sender=EVERYBODY, owner=EVERYBODY, receiver=ANYWHERE, amount=st.integers(0, 40), again=AMOUNT)
    def move_twice(self, sender: str, owner: str, receiver: str, amount: int, again: int) -> None:
        """Two movements in one transaction, the second of which may be rolled back on its own."""
        self.stage.call(owner, "Coin", "approve", [self.stage.purse, 60])
        owner_, receiver_ = self.stage.address[owner], self.stage.address[receiver]
        self.stage.call(sender, "Purse", "both", [self.stage.coin, owner_, receiver_, amount, again])

    @rule(sender=EVERYBODY, receiver=ANYWHERE, amount=AMOUNT)
    def send_wei(self, sender: str, receiver: str, amount: int) -> None:
        if self.stage.world.chain.balance(self.stage.address[sender]) >= amount:
            self.stage.send(sender, receiver, amount)

    @rule(sender=EVERYBODY, receivers=SEVERAL, amount=st.integers(0, 30), value=AMOUNT)
    def split_wei(self, sender: str, receivers: list[str], amount: int, value: int) -> None:
        if self.stage.world.chain.balance(self.stage.address[sender]) >= value:
            self.stage.call(sender, "Purse", "split", [[self.stage.address[one] for one in receivers], amount], value)

    @rule(asset=st.sampled_from(("coin", "ether")), price=PRICE)
    def reprice(self, asset: str, price: int) -> None:
        self.stage.reprice(asset, price)

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.stage.advance(seconds)

    @rule()
    def seal(self) -> None:
        self.stage.seal()

    @invariant()
    def the_book_says_what_the_chain_says(self) -> None:
        self.stage.compare()


BookAgainstChain.TestCase.settings = settings(max_examples=5, stateful_step_count=50, deadline=None, derandomize=True)
TestBookAgainstChain = BookAgainstChain.TestCase


def business(stage: Stage, random: Random, places: Sequence[str]) -> None:
    """One step of random business. places: who may receive."""
    who, other, third = random.choice(PEOPLE), random.choice(places), random.choice(PEOPLE)
    receiver, amount = stage.address[other], random.randint(0, 100)
    several = [stage.address[random.choice(places)] for _ in range(random.randint(0, 4))]
    match random.randrange(12):
        case 0 | 1:
            stage.call("issuer", "Coin", "mint", [receiver, amount])
        case 2:
            stage.call(who, "Coin", "burn", [amount // 4])
        case 3 | 4:
            stage.call(who, "Coin", "transfer", [receiver, amount // 2])
        case 5:
            stage.call(who, "Coin", "spread", [several, amount // 10])
        case 6:
            stage.call(who, "Coin", "approve", [stage.purse if amount % 2 else receiver, amount])
        case 7:
            stage.call(third, "Coin", "transferFrom", [stage.address[who], receiver, amount // 8])
        case 8:
            stage.call(who, "Purse", "both", [stage.coin, stage.address[third], receiver, amount // 8, amount])
        case 9:
            stage.send(who, other, amount if stage.world.chain.balance(stage.address[who]) >= amount else 0)
        case 10:
            value = amount // 10 * len(several) + (amount if "purse" in places else 0)
            if stage.world.chain.balance(stage.address[who]) >= value:
                stage.call(who, "Purse", "split", [several, amount // 10], value)
        case _:
            _time_and_prices(stage, random)


def _time_and_prices(stage: Stage, random: Random) -> None:
    if random.random() < 0.5:
        stage.advance(random.randint(1, 90))
    elif random.random() < 0.2:
        stage.reprice(random.choice(("coin", "ether")), random.randint(1, 5))
    else:
        stage.seal()


@pytest.mark.parametrize("steps", [200, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("parking", [True, False], ids=["with deposits", "without deposits"])
def test_the_book_differs_from_the_chain_at_no_step_of_a_long_run(steps: int, parking: bool) -> None:
    """Without deposits every figure is what accounts answer, and nothing else."""
    stage, random = Stage(), Random(20_260_803)
    for _ in range(steps):
        business(stage, random, (*PEOPLE, "purse") if parking else PEOPLE)
        stage.compare()
        assert parking or not any(stage.world.book.claims.of.values())
    common = min(stage.statuses[status] for status in ("success", "reverted", "flagged", "blocked"))
    assert common > steps // 50, stage.statuses


def test_a_refused_transaction_leaves_book_and_chain_as_if_it_had_never_been_asked_for() -> None:
    plain, tried = Stage(), Stage()
    for stage in (plain, tried):
        for amount in (75, 20):
            stage.call("issuer", "Coin", "mint", [stage.address["alice"], amount])
        if stage is tried:
            assert stage.call("issuer", "Coin", "mint", [stage.address["alice"], 81]).status == "blocked"
            assert stage.call("alice", "Coin", "spread", [[stage.address["bob"]] * 4, 21]).status == "blocked"
            assert stage.send("alice", "bob", 241).status == "blocked"
        stage.call("alice", "Coin", "transfer", [stage.address["bob"], 20])
        stage.seal()
        stage.compare()
    assert contents(plain.world.book) == contents(tried.world.book)
    assert plain.world.chain.head.state_root == tried.world.chain.head.state_root


def test_a_question_leaves_book_and_chain_as_they_were() -> None:
    stage = Stage()
    stage.call("issuer", "Coin", "mint", [stage.address["alice"], 10])
    before, head = contents(stage.world.book), stage.world.chain.engine.pending
    face = stage.world.chain.contracts.named("Coin").interface
    for amount, status in ((5, "success"), (11, "reverted"), (81, "reverted")):
        data = face.call("transfer", [stage.address["bob"], amount])
        assert stage.world.ask(stage.intent("alice", stage.coin, data)).status == status
    data = face.call("mint", [stage.address["bob"], 81])
    assert stage.world.ask(stage.intent("issuer", stage.coin, data)).status == "blocked"
    assert (contents(stage.world.book), stage.world.chain.engine.pending) == (before, head)
    stage.compare()


def test_what_is_parked_stays_its_clients_until_it_is_paid_out() -> None:
    stage = Stage()
    for receiver, amount in (("alice", 50), ("bob", 50)):
        stage.call("issuer", "Coin", "mint", [stage.address[receiver], amount])
    exposure = {client: stage.world.book.exposure(stage.world.policy, client) for client in ("A", "B")}
    stage.send("alice", "purse", 40)
    stage.call("bob", "Coin", "transfer", [stage.purse, 30])
    assert {client: stage.world.book.exposure(stage.world.policy, client) for client in ("A", "B")} == exposure
    stage.call("stranger", "Purse", "split", [[stage.address["bob2"]] * 4, 10])
    stage.compare()
    moved = 40 * stage.world.policy.assets[ZERO_ADDRESS].price
    after = {"A": exposure["A"] - moved, "B": exposure["B"] + moved}
    assert {client: stage.world.book.exposure(stage.world.policy, client) for client in ("A", "B")} == after


def test_an_inner_failure_that_the_caller_swallows_leaves_the_outer_movement_on_the_book_and_nothing_else() -> None:
    stage = Stage()
    stage.call("issuer", "Coin", "mint", [stage.address["alice"], 10])
    stage.call("alice", "Coin", "approve", [stage.purse, 10])
    done = stage.call("carol", "Purse", "both", [stage.coin, stage.address["alice"], stage.address["bob"], 4, 7])
    assert done.status == "success" and [move.amount for move in done.effects.tokens] == [4]
    stage.compare()
    assert stage.world.book.holdings["coin", "B"] == 4


def test_the_comparison_notices_a_book_that_is_off_by_one() -> None:
    """A check that cannot fail checks nothing."""
    for spoil in ("holdings", "totals", "supply", "balances", "holders"):
        stage = Stage()
        stage.call("issuer", "Coin", "mint", [stage.address["alice"], 10])
        stage.compare()
        counts = getattr(stage.world.book, spoil)
        counts[next(reversed(counts))] += 1
        with pytest.raises(AssertionError):
            stage.compare()
    stage = Stage()
    stage.world.book.active.add("D")
    with pytest.raises(AssertionError):
        stage.compare()
