"""Reads a run's log once and sorts it: transactions with their findings, blocks, deployments, names of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from sandbox.domain.events import Event
from sandbox.domain.limits import LimitSet
from sandbox.errors import InputError

Data = dict[str, Any]
"""Plain data of a report: text, whole numbers, booleans, null, lists and mappings of these."""

PROOFS_SHOWN: Final = 8
_LIVING: Final = ("act", "act_refused", "governed")
_KNOWN: Final = frozenset(event.type for event in get_args(Event))


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log. index: its leaf number from 0. leaf_hash: RFC 6962 leaf hash as hex. body: see `events.body`."""

    index: int
    leaf_hash: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.body["type"])


@dataclass(frozen=True, slots=True)
class PilotSummary:
    """What a report says of the pilot. zh, en: its names. declaration: as handed in, None when there is none.
    notes: what admission remarked without refusing."""

    id: str
    zh: str
    en: str
    firm: str
    uscc: str
    category: str
    declaration: Mapping[str, Any] | None = None
    notes: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True)
class LogSummary:
    """The log a report rests on. root: hex. checkpoint: the signed note, verifier_key: in C2SP form; None if not signed."""

    id: str
    size: int
    root: str
    checkpoint: str | None = None
    verifier_key: str | None = None


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What a report needs that is not in the run's log.

    generator: name and version of the program. previous: hash of the report before this one. interfaces: name a contract
    is deployed or was admitted under -> selector as 0x-hex -> signature such as
    "transfer(address to, uint256 amount) returns (bool)". rectification_days: working days a firm has, None when no
    profile says so. scenario_file: file name for the command that runs it again. tolerance_days, lookback_days: of the
    profile's terms, None where they are not known.
    """

    run: str
    pilot: PilotSummary
    log: LogSummary
    limits: LimitSet
    generator: str
    previous: str | None = None
    interfaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rectification_days: int | None = None
    scenario_file: str | None = None
    tolerance_days: int | None = None
    lookback_days: int | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction's entry with the entries of its findings."""

    entry: LogEntry
    findings: tuple[LogEntry, ...]

    @property
    def body(self) -> Mapping[str, Any]:
        """The logged mapping."""
        return self.entry.body

    @property
    def kept(self) -> bool:
        """True when it became part of the chain (a refused one did not)."""
        return bool(self.body["status"] != "blocked")


@dataclass(frozen=True, slots=True)
class Names:
    """Words for addresses: an actor's name with its client id, or a contract's name. contracts: name of a deployed
    contract -> name it was admitted under, where the two differ."""

    labels: Mapping[str, str]
    clients: Mapping[str, str]
    contracts: Mapping[str, str]

    def text(self, value: object) -> str:
        """The label of a known address; anything else as it stands."""
        return self.labels.get(str(value).lower(), str(value))

    def identity(self, address: str) -> str:
        """Client id behind an address, else its label: several addresses of one client are one identity."""
        return self.clients.get(address.lower()) or self.text(address)


@dataclass(frozen=True, slots=True)
class Scan:
    """A run's log, sorted. probes: findings raised on a sealed block rather than on a transaction. other: everything
    else the timeline shows (time advanced, faults, deployments, checks, acts) with the block it happened before.
    living: the run leads its pilot through a life, somebody acted or tried to, or its state
    governs what judges."""

    start: LogEntry
    end: LogEntry | None
    entries: tuple[LogEntry, ...]
    transactions: tuple[Transaction, ...]
    probes: tuple[LogEntry, ...]
    blocks: tuple[LogEntry, ...]
    other: tuple[tuple[int, int, LogEntry], ...]
    names: Names
    living: bool

    def of(self, kind: str) -> tuple[LogEntry, ...]:
        """Entries of one type."""
        return tuple(entry for entry in self.entries if entry.type == kind)

    @property
    def findings(self) -> tuple[tuple[Transaction | None, LogEntry], ...]:
        """Findings on what stands: executed transactions and sealed blocks, in the order of the log."""
        kept = [(item, finding) for item in self.transactions if item.kept for finding in item.findings]
        return tuple(sorted([*kept, *((None, probe) for probe in self.probes)], key=lambda pair: pair[1].index))

    def head(self, entry: LogEntry) -> int:
        """Number of the newest block when the entry was made; 0 before the first."""
        return max((int(block.body["number"]) for block in self.blocks if block.index < entry.index), default=0)

    def drilled(self, entry: LogEntry) -> bool:
        """Whether a finding is a drill (演练): the scenario provokes it on purpose to show that the rule bites, and no life is
        led in which it would count."""
        return bool(entry.body.get("expected")) and not warning(entry) and not observed_only(entry) and not self.living

    @property
    def drills(self) -> tuple[LogEntry, ...]:
        """Findings provoked on purpose, of refused transactions and of what stands, in the order of the log."""
        return tuple(entry for entry in self.of("finding") if self.drilled(entry))

    @property
    def counted(self) -> tuple[LogEntry, ...]:
        """Findings on what stands that count: neither warnings nor drills nor of rules that only observe."""
        heard = (entry for _, entry in self.findings if not warning(entry) and not observed_only(entry))
        return tuple(entry for entry in heard if not self.drilled(entry))

    @property
    def warnings(self) -> tuple[LogEntry, ...]:
        """Warnings (S0): quantities that came near their bound, which is no breach."""
        return tuple(entry for _, entry in self.findings if warning(entry) and not observed_only(entry))

    @property
    def refused(self) -> tuple[Transaction, ...]:
        """Transactions the supervisor refused."""
        return tuple(item for item in self.transactions if not item.kept)


