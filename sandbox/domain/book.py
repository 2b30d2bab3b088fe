"""The exposure book: running totals the limits are judged against.

Judging never changes the book. `Draft` is a read-through overlay that holds what one transaction would change; the runner
folds it in with `Book.apply` only when the transaction is kept, so a refused or reverted transaction leaves no trace and
the cost of a verdict does not grow with the number of clients.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.effects import Effects, Measured, TokenMove
from sandbox.domain.limits import Amount
from sandbox.domain.policy import AssetRule, PartyKind, Policy
from sandbox.domain.units import ZERO_ADDRESS, Address


class Series:
    """Amounts over block time, with prefix sums: a rolling sum over `(t - window, t]` costs two binary searches."""

    __slots__ = ("_sums", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._sums: list[int] = [0]

    def add(self, time: int, amount: int) -> None:
        """Add an amount at a time no earlier than the last one."""
        self._times.append(time)
        self._sums.append(self._sums[-1] + amount)

    def within(self, now: int, window: int) -> int:
        """Sum of the amounts in `(now - window, now]`."""
        return self._sums[-1] - self._sums[bisect_right(self._times, now - window)]


_EMPTY = Series()


@dataclass(slots=True)
class Book:
    """Totals of one pilot.

    balances: base units by (asset, address), as the asset's events tell. holdings: base units (for DEBT: Value) by
    (asset key, client). totals: base units all clients hold, by asset key. active: clients that ever held or transacted.
    holders: identities with more than nothing, by asset address. first: block time of the first kept transaction. triggered:
    the wind-down trigger was reached.
    """

    balances: dict[tuple[Address, Address], int] = field(default_factory=dict)
    holdings: dict[tuple[str, str], int] = field(default_factory=dict)
    assets_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    totals: dict[str, int] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    identity: dict[tuple[Address, str], int] = field(default_factory=dict)
    holders: dict[Address, int] = field(default_factory=dict)
    supply: dict[Address, int] = field(default_factory=dict)
    counters: dict[tuple[str, str], int] = field(default_factory=dict)
    volume: dict[str, Series] = field(default_factory=lambda: defaultdict(Series))
    rate: dict[str, Series] = field(default_factory=lambda: defaultdict(Series))
    pilot_volume: Series = field(default_factory=Series)
    gas: Series = field(default_factory=Series)
    first: int | None = None
    triggered: bool = False

    def open_with(self, asset: AssetRule, client: str, address: Address, amount: int) -> None:
        """Note what a client holds before the first transaction (wei of the genesis)."""
        self.balances[asset.address or ZERO_ADDRESS, address] = amount
        self.holdings[asset.key, client] = self.holdings.get((asset.key, client), 0) + amount
        self.totals[asset.key] = self.totals.get(asset.key, 0) + amount
        self.assets_of[client].add(asset.key)
        self.active.add(client)

    def apply(self, draft: Draft) -> None:
        """Fold in what a kept transaction changed."""
        self.balances.update(draft.balances)
        self.holdings.update(draft.holdings)
        for asset, client in draft.holdings:
            self.assets_of[client].add(asset)
        self.totals.update(draft.totals)
        self.active |= draft.active
        self.identity.update(draft.identity)
        self.holders.update(draft.holders)
        self.supply.update(draft.supply)
        self.counters.update(draft.counters)
        for client, amount in draft.outgoing.items():
            self.volume[client].add(draft.time, amount)
        if draft.client is not None:
            self.rate[draft.client].add(draft.time, 1)
        self.pilot_volume.add(draft.time, draft.moved)
        self.gas.add(draft.time, draft.gas)
        self.first = draft.time if self.first is None else self.first
        self.triggered = self.triggered or draft.triggers()

    def exposure(self, policy: Policy, client: str) -> int:
        """Worth of what one client holds or owes, as a Value."""
        return sum(self.holdings[asset, client] * price(policy, asset) for asset in self.assets_of.get(client, ()))

    def total_exposure(self, policy: Policy) -> int:
        """Worth of what all clients hold or owe, as a Value."""
        return sum(amount * price(policy, asset) for asset, amount in self.totals.items())


DEBT: Final = "measured exposure"
"""Key under which declared measures `to: exposure` add up, counted in Value."""


def price(policy: Policy, asset: str) -> int:
    """Worth of one unit of an asset, as a Value; nothing for one that is not registered."""
    if asset == DEBT:
        return 1
    return next((rule.price for rule in policy.assets.values() if rule.key == asset), 0)


class Draft:
    """The book as it would stand after one transaction. Reads fall through to the book; nothing is written to it."""

    def __init__(self, book: Book, policy: Policy, effects: Effects) -> None:
        self.book = book
        self.policy = policy
        self.time = effects.timestamp
        self.gas = effects.gas_used
        self.client = policy.client(effects.sender)
        self.balances: dict[tuple[Address, Address], int] = {}
        self.holdings: dict[tuple[str, str], int] = {}
        self.totals: dict[str, int] = {}
        self.active: set[str] = {self.client} if self.client is not None else set()
        self.identity: dict[tuple[Address, str], int] = {}
        self.holders: dict[Address, int] = {}
        self.supply: dict[Address, int] = {}
        self.counters: dict[tuple[str, str], int] = {}
        self.outgoing: dict[str, int] = {}
        self.moved = 0
        for move in legs(policy, effects):
            self._move(policy.assets[move.asset], move)
        for measured in effects.measured:
            self._measure(measured)
        self.active -= book.active

    def touched(self) -> Iterator[str]:
        """Clients whose holdings or debts this transaction changes."""
        return iter(dict.fromkeys(client for _, client in self.holdings))

    def exposure(self, client: str) -> int:
        """Worth of what the client would hold or owe."""
        assets = self.book.assets_of.get(client, set()) | {asset for asset, owner in self.holdings if owner == client}
        return sum(
            (held := self.holdings.get((asset, client), self.book.holdings.get((asset, client), 0)))
            and held * price(self.policy, asset)
            for asset in assets
        )

    def total_exposure(self) -> int:
        """Worth of what all clients would hold or owe."""
        return sum(amount * price(self.policy, asset) for asset, amount in {**self.book.totals, **self.totals}.items())

    def triggers(self) -> bool:
        """True if total exposure would reach the wind-down trigger."""
        trigger = self.policy.limits.bound("wind_down_trigger")
        return isinstance(trigger, Amount) and self.total_exposure() >= trigger.maximum.value

    def clients(self) -> int:
        """Number of clients that would ever have held or transacted."""
        return len(self.book.active) + len(self.active)

    def volume(self, client: str, window: int) -> int:
        """Outgoing worth of the client in the window, this transaction included."""
        return self.book.volume.get(client, _EMPTY).within(self.time, window) + self.outgoing.get(client, 0)

    def pilot_volume(self, window: int) -> int:
        """Worth moved in the window, this transaction included."""
        return self.book.pilot_volume.within(self.time, window) + self.moved

    def rate(self, client: str, window: int) -> int:
        """Transactions of the client in the window, this one included."""
        return self.book.rate.get(client, _EMPTY).within(self.time, window) + 1

    def gas_within(self, window: int) -> int:
        """Gas of the pilot in the window, this transaction included."""
        return self.book.gas.within(self.time, window) + self.gas

    def balance(self, asset: Address, holder: Address) -> int:
        """Base units the holder would have, going by the asset's events."""
        return self.balances.get((asset, holder), self.book.balances.get((asset, holder), 0))

    def _move(self, asset: AssetRule, move: TokenMove) -> None:
        worth = move.amount * asset.price
        self.moved += worth
        sender = self.policy.client(move.sender)
        if worth and sender is not None and sender != self.policy.client(move.receiver):
            self.outgoing[sender] = self.outgoing.get(sender, 0) + worth
        for holder, change in ((move.sender, -move.amount), (move.receiver, move.amount)):
            if holder == ZERO_ADDRESS:
                self.supply[move.asset] = self.supply.get(move.asset, self.book.supply.get(move.asset, 0)) - change
            else:
                self.balances[move.asset, holder] = self.balance(move.asset, holder) + change
                self._identity(move.asset, holder, change)
                self._hold(asset.key, self.policy.client(holder), change)

    def _identity(self, asset: Address, holder: Address, change: int) -> None:
        party = self.policy.party(holder)
        if party.kind not in (PartyKind.CLIENT, PartyKind.UNKNOWN):
            return
        key = (asset, party.name if party.kind is PartyKind.CLIENT else holder)
        before = self.identity.get(key, self.book.identity.get(key, 0))
        self.identity[key] = before + change
        step = (before + change > 0) - (before > 0)
        if step:
            self.holders[asset] = self.holders.get(asset, self.book.holders.get(asset, 0)) + step

    def _hold(self, asset: str, client: str | None, change: int) -> None:
        if client is None:
            return
        key = (asset, client)
        before = self.holdings.get(key, self.book.holdings.get(key, 0))
        # Nobody holds less than nothing, whatever an asset's events tell: it would make room for somebody else
        self.holdings[key] = max(0, before + change)
        self.totals[asset] = self.totals.get(asset, self.book.totals.get(asset, 0)) + self.holdings[key] - before
        if self.holdings[key] > 0:
            self.active.add(client)

    def _measure(self, measured: Measured) -> None:
        party = self.policy.party(measured.client)
        owner = party.name if party.kind is PartyKind.CLIENT else measured.client
        worth = measured.amount * self.policy.measures.get(measured.measure, 0)
        self.moved += abs(worth)
        if measured.to == "exposure":
            self._hold(DEBT, owner, worth)
        key = (measured.to, owner)
        self.counters[key] = self.counters.get(key, self.book.counters.get(key, 0)) + measured.amount


def legs(policy: Policy, effects: Effects) -> Iterator[TokenMove]:
    """Movements of registered assets, wei included where the manifest lists it as an asset. Moves that change nothing
    (amount 0) or that go from an address to itself are left in: they are still intent."""
    yield from (move for move in effects.tokens if move.asset in policy.assets)
    native = policy.assets.get(ZERO_ADDRESS)
    if native is not None:
        for move in effects.native:
            yield TokenMove(
                ZERO_ADDRESS, native.standard, None, move.sender, move.receiver, move.amount, effects.sender, -1
            )
