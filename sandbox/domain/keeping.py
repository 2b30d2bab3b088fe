"""A book that can be written down change by change and made again from what was written.

Every fact is a row (kind, key, value) of plain text, every amount over time a point (time, kind, key, amount). `KeptBook.taken`
gives the rows that changed, with what stood there before, so that each block's changes can be undone; `KeptBook.restored` makes
the book from the rows that stand. What follows from other rows (which assets a client ever held, which tokens an asset has) is
not written. Of the points only those are needed that a window in force can still reach: a book opened with a window forgets
what is older as time goes on, and refuses to be asked for a longer one (`Book.within`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sandbox.domain.book import Book
from sandbox.domain.grading import Memory
from sandbox.domain.keeping_kinds import KINDS, SCALAR, SCALARS, SERIES, key_of, key_text, value_text
from sandbox.domain.ledgered import Added, Ledgered, LedgeredClaims, LedgeredSeries, LedgeredSet, Tracks

_SWEEP: Final = 10_000
"""Points a book takes in at least before it looks for old ones to forget."""


class Row(NamedTuple):
    """A fact that stands. key: JSON list. value: text."""

    kind: str
    key: str
    value: str


class Change(NamedTuple):
    """A fact that changed. before, after: its value, None where nothing stood or stands."""

    kind: str
    key: str
    before: str | None
    after: str | None


class Point(NamedTuple):
    """An amount of a series. time: of the block. key: JSON list."""

    time: int
    kind: str
    key: str
    amount: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What became different since it was last asked."""

    rows: tuple[Change, ...]
    points: tuple[Point, ...]


class KeptBook:
    """A book and its memory. window: seconds the longest rolling sum reaches back, None keeps everything. notes: whatever else
    of the pilot must be known again, by (subject, name)."""

    def __init__(self, window: int | None = None) -> None:
        self.window = window
        self._taken = 0
        self._begin({})

    @classmethod
    def restored(
        cls, rows: Iterable[Row], points: Iterable[Point], window: int | None = None, since: int | None = None
    ) -> KeptBook:
        """The book those rows make. points: in order, all that are later than `since` (None: all there are). Raises ValueError
        for rows nobody wrote."""
        kept = cls(window)
        kept.restore(rows, points, since)
        return kept

    def restore(self, rows: Iterable[Row], points: Iterable[Point], since: int | None = None) -> None:
        """Become the book those rows make, whatever it was."""
        found: defaultdict[str, dict[Any, Any]] = defaultdict(dict)
        for kind, key, value in rows:
            if kind == SCALAR:
                found[kind][key] = int(value)
            else:
                found[kind][key_of(KINDS[kind].key, key)] = KINDS[kind].value.read(value)
        self._begin(found)
        for time, kind, key, amount in points:
            series = getattr(self.book, kind)
            (series[key_of(SERIES[kind], key)] if SERIES[kind] else series).read(time, amount)
        self.book.since = since

    @property
    def dirty(self) -> bool:
        """True if something changed since `taken` was last called."""
        touched = any(attrgetter(place)(self).before for place, _, _ in KINDS.values())
        return bool(touched or self._added or self._scalars != _scalars(self.book))

    def taken(self) -> Changes:
        """What changed since this was last called; from now on it is no longer new."""
        rows = tuple(self._changes())
        added = self._added.items()
        points = tuple(Point(time, kind, key_text(SERIES[kind], key), amount) for (kind, key, time), amount in added)
        self._added.clear()
        if points:
            self._sweep(points[-1].time, len(points))
        return Changes(rows, points)

    def _begin(self, found: Mapping[str, dict[Any, Any]]) -> None:
        """Start from facts by kind."""
        self._added: Added = {}
        self.book = _book(found, self._added)
        self.memory = Memory(Ledgered(found.get("prior", {})), Ledgered(found.get("told", {})))
        self.notes: Ledgered[tuple[str, str], str] = Ledgered(found.get("note", {}))
        self._scalars = _scalars(self.book)

    def _changes(self) -> Iterator[Change]:
        for kind, (place, parts, value) in KINDS.items():
            where = attrgetter(place)(self)
            for key, before in where.before.items():
                after = where.get(key)
                if before != after:
                    yield Change(kind, key_text(parts, key), value_text(value, before), value_text(value, after))
            where.before.clear()
        before, self._scalars = self._scalars, _scalars(self.book)
        for name, now in self._scalars.items():
            if before[name] != now:
                yield Change(SCALAR, name, before[name], now)

    def _sweep(self, now: int, fresh: int) -> None:
        """Forget what no window reaches, once in a while: a look at every series costs as much as there are clients."""
        self._taken += fresh
        if self.window is None or self._taken < _SWEEP:
            return
        book = self.book
        book.forget(now - self.window)
        left = sum(map(len, (*book.volume.values(), *book.rate.values(), *book.acquired.values())))
        self._taken = min(0, _SWEEP - left)  # until as many have come as are left, so that the work stays in proportion


def _book(found: Mapping[str, dict[Any, Any]], added: Added) -> Book:
    facts = {kind: found.get(kind, {}) for kind in KINDS}
    scalars = found.get(SCALAR, {})
    book = Book(
        balances=Ledgered(facts["balance"]),
        holdings=Ledgered(facts["holding"]),
        totals=Ledgered(facts["total"]),
        active=LedgeredSet(facts["active"]),
        identity=Ledgered(facts["identity"]),
        holders=Ledgered(facts["holders"]),
        supply=Ledgered(facts["supply"]),
        counters=Ledgered(facts["counter"]),
        volume=Tracks(added, "volume"),
        rate=Tracks(added, "rate"),
        acquired=Tracks(added, "acquired"),
        owners=Ledgered(facts["owner"]),
        consents=LedgeredSet(facts["consent"]),
        delegates=Ledgered(facts["delegate"]),
        claims=LedgeredClaims(facts["claim"]),
        requests=Ledgered(facts["request"]),
        losses=scalars.get("losses", 0),
        pilot_volume=LedgeredSeries(added, "pilot_volume"),
        gas=LedgeredSeries(added, "gas"),
        transactions=scalars.get("transactions", 0),
        first=scalars.get("first"),
        triggered=bool(scalars.get("triggered", 0)),
    )
    for asset, client in book.holdings:
        book.assets_of[client].add(asset)
    for address, token in book.owners:
        book.token_ids[address].add(token)
    return book


def _scalars(book: Book) -> dict[str, str | None]:
    values = ((name, getattr(book, name)) for name in SCALARS)
    return {name: str(int(value)) if value else None for name, value in values}
