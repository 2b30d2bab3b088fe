"""The exposure book: running totals the limits are judged against.

Judging never changes the book. `Draft` is a read-through overlay that holds what one transaction would change; the runner
folds it in with `Book.apply` only when the transaction is kept, so a refused or reverted transaction leaves no trace and
the cost of a verdict does not grow with the number of clients.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from sandbox.domain.claims import ClaimBook
from sandbox.domain.consents import Consent
from sandbox.domain.delegates import Delegate
from sandbox.domain.policy import AssetRule, Policy
from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.errors import InputError

if TYPE_CHECKING:
    from sandbox.domain.draft import Draft


K = TypeVar("K")

Purpose = tuple[Address | None, bytes]
"""(contract, selector) of the call a request was given for; no contract for a deployment."""


class Series:
    """Amounts over block time, with prefix sums: a rolling sum over `(t - window, t]` costs two binary searches."""

    __slots__ = ("_sums", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._sums: list[int] = [0]

    def __len__(self) -> int:
        return len(self._times)

    def add(self, time: int, amount: int) -> None:
        """Add an amount at a time no earlier than the last one."""
        if self._times and self._times[-1] == time:
            self._sums[-1] += amount
            return
        self._times.append(time)
        self._sums.append(self._sums[-1] + amount)

    def within(self, now: int, window: int) -> int:
        """Sum of the amounts in `(now - window, now]`."""
        return self._sums[-1] - self._sums[bisect_right(self._times, now - window)]

    def forget(self, until: int) -> None:
        """Let go of amounts at or before `until`; a window that reaches further back can no longer be asked for."""
        gone = bisect_right(self._times, until)
        del self._times[:gone], self._sums[:gone]


@dataclass(slots=True)
class Book:
    """Totals of one pilot.

    balances: base units by (asset, address), as the asset's events tell. holdings: base units (for DEBT: Value) by
    (asset key, client). totals: base units all clients hold, by asset key. active: clients that ever held or transacted.
    holders: identities with more than nothing, by asset address. acquired: base units each client acquired, by (asset key,
    client). token_ids: tokens seen of each asset; owners: of those that have one each. consents: who may move whose units.
    delegates: code each proxy last ran, by selector. claims: what clients parked in contracts. requests: what each approved
    request served first. losses: worth of realised losses. transactions: kept so far. first: block time of the first of
    them. triggered: the wind-down trigger was reached. since: series hold what is later than this; None: everything.
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
    acquired: dict[tuple[str, str], Series] = field(default_factory=lambda: defaultdict(Series))
    token_ids: dict[Address, set[int]] = field(default_factory=lambda: defaultdict(set))
    owners: dict[tuple[Address, int], Address] = field(default_factory=dict)
    consents: set[Consent] = field(default_factory=set)
    delegates: dict[Delegate, Address] = field(default_factory=dict)
    claims: ClaimBook = field(default_factory=ClaimBook)
    requests: dict[str, Purpose] = field(default_factory=dict)
    losses: int = 0
    pilot_volume: Series = field(default_factory=Series)
    gas: Series = field(default_factory=Series)
    transactions: int = 0
    first: int | None = None
    triggered: bool = False
    since: int | None = None

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
        for key, amount in draft.acquired.items():
            self.acquired[key].add(draft.time, amount)
        for asset, ids in draft.token_ids.items():
            self.token_ids[asset] |= ids
        self.owners.update(draft.owners)
        self._consent(draft)
        draft.delegates.settle(self.delegates)
        self.claims.apply(draft.claims.changed)
        if draft.request is not None:
            self.requests.setdefault(draft.request, draft.purpose)
        self.losses += draft.losses
        if draft.client is not None:
            self.rate[draft.client].add(draft.time, 1)
        self.transactions += 1
        self.pilot_volume.add(draft.time, draft.moved)
        self.gas.add(draft.time, draft.gas)
        self.first = draft.time if self.first is None else self.first
        self.triggered = self.triggered or draft.triggers()

    def _consent(self, draft: Draft) -> None:
        for consent, stands in draft.consents.given.items():
            if stands:
                self.consents.add(consent)
            else:
                self.consents.discard(consent)

    def settle(self, policy: Policy, asset: Address, supply: int, balances: Mapping[Address, int]) -> None:
        """Take an asset's own answers for true: one whose balances move without events (a rebasing token)."""
        key = policy.assets[asset].key
        self.supply[asset] = supply
        for holder, balance in balances.items():
            change = balance - self.balances.get((asset, holder), 0)
            client = policy.client(holder)
            self.balances[asset, holder] = balance
            if client is not None and change:
                held = max(0, self.holdings.get((key, client), 0) + change)
                self.totals[key] = self.totals.get(key, 0) + held - self.holdings.get((key, client), 0)
                self.holdings[key, client] = held
                self.assets_of[client].add(key)
                self.active |= {client} if held > 0 else set()
            if change:
                self._settle_identity(policy, asset, holder, change)

    def _settle_identity(self, policy: Policy, asset: Address, holder: Address, change: int) -> None:
        name = policy.holder(holder)
        if name is not None:
            before = self.identity.get((asset, name), 0)
            self.identity[asset, name] = before + change
            self.holders[asset] = self.holders.get(asset, 0) + (before + change > 0) - (before > 0)

    def within(self, series: Series | None, now: int, window: int) -> int:
        """Sum of a series in `(now - window, now]`. Raises InputError for a window that reaches back to what was forgotten: a
        sum that may be too small must not let anything pass."""
        if self.since is not None and now - window < self.since:
            raise InputError(
                f"a window of {window} seconds reaches further back than the book was opened for",
                do="open the book with the longest window of the limits in force",
            )
        return 0 if series is None else series.within(now, window)

    def forget(self, until: int) -> None:
        """Let go of what no window needs any more: amounts at or before `until`."""
        self.since = until if self.since is None else max(self.since, until)
        for series in (self.pilot_volume, self.gas):
            series.forget(self.since)
        _forget(self.volume, self.since)
        _forget(self.rate, self.since)
        _forget(self.acquired, self.since)

    def exposure(self, policy: Policy, client: str) -> int:
        """Worth of what one client holds or owes, as a Value."""
        return sum(self.holdings[asset, client] * price(policy, asset) for asset in self.assets_of.get(client, ()))

    def total_exposure(self, policy: Policy) -> int:
        """Worth of what all clients hold or owe, as a Value."""
        return sum(amount * price(policy, asset) for asset, amount in self.totals.items())


def _forget(many: dict[K, Series], until: int) -> None:
    for key in list(many):
        many[key].forget(until)
        if not many[key]:
            del many[key]


DEBT: Final = "measured exposure"
"""Key under which declared measures `to: exposure` add up, counted in Value."""


def price(policy: Policy, asset: str) -> int:
    """Worth of one unit of an asset, as a Value; nothing for one that is not registered."""
    if asset == DEBT:
        return 1
    for rule in policy.assets.values():
        if rule.key == asset:
            return rule.price
    return 0
