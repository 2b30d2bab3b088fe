"""What a backtest says, as plain data and in figures; every figure with the numbers of the log entries behind it."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.domain.limit_changes import ChangedLimit
from sandbox.domain.limits import Grade
from sandbox.domain.units import format_value

BLOCKED = "blocked"


class Kind(enum.StrEnum):
    """What the changed limits mean for a transaction. REFUSED: it passed then, and would be refused now. ALLOWED: the other
    way round; from there on it counts with its would-be effects. FINDINGS: it passes, or is refused, as then, with other
    findings."""

    REFUSED = "refused"
    ALLOWED = "allowed"
    FINDINGS = "findings"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in short. mode: of its rule, observe | warn | enforce. entry: number in the log, None for one that is only
    found now."""

    code: str
    grade: str
    mode: str
    observed: str
    bound: str
    unit: str
    who: str
    entry: int | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two findings the same: rule, grade, mode and subject."""
        return (self.code, self.grade, self.mode, self.who)

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        keys = ("code", "grade", "mode", "observed", "bound", "unit", "who", "entry")
        return {"limit": self.code, **{key: getattr(self, key) for key in keys}}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdict on a transaction. status: success | reverted | flagged | blocked. findings: warnings (S0) included."""

    status: str
    findings: tuple[Told, ...]

    def same(self, other: Outcome) -> bool:
        """True if verdict, findings and warnings are the same by rule, grade, mode and subject."""
        return self.status == other.status and _counted(self.findings) == _counted(other.findings)

    def same_findings(self, other: Outcome) -> bool:
        """The same without warnings, which change no verdict."""
        return self.status == other.status and _counted(self.breaches) == _counted(other.breaches)

    @property
    def breaches(self) -> tuple[Told, ...]:
        """Findings that are no warnings."""
        return tuple(told for told in self.findings if told.grade != Grade.S0.name)

    def words(self) -> str:
        """`blocked (max_tx_amount S1)`."""
        found = ", ".join(f"{told.code} {told.grade}" for told in self.findings)
        return self.status + (f" ({found})" if found else "")

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        return {"status": self.status, "findings": [told.as_data() for told in self.findings]}


@dataclass(frozen=True, slots=True)
class Affected:
    """A recorded transaction that would come out otherwise. entry: number in the run's log. timestamp: block time, unix
    seconds. who: client, role or address that sent it. title: action and arguments, names for addresses. clients: ids of those
    it is of. value: worth of what it moves, None if not known."""

    run: str
    entry: int
    block: int
    timestamp: int
    actor: str
    who: str
    action: str
    args: tuple[str, ...]
    title: str
    then: Outcome
    now: Outcome
    clients: tuple[str, ...]
    value: int | None

    @property
    def kind(self) -> Kind:
        """What changes."""
        if (self.then.status == BLOCKED) == (self.now.status == BLOCKED):
            return Kind.FINDINGS
        return Kind.REFUSED if self.now.status == BLOCKED else Kind.ALLOWED

    @property
    def by(self) -> tuple[Told, ...]:
        """The findings that make the difference: those only of now, and those of then that nothing took the place of."""
        then, now = _counted(self.then.breaches), _counted(self.now.breaches)
        fresh = tuple(told for told in self.now.breaches if told.key not in then)
        replaced = {(told.code, told.who) for told in fresh}
        gone = (t for t in self.then.breaches if t.key not in now and (t.code, t.who) not in replaced)
        return (*fresh, *gone)

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output. would_be: its effects are those it would have had."""
        keys = ("run", "entry", "block", "timestamp", "actor", "who", "title", "action")
        return {
            **{key: getattr(self, key) for key in keys},
            "args": list(self.args),
            "kind": self.kind.value,
            "would_be": self.kind is Kind.ALLOWED,
            "then": self.then.as_data(),
            "now": self.now.as_data(),
            "limits": sorted({told.code for told in self.by}),
            "clients": list(self.clients),
            "value": None if self.value is None else format_value(self.value),
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What changes for one client or by one limit. value: worth of the transactions it is known of, None if of none.
    entries: (run, entry) of each."""

    name: str
    refused: int
    allowed: int
    findings: int
    value: int | None
    entries: tuple[tuple[str, int], ...]

    def as_data(self, key: str) -> dict[str, object]:
        """Plain data for JSON output; `key` says what the name is of."""
        return {
            key: self.name,
            "transactions": self.refused + self.allowed + self.findings,
            **{kind.value: getattr(self, kind.value) for kind in Kind},
            "value": None if self.value is None else format_value(self.value),
            "entries": [{"run": run, "entry": entry} for run, entry in self.entries],
        }