def scan(entries: Sequence[LogEntry]) -> Scan:
    """Sort a run's log. Raises InputError when it is not the log of one run, or holds an event of a later version."""
    if not entries or entries[0].type != "run_started":
        raise InputError("these entries are not the log of a run", do="pass them all, from the entry run_started on")
    for entry in entries:
        if entry.type not in _KNOWN:
            raise InputError(f"log entry {entry.index} is of unknown type {entry.type!r}", do="use a newer version")
    transactions, probes = _attach(entries)
    return Scan(
        start=entries[0],
        end=entries[-1] if entries[-1].type == "run_ended" else None,
        entries=tuple(entries),
        transactions=transactions,
        probes=probes,
        blocks=tuple(entry for entry in entries if entry.type == "block_sealed"),
        other=_placed(entries),
        names=_names(entries),
        living=any(entry.type in _LIVING for entry in entries),
    )


def warning(entry: LogEntry) -> bool:
    """Whether a finding is a warning (S0)."""
    return bool(entry.body["finding"]["grade"] == "S0")


def observed_only(entry: LogEntry) -> bool:
    """Whether a finding is of a rule in observe mode, which only counts."""
    return bool(entry.body["finding"]["mode"] == "observe")


def proof(entries: Iterable[LogEntry | int]) -> Data:
    """The entries that prove a figure: the first few by number, and how many there are."""
    indices = [entry if isinstance(entry, int) else entry.index for entry in entries]
    return {"entries": indices[:PROOFS_SHOWN], "entry_count": len(indices)}


def _attach(entries: Sequence[LogEntry]) -> tuple[tuple[Transaction, ...], tuple[LogEntry, ...]]:
    """A finding belongs to the transaction logged last before it: a refused transaction leaves its nonce unused, so that
    the same hash may come back and hashes alone would not tell them apart."""
    grouped: list[tuple[LogEntry, list[LogEntry]]] = []
    probes: list[LogEntry] = []
    for entry in entries:
        if entry.type == "transaction":
            grouped.append((entry, []))
        elif entry.type == "finding":
            if entry.body["transaction"] is None:
                probes.append(entry)
            elif grouped and grouped[-1][0].body["hash"] == entry.body["transaction"]:
                grouped[-1][1].append(entry)
            else:
                raise InputError(f"log entry {entry.index} is a finding on a transaction that is not the one before it")
    return tuple(Transaction(entry, tuple(found)) for entry, found in grouped), tuple(probes)


def _placed(entries: Sequence[LogEntry]) -> tuple[tuple[int, int, LogEntry], ...]:
    block, time = 1, int(entries[0].body["genesis_time"])
    placed: list[tuple[int, int, LogEntry]] = []
    for entry in entries:
        if entry.type == "block_sealed":
            block, time = int(entry.body["number"]) + 1, int(entry.body["timestamp"])
        elif entry.type in ("time_advanced", "fault_injected", "contract_deployed", "check", "act"):
            time = int(entry.body["timestamp"]) if entry.type == "time_advanced" else time
            placed.append((block, time, entry))
    return tuple(placed)


def _names(entries: Sequence[LogEntry]) -> Names:
    labels: dict[str, str] = {}
    clients: dict[str, str] = {}
    for name, actor in entries[0].body["actors"].items():
        address = str(actor.get("address", "")).lower()
        client = actor.get("client")
        labels[address] = f"{name} ({client})" if client else str(name)
        if client:
            clients[address] = str(client)
    for entry in entries:
        if entry.type == "contract_deployed":
            labels[str(entry.body["address"]).lower()] = str(entry.body["name"])
    labels.pop("", None)
    admitted = {str(entry.body["name"]): str(entry.body["contract"]) for entry in entries if entry.type == "contract_deployed"}
    return Names(labels, clients, admitted)
