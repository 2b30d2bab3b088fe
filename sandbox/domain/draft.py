"""The draft: the exposure book as it would stand after one transaction.

Reads fall through to the book; nothing is written to it until the transaction is kept (`Book.apply`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.domain.book import DEBT, Book, Purpose, price
from sandbox.domain.claims import Claims
from sandbox.domain.consents import Consents
from sandbox.domain.delegates import Delegates
from sandbox.domain.effects import Effects, Measured, TokenMove
from sandbox.domain.limits import Amount
from sandbox.domain.policy import AssetRule, PartyKind, Policy
from sandbox.domain.units import ZERO_ADDRESS, Address

LOSS: Final = "loss"
"""Running total that declared measures of clients' realised losses feed."""


class Draft:
    """What one transaction would change.

    outgoing: worth that left each client. acquired, sold: base units that came to or were sold by a client, by (asset key,
    client); moves between a client's own addresses are neither, and giving up units (a burn) is no sale. losses: worth of
    realised losses. token_ids: tokens of an asset seen for the first time. owners: of tokens that have one each. request: the
    one it answers to; purpose: what it uses it for. consents, delegates, claims: see there.
    """

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
        self.acquired: dict[tuple[str, str], int] = {}
        self.sold: dict[tuple[str, str], int] = {}
        self.token_ids: dict[Address, set[int]] = {}
        self.owners: dict[tuple[Address, int], Address] = {}
        self.request = effects.request if effects.succeeded else None
        self.purpose: Purpose = (effects.target, effects.data[:4] if effects.target is not None else b"")
        self.consents = Consents(book.consents, policy, effects)
        self.delegates = Delegates(book.delegates, policy, effects)
        self.claims = Claims(book.claims, policy, effects)
        self.losses = 0
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
        return self.book.within(self.book.volume.get(client), self.time, window) + self.outgoing.get(client, 0)

    def pilot_volume(self, window: int) -> int:
        """Worth moved in the window, this transaction included."""
        return self.book.within(self.book.pilot_volume, self.time, window) + self.moved

    def rate(self, client: str, window: int) -> int:
        """Transactions of the client in the window, this one included."""
        return self.book.within(self.book.rate.get(client), self.time, window) + 1

    def gas_within(self, window: int) -> int:
        """Gas of the pilot in the window, this transaction included."""
        return self.book.within(self.book.gas, self.time, window) + self.gas

    def held(self, asset: str, client: str) -> int:
        """Base units of an asset the client would hold."""
        return self.holdings.get((asset, client), self.book.holdings.get((asset, client), 0))

    def free_to_sell(self, asset: str, client: str, window: int) -> int:
        """Base units the client held before this transaction and acquired no later than `window` seconds ago."""
        recent = self.book.within(self.book.acquired.get((asset, client)), self.time, window)
        return max(0, self.book.holdings.get((asset, client), 0) - recent)

    def supply_of(self, asset: str) -> int:
        """Base units of an asset in existence, all its contracts together."""
        every = {**self.book.supply, **self.supply}
        return sum(amount for address, amount in every.items() if self.policy.assets[address].key == asset)

    def balance(self, asset: Address, holder: Address) -> int:
        """Base units the holder would have, going by the asset's events."""
        return self.balances.get((asset, holder), self.book.balances.get((asset, holder), 0))

    def _move(self, asset: AssetRule, move: TokenMove) -> None:
        worth = move.amount * asset.price
        self.moved += worth
        if move.token_id is not None:
            self.token_ids.setdefault(move.asset, set()).add(move.token_id)
            self.owners[move.asset, move.token_id] = move.receiver
        sender, receiver = self.policy.client(move.sender), self.policy.client(move.receiver)
        if sender != receiver:
            self._pass_on(asset.key, sender, receiver, move, worth)
        for holder, change in ((move.sender, -move.amount), (move.receiver, move.amount)):
            if holder == ZERO_ADDRESS:
                self.supply[move.asset] = self.supply.get(move.asset, self.book.supply.get(move.asset, 0)) - change
            else:
                self.balances[move.asset, holder] = self.balance(move.asset, holder) + change
        # whose it is, is another question than where it lies
        for owner, change in self.claims.owners(move, self.balance(move.asset, move.sender) + move.amount):
            self._identity(move.asset, owner, change)
            self._hold(asset.key, self.policy.client(owner), change)

    def _pass_on(self, asset: str, sender: str | None, receiver: str | None, move: TokenMove, worth: int) -> None:
        """Units that change from one client to somebody else, or the other way round."""
        if sender is not None and worth:
            self.outgoing[sender] = self.outgoing.get(sender, 0) + worth
        if sender is not None and move.receiver != ZERO_ADDRESS:
            self.sold[asset, sender] = self.sold.get((asset, sender), 0) + move.amount
        if receiver is not None:
            self.acquired[asset, receiver] = self.acquired.get((asset, receiver), 0) + move.amount

    def _identity(self, asset: Address, holder: Address, change: int) -> None:
        name = self.policy.holder(holder)
        if name is None:
            return
        key = (asset, name)
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
        if measured.to == "exposure":
            self.moved += abs(worth)
            self._hold(DEBT, owner, worth)
        elif measured.to == LOSS:
            self.losses += worth
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