@dataclass(frozen=True, slots=True)
class RunCounts:
    """One run in figures. affected and warned: entries of transactions that come out otherwise, and of those with other
    warnings only. stranded: of those that move units nobody would have, after what comes out otherwise before; what they are
    said to come to is to be read with care."""

    run: str
    transactions: int
    affected: tuple[int, ...]
    warned: tuple[int, ...]
    stranded: tuple[int, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        unchanged = self.transactions - len(self.affected)
        figures = {"run": self.run, "transactions": self.transactions, "unchanged": unchanged}
        entries = {"affected": self.affected, "other_warnings": self.warned, "stranded": self.stranded}
        return {**figures, **{key: list(numbers) for key, numbers in entries.items()}}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run nothing can be said about. entry: where it ends, None for the run as a whole."""

    run: str
    entry: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """The whole answer. changed: the limits, before and after. not_replayed: limits in force that are judged when a block is
    sealed or by the clock, so that nothing here speaks of them."""

    pilot: str
    currency: str
    changed: tuple[ChangedLimit, ...]
    runs: tuple[RunCounts, ...]
    affected: tuple[Affected, ...]
    not_replayed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def transactions(self) -> int:
        """Transactions that were judged again."""
        return sum(run.transactions for run in self.runs)

    def counted(self) -> Counter[Kind]:
        """How many transactions change in which way."""
        return Counter(one.kind for one in self.affected)

    def clients(self) -> tuple[Tally, ...]:
        """Affected clients, those with the most transactions first."""
        return _tallied((client, one) for one in self.affected for client in one.clients)

    def limits(self) -> tuple[Tally, ...]:
        """Limits that make the difference, those with the most transactions first."""
        return _tallied((code, one) for one in self.affected for code in dict.fromkeys(told.code for told in one.by))

    def as_data(self) -> dict[str, object]:
        """Plain data for JSON output."""
        counted = self.counted()
        return {
            "pilot": self.pilot,
            "currency": self.currency,
            "changed": [one.as_data() for one in self.changed],
            "transactions": self.transactions,
            "unchanged": self.transactions - len(self.affected),
            "counts": {kind.value: counted[kind] for kind in Kind},
            "runs": [run.as_data() for run in self.runs],
            "affected": [one.as_data() for one in self.affected],
            "clients": [one.as_data("client") for one in self.clients()],
            "limits": [one.as_data("limit") for one in self.limits()],
            "not_replayed": list(self.not_replayed),
            "left_out": [{"run": one.run, "entry": one.entry, "reason": one.reason} for one in self.left_out],
        }


def _counted(findings: Iterable[Told]) -> Counter[tuple[str, str, str, str]]:
    return Counter(told.key for told in findings)


def _tallied(pairs: Iterable[tuple[str, Affected]]) -> tuple[Tally, ...]:
    grouped: dict[str, list[Affected]] = {}
    for name, one in pairs:
        grouped.setdefault(name, []).append(one)
    tallies = []
    for name, ones in grouped.items():
        kinds = Counter(one.kind for one in ones)
        known = [one.value for one in ones if one.value is not None]
        places = tuple((one.run, one.entry) for one in ones)
        value = sum(known) if known else None
        tallies.append(Tally(name, kinds[Kind.REFUSED], kinds[Kind.ALLOWED], kinds[Kind.FINDINGS], value, places))
    return tuple(sorted(tallies, key=lambda tally: (-len(tally.entries), tally.name)))
