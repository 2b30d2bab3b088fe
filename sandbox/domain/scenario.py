"""Scenarios: what happens to a pilot, step by step, and what is expected of each step.

Steps are a closed union of frozen dataclasses. Values that a file may write as an expression are held as one; `where` is the
step's own place in its file (file:line:column), for every message about it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.domain.acts import Act
from sandbox.domain.expectation import SUCCESS as SUCCESS
from sandbox.domain.expectation import Expectation as Expectation
from sandbox.domain.expectation import ExpectedError as ExpectedError
from sandbox.domain.expectation import ExpectedEvent as ExpectedEvent
from sandbox.domain.expectation import Status as Status
from sandbox.domain.expressions import Expression
from sandbox.domain.pilot import Text
from sandbox.domain.standing import Officer, Stage, State
from sandbox.domain.units import Address, BaseUnits, Money, Seconds
from sandbox.errors import InputError

DEFAULT_START: Final = 1_798_761_600
"""2027-01-01T00:00:00Z in unix seconds."""


class Relation(enum.StrEnum):
    """How an observed value must compare with the stated one."""

    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Case(enum.StrEnum):
    """What a labelled scenario shows: an ATTACK that must end in a finding, or its BENIGN twin that must pass."""

    ATTACK = "attack"
    BENIGN = "benign"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sends transactions. client: id of the client the address belongs to. role: one of the manifest, "firm" or
    "supervisor". native: wei at the start. address: one that somebody else holds the key of, so that it can only receive; None
    for one the run makes. An actor with neither client nor role is an outsider."""

    name: str
    where: str
    client: str | None = None
    client_class: str | None = None
    jurisdiction: str | None = None
    role: str | None = None
    native: BaseUnits = BaseUnits(0)
    address: Address | None = None

    def __post_init__(self) -> None:
        if self.client is not None and self.role is not None:
            raise InputError(f"actor {self.name!r} is both a client and {self.role!r}", do="keep one of client and role")
        if self.client is None and (self.client_class or self.jurisdiction):
            raise InputError(f"actor {self.name!r} has a class or jurisdiction but no client", do="add client: an id")


@dataclass(frozen=True, slots=True)
class Life:
    """Where the pilot's life cycle stands when a scenario begins. stage: of the test, where it is under way."""

    state: State
    stage: Stage = Stage.G1


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Official(Step):
    """Somebody acts on the pilot's supervision file. refused: words its refusal must hold, None if it must be accepted."""

    officer: str
    act: Act
    refused: str | None = None


AnyStep = Deploy | Call | Transfer | Advance | Repeat | Inject | Check | Official
Transaction = Deploy | Call | Transfer


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario file. start: block time of the genesis, unix seconds. where: its file. officers: who acts on the pilot's
    file, by name. life: the pilot is led through its life cycle, from here on; None for a test of its contracts alone. case and
    twin: label of an attack, or of the benign scenario beside the attack named."""

    name: str
    title: Text
    pilot: str
    seed: int
    start: int
    actors: Mapping[str, Actor]
    steps: tuple[AnyStep, ...]
    where: str = "scenario"
    officers: Mapping[str, Officer] = field(default_factory=dict)
    life: Life | None = None
    case: Case | None = None
    twin: str | None = None

    def expectations(self) -> tuple[Expectation, ...]:
        """What its transactions must come to, in order; a repeat counts once."""
        sent = (step.body if isinstance(step, Repeat) else step for step in self.steps)
        return tuple(step.expect for step in sent if isinstance(step, Deploy | Call | Transfer))

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

