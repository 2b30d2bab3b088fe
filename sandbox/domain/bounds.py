"""Bounds: the shapes a limit's bound can have. Each knows whether another bound of its shape is at least as tight, so that a
firm may tighten a profile and never loosen it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sandbox.domain.units import Money, Seconds


@dataclass(frozen=True, slots=True)
class Count:
    """At most so many (clients, bytes, gas, frames)."""

    maximum: int

    def covers(self, other: Count) -> bool:
        """True if `other` is at least as tight."""
        return 0 <= other.maximum <= self.maximum

    def text(self) -> str:
        """The bound in words a report prints."""
        return str(self.maximum)


@dataclass(frozen=True, slots=True)
class Amount:
    """At most so much money."""

    maximum: Money

    def covers(self, other: Amount) -> bool:
        """True if `other` is in the same currency and at least as tight."""
        return other.maximum.currency == self.maximum.currency and 0 <= other.maximum.value <= self.maximum.value

    def text(self) -> str:
        """The bound in words a report prints."""
        return str(self.maximum)


@dataclass(frozen=True, slots=True)
class AmountPer:
    """At most so much money in any rolling window `(t - window, t]` of block time."""

    maximum: Money
    window: Seconds

    def covers(self, other: AmountPer) -> bool:
        """True if `other` is in the same currency, allows no more, over a window no shorter."""
        return Amount(self.maximum).covers(Amount(other.maximum)) and other.window >= self.window

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"{self.maximum} / {duration_text(self.window)}"


@dataclass(frozen=True, slots=True)
class CountPer:
    """At most so many in any rolling window `(t - window, t]` of block time."""

    maximum: int
    window: Seconds

    def covers(self, other: CountPer) -> bool:
        """True if `other` allows no more, over a window no shorter."""
        return 0 <= other.maximum <= self.maximum and other.window >= self.window

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"{self.maximum} / {duration_text(self.window)}"


@dataclass(frozen=True, slots=True)
class Span:
    """At most so long, counted from the start of the pilot's activity."""

    maximum: Seconds

    def covers(self, other: Span) -> bool:
        """True if `other` is no longer."""
        return 0 <= other.maximum <= self.maximum

    def text(self) -> str:
        """The bound in words a report prints."""
        return duration_text(self.maximum)


@dataclass(frozen=True, slots=True)
class Hold(Span):
    """At least so long between acquiring and passing on. `maximum` is the longest time a holder can be made to wait: what a
    firm adds to it is tighter, where for every other span less is."""

    def covers(self, other: Span) -> bool:
        """True if `other` is no shorter."""
        return other.maximum >= self.maximum

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"at least {duration_text(self.maximum)}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Only these."""

    names: frozenset[str]

    def covers(self, other: Allowed) -> bool:
        """True if `other` allows a subset."""
        return other.names <= self.names

    def text(self) -> str:
        """The bound in words a report prints."""
        return ", ".join(sorted(self.names)) or "none"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Anything but these."""

    names: frozenset[str]

    def covers(self, other: Forbidden) -> bool:
        """True if `other` forbids at least as much."""
        return other.names >= self.names

    def text(self) -> str:
        """The bound in words a report prints."""
        return "no " + ", ".join(sorted(self.names)) if self.names else "none"


@dataclass(frozen=True, slots=True)
class Required:
    """A yes-or-no duty; True means it must hold."""

    on: bool

    def covers(self, other: Required) -> bool:
        """True unless `other` drops a duty."""
        return other.on or not self.on

    def text(self) -> str:
        """The bound in words a report prints."""
        return "required" if self.on else "not required"


@dataclass(frozen=True, slots=True)
class Resources:
    """What one transaction may consume. gas: units of gas used. calldata: bytes."""

    gas: int
    calldata: int

    def covers(self, other: Resources) -> bool:
        """True if `other` allows no more of anything."""
        return all(0 <= getattr(other, f.name) <= getattr(self, f.name) for f in fields(self))

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"gas {self.gas}, calldata {self.calldata} bytes"


@dataclass(frozen=True, slots=True)
class Floor:
    """At least this share, in basis points. hard: below it the finding is a red line."""

    minimum: int
    hard: int

    def covers(self, other: Floor) -> bool:
        """True if `other` asks for at least as much."""
        return other.minimum >= self.minimum and other.hard >= self.hard

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"at least {self.minimum} bp, never below {self.hard} bp"


@dataclass(frozen=True, slots=True)
class Rates:
    """What a client may be charged, in basis points. annual: interest or return a year. fee: of the amount."""

    annual: int
    fee: int

    def covers(self, other: Rates) -> bool:
        """True if `other` allows no more of either."""
        return 0 <= other.annual <= self.annual and 0 <= other.fee <= self.fee

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"{self.annual} bp a year, fee {self.fee} bp"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How soon duties to report fall due. report: between two periodic reports. incident: from an incident to its notice."""

    report: Seconds
    incident: Seconds

    def covers(self, other: Deadlines) -> bool:
        """True if `other` leaves no more time for either."""
        return 0 < other.report <= self.report and 0 < other.incident <= self.incident

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"report every {duration_text(self.report)}, incident within {duration_text(self.incident)}"


Bound = (
    Count | Amount | AmountPer | CountPer | Span | Hold | Allowed | Forbidden | Required | Resources | Floor | Rates | Deadlines
)


def duration_text(seconds: int) -> str:
    """A duration in its largest whole unit: `5 d`, `90 min`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
