"""Scenarios: what happens to a pilot, step by step, and what is expected of each step.

Steps are a closed union of frozen dataclasses. Values that a file may write as an expression are held as one; `where` is the
step's own place in its file (file:line:column), for every message about it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.domain.expressions import Expression
from sandbox.domain.limits import Grade
from sandbox.domain.pilot import Text
from sandbox.domain.units import BaseUnits, Money, Seconds
from sandbox.errors import InputError

DEFAULT_START: Final = 1_798_761_600
"""2027-01-01T00:00:00Z in unix seconds."""


class Status(enum.StrEnum):
    """How a transaction ended. REVERTED: by the EVM. BLOCKED: by the supervisor. FLAGGED: let through with a finding."""

    SUCCESS = "success"
    REVERTED = "reverted"
    BLOCKED = "blocked"
    FLAGGED = "flagged"


class Relation(enum.StrEnum):
    """How an observed value must compare with the stated one."""

    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sends transactions. client: id of the client the address belongs to. role: one of the manifest, "firm" or
    "supervisor". native: wei at the start. An actor with neither client nor role is an outsider."""

    name: str
    where: str
    client: str | None = None
    client_class: str | None = None
    jurisdiction: str | None = None
    role: str | None = None
    native: BaseUnits = BaseUnits(0)

    def __post_init__(self) -> None:
        if self.client is not None and self.role is not None:
            raise InputError(f"actor {self.name!r} is both a client and {self.role!r}", do="keep one of client and role")
        if self.client is None and (self.client_class or self.jurisdiction):
            raise InputError(f"actor {self.name!r} has a class or jurisdiction but no client", do="add client: an id")


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event the transaction must emit. args: those that are compared, by name. contract: instance that must emit it,
    None for any."""

    event: str
    args: Mapping[str, Expression] = field(default_factory=dict)
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """A custom error the transaction must revert with. args: None if they are not compared."""

    error: str
    args: tuple[Expression, ...] | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a transaction must come to. findings: limit ids that must all be among its findings. revert: text or custom
    error. returns: value of the call."""

    status: Status = Status.SUCCESS
    findings: tuple[str, ...] = ()
    grade: Grade | None = None
    emits: tuple[ExpectedEvent, ...] = ()
    revert: str | ExpectedError | None = None
    returns: Expression | None = None

    def __post_init__(self) -> None:
        judged, ran = self.status in (Status.BLOCKED, Status.FLAGGED), self.status in (Status.SUCCESS, Status.FLAGGED)
        excluded = {
            "finding": bool(self.findings) and not judged,
            "grade": self.grade is not None and not judged,
            "emits": bool(self.emits) and not ran,
            "returns": self.returns is not None and not ran,
            "revert": self.revert is not None and self.status is not Status.REVERTED,
        }
        for key, wrong in excluded.items():
            if wrong:
                raise InputError(f"a transaction of status {self.status} cannot have {key!r}", do="correct status, or drop it")


SUCCESS: Final = Expectation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What all steps share. where: file:line:column. note: shown in reports."""

    where: str
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy(Step):
    """Creates an instance of a contract. interface: contract key whose ABI its callers use, None for its own. value: wei."""

    actor: str
    contract: str
    instance: str
    args: tuple[Expression, ...] = ()
    interface: str | None = None
    value: Expression | None = None
    gas: int | None = None
    request: str | None = None
    expect: Expectation = SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    """Calls a function of an instance. function: name, or signature where the name is overloaded. value: wei. gas: limit.
    request: id of the approved request a privileged operation answers to."""

    actor: str
    instance: str
    function: str
    args: tuple[Expression, ...] = ()
    value: Expression | None = None
    gas: int | None = None
    request: str | None = None
    expect: Expectation = SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Step):
    """Moves an asset by the means of its standard. amount: base units (wei if asset is None, the native one).
    token_id: for assets whose tokens have one."""

    actor: str
    to: Expression
    amount: Expression
    asset: str | None = None
    token_id: Expression | None = None
    gas: int | None = None
    request: str | None = None
    expect: Expectation = SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance(Step):
    """Lets block time pass."""

    seconds: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Step):
    """The same transaction many times. actors: taken in turn. tally: how many must end in each status; if given, `body.expect`
    is not applied to each."""

    times: int
    actors: tuple[str, ...]
    body: Call | Transfer
    tally: Mapping[Status, int] | None = None

    def __post_init__(self) -> None:
        if self.tally is not None and sum(self.tally.values()) > self.times:
            raise InputError(f"the tally counts {sum(self.tally.values())} of {self.times} transactions")

    def turn(self, index: int) -> Call | Transfer:
        """The transaction number `index`, from 0."""
        return replace(self.body, actor=self.actors[index % len(self.actors)])


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """An asset loses `percent` of its price."""

    asset: str
    percent: int


@dataclass(frozen=True, slots=True)
class PriceSet:
    """An asset gets a new price for one whole token."""

    asset: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject(Step):
    """Something outside the chain goes wrong."""

    fault: PriceDrop | PriceSet


@dataclass(frozen=True, slots=True)
class View:
    """What a view of an instance returns."""

    instance: str
    function: str
    args: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """Base units an address holds of an asset (None: the native one)."""

    of: Expression
    asset: str | None = None
    token_id: Expression | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Exposure of a client, in the reference currency."""

    client: str


Subject = View | Balance | Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Step):
    """Compares the state with stated values; sends nothing. Money is compared with exposures, expressions with the rest."""

    subject: Subject
    bounds: tuple[tuple[Relation, Expression | Money], ...]

    def __post_init__(self) -> None:
        if not self.bounds:
            raise InputError("a check compares with nothing", do="add equals, at_least or at_most")


AnyStep = Deploy | Call | Transfer | Advance | Repeat | Inject | Check
Transaction = Deploy | Call | Transfer


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario file. start: block time of the genesis, unix seconds. where: its file."""

    name: str
    title: Text
    pilot: str
    seed: int
    start: int
    actors: Mapping[str, Actor]
    steps: tuple[AnyStep, ...]
    where: str = "scenario"

    def clients(self) -> tuple[str, ...]:
        """Client ids in the order of the file."""
        return tuple(dict.fromkeys(actor.client for actor in self.actors.values() if actor.client is not None))


def settle_clients(actors: Sequence[Actor]) -> tuple[Actor, ...]:
    """The actors with every client's class and jurisdiction filled in on each of its addresses. Raises InputError where two
    actors of one client contradict each other."""
    known: dict[str, dict[str, str]] = {}
    for actor in actors:
        stated = known.setdefault(actor.client or "", {})
        for key, value in (("class", actor.client_class), ("jurisdiction", actor.jurisdiction)):
            if actor.client is not None and value is not None and stated.setdefault(key, value) != value:
                what = f"client {actor.client!r} has two values for {key}: {stated[key]!r} and {value!r}"
                raise InputError(what, where=actor.where, do="state it once, or the same on each of the client's actors")
    return tuple(
        replace(actor, client_class=known[actor.client].get("class"), jurisdiction=known[actor.client].get("jurisdiction"))
        if actor.client is not None
        else actor
        for actor in actors
    )
