"""A registered pilot on a durable chain: its world, opened where it stood, and the parties that come to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.chain.contracts import Contracts
from sandbox.chain.durable import DurableChain
from sandbox.chain.observe import Observer
from sandbox.domain.artifact import Artifact
from sandbox.domain.dossier import Enrolled
from sandbox.domain.events import Event, PartyAdmitted
from sandbox.domain.governing import longest_window
from sandbox.domain.limits import LimitSet
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.scenario import Actor
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from sandbox.engines.base import Transaction
from sandbox.engines.signatures import account_of
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Rejected
from sandbox.rpc.ground import Told
from sandbox.running import notes
from sandbox.running.cast import Member
from sandbox.running.guarded import GuardedGround
from sandbox.running.office import RegisteredOffice
from sandbox.running.opening import opening_policy
from sandbox.running.world import World

PARTY: Final = "party"
STEP: Final = "step"
OUTSTANDING: Final = "outstanding"
_TRANSFER_GAS: Final = 21_000


@dataclass(frozen=True, slots=True)
class Papers:
    """A pilot as it was admitted. hashes: "manifest" and "limits", sha-256 as hex."""

    manifest: PilotManifest
    artifacts: Mapping[str, Artifact]
    limits: LimitSet
    hashes: Mapping[str, str]


class Resident:
    """Lives as long as its chain stays open and nothing fails. What it knows is in the chain's book and notes, so another can
    be opened in its place at any block. treasury: key of the account that gives test ether. Not thread-safe.

    events: what happened and is not in the log yet. grown: a contract or a party has come; whoever reads these two resets them.
    """

    def __init__(self, papers: Papers, chain: DurableChain, office: RegisteredOffice, treasury: bytes) -> None:
        manifest = papers.manifest
        self.office = office
        self.events: list[Event] = []
        self.grown = False
        self._chain = chain
        self._treasury, self._source = treasury, account_of(treasury)
        self._kept = chain.book(manifest.slug, longest_window(papers.limits, office.dossier))
        self._contracts, self._observer = Contracts(), Observer()
        self._enter()
        known = {one.address: one for one in office.dossier.enrolled if (PARTY, one.address) in self._kept.notes}
        cast = {one.actor.name: one for one in map(_member, known.values())}
        policy = opening_policy(manifest, papers.artifacts, papers.limits, cast, chain.timestamp)
        self.world = World(manifest, papers.artifacts, cast, chain, policy, self.events.append, 0, self._kept)
        self.world.office = office
        notes.read(self.world, self._kept.notes)
        self._ground = GuardedGround(self.world, cast, int(self._kept.notes.get((STEP, ""), "0")))
        self._cast = cast

    @property
    def stale(self) -> bool:
        """True once the chain's book is another one than this world counts in."""
        return self._kept.book is not self.world.book

    def take(self, sent: WireTransaction, request: str | None) -> tuple[Told, Told | None]:
        """Execute and judge a transaction; one that is kept has a block of its own, and what is found on that comes second.
        Raises InputError, EngineError: then this resident is of no more use."""
        self._enter()
        if sent.tip_cap and sent.fee_cap and ZERO_ADDRESS in self.world.policy.assets:
            what = "ether is an asset of this pilot, and a tip is a payment no limit sees: send it with a tip of 0"
            raise Rejected("tip", what)
        told = self._ground.take(sent, request)
        found = None if told.status == "blocked" else self._ground.seal()
        self._note()
        return told, found

    def welcome(self) -> None:
        """Let everybody come who was enrolled since: known to the supervisor, with test ether, counted with what they hold."""
        fresh = [one for one in self.office.dossier.enrolled if (PARTY, one.address) not in self._kept.notes]
        if not fresh:
            return
        self._enter()
        for one in fresh:
            self._admit(one)
        if self._chain.engine.pending.count:
            self._ground.seal()
        self.grown = True
        self._note()

    def _note(self) -> None:
        """Write down what must be known again."""
        self._kept.notes[STEP, ""] = str(self._ground.step)
        self._kept.notes[OUTSTANDING, ""] = str(self.world.book.total_exposure(self.world.policy))
        self.grown |= notes.write(self.world, self._kept.notes)

    def _enter(self) -> None:
        """Several pilots share a chain; each reads events and errors by its own contracts."""
        self._chain.contracts, self._chain.observer = self._contracts, self._observer

    def _admit(self, one: Enrolled) -> None:
        member = _member(one)
        self._ground.meet(member)
        given = min(one.native, self._chain.balance(self._source))
        if given:
            self._chain.send(Transaction(self._treasury, member.address, value=BaseUnits(given), gas=_TRANSFER_GAS))
        if member.actor.client is not None:
            self._count(member.actor.client, member.address)
        self._kept.notes[PARTY, one.address] = str(given)
        told = PartyAdmitted(
            self._ground.step, one.address, one.client, one.client_class, one.jurisdiction, one.role, str(given)
        )
        self.events.append(told)

    def _count(self, client: str, address: Address) -> None:
        book = self.world.book
        for asset, rule in self.world.policy.assets.items():
            held = self._chain.balance(address) if asset == ZERO_ADDRESS else book.balances.get((asset, address), 0)
            if held:
                book.open_with(rule, client, address, held)


def _member(one: Enrolled) -> Member:
    address = Address(one.address)
    name = f"{one.client or one.role} {one.address[:6]}…{one.address[-4:]}"
    actor = Actor(
        name,
        "enrolled",
        client=one.client or None,
        client_class=one.client_class or None,
        jurisdiction=one.jurisdiction or None,
        role=one.role or None,
        native=BaseUnits(one.native),
        address=address,
    )
    return Member(actor, b"", address)
