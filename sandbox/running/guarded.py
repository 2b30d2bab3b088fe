"""Ground under supervision: transactions signed elsewhere go the way every transaction of a run goes (`World.take`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from sandbox.domain.artifact import Artifact, link
from sandbox.domain.limits import Allowed, LimitSet
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.scenario import Actor
from sandbox.domain.supervision import Block
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import ChainEngine
from sandbox.engines.wire import WireTransaction
from sandbox.rpc.ground import Told, bare_chain
from sandbox.running.cast import Member
from sandbox.running.intent import Deployment, Intent, Taken
from sandbox.running.mark import Mark, mark, return_to
from sandbox.running.opening import opening_policy
from sandbox.running.world import World

_CLASSES: Final = ("qualified", "institution", "retail")
_HOME: Final = "CN"


def parties(manifest: PilotManifest, limits: LimitSet, addresses: Sequence[Address], native: BaseUnits) -> dict[str, Member]:
    """Who the accounts of a development chain are: the manifest's roles in its order, then clients C-001 on, of a class and
    jurisdiction the limits allow. native: wei each has."""
    kind, home = _allowed(limits, "investor_class", _CLASSES), _allowed(limits, "jurisdiction", (_HOME,))
    roles, cast = list(manifest.roles), dict[str, Member]()
    for at, address in enumerate(addresses):
        where = f"account {at}"
        if at < len(roles):
            actor = Actor(roles[at], where, role=roles[at], native=native, address=address)
        else:
            client = f"C-{at - len(roles) + 1:03}"
            actor = Actor(
                client, where, client=client, client_class=kind, jurisdiction=home, native=native, address=address
            )
        cast[actor.name] = Member(actor, b"", address)
    return cast


def _allowed(limits: LimitSet, limit: str, preferred: Sequence[str]) -> str:
    bound = limits.bound(limit)
    if not isinstance(bound, Allowed) or not bound.names:
        return preferred[0]
    return next((name for name in preferred if name in bound.names), min(bound.names))


def guarded(
    engine: ChainEngine,
    manifest: PilotManifest,
    artifacts: Mapping[str, Artifact],
    limits: LimitSet,
    cast: Mapping[str, Member],
    start: int,
) -> GuardedGround:
    """A pilot's world on a development chain. cast: the parties known; anybody else is an outsider. start: unix seconds at
    which the test begins."""
    policy = opening_policy(manifest, artifacts, limits, cast, start)
    known = dict(cast)
    return GuardedGround(World(manifest, artifacts, known, bare_chain(engine), policy, lambda _: None, 0), known)


class GuardedGround:
    """A pilot's world, entered by transactions signed elsewhere. cast: the world's, to which outsiders are added as they come.
    step: number of the last transaction so far."""

    def __init__(self, world: World, cast: dict[str, Member], step: int = 0) -> None:
        self.chain = world.chain
        self.step = step
        self._cast = cast
        self._names = {member.address: name for name, member in cast.items()}
        self._world = world

    def take(self, sent: WireTransaction, request: str | None = None) -> Told:
        """Execute and judge a transaction; blocked, it leaves nothing."""
        self.step += 1
        with self._known(sent.sender) as name:
            action = self._action(sent)
            taken = self._world.take(
                Intent(
                    step=self.step,
                    actor=name,
                    action=action,
                    args=(),
                    to=sent.to,
                    data=sent.data,
                    value=BaseUnits(sent.value),
                    gas=sent.gas,
                    request=request,
                    deploys=self._deployment(sent),
                    signed=sent.raw,
                )
            )
        if taken.effects.created is not None and taken.effects.succeeded:
            approve_linked(self._world)
        return _told(taken, name, action)

    def meet(self, member: Member) -> None:
        """Know from now on who stands behind an address."""
        self._cast[member.actor.name], self._names[member.address] = member, member.actor.name
        party = member.party
        assert party is not None  # an enrolled party is a client or a role
        policy = self._world.policy
        self._world.policy = replace(policy, parties={**policy.parties, member.address: party})

    def seal(self) -> Told | None:
        """Close the block, and let the registered assets answer for themselves."""
        if not self.chain.engine.pending.count:
            self.chain.seal()
            return None
        found = self._world.seal(self.step, everyone=True)
        if not found:
            return None
        return Told("flagged", "", f"block {self.chain.head.number}", None, tuple(one.as_data() for one in found))

    def mark(self) -> Mark:
        """The world as it stands."""
        return mark(self._world)

    def restore(self, mark: object) -> None:
        """Let the world know again what the mark holds."""
        assert isinstance(mark, Mark)
        return_to(self._world, mark)

    @contextmanager
    def _known(self, address: Address) -> Iterator[str]:
        """The name of whoever sends. A stranger belongs to the cast for one transaction only: assets are asked about the cast,
        and anybody can be any number of strangers."""
        name = self._names.get(address)
        if name is not None:
            yield name
            return
        self._cast[str(address)] = Member(Actor(str(address), "an outsider", address=address), b"", address)
        try:
            yield str(address)
        finally:
            del self._cast[str(address)]

    def _action(self, sent: WireTransaction) -> str:
        if sent.to is None:
            deploys = self._deployment(sent)
            return "deploy unknown code" if deploys is None else f"deploy {deploys.instance}"
        deployed = self.chain.contracts.at(sent.to)
        code = self._world.policy.contracts.get(sent.to)
        if code is None:
            return f"call {self._names.get(sent.to, sent.to)}" if sent.data else f"pay {self._names.get(sent.to, sent.to)}"
        function = code.functions.get(sent.data[:4], "0x" + sent.data[:4].hex())
        return f"{code.name if deployed is None else deployed.instance}.{function}"

    def _deployment(self, sent: WireTransaction) -> Deployment | None:
        """The contract of the manifest whose approved code a creating transaction begins with."""
        if sent.to is not None:
            return None
        known = self._world.policy.approved.values()
        matches = [one for one in known if one.init_code and sent.data.startswith(one.init_code)]
        if not matches:
            return None
        name = max(matches, key=lambda one: len(one.init_code)).name
        taken, count, instance = self._world.addresses, 1, name
        while instance in taken:
            count += 1
            instance = f"{name}#{count}"
        return Deployment(instance, name, self._world.manifest.contracts[name].interface or name)


def approve_linked(world: World) -> None:
    """Recognise the code that waits for a library's address, once an instance of each of its libraries is deployed."""
    for name, artifact in world.artifacts.items():
        code = world.manifest.contracts[name]
        addresses = {library: world.addresses[one] for library, one in code.libraries.items() if one in world.addresses}
        if artifact.link_references and len(addresses) == len(code.libraries):
            world.approve(name, link(artifact, addresses))


def _told(taken: Taken, who: str, action: str) -> Told:
    judgement = taken.judgement
    blocked = isinstance(judgement.verdict, Block)
    found = judgement.findings + (() if blocked else judgement.warnings)
    heard = [one for one in found if one.refused] if blocked else []
    ordered = (*heard, *(one for one in found if one not in heard))
    return Told.of(taken.status, who, action, taken.effects, tuple(one.as_data() for one in ordered))

