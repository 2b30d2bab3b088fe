"""Collections that note what changes in them, so that a book can be written down change by change.

Each is used like the collection it extends. `before` holds, for every key touched since the notes were last taken, what stood
there before (None: nothing); whoever takes the notes empties it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sandbox.domain.book import Series
from sandbox.domain.claims import ClaimBook, Place
from sandbox.domain.units import Address

K = TypeVar("K")
V = TypeVar("V")

Deposit = tuple[Address, Address, Address]
"""(asset, contract it lies in, depositor)."""

Added = dict[tuple[str, Any, int], int]
"""What series took in since the notes were last taken: (kind, key, block time) -> amount."""


class Ledgered(dict[K, V]):
    """A mapping that notes changes."""

    __slots__ = ("before",)

    def __init__(self, known: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        super().__init__(known)
        self.before: dict[K, V | None] = {}

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self.before:
            self.before[key] = self.get(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: K) -> None:
        if key not in self.before:
            self.before[key] = self.get(key)
        super().__delitem__(key)

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self):
            del self[key]

    def pop(self, key: K, default: Any = None) -> Any:
        """Take one out; what it was."""
        value = self.get(key, default)
        if key in self:
            del self[key]
        return value

    def update(self, changed: Mapping[K, V]) -> None:  # type: ignore[override]  # the one form the book uses
        """Set each key."""
        for key, value in changed.items():
            self[key] = value

    def setdefault(self, key: K, default: V) -> V:
        """The value of a key, which is set unless it was."""
        if key not in self:
            self[key] = default
        return self[key]


class LedgeredSet(set[K]):
    """A set that notes changes; what stands in it stands as True."""

    __slots__ = ("before",)

    def __init__(self, known: Iterable[K] = ()) -> None:
        super().__init__(known)
        self.before: dict[K, bool | None] = {}

    def get(self, key: K) -> bool | None:
        """True if it is in the set, else None."""
        return True if key in self else None

    def add(self, key: K) -> None:
        """Put in."""
        self.before.setdefault(key, self.get(key))
        super().add(key)

    def discard(self, key: K) -> None:  # type: ignore[override]  # only keys are ever asked for
        """Take out."""
        self.before.setdefault(key, self.get(key))
        super().discard(key)

    def __ior__(self, others: Iterable[K]) -> LedgeredSet[K]:  # type: ignore[override,misc]  # any iterable of keys will do
        for key in others:
            self.add(key)
        return self


class LedgeredClaims(ClaimBook):
    """Claims that note changes. A deposit stands as (turn, amount): turns tell which deposits came first."""

    def __init__(self, known: Mapping[Deposit, tuple[int, int]] | None = None) -> None:
        super().__init__()
        self.turns: dict[Deposit, int] = {}
        self.before: dict[Deposit, tuple[int, int] | None] = {}
        for (asset, contract, depositor), (turn, amount) in sorted((known or {}).items(), key=lambda item: item[1]):
            super().apply({((asset, contract), depositor): amount})
            self.turns[asset, contract, depositor] = turn
        self._last = max(self.turns.values(), default=0)

    def get(self, deposit: Deposit) -> tuple[int, int] | None:
        """Turn and amount, None where nothing is deposited."""
        asset, contract, depositor = deposit
        amount = self.of.get((asset, contract), {}).get(depositor)
        return None if amount is None else (self.turns[deposit], amount)

    def apply(self, changes: dict[tuple[Place, Address], int]) -> None:
        """Take in what a kept transaction changed."""
        deposits: list[Deposit] = [(*place, depositor) for place, depositor in changes]
        for deposit in deposits:
            self.before.setdefault(deposit, self.get(deposit))
        super().apply(changes)
        for asset, contract, depositor in deposits:
            deposit = (asset, contract, depositor)
            if depositor not in self.of[asset, contract]:
                self.turns.pop(deposit, None)
            elif deposit not in self.turns:
                self._last += 1
                self.turns[deposit] = self._last


class LedgeredSeries(Series):
    """A series that notes what is added. kind, key: which it is."""

    __slots__ = ("_added", "_key", "_kind")

    def __init__(self, added: Added, kind: str, key: Any = "") -> None:
        super().__init__()
        self._added, self._kind, self._key = added, kind, key

    def add(self, time: int, amount: int) -> None:
        """Add an amount at a time no earlier than the last one."""
        super().add(time, amount)
        place = (self._kind, self._key, time)
        self._added[place] = self._added.get(place, 0) + amount

    def read(self, time: int, amount: int) -> None:
        """Add what was noted before."""
        super().add(time, amount)


class Tracks(dict[K, Series]):
    """One series for each key, made when first asked for."""

    __slots__ = ("_added", "_kind")

    def __init__(self, added: Added, kind: str) -> None:
        super().__init__()
        self._added, self._kind = added, kind

    def __missing__(self, key: K) -> LedgeredSeries:
        made = self[key] = LedgeredSeries(self._added, self._kind, key)
        return made
