"""Events: the closed union of everything that goes into a log.

Each is a frozen dataclass; `body(event)` is the mapping that is made canonical and hashed. Amounts are decimal strings,
bytes 0x-hex. A run's events carry block time only, never wall-clock time, paths or machine names: the same scenario, seed
and engine give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from sandbox.domain.events_acts import ActRefused as ActRefused
from sandbox.domain.events_acts import ActTaken as ActTaken
from sandbox.domain.events_chain import BlockSealed as BlockSealed
from sandbox.domain.events_chain import ChainRecorded as ChainRecorded
from sandbox.domain.events_chain import PartyAdmitted as PartyAdmitted
from sandbox.domain.events_policy import BalancesRead as BalancesRead
from sandbox.domain.events_policy import Governed as Governed
from sandbox.domain.events_policy import ProbeRead as ProbeRead
from sandbox.domain.events_registry import LogAnchored as LogAnchored
from sandbox.domain.events_registry import RegistryDeployed as RegistryDeployed
from sandbox.domain.events_registry import RegistryWritten as RegistryWritten

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PilotSubmitted:
    """A firm handed in a pilot. hashes: sha-256 as hex."""

    type: ClassVar[str] = "pilot_submitted"
    pilot: str
    firm: str
    uscc: str
    category: str
    manifest_hash: str
    time: str


@dataclass(frozen=True, slots=True)
class PilotAdmitted:
    """Admission found nothing that refuses it. contracts: name -> init code hash. limits: as bound. row_hash: SHA-256 (hex) of
    what the registry keeps of it, so nobody can change that quietly."""

    type: ClassVar[str] = "pilot_admitted"
    pilot: str
    contracts: Mapping[str, str]
    limits: Mapping[str, object]
    limits_hash: str
    notes: Sequence[Mapping[str, object]]
    row_hash: str
    time: str


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """Admission refused it, and why. Nothing was registered."""

    type: ClassVar[str] = "submission_refused"
    pilot: str
    findings: Sequence[Mapping[str, object]]
    time: str


@dataclass(frozen=True, slots=True)
class RunRecorded:
    """A run ended; its own log's root and size are kept here, so nobody can swap the run's log later. row_hash: SHA-256
    (hex) of the registry's row of the run, so nobody can change what it says either."""

    type: ClassVar[str] = "run_recorded"
    run: str
    pilot: str
    scenario: str
    engine: str
    passed: bool
    log_root: str
    log_size: int
    row_hash: str
    time: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First entry of a run's log: everything needed to run it again, and to judge it again under other limits.

    bounds: limit -> bound as plain data, `limits` in a form that reads back. roles: role -> privileged functions. assets: key
    -> contract instance, standard, price of one base unit, decimals, instrument, rebasing. measures: name -> worth of one.
    code: contract -> functions by selector, fallback, and the hash of its init code. Worths are exact decimals in the currency
    of `limits`.
    """

    type: ClassVar[str] = "run_started"
    pilot: str
    scenario: str
    seed: int
    engine: str
    engine_version: str
    chain_id: int
    genesis_hash: str
    genesis_time: int
    manifest_hash: str
    scenario_hash: str
    artifacts: Mapping[str, str]
    limits: Mapping[str, object]
    limits_hash: str
    actors: Mapping[str, Mapping[str, object]]
    bounds: Mapping[str, object] = field(default_factory=dict)
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    assets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransactionRecorded:
    """A transaction that was executed or refused; for a refused one everything is what it would have done.

    status: success | reverted | flagged | blocked. frames, logs, native, tokens, measured: rows as `recording` writes them:
    the fields of their class in `effects`, in order. opcodes and writes likewise: watched opcodes, and writes of the storage
    slots that rules look at. readings: limit -> observed value. findings: codes; each has an entry of its own right after
    this one. deploys: instance, contract and interface that a deployment of the pilot brings.
    """

    type: ClassVar[str] = "transaction"
    step: int
    actor: str
    action: str
    args: Sequence[str]
    status: str
    hash: str
    block: int
    timestamp: int
    sender: str
    target: str | None
    nonce: int
    value: str
    data: str
    gas_limit: int
    gas_used: int
    revert: str | None
    created: str | None
    frames: Sequence[Sequence[object]]
    logs: Sequence[Sequence[object]]
    native: Sequence[Sequence[object]]
    tokens: Sequence[Sequence[object]]
    measured: Sequence[Sequence[object]]
    opcodes: Sequence[Sequence[object]]
    writes: Sequence[Sequence[object]]
    readings: Mapping[str, str]
    findings: Sequence[str]
    request: str | None
    deploys: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FindingRaised:
    """One departure from one rule. transaction: hash, or None when a block's probes or the clock raised it. expected: the
    scenario provokes it on purpose, to show that the rule bites (演练)."""

    type: ClassVar[str] = "finding"
    step: int
    transaction: str | None
    block: int
    timestamp: int
    finding: Mapping[str, object]
    expected: bool = False


@dataclass(frozen=True, slots=True)
class ContractDeployed:
    """A registered contract got its address."""

    type: ClassVar[str] = "contract_deployed"
    step: int
    name: str
    contract: str
    address: str
    code_hash: str
    code_size: int
    transaction: str


@dataclass(frozen=True, slots=True)
class TimeAdvanced:
    """Block time was moved forward by the scenario."""

    type: ClassVar[str] = "time_advanced"
    step: int
    seconds: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class FaultInjected:
    """The scenario changed the outside world (a price, say)."""

    type: ClassVar[str] = "fault_injected"
    step: int
    fault: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckMade:
    """The scenario asked for a fact and compared it."""

    type: ClassVar[str] = "check"
    step: int
    subject: str
    expected: str
    obtained: str
    held: bool


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last entry of a run's log. verdict: of the conclusion of the report."""

    type: ClassVar[str] = "run_ended"
    passed: bool
    steps: int
    failed_steps: Sequence[int]
    transactions: Mapping[str, int]
    head_hash: str
    state_root: str


Event = (
    PilotSubmitted
    | PilotAdmitted
    | SubmissionRefused
    | RunRecorded
    | ChainRecorded
    | RunStarted
    | TransactionRecorded
    | FindingRaised
    | ContractDeployed
    | BlockSealed
    | ProbeRead
    | PartyAdmitted
    | BalancesRead
    | Governed
    | TimeAdvanced
    | FaultInjected
    | CheckMade
    | ActTaken
    | ActRefused
    | RunEnded
    | RegistryDeployed
    | RegistryWritten
    | LogAnchored
)


def body(event: Event) -> dict[str, Any]:
    """The mapping that is logged: schema version, type, and every field by its name."""
    return {"v": VERSION, "type": event.type, **{f.name: getattr(event, f.name) for f in fields(event)}}
