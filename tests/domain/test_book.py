"""The exposure book against a recomputation from the list of kept transactions."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.domain.book import DEBT, Book, Series
from sandbox.domain.draft import Draft, legs
from sandbox.domain.effects import Effects, TokenMove
from sandbox.domain.limits import Amount, CountPer, Required
from sandbox.domain.policy import AssetRule, PartyKind, Policy
from sandbox.domain.supervision import Block
from sandbox.domain.units import ZERO_ADDRESS, Address, Seconds, Value
from tests.domain.builders import (
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    MALLORY,
    START,
    TOKEN,
    address,
    book_of,
    burn,
    cny,
    contents,
    drawn,
    mint,
    move,
    policy,
    repaid,
    take,
    transaction,
    wei,
    with_native,
)

BOND = address(0xB02D)
HOUR = Seconds(3_600)
EVERYONE = (ALICE, ALICE2, BOB, CAROL, ISSUER, MALLORY)
CLIENTS = ("C-alice", "C-bob", "C-carol")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9, 9))), st.integers(0, 20), st.integers(1, 20))
def test_a_rolling_sum_is_the_sum_of_what_lies_in_the_window(steps: list[tuple[int, int]], later: int, window: int) -> None:
    series, time, entries = Series(), START, []
    for pause, amount in steps:
        time += pause
        series.add(time, amount)
        entries.append((time, amount))
    now = time + later
    assert series.within(now, window) == sum(amount for at, amount in entries if now - window < at <= now)


def test_a_draft_changes_nothing_until_it_is_applied() -> None:
    book = book_of(transaction(mint(ALICE, 5), sender=ISSUER))
    before = contents(book)
    draft = Draft(book, policy(), transaction(move(ALICE, BOB, 2), measured=[drawn(CAROL, 3)]))
    assert (draft.balance(TOKEN, ALICE), draft.balance(TOKEN, BOB)) == (3, 2)
    assert contents(book) == before
    book.apply(draft)
    assert (book.balances[TOKEN, ALICE], book.balances[TOKEN, BOB], book.holdings[DEBT, "C-carol"]) == (3, 2, cny(3).value)


def test_mints_and_burns_change_supply_and_moves_do_not() -> None:
    book = book_of(
        transaction(mint(ALICE, 9), sender=ISSUER), transaction(move(ALICE, BOB, 4)), transaction(burn(BOB, 3), sender=BOB)
    )
    assert (book.supply, book.balances) == ({TOKEN: 6}, {(TOKEN, ALICE): 5, (TOKEN, BOB): 1})
    assert (book.totals, book.holders) == ({"shares": 6}, {TOKEN: 2})


def test_a_move_to_oneself_changes_no_total_and_no_holder() -> None:
    book = book_of(transaction(mint(ALICE, 9), sender=ISSUER), transaction(move(ALICE, ALICE, 9)))
    assert (book.balances, book.holders, book.totals) == ({(TOKEN, ALICE): 9}, {TOKEN: 1}, {"shares": 9})


def test_the_zero_address_and_roles_hold_balances_but_no_exposure() -> None:
    book = book_of(transaction(mint(ISSUER, 9), sender=ISSUER))
    assert (book.balances, book.totals, book.total_exposure(policy())) == ({(TOKEN, ISSUER): 9}, {}, 0)


def test_wei_is_a_leg_where_it_is_registered() -> None:
    sent = transaction(move(ALICE, BOB, 1), native=[wei(ALICE, BOB, 7)])
    assert [leg.asset for leg in legs(policy(), sent)] == [TOKEN]
    assert [(leg.asset, leg.amount) for leg in legs(with_native(policy()), sent)] == [(TOKEN, 1), (ZERO_ADDRESS, 7)]


def test_exposure_follows_the_price_and_forgets_nothing() -> None:
    book = book_of(transaction(mint(ALICE, 3), sender=ISSUER, measured=[drawn(ALICE, 5)]))
    assert book.exposure(policy(), "C-alice") == cny(35).value
    dearer = policy().with_asset(TOKEN, AssetRule("shares", TOKEN, policy().assets[TOKEN].standard, cny(20).value, "equity"))
    assert book.exposure(dearer, "C-alice") == book.total_exposure(dearer) == cny(65).value
    assert book.exposure(dearer, "C-nobody") == 0


class Naive:
    """Everything the book knows, worked out anew from all kept transactions, without a running total anywhere."""

    def __init__(self, under: Policy, kept: list[Effects]) -> None:
        self.under, self.kept = under, kept
        self.balances: Counter[tuple[Address, Address]] = Counter()
        self.owned: Counter[tuple[str, str]] = Counter()
        self.supply: Counter[Address] = Counter()
        self.debts: Counter[str] = Counter()
        self.ever: set[str] = set()
        for effects in kept:
            self._count(effects)

    def _count(self, effects: Effects) -> None:
        sender = self.under.client(effects.sender)
        self.ever |= {sender} if sender else set()
        for one in effects.tokens:
            self.supply[one.asset] += one.amount * ((one.sender == ZERO_ADDRESS) - (one.receiver == ZERO_ADDRESS))
            self._settle(one, one.sender, -one.amount)
            self._settle(one, one.receiver, one.amount)
        for fact in effects.measured:
            owner = self.under.client(fact.client) or fact.client
            self.debts[owner] = max(0, self.debts[owner] + fact.amount * self.under.measures[fact.measure])
            self.ever |= {owner} if self.debts[owner] else set()

    def _settle(self, one: TokenMove, holder: Address, change: int) -> None:
        if holder == ZERO_ADDRESS:
            return
        self.balances[one.asset, holder] += change
        client = self.under.client(holder)
        if client is not None:
            self.owned[self.under.assets[one.asset].key, client] += change
            self.ever |= {client} if self.owned[self.under.assets[one.asset].key, client] > 0 else set()

    def exposure(self, client: str) -> int:
        prices = {asset.key: asset.price for asset in self.under.assets.values()}
        return self.debts[client] + sum(n * prices[key] for (key, owner), n in self.owned.items() if owner == client)

    def holders(self, asset: Address) -> int:
        by_name: Counter[str] = Counter()
        for (token, holder), amount in self.balances.items():
            party = self.under.party(holder)
            if token == asset and party.kind in (PartyKind.CLIENT, PartyKind.UNKNOWN):
                by_name[self.under.client(holder) or holder] += amount
        return sum(amount > 0 for amount in by_name.values())

    def worth(self, effects: Effects, client: str | None = None) -> int:
        total = 0
        for one in effects.tokens:
            sender, receiver = self.under.client(one.sender), self.under.client(one.receiver)
            if client is None or (sender == client and receiver != client):
                total += one.amount * self.under.assets[one.asset].price
        if client is None:
            total += sum(abs(fact.amount) * self.under.measures[fact.measure] for fact in effects.measured)
        return total

    def within(self, now: int, window: int) -> list[Effects]:
        return [effects for effects in self.kept if now - window < effects.timestamp <= now]


class BookAgainstHistory(RuleBasedStateMachine):
    """Random mints, transfers, burns and loans; some refused, some reverted; the book must agree with the history."""

    @initialize()
    def begin(self) -> None:
        bonds = AssetRule("bonds", BOND, policy().assets[TOKEN].standard, Value(7), "bond")
        self.under = policy(
            max_client_exposure=Amount(cny(200)), max_tx_rate=CountPer(3, HOUR), whitelist=Required(True)
        ).with_asset(BOND, bonds)
        self.book, self.kept, self.now = Book(), list[Effects](), START

    def send(self, effects: Effects) -> None:
        before = contents(self.book)
        if isinstance(take(self.under, self.book, effects).verdict, Block):
            assert contents(self.book) == before
        else:
            self.kept.append(effects)

    @rule(pause=st.sampled_from([0, 1, HOUR - 1, HOUR, DAY]))
    def wait(self, pause: int) -> None:
        self.now += pause

    @rule(to=st.sampled_from(EVERYONE), asset=st.sampled_from([TOKEN, BOND]), amount=st.integers(0, 12))
    def issue(self, to: Address, asset: Address, amount: int) -> None:
        self.send(transaction(mint(to, amount, asset=asset), sender=ISSUER, time=self.now, gas_used=amount))

    @rule(data=st.data(), sender=st.sampled_from(EVERYONE), asset=st.sampled_from([TOKEN, BOND]))
    def pay(self, data: st.DataObject, sender: Address, asset: Address) -> None:
        left, parts = self.book.balances.get((asset, sender), 0), []
        for receiver in data.draw(st.lists(st.sampled_from((*EVERYONE, ZERO_ADDRESS)), min_size=1, max_size=3)):
            amount = data.draw(st.integers(0, left))
            left -= amount if receiver != sender else 0
            parts.append(move(sender, receiver, amount, asset=asset))
        self.send(transaction(*parts, sender=sender, time=self.now))

    @rule(client=st.sampled_from((ALICE, ALICE2, BOB)), amount=st.integers(0, 90), back=st.booleans())
    def lend(self, client: Address, amount: int, back: bool) -> None:
        fact = repaid(client, amount) if back else drawn(client, amount)
        self.send(transaction(sender=ISSUER, time=self.now, measured=[fact]))

    @rule(sender=st.sampled_from(EVERYONE))
    def fail(self, sender: Address) -> None:
        self.send(transaction(sender=sender, time=self.now, reverted=True))

    @invariant()
    def holdings_totals_and_holders_agree(self) -> None:
        naive, book = Naive(self.under, self.kept), self.book
        assert nonzero(book.balances) == nonzero(naive.balances)
        assert nonzero({key: n for key, n in book.holdings.items() if key[0] != DEBT}) == nonzero(naive.owned)
        assert nonzero(book.supply) == nonzero(naive.supply)
        assert book.active == naive.ever
        assert [book.holders.get(asset, 0) for asset in (TOKEN, BOND)] == [naive.holders(asset) for asset in (TOKEN, BOND)]
        exposures = {client: naive.exposure(client) for client in CLIENTS}
        assert {client: book.exposure(self.under, client) for client in CLIENTS} == exposures
        assert book.total_exposure(self.under) == sum(exposures.values())
        totals: dict[str, int] = defaultdict(int)
        for (key, _), amount in naive.owned.items():
            totals[key] += amount
        totals[DEBT] = sum(naive.debts.values())
        assert nonzero(book.totals) == nonzero(totals)
        assert book.first == (self.kept[0].timestamp if self.kept else None)

    @invariant()
    def windows_agree(self) -> None:
        naive = Naive(self.under, self.kept)
        for window in (1, HOUR, DAY):
            recent = naive.within(self.now, window)
            assert self.book.pilot_volume.within(self.now, window) == sum(map(naive.worth, recent))
            assert self.book.gas.within(self.now, window) == sum(effects.gas_used for effects in recent)
            for client in CLIENTS:
                volume, rate = self.book.volume.get(client, Series()), self.book.rate.get(client, Series())
                assert volume.within(self.now, window) == sum(naive.worth(effects, client) for effects in recent)
                assert rate.within(self.now, window) == sum(self.under.client(e.sender) == client for e in recent)


def nonzero(counts: Any) -> dict[Any, int]:
    """Only what is not nothing."""
    return {key: amount for key, amount in counts.items() if amount}


BookAgainstHistory.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestBookAgainstHistory = BookAgainstHistory.TestCase
