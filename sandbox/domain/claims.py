"""Claims: what a client parked in a contract of the pilot is still the client's, until it is paid out, also from one contract
into the next.

Without this, a deposit into an escrow would take an exposure out of sight. What the client gets for it that the book sees
(shares of a vault, delivery against payment, a measured claim) is an exchange: only what is worth more stays a claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.domain.effects import Effects, TokenMove
from sandbox.domain.policy import PartyKind, Policy
from sandbox.domain.units import Address

Place = tuple[Address, Address]
"""(asset, contract it lies in)."""


@dataclass(slots=True)
class ClaimBook:
    """Base units each depositor has in each place, the earliest first, and their sum."""

    of: dict[Place, dict[Address, int]] = field(default_factory=dict)
    totals: dict[Place, int] = field(default_factory=dict)

    def apply(self, changes: dict[tuple[Place, Address], int]) -> None:
        """Take in what a kept transaction changed: new amounts by place and depositor."""
        for (place, depositor), amount in changes.items():
            known = self.of.setdefault(place, {})
            self.totals[place] = self.totals.get(place, 0) + amount - known.get(depositor, 0)
            if amount:
                known[depositor] = amount
            else:
                known.pop(depositor, None)


class Claims:
    """What one transaction changes about claims. changed: new amounts by place and depositor."""

    def __init__(self, book: ClaimBook, policy: Policy, effects: Effects) -> None:
        self._book = book
        self._policy = policy
        self._sender = policy.client(effects.sender)
        self._given: dict[str, dict[Address | None, int]] = {}
        for client, asset, worth in _receiving(policy, effects):
            got = self._given.setdefault(client, {})
            got[asset] = got.get(asset, 0) + worth
        self._totals: dict[Place, int] = {}
        self.changed: dict[tuple[Place, Address], int] = {}

    def owners(self, move: TokenMove, held: int) -> Iterator[tuple[Address, int]]:
        """(address, change in base units) of everybody whose property a leg changes. held: what its sender held before it."""
        for owner, amount in self._taken(move, held):
            yield owner, -amount
            parked = self._parked(owner, move, amount)
            if parked:
                self._set((move.asset, move.receiver), owner, parked)
                yield owner, parked
            if amount - parked or not amount:
                yield move.receiver, amount - parked

    def _taken(self, move: TokenMove, held: int) -> Iterator[tuple[Address, int]]:
        """(address, base units) of everybody whose property leaves. Out of a contract first goes what the receiver has in it,
        then what is nobody's, then what the transaction's sender has in it, then the earliest deposits."""
        place, left = (move.asset, move.sender), int(move.amount)
        claimed = self._total(place)
        if claimed:
            theirs, others = self._depositors(place, self._policy.client(move.receiver))
            for owner, has in (*theirs, (move.sender, max(0, held - claimed)), *others):
                part = min(left, has)
                if part and owner != move.sender:
                    self._set(place, owner, -part)
                if part:
                    left -= part
                    yield owner, part
        if left or not claimed:
            yield move.sender, left

    def _parked(self, owner: Address, move: TokenMove, amount: int) -> int:
        """Base units of a leg that stay the client's: what comes to lie in a contract of the pilot and was not paid for."""
        client = self._policy.client(owner)
        pilot = self._policy.party(move.receiver).kind is PartyKind.CONTRACT
        return amount - self._exchanged(client, move.asset, amount) if client is not None and pilot else 0

    def _exchanged(self, client: str, asset: Address, amount: int) -> int:
        """Base units that other things the client gets pay for; what pays for one leg does not pay for the next."""
        price, got = self._policy.assets[asset].price, self._given.get(client, {})
        paid = 0
        for other in (one for one in got if one != asset) if price else ():
            part = min(amount - paid, got[other] // price)
            got[other] -= part * price
            paid += part
        return paid

    def _depositors(self, place: Place, receiver: str | None) -> tuple[list[tuple[Address, int]], list[tuple[Address, int]]]:
        """(depositor, base units) in a place: the receiver's own wallets, and everybody else, the sender's before the rest."""
        every = dict.fromkeys((*self._book.of.get(place, {}), *(who for at, who in self.changed if at == place)))
        client = {one: self._policy.client(one) for one in every}
        theirs = [(one, self._amount(place, one)) for one in every if client[one] == receiver]
        others = [(one, self._amount(place, one)) for one in every if client[one] != receiver]
        return theirs, sorted(others, key=lambda other: client[other[0]] != self._sender)

    def _amount(self, place: Place, depositor: Address) -> int:
        return self.changed.get((place, depositor), self._book.of.get(place, {}).get(depositor, 0))

    def _total(self, place: Place) -> int:
        return self._totals.get(place, self._book.totals.get(place, 0))

    def _set(self, place: Place, depositor: Address, change: int) -> None:
        self._totals[place] = self._total(place) + change
        self.changed[place, depositor] = self._amount(place, depositor) + change


def _receiving(policy: Policy, effects: Effects) -> Iterator[tuple[str, Address | None, int]]:
    """(client, asset, worth as a Value) of everything a client gets in the transaction; no asset for a claim that is measured
    or a debt that is paid."""
    for move in effects.tokens:
        client = policy.client(move.receiver) if move.asset in policy.assets else None
        if client is not None:
            yield client, move.asset, move.amount * policy.assets[move.asset].price
    for measured in effects.measured:
        client = policy.client(measured.client)
        if client is not None and measured.to == "exposure":
            yield client, None, abs(measured.amount) * policy.measures.get(measured.measure, 0)
